package scan_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/engine"
	"github.com/sillok/sillok/internal/engine/scan"
	"github.com/sillok/sillok/internal/kit/worker"
	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/replaytest"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

var asWorker = flag.Bool("engine-worker", false, "be a worker, not a test")

// TestMain makes this binary a worker when it is started as one.
func TestMain(m *testing.M) {
	flag.Parse()
	if !*asWorker {
		m.Run()
		return
	}
	if err := worker.Serve(context.Background(), os.Stdin, os.Stdout, scan.Handlers()); err != nil {
		panic(err)
	}
}

// logs is a lake in which each table has two objects of 300 bytes.
type logs struct {
	load func(ctx context.Context, table string, progress lake.Progress) (*lake.Files, error)

	mu      sync.Mutex
	filters map[string]lake.Filter
	kept    map[string][]bool
	rows    [][]string // what filters are asked about
	loaded  []string
}

func (l *logs) Plan(ctx context.Context, t lake.Table, filter lake.Filter) (*lake.Scan, error) {
	kept, err := filter.Keep(ctx, []string{"day", "hour"}, l.rows)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.filters == nil {
		l.filters, l.kept = map[string]lake.Filter{}, map[string][]bool{}
	}
	l.filters[t.Name], l.kept[t.Name] = filter, kept
	return &lake.Scan{Table: t, Objects: 2, Bytes: 600}, nil
}

func (l *logs) Load(ctx context.Context, s *lake.Scan, progress lake.Progress) (*lake.Files, error) {
	l.mu.Lock()
	l.loaded = append(l.loaded, s.Table.Name)
	l.mu.Unlock()
	if l.load != nil {
		return l.load(ctx, s.Table.Name, progress)
	}
	return filesOf(s.Table.Name), nil
}

func filesOf(table string) *lake.Files {
	file := lake.File{Path: "/shadows/" + table + "/1", Values: []string{"2024-05-01", "7"}, Object: lake.Object{Bucket: "b", Key: table}, Bad: 1}
	return &lake.Files{
		Groups: []lake.Group{{Columns: []lake.Binding{{Kind: lake.Text, Column: "line"}}, Files: []lake.File{file}}},
		Stats:  lake.Stats{ShadowBytes: 50},
	}
}

// catalog has tables one and two, partitioned by a day, which is text, and an hour.
func catalog(t *testing.T) replaytest.Catalog {
	t.Helper()
	c := replaytest.Catalog{}
	for _, name := range []string{"one", "two"} {
		c.Add(t, name, "line varchar", "day varchar", "hour integer")
		table := c[name].Table
		table.Columns[1].Partition, table.Columns[2].Partition = true, true
		table.Detail = lake.Table{
			Name: name, Columns: []lake.Column{{Name: "Line", Type: "string"}},
			PartitionKeys: []lake.Column{{Name: "Day", Type: "string"}, {Name: "Hour", Type: "int"}},
		}
	}
	return c
}

func request(t *testing.T, sql string) engine.Request {
	t.Helper()
	q, err := replaytest.Analyze(t.Context(), sql, catalog(t))
	if err != nil {
		t.Fatal(err)
	}
	return engine.Request{Query: q}
}

const both = "SELECT a.line FROM one a JOIN two b ON a.line = b.line"

func TestLoad(t *testing.T) {
	l := &logs{}
	loaded, err := scan.New(l, nil, nil).Load(t.Context(), request(t, both), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	want := engine.Stats{BytesScanned: 1200, BytesRead: 100, Objects: 4, Damage: []engine.Damage{
		{Object: "s3://b/one", Lines: 1}, {Object: "s3://b/two", Lines: 1},
	}}
	if diff := cmp.Diff(want, loaded.Stats); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"/shadows/one", "/shadows/two"}, loaded.Tables.Folders()); diff != "" {
		t.Error(diff)
	}
	// It travels whole.
	data, err := scan.Encode(loaded.Tables)
	if err != nil {
		t.Fatal(err)
	}
	var tables scan.Tables
	if err := scan.Decode(data, &tables); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(loaded.Tables, tables); diff != "" {
		t.Error(diff)
	}
	if err := errors.Join(loaded.Release(), loaded.Release()); err != nil {
		t.Error(err)
	}
}

// No table is loaded when all together are more than the limit, though each alone
// is less.
func TestTheLimitComesFirst(t *testing.T) {
	l := &logs{}
	req := request(t, both)
	req.ScanLimit = 1000
	if _, err := scan.New(l, nil, nil).Load(t.Context(), req, time.Now()); !errors.Is(err, engine.ErrScanLimit) {
		t.Errorf("%v", err)
	}
	if len(l.loaded) > 0 {
		t.Errorf("%v were loaded", l.loaded)
	}
}

