package duckdb_test

import (
	"context"
	"errors"
	"flag"
	"os"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/engine"
	"github.com/sillok/sillok/internal/engine/duckdb"
	"github.com/sillok/sillok/internal/engine/enginetest"
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
	if err := duckdb.Worker(context.Background(), os.Stdin, os.Stdout); err != nil {
		panic(err)
	}
}

func workers() []string { return []string{os.Args[0], "-engine-worker"} }

func TestInProcess(t *testing.T) {
	enginetest.Run(t, open(t, duckdb.Config{}))
}

func TestWorkerProcess(t *testing.T) {
	enginetest.Run(t, open(t, duckdb.Config{Command: workers()}))
}

func TestDeadWorkerFailsItsQuery(t *testing.T) {
	e := open(t, duckdb.Config{Command: []string{"sh", "-c", "read x; exit 3"}})
	a := ask(t, e, "SELECT 1", replaytest.Catalog{}, engine.Athena)
	failed, ok := errors.AsType[*sqlerr.Error](a.err)
	if !ok || failed.Name != "GENERIC_INTERNAL_ERROR" {
		t.Errorf("%v", a.err)
	}
}

func fixedNow() time.Time { return time.Date(2026, 3, 1, 12, 30, 15, 0, time.UTC) }
