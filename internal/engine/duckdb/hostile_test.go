package duckdb_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/engine"
	"github.com/sillok/sillok/internal/engine/duckdb"
	"github.com/sillok/sillok/internal/kit/worker"
	"github.com/sillok/sillok/internal/sql/replaytest"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// hostile are statements that take more memory or time than there is. Each makes
// do with constants, which are folded before a query runs.
func hostile() map[string]string {
	nested := func(depth int, inner, format string) string {
		for range depth {
			inner = fmt.Sprintf(format, inner)
		}
		return inner
	}
	return map[string]string{
		"reduce that doubles": "SELECT length(reduce(sequence(1,40),'xx',(s,x)->s||s,s->s))",
		"nested transform": "SELECT cardinality(" + nested(8, "ARRAY[1]",
			"transform(sequence(1, 1000), x -> %s)") + ")",
		"replace within replace": "SELECT length(" + nested(12, "'aaaaaaaaaa'", "replace(%s, 'a', 'aaaaaaaaaaaaaaaaaaaa')") + ")",
		"a large answer":         "SELECT rpad('x', 100000000, 'y')",
		"many large answers":     "SELECT rpad(cast(y AS varchar), 10000000, 'y') FROM UNNEST(sequence(1, 10000)) t(y)",
		"a regular expression":   "SELECT regexp_like('" + strings.Repeat("a", 5000) + "!', '(?:(a+)+)+$(?<!x)')",
		"in a filter":            "SELECT 1 FROM (VALUES 1) t(y) WHERE length(reduce(sequence(1,40),'xx',(s,x)->s||s,s->s)) > y",
		"in an offset":           "SELECT lag(y, length(reduce(sequence(1,40),'xx',(s,x)->s||s,s->s))) OVER (ORDER BY y) FROM (VALUES 1) t(y)",
		"over rows":              "SELECT max(length(reduce(sequence(1,40), 'xx' || cast(y AS varchar),(s,x)->s||s,s->s))) FROM (VALUES 1, 2) t(y)",
		"aggregated":             "SELECT cardinality(array_agg(rpad('', 1000000, cast(y AS varchar)))) FROM UNNEST(sequence(1, 10000)) t(y)",
	}
}

// A statement fails by name, or is cut off, the server stays as small as it was,
// and the next statement is answered.
func TestHostileQueries(t *testing.T) {
	e := open(t, duckdb.Config{Pool: workers(t, worker.Config{Memory: 512 << 20}), Memory: 256 << 20})
	for name, sql := range hostile() {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			before := resident(t)
			q, err := replaytest.Analyze(ctx, sql, replaytest.Catalog{})
			if err != nil {
				t.Fatal(err)
			}
			started := time.Now()
			_, err = run(ctx, e, engine.Request{SQL: sql, Query: q})
			took := time.Since(started)
			failed, statement := errors.AsType[*sqlerr.Error](err)
			if !errors.Is(err, context.DeadlineExceeded) && (!statement || failed.Name == "GENERIC_INTERNAL_ERROR") {
				t.Errorf("%v after %v", err, took)
			}
			if took > 6*time.Second {
				t.Errorf("it took %v to be cut off", took)
			}
			if grown := resident(t) - before; grown > 64<<20 {
				t.Errorf("the server grew by %d MiB", grown>>20)
			}
			if a := ask(t, e, "SELECT 1", replaytest.Catalog{}, engine.Athena); a.err != nil {
				t.Errorf("the next query: %v", a.err)
			}
			t.Logf("%v after %v", err, took.Round(time.Millisecond))
		})
	}
}

// resident returns how much memory this process has.
func resident(t *testing.T) int64 {
	t.Helper()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.ParseInt(strings.Fields(string(text))[1], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}

// What a query spills lies in a folder of its worker, which goes with that.
func TestSpillGoes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "spill")
	gone, here := filepath.Join(dir, "w999999999.1"), filepath.Join(dir, "w"+strconv.Itoa(os.Getpid())+".1")
	for _, folder := range []string{gone, here} { // one of a process that is gone, one of a process that lives
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	spilled := duckdb.Spilled(dir)
	if err := spilled.Open(); err != nil {
		t.Fatal(err)
	}
	if left, err := filepath.Glob(dir + "/*"); err != nil || len(left) != 1 || left[0] != here {
		t.Errorf("%v is left, want %s; %v", left, here, err)
	}
	pool := workers(t, worker.Config{Ended: func(pid int) {
		if err := spilled.Ended(pid); err != nil {
			t.Error(err)
		}
	}})
	e := open(t, duckdb.Config{Pool: pool, Spill: dir, Memory: 96 << 20, Threads: 2})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	sql := "SELECT a, b, count(*) FROM UNNEST(sequence(1, 2000)) t(a), UNNEST(sequence(1, 2000)) u(b) GROUP BY 1, 2 ORDER BY 3, 1, 2"
	rows, err := e.Run(ctx, engine.Request{Query: analyzed(t, replaytest.Catalog{}, sql)})
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		break
	}
	if rows.Err() == nil && len(entries(t, dir)) == 0 {
		t.Error("nothing was spilled: this test shows nothing")
	}
	cancel()
	if err := errors.Join(rows.Close(), pool.Close()); err != nil {
		t.Error(err)
	}
	if left := entries(t, dir); len(left) > 0 {
		t.Errorf("%v is left of a query that was cut off", left)
	}
}

func entries(t *testing.T, dir string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}
