package logs_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/servicetest"
)

// runs has the service run until the test ends, or what it returns is called.
func (d *desk) runs() (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(d.Context()))
	done := make(chan error, 1)
	go func() { done <- d.Run(ctx) }()
	over := false
	stop = func() {
		if over {
			return
		}
		over = true
		cancel()
		if err := <-done; err != nil {
			d.Error(err)
		}
	}
	d.Cleanup(stop)
	return stop
}

// queried starts a query over a range and returns its ID.
func (d *desk) queried(in logsapi.StartQueryInput) string {
	d.Helper()
	out, err := d.StartQuery(d.ctx, &in)
	if err != nil {
		d.Fatalf("%s: %v", *in.QueryString, err)
	}
	return *out.QueryId
}

// results polls a query until it has ended.
func (d *desk) results(id string) *logsapi.GetQueryResultsOutput {
	d.Helper()
	for {
		out, err := d.GetQueryResults(d.ctx, &logsapi.GetQueryResultsInput{QueryId: &id})
		if err != nil {
			d.Fatal(err)
		}
		if *out.Status != "Scheduled" && *out.Status != "Running" {
			return out
		}
		<-time.After(10 * time.Millisecond)
	}
}

// rowsOf are rows as field=value, without the pointers.
func rowsOf(rows [][]logsapi.ResultField) (all []string) {
	for _, row := range rows {
		var cells []string
		for _, c := range row {
			if *c.Field != "@ptr" {
				cells = append(cells, *c.Field+"="+*c.Value)
			}
		}
		all = append(all, strings.Join(cells, " "))
	}
	return all
}

// over is a query of a group over all that a test writes.
func over(text string, groups ...string) logsapi.StartQueryInput {
	now := time.Now()
	return logsapi.StartQueryInput{LogGroupNames: groups, StartTime: new(now.Add(-time.Hour).Unix()), EndTime: new(now.Add(time.Hour).Unix()), QueryString: &text}
}

func TestAQueryFindsWhatItAsksFor(t *testing.T) {
	d := open(t)
	d.runs()
	d.group("g", "s", "other")
	d.group("h", "s")
	now := time.Now().UnixMilli() - 1000
	d.put("g", "s", now, `{"n":1,"k":"a"}`, `{"n":2,"k":"b"}`)
	d.put("g", "other", now+10, `{"n":3,"k":"a"}`)
	if err := d.Seal(d.ctx); err != nil {
		t.Fatal(err)
	}
	d.put("h", "s", now+1, `{"n":4,"k":"c"}`)
	for _, tt := range []struct {
		name   string
		in     logsapi.StartQueryInput
		want   []string
		counts [3]float64 // matched, scanned, groups
	}{
		{"newest first, of sealed and unsealed events", over("fields n", "g"), []string{"n=3", "n=2", "n=1"}, [3]float64{3, 3, 1}},
		{"of several groups in one order", over("fields n, @log", "g", "h"), []string{
			"n=3 @log=111122223333:g", "n=4 @log=111122223333:h", "n=2 @log=111122223333:g", "n=1 @log=111122223333:g",
		}, [3]float64{4, 4, 2}},
		{"by stream", over("filter @logStream = 'other' | fields n, @logStream", "g"), []string{"n=3 @logStream=other"}, [3]float64{1, 1, 1}},
		{"groups of rows", over("stats sum(n) as s by k | sort k", "g"), []string{"k=a s=4", "k=b s=2"}, [3]float64{3, 3, 1}},
		{"its own limit", over("fields n | limit 1", "g"), []string{"n=3"}, [3]float64{1, 1, 1}},
		{"by what groups begin with", over("SOURCE logGroups(namePrefix: ['h']) | fields n"), []string{"n=4"}, [3]float64{1, 1, 1}},
		{"that name their source", over("SOURCE 'h' | fields n"), []string{"n=4"}, [3]float64{1, 1, 1}},
		{"with another query in it", over("filter k in (SOURCE 'g' | filter n = 1 | fields k) | fields n", "g"), []string{"n=3", "n=1"}, [3]float64{2, 3, 1}},
		{"joined with another group", over("join type=left left=a right=b where a.k=b.k (SOURCE 'h') | fields a.n, b.n", "g"), []string{"a.n=3", "a.n=2", "a.n=1"}, [3]float64{3, 4, 2}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out := d.results(d.queried(tt.in))
			equal(t, "rows", tt.want, rowsOf(out.Results))
			equal(t, "status", "Complete", *out.Status)
			equal(t, "statistics", tt.counts, [3]float64{*out.Statistics.RecordsMatched, *out.Statistics.RecordsScanned, *out.Statistics.LogGroupsScanned})
		})
	}
	t.Run("with the limit that is given", func(t *testing.T) {
		for limit, want := range map[int32]int{2: 2, 5: 3} {
			in := over("fields n | limit 3", "g")
			in.Limit = &limit
			if got := d.results(d.queried(in)); len(got.Results) != want {
				t.Errorf("limit %d: %d rows", limit, len(got.Results))
			}
		}
	})
	t.Run("within a range, whose seconds are both in it", func(t *testing.T) {
		in := over("fields n", "g")
		in.StartTime, in.EndTime = new(now+10), new(now+10)
		equal(t, "milliseconds", []string{"n=3"}, rowsOf(d.results(d.queried(in)).Results))
		in.StartTime, in.EndTime = new((now+10)/1000), new((now+10)/1000)
		equal(t, "seconds", "n=3", rowsOf(d.results(d.queried(in)).Results)[0])
	})
	t.Run("with pointers that lead to the events", func(t *testing.T) {
		for _, text := range []string{"fields n", "fields n, @ptr | filter @ptr like /./"} {
			row := d.results(d.queried(over(text, "h"))).Results[0]
			pointer := row[len(row)-1]
			equal(t, "field", "@ptr", *pointer.Field)
			record, err := d.GetLogRecord(d.ctx, &logsapi.GetLogRecordInput{LogRecordPointer: pointer.Value})
			if err != nil || record.LogRecord["@message"] != `{"n":4,"k":"c"}` {
				t.Error(record, err)
			}
		}
	})
	t.Run("what it would read", func(t *testing.T) {
		out := d.results(d.queried(over("fields n | estimate", "g")))
		equal(t, "rows and status", []any{0, "Complete", 3.0}, []any{len(out.Results), *out.Status, *out.Statistics.RecordsScanned})
	})
}

