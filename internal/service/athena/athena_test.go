package athena_test

import (
	"context"
	"flag"
	"io"
	"iter"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/api/athenaapi"
	"github.com/sillok/sillok/internal/engine"
	"github.com/sillok/sillok/internal/engine/duckdb"
	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/service/athena"
	"github.com/sillok/sillok/internal/service/glue"
	"github.com/sillok/sillok/internal/servicetest"
	"github.com/sillok/sillok/internal/store/objects"
	"github.com/sillok/sillok/internal/store/objects/folder"
	"github.com/sillok/sillok/internal/store/state"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// bucket is the one bucket of a world's object store.
const bucket = "logs"

// world is everything that a Service works on, kept while Services come and go.
type world struct {
	*athena.Service
	t       testing.TB
	ctx     context.Context //nolint:containedctx // a client's call, for as long as the test
	state   state.Store
	objects objects.Store
	glue    *glue.Service
	catalog athena.Catalog // what the Service asks; glue, unless a test puts something before it
	engine  engine.Engine
	cfg     athena.Config
	stop    func() error // ends the Service that runs, if one does
}

// open returns a world in which a Service over an engine runs. A nil engine is
// the real one, over the world's own objects.
func open(tb testing.TB, e engine.Engine) *world {
	tb.Helper()
	store := servicetest.Store(tb)
	dir, err := folder.Open(tb.TempDir(), bucket)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { closeAll(tb, dir.Close) })
	if e == nil {
		inProcess, err := duckdb.Open(tb.Context(), duckdb.Config{Lake: lake.New(lake.Config{Dir: tb.TempDir()}, lakeObjects{dir})})
		if err != nil {
			tb.Fatal(err)
		}
		tb.Cleanup(func() { closeAll(tb, inProcess.Close) })
		e = inProcess
	}
	w := &world{
		t: tb, ctx: servicetest.Call(tb), state: store, objects: dir, glue: glue.New(store, nil), engine: e,
		cfg:  athena.Config{Concurrency: 2, Grace: time.Hour, Log: slog.New(slog.DiscardHandler)},
		stop: func() error { return nil },
	}
	w.catalog = w.glue
	w.restart()
	tb.Cleanup(func() { closeAll(tb, w.stop) })
	return w
}

func closeAll(tb testing.TB, closing ...func() error) {
	tb.Helper()
	for _, c := range closing {
		if err := c(); err != nil {
			tb.Error(err)
		}
	}
}

// restart ends the Service, which finishes what it has taken, and runs a new
// one on what it left.
func (w *world) restart() {
	w.t.Helper()
	w.build()
	w.run()
}

// build ends the Service and makes a new one that does not run yet.
func (w *world) build() {
	w.t.Helper()
	closeAll(w.t, w.stop)
	w.Service = athena.New(w.cfg, w.state, w.objects, w.catalog, w.engine)
	w.stop = func() error { return nil }
}

// run runs the Service until stop.
func (w *world) run() {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	w.stop = sync.OnceValue(func() error {
		cancel()
		return <-ended
	})
}

// start takes a statement with results in the world's bucket.
func (w *world) start(sql string, change ...func(*athenaapi.StartQueryExecutionInput)) string {
	w.t.Helper()
	in := &athenaapi.StartQueryExecutionInput{
		QueryString: &sql, ResultConfiguration: &athenaapi.ResultConfiguration{OutputLocation: new("s3://" + bucket + "/results/")},
	}
	for _, c := range change {
		c(in)
	}
	out, err := w.StartQueryExecution(w.ctx, in)
	if err != nil {
		w.t.Fatalf("%v\n%s", err, sql)
	}
	return *out.QueryExecutionId
}

// finished returns an execution that is done; what still runs is waited for.
func (w *world) finished(id string) *athenaapi.QueryExecution {
	w.t.Helper()
	if x := w.get(id); x.Status.CompletionDateTime != nil {
		return x
	}
	w.restart()
	return w.get(id)
}

