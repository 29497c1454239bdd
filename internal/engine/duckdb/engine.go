package duckdb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/sillok/sillok/internal/engine"
	"github.com/sillok/sillok/internal/engine/duckdb/native"
	"github.com/sillok/sillok/internal/lake"
)

// Config is how the engine runs.
type Config struct {
	Lake    *lake.Lake // reads tables whose Detail is a lake.Table; nil: there are none
	Scanner Scanner    // reads tables with any other Detail; nil: there are none
	Folders []string   // folders, besides those of the lake's files, that queries may read
	Spill   string     // folder for what does not fit into memory; "" is one in the temporary folder
	Memory  int64      // bytes that a query may use; 0 is DuckDB's own limit
	Threads int        // of a query; 0 is one for each CPU
	Workers int        // queries at a time; 0 is one for each CPU, at least two
	Command []string   // starts a worker process, such as {"/usr/bin/sillok", "engine-worker"}; nil runs queries in this process
}

// Engine runs queries in DuckDB.
type Engine struct {
	cfg      Config
	executor executor
	queries  atomic.Int64
	spill    string // made by Open and removed by Close; "" when Config named one
}

// Open returns an engine. The caller must call Close.
func Open(_ context.Context, cfg Config) (*Engine, error) {
	e := &Engine{cfg: cfg}
	if cfg.Workers == 0 {
		e.cfg.Workers = max(2, runtime.GOMAXPROCS(0))
	}
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
	if len(cfg.Command) == 0 {
		e.executor = newLocal(e.cfg.Workers)
		return e, nil
	}
	p := newPool(cfg.Command, e.cfg.Workers)
	if err := p.warm(); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	e.executor = p
	return e, nil
}

// Close ends the workers. Queries that run fail. It may be called twice.
func (e *Engine) Close() error {
	var errs []error
	if e.executor != nil {
		errs = append(errs, e.executor.close())
	}
	if e.spill != "" {
		errs = append(errs, os.RemoveAll(e.spill))
	}
	return errors.Join(errs...)
}

// Run starts a query.
func (e *Engine) Run(ctx context.Context, req engine.Request) (engine.Rows, error) {
	started := time.Now()
	now := req.Now
	if now.IsZero() {
		now = started
	}
	tables := newTables(e.cfg, req)
	r := &renderer{now: now, prefix: fmt.Sprintf("q%d_", e.queries.Add(1)), tables: tables}
	s, err := r.query(ctx, req.Query)
	if err != nil {
		return nil, failureOf(errors.Join(err, tables.release()))
	}
	out := &rows{stats: tables.stats, release: tables.release}
	out.stats.Planning = time.Since(started)
	out.started = time.Now()
	out.source, err = e.executor.start(ctx, job{
		SQL: s.SQL, Functions: s.Functions, Types: s.Types, Now: now, Spelling: req.Spelling,
		Options: native.Options{
			Memory: e.cfg.Memory, Threads: e.cfg.Threads, Spill: e.cfg.Spill, Folders: e.folders(tables.folders),
		},
	})
	if err != nil {
		return nil, failureOf(errors.Join(err, tables.release()))
	}
	return out, nil
}

// folders returns the folders that a query may read.
func (e *Engine) folders(scanned map[string]bool) []string {
	var folders []string
	for _, f := range e.cfg.Folders {
		folders = append(folders, filepath.Clean(f))
	}
	for f := range scanned {
		folders = append(folders, filepath.Clean(f))
	}
	return sortedUnique(folders)
}

// rows is a running query.
type rows struct {
	source  source
	batch   batch
	row     int // the current one in batch
	err     error
	ended   bool
	started time.Time
	stats   engine.Stats
	release func() error
}

// Next reads the next row.
func (r *rows) Next() bool {
	for !r.ended {
		if r.row+1 < r.batch.Rows {
			r.row++
			return true
		}
		b, err := r.source.next()
		if err != nil {
			r.ended = true
			r.stats.Execution = time.Since(r.started)
			if !errors.Is(err, io.EOF) {
				r.err = failureOf(err)
			}
			return false
		}
		r.batch, r.row = b, -1
	}
	return false
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
	return errors.Join(r.source.close(), r.release())
}
