package duckdb_test

import (
	"context"
	"errors"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/engine"
	"github.com/sillok/sillok/internal/engine/duckdb"
	"github.com/sillok/sillok/internal/kit/worker"
	"github.com/sillok/sillok/internal/sql/replaytest"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// unending answers a row and then runs far longer than any test.
const unending = "SELECT x FROM UNNEST(sequence(1, 10000)) a(x), UNNEST(sequence(1, 10000)) b(y), UNNEST(sequence(1, 10000)) c(z) WHERE x * y + z <> 7"

// children returns the processes that this one has started and that live.
func children(t *testing.T) []int {
	t.Helper()
	text, err := os.ReadFile("/proc/self/task/" + strconv.Itoa(os.Getpid()) + "/children")
	if err != nil {
		t.Fatal(err)
	}
	found := strings.Fields(string(text))
	tasks, err := os.ReadDir("/proc/self/task") // a process is the child of a thread
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range tasks {
		if text, err := os.ReadFile("/proc/self/task/" + task.Name() + "/children"); err == nil && task.Name() != strconv.Itoa(os.Getpid()) {
			found = append(found, strings.Fields(string(text))...)
		}
	}
	var pids []int
	for _, f := range found {
		pid, err := strconv.Atoi(f)
		if err != nil {
			t.Fatal(err)
		}
		pids = append(pids, pid)
	}
	return pids
}

// A query whose worker is killed, or stopped, fails by name, or ends with its
// context, and the next is answered.
func TestWorkersThatAreKilledAndStopped(t *testing.T) {
	for _, tt := range []struct {
		name   string
		signal syscall.Signal
		cancel bool
		says   string
	}{
		{name: "killed", signal: syscall.SIGKILL, says: "signal: killed"},
		{name: "stopped", signal: syscall.SIGSTOP, says: "gave no sign of life"},
		{name: "stopped and cancelled", signal: syscall.SIGSTOP, cancel: true, says: "context canceled"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := open(t, duckdb.Config{Pool: workers(t, worker.Config{Lanes: duckdb.Lanes(1), Silent: 2 * time.Second})})
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			rows, err := e.Run(ctx, engine.Request{Query: analyzed(t, replaytest.Catalog{}, unending)})
			if err != nil {
				t.Fatal(err)
			}
			if !rows.Next() {
				t.Fatal(rows.Err())
			}
			for _, pid := range children(t) {
				if err := syscall.Kill(pid, tt.signal); err != nil {
					t.Fatal(err)
				}
			}
			started := time.Now()
			if tt.cancel {
				cancel()
			}
			for rows.Next() {
				continue // what was on its way
			}
			if rows.Err() == nil || !strings.Contains(rows.Err().Error(), tt.says) {
				t.Errorf("%v, want %q", rows.Err(), tt.says)
			}
			if _, statement := errors.AsType[*sqlerr.Error](rows.Err()); statement == tt.cancel {
				t.Errorf("%v", rows.Err())
			}
			if took := time.Since(started); tt.cancel && took > time.Second {
				t.Errorf("it took %v", took)
			}
			closeRows(t, rows)
			if a := ask(t, e, "SELECT 1", replaytest.Catalog{}, engine.Athena); a.err != nil {
				t.Errorf("the next query: %v", a.err)
			}
		})
	}
}

// The queries of two accounts run in two processes.
func TestAccountsShareNoProcess(t *testing.T) {
	e := open(t, duckdb.Config{Pool: workers(t, worker.Config{Lanes: duckdb.Lanes(4)})})
	q := analyzed(t, replaytest.Catalog{}, "SELECT 1")
	started := map[int]bool{}
	for _, account := range []cloud.Account{"111111111111", "222222222222", "111111111111"} {
		if _, err := run(cloud.WithCall(t.Context(), cloud.Call{Account: account}), e, engine.Request{Query: q}); err != nil {
			t.Fatal(err)
		}
		for _, pid := range children(t) {
			started[pid] = true
		}
	}
	if len(started) != 2 {
		t.Errorf("%d processes, want 2", len(started))
	}
}
