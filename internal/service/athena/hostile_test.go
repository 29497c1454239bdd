package athena_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
)

// repeated writes head, then n times the part with %d for its number, then tail.
func repeated(head, separator, part string, n int, tail string) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = strings.ReplaceAll(part, "%d", fmt.Sprint(i))
	}
	return head + strings.Join(parts, separator) + tail
}

// TestHostileStatementsEndByName runs statements that ask for as much as they
// can. Each is answered, or refused with what it asks too much of.
func TestHostileStatementsEndByName(t *testing.T) {
	const (
		deep  = "[FAILED] STACK_OVERFLOW: statement is too large (stack overflow during analysis)"
		large = "[FAILED] STACK_OVERFLOW: statement is too large"
	)
	chain := func(n int) string {
		var b strings.Builder
		b.WriteString("WITH c0 AS (SELECT 1 AS x)")
		for i := range n {
			fmt.Fprintf(&b, ", c%d AS (SELECT x FROM c%d)", i+1, i)
		}
		return b.String() + fmt.Sprintf(" SELECT x FROM c%d", n)
	}
	w := open(t, nil)
	w.ask("CREATE DATABASE d")
	w.ask("CREATE VIEW v0 AS SELECT 1 AS x", in("d"))
	for i := range 30 {
		if got := w.ask(fmt.Sprintf("CREATE VIEW v%d AS SELECT a.x FROM v%d a JOIN v%d b ON a.x = b.x", i+1, i, i), in("d")); got != "" {
			t.Fatal(got)
		}
	}
	for _, tt := range []struct{ name, sql, want string }{
		{"5,000 cross joins", repeated("SELECT count(*) FROM (VALUES 1) t(a) ", " ", "CROSS JOIN (VALUES 1) t%d(a)", 5000, ""), deep + ": more than 250 joins are nested in each other\n"},
		{"50 cross joins", repeated("SELECT count(*) FROM (VALUES 1) t(a) ", " ", "CROSS JOIN (VALUES 1) t%d(a)", 50, ""), "_col0\n1\n"},
		{"a cube of 30", "SELECT count(*) FROM (SELECT " + repeated("", ", ", "1 AS c%d", 30, "") + ") GROUP BY CUBE(" + repeated("", ", ", "c%d", 30, "") + ")", "[FAILED] TOO_MANY_GROUPING_SETS: line 1:329: GROUP BY has 1073741824 grouping sets but can contain at most 2048\n"},
		{"5,000 named queries", "WITH " + repeated("", ", ", "c%d AS (SELECT 1 AS x)", 5000, "") + " SELECT x FROM c4999", "x\n1\n"},
		{"a chain of 50 named queries", chain(50), "x\n1\n"},
		{"a chain of 4,000 named queries", chain(4000), deep + "\n"},
		{"views that read the one before twice", "SELECT count(*) FROM d.v30", "_col0\n1\n"},
		{"a union of 1,000", "SELECT count(*) FROM (" + repeated("", " UNION ", "SELECT %d", 1000, "") + ")", "_col0\n1000\n"},
		{"a union of all of 1,000", "SELECT count(*) FROM (" + repeated("", " UNION ALL ", "SELECT %d", 1000, "") + ")", "_col0\n1000\n"},
		{"300 EXISTS", "WITH f AS (SELECT 1 AS b), h AS (SELECT 1 AS b) SELECT count(*) FROM f, h WHERE " + repeated("", " AND ", "EXISTS(SELECT 1 FROM f g WHERE g.b = f.b)", 300, ""), "_col0\n1\n"},
		{"2,000 EXISTS", "WITH f AS (SELECT 1 AS b), h AS (SELECT 1 AS b) SELECT count(*) FROM f, h WHERE " + repeated("", " AND ", "EXISTS(SELECT 1 FROM f g WHERE g.b = f.b)", 2000, ""), deep + "\n"},
		{"2,000 scalar subqueries", "SELECT " + repeated("", ", ", "(SELECT %d)", 2000, ""), deep + "\n"},
		{"100,000 items", "SELECT " + repeated("", ",", "1", 120_000, ""), large + ": its relations, columns and expressions, those of views included, come to more than 200000\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			began := time.Now()
			got := w.answer(w.start(tt.sql))
			if got != tt.want {
				t.Errorf("got %.300q, want %q", got, tt.want)
			}
			var memory runtime.MemStats
			runtime.ReadMemStats(&memory)
			t.Logf("%s, %d MB", time.Since(began), memory.HeapAlloc>>20)
		})
	}
}