func (w *world) get(id string) *athenaapi.QueryExecution {
	w.t.Helper()
	out, err := w.GetQueryExecution(w.ctx, &athenaapi.GetQueryExecutionInput{QueryExecutionId: &id})
	if err != nil {
		w.t.Fatal(err)
	}
	return out.QueryExecution
}

// answer is how a statement ended, for a person to read: its rows, cells
// separated by bars and NULL as such, or its state and reason.
func (w *world) answer(id string) string {
	w.t.Helper()
	x := w.finished(id)
	if *x.Status.State != "SUCCEEDED" {
		return "[" + *x.Status.State + "] " + *x.Status.StateChangeReason + "\n"
	}
	out, err := w.GetQueryResults(w.ctx, &athenaapi.GetQueryResultsInput{QueryExecutionId: &id})
	if err != nil {
		w.t.Fatal(err)
	}
	var b strings.Builder
	for _, row := range out.ResultSet.Rows {
		for i, datum := range row.Data {
			if i > 0 {
				b.WriteString(" | ")
			}
			if datum.VarCharValue == nil {
				b.WriteString("NULL")
			} else {
				b.WriteString(*datum.VarCharValue)
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// ask runs a statement to its end.
func (w *world) ask(sql string, change ...func(*athenaapi.StartQueryExecutionInput)) string {
	w.t.Helper()
	return w.answer(w.start(sql, change...))
}

// put writes an object into the world's bucket.
func (w *world) put(key, body string) {
	w.t.Helper()
	if _, err := w.objects.Put(w.ctx, bucket, key, "", strings.NewReader(body)); err != nil {
		w.t.Fatal(err)
	}
}

// content returns an object that a location names.
func (w *world) content(location string) string {
	w.t.Helper()
	body, _, err := w.objects.Open(w.ctx, bucket, strings.TrimPrefix(location, "s3://"+bucket+"/"))
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = body.Close() }() // only read
	data, err := io.ReadAll(body)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(data)
}

// in lets a statement run in a database.
func in(database string) func(*athenaapi.StartQueryExecutionInput) {
	return func(in *athenaapi.StartQueryExecutionInput) {
		in.QueryExecutionContext = &athenaapi.QueryExecutionContext{Database: &database}
	}
}

// golden compares text with a file of testdata, or rewrites that.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	servicetest.Diff(t, string(want), got)
}

// lakeObjects lets the lake read a store, as app does.
type lakeObjects struct{ store objects.Store }

func (l lakeObjects) List(ctx context.Context, bucket, prefix string) iter.Seq2[lake.Object, error] {
	return func(yield func(lake.Object, error) bool) {
		for o, err := range l.store.List(ctx, bucket, prefix) {
			if !yield(lake.Object(o), err) {
				return
			}
		}
	}
}

func (l lakeObjects) Open(ctx context.Context, o lake.Object) (io.ReadCloser, error) {
	body, _, err := l.store.Open(ctx, o.Bucket, o.Key)
	return body, err
}

// answers is an engine that gives the same rows to every query, or does what
// wait says before.
type answers struct {
	rows [][]*string
	wait func(ctx context.Context) error
}

func (a answers) Run(ctx context.Context, req engine.Request) (engine.Rows, error) {
	if err := req.Planned("nothing"); err != nil {
		return nil, err
	}
	if a.wait != nil {
		if err := a.wait(ctx); err != nil {
			return nil, err
		}
	}
	return &table{rows: a.rows, at: -1}, nil
}

type table struct {
	rows [][]*string
	at   int
}

func (t *table) Next() bool          { t.at++; return t.at < len(t.rows) }
func (t *table) Row() []*string      { return t.rows[t.at] }
func (t *table) Err() error          { return nil }
func (t *table) Stats() engine.Stats { return engine.Stats{BytesScanned: 12} }
func (t *table) Close() error        { return nil }
