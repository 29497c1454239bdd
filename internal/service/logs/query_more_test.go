package logs_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/language/insights"
	"github.com/sillok/sillok/internal/service/logs"
	"github.com/sillok/sillok/internal/servicetest"
)

// elsewhere answers queries in SQL as a test says.
type elsewhere struct {
	run func(ctx context.Context, from, to int64, limit int) (*insights.Result, error)
}

func (e elsewhere) Prepare(_ context.Context, text string) (logs.Prepared, error) {
	group, ok := strings.CutPrefix(text, "SELECT FROM ")
	if !ok {
		return logs.Prepared{}, &insights.Error{End: 1, Message: "it is no query"}
	}
	return logs.Prepared{Groups: []string{group}, Run: e.run}, nil
}

// asking is a service that asks elsewhere what is in SQL.
func asking(t *testing.T, dir string, run func(ctx context.Context, from, to int64, limit int) (*insights.Result, error)) *desk {
	t.Helper()
	s, err := logs.Open(t.Context(), logs.Config{Log: slog.New(slog.DiscardHandler), Dir: dir, SQL: elsewhere{run}}, servicetest.Store(t), &keys{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return &desk{t, s, servicetest.Call(t)}
}

func sql(text string) logsapi.StartQueryInput {
	in := over(text)
	in.QueryLanguage = new("SQL")
	return in
}

func TestQueriesInSQL(t *testing.T) {
	limits := make(chan int, 2)
	d := asking(t, t.TempDir(), func(_ context.Context, _, _ int64, limit int) (*insights.Result, error) {
		limits <- limit
		return &insights.Result{Rows: [][]insights.Cell{{{Field: "n", Value: "1"}}}, Statistics: insights.Statistics{RecordsScanned: 7}}, nil
	})
	d.runs()
	d.group("g", "s")
	out := d.results(d.queried(sql("SELECT FROM g")))
	equal(t, "rows", []string{"n=1"}, rowsOf(out.Results))
	equal(t, "what is told", []any{"SQL", "Complete", 7.0, 10_000}, []any{*out.QueryLanguage, *out.Status, *out.Statistics.RecordsScanned, <-limits})
	in := sql("SELECT FROM g")
	in.Limit = new(int32(5))
	d.results(d.queried(in))
	equal(t, "limit", 5, <-limits)
	for text, code := range map[string]string{"nonsense": "MalformedQueryException", "SELECT FROM none": "ResourceNotFoundException"} {
		in := sql(text)
		_, err := d.StartQuery(d.ctx, &in)
		servicetest.WantCode(t, err, code)
	}
}

// A query ends as it should, whatever it does when it is told to end.
func TestHowAQueryEnds(t *testing.T) {
	for name, tt := range map[string]struct {
		run  func(ctx context.Context) error
		stop bool
		want string
	}{
		"with an error":               {func(context.Context) error { return errors.New("it fails") }, false, "Failed"},
		"with too much memory":        {func(context.Context) error { return insights.ErrMemory }, false, "Failed"},
		"with a panic":                {func(context.Context) error { panic("it panics") }, false, "Failed"},
		"stopped":                     {func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, true, "Cancelled"},
		"stopped, and slow to notice": {func(ctx context.Context) error { <-ctx.Done(); <-time.After(time.Minute); return nil }, true, "Cancelled"},
		"after an hour":               {func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, false, "Timeout"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := asking(t, t.TempDir(), func(ctx context.Context, _, _ int64, _ int) (*insights.Result, error) {
					return &insights.Result{}, tt.run(ctx)
				})
				stop := d.runs()
				d.group("g", "s")
				id := d.queried(sql("SELECT FROM g"))
				began := time.Now()
				if tt.stop {
					equal(t, "before", "Running", *servicetest.Must(d.GetQueryResults(d.ctx, &logsapi.GetQueryResultsInput{QueryId: &id}))(t).Status)
					began = time.Now()
					d.must("StopQuery", `{"QueryId": %q}`, id)
					if took := time.Since(began); took > 200*time.Millisecond {
						t.Errorf("it took %v", took)
					}
				}
				equal(t, "status", tt.want, *d.results(id).Status)
				if tt.want == "Timeout" && time.Since(began) < 59*time.Minute {
					t.Error(time.Since(began))
				}
				if tt.stop {
					<-time.After(2 * time.Minute)
					equal(t, "later", tt.want, *d.results(id).Status)
				}
				stop()
			})
		})
	}
}

