package fold_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/engine/fold"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/replaytest"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

func folded(t *testing.T, sql string) (*plan.Query, error) {
	t.Helper()
	catalog := replaytest.Catalog{}
	catalog.Add(t, "flows", "srcaddr varchar", "bytes bigint", "start bigint", "day date")
	q, err := replaytest.Analyze(t.Context(), sql, catalog)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return fold.Query(t.Context(), q, time.Time{})
}

// rowsOf returns the literals that a query has become; an expression that has stayed is
// a question mark.
func rowsOf(t *testing.T, sql string) string {
	t.Helper()
	q, err := folded(t, sql)
	if err != nil {
		return err.Error()
	}
	values, ok := q.Root.(*plan.Values)
	if !ok {
		return "no values"
	}
	lines := make([]string, len(values.Rows))
	for i, row := range values.Rows {
		cells := make([]string, len(row))
		for j, cell := range row {
			c, constant := cell.(*plan.Const)
			switch {
			case !constant:
				cells[j] = "?"
			case c.Value == nil:
				cells[j] = "NULL"
			default:
				cells[j] = value.Text(c.T, c.Value)
			}
		}
		lines[i] = strings.Join(cells, ", ")
	}
	return strings.Join(lines, "; ")
}

const (
	arrays   = "NOT_SUPPORTED: ARRAY comparison not supported for arrays with null elements"
	overflow = "GENERIC_INTERNAL_ERROR: integer overflow"
	tiny     = "0.00000000000000000000000000000000000001"
	tooLow   = "element_at(ARRAY[1], BIGINT '-9223372036854775808')"
)

