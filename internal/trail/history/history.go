package history

import (
	"cmp"
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sillok/sillok/internal/journal"
	"github.com/sillok/sillok/internal/kit/life"
	"github.com/sillok/sillok/internal/store/postings"
	"github.com/sillok/sillok/internal/store/records"
	"github.com/sillok/sillok/internal/trail/event"
)

// Config says of what a History is.
type Config struct {
	// Dir is where indexes lie. It is made if its parent is there.
	Dir     string
	Journal *journal.Journal
	Log     *slog.Logger
	// Events returns the events that a call is, always the same in the same order;
	// nil is event.Of.
	Events func(*journal.Entry) ([]event.Event, error)
	// Patience is how long an answer waits for indexes of old calls to be made, before
	// it ends with what was found so far; 0 means a second.
	Patience time.Duration
}

// Progress is how far the calls of the journal are indexed.
type Progress struct {
	Segments int // of the journal that are closed
	Missing  int // of them without an index
}

// History finds events. It is safe for concurrent use.
type History struct {
	cfg Config

	turn    chan struct{}   // held by whoever uses what follows, which may take a while
	cursor  *journal.Cursor // nil until the first question
	started uint64          // the record that cursor began before
	files   map[uint64]*postings.File
	memory  map[uint64]*postings.Memory // of segments that have no file yet; both by the segment's first number
	missing map[uint64]records.Segment  // that were closed when cursor began, and have neither
	making  map[uint64]chan struct{}    // indexes of missing ones that somebody makes; closed when that is over
	retry   time.Time                   // before which no file is written, since the last one could not be
	looked  [2]uint64                   // the first numbers of the oldest and the newest segment that was closed when Dir was looked through

	progress atomic.Pointer[Progress]

	following sync.Mutex
	readers   map[uint64]*journal.Cursor // of who follows, by where they go on
}

// New returns a History. It does no I/O.
func New(cfg Config) *History {
	if cfg.Events == nil {
		cfg.Events = event.Of
	}
	cfg.Patience = cmp.Or(cfg.Patience, time.Second)
	h := &History{
		cfg: cfg, turn: make(chan struct{}, 1), files: map[uint64]*postings.File{}, memory: map[uint64]*postings.Memory{},
		missing: map[uint64]records.Segment{}, making: map[uint64]chan struct{}{}, readers: map[uint64]*journal.Cursor{},
	}
	h.progress.Store(&Progress{})
	return h
}

// Progress returns how far the journal was indexed when it was last looked at.
func (h *History) Progress() Progress { return *h.progress.Load() }

const (
	suffix = ".index"
	// keepEvery is how often Run reads on, so that a question finds little to do.
	keepEvery = time.Second
	// retryAfter is how long after a file could not be written the next is tried.
	retryAfter = time.Minute
	// mostInMemory is how many indexes may wait for that beside those of new calls.
	mostInMemory = 64
)

// Run keeps the indexes up to date until ctx is done, and makes those of old calls,
// the newest first. Without it each question does, as far as it has to.
func (h *History) Run(ctx context.Context) error {
	work, ctx := life.New(ctx, h.cfg.Log)
	work.Every(ctx, "event history", keepEvery, func(ctx context.Context) error {
		if err := h.take(ctx); err != nil {
			return err
		}
		defer h.release()
		return h.keep(ctx)
	})
	work.Every(ctx, "event history of old calls", keepEvery, h.catchUp)
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
