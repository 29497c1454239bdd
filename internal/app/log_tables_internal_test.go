package app

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/api/athenaapi"
	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/cloud"
)

func (h *house) logs(c caller) logsapi.Client { return logsapi.Client{Door: h.door(c)} }

// write makes a group and a stream where they are not there, and puts events some minutes
// ago, a minute apart.
func (h *house) write(account cloud.Account, group, stream string, messages ...string) {
	h.Helper()
	ctx, root := h.in(account), h.logs(h.root(account))
	_, err := root.CreateLogGroup(ctx, &logsapi.CreateLogGroupInput{LogGroupName: &group})
	if err != nil && !strings.Contains(err.Error(), "already exists") {
		h.Fatal(err)
	}
	_, err = root.CreateLogStream(ctx, &logsapi.CreateLogStreamInput{LogGroupName: &group, LogStreamName: &stream})
	if err != nil && !strings.Contains(err.Error(), "already exists") {
		h.Fatal(err)
	}
	in := &logsapi.PutLogEventsInput{LogGroupName: &group, LogStreamName: &stream}
	at := time.Now().Add(-time.Duration(len(messages)) * time.Minute)
	for i, message := range messages {
		in.LogEvents = append(in.LogEvents, logsapi.InputLogEvent{Timestamp: new(at.Add(time.Duration(i) * time.Minute).UnixMilli()), Message: &message})
	}
	_, err = root.PutLogEvents(ctx, in)
	h.must(err)
}

// isRefusal says whether a text is a part of why there are no rows.
func isRefusal(text string) bool {
	return strings.Contains(text, "is not authorized") || strings.Contains(text, "NOT_FOUND")
}

const readsLogs = `{"Effect":"Allow","Action":"logs:FilterLogEvents","Resource":"arn:aws:logs:*:*:log-group:/shop/*"}`

