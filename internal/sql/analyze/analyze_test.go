package analyze_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/sql/analyze"
	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/parse"
	"github.com/sillok/sillok/internal/sql/replaytest"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// sample returns a small catalog of log tables.
func sample(tb testing.TB) replaytest.Catalog {
	tb.Helper()
	catalog := replaytest.Catalog{}
	catalog.Add(tb, "flows", "srcaddr varchar", "dstport integer", "bytes bigint", "start bigint", "day date")
	catalog.Add(tb, "trail", "eventname varchar", "identity row(arn varchar, issuer row(name varchar))",
		"resources array(row(arn varchar, type varchar))", "tags map(varchar, varchar)")
	view := &analyze.View{SQL: "SELECT srcaddr, sum(bytes) AS total FROM flows GROUP BY 1", Catalog: "awsdatacatalog", Database: "default"}
	view.Columns = []analyze.ViewColumn{{Name: "srcaddr", Type: datatype.Text()}, {Name: "total", Type: datatype.Of(datatype.Bigint)}}
	catalog["talkers"] = &analyze.Relation{View: view}
	stale := *view
	stale.Columns = view.Columns[:1]
	catalog["stale"] = &analyze.Relation{View: &stale}
	catalog["loop"] = &analyze.Relation{View: &analyze.View{SQL: "SELECT * FROM loop", Catalog: "awsdatacatalog", Database: "default"}}
	return catalog
}