// Each table waits for the other one: a load after the other would never end.
func TestTablesAreLoadedSideBySide(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var all sync.WaitGroup
		all.Add(2)
		var last engine.Progress
		l := &logs{load: func(_ context.Context, table string, progress lake.Progress) (*lake.Files, error) {
			all.Done()
			all.Wait()
			progress(lake.Done{Objects: 1, TotalObjects: 2, Bytes: 100, TotalBytes: 600, Rows: 5})
			progress(lake.Done{Objects: 2, TotalObjects: 2, Bytes: 600, TotalBytes: 600, Rows: 9})
			return filesOf(table), nil
		}}
		req := request(t, both)
		req.Progress = func(p engine.Progress) { last = p }
		if _, err := scan.New(l, nil, nil).Load(t.Context(), req, time.Now()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(engine.Progress{Objects: 4, ObjectsTotal: 4, Bytes: 1200, BytesTotal: 1200, Rows: 18}, last); diff != "" {
			t.Error(diff)
		}
	})
}

// One table that cannot be read ends the loading of the others.
func TestAFailureEndsTheOthers(t *testing.T) {
	torn := errors.New("torn")
	l := &logs{load: func(ctx context.Context, table string, _ lake.Progress) (*lake.Files, error) {
		if table == "one" {
			return nil, torn
		}
		<-ctx.Done()
		return nil, ctx.Err()
	}}
	if _, err := scan.New(l, nil, nil).Load(t.Context(), request(t, both), time.Now()); !errors.Is(err, torn) {
		t.Errorf("%v", err)
	}
}

// A panic over what lies in an object fails the query alone.
func TestAPanicFailsTheQuery(t *testing.T) {
	l := &logs{load: func(context.Context, string, lake.Progress) (*lake.Files, error) { panic("foreign bytes") }}
	if _, err := scan.New(l, nil, nil).Load(t.Context(), request(t, both), time.Now()); err == nil || !strings.Contains(err.Error(), "foreign bytes") {
		t.Errorf("%v", err)
	}
}

// A plan in which one part stands in many places can be endless. It is refused in
// no time.
func TestAnEndlessPlanIsRefused(t *testing.T) {
	req := request(t, "SELECT line FROM one")
	id := req.Query.Columns[0].ID
	var e plan.Expr = &plan.ColumnRef{ID: id, T: datatype.Text()}
	for range 60 {
		e = &plan.Coalesce{Items: []plan.Expr{e, e}}
	}
	req.Query.Root = &plan.Project{Input: req.Query.Root, Columns: []plan.Computed{{Column: plan.Column{ID: id, Type: datatype.Text()}, Expr: e}}}
	_, err := scan.New(&logs{}, nil, nil).Load(t.Context(), req, time.Now())
	failed, ok := errors.AsType[*sqlerr.Error](err)
	if !ok || failed.Name != "QUERY_HAS_TOO_MANY_STAGES" {
		t.Errorf("%v", err)
	}
}

func TestUsageEndsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	q := request(t, both).Query
	cancel()
	if _, err := scan.UsageOf(ctx, q); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// TestPredicates compares which partitions a query's conditions leave, and the