// A log group is a table to who may read its events, and to nobody else.
func TestALogGroupIsATableToWhoMayReadIt(t *testing.T) {
	h := newHouse(t)
	h.results(ours, theirs)
	h.write(ours, "/shop/web", "one", "a", "b")
	h.write(ours, "/shop/web", "two", "c")
	h.write(ours, "/other", "one", "d")
	h.write(theirs, "/shop/web", "one", "theirs")
	const all = `SELECT message FROM sillok."/shop/web" ORDER BY 1`
	for name, tt := range map[string]struct {
		caller    caller
		sql, want string
	}{
		"the owner":                {h.root(ours), all, "a\nb\nc"},
		"another account":          {h.root(theirs), all, "theirs"},
		"who may read it":          {h.user(ours, "reader", asksAthena, readsLogs), all, "a\nb\nc"},
		"who may read another one": {h.user(ours, "other", asksAthena, readsLogs), `SELECT message FROM sillok."/other"`, "is not authorized to perform: logs:FilterLogEvents on resource: arn:aws:logs:ap-northeast-2:111122223333:log-group:/other:log-stream:"},
		"who may look events up":   {h.user(ours, "looker", asksAthena, looksUp), all, "is not authorized to perform: logs:FilterLogEvents"},
		"who may not see the catalog": {
			h.user(ours, "blind", readsLogs, `{"Effect":"Allow","Action":["athena:*","s3:*"],"Resource":"*"}`), all, "is not authorized to perform: glue:GetTable",
		},
		"a group that is not there": {h.root(ours), `SELECT 1 FROM sillok."/none"`, "TABLE_NOT_FOUND"},
		"all columns": {
			h.root(ours), `SELECT log_stream, "@log", length("@ptr") > 40, "timestamp" <= ingestion_time FROM sillok."/shop/web" WHERE message = 'c'`, "two 111122223333:/shop/web true true",
		},
		"with the events of CloudTrail": {h.root(ours), `SELECT count(*) > 0 FROM sillok.cloudtrail_events, sillok."/shop/web"`, "true"},
	} {
		if got := h.asked(tt.caller, tt.sql); got != tt.want && (!isRefusal(tt.want) || !strings.Contains(got, tt.want)) {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}

// What a group has lost, no query finds; what was just written, each does.
func TestRowsOfALogGroupAreWhatIsThere(t *testing.T) {
	h := newHouse(t)
	h.results(ours)
	h.write(ours, "G", "one", "a")
	h.write(ours, "G", "two", "b")
	const all = `SELECT message FROM sillok.g ORDER BY 1`
	see := func(when, want string) {
		t.Helper()
		if got := h.asked(h.root(ours), all); got != want {
			t.Errorf("%s: %q, want %q", when, got, want)
		}
	}
	root := h.logs(h.root(ours))
	see("at first", "a\nb")
	h.write(ours, "G", "one", "c")
	see("once more was written", "a\nb\nc")
	_, err := root.DeleteLogStream(h.ctx, &logsapi.DeleteLogStreamInput{LogGroupName: new("G"), LogStreamName: new("one")})
	h.must(err)
	see("without a stream", "b")
	h.write(ours, "g", "one", "small")
	see("with a group of the same name in small letters, which is the table", "small")
	_, err = root.DeleteLogGroup(h.ctx, &logsapi.DeleteLogGroupInput{LogGroupName: new("g")})
	h.must(err)
	see("without it again", "b")
	for _, change := range []string{"DROP TABLE sillok.g", "INSERT INTO sillok.g SELECT * FROM sillok.g"} {
		if got := h.asked(h.root(ours), change); got == "" || !strings.Contains(got, "sillok") && !strings.Contains(got, "NOT_SUPPORTED") {
			t.Errorf("%s: %s", change, got)
		}
	}
	_, err = root.DeleteLogGroup(h.ctx, &logsapi.DeleteLogGroupInput{LogGroupName: new("G")})
	h.must(err)
	if got := h.asked(h.root(ours), all); !strings.Contains(got, "TABLE_NOT_FOUND") {
		t.Errorf("a group that is gone: %s", got)
	}
}

// Glue shows the groups of the account and region among the server's tables.
func TestGlueShowsLogGroups(t *testing.T) {
	h := newHouse(t)
	h.write(ours, "/b", "s", "x")
	h.write(ours, "/A", "s", "x")
	glue := glueapi.Client{Door: h.door(h.root(ours))}
	out, err := glue.GetTables(h.ctx, &glueapi.GetTablesInput{DatabaseName: new("sillok")})
	h.must(err)
	var names []string
	for i := range out.TableList {
		names = append(names, *out.TableList[i].Name)
	}
	if got, want := strings.Join(names, " "), "/a /b cloudtrail_events"; got != want {
		t.Errorf("tables %s, want %s", got, want)
	}
	one, err := glue.GetTable(h.ctx, &glueapi.GetTableInput{DatabaseName: new("sillok"), Name: new("/a")})
	h.must(err)
	if got, want := *one.Table.Description, "The events of the log group /A."; got != want {
		t.Errorf("described as %s, want %s", got, want)
	}
	_, err = glue.DeleteTable(h.ctx, &glueapi.DeleteTableInput{DatabaseName: new("sillok"), Name: new("/a")})
	if err == nil || !strings.Contains(err.Error(), "the server's own") {
		t.Errorf("deleting a table of a group: %v", err)
	}
}

// Conditions on streams and times leave out what need not be read.
func TestConditionsOnLogGroupsSpareReading(t *testing.T) {
	h := newHouse(t)
	h.results(ours)
	line := strings.Repeat("x", 100<<10)
	for i := range 4 {
		lines := make([]string, 10)
		for j := range lines {
			lines[j] = line
		}
		h.write(ours, "g", fmt.Sprintf("s%d", i), lines...) // each more than a megabyte would be alone
		h.write(ours, "g", fmt.Sprintf("s%d", i), lines...)
	}
	whole := h.scanned(`SELECT count(*) FROM sillok.g`)
	for sql, most := range map[string]int64{
		`SELECT count(*) FROM sillok.g WHERE log_stream = 's2'`:                                    whole / 4,
		`SELECT count(*) FROM sillok.g WHERE log_stream IN ('s0', 's3')`:                           whole / 2,
		`SELECT count(*) FROM sillok.g WHERE log_stream LIKE 's1%'`:                                whole / 4,
		`SELECT count(*) FROM sillok.g WHERE log_stream = 'none'`:                                  0,
		`SELECT count(*) FROM sillok.g WHERE "timestamp" > now() + interval '1' day`:               0,
		`SELECT count(*) FROM sillok.g WHERE "timestamp" < timestamp '2020-01-01 00:00:00'`:        0,
		`SELECT count(*) FROM sillok.g WHERE try_cast(log_stream AS date) > date '2020-01-01'`:     whole,
		`SELECT count(*) FROM sillok.g WHERE log_stream = 's2' OR "timestamp" > date '2020-01-01'`: whole,
	} {
		if got := h.scanned(sql); got > most+most/100 {
			t.Errorf("%s: read %d bytes of %d, want at most %d", sql, got, whole, most)
		}
	}
}

// scanned returns how many bytes a statement had to consider.
func (h *house) scanned(sql string) int64 {
	h.Helper()
	h.asked(h.root(ours), sql)
	c := h.root(ours).athena
	list, err := c.ListQueryExecutions(h.in(ours), &athenaapi.ListQueryExecutionsInput{})
	h.must(err)
	out, err := c.GetQueryExecution(h.in(ours), &athenaapi.GetQueryExecutionInput{QueryExecutionId: &list.QueryExecutionIds[0]})
	h.must(err)
	if *out.QueryExecution.Status.State != "SUCCEEDED" || *out.QueryExecution.Query != sql {
		h.Fatalf("%s: %s", sql, *out.QueryExecution.Status.StateChangeReason)
	}
	return *out.QueryExecution.Statistics.DataScannedInBytes
}

// inSQL is the answer of StartQuery to a text in SQL: its rows, or why there are none.
func (h *house) inSQL(c caller, sql string, since time.Duration) string {
	h.Helper()
	ctx, client := h.in(c.principal.Account), h.logs(c)
	started, err := client.StartQuery(ctx, &logsapi.StartQueryInput{
		QueryString: &sql, QueryLanguage: new("SQL"), StartTime: new(time.Now().Add(-since).Unix()), EndTime: new(time.Now().Unix()),
	})
	if err != nil {
		return err.Error()
	}
	for {
		out, err := client.GetQueryResults(ctx, &logsapi.GetQueryResultsInput{QueryId: started.QueryId})
		h.must(err)
		switch *out.Status {
		case "Complete":
			var lines []string
			for _, row := range out.Results {
				var cells []string
				for _, cell := range row {
					cells = append(cells, *cell.Field+"="+*cell.Value)
				}
				lines = append(lines, strings.Join(cells, " "))
			}
			return strings.Join(lines, "\n")
		case "Scheduled", "Running":
		default:
			return *out.Status
		}
		select {
		case <-time.After(5 * time.Millisecond):
		case <-ctx.Done():
			h.Fatal(ctx.Err())
		}
	}
}

func TestStartQueryTakesSQL(t *testing.T) {
	h := newHouse(t)
	h.write(ours, "/shop/Web", "one", "old", "a", `{"level":"error"}`)
	h.write(ours, "/shop/api", "two", "b")
	h.write(theirs, "/shop/api", "one", "theirs")
	root := h.root(ours)
	starts := `{"Effect":"Allow","Action":["logs:StartQuery","logs:GetQueryResults"],"Resource":"arn:aws:logs:*:*:log-group:/shop/api:*"}`
	for name, tt := range map[string]struct {
		caller    caller
		sql, want string
		part      bool
	}{
		"fields": {root, "SELECT `@message`, `@logStream` FROM `/shop/Web` ORDER BY `@timestamp`", "@message=a @logStream=one\n@message={\"level\":\"error\"} @logStream=one", false},
		"NULL is left out": {
			root, "SELECT json_extract_scalar(try(json_parse(`@message`)), '$.level') AS l, count(*) AS n FROM `/shop/Web` GROUP BY 1 ORDER BY 1", "l=error n=1\nn=1", false,
		},
		"two groups":                {root, "SELECT count(*) AS n FROM `/shop/Web` a JOIN `/shop/api` b ON a.`@timestamp` <= b.`@timestamp`", "n=2", false},
		"another account's own":     {h.root(theirs), "SELECT `@message` FROM `/shop/api`", "@message=theirs", false},
		"who may":                   {h.user(ours, "starter", starts), "SELECT `@message` FROM `/shop/api`", "@message=b", false},
		"who may not":               {h.user(ours, "other", starts), "SELECT `@message` FROM `/shop/Web`", "is not authorized to perform: logs:StartQuery", true},
		"a part that may not be":    {h.user(ours, "half", starts), "SELECT 1 FROM `/shop/api` WHERE EXISTS (SELECT 1 FROM `/shop/Web`)", "is not authorized to perform: logs:StartQuery", true},
		"names that differ in case": {root, "SELECT 1 FROM `/shop/Web` UNION ALL SELECT 1 FROM `/shop/web`", "differs from its in case alone", true},
		"no such group":             {root, "SELECT 1 FROM `none`", "Log group 'none' does not exist for account ID '111122223333'", true},
		"no group":                  {root, "SELECT 1", "The query names no log group", true},
		"a table of Athena's":       {root, "SELECT 1 FROM sillok.cloudtrail_events, `/shop/api`", "does not exist", true},
		"a field of JSON":           {root, "SELECT level FROM `/shop/Web`", "json_extract_scalar(`@message`, '$.name')", true},
		"groups by a function":      {root, "SELECT 1 FROM logGroups(logGroupIdentifier: ['/shop/api'])", "logGroups(…) is not carried out in SQL", true},
		"a group by its ARN":        {root, "SELECT 1 FROM `arn:aws:logs:ap-northeast-2:444455556666:log-group:/shop/api`", "a log group by its ARN in SQL", true},
		"a function that is none":   {root, "SELECT nothing(`@message`) FROM `/shop/api`", "FUNCTION_NOT_FOUND", true},
		"a change":                  {root, "DROP TABLE `/shop/api`", "SYNTAX_ERROR", true},
		"several statements":        {root, "SELECT 1 FROM `/shop/api`; SELECT 2", "MalformedQueryException", true},
		"more than may be held": {
			root, "SELECT rpad('a', 1000000, 'b') FROM `/shop/api`, UNNEST(sequence(1, 200)) AS t(n)", "Failed", false,
		},
		"division by what is none": {root, "SELECT 1 / (length(`@message`) - 1) FROM `/shop/api`", "Failed", false},
	} {
		got := h.inSQL(tt.caller, tt.sql, 150*time.Second)
		if got != tt.want && (!tt.part || !strings.Contains(got, tt.want)) {
			t.Errorf("%s: %s\nwant %s", name, got, tt.want)
		}
	}
}
