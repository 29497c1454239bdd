package athena_test

import (
	"context"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/api/athenaapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/servicetest"
	"github.com/sillok/sillok/internal/store/objects"
)

// odd are cells that a CSV has to tell apart.
func odd() [][]*string {
	return [][]*string{
		{nil, new(""), new(`"`), new("a,b")},
		{new("two\nlines\r\n"), new(`""quoted""`), nil, new("서울")},
		{nil, nil, nil, nil},
	}
}

const fourColumns = "SELECT 'w' AS a, 'x' AS b, 'y' AS c, 'z' AS d"

func TestResultsAreCSVWithNullAsNothing(t *testing.T) {
	w := open(t, answers{rows: odd()})
	x := w.finished(w.start(fourColumns))
	servicetest.Diff(t, "\"a\",\"b\",\"c\",\"d\"\n"+
		",\"\",\"\"\"\",\"a,b\"\n"+
		"\"two\nlines\r\n\",\"\"\"\"\"quoted\"\"\"\"\",,\"서울\"\n"+
		",,,\n", w.content(*x.ResultConfiguration.OutputLocation))
	servicetest.Diff(t, int64(12), *x.Statistics.DataScannedInBytes)
	out, err := w.GetQueryResults(w.ctx, &athenaapi.GetQueryResultsInput{QueryExecutionId: x.QueryExecutionId})
	if err != nil {
		t.Fatal(err)
	}
	var got [][]*string
	for _, row := range out.ResultSet.Rows[1:] {
		var cells []*string
		for _, datum := range row.Data {
			cells = append(cells, datum.VarCharValue)
		}
		got = append(got, cells)
	}
	servicetest.Diff(t, odd(), got)
	statistics, err := w.GetQueryRuntimeStatistics(w.ctx, &athenaapi.GetQueryRuntimeStatisticsInput{QueryExecutionId: x.QueryExecutionId})
	if err != nil {
		t.Fatal(err)
	}
	servicetest.Diff(t, &athenaapi.QueryRuntimeStatisticsRows{InputBytes: new(int64(12)), OutputRows: new(int64(3)), OutputBytes: new(int64(76))}, statistics.QueryRuntimeStatistics.Rows)
}

func TestResultsComeInPages(t *testing.T) {
	var rows [][]*string
	for i := range 2500 {
		rows = append(rows, []*string{new(strconv.Itoa(i)), nil, new("\n\""), new("")})
	}
	w := open(t, answers{rows: rows})
	id := *w.finished(w.start(fourColumns)).QueryExecutionId
	for _, size := range []*int32{nil, new(int32(1)), new(int32(999))} {
		got := [][]*string{}
		var token *string
		for {
			out, err := w.GetQueryResults(w.ctx, &athenaapi.GetQueryResultsInput{QueryExecutionId: &id, MaxResults: size, NextToken: token})
			if err != nil {
				t.Fatal(err)
			}
			for _, row := range out.ResultSet.Rows {
				got = append(got, []*string{row.Data[0].VarCharValue, row.Data[1].VarCharValue, row.Data[2].VarCharValue, row.Data[3].VarCharValue})
			}
			if token = out.NextToken; token == nil {
				break
			}
		}
		servicetest.Diff(t, rows, got[1:])
	}
	for _, token := range []string{"!", "YWJj", "LTE"} {
		_, err := w.GetQueryResults(w.ctx, &athenaapi.GetQueryResultsInput{QueryExecutionId: &id, NextToken: &token})
		servicetest.WantCode(t, err, "InvalidRequestException", "NextToken")
	}
	_, err := w.GetQueryResults(w.ctx, &athenaapi.GetQueryResultsInput{QueryExecutionId: &id, QueryResultType: new("DATA_MANIFEST")})
	servicetest.WantCode(t, err, "InvalidRequestException", "DATA_MANIFEST")
}

