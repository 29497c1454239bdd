package app_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/engine"
	"github.com/sillok/sillok/internal/engine/duckdb"
	"github.com/sillok/sillok/internal/journal"
	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/sql/analyze"
	"github.com/sillok/sillok/internal/sql/parse"
	"github.com/sillok/sillok/internal/store/state"
	"github.com/sillok/sillok/internal/trail/archive"
	"github.com/sillok/sillok/internal/trail/rows"
)

// recordedRows are the rows of a journal of calls of thirty days.
type recordedRows struct {
	testing.TB

	journal *journal.Journal
	rows    *rows.Rows
	engine  *duckdb.Engine
	n       int
	last    time.Time
}

const recordedSpan = 30 * 24 * time.Hour

func openRecordedRows(tb testing.TB, n int) *recordedRows {
	tb.Helper()
	dir, log := tb.TempDir(), slog.New(slog.DiscardHandler)
	must := func(err error) {
		if err != nil {
			tb.Fatal(err)
		}
	}
	r := &recordedRows{TB: tb, n: n, last: time.Now().UTC().Truncate(time.Second)}
	var err error
	r.journal, err = journal.Open(tb.Context(), journal.Config{Dir: filepath.Join(dir, "calls"), Log: log})
	must(err)
	kept, err := archive.Open(tb.Context(), archive.Config{Dir: filepath.Join(dir, "events"), Log: log})
	must(err)
	db, err := state.Open(tb.Context(), filepath.Join(dir, "state.db"))
	must(err)
	for i := range n {
		must(r.journal.Note(tb.Context(), r.call(i)))
	}
	must(r.journal.Record(tb.Context(), r.call(n-1)))
	r.rows, err = rows.New(rows.Config{Dir: filepath.Join(dir, "rows"), Log: log, Journal: r.journal, Archive: kept}, db)
	must(err)
	r.engine, err = duckdb.Open(tb.Context(), duckdb.Config{Lake: lake.New(lake.Config{Dir: filepath.Join(dir, "shadows")}, nil)})
	must(err)
	tb.Cleanup(func() {
		for _, end := range []func() error{r.engine.Close, db.Close, kept.Close, r.journal.Close} {
			if err := end(); err != nil {
				tb.Error(err)
			}
		}
	})
	return r
}

// call is the i-th of n calls, which are spread over the span.
func (r *recordedRows) call(i int) cloud.Fact {
	names := []string{"GetTable", "GetTables", "GetDatabase", "CreateTable", "UpdateTable"}
	name := names[i%len(names)]
	user := fmt.Sprintf("user%d", i%17)
	at := r.last.Add(-recordedSpan + time.Duration(int64(recordedSpan)/int64(r.n)*int64(i)))
	return cloud.Fact{
		Call: cloud.Call{
			Service: "glue", Operation: name, Account: account, Region: "eu-west-1", Time: at, RequestID: fmt.Sprintf("request-%d", i),
			SourceIP: "10.0.0.7", UserAgent: "aws-cli/2.15.0", AccessKeyID: "AKIA" + user,
			Principal: cloud.Principal{Type: cloud.IAMUser, Account: account, ARN: "arn:aws:iam::" + account + ":user/" + user, ID: "AIDA" + user, Name: user},
		},
		Action: "glue:" + name, Event: "management", Outcome: cloud.Done, Took: 3 * time.Millisecond,
		Parameters: []byte(fmt.Sprintf(`{"databaseName":"db%d","name":"table%d"}`, i%7, i)),
		Resources:  []cloud.Resource{{Type: "table", ARN: fmt.Sprintf("arn:aws:glue:eu-west-1:%s:table/db%d/table%d", account, i%7, i)}},
	}
}

// Relation implements analyze.Catalog.
func (r *recordedRows) Relation(context.Context, string, string, string) (*analyze.Relation, error) {
	columns, keys, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	of := r.rows.Accounts(func(context.Context) ([]cloud.Account, error) { return []cloud.Account{account}, nil })
	table, err := engine.Table("c", lake.Table{Database: "sillok", Name: "cloudtrail_events", Columns: columns, PartitionKeys: keys, Kept: &of})
	return &analyze.Relation{Table: table}, err
}

func (r *recordedRows) ask(sql string) (string, engine.Stats) {
	r.Helper()
	q, err := parse.Query(sql)
	if err != nil {
		r.Fatal(err)
	}
	analyzed, err := analyze.Query(r.Context(), sql, q, r, analyze.Session{Catalog: "c", Database: "sillok"})
	if err != nil {
		r.Fatal(err)
	}
	found, err := r.engine.Run(r.Context(), engine.Request{SQL: sql, Query: analyzed, Now: time.Now()})
	if err != nil {
		r.Fatal(err)
	}
	text := ""
	for found.Next() {
		text += *found.Row()[0] + " "
	}
	if err := found.Err(); err != nil {
		r.Fatal(err)
	}
	stats := found.Stats()
	if err := found.Close(); err != nil {
		r.Fatal(err)
	}
	return text, stats
}

// BenchmarkRows measures questions of all events, of a day and of an hour, and what it
// costs that each sees what was recorded just before. How many events there are says
// SILLOK_EVENTS; without it, 20,000.
func BenchmarkRows(b *testing.B) {
	n, err := strconv.Atoi(os.Getenv("SILLOK_EVENTS")) //nolint:forbidigo // how large a benchmark is
	if err != nil {
		n = 20_000
	}
	r := openRecordedRows(b, n)
	began := time.Now()
	if _, stats := r.ask("SELECT count(*) FROM cloudtrail_events"); stats.Rows == 0 {
		b.Fatal("there are no rows")
	}
	b.Logf("%d events, the first answer after %s", n, time.Since(began))
	hour := r.last.Add(-36 * time.Hour).Format(time.RFC3339)
	for _, q := range []struct{ name, sql string }{
		{"AllEvents", "SELECT count(*) FROM cloudtrail_events WHERE eventname = 'CreateTable' AND useridentity.username = 'user3'"},
		{"AllByName", "SELECT eventname FROM cloudtrail_events GROUP BY 1 ORDER BY count(*)"},
		{"AnHour", "SELECT count(*) FROM cloudtrail_events WHERE eventname = 'CreateTable' AND eventtime BETWEEN '" + hour + "' AND '" +
			r.last.Add(-35*time.Hour).Format(time.RFC3339) + "'"},
		{"TheLastHour", "SELECT count(*) FROM cloudtrail_events WHERE from_iso8601_timestamp(eventtime) > now() - interval '1' hour"},
	} {
		b.Run(q.name, func(b *testing.B) {
			var stats engine.Stats
			for b.Loop() {
				_, stats = r.ask(q.sql)
			}
			b.ReportMetric(float64(stats.Objects), "files")
			b.ReportMetric(float64(stats.Rows), "rows")
		})
		b.Run(q.name+"AfterACall", func(b *testing.B) {
			for b.Loop() {
				if err := r.journal.Record(b.Context(), r.call(r.n-1)); err != nil {
					b.Fatal(err)
				}
				r.ask(q.sql)
			}
		})
	}
}
