package cloudtrail_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/api/cloudtrailapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/engine"
	"github.com/sillok/sillok/internal/service/cloudtrail"
	"github.com/sillok/sillok/internal/servicetest"
)

func (s service) startQuery(tb testing.TB, sql string) string {
	tb.Helper()
	return *servicetest.Must(s.StartQuery(s.ctx, &cloudtrailapi.StartQueryInput{QueryStatement: &sql}))(tb).QueryId
}

func (s service) results(tb testing.TB, id string) *cloudtrailapi.GetQueryResultsOutput {
	tb.Helper()
	return servicetest.Must(s.GetQueryResults(s.ctx, &cloudtrailapi.GetQueryResultsInput{QueryId: &id}))(tb)
}

func TestQueryIsAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told := &stores{answer: func(_ context.Context, r engine.Request) ([][]*string, error) {
			if len(r.Query.Columns) != 2 {
				return nil, fmt.Errorf("%d columns", len(r.Query.Columns))
			}
			return [][]*string{{new("a"), new("2026-03-01 12:00:00.000")}, {nil, new("")}}, nil
		}}
		s := newService(t, withStores(t, told)).runs(t)
		arn, id := s.dataStore(t, "audit")
		sql := "SELECT eventID AS who, eventTime FROM " + id + " WHERE eventTime > '2026-03-01 00:00:00' AND eventtime BETWEEN '2026-01-01' AND '2027-01-01'"
		q := s.startQuery(t, sql)
		synctest.Wait()
		want := &cloudtrailapi.GetQueryResultsOutput{
			QueryStatus:     new("FINISHED"),
			QueryStatistics: &cloudtrailapi.QueryStatistics{ResultsCount: new(int32(2)), TotalResultsCount: new(int32(2)), BytesScanned: new(int64(70))},
			QueryResultRows: [][]map[string]string{{{"who": "a"}, {"eventTime": "2026-03-01 12:00:00.000"}}, {{}, {"eventTime": ""}}},
		}
		if diff := cmp.Diff(want, s.results(t, q)); diff != "" {
			t.Error(diff)
		}
		described := servicetest.Must(s.DescribeQuery(s.ctx, &cloudtrailapi.DescribeQueryInput{QueryId: &q, EventDataStore: &arn}))(t)
		wantDescribed := &cloudtrailapi.DescribeQueryOutput{
			QueryId: &q, QueryString: &sql, QueryStatus: new("FINISHED"),
			QueryStatistics: &cloudtrailapi.QueryStatisticsForDescribeQuery{
				EventsMatched: new(int64(2)), EventsScanned: new(int64(7)), BytesScanned: new(int64(70)), ExecutionTimeInMillis: new(int32(0)),
				CreationTime: described.QueryStatistics.CreationTime,
			},
		}
		if diff := cmp.Diff(wantDescribed, described); diff != "" {
			t.Error(diff)
		}
		_, err := s.CancelQuery(s.ctx, &cloudtrailapi.CancelQueryInput{QueryId: &q})
		servicetest.WantCode(t, err, "InactiveQueryException")
	})
}