func TestResultsThatSomebodyDeleted(t *testing.T) {
	w := open(t, answers{})
	x := w.finished(w.start("SELECT 1"))
	location := *x.ResultConfiguration.OutputLocation
	if err := w.objects.Delete(w.ctx, bucket, strings.TrimPrefix(location, "s3://"+bucket+"/")); err != nil {
		t.Fatal(err)
	}
	_, err := w.GetQueryResults(w.ctx, &athenaapi.GetQueryResultsInput{QueryExecutionId: x.QueryExecutionId})
	servicetest.WantCode(t, err, "InvalidRequestException", location+" does not exist any more")
}

func TestColumnsAreDescribedAsAthenaDoes(t *testing.T) {
	w := open(t, nil)
	id := w.start(`SELECT true AS a, TINYINT '1' AS b, SMALLINT '1' AS c, 1 AS d, BIGINT '1' AS e, REAL '1' AS f, 1e0 AS g, 1.50 AS h, 'x' AS i,
		CAST('x' AS varchar) AS j, CAST('x' AS char(3)) AS k, X'00' AS l, DATE '2026-03-01' AS m, TIMESTAMP '2026-03-01 00:00:00' AS n,
		TIMESTAMP '2026-03-01 00:00:00.000 UTC' AS o, TIME '00:00:00' AS p, ARRAY[1] AS q, MAP(ARRAY[1], ARRAY[2]) AS r, ROW(1) AS s, JSON '1' AS t`)
	if answer := w.answer(id); strings.HasPrefix(answer, "[") {
		t.Fatal(answer)
	}
	out, err := w.GetQueryResults(w.ctx, &athenaapi.GetQueryResultsInput{QueryExecutionId: &id})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for i, c := range out.ResultSet.ResultSetMetadata.ColumnInfo {
		b.WriteString(*c.Name + " " + *c.Type + " " + strconv.Itoa(int(*c.Precision)) + " " + strconv.Itoa(int(*c.Scale)) + " " +
			strconv.FormatBool(*c.CaseSensitive) + " " + *out.ResultSet.Rows[1].Data[i].VarCharValue + "\n")
	}
	golden(t, "testdata/columns.txt", b.String())
	x := w.get(id)
	if metadata := w.content(*x.ResultConfiguration.OutputLocation + ".metadata"); !strings.Contains(metadata, "timestamp with time zone") {
		t.Errorf("metadata is %q", metadata)
	}
}

// full is a store whose disk is full once a few bytes have been written.
type full struct {
	objects.Store
	err error
}

func (f full) Put(_ context.Context, _, _, _ string, body io.Reader) (objects.Object, error) {
	if _, err := io.CopyN(io.Discard, body, 10); err != nil && !errors.Is(err, io.EOF) {
		return objects.Object{}, err
	}
	return objects.Object{}, f.err
}

func TestAResultThatCannotBeWritten(t *testing.T) {
	endless := make([][]*string, 200_000) // more than any buffer holds
	for i := range endless {
		endless[i] = []*string{new("some text that takes room")}
	}
	noSpace := cloud.Errorf(cloud.Unavailable, "ServiceUnavailable", "no space is left to write it").Because(&os.PathError{Op: "write", Path: "/data/x", Err: syscall.ENOSPC})
	for _, tt := range []struct {
		name     string
		sql      string
		err      error
		reason   string
		kind     int32
		category int32
	}{
		{"query, full disk", "SELECT 'x' AS x", noSpace, "no space is left to write it", 401, 1},
		{"statement, full disk", "SHOW DATABASES", noSpace, "no space is left to write it", 401, 1},
		{"query, fault", "SELECT 'x' AS x", errors.New("/data/x: input/output error"), "the object store failed", 401, 1},
		{"query, bucket deleted meanwhile", "SELECT 'x' AS x", cloud.Errorf(cloud.NotFound, "NoSuchBucket", "The specified bucket does not exist"), "The specified bucket does not exist", 1306, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := open(t, answers{rows: endless})
			whole := w.objects
			w.objects = full{whole, tt.err}
			w.restart()
			x := w.finished(w.start(tt.sql))
			servicetest.Diff(t, "FAILED cannot write the result to "+*x.ResultConfiguration.OutputLocation+": "+tt.reason, *x.Status.State+" "+*x.Status.StateChangeReason)
			if e := x.Status.AthenaError; *e.ErrorType != tt.kind || *e.ErrorCategory != tt.category {
				t.Errorf("error is type %d of category %d, want %d of %d", *e.ErrorType, *e.ErrorCategory, tt.kind, tt.category)
			}
			w.objects = whole
			w.restart()
			servicetest.Diff(t, "default\n", w.ask("SHOW DATABASES"))
		})
	}
}

