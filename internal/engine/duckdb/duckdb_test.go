package duckdb_test

import (
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/engine"
	"github.com/sillok/sillok/internal/engine/duckdb"
	"github.com/sillok/sillok/internal/engine/enginetest"
	"github.com/sillok/sillok/internal/kit/worker"
	"github.com/sillok/sillok/internal/sql/replaytest"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

var (
	asWorker = flag.Bool("engine-worker", false, "be an engine worker, not a test")
	replayTo = flag.String("replay", "", "write what is not right in a replay to files that begin with this")
)

// TestMain makes this binary a worker when it is started as one.
func TestMain(m *testing.M) {
	flag.Parse()
	if !*asWorker {
		m.Run()
		return
	}
	handlers, free := duckdb.Work()
	defer free()
	if err := worker.Serve(context.Background(), os.Stdin, os.Stdout, handlers); err != nil {
		panic(err)
	}
}

// workers returns a pool of processes of this binary.
func workers(t *testing.T, cfg worker.Config) *worker.Pool {
	t.Helper()
	if cfg.Command == nil {
		cfg.Command = []string{os.Args[0], "-engine-worker"}
	}
	if cfg.Lanes == nil {
		cfg.Lanes = duckdb.Lanes(2)
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

func TestInProcess(t *testing.T) {
	enginetest.Run(t, open(t, duckdb.Config{}))
}

func TestWorkerProcess(t *testing.T) {
	enginetest.Run(t, open(t, duckdb.Config{Pool: workers(t, worker.Config{})}))
}

func TestDeadWorkerFailsItsQuery(t *testing.T) {
	e := open(t, duckdb.Config{Pool: workers(t, worker.Config{Command: []string{"sh", "-c", "head -c 9 >/dev/null; exit 3"}})})
	a := ask(t, e, "SELECT 1", replaytest.Catalog{}, engine.Athena)
	failed, ok := errors.AsType[*sqlerr.Error](a.err)
	if !ok || failed.Name != "GENERIC_INTERNAL_ERROR" {
		t.Errorf("%v", a.err)
	}
}

// A worker that ran out of memory may not have all of it for the next query.
func TestAWorkerThatRanOutOfMemoryIsReplaced(t *testing.T) {
	started := filepath.Join(t.TempDir(), "started")
	command := []string{"sh", "-c", `echo >> "$0"; exec "$@"`, started}
	command = append(command, os.Args[0], "-engine-worker")
	e := open(t, duckdb.Config{Pool: workers(t, worker.Config{Command: command}), Memory: 64 << 20})
	for _, tt := range []struct {
		name, sql, failure string
		workers            int
	}{
		{"the first query", "SELECT 1", "", 1},
		{"another failure", "SELECT 1 / (count(*) - 1) FROM (VALUES 1) AS t(x)", "DIVISION_BY_ZERO", 1},
		{"too much memory", "SELECT cardinality(array_agg(rpad('', 1000, cast(a AS varchar) || '-' || cast(b AS varchar)))) " +
			"FROM UNNEST(sequence(1, 1000)) AS t(a), UNNEST(sequence(1, 1000)) AS u(b)", "EXCEEDED_LOCAL_MEMORY_LIMIT", 1},
		{"the next query", "SELECT 1", "", 2},
	} {
		name := ""
		a := ask(t, e, tt.sql, replaytest.Catalog{}, engine.Athena)
		if failed, ok := errors.AsType[*sqlerr.Error](a.err); ok {
			name = failed.Name
		}
		if name != tt.failure || (name == "") != (a.err == nil) {
			t.Errorf("%s: %v, want %q", tt.name, a.err, tt.failure)
		}
		lines, err := os.ReadFile(started)
		if err != nil {
			t.Fatal(err)
		}
		if len(lines) != tt.workers {
			t.Errorf("%s: %d workers were started, want %d", tt.name, len(lines), tt.workers)
		}
	}
}

func fixedNow() time.Time { return time.Date(2026, 3, 1, 12, 30, 15, 0, time.UTC) }
