package objects

import (
	"log/slog"
	"sync"
)

// jam is what there is no room for.
type jam int

const (
	jamLog    jam = iota // what is about to be committed
	jamTables            // what was committed and shall be sorted into tables
	jams
)

// refusal is why no changes are taken.
type refusal struct {
	log *slog.Logger

	mu     sync.Mutex
	failed error // for good
	jammed bool  // the index holds its locks
	full   [jams]error
}

// fail ends all changes: what is in memory may be other than what is on disk.
func (d *DB) fail(err error) { d.refusal.fail(err, false) }

func (r *refusal) fail(err error, jammed bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.jammed = r.jammed || jammed
	if r.failed != nil {
		return
	}
	r.failed = err
	r.log.Error("objects can no longer be changed, the server must be started again", "error", err)
}

// noRoom refuses changes until there is room.
func (r *refusal) noRoom(what jam, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.full[what] == nil && r.failed == nil {
		r.log.Error("the index of objects could not be written, changes are refused until it can be", "error", err)
	}
	r.full[what] = err
}

func (r *refusal) room(what jam) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.full[what] != nil && r.failed == nil {
		r.log.Info("the index of objects can be written again")
	}
	r.full[what] = nil
}

// stopped says whether no changes are taken for good.
func (r *refusal) stopped() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failed != nil
}

// refuses says whether no changes are taken.
func (r *refusal) refuses() bool { return r.error() != nil }

// error returns why no changes are taken, or nil.
func (r *refusal) error() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, err := range append([]error{r.failed}, r.full[:]...) {
		if err != nil {
			return errRefused(err)
		}
	}
	return nil
}

func (r *refusal) stuck() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.jammed
}
