package eval_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/engine/eval"
	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/sql/analyze"
	"github.com/sillok/sillok/internal/sql/parse"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/replaytest"
)

func TestComparisons(t *testing.T) {
	catalog := replaytest.Catalog{}
	catalog.Add(t, "t", "day date", "region varchar", "short varchar(3)", "code char(3)", "y integer", "big bigint", "at timestamp(3)", "other varchar")
	one := func(column, op string, texts ...string) lake.Comparison {
		return lake.Comparison{Column: column, Op: op, Texts: texts}
	}
	for where, want := range map[string][]lake.Comparison{
		"region = 'a'":                           {one("region", "=", "a")},
		"'it''s' = region":                       {one("region", "=", "it's")},
		"region IN ('a', NULL, 'b')":             {one("region", "=", "a", "b")},
		"region = 'a' OR region IN ('b', 'c')":   {one("region", "=", "a", "b", "c")},
		"y = 7 AND day >= DATE '2026-03-01'":     {one("y", "=", "7"), one("day", ">=", "2026-03-01")},
		"7 < y":                                  {one("y", ">", "7")},
		"y = BIGINT '7'":                         {one("y", "=", "7")},
		"big = 7":                                {one("big", "=", "7")},
		"y BETWEEN -1 AND 7":                     {one("y", ">=", "-1"), one("y", "<=", "7")},
		"day < DATE '2026-03-01' AND other = ''": {one("day", "<", "2026-03-01")}, // other is no key
		"region = 'a' OR y = 7":                  nil,
		"region = 'a' OR region > 'b'":           nil,
		"region <> 'a'":                          nil,
		"NOT region = 'a'":                       nil,
		"region = NULL":                          nil,
		"region LIKE 'a%'":                       nil,
		"region = short":                         nil,
		"short = 'abc'":                          nil,
		"code = 'abc'":                           nil,
		"y + 1 = 7":                              nil,
		"y = 7e0":                                nil,
		"y = 7.5":                                nil,
		"CAST(y AS varchar) = '7'":               nil,
		"TRY_CAST(region AS integer) = 7":        nil,
		"day = TIMESTAMP '2026-03-01 00:00:00'":  nil,
		"at = TIMESTAMP '2026-03-01 00:00:00'":   nil,
		"day = current_date":                     nil,
		"region = lower('A')":                    nil,
		"region = (SELECT 'a')":                  nil,
	} {
		sql := "SELECT 1 FROM t WHERE " + where
		query, err := parse.Query(sql)
		if err != nil {
			t.Fatal(err)
		}
		q, err := analyze.Query(t.Context(), sql, query, catalog, analyze.Session{Catalog: replaytest.CatalogName, Database: replaytest.Database})
		if err != nil {
			t.Fatal(where, err)
		}
		got, scan := conditionOf(q.Root)
		names := map[plan.ID]string{}
		for _, c := range scan.Columns {
			if c.Name != "other" {
				names[c.ID] = c.Name
			}
		}
		if diff := cmp.Diff(want, eval.Comparisons(t.Context(), got, func(id plan.ID) string { return names[id] })); diff != "" {
			t.Errorf("%s:\n%s", where, diff)
		}
	}
}

// conditionOf returns the condition of a query and the scan below it.
func conditionOf(n plan.Node) (condition plan.Expr, scan *plan.Scan) {
	for {
		switch here := n.(type) {
		case *plan.Filter:
			condition = here.Condition
		case *plan.Scan:
			return condition, here
		}
		n = plan.Inputs(n)[0]
	}
}