// While a query runs it tells what it has found so far.
func TestWhatAQueryHasFoundSoFar(t *testing.T) {
	d := open(t)
	stop := d.runs()
	d.group("g", "s")
	at := time.Now().UnixMilli() - 100_000
	var text strings.Builder // in which hardly any 50 letters come twice
	for x := uint32(1); text.Len() < 1600; x = x*1664525 + 1013904223 {
		text.WriteByte("ab"[x>>31])
	}
	for i := range 60 {
		in := &logsapi.PutLogEventsInput{LogGroupName: new("g"), LogStreamName: new("s")}
		for n := range 1000 {
			in.LogEvents = append(in.LogEvents, logsapi.InputLogEvent{Timestamp: new(at + int64(i*1000+n)), Message: new(fmt.Sprint(text.String()[n%800:n%800+800], n))})
		}
		if _, err := d.PutLogEvents(d.ctx, in); err != nil {
			t.Fatal(err)
		}
	}
	// What is asked of each line takes a while.
	id := d.queried(over(`filter @message like /a[ab]{50}[^ab0-9]/ or @message like /./ | stats count(*) as n`, "g"))
	seen := false
	for {
		out, err := d.GetQueryResults(d.ctx, &logsapi.GetQueryResultsInput{QueryId: &id})
		if err != nil {
			t.Fatal(err)
		}
		if *out.Status == "Running" {
			seen = seen || len(out.Results) == 1 && *out.Statistics.RecordsScanned > 0
			continue
		}
		if *out.Status == "Scheduled" {
			continue
		}
		equal(t, "in the end", []string{"n=60000"}, rowsOf(out.Results))
		break
	}
	if !seen {
		t.Error("nothing was told while it ran")
	}
	stop()
}

// What a query reads is what is asked of whoever starts it, and of whoever reads its result.
func TestWhatAQueryTouches(t *testing.T) {
	d := open(t)
	d.group("/app/a", "s")
	d.group("/app/b", "s")
	d.group("other", "s")
	there := &desk{t, d.Service, servicetest.As(t, "444455556666", servicetest.Region)}
	there.group("/app/there", "s")
	there.put("/app/there", "s", time.Now().UnixMilli()-1000, "of another account")
	call := cloud.CallOf(d.ctx)
	call.Time = time.Now().Add(time.Second)
	touched := func(input any) string {
		t.Helper()
		a, err := d.Complete(d.ctx, cloud.Access{Call: call, Input: input, Resources: []cloud.Resource{{Type: "log-group", ARN: "any", Action: "logs:StartQuery"}}})
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, r := range a.Resources {
			all = append(all, strings.TrimSuffix(strings.TrimPrefix(r.ARN, "arn:aws:logs:ap-northeast-2:"), ":log-stream:"))
		}
		return strings.Join(all, " ")
	}
	for name, tt := range map[string]struct {
		in   logsapi.StartQueryInput
		want string
	}{
		"named":                   {over("fields a", "/app/a", "other"), "111122223333:log-group:/app/a 111122223333:log-group:other"},
		"in its text":             {over("SOURCE 'other' | fields a"), "111122223333:log-group:other"},
		"in another query":        {over("filter a in (SOURCE '/app/b' | fields a)", "/app/a"), "111122223333:log-group:/app/a 111122223333:log-group:/app/b"},
		"in a join":               {over("join left=x right=y where x.a=y.a (SOURCE 'other')", "/app/a"), "111122223333:log-group:/app/a 111122223333:log-group:other"},
		"by what they begin with": {over("SOURCE logGroups(namePrefix: ['/app/']) | fields a"), "111122223333:log-group:/app/* 111122223333:log-group:/app/a 111122223333:log-group:/app/b"},
		"of another account":      {over("SOURCE logGroups(namePrefix: ['/app/'], accountIdentifiers: ['444455556666']) | fields a"), "444455556666:log-group:/app/* 444455556666:log-group:/app/there"},
		"by an ARN":               {logsapi.StartQueryInput{QueryString: new("fields a"), LogGroupIdentifiers: []string{"arn:aws:logs:ap-northeast-2:444455556666:log-group:/app/there:*"}}, "444455556666:log-group:/app/there"},
		"beside what is no query": {over("nonsense", "other"), "111122223333:log-group:other"},
		"where nothing is named":  {over("fields a"), "any"},
	} {
		if got := touched(&tt.in); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
	id := d.queried(over("fields @message, @log", "other"))
	equal(t, "its result", "111122223333:log-group:other", touched(&logsapi.GetQueryResultsInput{QueryId: &id}))
	equal(t, "the result of none", "any", touched(&logsapi.GetQueryResultsInput{QueryId: new("none")}))

	// What allows another account is that account's resource policy.
	policies := func(group string) int {
		held, err := d.Held(d.ctx, &cloud.Access{Call: call}, cloud.Resource{ARN: group})
		if err != nil {
			t.Fatal(err)
		}
		return len(held.Policies)
	}
	there.must("PutResourcePolicy", `{"PolicyName": "watch", "PolicyDocument": %q}`, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"logs:StartQuery","Resource":"*"}]}`)
	d.must("PutResourcePolicy", `{"PolicyName": "own", "PolicyDocument": %q}`, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"es.amazonaws.com"},"Action":"logs:PutLogEvents","Resource":"*"}]}`)
	equal(t, "policies of another account and the own", []int{1, 1, 0}, []int{
		policies("arn:aws:logs:ap-northeast-2:444455556666:log-group:/app/*:log-stream:"),
		policies("arn:aws:logs:ap-northeast-2:444455556666:log-group:/app/there:log-stream:"), policies("arn:aws:logs:ap-northeast-2:111122223333:log-group:other:log-stream:"),
	})
	d.runs()
	in := over("fields @message, @log")
	in.LogGroupIdentifiers = []string{"arn:aws:logs:ap-northeast-2:444455556666:log-group:/app/there"}
	equal(t, "rows of another account", []string{"@message=of another account @log=444455556666:/app/there"}, rowsOf(d.results(d.queried(in)).Results))
}