// Trino's own answers, and what EXPLAIN shows of them.
func TestConstants(t *testing.T) {
	for _, tt := range []struct{ name, sql, want string }{
		{"functions are computed", "SELECT length('abc') + 1, upper('x') || 'y'", "4, Xy"},
		{"what fails stays for the row", "SELECT 1/0", "?"},
		{"one argument NULL", "SELECT 1/0 + NULL, CAST(NULL AS varchar) || CAST(1/0 AS varchar)", "NULL, NULL"},
		{"TRY stays, and what is beside it", "SELECT TRY(1/0) + 1/0, TRY(5)", "?, ?"},
		{"TRY_CAST is computed", "SELECT TRY_CAST('x' AS integer) + 1/0", "NULL"},
		{"a random number stays", "SELECT random() < 2", "no values"},
		{"AND drops what is true", "SELECT true AND 1/0 = 1", "?"},
		{"AND with FALSE", "SELECT 1/0 = 1 AND 1 = 2", "false"},
		{"OR with TRUE", "SELECT 1/0 = 1 OR 1 = 1", "true"},
		{"a written FALSE is seen before what fails inside", "SELECT false AND " + tooLow + " = 1", "false"},
		{"NULL and NULL", "SELECT NULL AND 1 = NULL", "NULL"},
		{"NOT NOT", "SELECT NOT (NOT (1 = 1))", "true"},
		{"a CASE of conditions", "SELECT CASE WHEN 1 = 2 THEN 1/0 WHEN 1 = 1 THEN 5 ELSE 1/0 END", "5"},
		{"a CASE whose condition fails", "SELECT CASE WHEN 1/0 = 1 THEN 1 ELSE 2 END", "?"},
		{"a CASE of one truth", "SELECT CASE WHEN 1/0 = 1 THEN false ELSE false END, CASE WHEN 1/0 = 1 THEN true ELSE true END", "false, true"},
		{"a CASE of TRUE and FALSE", "SELECT CASE WHEN 1/0 = 1 THEN true ELSE false END", "?"},
		{"a simple CASE", "SELECT CASE 2 WHEN 1 THEN 1/0 WHEN 2 THEN 7 END", "7"},
		{"a simple CASE of NULL", "SELECT CASE NULL WHEN 1/0 THEN 1 ELSE 3 END", "3"},
		{"a simple CASE whose operand fails", "SELECT CASE 1/0 WHEN NULL THEN 1 END", "?"},
		{"a simple CASE with a branch that fails", "SELECT CASE 1 WHEN 1/0 THEN 1 WHEN 1 THEN 2 END", "?"},
		{"COALESCE behind a constant", "SELECT coalesce(NULL, 3, 1/0)", "3"},
		{"COALESCE of nothing", "SELECT coalesce(NULL, NULL)", "NULL"},
		{"NULLIF", "SELECT nullif(1, 1), nullif(1, 2), nullif(NULL, 1/0), nullif(3, NULL)", "NULL, 1, NULL, 3"},
		{"IN of constants", "SELECT 2 IN (1, 2), 3 IN (1, NULL)", "true, NULL"},
		{"IN with what fails", "SELECT 1 IN (1/0, 1)", "?"},
		{"IS NULL of a row", "SELECT ROW(1/0) IS NULL", "false"},
		{"IS NULL of a comparison", "SELECT (ARRAY[1, NULL] = ARRAY[2]) IS NULL", "false"},
		{"IS DISTINCT FROM NULL", "SELECT 1 IS DISTINCT FROM NULL, 1/0 IS DISTINCT FROM NULL", "true, ?"},
		{"BETWEEN of a constant", "SELECT 1 BETWEEN 2 AND 1/0, 5 BETWEEN 2 AND 9", "false, true"},
		{"BETWEEN ends in the wrong order", "SELECT 1/0 BETWEEN 2 AND 1", "?"},
		{"a field of a row", "SELECT ROW(1/0, 2)[2], CAST(ROW(1/0, 2) AS row(x integer, y bigint)).y", "2, 2"},
		{"a decimal is compared in its own type", "SELECT x > " + tiny + ", x = " + tiny + ", x <> " + tiny + ", " + tiny + " >= x, x IS DISTINCT FROM " + tiny + " FROM (VALUES 1.5) t(x)", "true, false, true, false, true"},
		{"so is an integer", "SELECT x > " + tiny + ", CAST(x AS decimal(38, 38)) > " + tiny + ", ARRAY[x] < ARRAY[" + tiny + "] FROM (VALUES 1) t(x)", "true, true, false"},
		{"a constant that is rounded to what does not fit", "SELECT x > 0.99999999999999999999999999999999999999 FROM (VALUES 1.5) t(x)", "INVALID_CAST_ARGUMENT: Cannot cast DECIMAL(2, 1) '1.0' to DECIMAL(38, 38)"},
		{"a constant beyond the type", "SELECT x = 100000, x > 100000, x < 100000, x IS DISTINCT FROM 100000 FROM (VALUES SMALLINT '1', NULL) t(x)", "false, false, true, true; NULL, NULL, NULL, true"},
		{"a constant that the type rounds", "SELECT x = 1.5, x <> 1.5, x < 1.5, x >= 1.5, y = 'abc', y IS DISTINCT FROM 'abc' FROM (VALUES (1, 'a')) t(x, y)", "false, true, true, false, false, true"},
		{"and before what fails", "SELECT 1/x FROM (VALUES 0) t(x) WHERE 1/x = 1 AND x = 1.5", ""},
		{"maps whose keys are rounded", "SELECT MAP(ARRAY[1], ARRAY[1]) = MAP(ARRAY[0.50000000000000000000000000000000000000], ARRAY[1])", "true"},
		{"a constant that does not fit", "SELECT x > 1.5 FROM (VALUES (" + tiny + ", 1)) t(x, y)", "false"},
		{"IN of what is never there", "SELECT 1/x FROM (VALUES 0) t(x) WHERE 1 IN (SELECT 2 FROM flows)", ""},
		{"IN of what is never the same", "SELECT y FROM (SELECT 1/x, 'q' FROM (VALUES 0) t(x)) t(x, y) WHERE x IN (SELECT 1 FROM (VALUES 'x', 'yy') u(z) WHERE z = y)", ""},
		{"IN of what is never the same across a join", "SELECT 1/x FROM (VALUES (0, 'q')) t(x, y) CROSS JOIN (VALUES 1) v(z) WHERE y IN (SELECT 'r' FROM flows)", ""},
		{"IN of arrays of which none is the constant", "SELECT 1/x FROM (VALUES 0) t(x) WHERE ARRAY[1, 2] IN (SELECT y FROM (VALUES ARRAY[1], ARRAY[2, NULL]) u(y))", ""},
		{"EXISTS of what is never the same", "SELECT x FROM (VALUES 1, 2) t(x) WHERE EXISTS (SELECT 1 FROM (VALUES 3, NULL) u(y) WHERE y = x)", ""},
		{"arrays are compared", "SELECT ARRAY[1, 2] = ARRAY[1, 2], cardinality(ARRAY[1, NULL])", "true, 2"},
		{"a comparison that fails in a branch", "SELECT CASE WHEN random() < 0 THEN ARRAY[1, NULL] < ARRAY[1, 2] ELSE false END", arrays},
		{"a comparison that fails in a lambda", "SELECT transform(ARRAY[1], p -> p < 0 AND ARRAY[1, NULL] < ARRAY[1, 2])", arrays},
		{"a comparison that fails in TRY", "SELECT TRY(ARRAY[1, NULL] < ARRAY[1, 2])", arrays},
		{"a comparison with the results of a CASE", "SELECT CASE WHEN random() < 0 THEN ARRAY[1, NULL] ELSE ARRAY[3] END < ARRAY[1, 2]", arrays},
		{"what fails inside, in a branch", "SELECT coalesce(1, " + tooLow + ")", overflow},
		{"what fails inside, in a branch that is not taken", "SELECT if(false, " + tooLow + ", 1)", overflow},
		{"an interval that is too large is seen late", "SELECT 1 = 2 AND INTERVAL '13' MONTH * 1.0E10 > INTERVAL '1' YEAR", "false"},
		{"VALUES take in what is computed of them", "SELECT x + 1, if(x = 2, 1/0, x) FROM (VALUES 1, 2) t(x)", "2, 1; 3, ?"},
		{"VALUES are filtered", "SELECT x FROM (VALUES 1, 2, NULL) t(x) WHERE 1/(x - 1) = 1 AND x > 1", "2"},
		{"VALUES of a named query", "WITH t(x) AS (VALUES 1, 2) SELECT a.x FROM t a WHERE a.x > 1 AND EXISTS (SELECT max(x) FROM t)", "2"},
		{"a comparison that fails in a row of VALUES", "SELECT x FROM (VALUES 1, 2) t(x) WHERE x > 5 AND ARRAY[x, NULL] < ARRAY[1, 2]", arrays},
		{"no rows are asked for", "SELECT " + tooLow + " LIMIT 0", ""},
		{"no row is left", "SELECT " + tooLow + " WHERE length('x') = 2", overflow},
		{"no row is left, and nobody reads", "SELECT 1 FROM (SELECT " + tooLow + ") WHERE length('x') = 2", ""},
		{"EXISTS of named rows", "WITH n(x) AS (VALUES 1, 2), m(y) AS (SELECT x FROM n) SELECT EXISTS (SELECT 1 FROM m WHERE 1 = 1), EXISTS (SELECT count(*) FROM m GROUP BY y)", "true, true"},
		{"EXISTS of what has a row", "SELECT EXISTS (SELECT max(bytes) FROM flows), EXISTS (SELECT 1 FROM flows WHERE false)", "true, false"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, rowsOf(t, tt.sql)); diff != "" {
				t.Errorf("%s: (-want +got):\n%s", tt.sql, diff)
			}
		})
	}
}