func TestStatementsThatAreNone(t *testing.T) {
	s := newService(t, withStores(t, &stores{})).runs(t)
	arn, id := s.dataStore(t, "audit")
	for name, tt := range map[string]struct {
		in   cloudtrailapi.StartQueryInput
		code string
	}{
		"nothing":                    {cloudtrailapi.StartQueryInput{}, "InvalidParameterException"},
		"an empty one":               {cloudtrailapi.StartQueryInput{QueryStatement: new("")}, "InvalidParameterException"},
		"a long one":                 {cloudtrailapi.StartQueryInput{QueryStatement: new(strings.Repeat("x", 10_001))}, "InvalidParameterException"},
		"no query":                   {cloudtrailapi.StartQueryInput{QueryStatement: new("DELETE FROM " + id)}, "InvalidQueryStatementException"},
		"DDL":                        {cloudtrailapi.StartQueryInput{QueryStatement: new("CREATE TABLE x AS SELECT 1 FROM " + id)}, "InvalidQueryStatementException"},
		"two of them":                {cloudtrailapi.StartQueryInput{QueryStatement: new("SELECT 1 FROM " + id + "; SELECT 2 FROM " + id)}, "InvalidQueryStatementException"},
		"no store":                   {cloudtrailapi.StartQueryInput{QueryStatement: new("SELECT 1")}, "InvalidQueryStatementException"},
		"a table":                    {cloudtrailapi.StartQueryInput{QueryStatement: new("SELECT 1 FROM sillok.cloudtrail_events")}, "InvalidQueryStatementException"},
		"a table beside a store":     {cloudtrailapi.StartQueryInput{QueryStatement: new("SELECT 1 FROM " + id + ", cloudtrail_events")}, "InvalidQueryStatementException"},
		"an ARN":                     {cloudtrailapi.StartQueryInput{QueryStatement: new("SELECT 1 FROM \"" + arn + "\"")}, "InvalidQueryStatementException"},
		"a column that is not there": {cloudtrailapi.StartQueryInput{QueryStatement: new("SELECT nope FROM " + id)}, "InvalidQueryStatementException"},
		"a time that is none":        {cloudtrailapi.StartQueryInput{QueryStatement: new("SELECT 1 FROM " + id + " WHERE eventTime > 7")}, "InvalidQueryStatementException"},
		"a store that is not there":  {cloudtrailapi.StartQueryInput{QueryStatement: new("SELECT 1 FROM 00000000-0000-4000-8000-000000000000")}, "EventDataStoreNotFoundException"},
		"an alias":                   {cloudtrailapi.StartQueryInput{QueryAlias: new("x")}, "UnsupportedOperationException"},
		"delivery to nowhere":        {cloudtrailapi.StartQueryInput{QueryStatement: new("SELECT 1 FROM " + id), DeliveryS3Uri: new("s3://gone-logs")}, "S3BucketDoesNotExistException"},
		"delivery to no place of S3": {cloudtrailapi.StartQueryInput{QueryStatement: new("SELECT 1 FROM " + id), DeliveryS3Uri: new("file:///etc")}, "InvalidS3BucketNameException"},
		"delivery to no bucket":      {cloudtrailapi.StartQueryInput{QueryStatement: new("SELECT 1 FROM " + id), DeliveryS3Uri: new("s3://../x")}, "InvalidS3BucketNameException"},
		"delivery below a bad name":  {cloudtrailapi.StartQueryInput{QueryStatement: new("SELECT 1 FROM " + id), DeliveryS3Uri: new("s3://" + bucket + "//x")}, "InvalidS3PrefixException"},
		"another account's":          {cloudtrailapi.StartQueryInput{QueryStatement: new("SELECT 1 FROM " + id), EventDataStoreOwnerAccountId: new("444455556666")}, "EventDataStoreNotFoundException"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := s.StartQuery(s.ctx, &tt.in)
			servicetest.WantCode(t, err, tt.code)
		})
	}
	listed := servicetest.Must(s.ListQueries(s.ctx, &cloudtrailapi.ListQueriesInput{EventDataStore: &arn}))(t)
	if len(listed.Queries) > 0 {
		t.Errorf("what was refused is listed: %+v", listed)
	}
}

func TestQueryFails(t *testing.T) {
	for name, tt := range map[string]struct {
		err  error
		says string
	}{
		"by what it reads": {cloud.Errorf(cloud.Unavailable, "X", "rows are damaged"), "rows are damaged"},
		"inside":           {errors.New("secret path"), "The query failed inside the server, whose log says why."},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newService(t, withStores(t, &stores{answer: func(context.Context, engine.Request) ([][]*string, error) { return nil, tt.err }})).runs(t)
				_, id := s.dataStore(t, "audit")
				q := s.startQuery(t, "SELECT 1 FROM "+id)
				synctest.Wait()
				if got := s.results(t, q); *got.QueryStatus != "FAILED" || *got.ErrorMessage != tt.says {
					t.Errorf("%s: %s", *got.QueryStatus, *got.ErrorMessage)
				}
			})
		})
	}
}