func TestAQueryThatIsRefused(t *testing.T) {
	d := open(t)
	d.group("g", "s")
	d.must("CreateLogGroup", `{"LogGroupName": "delivered", "LogGroupClass": "DELIVERY"}`)
	now := time.Now().Unix()
	for name, tt := range map[string]struct{ code, text, in string }{
		"no group":         {"InvalidParameterException", "about no log group", `"QueryString": "fields a"`},
		"two ways to name": {"InvalidParameterException", "Exactly one of", `"LogGroupName": "g", "LogGroupNames": ["g"], "QueryString": "fields a"`},
		"a group that is not there": {
			"ResourceNotFoundException", "Log group 'none' does not exist for account ID '111122223333' (Service: AWSLogs; Status Code: 400; Error Code: ResourceNotFoundException; Request ID: ",
			`"LogGroupName": "none", "QueryString": "fields a"`,
		},
		"one in the text that is not there": {"ResourceNotFoundException", "'none'", `"QueryString": "SOURCE 'none' | fields a"`},
		"one of another region": {
			"ResourceNotFoundException", "does not exist", `"LogGroupIdentifiers": ["arn:aws:logs:us-east-1:111122223333:log-group:g"], "QueryString": "fields a"`,
		},
		"an ARN of a stream": {
			"ResourceNotFoundException", "does not exist", `"LogGroupIdentifiers": ["arn:aws:logs:ap-northeast-2:111122223333:log-group:g:log-stream:s"], "QueryString": "fields a"`,
		},
		"no query":                {"MalformedQueryException", "unexpected symbol found nonsense at line 1 and position 0", `"LogGroupName": "g", "QueryString": "nonsense"`},
		"what is not carried out": {"MalformedQueryException", "is not carried out by this server", `"LogGroupName": "g", "QueryString": "pattern @message | anomaly"`},
		"PPL":                     {"MalformedQueryException", "PPL are not carried out", `"LogGroupName": "g", "QueryLanguage": "PPL", "QueryString": "fields a"`},
		"SQL, which nobody runs":  {"MalformedQueryException", "SQL are not carried out", `"QueryLanguage": "SQL", "QueryString": "SELECT 1 FROM g"`},
		"estimate with a limit":   {"MalformedQueryException", "unexpected symbol found limit", `"LogGroupName": "g", "QueryString": "fields a | estimate", "Limit": 3`},
		"a lookup table":          {"MalformedQueryException", "no lookup table t", `"LogGroupName": "g", "QueryString": "lookup t k OUTPUT v"`},
		"a class without queries": {"InvalidParameterException", "cannot be queried", `"LogGroupName": "delivered", "QueryString": "fields a"`},
		"data sources":            {"InvalidParameterException", "by data sources or tags", `"QueryString": "SOURCE dataSource(['amazon_vpc.flow']) | fields a"`},
	} {
		t.Run(name, func(t *testing.T) {
			d := &desk{t, d.Service, d.ctx}
			d.refused(tt.code, tt.text, "StartQuery", `{"StartTime": %d, "EndTime": %d, %s}`, now-60, now, tt.in)
		})
	}
	d.refused("InvalidParameterException", "before its end", "StartQuery", `{"LogGroupName": "g", "StartTime": %d, "EndTime": %d, "QueryString": "fields a"}`, now, now-60)
	d.refused("MalformedQueryException", "exceeds the log groups log retention settings ([0,8])", "StartQuery", `{"LogGroupName": "g", "StartTime": 0, "EndTime": 1, "QueryString": "fields a"}`)
	d.refused("ResourceNotFoundException", "", "GetQueryResults", `{"QueryId": "none"}`)
	d.refused("ResourceNotFoundException", "", "StopQuery", `{"QueryId": "none"}`)
	d.refused("ResourceNotFoundException", "", "DescribeQueries", `{"LogGroupName": "none"}`)
	t.Run("a text that is none, with its place", func(t *testing.T) {
		in := over("fields a | nonsense", "g")
		_, err := d.StartQuery(d.ctx, &in)
		e, ok := err.(*cloud.Error) //nolint:errorlint // as it is returned
		if !ok {
			t.Fatal(err)
		}
		location := e.Fields["queryCompileError"].(map[string]any)["location"] //nolint:forcetypeassert,errcheck // a test
		equal(t, "location", any(map[string]any{"startCharOffset": 11, "endCharOffset": 19}), location)
	})
}

