package plan_test

import (
	"bytes"
	"encoding/gob"
	"math/big"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/replaytest"
)

// travelled returns q as another process would have it.
func travelled(t *testing.T, q *plan.Query) *plan.Query {
	t.Helper()
	plan.Register()
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(plan.Flatten(q)); err != nil {
		t.Fatal(err)
	}
	var flat plan.Flat
	if err := gob.NewDecoder(&b).Decode(&flat); err != nil {
		t.Fatal(err)
	}
	again, err := flat.Query()
	if err != nil {
		t.Fatal(err)
	}
	return again
}

var same = cmp.Options{
	cmpopts.EquateEmpty(), cmpopts.IgnoreFields(plan.Table{}, "Columns", "Detail"),
	cmp.Comparer(func(a, b *big.Int) bool { return a.Cmp(b) == 0 }),
}

// A query that has travelled is the query, but for what a table means in its process.
func TestAQueryTravels(t *testing.T) {
	c := replaytest.Catalog{}
	c.Add(t, "t", "a bigint", "b varchar", "c array(bigint)", "d row(x double)")
	c["t"].Table.Detail = t
	for _, sql := range []string{
		"SELECT * FROM t",
		"SELECT DISTINCT b FROM t WHERE a > 1 AND b LIKE 'x%' ORDER BY b DESC LIMIT 3",
		"SELECT b, sum(a) FILTER (WHERE a < 9), array_agg(a ORDER BY b) FROM t GROUP BY GROUPING SETS ((b), ()) HAVING count(*) > 1",
		"SELECT a, rank() OVER (ORDER BY b), sum(a) OVER (PARTITION BY b ORDER BY a ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM t",
		"SELECT x, n FROM t CROSS JOIN UNNEST(c) WITH ORDINALITY AS u(x, n)",
		"SELECT 1 FROM t x LEFT JOIN t y ON x.a = y.a WHERE x.a IN (SELECT a FROM t) AND EXISTS (SELECT 1 FROM t z WHERE z.a = x.a)",
		"SELECT (SELECT max(a) FROM t), a > ALL (SELECT a FROM t) FROM t",
		"SELECT a FROM t UNION ALL SELECT 1 EXCEPT SELECT 0",
		"WITH w AS (SELECT a FROM t) SELECT * FROM w x JOIN w y ON x.a = y.a",
		"SELECT * FROM t TABLESAMPLE BERNOULLI (10)",
		"SELECT d.x, CASE a WHEN 1 THEN 'x' END, nullif(a, 2), coalesce(b, ''), try(1 / a), transform(c, e -> e + a), ROW(1, NULL), ARRAY[a] FROM t",
		"SELECT * FROM (VALUES (1, DATE '2024-01-01', 1.5, NULL, X'00', TIMESTAMP '2024-01-01 00:00:00.000')) AS v",
		"SELECT json_value(b, 'lax $.x' RETURNING bigint DEFAULT 0 ON EMPTY), json_object('a' : a), current_date FROM t",
	} {
		q, err := replaytest.Analyze(t.Context(), sql, c)
		if err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
		if diff := cmp.Diff(q, travelled(t, q), same); diff != "" {
			t.Errorf("%s: %s", sql, diff)
		}
	}
}

// What is nested deep travels in proportion to its size, and what stands in two
// places is one thing.
func TestADeepQueryTravels(t *testing.T) {
	wide := &plan.Values{Rows: [][]plan.Expr{{}}}
	for i := range 60 {
		wide.Columns = append(wide.Columns, plan.Column{ID: plan.ID(i), Type: datatype.Text()})
	}
	var root plan.Node = wide
	for range 10_000 {
		root = &plan.Join{Kind: ast.CrossJoin, Left: root, Right: wide}
	}
	started := time.Now()
	q := travelled(t, &plan.Query{Root: root})
	if took := time.Since(started); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
	top, ok := q.Root.(*plan.Join)
	if !ok {
		t.Fatalf("%T", q.Root)
	}
	if below, ok := top.Left.(*plan.Join); !ok || below.Right != top.Right {
		t.Error("one node has become two")
	}
}

func TestADamagedPlanIsRefused(t *testing.T) {
	for name, flat := range map[string]plan.Flat{
		"empty":                {},
		"a node in its place":  {Nodes: []plan.Node{&plan.Distinct{Input: &plan.Values{}}}},
		"a reference onward":   {Nodes: []plan.Node{&plan.Distinct{Input: &plan.CTERef{Number: -1}}}},
		"a reference too far":  {Nodes: []plan.Node{&plan.Values{}, &plan.Distinct{Input: &plan.CTERef{Number: -3}}}},
		"a query of WITH here": {Nodes: []plan.Node{&plan.Values{}, &plan.Distinct{Input: &plan.CTERef{Number: 1}}}},
	} {
		if q, err := flat.Query(); err == nil {
			t.Errorf("%s: %v", name, q)
		}
	}
}
