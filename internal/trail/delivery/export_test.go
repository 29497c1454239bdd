package delivery

import "context"

// Digests does once what Run does again and again for digests.
func (d *Delivery) Digests(ctx context.Context) error { return d.digests(ctx) }