// TestPlans compares the plan of each statement in testdata with what stands there.
func TestPlans(t *testing.T) {
	files, err := filepath.Glob("testdata/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("no testdata: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			sql, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			q, err := ask(t, strings.TrimSpace(string(sql)), sample(t))
			if err != nil {
				t.Fatal(err)
			}
			golden := strings.TrimSuffix(file, ".sql") + ".plan"
			got := dump(q)
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("plan (-want +got):\n%s", diff)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	catalog := sample(t)
	for _, tt := range []struct{ name, sql, want string }{
		{"unknown column", "SELECT nosuch FROM flows", "COLUMN_NOT_FOUND: line 1:8: Column 'nosuch' cannot be resolved"},
		{"unknown table", "SELECT 1 FROM nosuch", "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.default.nosuch' does not exist"},
		{"unknown database", "SELECT 1 FROM other.t", "SCHEMA_NOT_FOUND: line 1:15: Schema 'other' does not exist"},
		{"unknown field of a row", "SELECT identity.nosuch FROM trail", "INVALID_COLUMN_REFERENCE: line 1:8: Column reference 'identity.nosuch' is invalid"},
		{"field of text", "SELECT eventname.x FROM trail", "TYPE_MISMATCH: line 1:8: Expression eventname is not of type ROW"},
		{
			"text against number", "SELECT * FROM flows WHERE srcaddr = 1",
			"TYPE_MISMATCH: line 1:35: Cannot apply operator: varchar = integer",
		},
		{
			"interval without quotes added to text", "SELECT 'a' - INTERVAL '1' DAY",
			"TYPE_MISMATCH: line 1:12: Cannot apply operator: varchar(1) - interval day to second",
		},
		{
			"ungrouped column", "SELECT srcaddr, count(*) FROM flows",
			"EXPRESSION_NOT_AGGREGATE: line 1:8: 'srcaddr' must be an aggregate expression or appear in GROUP BY clause. Add GROUP BY srcaddr, or leave it out beside an aggregate",
		},
		{
			"aggregate in WHERE", "SELECT 1 FROM flows WHERE sum(bytes) > 1",
			"EXPRESSION_NOT_SCALAR: line 1:38: WHERE clause cannot contain aggregations, window functions or grouping operations: [sum(bytes)]",
		},
		{"position beyond the list", "SELECT srcaddr FROM flows ORDER BY 2", "INVALID_COLUMN_REFERENCE: line 1:36: ORDER BY position 2 is not in select list"},
		{"unknown function", "SELECT nosuch(1)", "FUNCTION_NOT_FOUND: line 1:8: Function 'nosuch' not registered"},
		{"cast that is not there", "SELECT CAST(day AS bigint) FROM flows", "TYPE_MISMATCH: line 1:8: Cannot cast date to bigint"},
		{"literal", "SELECT DATE '2024-02-30'", "INVALID_LITERAL: line 1:8: '2024-02-30' is not a valid DATE literal"},
		{
			"aliases", "SELECT 1 FROM trail CROSS JOIN UNNEST(resources) AS t(r)",
			"MISMATCHED_COLUMN_ALIASES: line 1:32: Column alias list has 1 entries but 't' has 2 columns available",
		},
		{
			"stale view", "SELECT * FROM stale",
			"VIEW_IS_STALE: line 1:15: View 'awsdatacatalog.default.stale' is stale or in invalid state: stored view column count (1) does not match column count derived from the view query analysis (2)",
		},
		{"union of unlike types", "SELECT 1 UNION SELECT 'a'", "TYPE_MISMATCH: line 1:10: column 1 in UNION query has incompatible types: integer, varchar(1)"},
		{"ambiguous", "SELECT srcaddr FROM flows a, flows b", "AMBIGUOUS_NAME: line 1:8: Column 'srcaddr' is ambiguous"},
		{"no row to fetch", "SELECT 1 FETCH FIRST 0 ROWS ONLY", "NUMERIC_VALUE_OUT_OF_RANGE: line 1:10: FETCH FIRST row count must be positive (actual value: 0)"},
		{"unnest of text", "SELECT 1 FROM trail CROSS JOIN UNNEST(eventname)", "INVALID_FUNCTION_ARGUMENT: Cannot unnest type: varchar"},
		{
			"USING twice", "SELECT 1 FROM flows JOIN flows b USING (day, day)",
			"DUPLICATE_COLUMN_NAME: line 1:46: Column 'day' appears multiple times in USING clause",
		},
		{"column misspelt", "SELECT scraddr FROM flows", "COLUMN_NOT_FOUND: line 1:8: Column 'scraddr' cannot be resolved. Did you mean 'srcaddr'?"},
		{"qualified column misspelt", "SELECT f.byte FROM flows f", "COLUMN_NOT_FOUND: line 1:8: Column 'f.byte' cannot be resolved. Did you mean 'f.bytes'?"},
		{"text in double quotes", `SELECT 1 FROM flows WHERE srcaddr = "10.0.0.1"`, "COLUMN_NOT_FOUND: line 1:37: Column '10.0.0.1' cannot be resolved. Double quotes are for names: write '10.0.0.1' for text"},
		{
			"a field in brackets", "SELECT identity['arn'] FROM trail",
			"EXPRESSION_NOT_CONSTANT: line 1:17: Subscript expression on ROW requires a constant index. A field has a dot before its name: write identity.arn",
		},
		{"table misspelt", "SELECT 1 FROM flow", "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.default.flow' does not exist. Did you mean 'flows'?"},
		{
			"star beside an aggregate", "SELECT *, count(*) FROM flows",
			"EXPRESSION_NOT_AGGREGATE: line 1:8: 'flows.srcaddr' must be an aggregate expression or appear in GROUP BY clause. " +
				"Name the columns to group by instead of *, or write the aggregate over a window: count(*) OVER ()",
		},
		{
			"not among the groups", "SELECT srcaddr, day FROM flows GROUP BY day",
			"EXPRESSION_NOT_AGGREGATE: line 1:8: 'srcaddr' must be an aggregate expression or appear in GROUP BY clause. " +
				"Add srcaddr to GROUP BY, or write arbitrary(srcaddr) for any one of its values",
		},
		{
			"ungrouped column in a named window", "SELECT max(bytes) FROM flows GROUP BY day WINDOW w AS (ORDER BY day ROWS bytes PRECEDING)",
			"EXPRESSION_NOT_AGGREGATE: line 1:74: 'bytes' must be an aggregate expression or appear in GROUP BY clause. Add bytes to GROUP BY, or write arbitrary(bytes) for any one of its values",
		},
		{
			"too many grouping sets", "SELECT 1 FROM flows GROUP BY CUBE (srcaddr, day, bytes, start, dstport, packets), CUBE (srcaddr, day, bytes, start, dstport, packets)",
			"TOO_MANY_GROUPING_SETS: line 1:30: GROUP BY has 4096 grouping sets but can contain at most 2048",
		},
		{"a value that has no form", "SELECT format('%s, %s', 1, X'61')", "NOT_SUPPORTED: line 1:28: Type not supported for formatting: varbinary"},
		{"a path without a mode", "SELECT json_exists('{}', '$.k')", "SYNTAX_ERROR: line 1:27: missing {'lax', 'strict'} at '$'"},
		{"a path of words", "SELECT json_value('{}', 'no path')", "SYNTAX_ERROR: line 1:26: mismatched input 'no' expecting {'lax', 'strict'}"},
		{"an empty path", "SELECT json_value('{}', '')", "SYNTAX_ERROR: line 1:26: mismatched input '<EOF>' expecting {'lax', 'strict'}"},
		{"a path with a name", "SELECT json_query('{}', 'lax $' AS p)", "INVALID_PATH: line 1:36: JSON path name is not allowed in JSON_QUERY function"},
		{"table function", "SELECT * FROM TABLE(nosuch(1))", "FUNCTION_NOT_FOUND: line 1:21: Table function 'nosuch' not registered"},
		{"steps away", "SELECT * FROM TABLE(sequence(1, 5, -1))", "INVALID_FUNCTION_ARGUMENT: Step must be positive for sequence [1, 5]"},
		{"a table of information_schema", "SELECT 1 FROM information_schema.nosuch", "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.information_schema.nosuch' does not exist"},
		{"properties of a table", `SELECT * FROM "flows$properties"`, `SILLOK_NOT_SUPPORTED: line 1:15: "table$properties" is not supported by this version of Sillok`},
		{"partitions of a table without", `SELECT * FROM "flows$partitions"`, "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.default.flows$partitions' does not exist"},
		{"a version of a table", "SELECT * FROM flows FOR VERSION AS OF 1", "NOT_SUPPORTED: This connector does not support versioned tables"},
		{"a recursion that is read twice", "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT t.n FROM t, t u) TABLE t", "INVALID_RECURSIVE_REFERENCE: line 1:63: multiple recursive references in the step relation of recursion"},
		{"a recursion that starts from itself", "WITH RECURSIVE t(n) AS (SELECT n FROM t UNION ALL SELECT 1) TABLE t", "INVALID_RECURSIVE_REFERENCE: line 1:39: WITH table name is referenced in the base relation of recursion"},
		{"a recursion with an order", "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n FROM t ORDER BY 1) TABLE t", "NOT_SUPPORTED: line 1:60: immediate ORDER BY clause in recursive query"},
		{"a label that is not in the pattern", "SELECT * FROM flows MATCH_RECOGNIZE (MEASURES 1 AS x PATTERN (A) DEFINE B AS true)", "INVALID_LABEL: line 1:73: defined variable: B is not a primary pattern variable"},
		{"an aggregate of rows of two labels", "SELECT * FROM flows MATCH_RECOGNIZE (MEASURES sum(A.bytes + B.bytes) AS x PATTERN (A B) DEFINE B AS true)", "INVALID_ARGUMENTS: line 1:61: All aggregate arguments must apply to rows matched with the same label"},
		{"a subquery over the rows of a pattern", "SELECT * FROM flows MATCH_RECOGNIZE (MEASURES 1 AS x PATTERN (A) DEFINE A AS bytes IN (SELECT 1))", "SILLOK_NOT_SUPPORTED: line 1:84: a subquery over the rows of a row pattern is not supported by this version of Sillok"},
		{"where a pattern is looked for", "SELECT * FROM flows MATCH_RECOGNIZE (MEASURES 1 AS x INITIAL PATTERN (A) DEFINE A AS true)", "NOT_SUPPORTED: line 1:54: Pattern search modifier: INITIAL is not allowed in MATCH_RECOGNIZE clause"},
		{"an aggregate of different rows of a match", "SELECT * FROM flows MATCH_RECOGNIZE (MEASURES count(DISTINCT bytes) AS x PATTERN (A) DEFINE A AS true)", "NOT_SUPPORTED: line 1:47: Cannot use DISTINCT with count aggregate function in pattern recognition context"},
		{"an aggregate in an order", "SELECT * FROM flows MATCH_RECOGNIZE (MEASURES array_agg(bytes ORDER BY bytes) AS x PATTERN (A) DEFINE A AS true)", "NOT_SUPPORTED: line 1:47: Cannot use ORDER BY with array_agg aggregate function in pattern recognition context"},
		{"an aggregate of some rows of a match", "SELECT * FROM flows MATCH_RECOGNIZE (MEASURES count(DISTINCT bytes) FILTER (WHERE bytes > 1) AS x PATTERN (A) DEFINE A AS true)", "NOT_SUPPORTED: line 1:47: Cannot use FILTER with count aggregate function in pattern recognition context"},
		{"that before what is left out", "SELECT * FROM flows MATCH_RECOGNIZE (MEASURES 1 AS x ALL ROWS PER MATCH WITH UNMATCHED ROWS SEEK PATTERN (A {- B -}) DEFINE A AS true)", "NOT_SUPPORTED: line 1:93: Pattern search modifier: SEEK is not allowed in MATCH_RECOGNIZE clause"},
		{"rows that are left out of all", "SELECT * FROM flows MATCH_RECOGNIZE (MEASURES 1 AS x ALL ROWS PER MATCH WITH UNMATCHED ROWS PATTERN (A {- B -}) DEFINE A AS true)", "INVALID_ROW_PATTERN: line 1:104: Pattern exclusion syntax is not allowed when ALL ROWS PER MATCH WITH UNMATCHED ROWS is specified"},
		{"a pattern of too many parts", "SELECT * FROM flows MATCH_RECOGNIZE (MEASURES 1 AS x PATTERN (((A{1000}){1000}){1000}) DEFINE A AS true)", "SILLOK_NOT_SUPPORTED: line 1:65: a row pattern of so many parts is not supported by this version of Sillok"},
		{"a path of JSON_TABLE that is named twice", "SELECT * FROM JSON_TABLE('[]', 'lax $' AS a COLUMNS (a FOR ORDINALITY))", "DUPLICATE_COLUMN_OR_PATH_NAME: line 1:54: All column and path names in JSON_TABLE invocation must be unique"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ask(t, tt.sql, catalog)
			got := ""
			if err != nil {
				got = err.Error()
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestRecursiveView(t *testing.T) {
	_, err := ask(t, "SELECT * FROM loop", sample(t))
	failed, ok := errors.AsType[*sqlerr.Error](err)
	if !ok || failed.Name != "INVALID_VIEW" || !strings.Contains(failed.Message, "VIEW_IS_RECURSIVE") {
		t.Errorf("got %v, want INVALID_VIEW because of VIEW_IS_RECURSIVE", err)
	}
}

// as returns the statement as the kind that it must be.
func as[T ast.Statement](tb testing.TB, statement ast.Statement) T {
	tb.Helper()
	kind, ok := statement.(T)
	if !ok {
		tb.Fatalf("statement is a %T", statement)
	}
	return kind
}

func TestParameters(t *testing.T) {
	const sql, using = "SELECT * FROM flows WHERE srcaddr = ? LIMIT ?", "EXECUTE q USING '10.0.0.1', 5"
	statement, err := parse.Statement(sql)
	if err != nil {
		t.Fatal(err)
	}
	execute, err := parse.Statement(using)
	if err != nil {
		t.Fatal(err)
	}
	session := analyze.Session{
		Catalog: "awsdatacatalog", Database: "default", Parameters: as[*ast.Execute](t, execute).Using, ParameterSource: using,
	}
	query := as[*ast.Query](t, statement)
	q, err := analyze.Query(t.Context(), sql, query, sample(t), session)
	if err != nil {
		t.Fatal(err)
	}
	if got := dump(q); !strings.Contains(got, "10.0.0.1") || !strings.Contains(got, "Count: 5") {
		t.Errorf("parameters are not in the plan:\n%s", got)
	}
	session.Parameters = nil
	_, err = analyze.Query(t.Context(), sql, query, sample(t), session)
	if failed, ok := errors.AsType[*sqlerr.Error](err); !ok || failed.Name != "INVALID_PARAMETER_USAGE" {
		t.Errorf("got %v, want INVALID_PARAMETER_USAGE", err)
	}
}

// FuzzQuery checks that no text makes the analyzer panic or yield an unsound plan.
func FuzzQuery(f *testing.F) {
	for _, sql := range []string{
		"SELECT srcaddr, sum(bytes) OVER (PARTITION BY day ORDER BY start) FROM flows WHERE dstport IN (1, 2) ORDER BY 2 DESC LIMIT 3",
		"WITH t AS (SELECT count(*) n FROM flows GROUP BY ROLLUP (day, srcaddr)) SELECT * FROM t a JOIN t b USING (n)",
		"SELECT r.arn, transform(map_keys(tags), k -> k || '!') FROM trail CROSS JOIN UNNEST(resources) AS r(arn, type)",
		"SELECT (SELECT max(bytes) FROM flows g WHERE g.day = f.day) FROM flows f UNION ALL VALUES 1, NULL",
		"SELECT CASE day WHEN DATE '2024-01-01' THEN 1 END, CAST(ROW(1, 'a') AS ROW(x bigint, y varchar)).y FROM flows",
	} {
		f.Add(sql)
	}
	catalog := sample(f)
	f.Fuzz(func(t *testing.T, sql string) {
		statement, err := parse.Statement(sql)
		if err != nil {
			return
		}
		q, ok := statement.(*ast.Query)
		if !ok {
			return
		}
		session := analyze.Session{Catalog: "awsdatacatalog", Database: "default"}
		analyzed, err := analyze.Query(t.Context(), sql, q, catalog, session)
		if err != nil {
			if _, ok := errors.AsType[*sqlerr.Error](err); !ok {
				t.Errorf("%v is not an error of the statement", err)
			}
			return
		}
		if err := sound(analyzed); err != nil {
			t.Errorf("unsound plan: %v", err)
		}
	})
}