func TestQueriesAreListedAndStopped(t *testing.T) {
	d := open(t)
	d.group("g", "s")
	d.group("h", "s")
	first, second, both := d.queried(over("fields a", "g")), d.queried(over("fields b", "h")), d.queried(over("fields c", "g", "h"))
	list := func(in logsapi.DescribeQueriesInput) (all []string) {
		out, err := d.DescribeQueries(d.ctx, &in)
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range out.Queries {
			all = append(all, *q.QueryId+" "+*q.Status)
		}
		return all
	}
	equal(t, "all", []string{both + " Scheduled", second + " Scheduled", first + " Scheduled"}, sortedBy(list(logsapi.DescribeQueriesInput{}), both, second, first))
	equal(t, "of a group", []string{both + " Scheduled", first + " Scheduled"}, sortedBy(list(logsapi.DescribeQueriesInput{LogGroupName: new("g")}), both, first))
	equal(t, "what waits", "Scheduled", *servicetest.Must(d.GetQueryResults(d.ctx, &logsapi.GetQueryResultsInput{QueryId: &first}))(t).Status)
	d.must("StopQuery", `{"QueryId": %q}`, first)
	d.refused("InvalidParameterException", "is not running", "StopQuery", `{"QueryId": %q}`, first)
	equal(t, "what was stopped", []string{first + " Cancelled"}, list(logsapi.DescribeQueriesInput{Status: new("Cancelled")}))
	d.runs()
	equal(t, "what is run", "Complete", *d.results(both).Status)
	out := servicetest.Must(d.DescribeQueries(d.ctx, &logsapi.DescribeQueriesInput{LogGroupName: new("h"), MaxResults: new(int32(1))}))(t)
	if out.NextToken == nil || len(out.Queries) != 1 {
		t.Errorf("a page of one: %+v", out)
	}
	shown := servicetest.Must(d.DescribeQueries(d.ctx, &logsapi.DescribeQueriesInput{Status: new("Cancelled")}))(t).Queries[0]
	if !strings.HasPrefix(*shown.QueryString, `SOURCE "g" START=`) || !strings.HasSuffix(*shown.QueryString, `999 | fields a`) || *shown.LogGroupName != "g" {
		t.Errorf("%s of %s", *shown.QueryString, *shown.LogGroupName)
	}
	groups := servicetest.Must(d.ListLogGroupsForQuery(d.ctx, &logsapi.ListLogGroupsForQueryInput{QueryId: &both}))(t)
	equal(t, "groups", []string{"g", "h"}, groups.LogGroupIdentifiers)
	other := servicetest.As(t, "444455556666", servicetest.Region)
	_, err := d.GetQueryResults(other, &logsapi.GetQueryResultsInput{QueryId: &both})
	servicetest.WantCode(t, err, "ResourceNotFoundException")
	_, err = d.StopQuery(other, &logsapi.StopQueryInput{QueryId: &both})
	servicetest.WantCode(t, err, "ResourceNotFoundException")
}

