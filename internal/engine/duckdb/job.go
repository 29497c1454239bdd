package duckdb

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/sillok/sillok/internal/engine"
	"github.com/sillok/sillok/internal/engine/duckdb/native"
	"github.com/sillok/sillok/internal/engine/scalar"
	"github.com/sillok/sillok/internal/engine/scan"
	"github.com/sillok/sillok/internal/kit/worker"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// job is a query with all that a worker needs to answer it. What it computes of a
// client's expressions, constants too, it computes there.
type job struct {
	Query    plan.Flat
	Tables   scan.Tables
	Now      time.Time
	Spelling engine.Spelling
	Options  native.Options // Spill is the folder in which the worker has one of its own
}

const (
	kindQuery = "query"
	sourceJob = "job" // the one source of a job: the job itself, which may be large
)

// maxFunctions is how many functions a database may gather before a new one
// takes its place: they cannot be taken away again.
const maxFunctions = 500

// runner answers queries one after another in one database, which it opens anew
// when the options change.
type runner struct {
	db      *native.DB
	options native.Options // as jobs have them
	spill   string         // the folder of this runner alone
	queries int
	// abandoned means that the rows of the last query were not all read.
	abandoned bool
}

// Work returns the work of the engine that is done in workers, and what lets go of
// what it holds.
func Work() (handlers map[string]worker.Handler, free func()) {
	r := &runner{}
	handlers = scan.Handlers()
	handlers[kindQuery], handlers[kindFold] = r.handle, foldHere
	return handlers, r.close
}

func (r *runner) handle(ctx context.Context, _ []byte, c *worker.Conn) error {
	var j job
	if err := readJob(c, &j); err != nil {
		return err
	}
	err := r.run(ctx, j, func(b batch) error { return c.Send(b.encode()) })
	if errors.Is(err, worker.ErrTooLong) {
		err = sqlerr.New("EXCEEDED_OUTPUT_LIMIT", "A row of the result is too large")
	}
	return engine.Tell(err)
}

func (r *runner) close() {
	if r.db != nil {
		r.db.Close()
		_ = os.RemoveAll(r.spill) // the next start looks as well
		r.db = nil
	}
}

// runners numbers those of one process.
var runners atomic.Int64

func (r *runner) open(o native.Options) error {
	if r.db != nil && r.db.Functions() < maxFunctions && sameOptions(r.options, o) {
		return nil
	}
	r.close()
	r.options = o
	if o.Spill != "" {
		o.Spill = filepath.Join(o.Spill, spillName(os.Getpid())+"."+strconv.FormatInt(runners.Add(1), 10))
	}
	db, err := native.Open(o)
	if err != nil {
		return err
	}
	r.db, r.spill = db, o.Spill
	return nil
}

func sameOptions(a, b native.Options) bool {
	return a.Memory == b.Memory && a.Threads == b.Threads && a.Spill == b.Spill && slices.Equal(a.Folders, b.Folders)
}

// run answers j and calls emit with its rows.
func (r *runner) run(ctx context.Context, j job, emit func(batch) error) error {
	err := r.query(ctx, j, emit)
	if r.abandoned { // the transaction of rows that were not read would go on
		r.close()
		r.abandoned = false
	}
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

func (r *runner) query(ctx context.Context, j job, emit func(batch) error) error {
	q, err := j.Query.Query()
	if err != nil {
		return err
	}
	if err := r.open(j.Options); err != nil {
		return err
	}
	r.queries++
	s, err := (&renderer{now: j.Now, prefix: fmt.Sprintf("q%d_", r.queries), tables: j.Tables}).query(ctx, q)
	if err != nil {
		return err
	}
	for _, f := range s.Functions {
		if err := f.define(ctx, r.db, j.Now); err != nil {
			return err
		}
	}
	result, err := r.db.Query(ctx, s.SQL, s.Types)
	if err != nil {
		return refuseUnable(err)
	}
	defer result.Close()
	out, size := batch{Width: len(s.Types)}, 0
	odd := slices.ContainsFunc(s.Types, func(t datatype.Type) bool { return hasKind(t, isClock) || hasKind(t, isChar) })
	err = result.Each(func(row []any) error {
		for i, v := range row {
			if odd {
				if err := unwritable(s.Types[i], v); err != nil {
					r.abandoned = true
					return err
				}
			}
			c := cell(j.Spelling, s.Types[i], v)
			out.Cells = append(out.Cells, c)
			if c != nil {
				size += len(*c)
			}
		}
		if out.Rows++; out.Rows < batchRows && size < batchBytes {
			return nil
		}
		full := out
		out, size = batch{Width: out.Width}, 0
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
	if construct, ok := native.Unable(err); ok {
		return errors.Join(sqlerr.Refused(construct), err)
	}
	return err
}

// failureOf returns err as the caller of a query sees it.
func failureOf(err error) error {
	err = engine.Told(err)
	if e, ok := errors.AsType[*sqlerr.Error](err); ok {
		return e
	}
	return fmt.Errorf("run the query: %w", err)
}

// unwritable returns the error of a value that Trino computes and then cannot write: a
// time that is too precise, a char that ends in spaces.
func unwritable(t datatype.Type, v any) error {
	err := error(nil)
	if hasKind(t, isClock) || hasKind(t, isChar) {
		err = scalar.Beyond(t, v)
	}
	if err != nil && hasKind(t, isClock) {
		err = sqlerr.New("SERIALIZATION_ERROR", "Could not serialize data to JSON")
	}
	return err
}

// hasKind reports whether a type, or one within it, is of a kind.
func hasKind(t datatype.Type, is func(datatype.Type) bool) bool {
	return is(t) || slices.ContainsFunc(t.Elems, func(elem datatype.Type) bool { return hasKind(elem, is) })
}

func isClock(t datatype.Type) bool { return t.Kind == datatype.Time || t.Kind == datatype.TimeTZ }

func isChar(t datatype.Type) bool { return t.Kind == datatype.Char }

// isCountedInFewBits says of which types a value that is computed may be too large.
func isCountedInFewBits(t datatype.Type) bool {
	switch t.Kind {
	case datatype.Tinyint, datatype.Smallint, datatype.Integer, datatype.Date, datatype.IntervalYearToMonth:
		return true
	default:
		return false
	}
}
