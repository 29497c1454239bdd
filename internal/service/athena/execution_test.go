package athena_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sillok/sillok/internal/api/athenaapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/engine"
	"github.com/sillok/sillok/internal/servicetest"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/store/state"
)

// gate is an engine whose queries wait until they are let through, or stopped.
type gate struct {
	arrived chan struct{}
	open    chan struct{}
}

func newGate() gate { return gate{arrived: make(chan struct{}, 10), open: make(chan struct{})} }

func (g gate) engine() answers {
	return answers{wait: func(ctx context.Context) error {
		g.arrived <- struct{}{}
		select {
		case <-g.open:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}}
}

func (w *world) wantState(id, want string) {
	w.t.Helper()
	if got := *w.get(id).Status.State; got != want {
		w.t.Errorf("execution is %s, want %s", got, want)
	}
}

func TestAQueryWaitsItsTurnAndAStatementAboutTheCatalogDoesNot(t *testing.T) {
	g := newGate()
	w := open(t, g.engine())
	first, second := w.start("SELECT 1"), w.start("SELECT 1")
	<-g.arrived
	<-g.arrived // both of the world's two slots are taken
	third := w.start("SELECT 1")
	w.wantState(first, "RUNNING")
	w.wantState(second, "RUNNING")
	w.wantState(third, "QUEUED")
	w.wantState(w.start("CREATE DATABASE x"), "SUCCEEDED")
	_, err := w.GetQueryResults(w.ctx, &athenaapi.GetQueryResultsInput{QueryExecutionId: &third})
	servicetest.WantCode(t, err, "InvalidRequestException", "Query has not yet finished. Current state: QUEUED")
	close(g.open)
	for _, id := range []string{first, second, third} {
		if got := *w.finished(id).Status.State; got != "SUCCEEDED" {
			t.Errorf("execution is %s, want SUCCEEDED", got)
		}
	}
}

func TestStopping(t *testing.T) {
	g := newGate()
	w := open(t, g.engine())
	w.cfg.Concurrency = 1
	w.restart()
	running := w.start("SELECT 1")
	<-g.arrived
	waiting := w.start("SELECT 2")
	for _, id := range []string{running, waiting, running} {
		if _, err := w.StopQueryExecution(w.ctx, &athenaapi.StopQueryExecutionInput{QueryExecutionId: &id}); err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range []string{running, waiting} {
		servicetest.Diff(t, "[CANCELLED] Query cancelled by user\n", w.answer(id))
		_, err := w.GetQueryResults(w.ctx, &athenaapi.GetQueryResultsInput{QueryExecutionId: &id})
		servicetest.WantCode(t, err, "InvalidRequestException", "Query did not finish successfully. Final query state: CANCELLED")
	}
	done := w.start("SHOW DATABASES")
	if _, err := w.StopQueryExecution(w.ctx, &athenaapi.StopQueryExecutionInput{QueryExecutionId: &done}); err != nil {
		t.Error("stopping what is done:", err)
	}
	w.wantState(done, "SUCCEEDED")
	_, err := w.StopQueryExecution(w.ctx, &athenaapi.StopQueryExecutionInput{QueryExecutionId: new("nobody")})
	servicetest.WantCode(t, err, "InvalidRequestException", "QueryExecution nobody was not found")
}

func TestAQueryThatIsDeletedWithItsWorkGroupStops(t *testing.T) {
	g := newGate()
	w := open(t, g.engine())
	w.cfg.Concurrency = 1
	w.restart()
	w.group("g", placed("s3://logs/g/"))
	running, waiting := w.start("SELECT 1", under("g")), w.start("SELECT 2", under("g"))
	<-g.arrived
	if _, err := w.DeleteWorkGroup(w.ctx, &athenaapi.DeleteWorkGroupInput{WorkGroup: new("g"), RecursiveDeleteOption: new(true)}); err != nil {
		t.Fatal(err)
	}
	w.restart() // which waits for what runs
	for _, id := range []string{running, waiting} {
		_, err := w.GetQueryExecution(w.ctx, &athenaapi.GetQueryExecutionInput{QueryExecutionId: &id})
		servicetest.WantCode(t, err, "InvalidRequestException", "was not found")
	}
}

func TestWhatDoesNotEndInTimeIsStopped(t *testing.T) {
	g := newGate()
	w := open(t, g.engine())
	w.cfg.Concurrency, w.cfg.Grace = 1, 0
	w.restart()
	running := w.start("SELECT 1")
	<-g.arrived
	waiting := w.start("SELECT 2")
	if err := w.stop(); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{running, waiting} {
		x := w.get(id)
		servicetest.Diff(t, "FAILED GENERIC_INTERNAL_ERROR: the server is stopping", *x.Status.State+" "+*x.Status.StateChangeReason)
		servicetest.Diff(t, true, *x.Status.AthenaError.Retryable)
	}
}

func TestStatementsWaitForRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, answers{})
		w.build()
		ids := []string{w.start("SELECT 1"), w.start("SHOW DATABASES")}
		for _, id := range ids {
			w.wantState(id, "QUEUED")
		}
		w.run() // which does not take them for those of a dead server
		for _, id := range ids {
			servicetest.Diff(t, "SUCCEEDED", *w.finished(id).Status.State)
		}
	})
}