// blocks answers when its context ends.
func blocks(ctx context.Context, _ engine.Request) ([][]*string, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestQueriesAreCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, withStores(t, &stores{answer: blocks})).runs(t)
		arn, id := s.dataStore(t, "audit")
		var ids []string
		for range 10 {
			ids = append(ids, s.startQuery(t, "SELECT 1 FROM "+id))
		}
		_, err := s.StartQuery(s.ctx, &cloudtrailapi.StartQueryInput{QueryStatement: new("SELECT 1 FROM " + id)})
		servicetest.WantCode(t, err, "MaxConcurrentQueriesException")
		states := map[string]int{}
		for _, q := range ids {
			states[*s.results(t, q).QueryStatus]++
		}
		if diff := cmp.Diff(map[string]int{"RUNNING": 2, "QUEUED": 8}, states); diff != "" {
			t.Error(diff)
		}
		running := servicetest.Must(s.ListQueries(s.ctx, &cloudtrailapi.ListQueriesInput{EventDataStore: &arn, QueryStatus: new("RUNNING")}))(t)
		if len(running.Queries) != 2 {
			t.Errorf("%d are listed as running", len(running.Queries))
		}
		for _, q := range []string{ids[9], ids[0]} { // one that waits, and one that runs
			out := servicetest.Must(s.CancelQuery(s.ctx, &cloudtrailapi.CancelQueryInput{QueryId: &q}))(t)
			if *out.QueryStatus != "CANCELLED" {
				t.Errorf("%s", *out.QueryStatus)
			}
		}
		<-time.After(time.Hour + time.Minute)
		synctest.Wait()
		if got := *s.results(t, ids[1]).QueryStatus; got != "TIMED_OUT" {
			t.Error(got)
		}
	})
}

func TestQueriesAreListed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, withStores(t, &stores{})).runs(t)
		one, first := s.dataStore(t, "one")
		two, second := s.dataStore(t, "two")
		began := time.Now()
		a := s.startQuery(t, "SELECT 1 FROM "+first)
		<-time.After(time.Hour)
		b := s.startQuery(t, "SELECT 1 FROM "+first+" UNION SELECT 1 FROM \""+strings.ToUpper(second)+"\"")
		<-time.After(time.Hour)
		c := s.startQuery(t, "SELECT 1 FROM "+first)
		synctest.Wait()
		listed := func(in cloudtrailapi.ListQueriesInput) (ids []string) {
			for {
				page := servicetest.Must(s.ListQueries(s.ctx, &in))(t)
				for _, q := range page.Queries {
					ids = append(ids, *q.QueryId)
				}
				if in.NextToken = page.NextToken; in.NextToken == nil {
					return ids
				}
			}
		}
		for name, tt := range map[string]struct {
			in   cloudtrailapi.ListQueriesInput
			want []string
		}{
			"of one":     {cloudtrailapi.ListQueriesInput{EventDataStore: &one}, []string{c, b, a}},
			"in pages":   {cloudtrailapi.ListQueriesInput{EventDataStore: &one, MaxResults: new(int32(1))}, []string{c, b, a}},
			"of two":     {cloudtrailapi.ListQueriesInput{EventDataStore: &two}, []string{b}},
			"since":      {cloudtrailapi.ListQueriesInput{EventDataStore: &one, StartTime: new(began.Add(30 * time.Minute))}, []string{c, b}},
			"until":      {cloudtrailapi.ListQueriesInput{EventDataStore: &one, EndTime: new(began.Add(30 * time.Minute))}, []string{a}},
			"that ended": {cloudtrailapi.ListQueriesInput{EventDataStore: &one, QueryStatus: new("FINISHED")}, []string{c, b, a}},
			"that run":   {cloudtrailapi.ListQueriesInput{EventDataStore: &one, QueryStatus: new("RUNNING")}, nil},
		} {
			if diff := cmp.Diff(tt.want, listed(tt.in)); diff != "" {
				t.Errorf("%s:\n%s", name, diff)
			}
		}
		for code, in := range map[string]cloudtrailapi.ListQueriesInput{
			"InvalidMaxResultsException":      {EventDataStore: &one, MaxResults: new(int32(1001))},
			"InvalidDateRangeException":       {EventDataStore: &one, StartTime: new(began), EndTime: new(began.Add(-time.Hour))},
			"InvalidQueryStatusException":     {EventDataStore: &one, QueryStatus: new("DONE")},
			"InvalidNextTokenException":       {EventDataStore: &one, NextToken: new("nonsense")},
			"EventDataStoreNotFoundException": {EventDataStore: new("00000000-0000-4000-8000-000000000000")},
		} {
			_, err := s.ListQueries(s.ctx, &in)
			servicetest.WantCode(t, err, code)
		}
		// After a week there is nothing left of them.
		<-time.After(8 * 24 * time.Hour)
		synctest.Wait()
		if got := listed(cloudtrailapi.ListQueriesInput{EventDataStore: &one}); got != nil {
			t.Errorf("after a week: %v", got)
		}
		_, err := s.DescribeQuery(s.ctx, &cloudtrailapi.DescribeQueryInput{QueryId: &a})
		servicetest.WantCode(t, err, "QueryIdNotFoundException")
	})
}

