package duckdb

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/sillok/sillok/internal/engine"
	"github.com/sillok/sillok/internal/engine/duckdb/native"
	"github.com/sillok/sillok/internal/engine/scan"
	"github.com/sillok/sillok/internal/kit/worker"
	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// Config is how the engine runs.
type Config struct {
	Lake    *lake.Lake // reads tables whose Detail is a lake.Table; nil: there are none
	Scanner scan.Files // reads tables with any other Detail; nil: there are none
	Folders []string   // folders, besides those of the lake's files, that queries may read
	Spill   string     // folder for what does not fit into memory; "" is one in the temporary folder
	Memory  int64      // bytes that a query may use in DuckDB; 0 is DuckDB's own limit
	Threads int        // of a query; 0 is one for each CPU
	// Pool has the processes in which Work is done, with lanes named engine.LaneQuery and
	// engine.LaneShort; it stays the caller's. nil runs queries in this process.
	Pool *worker.Pool
}

// Engine runs queries in DuckDB.
type Engine struct {
	cfg    Config
	reader *scan.Reader
	pool   *worker.Pool // made by Open and closed by Close; nil when Config had one
	spill  string       // the same
}

// Open returns an engine. The caller must call Close.
func Open(_ context.Context, cfg Config) (*Engine, error) {
	e := &Engine{cfg: cfg}
	if cfg.Threads == 0 {
		e.cfg.Threads = runtime.GOMAXPROCS(0)
	}
	if cfg.Spill == "" {
		dir, err := os.MkdirTemp("", "sillok-spill-")
		if err != nil {
			return nil, fmt.Errorf("make a folder to spill to: %w", err)
		}
		e.spill, e.cfg.Spill = dir, dir
	}
	if cfg.Pool == nil {
		if err := Spilled(e.cfg.Spill).Open(); err != nil {
			return nil, err
		}
		pool, err := worker.Open(worker.Config{Here: Work, Lanes: Lanes(max(2, runtime.GOMAXPROCS(0)))})
		if err != nil {
			return nil, errors.Join(err, e.Close())
		}
		e.pool, e.cfg.Pool = pool, pool
	}
	var logs scan.Lake // an interface that holds a nil pointer is not nil
	if cfg.Lake != nil {
		logs = cfg.Lake
	}
	e.reader = scan.New(logs, cfg.Scanner, e.cfg.Pool)
	return e, nil
}

// Lanes returns the lanes of a pool for an engine that answers so many queries at
// a time. What takes a moment does not wait for them.
func Lanes(queries int) map[string]int {
	return map[string]int{engine.LaneQuery: queries, engine.LaneShort: 2}
}

// Close ends what Open started. Queries that run fail. It may be called twice.
func (e *Engine) Close() error {
	var errs []error
	if e.pool != nil {
		errs = append(errs, e.pool.Close())
	}
	if e.spill != "" {
		errs = append(errs, os.RemoveAll(e.spill))
	}
	return errors.Join(errs...)
}

// internalError is the name of a failure that is not the statement's own.
const internalError = "GENERIC_INTERNAL_ERROR"

// Run starts a query. When one of its files turns out to be damaged before it has
// given a row, it starts once more, with the file made anew.
func (e *Engine) Run(ctx context.Context, req engine.Request) (engine.Rows, error) {
	out, err := e.run(ctx, req)
	if err != nil {
		return nil, err
	}
	req.Planned = nil // it has heard
	out.again = func() (*rows, error) { return e.run(ctx, req) }
	return out, nil
}

