package duckdb_test

import (
	"strings"
	"testing"

	"github.com/sillok/sillok/internal/engine"
	"github.com/sillok/sillok/internal/engine/duckdb"
	"github.com/sillok/sillok/internal/sql/replaytest"
)

func TestApproxDistinct(t *testing.T) {
	e := open(t, duckdb.Config{})
	const numbers = "UNNEST(sequence(1, 300)) t(n)"
	for _, tt := range []struct{ sql, want string }{
		{sql: "SELECT approx_distinct(n) FROM " + numbers, want: "298"},
		{sql: "SELECT approx_distinct(n), approx_distinct(n, 0.0040625) FROM " + numbers + " WHERE n < 252", want: "251 251"},
		{sql: "SELECT approx_distinct(DISTINCT n) FILTER (WHERE n <= 10) FROM " + numbers, want: "10"},
		{sql: "SELECT approx_distinct(n % 2 = 0, 0.5), approx_distinct(n > 0) FROM " + numbers, want: "2 1"},
		{sql: "SELECT approx_distinct(CAST(NULL AS varchar)), approx_distinct(NULL), approx_distinct(n, NULL) FROM " + numbers, want: "0 0 0"},
		{sql: "SELECT max(c) FROM (SELECT approx_distinct(n) OVER (PARTITION BY n % 2 ORDER BY n) c FROM " + numbers + ")", want: "150"},
		{sql: "SELECT approx_distinct(n, 0.5) FILTER (WHERE n < 0) FROM " + numbers, want: "0"},
		{sql: "SELECT approx_distinct(ROW(n, ARRAY['a'])), approx_distinct(MAP(ARRAY[n], ARRAY[n % 2])) FROM " + numbers + " WHERE n < 10", want: "9 9"},
		{sql: "SELECT cardinality(approx_set(n)), cardinality(CAST(approx_set(n) AS P4HyperLogLog)) FROM " + numbers, want: "300 300"},
		{sql: "SELECT cardinality(merge(s)) FROM (SELECT n % 7, approx_set(n) s FROM " + numbers + " GROUP BY n % 7)", want: "300"},
		{sql: "SELECT cardinality(CAST(CAST(approx_set(n) AS varbinary) AS HyperLogLog)) FROM " + numbers + " WHERE n < 9", want: "8"},
		{
			sql:  "SELECT cardinality(approx_set(x * 1000 + y)) FROM UNNEST(sequence(1, 300)) a(x), UNNEST(sequence(1, 1000)) b(y)",
			want: "302594",
		},
		{sql: "SELECT approx_set(n) FROM " + numbers + " WHERE n < 0", want: "NULL"},
		{sql: "SELECT approx_set(1E0), approx_set('hashme')", want: "02 0c 01 00 01 f0 c9 3b 02 0c 01 00 03 be 23 04"},
		{
			sql:  "SELECT approx_distinct(n, 1) FROM " + numbers,
			want: "INVALID_FUNCTION_ARGUMENT: Max standard error must be in [0.0040625, 0.26]: 1.0",
		},
		{
			sql:  "SELECT approx_distinct(n, 1E0 / n) FROM " + numbers,
			want: "SILLOK_NOT_SUPPORTED: a value that is not constant in this place is not supported by this version of Sillok",
		},
	} {
		if got := answered(ask(t, e, tt.sql, replaytest.Catalog{}, engine.Athena)); got != tt.want {
			t.Errorf("%s\n got %s\nwant %s", tt.sql, got, tt.want)
		}
	}
}

// answered is the first row of an answer in words, or its error.
func answered(a answer) string {
	if a.err != nil {
		return a.err.Error()
	}
	cells := make([]string, len(a.rows[0]))
	for i, c := range a.rows[0] {
		cells[i] = "NULL"
		if c != nil {
			cells[i] = *c
		}
	}
	return strings.Join(cells, " ")
}

// BenchmarkDistinct has approx_distinct beside the exact number, of a million values.
func BenchmarkDistinct(b *testing.B) {
	e, err := duckdb.Open(b.Context(), duckdb.Config{})
	if err != nil {
		b.Fatal(err)
	}
	defer func() {
		if err := e.Close(); err != nil {
			b.Error(err)
		}
	}()
	const from = " FROM UNNEST(sequence(1, 1000)) a(x), UNNEST(sequence(1, 1000)) b(y)"
	for _, call := range []string{
		"count(DISTINCT x * 1000 + y)", "approx_distinct(x * 1000 + y)",
		"count(DISTINCT CAST(x * 1000 + y AS varchar))", "approx_distinct(CAST(x * 1000 + y AS varchar))",
		"approx_distinct(x % 100)", "max(x)",
	} {
		b.Run(call, func(b *testing.B) {
			for b.Loop() {
				if a := ask(b, e, "SELECT "+call+from, replaytest.Catalog{}, engine.Athena); a.err != nil {
					b.Fatal(a.err)
				}
			}
		})
	}
}
