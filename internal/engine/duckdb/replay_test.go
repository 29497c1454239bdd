package duckdb_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sillok/sillok/internal/engine"
	"github.com/sillok/sillok/internal/engine/duckdb"
	"github.com/sillok/sillok/internal/kit/life"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/replaytest"
)

// parquetTables are tables that are Parquet files of their own.
type parquetTables struct{ dir string }

// Files returns the file of a table.
func (p parquetTables) Files(_ context.Context, t *plan.Table) ([]string, error) {
	return []string{filepath.Join(p.dir, t.Name+".parquet")}, nil
}

// answer is what the engine said.
type answer struct {
	columns []plan.Output
	rows    [][]*string
	err     error
}

func ask(tb testing.TB, e engine.Engine, sql string, c replaytest.Catalog, spelling engine.Spelling) answer {
	tb.Helper()
	var q *plan.Query
	err := life.Catch(func() (err error) {
		q, err = replaytest.Analyze(tb.Context(), sql, c)
		return err
	})
	if err != nil {
		return answer{err: err}
	}
	ctx, cancel := context.WithTimeout(tb.Context(), 5*time.Minute)
	defer cancel()
	a := answer{columns: q.Columns}
	a.rows, a.err = run(ctx, e, engine.Request{SQL: sql, Query: q, Spelling: spelling})
	return a
}

// run runs a query to its end.
func run(ctx context.Context, e engine.Engine, req engine.Request) ([][]*string, error) {
	rows, err := e.Run(ctx, req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // what failed is in rows.Err
	var all [][]*string
	for rows.Next() {
		all = append(all, slices.Clone(rows.Row()))
	}
	return all, rows.Err()
}

// judge asks a question and says how the answer stands to the recorded one.
func judge(tb testing.TB, e engine.Engine, q replaytest.Question, c replaytest.Catalog) (verdict replaytest.Verdict, why string) {
	tb.Helper()
	got := ask(tb, e, q.SQL, c, engine.Protocol)
	if got.err != nil {
		return q.JudgeError(got.err)
	}
	if verdict, why := q.JudgeColumns(got.columns); verdict != replaytest.Right {
		return verdict, why
	}
	verdict, why = q.JudgeRows(got.rows, replaytest.Protocol)
	if whole, ok := q.Whole(); ok && verdict == replaytest.Wrong {
		return q.JudgePart(got.rows, ask(tb, e, whole, c, engine.Protocol).rows, replaytest.Protocol)
	}
	return verdict, why
}

// replay asks everything, as many at a time as there are processors, and counts
// verdicts.
func replay(t *testing.T, e engine.Engine, questions []replaytest.Question, c replaytest.Catalog) map[replaytest.Verdict]int {
	t.Helper()
	var (
		mu     sync.Mutex
		group  errgroup.Group
		report strings.Builder
	)
	counts := map[replaytest.Verdict]int{}
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, q := range questions {
		if q.Open(replaytest.Protocol) != "" {
			continue
		}
		group.Go(func() error {
			verdict, why := judge(t, e, q, c)
			mu.Lock()
			defer mu.Unlock()
			if counts[verdict]++; verdict != replaytest.Right {
				fmt.Fprintf(&report, "%s %s\n\t%s\n\t%s\n", verdict, q.ID, strings.ReplaceAll(q.SQL, "\n", "\n\t"), why)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	if *replayTo != "" {
		if err := os.WriteFile(*replayTo+t.Name(), []byte(report.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%v", counts)
	return counts
}

func open(t *testing.T, cfg duckdb.Config) *duckdb.Engine {
	t.Helper()
	e, err := duckdb.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// TestReplayTrino asks what Trino's own tests ask. Estimates of approx_distinct
// are among it, which must be Trino's to the last digit.
func TestReplayTrino(t *testing.T) {
	catalog, folder := replaytest.TPCH(t)
	// Each query has one thread, since they run side by side.
	e := open(t, duckdb.Config{Scanner: parquetTables{dir: folder}, Folders: []string{folder}, Threads: 1})
	counts := replay(t, e, replaytest.Trino(t), catalog)
	if floor := 10072; counts[replaytest.Wrong] > 0 || counts[replaytest.Right] < floor {
		t.Errorf("%v, want none wrong and at least %d right", counts, floor)
	}
}

// TestReplayDifferences asks what once had another answer than Trino's.
func TestReplayDifferences(t *testing.T) {
	catalog, folder := replaytest.TPCH(t)
	e := open(t, duckdb.Config{Scanner: parquetTables{dir: folder}, Folders: []string{folder}, Threads: 1})
	questions := slices.DeleteFunc(replaytest.Differences(t), func(q replaytest.Question) bool { return q.Differs() != "" })
	if counts := replay(t, e, questions, catalog); counts[replaytest.Wrong] > 0 || counts[replaytest.Refused] > 0 {
		t.Errorf("%v of %d, want all right", counts, len(questions))
	}
}