const notCarried = "Given correlated subquery is not supported"

func TestSubqueriesThatAreNotCarriedOut(t *testing.T) {
	const bad = "(SELECT max(f.bytes) FROM flows)"
	for _, tt := range []struct{ name, sql, at string }{
		{"beside a term that is NULL", "SELECT x FROM (SELECT " + bad + " x FROM flows f) WHERE x = 1 AND NULL", "1:24"},
		{"beside EXISTS of nothing", "SELECT 1 FROM flows f WHERE " + bad + " = 1 AND EXISTS (SELECT 1 FROM flows WHERE false)", "1:30"},
		{"beside EXISTS of nothing below what asks", "SELECT (SELECT max(bytes) FROM flows) FROM (SELECT " + bad + " z FROM flows f) WHERE z = 1 AND EXISTS (SELECT 1 FROM flows WHERE false)", "1:53"},
		{"beside EXISTS of a row", "SELECT 1 FROM flows f WHERE " + bad + " = 1 OR EXISTS (SELECT 1)", "1:30"},
		{"compared with what its type cannot hold", "SELECT 1 FROM flows f WHERE " + bad + " = 1.5", "1:30"},
		{"a condition over an aggregate of a lateral join", "SELECT 1 FROM flows f LEFT JOIN LATERAL (SELECT max(bytes) m FROM flows g WHERE g.day = f.day) l ON l.m IS NULL", "1:42"},
		{"LIMIT 1 of more than what is equal", "SELECT (SELECT bytes FROM flows g WHERE g.day = f.day LIMIT 1) FROM flows f", "1:9"},
		{"the subquery that is planned last", "SELECT " + bad + ", (SELECT min(f.bytes) FROM flows) FROM flows f", "1:43"},
		{"IN before the others", "SELECT " + bad + " FROM flows f WHERE f.bytes = ANY (SELECT f.bytes FROM flows)", "1:68"},
		{"one that is read by a named query", "WITH a AS (SELECT " + bad + " x FROM flows f) SELECT * FROM a, a b", "1:20"},
		{"a lateral join that is read", "SELECT x FROM flows f LEFT JOIN LATERAL (SELECT f.bytes + g.bytes FROM flows g LIMIT 1) l(x) ON true", "1:42"},
		{"above what has no row", "SELECT " + bad + " FROM flows f WHERE length('x') = 2", "1:9"},
		{"compared by a join on FALSE", "SELECT 1 FROM (SELECT " + bad + " z FROM flows f) LEFT JOIN flows ON false AND z = bytes", "1:24"},
		{"below an outer join that keeps it", "SELECT 1 FROM flows LEFT JOIN (SELECT " + bad + " z FROM flows f WHERE false) ON z = bytes", "1:40"},
		{"a value of no rows", "SELECT (SELECT f.bytes FROM flows WHERE length('x') = 2) FROM flows f", "1:9"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := folded(t, tt.sql)
			want := "NOT_SUPPORTED: line " + tt.at + ": " + notCarried
			if err == nil || err.Error() != want {
				t.Errorf("%s: %v, want %s", tt.sql, err, want)
			}
		})
	}
}