// texts that the day can only have.
func TestPredicates(t *testing.T) {
	rows := [][]string{{"2024-05-01", "7"}, {"2024-05-01", "8"}, {"2024-05-02", "7"}, {lake.NullPartition, "7"}}
	for _, tt := range []struct {
		name, sql string
		kept      string // of table one
		days      string
	}{
		{name: "nothing", sql: "SELECT * FROM one", kept: "1111"},
		{name: "equality", sql: "SELECT * FROM one WHERE day = '2024-05-01'", kept: "1100", days: "2024-05-01"},
		{name: "a list", sql: "SELECT * FROM one WHERE day IN ('2024-05-01', '2024-05-02')", kept: "1110", days: "2024-05-01 2024-05-02"},
		{name: "both of two lists", sql: "SELECT * FROM one WHERE day IN ('2024-05-01', 'x') AND day IN ('2024-05-01', 'y')", kept: "1100", days: "2024-05-01"},
		{name: "either", sql: "SELECT * FROM one WHERE day = '2024-05-02' OR hour = 8", kept: "0110"},
		{name: "a range", sql: "SELECT * FROM one WHERE hour BETWEEN 8 AND 9", kept: "0100"},
		{name: "a value in the form of another type", sql: "SELECT * FROM one WHERE hour = DECIMAL '7.0'", kept: "1011"},
		{name: "null", sql: "SELECT * FROM one WHERE day IS NULL", kept: "0001"},
		{name: "a function", sql: "SELECT * FROM one WHERE substr(day, 9) = '02'", kept: "0010"},
		{name: "a value that a function makes", sql: "SELECT * FROM one WHERE day = lower('X')", kept: "0000", days: "x"},
		{name: "one that fails", sql: "SELECT * FROM one WHERE 1 / (hour - hour) = 1", kept: "1111"},
		{name: "one that varies", sql: "SELECT * FROM one WHERE hour < 100 * random()", kept: "1111"},
		{name: "one over rows", sql: "SELECT * FROM one WHERE line = '2024-05-01'", kept: "1111"},
		{name: "through a projection", sql: "SELECT * FROM (SELECT hour + 1 AS h FROM one) WHERE h = 9", kept: "0100"},
		{name: "through a union", sql: "SELECT * FROM (SELECT day AS d FROM one UNION ALL SELECT day FROM two) WHERE d = '2024-05-02'", kept: "0010", days: "2024-05-02"},
		{name: "through a key", sql: "SELECT day FROM one GROUP BY day HAVING day = '2024-05-02'", kept: "0010", days: "2024-05-02"},
		{name: "not through what is counted", sql: "SELECT hour, count(*) FROM one GROUP BY hour HAVING count(*) = 8", kept: "1111"},
		{name: "not through a limit", sql: "SELECT * FROM (SELECT * FROM one LIMIT 1) WHERE hour = 8", kept: "1111"},
		{name: "of a join", sql: "SELECT 1 FROM one a JOIN two b ON a.line = b.line AND a.hour = 8", kept: "0100"},
		{name: "of the kept side of an outer join", sql: "SELECT 1 FROM one a LEFT JOIN two b ON a.hour = 8", kept: "1111"},
		{name: "of the other side of an outer join", sql: "SELECT 1 FROM two b LEFT JOIN one a ON a.hour = 8", kept: "0100"},
		{name: "of a query used twice", sql: "WITH w AS (SELECT * FROM one) SELECT 1 FROM w a, w b WHERE a.hour = 7 AND b.hour = 8", kept: "1111"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, where := range []string{"here", "in a worker"} {
				pool := workers(t, where == "here")
				l := &logs{rows: rows}
				if _, err := scan.New(l, nil, pool).Load(t.Context(), request(t, tt.sql), time.Now()); err != nil {
					t.Fatal(err)
				}
				kept := ""
				for _, k := range l.kept["one"] {
					kept += map[bool]string{true: "1", false: "0"}[k]
				}
				days, _ := l.filters["one"].Values("day")
				if diff := cmp.Diff([]string{tt.kept, tt.days}, []string{kept, strings.Join(days, " ")}); diff != "" {
					t.Errorf("%s: %s", where, diff)
				}
			}
		})
	}
}

func workers(t *testing.T, here bool) *worker.Pool {
	t.Helper()
	cfg := worker.Config{Lanes: map[string]int{engine.LaneShort: 2}, Memory: 256 << 20}
	if here {
		cfg.Here = func() (map[string]worker.Handler, func()) { return scan.Handlers(), func() {} }
	} else {
		cfg.Command = []string{os.Args[0], "-engine-worker"}
	}
	p, err := worker.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// A condition that takes more memory than there is fails the query by name.
func TestAHostileConditionOnPartitions(t *testing.T) {
	l := &logs{rows: [][]string{{"2024-05-01", "7"}}}
	sql := "SELECT * FROM one WHERE length(reduce(sequence(1, 40), day, (s, x) -> s || s, s -> s)) = hour"
	_, err := scan.New(l, nil, workers(t, false)).Load(t.Context(), request(t, sql), time.Now())
	failed, ok := errors.AsType[*sqlerr.Error](err)
	if !ok || failed.Name != engine.OutOfMemory {
		t.Errorf("%v", err)
	}
}

// Two thousand tables side by side are looked through at once.
func TestManyJoins(t *testing.T) {
	c := catalog(t)
	var root plan.Node
	for i := range 2000 {
		s := &plan.Scan{Table: c["one"].Table}
		for j, column := range s.Table.Columns {
			s.Columns = append(s.Columns, plan.ScanColumn{Name: column.Name, Column: plan.Column{ID: plan.ID(10*i + j + 1), Type: column.Type}})
		}
		if root == nil {
			root = s
			continue
		}
		root = &plan.Join{Kind: ast.CrossJoin, Left: root, Right: s}
	}
	hour := func(i int) plan.Expr {
		return &plan.ColumnRef{ID: plan.ID(10*i + 3), T: c["one"].Table.Columns[2].Type}
	}
	var terms []plan.Expr
	for i := range 2000 {
		terms = append(terms, &plan.IsNull{X: hour(i)})
	}
	root = &plan.Filter{Input: root, Condition: &plan.Logical{And: true, Terms: terms}}
	started := time.Now()
	l := &logs{rows: [][]string{{"2024-05-01", "7"}}}
	loaded, err := scan.New(l, nil, nil).Load(t.Context(), engine.Request{Query: &plan.Query{Root: root}}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if loaded.Stats.Objects != 4_000 {
		t.Errorf("%d objects", loaded.Stats.Objects)
	}
	if took := time.Since(started); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
	if fmt.Sprint(l.kept["one"]) != "[false]" {
		t.Errorf("%v", l.kept["one"])
	}
}
