package analyze_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/sql/analyze"
	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/parse"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/replaytest"
)

// maxStatement is how long a statement may be in Athena.
const maxStatement = 262_144

// many writes head, then at most n times the part with %d for its number, as
// many as fit into a statement, then tail.
func many(head, separator, part string, n int, tail string) string {
	var b strings.Builder
	b.WriteString(head)
	for i := range n {
		one := strings.ReplaceAll(part, "%d", fmt.Sprint(i))
		if b.Len()+len(separator)+len(one)+len(tail) > maxStatement {
			break
		}
		if i > 0 {
			b.WriteString(separator)
		}
		b.WriteString(one)
	}
	return b.String() + tail
}

// chained writes n named queries, each of which reads the one before it.
func chained(part string, n int) string {
	var b strings.Builder
	b.WriteString("WITH c0 AS (SELECT 1 AS x)")
	for i := range n {
		b.WriteString(strings.NewReplacer("%this", fmt.Sprintf("c%d", i+1), "%last", fmt.Sprintf("c%d", i)).Replace(part))
	}
	return b.String() + fmt.Sprintf(" SELECT x FROM c%d", n)
}

const (
	manyJoins = "STACK_OVERFLOW: statement is too large (stack overflow during analysis): more than 250 joins are nested in each other"
	manyNodes = "STACK_OVERFLOW: statement is too large: its relations, columns and expressions, those of views included, come to more than 200000"
)

// hostile are statements of Athena's size that ask for as much as they can, and
// the error that refuses them, if one does.
var hostile = []struct{ name, sql, want string }{
	{"cross joins", many("SELECT count(*) FROM (VALUES 1) t(a) ", " ", "CROSS JOIN (VALUES 1) t%d(a%d)", 5000, ""), manyJoins},
	{"cross joins of all columns", many("SELECT * FROM wide ", " ", "CROSS JOIN wide t%d", 249, ""), ""},
	{"joins on", many("SELECT count(*) FROM flows t ", " ", "JOIN flows t%d ON t.bytes = t%d.bytes", 5000, ""), manyJoins},
	{"joins on, fewer", many("SELECT count(*) FROM flows t ", " ", "JOIN flows t%d ON t.bytes = t%d.bytes", 249, ""), ""},
	{"joins using", many("SELECT count(*) FROM flows t ", " ", "JOIN flows t%d USING (bytes)", 249, ""), ""},
	{"tables with commas", many("SELECT * FROM ", ",", "wide", 4999, ""), manyJoins},
	{"unnest", many("SELECT 1 FROM flows ", " ", "CROSS JOIN UNNEST(ARRAY[bytes])", 5000, ""), manyJoins},
	{"lateral", many("SELECT 1 FROM flows f ", " ", "CROSS JOIN LATERAL (SELECT f.bytes)", 5000, ""), manyJoins},
	{"cube", many("SELECT count(*) FROM wide GROUP BY CUBE(", ",", "c%d", 30, ")"), "TOO_MANY_GROUPING_SETS: line 1:36: GROUP BY has 1073741824 grouping sets but can contain at most 2048"},
	{"a larger cube", many("SELECT count(*) FROM wide GROUP BY CUBE(", ",", "c%d", 99, ")"), "TOO_MANY_GROUPING_SETS: line 1:36: GROUP BY has more than 2147483647 grouping sets but can contain at most 2048"},
	{"cubes", "SELECT count(*) FROM wide GROUP BY CUBE(c1,c2,c3,c4,c5), CUBE(c6,c7,c8,c9,c10), CUBE(c11,c12)", "TOO_MANY_GROUPING_SETS: line 1:36: GROUP BY has 4096 grouping sets but can contain at most 2048"},
	{"the largest cube", many("SELECT count(*) FROM wide GROUP BY CUBE(", ",", "c%d", 11, ")"), ""},
	{"grouping sets", many("SELECT count(*) FROM flows GROUP BY GROUPING SETS(", ",", "(bytes,start)", 2049, ")"), "TOO_MANY_GROUPING_SETS: line 1:37: GROUP BY has 2049 grouping sets but can contain at most 2048"},
	{"keys of groups", many("SELECT count(*) FROM flows GROUP BY ", ",", "bytes+%d", 40000, ""), ""},
	{"keys of groups that are selected", many("SELECT ", ",", "bytes+%d", 8000, "") + many(" FROM flows GROUP BY ", ",", "bytes+%d", 8000, ""), ""},
	{"named queries", many("WITH ", ",", "c%d AS (SELECT 1 x)", 5000, " SELECT 1"), ""},
	{"a chain of named queries", chained(",%this AS (SELECT x FROM %last)", 4999), "STACK_OVERFLOW: statement is too large (stack overflow during analysis)"},
	{"doubling named queries", chained(",%this AS (SELECT a.x FROM %last a, %last b)", 2000), ""},
	{"nested WITH", strings.Repeat("WITH a AS (", 400) + "SELECT 1 x" + strings.Repeat(") SELECT x FROM a", 400), ""},
	{"a union", many("", " UNION ", "SELECT %d", 4999, ""), ""},
	{"a union of all", many("", " UNION ALL ", "SELECT * FROM flows", 4999, ""), ""},
	{"an intersection", many("", " INTERSECT ", "SELECT %d", 4999, ""), "STACK_OVERFLOW: statement is too large (stack overflow during analysis)"},
	{"a shorter intersection", many("", " INTERSECT ", "SELECT %d", 500, ""), ""},
	{"EXISTS", many("SELECT 1 FROM flows f WHERE ", " AND ", "EXISTS(SELECT 1 FROM flows g WHERE g.bytes=f.bytes)", 4000, ""), ""},
	{"nested EXISTS", many("SELECT 1 FROM flows f WHERE ", "", "EXISTS (SELECT 1 FROM flows f%d WHERE f.bytes=f%d.bytes AND ", 300, "true"+strings.Repeat(")", 300)), ""},
	{"items", many("SELECT ", ",", "1", 200_000, ""), manyNodes},
	{"fewer items", many("SELECT ", ",", "1", 90_000, ""), ""},
	{"columns", many("SELECT ", ",", "bytes", 50_000, " FROM flows"), ""},
	{"stars", many("SELECT ", ",", "*", 130_000, " FROM wide"), manyNodes},
	{"IN", many("SELECT 1 FROM flows WHERE bytes IN (", ",", "%d", 60_000, ")"), ""},
	{"VALUES", many("VALUES ", ",", "(1)", 60_000, ""), ""},
	{"a wide row", many("VALUES (", ",", "1", 90_000, ")"), ""},
	{"ORDER BY", many("SELECT bytes FROM flows ORDER BY ", ",", "bytes+%d", 50_000, ""), ""},
	{"windows", many("SELECT ", ",", "sum(bytes) OVER (PARTITION BY start ORDER BY bytes)", 10_000, " FROM flows"), ""},
	{"aggregates", many("SELECT ", ",", "sum(bytes+%d)", 20_000, " FROM flows"), ""},
	{"CASE", many("SELECT CASE ", " ", "WHEN bytes=%d THEN 1", 20_000, " END FROM flows"), ""},
	{"a sum", many("SELECT ", "+", "bytes", 4999, " FROM flows"), ""},
	{"many columns by name", many("SELECT ", ",", "c1", 30_000, many(" FROM wide ", " ", "CROSS JOIN (SELECT c1 AS d%d, c2 AS e%d FROM wide)", 249, "")), ""},
	{"doubling views", "SELECT * FROM doubled60", ""},
	{"doubling views in joins", "SELECT count(*) FROM joined60", ""},
	{"many doubling views", many("", " UNION ALL ", "SELECT * FROM doubled60", 4999, ""), ""},
	{"views over views", "SELECT * FROM deep60", ""},
}

