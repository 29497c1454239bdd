package main

import (
	"errors"
	"os"
	"runtime"
	"sync"

	"github.com/sillok/sillok/internal/app"
	"github.com/sillok/sillok/internal/engine/duckdb"
	"github.com/sillok/sillok/internal/kit/worker"
	"github.com/sillok/sillok/internal/lake"
)

// leastMemory is what a process that works for a query may use at least; more where
// the machine has it.
const leastMemory = 1 << 30

// workers are the processes in which a query reads foreign bytes and runs its SQL.
type workers struct {
	spill  string // where they keep what does not fit into memory
	memory int64  // what each may use
	own    bool   // spill is for this command alone

	pool    *worker.Pool
	failed  error
	started chan struct{} // closed once pool and failed are known
	close   func() error  // ends them; it may be called twice
}

// startWorkers starts the first process, which takes a while, and returns at once.
// The caller must call close.
func startWorkers(cache string) *workers {
	w := &workers{memory: max(leastMemory, app.MachineMemory()/4*3), started: make(chan struct{})}
	w.close = sync.OnceValue(w.end)
	go func() {
		defer close(w.started)
		w.pool, w.failed = w.open(cache)
	}()
	return w
}

func (w *workers) open(cache string) (*worker.Pool, error) {
	command, err := workerArguments()
	if err != nil {
		return nil, err
	}
	if w.spill = spillFolder(cache); w.spill == "" {
		if w.spill, err = os.MkdirTemp("", "sillok-spill-"); err != nil {
			return nil, err
		}
		w.own = true
	}
	spilled := duckdb.Spilled(w.spill)
	lanes := duckdb.Lanes(1)
	lanes[lake.LaneDecode] = runtime.GOMAXPROCS(0)
	pool, err := worker.Open(worker.Config{
		Command: command, Lanes: lanes, Memory: w.memory,
		Ended: func(pid int) { _ = spilled.Ended(pid) }, // the next start looks as well
	})
	if err != nil {
		return nil, err
	}
	return pool, spilled.Open()
}

// ready waits for the first process to be started.
func (w *workers) ready() (*worker.Pool, error) {
	<-w.started
	return w.pool, w.failed
}

func (w *workers) end() error {
	<-w.started
	var err error
	if w.pool != nil {
		err = w.pool.Close()
	}
	if w.own {
		err = errors.Join(err, os.RemoveAll(w.spill))
	}
	return err
}
