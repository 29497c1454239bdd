package athena_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sillok/sillok/internal/api/athenaapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/engine"
	"github.com/sillok/sillok/internal/servicetest"
)

// turns is an engine that says whose query began and lets one after the other
// through.
type turns struct {
	began chan string
	pass  chan struct{}
}

func newTurns() turns { return turns{began: make(chan string, 1000), pass: make(chan struct{})} }

func (e turns) Run(ctx context.Context, r engine.Request) (engine.Rows, error) {
	e.began <- strings.TrimPrefix(r.SQL, "SELECT ")
	select {
	case <-e.pass:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return &table{at: -1}, nil
}

// by starts a query of an account.
func (w *world) by(account cloud.Account, sql string, change ...func(*athenaapi.StartQueryExecutionInput)) string {
	w.t.Helper()
	own := w.ctx
	defer func() { w.ctx = own }()
	w.ctx = servicetest.As(w.t, account, "ap-northeast-2")
	return w.start(sql, change...)
}

func TestAccountsAndWorkGroupsTakeTurns(t *testing.T) {
	for _, tt := range []struct {
		name  string
		slots int
		ask   func(w *world)
		want  string
	}{
		{name: "one that asks much does not hold up one that asks once", slots: 2, ask: func(w *world) {
			for i := range 500 {
				w.by("111111111111", fmt.Sprintf("SELECT 'a%d'", i))
				if i == 1 {
					synctest.Wait() // both slots are taken
				}
			}
			w.by("222222222222", "SELECT 'b'")
		}, want: "'a0' 'a1' 'b' 'a2' 'a3'"},
		{name: "work groups of one account share what the account gets", slots: 1, ask: func(w *world) {
			w.group("g", placed("s3://logs/g/"))
			for i := range 3 {
				w.start(fmt.Sprintf("SELECT 'x%d'", i))
			}
			for i := range 3 {
				w.start(fmt.Sprintf("SELECT 'g%d'", i), under("g"))
			}
			for i := range 3 {
				w.by("222222222222", fmt.Sprintf("SELECT 'b%d'", i))
			}
		}, want: "'x0' 'b0' 'g0' 'b1' 'x1' 'b2' 'g1' 'x2' 'g2'"},
		{name: "alone, in the order in which they came", slots: 1, ask: func(w *world) {
			for i := range 4 {
				w.start(fmt.Sprintf("SELECT '%d'", i))
			}
		}, want: "'0' '1' '2' '3'"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newTurns()
				w := open(t, e)
				w.cfg.Concurrency, w.cfg.Grace = tt.slots, 0
				w.restart()
				var got []string
				first := make(chan struct{})
				go func() { // the slots are taken before the others come
					defer close(first)
					for range tt.slots {
						got = append(got, <-e.began)
					}
				}()
				tt.ask(w)
				<-first
				slices.Sort(got) // they began at once
				for range strings.Count(tt.want, " ") + 1 - tt.slots {
					e.pass <- struct{}{}
					got = append(got, <-e.began)
				}
				servicetest.Diff(t, tt.want, strings.Join(got, " "))
			})
		})
	}
}

func TestActiveQueriesAreLimited(t *testing.T) {
	e := newTurns()
	w := open(t, e)
	w.cfg.Concurrency, w.cfg.ActiveQueries, w.cfg.Grace = 1, 3, 0
	w.restart()
	var ids []string
	for range 3 {
		ids = append(ids, w.start("SELECT 1"))
	}
	refused := func() {
		t.Helper()
		_, err := w.StartQueryExecution(w.ctx, &athenaapi.StartQueryExecutionInput{
			QueryString: new("SELECT 1"), ResultConfiguration: &athenaapi.ResultConfiguration{OutputLocation: new("s3://logs/results/")},
		})
		servicetest.WantCode(t, err, "TooManyRequestsException", "You have exceeded the limit for the number of queries you can run concurrently")
		if e, _ := errors.AsType[*cloud.Error](err); e.Fields["Reason"] != "CONCURRENT_QUERY_LIMIT_EXCEEDED" || e.Kind != cloud.Throttled {
			t.Errorf("error is %+v", e)
		}
	}
	refused()
	w.wantState(w.start("SHOW DATABASES"), "SUCCEEDED") // which has a limit of its own
	w.by("222222222222", "SELECT 1")                    // as every account has
	if _, err := w.StopQueryExecution(w.ctx, &athenaapi.StopQueryExecutionInput{QueryExecutionId: &ids[2]}); err != nil {
		t.Fatal(err)
	}
	w.start("SELECT 1")
	refused()
	list, err := w.ListQueryExecutions(w.ctx, &athenaapi.ListQueryExecutionsInput{})
	if err != nil || len(list.QueryExecutionIds) != 5 {
		t.Errorf("history is %v, %v; want what was taken alone", list, err)
	}
}

