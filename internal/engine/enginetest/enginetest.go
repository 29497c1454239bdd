// Package enginetest is the contract of an engine, as a test that every engine
// passes.
package enginetest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/engine"
	"github.com/sillok/sillok/internal/sql/analyze"
	"github.com/sillok/sillok/internal/sql/parse"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// noTables is a catalog without tables.
type noTables struct{}

// Relation finds nothing.
func (noTables) Relation(context.Context, string, string, string) (*analyze.Relation, error) {
	return nil, nil
}

// now is when every query of the contract runs.
func now() time.Time { return time.Date(2026, 3, 1, 12, 30, 15, 123_456_789, time.UTC) }

// Run checks that e keeps the contract.
func Run(t *testing.T, e engine.Engine) {
	t.Helper()
	t.Run("answers", func(t *testing.T) { answers(t, e) })
	t.Run("failures", func(t *testing.T) { failures(t, e) })
	t.Run("planned", func(t *testing.T) { planned(t, e) })
	t.Run("spelling", func(t *testing.T) { spelling(t, e) })
	t.Run("many rows", func(t *testing.T) { manyRows(t, e) })
	t.Run("cancelled", func(t *testing.T) { cancelled(t, e) })
	t.Run("closed early", func(t *testing.T) { closedEarly(t, e) })
	t.Run("at once", func(t *testing.T) { atOnce(t, e) })
}

