package watch

import (
	"context"
	"time"
)

// SetClock has now tell the time.
func (w *Watches) SetClock(now func() time.Time) { w.clock = now }

// Due returns the IDs of the watches whose next look is due.
func (w *Watches) Due(ctx context.Context) (ids []string, err error) {
	all, err := w.due(ctx)
	for i := range all {
		ids = append(ids, all[i].ID)
	}
	return ids, err
}