// hostileCatalog has a wide table, and views over views.
func hostileCatalog(tb testing.TB) replaytest.Catalog {
	tb.Helper()
	catalog := sample(tb)
	var wide []string
	for i := range 100 {
		wide = append(wide, fmt.Sprintf("c%d bigint", i))
	}
	catalog.Add(tb, "wide", wide...)
	for name, sql := range map[string]string{
		"doubled": "SELECT bytes FROM %last UNION ALL SELECT bytes FROM %last",
		"joined":  "SELECT a.bytes FROM %last a JOIN %last b ON a.bytes = b.bytes",
		"deep":    "SELECT bytes FROM %last",
	} {
		for i := range 61 {
			last := fmt.Sprintf("%s%d", name, i-1)
			if i == 0 {
				last = "flows"
			}
			catalog[fmt.Sprintf("%s%d", name, i)] = &analyze.Relation{View: &analyze.View{
				SQL: strings.ReplaceAll(sql, "%last", last), Catalog: replaytest.CatalogName, Database: replaytest.Database,
				Columns: []analyze.ViewColumn{{Name: "bytes", Type: datatype.Of(datatype.Bigint)}},
			}}
		}
	}
	return catalog
}

func analyzed(ctx context.Context, tb testing.TB, sql string, catalog analyze.Catalog) (*plan.Query, error) {
	tb.Helper()
	statement, err := parse.Statement(sql)
	if err != nil {
		tb.Fatal(err)
	}
	query, ok := statement.(*ast.Query)
	if !ok {
		tb.Fatalf("%T is no query", statement)
	}
	return analyze.Query(ctx, sql, query, catalog, analyze.Session{Catalog: replaytest.CatalogName, Database: replaytest.Database})
}

