package history

import (
	"context"
	"log/slog"
	"time"

	"github.com/sillok/sillok/internal/kit/life"
)

// Config says of what a History is.
type Config struct {
	Log *slog.Logger
	// Shelves are the logs that events are found in. What stands in the first of them
	// is found by Called too. Their order is part of what indexes and positions mean.
	Shelves []Shelf
}

// Shelf is a log and where its indexes lie.
type Shelf struct {
	Dir string // made if its parent is there
	Of  Log
}

// History finds events. It is safe for concurrent use.
type History struct {
	cfg Config

	turn    chan struct{} // held by whoever uses the shelves, which may take a while
	shelves []*shelf
}

// New returns a History. It does no I/O.
func New(cfg Config) *History {
	h := &History{cfg: cfg, turn: make(chan struct{}, 1)}
	for i, s := range cfg.Shelves {
		h.shelves = append(h.shelves, newShelf(s, uint32(i)<<shelfBits, cfg.Log))
	}
	return h
}

// shelfBits is where the number of a shelf stands in the part of a document's key, so
// that documents of different shelves have different keys.
const shelfBits = 28

// keepEvery is how often Run reads on, so that a question finds little to do.
const keepEvery = time.Second

// Run keeps the indexes up to date until ctx is done. Without it each question does.
func (h *History) Run(ctx context.Context) error {
	work, ctx := life.New(ctx, h.cfg.Log)
	work.Every(ctx, "event history", keepEvery, func(ctx context.Context) error {
		if err := h.take(ctx); err != nil {
			return err
		}
		defer h.release()
		return h.keep(ctx)
	})
	return work.Wait()
}

// take waits for its turn, as long as ctx lasts.
func (h *History) take(ctx context.Context) error {
	select {
	case h.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (h *History) release() { <-h.turn }

// keep brings all shelves up to date.
func (h *History) keep(ctx context.Context) error {
	for _, s := range h.shelves {
		if err := s.keep(ctx); err != nil {
			return err
		}
	}
	return nil
}