func TestResultsArePaged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var rows [][]*string
		var want []string
		for i := range 2500 {
			want = append(want, fmt.Sprint("row ", i, "\n\"é"))
			rows = append(rows, []*string{&want[i]})
		}
		s := newService(t, withStores(t, &stores{answer: func(context.Context, engine.Request) ([][]*string, error) { return rows, nil }})).runs(t)
		_, id := s.dataStore(t, "audit")
		q := s.startQuery(t, "SELECT eventid FROM "+id)
		synctest.Wait()
		var got []string
		in := &cloudtrailapi.GetQueryResultsInput{QueryId: &q}
		for pages := 0; ; pages++ {
			page := servicetest.Must(s.GetQueryResults(s.ctx, in))(t)
			for _, row := range page.QueryResultRows {
				got = append(got, row[0]["eventid"])
			}
			if int(*page.QueryStatistics.ResultsCount) != len(page.QueryResultRows) || *page.QueryStatistics.TotalResultsCount != 2500 {
				t.Errorf("%+v", page.QueryStatistics)
			}
			if in.NextToken = page.NextToken; in.NextToken == nil {
				if pages != 2 {
					t.Errorf("%d pages", pages+1)
				}
				break
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		_, err := s.GetQueryResults(s.ctx, &cloudtrailapi.GetQueryResultsInput{QueryId: &q, MaxQueryResults: new(int32(1001))})
		servicetest.WantCode(t, err, "InvalidMaxResultsException")
		_, err = s.GetQueryResults(s.ctx, &cloudtrailapi.GetQueryResultsInput{QueryId: &q, NextToken: new("nonsense")})
		servicetest.WantCode(t, err, "InvalidNextTokenException")
		_, err = s.GetQueryResults(in2(t), &cloudtrailapi.GetQueryResultsInput{QueryId: &q})
		servicetest.WantCode(t, err, "QueryIdNotFoundException")
	})
}

func in2(t *testing.T) context.Context { t.Helper(); return in(t, "us-east-1") }

// A bit that the disk has spoiled is no result.
func TestDamagedResult(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		s := newService(t, withStores(t, &stores{answer: func(context.Context, engine.Request) ([][]*string, error) { return [][]*string{{new("abc")}}, nil }}),
			func(c *cloudtrail.Config) { c.Results = dir }).runs(t)
		_, id := s.dataStore(t, "audit")
		q := s.startQuery(t, "SELECT eventid FROM "+id)
		synctest.Wait()
		path := filepath.Join(dir, q+".rows")
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for at := range data[:len(data)-1] {
			spoiled := append([]byte{}, data...)
			spoiled[at] ^= 1
			if err := os.WriteFile(path, spoiled, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := s.GetQueryResults(s.ctx, &cloudtrailapi.GetQueryResultsInput{QueryId: &q}); err == nil {
				t.Errorf("byte %d was spoiled: %s", at, spoiled)
			}
		}
	})
}

// What had not ended when the server died is FAILED.
func TestQueriesOfADeadServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db, dir := servicetest.Store(t), t.TempDir()
		first := newServiceOn(t, db, withStores(t, &stores{answer: blocks}), func(c *cloudtrail.Config) { c.Results = dir })
		ctx, die := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		_, id := first.dataStore(t, "audit")
		go func() { ended <- first.Run(ctx) }()
		q := first.startQuery(t, "SELECT 1 FROM "+id)
		waiting := []string{q, first.startQuery(t, "SELECT 2 FROM "+id), first.startQuery(t, "SELECT 3 FROM "+id)}
		die()
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		second := newServiceOn(t, db, withStores(t, &stores{})).runs(t)
		synctest.Wait()
		for _, q := range waiting {
			if got := second.results(t, q); *got.QueryStatus != "FAILED" || !strings.Contains(*got.ErrorMessage, "The server stopped") {
				t.Errorf("%+v", got)
			}
		}
	})
}
