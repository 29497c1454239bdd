package athena_test

import (
	"context"
	"io"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/api/athenaapi"
	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/engine"
	"github.com/sillok/sillok/internal/engine/duckdb"
	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/service/athena"
	"github.com/sillok/sillok/internal/store/objects"
)

// reached is told of once a query is in the phase that a test stops it in.
type reached chan struct{}

func (r reached) now() {
	select {
	case r <- struct{}{}:
	default:
	}
}

// endlessCatalog has a table of more partitions than anybody waits for.
type endlessCatalog struct {
	athena.Catalog
	reached reached
}

func (c endlessCatalog) GetPartitions(ctx context.Context, _ *glueapi.GetPartitionsInput) (*glueapi.GetPartitionsOutput, error) {
	c.reached.now()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	out := &glueapi.GetPartitionsOutput{NextToken: new("more")}
	for range 1000 {
		out.Partitions = append(out.Partitions, glueapi.Partition{Values: []string{"x"}})
	}
	return out, nil
}

// endlessObjects has objects that do not end.
type endlessObjects struct {
	objects.Store
	reached reached
}

func (o endlessObjects) Open(ctx context.Context, bucket, key string) (io.ReadCloser, objects.Object, error) {
	body, object, err := o.Store.Open(ctx, bucket, key)
	if err != nil || !strings.HasPrefix(key, "endless/") {
		return body, object, err
	}
	o.reached.now()
	return io.NopCloser(&endless{line: strings.Repeat("a,1\n", 1000)}), object, body.Close()
}

type endless struct {
	line string
	at   int // in line
}

func (e *endless) Read(p []byte) (int, error) {
	for n := 0; n < len(p); {
		copied := copy(p[n:], e.line[e.at:])
		n, e.at = n+copied, (e.at+copied)%len(e.line)
	}
	return len(p), nil
}

// endlessListing lists objects that do not end.
type endlessListing struct {
	objects.Store
	reached reached
}

func (o endlessListing) List(ctx context.Context, _, prefix string) iter.Seq2[objects.Object, error] {
	return func(yield func(objects.Object, error) bool) {
		o.reached.now()
		for ctx.Err() == nil {
			if !yield(objects.Object{Key: prefix + "elsewhere/a.csv"}, nil) {
				return
			}
		}
		yield(objects.Object{}, ctx.Err())
	}
}

// begunEngine says when a query runs in it.
type begunEngine struct {
	engine.Engine
	reached reached
}

func (e begunEngine) Run(ctx context.Context, req engine.Request) (engine.Rows, error) {
	rows, err := e.Engine.Run(ctx, req)
	e.reached.now()
	return rows, err
}

// endlessRows is an engine whose results do not end.
type endlessRows struct{ reached reached }

func (e endlessRows) Run(ctx context.Context, _ engine.Request) (engine.Rows, error) {
	return &rowsUntil{ctx: ctx, reached: e.reached}, nil
}

type rowsUntil struct {
	ctx     context.Context //nolint:containedctx // of the query, as an engine has it
	reached reached
	rows    int
}

func (r *rowsUntil) Next() bool {
	if r.rows++; r.rows == 100_000 {
		r.reached.now()
	}
	return r.ctx.Err() == nil
}
func (r *rowsUntil) Row() []*string    { return []*string{new("a row of some length")} }
func (r *rowsUntil) Err() error        { return r.ctx.Err() }
func (*rowsUntil) Stats() engine.Stats { return engine.Stats{} }
func (*rowsUntil) Close() error        { return nil }

// late is a store that is there once the world is.
type late struct{ objects.Store }

