package lsm

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

func (r *refusal) fail(err error, jammed bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.jammed = r.jammed || jammed
	if r.failed != nil {
		return
	}
	r.failed = err
	r.log.Error("a store can no longer be changed, the server must be started again", "error", err)
}

// noRoom refuses changes until there is room.
func (r *refusal) noRoom(what jam, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.full[what] == nil && r.failed == nil {
		r.log.Error("a store could not be written, changes are refused until it can be", "error", err)
	}
	r.full[what] = err
}

func (r *refusal) room(what jam) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.full[what] != nil && r.failed == nil {
		r.log.Info("a store can be written again")
	}
	r.full[what] = nil
}

// stopped says whether no changes are taken for good.
func (r *refusal) stopped() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failed != nil
}

// cause returns why no changes are taken, or nil.
func (r *refusal) cause() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, err := range append([]error{r.failed}, r.full[:]...) {
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *refusal) stuck() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.jammed
}
