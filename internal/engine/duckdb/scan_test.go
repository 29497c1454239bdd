package duckdb_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/engine"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/replaytest"
)

func analyzed(t *testing.T, c replaytest.Catalog, sql string) *plan.Query {
	t.Helper()
	q, err := replaytest.Analyze(t.Context(), sql, c)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// TestPartitionsAreLeftOut checks what a query has to consider: 24 objects of flow
// logs in four days, 12 of a load balancer in three, 55 of CloudTrail in one.
func TestPartitionsAreLeftOut(t *testing.T) {
	c := logTables(t)
	e := logEngine(t)
	for _, tt := range []struct {
		name, sql string
		objects   int
		rows      string
	}{
		{name: "all", sql: "SELECT count(*) FROM vpc_flow_logs", objects: 24, rows: "9600"},
		{name: "equality", sql: "SELECT count(*) FROM vpc_flow_logs WHERE date = DATE '2024-05-02'", objects: 6, rows: "2400"},
		{name: "a function of the partition", sql: "SELECT count(*) FROM vpc_flow_logs WHERE day_of_month(date) > 3", objects: 6, rows: "2400"},
		{name: "nothing", sql: "SELECT count(*) FROM vpc_flow_logs WHERE date = DATE '2030-01-01'", objects: 0, rows: "0"},
		{name: "projection", sql: "SELECT count(*) FROM alb_logs WHERE day IN ('2024/05/01', '2024/05/09')", objects: 4, rows: "1200"},
		{name: "a condition on rows leaves nothing out", sql: "SELECT count(*) FROM alb_logs WHERE elb_status_code = 99", objects: 12, rows: "0"},
		{name: "either", sql: "SELECT count(*) FROM alb_logs WHERE day = '2024/05/01' OR day = '2024/05/02'", objects: 8, rows: "2400"},
		{name: "through a view", sql: "SELECT count(*) FROM cloudtrail_000000000000 WHERE year = '2022'", objects: 0, rows: "0"},
		{
			name: "through a join and a projection", objects: 6, rows: "2400",
			sql: "SELECT count(*) FROM (SELECT date AS d FROM vpc_flow_logs) t JOIN (VALUES 1) u(x) ON x = 1 WHERE d = DATE '2024-05-01'",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rows, err := e.Run(t.Context(), engine.Request{Query: analyzed(t, c, tt.sql), Now: fixedNow()})
			if err != nil {
				t.Fatal(err)
			}
			defer closeRows(t, rows)
			if !rows.Next() {
				t.Fatal(rows.Err())
			}
			if got := *rows.Row()[0]; got != tt.rows {
				t.Errorf("%s rows, want %s", got, tt.rows)
			}
			if got := rows.Stats().Objects; got != tt.objects {
				t.Errorf("%d objects, want %d", got, tt.objects)
			}
		})
	}
}

func closeRows(t *testing.T, rows engine.Rows) {
	t.Helper()
	if err := rows.Close(); err != nil {
		t.Error(err)
	}
}

func TestScanLimit(t *testing.T) {
	c := logTables(t)
	_, err := logEngine(t).Run(t.Context(), engine.Request{Query: analyzed(t, c, "SELECT 1 FROM alb_logs"), ScanLimit: 1000})
	if !errors.Is(err, engine.ErrScanLimit) {
		t.Errorf("%v", err)
	}
}

func TestDamageIsTold(t *testing.T) {
	c := logTables(t)
	rows, err := logEngine(t).Run(t.Context(), engine.Request{Query: analyzed(t, c, "SELECT count(*), count(elb) FROM alb_logs")})
	if err != nil {
		t.Fatal(err)
	}
	defer closeRows(t, rows)
	if !rows.Next() {
		t.Fatal(rows.Err())
	}
	if diff := cmp.Diff([]string{"3600", "3576"}, []string{*rows.Row()[0], *rows.Row()[1]}); diff != "" {
		t.Error(diff)
	}
	lines := int64(0)
	for _, d := range rows.Stats().Damage {
		lines += d.Lines
		if !strings.HasPrefix(d.Object, "s3://") || d.First == "" {
			t.Errorf("%+v", d)
		}
	}
	if lines != 24 {
		t.Errorf("%d lines, want 24", lines)
	}
}