// deaf is a store that takes no more writes once cut off, as one whose process was killed.
type deaf struct {
	state.Store
	cut atomic.Bool
}

func (d *deaf) Update(ctx context.Context, fn func(state.Tx) error) error {
	if d.cut.Load() {
		return errors.New("killed")
	}
	return d.Store.Update(ctx, fn)
}

func TestWhatRanWhenTheServerDiedHasFailed(t *testing.T) {
	g := newGate()
	w := open(t, g.engine())
	whole := w.state
	dying := &deaf{Store: whole}
	w.state, w.cfg.Grace = dying, 0
	w.restart()
	running, other := w.start("SELECT 1"), w.start("SELECT 1")
	<-g.arrived
	<-g.arrived
	waiting := w.start("SELECT 2")
	w.wantState(running, "RUNNING")
	dying.cut.Store(true)
	w.state = whole
	w.build()
	ids := []string{running, other, waiting}
	for _, id := range ids {
		w.wantState(id, "QUEUED") // as the dead server left it
	}
	w.run()
	w.start("SELECT 3")
	<-g.arrived // so that Run is beyond recovery
	for _, id := range ids {
		x := w.get(id)
		servicetest.Diff(t, "FAILED GENERIC_INTERNAL_ERROR: the server stopped before the query was done; start it again", *x.Status.State+" "+*x.Status.StateChangeReason)
		if x.Status.CompletionDateTime == nil || !*x.Status.AthenaError.Retryable {
			t.Errorf("status is %+v", x.Status)
		}
	}
	list, err := w.ListQueryExecutions(w.ctx, &athenaapi.ListQueryExecutionsInput{})
	if err != nil || len(list.QueryExecutionIds) != 4 {
		t.Errorf("history is %v, %v; want all four", list, err)
	}
}

func TestTheEndOfAQueryIsWrittenOnceTheStoreTakesItAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		w := open(t, g.engine())
		faulty := &deaf{Store: w.state}
		w.state = faulty
		w.restart()
		id := w.start("SELECT 1")
		<-g.arrived
		faulty.cut.Store(true)
		close(g.open)
		<-time.After(10 * time.Second)
		w.wantState(id, "RUNNING")
		faulty.cut.Store(false)
		<-time.After(2 * time.Second)
		w.wantState(id, "SUCCEEDED")
	})
}

// counted counts the transactions that write: each costs a sync.
type counted struct {
	state.Store
	updates atomic.Int32
}

func (c *counted) Update(ctx context.Context, fn func(state.Tx) error) error {
	c.updates.Add(1)
	return c.Store.Update(ctx, fn)
}

func TestAQueryCostsTwoTransactions(t *testing.T) {
	w := open(t, answers{})
	store := &counted{Store: w.state}
	w.state = store
	for _, sql := range []string{"SELECT 1", "SHOW DATABASES", "no statement"} {
		w.restart()
		store.updates.Store(0)
		id := w.start(sql)
		if err := w.stop(); err != nil {
			t.Fatal(err)
		}
		if got := store.updates.Load(); got != 2 {
			t.Errorf("%s: %d transactions, want one when it is taken and one when it is done", sql, got)
		}
		if x := w.get(id); x.Status.CompletionDateTime == nil {
			t.Errorf("%s is %s", sql, *x.Status.State)
		}
	}
}

