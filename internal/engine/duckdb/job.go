package duckdb

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sillok/sillok/internal/engine"
	"github.com/sillok/sillok/internal/engine/duckdb/native"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// job is a rendered query with all that a worker needs to run it.
type job struct {
	SQL       string
	Functions []function
	Types     []datatype.Type
	Now       time.Time
	Spelling  engine.Spelling
	Options   native.Options
}

// batch is some rows of a result, one cell after another.
type batch struct {
	Width int
	Cells []*string
	Rows  int
}

const batchRows = 512

// maxFunctions is how many functions a database may gather before a new one
// takes its place: they cannot be taken away again.
const maxFunctions = 500

// runner runs jobs one after another in one database, which it opens anew when
// the options change.
type runner struct {
	db      *native.DB
	options native.Options
}

func (r *runner) close() {
	if r.db != nil {
		r.db.Close()
		r.db = nil
	}
}

func (r *runner) open(o native.Options) error {
	if r.db != nil && r.db.Functions() < maxFunctions && sameOptions(r.options, o) {
		return nil
	}
	r.close()
	db, err := native.Open(o)
	if err != nil {
		return err
	}
	r.db, r.options = db, o
	return nil
}

func sameOptions(a, b native.Options) bool {
	return a.Memory == b.Memory && a.Threads == b.Threads && a.Spill == b.Spill && slices.Equal(a.Folders, b.Folders)
}

// run runs j and calls emit with its rows.
func (r *runner) run(ctx context.Context, j job, emit func(batch) error) error {
	err := r.query(ctx, j, emit)
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

func (r *runner) query(ctx context.Context, j job, emit func(batch) error) error {
	if err := r.open(j.Options); err != nil {
		return err
	}
	for _, f := range j.Functions {
		if err := f.define(ctx, r.db, j.Now); err != nil {
			return err
		}
	}
	result, err := r.db.Query(ctx, j.SQL, j.Types)
	if err != nil {
		return refuseUnable(err)
	}
	defer result.Close()
	out := batch{Width: len(j.Types)}
	err = result.Each(func(row []any) error {
		for i, v := range row {
			out.Cells = append(out.Cells, cell(j.Spelling, j.Types[i], v))
		}
		if out.Rows++; out.Rows < batchRows {
			return nil
		}
		full := out
		out = batch{Width: out.Width}
		return emit(full)
	})
	if err != nil {
		return refuseUnable(err)
	}
	if out.Rows > 0 {
		return emit(out)
	}
	return nil
}

// refuseUnable turns DuckDB's word that it cannot plan a query into a refusal.
func refuseUnable(err error) error {
	if native.Unable(err) {
		return errors.Join(sqlerr.Refused("this combination of subqueries and joins"), err)
	}
	return err
}

// failureOf returns err as the caller of a query sees it.
func failureOf(err error) error {
	if e, ok := errors.AsType[*sqlerr.Error](err); ok {
		return e
	}
	return fmt.Errorf("run the query: %w", err)
}