// Trino drops what nobody reads, and what has no row, before it turns subqueries into joins.
func TestSubqueriesThatNobodyReads(t *testing.T) {
	const bad = "(SELECT max(f.bytes) FROM flows)"
	for _, sql := range []string{
		"SELECT 1 FROM (SELECT " + bad + " FROM flows f)",
		"SELECT count(*) FROM (SELECT " + bad + " FROM flows f)",
		"SELECT * FROM (SELECT " + bad + " FROM flows f) WHERE NOT (true OR NULL)",
		"SELECT x FROM (SELECT " + bad + " x FROM flows f) WHERE x = 1 AND length('x') = 2",
		"SELECT " + bad + " FROM flows f LIMIT 0",
		"SELECT " + bad + " FROM flows f INTERSECT SELECT bytes FROM flows WHERE false",
		"SELECT " + bad + " FROM flows f INTERSECT SELECT bytes FROM flows WHERE false GROUP BY bytes",
		"SELECT " + bad + " FROM flows f INTERSECT SELECT count(*) OVER () FROM flows WHERE false",
		"SELECT " + bad + " FROM flows f INTERSECT SELECT g.bytes FROM flows g JOIN flows h ON false",
		"SELECT " + bad + " FROM flows f INTERSECT SELECT g.bytes FROM flows g JOIN (SELECT * FROM flows WHERE false) h ON g.day = h.day",
		"SELECT " + bad + " FROM flows f INTERSECT SELECT g.bytes FROM (SELECT * FROM flows WHERE false) g LEFT JOIN flows h ON g.day = h.day",
		"SELECT bytes FROM flows WHERE false EXCEPT SELECT " + bad + " FROM flows f",
		"SELECT g.bytes FROM flows g JOIN flows h ON g.day = h.day AND NOT (true) WHERE EXISTS (VALUES 1) EXCEPT ALL SELECT " + bad + " FROM flows f",
		"WITH n(x) AS (SELECT bytes FROM flows WHERE false), m(y) AS (SELECT x FROM n) SELECT x FROM n, m EXCEPT SELECT " + bad + " FROM flows f",
		"SELECT bytes FROM flows UNION ALL SELECT x FROM (SELECT " + bad + " x FROM flows f) WHERE false",
		"SELECT (SELECT bytes FROM flows g WHERE g.bytes > f.bytes UNION ALL SELECT 1 WHERE false) FROM flows f",
		"SELECT CASE WHEN false THEN " + bad + " END FROM flows f",
		"SELECT CASE WHEN length('x') = 2 THEN " + bad + " END FROM flows f",
		"SELECT EXISTS(SELECT " + bad + " FROM flows f)",
		"SELECT EXISTS(SELECT bytes FROM flows g WHERE g.bytes > f.bytes LIMIT 5) FROM flows f",
		"SELECT 1 FROM (SELECT row_number() OVER (ORDER BY " + bad + ") FROM flows f)",
		"SELECT l.b FROM flows f CROSS JOIN LATERAL (SELECT f.bytes, g.bytes b FROM flows g) l",
		"SELECT 1 FROM flows f, LATERAL (SELECT max(f.bytes) FROM flows g WHERE g.bytes <> f.bytes)",
		"WITH a AS (SELECT " + bad + " x, f.bytes FROM flows f) SELECT a.bytes FROM a, a b",
		"SELECT bytes FROM flows f WHERE true OR f.bytes IN (SELECT f.bytes FROM flows)",
		"SELECT 1 FROM (SELECT " + bad + " z FROM flows f) LEFT JOIN (SELECT * FROM flows WHERE false) ON z = bytes",
	} {
		if _, err := folded(t, sql); err != nil {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

// Trino computes the constants below what asks a subquery, whether or not somebody reads them.
func TestConstantsThatNobodyReads(t *testing.T) {
	const from = "(SELECT bytes, ARRAY[1, NULL] < ARRAY[1, 2] x FROM flows) f"
	for _, tt := range []struct{ name, sql, want string }{
		{"below EXISTS", "SELECT 1 FROM " + from + " WHERE EXISTS (SELECT 1 FROM flows)", arrays},
		{"below EXISTS that does not matter", "SELECT 1 FROM " + from + " WHERE true OR EXISTS (SELECT 1 FROM flows)", arrays},
		{"below IN", "SELECT 1 FROM " + from + " WHERE bytes IN (SELECT bytes FROM flows)", arrays},
		{"below a value", "SELECT (SELECT max(g.bytes) FROM flows g WHERE g.bytes = f.bytes) FROM " + from, arrays},
		{"below a lateral join", "SELECT m FROM " + from + ", LATERAL (SELECT max(g.bytes) m FROM flows g WHERE g.bytes = f.bytes) l", arrays},
		{"further below", "SELECT 1 FROM (SELECT bytes FROM " + from + " ORDER BY bytes LIMIT 2) WHERE EXISTS (SELECT 1 FROM flows)", arrays},
		{"in a subquery's own rows", "SELECT 1 FROM flows WHERE EXISTS (SELECT 1 FROM " + from + " WHERE EXISTS (SELECT 1 FROM flows))", arrays},
		{"beside a side that asks", "SELECT 1 FROM " + from + " JOIN (SELECT bytes FROM flows WHERE EXISTS (SELECT 1 FROM flows)) g ON true", "carried out"},
		{"above what asks", "SELECT 1 FROM (SELECT ARRAY[1, NULL] < ARRAY[1, 2] x FROM (SELECT bytes FROM flows WHERE EXISTS (SELECT 1 FROM flows)))", "carried out"},
		{"below a subquery that nobody reads", "SELECT 1 FROM (SELECT (SELECT max(bytes) FROM flows) m FROM " + from + ")", "carried out"},
		{"in the subquery", "SELECT 1 FROM flows WHERE bytes IN (SELECT bytes FROM " + from + ")", "carried out"},
		{"below UNNEST", "SELECT m FROM " + from + " CROSS JOIN UNNEST(ARRAY[bytes]) u(m)", "carried out"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := "carried out"
			if _, err := folded(t, tt.sql); err != nil {
				got = err.Error()
			}
			if got != tt.want {
				t.Errorf("%s: %s, want %s", tt.sql, got, tt.want)
			}
		})
	}
}

// What is large is folded in proportion to its size, and ends with the context.
func TestLargeExpressions(t *testing.T) {
	for name, sql := range map[string]string{
		"a sum":              "SELECT " + strings.Repeat("1+", 3000) + "1",
		"a sum of columns":   "SELECT " + strings.Repeat("bytes+", 3000) + "1 FROM flows",
		"NULLIF in NULLIF":   "SELECT " + strings.Repeat("nullif(", 60) + "bytes" + strings.Repeat(", 1)", 60) + " FROM flows",
		"CASE in CASE":       "SELECT " + strings.Repeat("CASE ", 300) + "bytes" + strings.Repeat(" WHEN 1 THEN 2 ELSE 3 END", 300) + " = 2 FROM flows",
		"constants in terms": "SELECT 1 FROM flows WHERE " + strings.Repeat("(bytes = 1 AND ", 200) + "true" + strings.Repeat(" OR 1 = 2)", 200),
		"VALUES of VALUES":   strings.Repeat("SELECT x + x AS x FROM (", 60) + "SELECT 1/x AS x FROM (VALUES 0) t(x)" + strings.Repeat(")", 60),
	} {
		started := time.Now()
		if _, err := folded(t, sql); err != nil {
			t.Errorf("%s: %.200v", name, err)
		}
		if took := time.Since(started); took > 10*time.Second {
			t.Errorf("%s took %s", name, took)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	q, err := replaytest.Analyze(ctx, "SELECT "+strings.Repeat("1+", 5000)+"1", replaytest.Catalog{})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := fold.Query(ctx, q, time.Time{}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func FuzzFold(f *testing.F) {
	for _, sql := range []string{
		"SELECT CASE 1 WHEN 1/0 THEN nullif(1, 2) END", "SELECT x + 1 FROM (VALUES 1, 2) t(x) WHERE x IN (1, NULL)",
		"SELECT (SELECT max(y) FROM (VALUES 1) g(y) WHERE y > f.x) FROM (VALUES 1) f(x)",
	} {
		f.Add(sql)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		q, err := replaytest.Analyze(t.Context(), sql, replaytest.Catalog{})
		if err != nil {
			return
		}
		folded, err := fold.Query(t.Context(), q, time.Time{})
		if err != nil {
			if _, ok := errors.AsType[*sqlerr.Error](err); !ok {
				t.Errorf("%v is not an error of the statement", err)
			}
			return
		}
		have := map[plan.ID]bool{}
		for _, c := range plan.Columns(folded.Root) {
			have[c.ID] = true
		}
		for _, out := range folded.Columns {
			if !have[out.ID] {
				t.Errorf("column %s is gone", out.Name)
			}
		}
	})
}