func TestTheSameTokenStartsOneQuery(t *testing.T) {
	w := open(t, answers{})
	token := func(token string) func(*athenaapi.StartQueryExecutionInput) {
		return func(in *athenaapi.StartQueryExecutionInput) { in.ClientRequestToken = &token }
	}
	first := w.start("SELECT 1", token("one"))
	servicetest.Diff(t, first, w.start("SELECT 1", token("one")))
	w.restart()
	servicetest.Diff(t, first, w.start("SELECT 1", token("one")))
	if w.start("SELECT 1", token("two")) == first || w.start("SELECT 1") == first {
		t.Error("another token started nothing")
	}
	for name, in := range map[string]*athenaapi.StartQueryExecutionInput{
		"another query": {QueryString: new("SELECT 2"), ResultConfiguration: &athenaapi.ResultConfiguration{OutputLocation: new("s3://logs/results/")}},
		"another place": {QueryString: new("SELECT 1"), ResultConfiguration: &athenaapi.ResultConfiguration{OutputLocation: new("s3://logs/others/")}},
	} {
		in.ClientRequestToken = new("one")
		_, err := w.StartQueryExecution(w.ctx, in)
		t.Run(name, func(t *testing.T) {
			servicetest.WantCode(t, err, "InvalidRequestException", "Idempotent parameters do not match")
		})
	}
	if other, err := w.StartQueryExecution(servicetest.As(t, "444455556666", "ap-northeast-2"), &athenaapi.StartQueryExecutionInput{
		QueryString: new("SELECT 2"), ClientRequestToken: new("one"), ResultConfiguration: &athenaapi.ResultConfiguration{OutputLocation: new("s3://logs/results/")},
	}); err != nil || *other.QueryExecutionId == first {
		t.Errorf("another account's token gave %v, %v", other, err)
	}
}

func TestHistoryIsNewestFirstAndInPages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, answers{})
		w.group("other", placed("s3://logs/o/"))
		var want []string
		for range 5 {
			<-time.After(time.Second)
			want = append([]string{w.start("SHOW DATABASES")}, want...)
			w.start("SHOW DATABASES", under("other"))
		}
		got := servicetest.Pages(t, 50, func(size *int32, token *string) ([]string, *string, error) {
			out, err := w.ListQueryExecutions(w.ctx, &athenaapi.ListQueryExecutionsInput{MaxResults: size, NextToken: token})
			return out.QueryExecutionIds, out.NextToken, err
		})
		servicetest.Diff(t, want, got)
		_, err := w.ListQueryExecutions(w.ctx, &athenaapi.ListQueryExecutionsInput{NextToken: new("!")})
		servicetest.WantCode(t, err, "InvalidRequestException", "NextToken")
		batch, err := w.BatchGetQueryExecution(w.ctx, &athenaapi.BatchGetQueryExecutionInput{QueryExecutionIds: []string{want[0], "nobody"}})
		if err != nil || len(batch.QueryExecutions) != 1 || *batch.UnprocessedQueryExecutionIds[0].QueryExecutionId != "nobody" {
			t.Errorf("batch is %v, %v", batch, err)
		}
		_, err = w.GetQueryExecution(servicetest.As(t, "111122223333", "us-east-1"), &athenaapi.GetQueryExecutionInput{QueryExecutionId: &want[0]})
		servicetest.WantCode(t, err, "InvalidRequestException", "was not found")
	})
}

