package parse_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/sql/parse"
)

// TestHints writes what other databases take and Trino does not, and what a slip of the
// pen leaves.
func TestHints(t *testing.T) {
	for _, tt := range []struct{ name, sql, hint string }{
		{"ILIKE", "SELECT a FROM t WHERE a ILIKE 'x%'", "ILIKE is not known: write lower(a) LIKE lower('x%')"},
		{"NOT ILIKE", "SELECT a FROM t WHERE a NOT ILIKE 'x%'", "ILIKE is not known: write lower(…) NOT LIKE lower('x%')"},
		{"a cast with colons", "SELECT a::varchar FROM t", "write CAST(… AS varchar)"},
		{"a cast of a literal with colons", "SELECT '2024-01-01'::date", "write CAST(… AS date)"},
		{"TOP", "SELECT TOP 10 a FROM t", "write LIMIT 10 at the end of the query"},
		{"LIMIT with two numbers", "SELECT a FROM t LIMIT 5, 10", "write OFFSET 5 LIMIT 10"},
		{"OFFSET behind LIMIT", "SELECT a FROM t LIMIT 10 OFFSET 5", "OFFSET stands before LIMIT"},
		{"an arrow for JSON text", "SELECT a ->> 'k' FROM t", "write json_extract_scalar(…, '$.k')"},
		{"backquotes", "SELECT `a` FROM t", `write "a"`},
		{"two equals signs", "SELECT a FROM t WHERE a == 1", "write one = to compare"},
		{"two ampersands", "SELECT a FROM t WHERE a = 1 && b = 2", "write AND"},
		{"an exclamation mark", "SELECT a FROM t WHERE !a", "write NOT"},
		{"a comma before FROM", "SELECT a, FROM t", "leave out the comma before FROM"},
		{"a comma before WHERE", "SELECT a FROM t, WHERE a = 1", "leave out the comma before WHERE"},
		{"a comma before a bracket", "SELECT coalesce(a, ) FROM t", "leave out the comma before )"},
		{"a comma before the end", "SELECT a FROM t GROUP BY a,", "leave out the comma at the end"},
		{"a comma before ORDER", "SELECT a FROM t GROUP BY a, ORDER BY a", "leave out the comma before ORDER"},
		{"a reserved word as a column", "SELECT end FROM t", `end is a reserved word: as a name write "end"`},
		{"a reserved word as an alias", "SELECT a AS order FROM t", `order is a reserved word: as a name write "order"`},
		{"a reserved word as a table", "SELECT a FROM group", `group is a reserved word: as a name write "group"`},
		{"a reserved word in a WHERE", "SELECT a FROM t WHERE from = 1", `from is a reserved word: as a name write "from"`},
		{"smart quotes", "SELECT ‘a’", "use straight quotes: ' around text, \" around names"},
		{"a dash for a minus", "SELECT 1 – 2", "use a plain hyphen as the minus sign"},
		{"a semicolon in the middle", "SELECT 1; SELECT 2", "send one statement at a time"},
		{"a quote that is not closed", "SELECT 'a", "the quote ' is never closed"},
		{"a brace", "SELECT {ts '2024-01-01'}", "braces are not known: write TIMESTAMP '…', DATE '…' or the function itself"},
		{"a hash comment", "SELECT 1 # one", "a comment begins with --"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := parse.Statement(tt.sql)
			var failed *parse.Error
			if !errors.As(err, &failed) {
				t.Fatalf("%v", err)
			}
			if diff := cmp.Diff(tt.hint, failed.Hint); diff != "" {
				t.Errorf("%v\n%s", err, diff)
			}
		})
	}
}