func analyzed(t *testing.T, sql string) *plan.Query {
	t.Helper()
	parsed, err := parse.Query(sql)
	if err != nil {
		t.Fatal(err)
	}
	q, err := analyze.Query(t.Context(), sql, parsed, noTables{}, analyze.Session{Catalog: "awsdatacatalog", Database: "default", User: "me"})
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// ask returns the rows as lines, cells separated by a bar and NULL spelled ∅.
func ask(ctx context.Context, e engine.Engine, req engine.Request) ([]string, error) {
	rows, err := e.Run(ctx, req)
	if err != nil {
		return nil, err
	}
	var out []string
	for rows.Next() {
		cells := make([]string, 0, len(rows.Row()))
		for _, c := range rows.Row() {
			if c == nil {
				cells = append(cells, "∅")
				continue
			}
			cells = append(cells, *c)
		}
		out = append(out, strings.Join(cells, "|"))
	}
	return out, errors.Join(rows.Err(), rows.Close(), rows.Close())
}

// planned is told once what a query reads, the same for what is the same, and can end it.
func planned(t *testing.T, e engine.Engine) {
	t.Helper()
	const sql = "SELECT 1"
	var told []string
	hear := func(read string) error { told = append(told, read); return nil }
	for range 2 {
		if _, err := ask(t.Context(), e, engine.Request{SQL: sql, Query: analyzed(t, sql), Now: now(), Planned: hear}); err != nil {
			t.Fatal(err)
		}
	}
	if len(told) != 2 || told[0] == "" || told[0] != told[1] {
		t.Errorf("told %q", told)
	}
	enough := errors.New("enough is known")
	_, err := ask(t.Context(), e, engine.Request{SQL: sql, Query: analyzed(t, sql), Now: now(), Planned: func(string) error { return enough }})
	if !errors.Is(err, enough) {
		t.Errorf("%v, want %v", err, enough)
	}
}

func answers(t *testing.T, e engine.Engine) {
	t.Helper()
	for _, tt := range []struct {
		name, sql string
		want      []string
	}{
		{name: "constant", sql: "SELECT 1, 'a', NULL", want: []string{"1|a|∅"}},
		{name: "no row", sql: "SELECT 1 WHERE false", want: nil},
		{name: "order", sql: "SELECT x FROM (VALUES 2, NULL, 1) t(x) ORDER BY x DESC", want: []string{"2", "1", "∅"}},
		{name: "limit", sql: "SELECT x FROM (VALUES 2, 3, 1) t(x) ORDER BY x OFFSET 1 LIMIT 1", want: []string{"2"}},
		{name: "ties", sql: "SELECT x FROM (VALUES 1, 2, 2, 3) t(x) ORDER BY x FETCH FIRST 2 ROWS WITH TIES", want: []string{"1", "2", "2"}},
		{name: "integers divide towards zero", sql: "SELECT x / 2, x % 2 FROM (VALUES -7) t(x)", want: []string{"-3|-1"}},
		{name: "groups", sql: "SELECT x, count(*), sum(y) FROM (VALUES (1, 2), (1, 3), (2, NULL)) t(x, y) GROUP BY x ORDER BY x", want: []string{"1|2|5", "2|1|∅"}},
		{
			name: "grouping sets", sql: "SELECT x, y, count(*) FROM (VALUES (1, 'a'), (1, 'b')) t(x, y) GROUP BY ROLLUP (x, y) ORDER BY 1, 2",
			want: []string{"1|a|1", "1|b|1", "1|∅|2", "∅|∅|2"},
		},
		{name: "instants group across zones", sql: "SELECT count(*) FROM (VALUES TIMESTAMP '2024-05-01 00:00 UTC', TIMESTAMP '2024-05-01 09:00 Asia/Seoul') t(x) GROUP BY x", want: []string{"2"}},
		{name: "outer join", sql: "SELECT a, b FROM (VALUES 1, 2) t(a) LEFT JOIN (VALUES 2, 3) u(b) ON a = b ORDER BY a", want: []string{"1|∅", "2|2"}},
		{name: "not in with null", sql: "SELECT x FROM (VALUES 1, 2) t(x) WHERE x NOT IN (SELECT y FROM (VALUES 1, NULL) u(y))", want: nil},
		{name: "unnest", sql: "SELECT a, x, n FROM (VALUES (1, ARRAY['p', 'q']), (2, ARRAY[])) t(a, l) CROSS JOIN UNNEST(l) WITH ORDINALITY AS u(x, n) ORDER BY n", want: []string{"1|p|1", "1|q|2"}},
		{name: "unnest zips", sql: "SELECT * FROM UNNEST(ARRAY[1, 2], MAP(ARRAY['k'], ARRAY[5])) t(a, k, v) ORDER BY a", want: []string{"1|k|5", "2|∅|∅"}},
		{name: "window", sql: "SELECT x, sum(x) OVER (ORDER BY x ROWS 1 PRECEDING) FROM (VALUES 1, 2, 3) t(x) ORDER BY x", want: []string{"1|1", "2|3", "3|5"}},
		{name: "lambda", sql: "SELECT transform(l, e -> e * x) FROM (VALUES (ARRAY[1, 2], 10)) t(l, x)", want: []string{"[10, 20]"}},
		{name: "a branch not taken does not fail", sql: "SELECT if(x = 0, -1, 10 / x) FROM (VALUES 0, 5) t(x) ORDER BY x", want: []string{"-1", "2"}},
		{name: "a guarded row does not fail", sql: "SELECT y FROM (VALUES (0, 'x'), (1, '7')) t(x, y) WHERE x = 1 AND CAST(y AS integer) = 7", want: []string{"7"}},
		{name: "try", sql: "SELECT try(10 / x) FROM (VALUES 0) t(x)", want: []string{"∅"}},
		{name: "nan", sql: "SELECT x = x, x < 1, x > 1, x <> x FROM (VALUES nan()) t(x)", want: []string{"false|false|false|true"}},
		{name: "now is the request's", sql: "SELECT now(), current_date", want: []string{"2026-03-01 12:30:15.123 UTC|2026-03-01"}},
		{name: "correlated", sql: "SELECT x, (SELECT count(*) FROM (VALUES 1, 2) u(y) WHERE y <= x) FROM (VALUES 0, 2) t(x) ORDER BY x", want: []string{"0|0", "2|2"}},
		{name: "set operations", sql: "(SELECT 1 UNION SELECT 1) EXCEPT SELECT 2", want: []string{"1"}},
		{name: "with", sql: "WITH t AS (SELECT * FROM (VALUES 1, 2) v(x)) SELECT a.x, b.x FROM t a JOIN t b ON a.x + 1 = b.x", want: []string{"1|2"}},
		{name: "decimal average", sql: "SELECT avg(x), sum(x) FROM (VALUES DECIMAL '1.00', DECIMAL '2.01') t(x)", want: []string{"1.51|3.01"}},
		{name: "text holds every character", sql: `SELECT x || chr(0) || U&'\+01F4B0' FROM (VALUES 'it''s') t(x)`, want: []string{"it's\x00💰"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ask(t.Context(), e, engine.Request{SQL: tt.sql, Query: analyzed(t, tt.sql), Now: now()})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func failures(t *testing.T, e engine.Engine) {
	t.Helper()
	for _, tt := range []struct{ name, sql, want, message string }{
		{"division", "SELECT 1 / x FROM (VALUES 0) t(x)", sqlerr.DivisionByZero, "Division by zero"},
		{"overflow", "SELECT x + 1 FROM (VALUES 9223372036854775807) t(x)", sqlerr.NumericOutOfRange, "bigint addition overflow: 9223372036854775807 + 1"},
		{"sum", "SELECT sum(x) FROM (VALUES 9223372036854775807, 1) t(x)", sqlerr.NumericOutOfRange, ""},
		{"cast", "SELECT CAST(x AS integer) FROM (VALUES 'z') t(x)", sqlerr.InvalidCastArgument, "Cannot cast 'z' to INT"},
		{"two rows", "SELECT (SELECT x FROM (VALUES 1, 2) t(x))", "SUBQUERY_MULTIPLE_ROWS", "Scalar sub-query has returned multiple rows"},
		{"quotes in the message", "SELECT CAST(x AS bigint) FROM (VALUES 'it''s') t(x)", sqlerr.InvalidCastArgument, "Cannot cast 'it's' to BIGINT"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ask(t.Context(), e, engine.Request{SQL: tt.sql, Query: analyzed(t, tt.sql), Now: now()})
			failed, ok := errors.AsType[*sqlerr.Error](err)
			if !ok || failed.Name != tt.want || tt.message != "" && failed.Message != tt.message {
				t.Errorf("%v, want %s: %s", err, tt.want, tt.message)
			}
		})
	}
}

func spelling(t *testing.T, e engine.Engine) {
	t.Helper()
	for _, tt := range []struct{ sql, athena, protocol string }{
		{"true", "true", "true"},
		{"BIGINT '-5'", "-5", "-5"},
		{"1e10", "1.0E10", "1.0E10"},
		{"nan()", "NaN", `"NaN"`},
		{"REAL '0.1'", "0.1", "0.1"},
		{"DECIMAL '1.50'", "1.50", `"1.50"`},
		{"'a\"b'", `a"b`, `"a\"b"`},
		{"CAST('a' AS char(3))", "a  ", `"a  "`},
		{"X'3132'", "31 32", `"MTI="`},
		{"DATE '2024-05-01'", "2024-05-01", `"2024-05-01"`},
		{"TIME '01:02:03.4'", "01:02:03.4", `"01:02:03.4"`},
		{"TIMESTAMP '2024-05-01 01:02:03.123'", "2024-05-01 01:02:03.123", `"2024-05-01 01:02:03.123"`},
		{"TIMESTAMP '2024-05-01 01:02:03.123456789'", "2024-05-01 01:02:03.123456789", `"2024-05-01 01:02:03.123456789"`},
		{"TIMESTAMP '2024-05-01 01:02:03 Asia/Seoul'", "2024-05-01 01:02:03 Asia/Seoul", `"2024-05-01 01:02:03 Asia/Seoul"`},
		{"INTERVAL '25' HOUR", "1 01:00:00.000", `"1 01:00:00.000"`},
		{"INTERVAL '14' MONTH", "1-2", `"1-2"`},
		{"ARRAY[1, NULL]", "[1, null]", "[1,null]"},
		{"MAP(ARRAY['k'], ARRAY[1.5])", "{k=1.5}", `{"k":"1.5"}`},
		{"CAST(ROW(1, 'x') AS ROW(a integer, b varchar))", "{a=1, b=x}", `[1,"x"]`},
		{"JSON '{\"b\":1}'", `{"b":1}`, `"{\"b\":1}"`},
		{"IPADDRESS '10.0.0.1'", "10.0.0.1", `"10.0.0.1"`},
		{"UUID '12151fd2-7586-11e9-8f9e-2a86e4085a59'", "12151fd2-7586-11e9-8f9e-2a86e4085a59", `"12151fd2-7586-11e9-8f9e-2a86e4085a59"`},
	} {
		// Once as a constant and once as what a column holds.
		for _, sql := range []string{"SELECT " + tt.sql, "SELECT max_by(x, n) FROM (VALUES (" + tt.sql + ", 1)) t(x, n)"} {
			for s, want := range map[engine.Spelling]string{engine.Athena: tt.athena, engine.Protocol: tt.protocol} {
				got, err := ask(t.Context(), e, engine.Request{SQL: sql, Query: analyzed(t, sql), Now: now(), Spelling: s})
				if err != nil || !slices.Equal(got, []string{want}) {
					t.Errorf("%s: %q, %v, want %q", sql, got, err, want)
				}
			}
		}
	}
}

const many = "SELECT x, CAST(x AS varchar) FROM UNNEST(sequence(1, 10000)) a(y) CROSS JOIN UNNEST(sequence(y * 10, y * 10 + 9)) b(x)"

func manyRows(t *testing.T, e engine.Engine) {
	t.Helper()
	got, err := ask(t.Context(), e, engine.Request{SQL: many, Query: analyzed(t, many), Now: now()})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(got)
	if len(slices.Compact(got)) != 100_000 {
		t.Errorf("%d rows", len(got))
	}
}

// endless runs far longer than any test.
const endless = "SELECT count(*) FROM UNNEST(sequence(1, 10000)) a(x), UNNEST(sequence(1, 10000)) b(y), UNNEST(sequence(1, 10000)) c(z) WHERE x * y + z <> 7"

func cancelled(t *testing.T, e engine.Engine) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	started := time.Now()
	_, err := ask(ctx, e, engine.Request{SQL: endless, Query: analyzed(t, endless), Now: now()})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v, want the context's error", err)
	}
	if waited := time.Since(started); waited > 5*time.Second {
		t.Errorf("it took %v to stop", waited)
	}
	if got, err := ask(t.Context(), e, engine.Request{Query: analyzed(t, "SELECT 1"), Now: now()}); err != nil || len(got) != 1 {
		t.Errorf("the next query: %v, %v", got, err)
	}
}

func closedEarly(t *testing.T, e engine.Engine) {
	t.Helper()
	rows, err := e.Run(t.Context(), engine.Request{SQL: many, Query: analyzed(t, many), Now: now()})
	if err != nil {
		t.Fatal(err)
	}
	if !rows.Next() {
		t.Fatal(rows.Err())
	}
	if err := errors.Join(rows.Close(), rows.Close()); err != nil {
		t.Error(err)
	}
	if rows.Next() {
		t.Error("a row after Close")
	}
}

func atOnce(t *testing.T, e engine.Engine) {
	t.Helper()
	q := analyzed(t, "SELECT sum(x) FROM UNNEST(sequence(1, 1000)) t(x)")
	results := make(chan error)
	for range 8 {
		go func() {
			got, err := ask(t.Context(), e, engine.Request{Query: q, Now: now()})
			if err == nil && !slices.Equal(got, []string{"500500"}) {
				err = errors.New(strings.Join(got, ","))
			}
			results <- err
		}()
	}
	for range 8 {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
}