func TestHowQueriesFail(t *testing.T) {
	for _, tt := range []struct {
		name     string
		err      error
		panics   bool
		want     string
		category int32
		kind     int32
	}{
		{name: "on a row", err: sqlerr.New(sqlerr.DivisionByZero, "Division by zero"), want: "[FAILED] DIVISION_BY_ZERO: Division by zero\n", category: 2, kind: 1001},
		{name: "over the limit", err: engine.ErrScanLimit, want: "[CANCELLED] Bytes scanned limit was exceeded\n", category: 2, kind: 1008},
		{name: "inside", err: errors.New("secret"), want: "[FAILED] GENERIC_INTERNAL_ERROR: the query failed inside Sillok; its log says why\n", category: 1, kind: 100},
		{name: "in a panic", panics: true, want: "[FAILED] GENERIC_INTERNAL_ERROR: the query failed inside Sillok\n", category: 1, kind: 100},
		{name: "as its worker did", err: sqlerr.New("GENERIC_INTERNAL_ERROR", "The process ended"), want: "[FAILED] GENERIC_INTERNAL_ERROR: The process ended\n", category: 1, kind: 100},
		{name: "where it is written", err: &sqlerr.Error{Name: "AMBIGUOUS_NAME", Message: "Column 'a' is ambiguous", Line: 1, Column: 8}, want: "[FAILED] AMBIGUOUS_NAME: line 1:8: Column 'a' is ambiguous\n", category: 2, kind: 1006},
		{name: "for want of a permission", err: cloud.Errorf(cloud.Denied, "AccessDeniedException", "no"), want: "[FAILED] AccessDeniedException: no\n", category: 2, kind: 1500},
		{name: "by name", err: cloud.Errorf(cloud.Unsupported, "NOT_SUPPORTED", "the SerDe x is not read"), want: "[FAILED] NOT_SUPPORTED: the SerDe x is not read\n", category: 2, kind: 1200},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := open(t, answers{wait: func(context.Context) error {
				if tt.panics {
					panic("a fault")
				}
				return tt.err
			}})
			id := w.start("SELECT 1")
			servicetest.Diff(t, tt.want, w.answer(id))
			e := w.get(id).Status.AthenaError
			if *e.ErrorCategory != tt.category || *e.ErrorType != tt.kind || *e.Retryable {
				t.Errorf("error is category %d, type %d, retryable %t", *e.ErrorCategory, *e.ErrorType, *e.Retryable)
			}
			servicetest.Diff(t, "default\n", w.ask("SHOW DATABASES")) // the service goes on
		})
	}
}

func TestExecutionParameters(t *testing.T) {
	w := open(t, nil)
	with := func(values ...string) func(*athenaapi.StartQueryExecutionInput) {
		return func(in *athenaapi.StartQueryExecutionInput) { in.ExecutionParameters = values }
	}
	w.ask("PREPARE p FROM SELECT ? AS a, ? AS b")
	for _, tt := range []struct {
		sql    string
		values []string
		want   string
	}{
		{"SELECT ? + 1 AS n, ? AS s", []string{"41", "'it''s'"}, "n | s\n42 | it's\n"},
		{"EXECUTE p", []string{"1", "DATE '2026-03-01'"}, "a | b\n1 | 2026-03-01\n"},
		{"EXECUTE p USING 1, 2", []string{"1", "2"}, "[FAILED] INVALID_PARAMETER_USAGE: Values are given both with USING and as execution parameters\n"},
		{"SELECT ?", []string{"Seoul Busan"}, "[FAILED] INVALID_PARAMETER_USAGE: execution parameter 1 is not an expression: Seoul Busan. Text stands in single quotes\n"},
		{"SELECT ?, ?", []string{"1", "Seoul"}, "[FAILED] COLUMN_NOT_FOUND: line 1:4: Column 'seoul' cannot be resolved\n"},
		{"SELECT ?", []string{"1", "2"}, "[FAILED] INVALID_PARAMETER_USAGE: line 1:1: Incorrect number of parameters: expected 1 but found 2\n"},
	} {
		servicetest.Diff(t, tt.want, w.ask(tt.sql, with(tt.values...)))
	}
}

func TestKinds(t *testing.T) {
	w := open(t, answers{})
	for sql, want := range map[string]string{
		"-- why\n/* and */ (SELECT 1":   "DML SELECT .csv",
		"":                              "DML  .csv",
		"WITH a AS (SELECT 1) SELECT 1": "DML SELECT .csv",
		"create tabel x":                "DDL CREATE .txt",
		"EXPLAIN SELECT 1":              "UTILITY EXPLAIN .txt",
		"EXECUTE p":                     "DML EXECUTE .csv",
	} {
		x := w.get(w.start(sql))
		location := *x.ResultConfiguration.OutputLocation
		got := *x.StatementType + " " + *x.SubstatementType + " " + location[strings.LastIndexByte(location, '.'):]
		if got != want {
			t.Errorf("%q is %s, want %s", sql, got, want)
		}
	}
}