// sortedBy orders lines by what they begin with: queries of one millisecond have no order.
func sortedBy(lines []string, order ...string) (all []string) {
	for _, id := range order {
		for _, line := range lines {
			if strings.HasPrefix(line, id) {
				all = append(all, line)
			}
		}
	}
	if len(all) != len(lines) {
		return lines
	}
	return all
}

func TestAsManyQueriesAsAnAccountMayHave(t *testing.T) {
	d := open(t)
	d.group("g", "s")
	in := over("fields a", "g")
	for range 100 {
		d.queried(in)
	}
	_, err := d.StartQuery(d.ctx, &in)
	servicetest.WantCode(t, err, "LimitExceededException", "Account maximum query concurrency limit of [100] reached.")
	other := &desk{t, d.Service, servicetest.As(t, "444455556666", servicetest.Region)}
	other.group("g", "s")
	other.queried(in)
}

func TestAResultHasPages(t *testing.T) {
	d := open(t)
	d.runs()
	d.group("g", "s")
	now := time.Now().UnixMilli() - 1000
	var want []string
	for i := range 25 {
		d.put("g", "s", now+int64(i), fmt.Sprintf(`{"n":%d}`, i))
		want = append(want, fmt.Sprintf("n=%d", 24-i))
	}
	id := d.queried(over("fields n", "g"))
	d.results(id)
	var got []string
	in := logsapi.GetQueryResultsInput{QueryId: &id, MaxItems: new(int32(10))}
	for {
		out, err := d.GetQueryResults(d.ctx, &in)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, rowsOf(out.Results)...)
		if in.NextToken = out.NextToken; out.NextToken == nil {
			break
		}
		if len(out.Results) != 10 {
			t.Errorf("a page of %d", len(out.Results))
		}
	}
	equal(t, "rows", want, got)
	d.refused("InvalidParameterException", "The specified nextToken is invalid.", "GetQueryResults", `{"QueryId": %q, "NextToken": "abc"}`, id)
}

// What a server that died had not ended has failed; what had ended is there.
func TestQueriesOverARestart(t *testing.T) {
	store, dir := servicetest.Store(t), t.TempDir()
	d := opened(t, store, dir)
	stop := d.runs()
	d.group("g", "s")
	d.put("g", "s", time.Now().UnixMilli()-1000, `{"n":1}`)
	ended := d.queried(over("fields n", "g"))
	d.results(ended)
	stop()
	waits := d.queried(over("fields n", "g"))
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	d = opened(t, store, dir)
	d.runs()
	equal(t, "rows", []string{"n=1"}, rowsOf(d.results(ended).Results))
	equal(t, "what waited", "Failed", *d.results(waits).Status)
	file := filepath.Join(dir, "results", ended+".rows")
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)-1] ^= 1
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	d.refused("ServiceUnavailableException", "start the query again", "GetQueryResults", `{"QueryId": %q}`, ended)
}

func TestResultsAreKeptForSevenDays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		d := opened(t, servicetest.Store(t), dir)
		stop := d.runs()
		d.group("g", "s")
		id := d.queried(over("fields n", "g"))
		d.results(id)
		files := func() int {
			return len(slices.Collect(func(yield func(string) bool) {
				found, _ := filepath.Glob(filepath.Join(dir, "results", "*"))
				for _, f := range found {
					yield(f)
				}
			}))
		}
		<-time.After(7*24*time.Hour - time.Minute)
		equal(t, "a minute before", []any{"Complete", 1}, []any{*d.results(id).Status, files()})
		<-time.After(12 * time.Minute)
		d.refused("ResourceNotFoundException", "", "GetQueryResults", `{"QueryId": %q}`, id)
		equal(t, "files", 0, files())
		stop()
	})
}
