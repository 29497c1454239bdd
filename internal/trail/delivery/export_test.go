package delivery

import (
	"context"
	"time"
)

// Digests does once what Run does again and again for digests.
func (d *Delivery) Digests(ctx context.Context) error { return d.digests(ctx) }

// SetClock has now tell the time.
func (d *Delivery) SetClock(now func() time.Time) { d.clock = now }