func TestAQueryThatFailsOnALaterRowLeavesNoResult(t *testing.T) {
	w := open(t, nil)
	id := w.start("SELECT 10 / n AS x FROM UNNEST(SEQUENCE(-100, 100)) AS t (n)")
	servicetest.Diff(t, "[FAILED] DIVISION_BY_ZERO: Division by zero\n", w.answer(id))
	for o, err := range w.objects.List(w.ctx, bucket, "") {
		t.Errorf("there is %s, %v", o.Key, err)
	}
}

func TestBytesScannedCutoff(t *testing.T) {
	w := open(t, nil)
	w.put("big/a.csv", strings.Repeat("some text,1\n", 1_000_000))
	w.ask("CREATE EXTERNAL TABLE big (a string, n int) ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' LOCATION 's3://logs/big/'")
	limited := placed("s3://logs/results/")
	limited.BytesScannedCutoffPerQuery = new(int64(10_000_000))
	w.group("limited", limited)
	servicetest.Diff(t, "[CANCELLED] Bytes scanned limit was exceeded\n", w.ask("SELECT count(*) FROM big", under("limited")))
	id := w.start("SELECT count(*) AS n FROM big")
	servicetest.Diff(t, "n\n1000000\n", w.answer(id))
	servicetest.Diff(t, int64(12_000_000), *w.get(id).Statistics.DataScannedInBytes)
}

// FuzzResultsSurviveCSV writes cells and reads them again.
func FuzzResultsSurviveCSV(f *testing.F) {
	f.Add("", `"`, true)
	f.Add(",\n", "\"\"\r\n,\"", false)
	e := &answers{}
	w := open(f, e)
	f.Fuzz(func(t *testing.T, a, b string, null bool) {
		row := []*string{new(a), new(b), nil, new("end")}
		if null {
			row[0] = nil
		}
		w.t, w.ctx, e.rows = t, servicetest.As(t, "111122223333", "ap-northeast-2"), [][]*string{row, row}
		id := *w.finished(w.start(fourColumns)).QueryExecutionId
		out, err := w.GetQueryResults(w.ctx, &athenaapi.GetQueryResultsInput{QueryExecutionId: &id})
		if err != nil {
			t.Fatal(err)
		}
		for _, got := range out.ResultSet.Rows[1:] {
			for i, datum := range got.Data {
				if d := cmp.Diff(row[i], datum.VarCharValue); d != "" {
					t.Error(d)
				}
			}
		}
	})
}

// FuzzResultsOfAnyBytes reads a result that somebody wrote over: an answer or
// an error, and an end.
func FuzzResultsOfAnyBytes(f *testing.F) {
	f.Add([]byte("\"a\",\n"), int32(1))
	f.Add([]byte("\"a"), int32(7))
	f.Add([]byte("a\"b\"\n,,\"\"\"\n\n"), int32(2))
	w := open(f, answers{})
	x := w.finished(w.start(fourColumns))
	f.Fuzz(func(t *testing.T, body []byte, size int32) {
		w.t, w.ctx = t, servicetest.As(t, "111122223333", "ap-northeast-2")
		w.put(strings.TrimPrefix(*x.ResultConfiguration.OutputLocation, "s3://"+bucket+"/"), string(body))
		var token *string
		for range len(body) + 2 {
			out, err := w.GetQueryResults(w.ctx, &athenaapi.GetQueryResultsInput{QueryExecutionId: x.QueryExecutionId, MaxResults: &size, NextToken: token})
			if err != nil {
				return
			}
			if token = out.NextToken; token == nil {
				return
			}
		}
		t.Error("the pages do not end")
	})
}
