package history

import (
	"cmp"
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/sillok/sillok/internal/kit/life"
)

// Config says of what a History is.
type Config struct {
	Log *slog.Logger
	// Shelves are the logs that events are found in. The first is that of calls, which
	// Called finds. Their order is part of what indexes and positions mean.
	Shelves []Shelf
	// Patience is how long an answer waits for indexes of old events to be made, before
	// it ends with what was found so far; 0 means a second.
	Patience time.Duration
}

// Shelf is a log and where its indexes lie.
type Shelf struct {
	Dir string // made if its parent is there
	Of  Log
}

// Progress is how far the logs are indexed.
type Progress struct {
	Segments int // that are closed
	Missing  int // of them without an index
}

// History finds events. It is safe for concurrent use.
type History struct {
	cfg Config

	turn     turn // held by whoever uses the shelves, which may take a while
	shelves  []*shelf
	progress atomic.Pointer[Progress]
}

// New returns a History. It does no I/O.
func New(cfg Config) *History {
	cfg.Patience = cmp.Or(cfg.Patience, time.Second)
	h := &History{cfg: cfg, turn: make(turn, 1)}
	for i, s := range cfg.Shelves {
		h.shelves = append(h.shelves, newShelf(s, uint32(i)<<shelfBits, h.turn, h.look, cfg.Log))
	}
	h.progress.Store(&Progress{})
	return h
}

// Progress returns how far the logs were indexed when that was last looked at.
func (h *History) Progress() Progress { return *h.progress.Load() }

// shelfBits is where the number of a shelf stands in the part of a document's key, so
// that documents of different shelves have different keys.
const shelfBits = 28

// keepEvery is how often Run reads on, so that a question finds little to do.
const keepEvery = time.Second

// Run keeps the indexes up to date until ctx is done, and makes those of old events,
// the newest first. Without it each question does, as far as it has to.
func (h *History) Run(ctx context.Context) error {
	work, ctx := life.New(ctx, h.cfg.Log)
	work.Every(ctx, "event history", keepEvery, func(ctx context.Context) error {
		if err := h.turn.take(ctx); err != nil {
			return err
		}
		defer h.turn.release()
		return h.keep(ctx)
	})
	work.Every(ctx, "event history of old calls", keepEvery, h.catchUp)
	return work.Wait()
}

// turn is held by one at a time.
type turn chan struct{}

// take waits for its turn, as long as ctx lasts.
func (t turn) take(ctx context.Context) error {
	select {
	case t <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (t turn) release() { <-t }

// keep brings all shelves up to date, but for what is missing.
func (h *History) keep(ctx context.Context) error {
	for _, s := range h.shelves {
		if err := s.keep(ctx); err != nil {
			return err
		}
	}
	h.look()
	return nil
}

// look tells how far the shelves are indexed.
func (h *History) look() {
	now := &Progress{}
	for _, s := range h.shelves {
		now.Segments += s.closed
		now.Missing += len(s.missing)
	}
	h.progress.Store(now)
}