func TestHostileStatementsAreAnalyzedOrRefused(t *testing.T) {
	catalog := hostileCatalog(t)
	for _, tt := range hostile {
		t.Run(tt.name, func(t *testing.T) {
			began := time.Now()
			_, err := analyzed(t.Context(), t, tt.sql, catalog)
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("took %s", took)
			}
			got := ""
			if err != nil {
				got = err.Error()
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestAnalysisEndsWithItsContext stops each statement while it is analyzed.
func TestAnalysisEndsWithItsContext(t *testing.T) {
	catalog := hostileCatalog(t)
	for _, tt := range hostile {
		t.Run(tt.name, func(t *testing.T) {
			const wait = 5 * time.Millisecond
			stopped := errors.New("stopped")
			ctx, cancel := context.WithTimeoutCause(t.Context(), wait, stopped)
			defer cancel()
			began := time.Now()
			_, err := analyzed(ctx, t, tt.sql, catalog)
			parsed := 150 * time.Millisecond // which is before, and bounded
			if took := time.Since(began); took > wait+parsed+200*time.Millisecond {
				t.Errorf("ended %s after it began, which is too long after its context did: %v", took, err)
			}
		})
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	stopped := errors.New("stopped")
	cancel(stopped)
	if _, err := analyzed(ctx, t, "SELECT * FROM deep60", catalog); !errors.Is(err, stopped) {
		t.Errorf("error is %v", err)
	}
}

// counting counts how often each name is asked for.
type counting struct {
	analyze.Catalog
	asked map[string]int
}

func (c counting) Relation(ctx context.Context, catalog, database, name string) (*analyze.Relation, error) {
	c.asked[name]++
	return c.Catalog.Relation(ctx, catalog, database, name)
}

func TestNamesAreResolvedOnce(t *testing.T) {
	catalog := counting{hostileCatalog(t), map[string]int{}}
	if _, err := analyzed(t.Context(), t, "SELECT * FROM doubled2 UNION ALL SELECT bytes FROM flows UNION ALL SELECT * FROM doubled2", catalog); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]int{"doubled0": 1, "doubled1": 1, "doubled2": 1, "flows": 1}, catalog.asked); diff != "" {
		t.Error(diff)
	}
}

// TestAViewIsSharedOnceItIsReadOften sees that a view keeps its own scans in the
// first places, where conditions choose partitions, and becomes a named query then.
func TestAViewIsSharedOnceItIsReadOften(t *testing.T) {
	for _, tt := range []struct {
		places       int
		scans, named int
	}{{1, 1, 0}, {16, 16, 0}, {17, 17, 0}, {18, 17, 1}, {500, 17, 1}} {
		q, err := analyzed(t.Context(), t, many("", " UNION ALL ", "SELECT * FROM deep0", tt.places, ""), hostileCatalog(t))
		if err != nil {
			t.Fatal(err)
		}
		scans, named := 0, 0
		var count func(plan.Node)
		count = func(n plan.Node) {
			switch n := n.(type) {
			case *plan.Scan:
				scans++
			case *plan.With:
				named += len(n.Queries)
			}
			for _, input := range plan.Inputs(n) {
				count(input)
			}
		}
		count(q.Root)
		if scans != tt.scans || named != tt.named {
			t.Errorf("%d places: %d scans and %d named queries, want %d and %d", tt.places, scans, named, tt.scans, tt.named)
		}
	}
}

func TestAChainOfUnionsIsOneNode(t *testing.T) {
	for sql, want := range map[string]string{
		"VALUES 1 UNION ALL VALUES 2 UNION ALL VALUES 3":             "all(0 0 0)",
		"VALUES 1 UNION VALUES 2 UNION VALUES 3":                     "distinct(0 0 0)",
		"VALUES 1 UNION ALL VALUES 2 UNION VALUES 3":                 "distinct(0 0 0)",
		"VALUES 1 UNION VALUES 2 UNION ALL VALUES 3":                 "all(distinct(0 0) 0)",
		"VALUES 1 UNION ALL VALUES BIGINT '2' UNION ALL VALUES 3":    "all(0 0 0)",
		"VALUES 1 UNION ALL VALUES 2 UNION ALL VALUES BIGINT '3'":    "all(all(0 0) 0)",
		"VALUES 1 UNION ALL (VALUES 2 UNION ALL VALUES 3)":           "all(0 all(0 0))",
		"(VALUES 1 UNION ALL VALUES 2 LIMIT 1) UNION ALL VALUES 3":   "all(all(0 0) 0)",
		"VALUES 1 UNION ALL VALUES 2 EXCEPT VALUES 3 UNION VALUES 4": "distinct(except(all(0 0) 0) 0)",
	} {
		q, err := analyzed(t.Context(), t, sql, sample(t))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, setShape(q.Root)); diff != "" {
			t.Errorf("%s:\n%s", sql, diff)
		}
	}
}

// setShape writes the set operations of a plan, 0 for anything else.
func setShape(n plan.Node) string {
	op, ok := n.(*plan.SetOperation)
	if !ok {
		if inputs := plan.Inputs(n); len(inputs) == 1 {
			return setShape(inputs[0])
		}
		return "0"
	}
	name := strings.ToLower(op.Kind.String())
	switch {
	case op.Kind == ast.Union && op.All:
		name = "all"
	case op.Kind == ast.Union:
		name = "distinct"
	}
	parts := make([]string, len(op.Inputs))
	for i, input := range op.Inputs {
		parts[i] = setShape(input)
	}
	return name + "(" + strings.Join(parts, " ") + ")"
}