func (e *Engine) run(ctx context.Context, req engine.Request) (*rows, error) {
	started := time.Now()
	now := req.Now
	if now.IsZero() {
		now = started
	}
	var err error
	if req.Query, err = e.fold(ctx, req.Query, now); err != nil {
		return nil, failureOf(err)
	}
	loaded, err := e.reader.Load(ctx, req, now)
	if err != nil {
		return nil, failureOf(err)
	}
	run, err := e.start(ctx, job{
		Query: plan.Flatten(req.Query), Tables: loaded.Tables, Now: now, Spelling: req.Spelling,
		Options: native.Options{
			Memory: e.cfg.Memory, Threads: e.cfg.Threads, Spill: e.cfg.Spill, Folders: e.folders(loaded.Tables),
		},
	})
	if err != nil {
		return nil, errors.Join(failureOf(err), loaded.Release())
	}
	out := &rows{run: run, stats: loaded.Stats, release: loaded.Release, started: time.Now()}
	out.intact = func() error { return loaded.Intact(ctx) }
	out.damaged = func() bool {
		damaged, err := loaded.Damaged(ctx)
		return err == nil && damaged
	}
	out.stats.Planning = out.started.Sub(started)
	return out, nil
}

func (e *Engine) start(ctx context.Context, j job) (*worker.Run, error) {
	data, err := scan.Encode(j)
	if err != nil {
		return nil, fmt.Errorf("encode the query: %w", err)
	}
	return e.cfg.Pool.Start(ctx, worker.Job{
		Kind: kindQuery, Lane: engine.LaneQuery, Owner: scan.Owner(ctx),
		Sources: func(string) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil },
	})
}

// folders returns the folders that a query may read.
func (e *Engine) folders(tables scan.Tables) []string {
	folders := slices.Concat(e.cfg.Folders, tables.Folders())
	for i, f := range folders {
		folders[i] = filepath.Clean(f)
	}
	slices.Sort(folders)
	return slices.Compact(folders)
}

// rows is a running query.
type rows struct {
	run     *worker.Run
	batch   batch
	row     int // the current one in batch
	err     error
	ended   bool
	started time.Time
	stats   engine.Stats
	release func() error

	given   bool                  // a batch of rows
	intact  func() error          // whether no file changed meanwhile
	damaged func() bool           // whether a file is not what was written; it is dropped
	again   func() (*rows, error) // starts the query once more; nil when it may not
}

// Next reads the next row.
func (r *rows) Next() bool {
	for !r.ended {
		if r.row+1 < r.batch.Rows {
			r.row++
			return true
		}
		b, err := r.next()
		if err == nil {
			r.batch, r.row, r.given = b, -1, true
			continue
		}
		changed := false
		if errors.Is(err, io.EOF) {
			err = r.intact()
			changed = err != nil
		}
		if err != nil && (changed || r.damage(err)) {
			var restarted bool
			if restarted, err = r.restart(err); restarted {
				continue
			}
		}
		r.ended = true
		r.stats.Execution = time.Since(r.started)
		if err != nil {
			r.err = failureOf(err)
		}
	}
	return false
}

// damage says whether a query failed because one of its files is not what was
// written. A statement that fails by its own fault does so over whole files.
func (r *rows) damage(err error) bool {
	if e, ok := errors.AsType[*sqlerr.Error](engine.Told(err)); ok && e.Name != internalError {
		return false
	}
	return r.damaged()
}

// restart starts the query once more unless it has given rows; else it returns why
// not.
func (r *rows) restart(err error) (bool, error) {
	if r.given || r.again == nil {
		return false, err
	}
	again := r.again
	r.again = nil
	if err := errors.Join(r.run.Close(), r.release()); err != nil {
		return false, err
	}
	next, err := again()
	if err != nil {
		return false, err
	}
	*r = *next
	return true, nil
}

func (r *rows) next() (batch, error) {
	data, err := r.run.Next()
	if err != nil {
		return batch{}, err
	}
	return decodeBatch(data)
}

// Row returns the cells of the current row.
func (r *rows) Row() []*string {
	return r.batch.Cells[r.row*r.batch.Width : (r.row+1)*r.batch.Width]
}

// Err returns why the rows ended early.
func (r *rows) Err() error { return r.err }

// Stats returns what the query cost.
func (r *rows) Stats() engine.Stats { return r.stats }

// Close stops the query when it still runs.
func (r *rows) Close() error {
	r.ended = true
	if e, ok := errors.AsType[*sqlerr.Error](r.err); ok && e.Name == engine.OutOfMemory {
		r.run.Discard() // it may never have all of its memory again
	}
	return errors.Join(r.run.Close(), r.release())
}
