package scan

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/engine"
	"github.com/sillok/sillok/internal/kit/worker"
	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/sql/plan"
)

// judge answers what the lake asks of a query's conditions: here where they are
// plain, else in a worker.
type judge struct {
	conditions

	pool     *worker.Pool
	plain    bool
	known    map[string][]string
	compared []lake.Comparison
}

var (
	_ lake.Filter   = (*judge)(nil)
	_ lake.Comparer = (*judge)(nil)
)

// newJudge finds out which texts columns can have.
func newJudge(ctx context.Context, pool *worker.Pool, c conditions) (*judge, error) {
	j := &judge{conditions: c, pool: pool, plain: true, compared: c.comparisons(ctx)}
	for _, t := range c.Terms {
		j.plain = j.plain && plain(t.Expr)
	}
	if j.plain {
		j.known = c.values(ctx)
		return j, nil
	}
	found, err := j.ask(ctx, question{Conditions: c})
	j.known = found.Values
	return j, err
}

// Columns names the columns that some predicate constrains on its own.
func (j *judge) Columns() []string { return j.columns() }

// Comparisons implements lake.Comparer.
func (j *judge) Comparisons() []lake.Comparison { return j.compared }

// Values returns the only texts that column can have.
func (j *judge) Values(column string) (values []string, ok bool) {
	values, ok = j.known[column]
	return values, ok
}

// Keep says which partitions may be wanted.
func (j *judge) Keep(ctx context.Context, columns []string, rows [][]string) ([]bool, error) {
	if j.plain {
		return j.keep(ctx, columns, rows)
	}
	found, err := j.ask(ctx, question{Conditions: j.conditions, Columns: columns, Rows: rows})
	if err == nil && len(found.Kept) != len(rows) {
		err = fmt.Errorf("%d of %d partitions were judged", len(found.Kept), len(rows))
	}
	return found.Kept, err
}

const (
	kindPartitions = "partitions"
	// maxJudging is how long a worker may take for the partitions of one question.
	maxJudging = time.Minute
)

// question is what a worker is asked: the texts that columns can have, or, with
// rows, which of them to keep.
type question struct {
	Conditions conditions
	Columns    []string
	Rows       [][]string
}

type finding struct {
	Values map[string][]string
	Kept   []bool
}

// Handlers returns the work of this package that is done in workers.
func Handlers() map[string]worker.Handler {
	return map[string]worker.Handler{kindPartitions: judgePartitions}
}

func judgePartitions(ctx context.Context, payload []byte, c *worker.Conn) error {
	var q question
	var f finding
	err := Decode(payload, &q)
	switch {
	case err != nil:
	case q.Columns == nil:
		f.Values = q.Conditions.values(ctx)
	default:
		f.Kept, err = q.Conditions.keep(ctx, q.Columns, q.Rows)
	}
	if err != nil {
		return engine.Tell(err)
	}
	answer, err := Encode(f)
	if err != nil {
		return err
	}
	return c.Send(answer)
}

func (j *judge) ask(ctx context.Context, q question) (f finding, err error) {
	payload, err := Encode(q)
	if err != nil {
		return f, fmt.Errorf("ask about partitions: %w", err)
	}
	run, err := j.pool.Start(ctx, worker.Job{
		Kind: kindPartitions, Lane: engine.LaneShort, Owner: Owner(ctx), Payload: payload, Limit: maxJudging,
	})
	if err != nil {
		return f, engine.Told(err)
	}
	answer, err := run.Next()
	if err == nil {
		if _, more := run.Next(); !errors.Is(more, io.EOF) { // or the process is not done with it
			err = more
		}
	}
	if err = errors.Join(err, run.Close()); err != nil {
		return f, engine.Told(err)
	}
	return f, Decode(answer, &f)
}

// Owner returns for whom work is done on behalf of the call in ctx, as workers
// keep accounts apart.
func Owner(ctx context.Context) string { return string(cloud.CallOf(ctx).Account) }

// Encode writes what may hold parts of a plan, for a worker of this program.
func Encode(v any) ([]byte, error) {
	plan.Register()
	var b bytes.Buffer
	err := gob.NewEncoder(&b).Encode(v)
	return b.Bytes(), err
}

// Decode reads what Encode wrote.
func Decode(data []byte, v any) error {
	plan.Register()
	return gob.NewDecoder(bytes.NewReader(data)).Decode(v)
}