// One work group leaves the others of its account the last tenth, and each of these
// has a part of it.
func TestAWorkGroupDoesNotShutOutOthers(t *testing.T) {
	e := newTurns()
	w := open(t, e)
	w.cfg.Concurrency, w.cfg.ActiveQueries, w.cfg.Grace = 1, 20, 0
	w.restart()
	w.group("g", placed("s3://logs/g/"))
	w.group("h", placed("s3://logs/h/"))
	taken := func(group string) (n int) {
		t.Helper()
		for {
			_, err := w.StartQueryExecution(w.ctx, &athenaapi.StartQueryExecutionInput{
				QueryString: new("SELECT 1"), WorkGroup: new(group), ResultConfiguration: &athenaapi.ResultConfiguration{OutputLocation: new("s3://logs/results/")},
			})
			if err != nil {
				servicetest.WantCode(t, err, "TooManyRequestsException", "You have exceeded the limit")
				return n
			}
			n++
		}
	}
	got := fmt.Sprint(taken("primary"), taken("g"), taken("primary"), taken("h"), taken("g"))
	servicetest.Diff(t, "18 2 0 0 0", got)
}

func TestTheTextOfWhatWaitsIsLimited(t *testing.T) {
	e := newTurns()
	w := open(t, e)
	w.cfg.Concurrency, w.cfg.Grace = 1, 0
	w.restart()
	long := "SELECT '" + strings.Repeat("x", 262_000) + "'"
	taken := 0
	for ; taken < 300; taken++ {
		_, err := w.StartQueryExecution(w.ctx, &athenaapi.StartQueryExecutionInput{
			QueryString: &long, ResultConfiguration: &athenaapi.ResultConfiguration{OutputLocation: new("s3://logs/results/")},
		})
		if err != nil {
			servicetest.WantCode(t, err, "TooManyRequestsException", "You have exceeded the limit")
			break
		}
	}
	servicetest.Diff(t, 64<<20/len(long), taken)
}

func TestALongQueryThatWaitedRuns(t *testing.T) {
	e := newTurns()
	w := open(t, e)
	w.cfg.Concurrency = 1
	w.restart()
	w.start("SELECT 1")
	long := "SELECT 1 AS " + strings.Repeat("x", 10_000)
	id := w.start(long)
	for range 2 {
		<-e.began
		e.pass <- struct{}{}
	}
	servicetest.Diff(t, strings.TrimPrefix(long, "SELECT 1 AS ")+"\n", w.answer(id))
}

func TestAQueryEndsWhenItsTimeIsOver(t *testing.T) {
	for _, tt := range []struct {
		name  string
		limit time.Duration
		want  time.Duration
	}{
		{name: "Athena's", want: 30 * time.Minute},
		{name: "a set one", limit: 10 * time.Second, want: 10 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newTurns()
				w := open(t, e)
				w.cfg.Timeout, w.cfg.Concurrency = tt.limit, 1
				w.restart()
				first, second := w.start("SELECT 1"), w.start("SELECT 2")
				<-e.began
				<-time.After(tt.want - time.Second)
				w.wantState(first, "RUNNING")
				<-time.After(2 * time.Second)
				x := w.get(first)
				servicetest.Diff(t, "FAILED Query timeout", *x.Status.State+" "+*x.Status.StateChangeReason)
				servicetest.Diff(t, athenaapi.AthenaError{
					ErrorCategory: new(int32(1)), ErrorType: new(int32(206)), Retryable: new(false), ErrorMessage: new("Query timeout"),
				}, *x.Status.AthenaError)
				servicetest.Diff(t, tt.want.Milliseconds(), *x.Statistics.EngineExecutionTimeInMillis)
				<-e.began // the next has the slot, and its own time
				w.wantState(second, "RUNNING")
				e.pass <- struct{}{}
				servicetest.Diff(t, "SUCCEEDED", *w.finished(second).Status.State)
			})
		})
	}
}

// TestAViewIsMadeInASlot sees that the caller does not wait for a slot that
// others keep.
func TestAViewIsMadeInASlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newTurns()
		w := open(t, e)
		w.cfg.Concurrency = 1
		w.restart()
		servicetest.Diff(t, "SUCCEEDED", *w.get(w.start("CREATE VIEW v AS SELECT 1 AS a")).Status.State)
		w.start("SELECT 1")
		<-e.began
		began := time.Now()
		id := w.start("CREATE VIEW w AS SELECT 1 AS a")
		servicetest.Diff(t, 2*time.Second, time.Since(began))
		w.wantState(id, "QUEUED")
		w.wantState(w.start("CREATE DATABASE x"), "SUCCEEDED") // which analyzes nothing
		e.pass <- struct{}{}
		servicetest.Diff(t, "SUCCEEDED", *w.finished(id).Status.State)
	})
}
