package duckdb

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/sillok/sillok/internal/engine"
	"github.com/sillok/sillok/internal/engine/fold"
	"github.com/sillok/sillok/internal/engine/scan"
	"github.com/sillok/sillok/internal/kit/worker"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

const kindFold = "fold"

// folding is a query whose constants are to be computed.
type folding struct {
	Query plan.Flat
	Now   time.Time
}

// foldHere computes the constants of a query in a worker, since they are a client's
// expressions like others.
func foldHere(ctx context.Context, _ []byte, c *worker.Conn) error {
	var f folding
	if err := readJob(c, &f); err != nil {
		return err
	}
	q, err := f.Query.Query()
	if err != nil {
		return err
	}
	if q, err = fold.Query(ctx, q, f.Now); err != nil {
		return engine.Tell(err)
	}
	answer, err := scan.Encode(plan.Flatten(q))
	if err != nil {
		return fmt.Errorf("encode a query: %w", err)
	}
	err = c.Send(answer)
	if errors.Is(err, worker.ErrTooLong) {
		err = engine.Tell(sqlerr.New("STACK_OVERFLOW", "statement is too large"))
	}
	return err
}

// readJob reads the one source of a job.
func readJob(c *worker.Conn, into any) error {
	body, err := c.Open(sourceJob)
	if err != nil {
		return err
	}
	data, err := io.ReadAll(body)
	if err = errors.Join(err, body.Close()); err != nil {
		return err
	}
	if err := scan.Decode(data, into); err != nil {
		return fmt.Errorf("read a query: %w", err)
	}
	return nil
}

// fold returns the query with its constants computed, before anything is read for it.
func (e *Engine) fold(ctx context.Context, q *plan.Query, now time.Time) (*plan.Query, error) {
	data, err := scan.Encode(folding{Query: plan.Flatten(q), Now: now})
	if err != nil {
		return nil, fmt.Errorf("encode the query: %w", err)
	}
	run, err := e.cfg.Pool.Start(ctx, worker.Job{
		Kind: kindFold, Lane: engine.LaneShort, Owner: scan.Owner(ctx),
		Sources: func(string) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil },
	})
	if err != nil {
		return nil, err
	}
	answer, err := run.Next()
	if err == nil {
		if _, more := run.Next(); !errors.Is(more, io.EOF) { // or the process is not done with it
			err = more
		}
	}
	if err = errors.Join(err, run.Close()); err != nil {
		return nil, err
	}
	var flat plan.Flat
	if err := scan.Decode(answer, &flat); err != nil {
		return nil, fmt.Errorf("read a query: %w", err)
	}
	folded, err := flat.Query()
	if err != nil {
		return nil, err
	}
	return withTables(folded, q), nil
}

// withTables gives the scans of a query the tables of the query that it was made of:
// what the catalog said of them does not travel.
func withTables(q, from *plan.Query) *plan.Query {
	tables := map[plan.ID]*plan.Table{}
	eachScan(from.Root, map[plan.Node]bool{}, func(s *plan.Scan) {
		for _, c := range s.Columns {
			tables[c.ID] = s.Table
		}
	})
	eachScan(q.Root, map[plan.Node]bool{}, func(s *plan.Scan) {
		for _, c := range s.Columns {
			s.Table = tables[c.ID]
		}
	})
	return q
}

// eachScan calls visit for each scan in n and in the subqueries of its expressions.
func eachScan(n plan.Node, seen map[plan.Node]bool, visit func(*plan.Scan)) {
	if seen[n] {
		return
	}
	seen[n] = true
	if s, ok := n.(*plan.Scan); ok {
		visit(s)
	}
	plan.Exprs(n, func(e plan.Expr) {
		anyPart(e, func(part plan.Expr) bool {
			if inner := plan.Subquery(part); inner != nil {
				eachScan(inner, seen, visit)
			}
			return false
		})
	})
	for _, input := range plan.Inputs(n) {
		eachScan(input, seen, visit)
	}
}