// TestCancelInEveryPhase stops a query in each of its phases.
func TestCancelInEveryPhase(t *testing.T) {
	// Some 10 ms on a machine of its own, and 200 ms are promised; the rest is for
	// one that has other things to do. What runs in this process, and not in a worker
	// which is killed, takes some 100 ms.
	const bound = time.Second
	inProcess := func(t *testing.T, store objects.Store) engine.Engine {
		t.Helper()
		e, err := duckdb.Open(t.Context(), duckdb.Config{Lake: lake.New(lake.Config{Dir: t.TempDir()}, lakeObjects{store})})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { closeAll(t, e.Close) })
		return e
	}
	for _, tt := range []struct {
		phase string
		start func(t *testing.T, at reached) (w *world, id string)
	}{
		{"waiting", func(t *testing.T, at reached) (*world, string) {
			t.Helper()
			w := open(t, newGate().engine())
			w.cfg.Concurrency, w.cfg.Grace = 1, 0
			w.restart()
			w.start("SELECT 1")
			id := w.start("SELECT 2")
			at.now()
			return w, id
		}},
		{"analyzing", func(t *testing.T, at reached) (*world, string) {
			t.Helper()
			w := open(t, answers{})
			id := w.start(strings.TrimSuffix("SELECT "+strings.Repeat("sum(a+1),sum(a+2),sum(a+1+1),", 8000), ",") + " FROM (VALUES 1) t(a)")
			at.now()
			return w, id
		}},
		{"making a view", func(t *testing.T, at reached) (*world, string) {
			t.Helper()
			w := open(t, newGate().engine())
			w.cfg.Concurrency, w.cfg.Grace = 1, 0
			w.restart()
			w.start("SELECT 1")
			id := w.start("CREATE VIEW v AS SELECT 1 AS a")
			at.now()
			return w, id
		}},
		{"choosing partitions", func(t *testing.T, at reached) (*world, string) {
			t.Helper()
			w := open(t, nil)
			w.ask("CREATE EXTERNAL TABLE p (a string) PARTITIONED BY (day string) LOCATION 's3://logs/p/'")
			w.catalog = endlessCatalog{w.glue, at}
			w.restart()
			return w, w.start("SELECT count(*) FROM p WHERE day || '' = 'y'")
		}},
		{"projecting partitions", func(t *testing.T, at reached) (*world, string) {
			t.Helper()
			store := &late{}
			w := open(t, inProcess(t, store))
			store.Store = endlessListing{w.objects, at} // all partitions are made, and being looked for
			w.ask("CREATE EXTERNAL TABLE p (a string) PARTITIONED BY (n int) LOCATION 's3://logs/p/' " +
				"TBLPROPERTIES ('projection.enabled'='true', 'projection.n.type'='integer', 'projection.n.range'='1,900000')")
			return w, w.start("SELECT count(*) FROM p")
		}},
		{"listing partitions", func(t *testing.T, at reached) (*world, string) {
			t.Helper()
			w := open(t, nil)
			w.ask("CREATE EXTERNAL TABLE p (a string) PARTITIONED BY (day string) LOCATION 's3://logs/p/'")
			w.catalog = endlessCatalog{w.glue, at}
			w.restart()
			return w, w.start("SHOW PARTITIONS p")
		}},
		{"decoding", func(t *testing.T, at reached) (*world, string) {
			t.Helper()
			store := &late{}
			w := open(t, inProcess(t, store))
			store.Store = endlessObjects{w.objects, at}
			w.put("endless/a.csv", "a,1\n")
			w.ask("CREATE EXTERNAL TABLE e (a string, n int) ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' LOCATION 's3://logs/endless/'")
			return w, w.start("SELECT count(*) FROM e")
		}},
		{"running", func(t *testing.T, at reached) (*world, string) {
			t.Helper()
			w := open(t, begunEngine{inProcess(t, &late{}), at})
			return w, w.start("SELECT count(*) FROM UNNEST(sequence(1, 10000)) a(x) CROSS JOIN UNNEST(sequence(1, 10000)) b(y) CROSS JOIN UNNEST(sequence(1, 10000)) c(z) WHERE x * y <> z")
		}},
		{"writing", func(t *testing.T, at reached) (*world, string) {
			t.Helper()
			w := open(t, endlessRows{at})
			return w, w.start("SELECT 1")
		}},
	} {
		t.Run(tt.phase, func(t *testing.T) {
			at := make(reached, 1)
			w, id := tt.start(t, at)
			<-at
			began := time.Now()
			if _, err := w.StopQueryExecution(w.ctx, &athenaapi.StopQueryExecutionInput{QueryExecutionId: &id}); err != nil {
				t.Fatal(err)
			}
			for w.get(id).Status.CompletionDateTime == nil && time.Since(began) < 10*time.Second {
				<-time.After(time.Millisecond)
			}
			took := time.Since(began)
			t.Logf("%s after %s", *w.get(id).Status.State, took)
			if *w.get(id).Status.State != "CANCELLED" || took > bound {
				t.Errorf("execution is %s after %s, want CANCELLED within %s", *w.get(id).Status.State, took, bound)
			}
		})
	}
}
