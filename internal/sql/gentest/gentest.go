// Package gentest makes statements of Athena SQL by chance, for tests: typed
// expressions over the functions of sql/function, and queries with joins, correlated
// subqueries, grouping sets and windows over small tables with NULLs and duplicates.
//
// One seed gives one text. It needs no engine and no catalog: the tables are VALUES in
// a WITH clause. A query orders its rows by all of its columns, or is to be compared as
// a bag.
package gentest

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Generator makes statements. It is not safe for use by several goroutines.
type Generator struct {
	rand    *rand.Rand
	aliases int
}

// New returns a Generator whose statements follow from seed alone.
func New(seed uint64) *Generator {
	return &Generator{rand: rand.New(rand.NewPCG(seed, 0x5111_0c))} //nolint:gosec // chance that repeats is what is wanted
}

// chance is true once in n times.
func (g *Generator) chance(n int) bool { return g.rand.IntN(n) == 0 }

func pick[T any](g *Generator, list ...T) T { return list[g.rand.IntN(len(list))] }

// alias returns a name that the statement does not have yet.
func (g *Generator) alias(prefix string) string {
	g.aliases++
	return fmt.Sprintf("%s%d", prefix, g.aliases)
}

// Expression returns a SELECT of one expression without columns.
func (g *Generator) Expression() string {
	g.aliases = 0
	return "SELECT " + g.anything(nil, 3)
}

// Statement returns a query of the tables.
func (g *Generator) Statement() string {
	g.aliases = 0
	return "WITH " + tables + "\n" + g.query(nil, 2)
}

// tables are small and hold NULLs, duplicates and values that others have too.
const tables = `t1(a, b, c) AS (VALUES (1, 'x', 1.5), (2, 'y', NULL), (2, 'x', 2.5), (3, NULL, -1.0), (NULL, 'z', 0.0), (5, 'x', 2.5)),
t2(a, b, d) AS (VALUES (1, 'x', DATE '2024-05-01'), (2, 'q', DATE '2024-05-02'), (2, 'y', NULL), (4, 'x', DATE '2024-05-01'), (NULL, NULL, DATE '2023-01-01')),
t3(a, e, f) AS (VALUES (1, ARRAY[1, 2], nan()), (2, ARRAY[], 0e0), (3, NULL, NULL), (5, ARRAY[5, NULL, 5], -1.5e300))`

// columnsOf are the columns of the tables by type.
var columnsOf = map[string][]column{
	"t1": {{"a", "integer"}, {"b", "varchar"}, {"c", "decimal(2,1)"}},
	"t2": {{"a", "integer"}, {"b", "varchar"}, {"d", "date"}},
	"t3": {{"a", "integer"}, {"e", "array(integer)"}, {"f", "double"}},
}

// column is a column as an expression writes it, and its type.
type column struct{ name, kind string }

// from returns FROM with its joins, and the columns that it has.
func (g *Generator) from(depth int) (string, []column) {
	sql, columns := g.relation(depth)
	for range g.rand.IntN(3) {
		switch {
		case g.chance(4):
			unnested := g.alias("n")
			sql += fmt.Sprintf(" CROSS JOIN UNNEST(ARRAY[%s, 7]) AS %s(v)", g.of("integer", columns, 1), unnested)
			columns = append(columns, column{unnested + ".v", "integer"})
		case g.chance(4) && depth > 0:
			lateral := g.alias("l")
			sql += fmt.Sprintf(" %s LATERAL (SELECT count(*) AS v, max(%s) AS w, 'k' AS z FROM t2 %su WHERE %su.a %s %s) %s ON true",
				pick(g, "JOIN", "LEFT JOIN"), lateral+"u.b", lateral, lateral, pick(g, "=", "<", "<>"), g.of("integer", columns, 0), lateral)
			columns = append(columns, column{lateral + ".v", "bigint"}, column{lateral + ".w", "varchar"}, column{lateral + ".z", "varchar"})
		default:
			right, more := g.relation(depth)
			kind := pick(g, "JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN")
			both := append(append([]column{}, columns...), more...)
			condition := fmt.Sprintf("%s = %s", g.of("integer", columns, 0), g.of("integer", more, 0))
			if kind == "JOIN" || kind == "LEFT JOIN" {
				condition = g.condition(both, 0)
			}
			sql, columns = sql+" "+kind+" "+right+" ON "+condition, both
		}
	}
	return sql, columns
}

// relation returns a table, or a query of one.
func (g *Generator) relation(depth int) (string, []column) {
	name, alias := pick(g, "t1", "t2", "t3"), g.alias("r")
	var columns []column
	for _, c := range columnsOf[name] {
		columns = append(columns, column{alias + "." + c.name, c.kind})
	}
	if depth > 0 && g.chance(5) {
		return fmt.Sprintf("(SELECT * FROM %s WHERE %s) %s", name, g.condition(columnsOf[name], 0), alias), columns
	}
	return name + " " + alias, columns
}

// query returns a SELECT whose expressions may use outer, columns around it.
func (g *Generator) query(outer []column, depth int) string {
	from, columns := g.from(depth)
	where := ""
	if g.chance(2) {
		where = " WHERE " + g.condition(append(columns, outer...), depth)
	}
	var items []string
	group := ""
	switch g.rand.IntN(4) {
	case 0:
		items, group = g.groups(columns)
	case 1:
		items = g.windows(columns)
	default:
		for range 1 + g.rand.IntN(3) {
			items = append(items, g.anything(columns, depth))
		}
		if depth > 0 {
			items = append(items, g.subquery(columns))
		}
	}
	distinct := ""
	if g.chance(6) {
		distinct = "DISTINCT "
	}
	sql := "SELECT " + distinct + strings.Join(items, ", ") + " FROM " + from + where + group
	if g.chance(3) {
		return sql // a bag
	}
	keys := make([]string, len(items))
	for i := range keys {
		keys[i] = fmt.Sprint(i+1) + pick(g, "", " DESC", " NULLS FIRST", " DESC NULLS FIRST")
	}
	return sql + " ORDER BY " + strings.Join(keys, ", ")
}

// groups returns items that are computed from groups, and GROUP BY.
func (g *Generator) groups(columns []column) (items []string, clause string) {
	var keys []string
	for range 1 + g.rand.IntN(2) {
		keys = append(keys, pick(g, columns...).name)
	}
	list := strings.Join(keys, ", ")
	items = append(items, keys...)
	for range 1 + g.rand.IntN(2) {
		items = append(items, g.aggregate(columns))
	}
	clause = " GROUP BY " + pick(g, list, "CUBE ("+list+")", "ROLLUP ("+list+")", "GROUPING SETS (("+list+"), (), ("+keys[0]+"))", "AUTO")
	if !strings.HasSuffix(clause, "AUTO") {
		items = append(items, "grouping("+keys[0]+")")
	}
	if g.chance(3) {
		clause += " HAVING count(*) > 1"
	}
	return items, clause
}

// aggregate returns an aggregate that does not depend on the order of the rows.
func (g *Generator) aggregate(columns []column) string {
	number, value := g.of("integer", columns, 1), pick(g, columns...).name
	sql := pick(g, "count(*)", "count("+value+")", "count(DISTINCT "+value+")", "sum("+number+")", "sum(DISTINCT "+number+")", "min("+number+")",
		"max("+number+")", "avg("+number+")", "bool_or("+number+" > 1)", "array_agg("+value+" ORDER BY "+value+")", "approx_distinct("+value+")",
		"count_if("+number+" > 1)", "min_by("+number+", "+number+")")
	if g.chance(4) {
		sql += " FILTER (WHERE " + number + " > 1)"
	}
	return sql
}

// windows returns items over windows whose order no two rows share but by being equal.
func (g *Generator) windows(columns []column) []string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.name
	}
	order := " ORDER BY " + strings.Join(names, ", ")
	if g.chance(2) {
		order = " PARTITION BY " + pick(g, names...) + order
	}
	number := g.of("integer", columns, 1)
	over := " OVER (" + order + ")"
	framed := " OVER (" + order + " ROWS BETWEEN " + pick(g, "1 PRECEDING", "UNBOUNDED PRECEDING", "CURRENT ROW") + " AND " +
		pick(g, "1 FOLLOWING", "CURRENT ROW", "UNBOUNDED FOLLOWING") + ")"
	return []string{
		pick(g, columns...).name,
		pick(g, "rank()", "dense_rank()", "percent_rank()", "cume_dist()", "lag("+number+")", "lead("+number+", 2, 0)") + over,
		pick(g, "sum("+number+")", "count("+number+")", "max("+number+")", "first_value("+number+")", "last_value("+number+")", "array_agg("+number+")") + framed,
	}
}

// subquery returns an expression that is a correlated subquery, or holds one.
func (g *Generator) subquery(columns []column) string {
	alias := g.alias("u")
	name := pick(g, "t1", "t2")
	inner := []column{{alias + ".a", "integer"}, {alias + ".b", "varchar"}}
	conditions := []string{fmt.Sprintf("%s.a %s %s", alias, pick(g, "=", "=", "<", "<>"), g.of("integer", columns, 0))}
	if g.chance(2) {
		conditions = append(conditions, fmt.Sprintf("%s.b %s %s", alias, pick(g, "=", "<>"), g.of("varchar", columns, 0)))
	}
	if g.chance(3) {
		conditions = append(conditions, g.condition(inner, 0))
	}
	from := fmt.Sprintf(" FROM %s %s WHERE %s", name, alias, strings.Join(conditions, " AND "))
	switch g.rand.IntN(5) {
	case 0:
		return "EXISTS (SELECT 1" + from + ")"
	case 1:
		return "NOT EXISTS (SELECT " + alias + ".b" + from + ")"
	case 2:
		return fmt.Sprintf("%s %sIN (SELECT %s.a%s)", g.of("integer", columns, 0), pick(g, "", "NOT "), alias, from)
	case 3:
		return fmt.Sprintf("%s %s %s (SELECT %s.a%s)", g.of("integer", columns, 0), pick(g, "=", "<", "<>", ">="), pick(g, "ALL", "ANY"), alias, from)
	default:
		return "(SELECT " + g.aggregate(inner) + from + ")"
	}
}

// condition returns a boolean.
func (g *Generator) condition(columns []column, depth int) string {
	if depth > 0 && g.chance(3) {
		condition := g.subquery(columns)
		if strings.HasPrefix(condition, "(SELECT") {
			condition = "coalesce(" + condition + ", NULL) IS NOT NULL"
		}
		return condition
	}
	if g.chance(4) {
		return "(" + g.condition(columns, 0) + pick(g, " AND ", " OR ") + "NOT (" + g.condition(columns, 0) + "))"
	}
	c := pick(g, columns...)
	if c.kind == "array(integer)" {
		return c.name + " IS" + pick(g, "", " NOT") + " NULL"
	}
	return pick(g, c.name+" "+pick(g, "=", "<>", "<", ">=", "IS DISTINCT FROM")+" "+g.of(c.kind, columns, 1),
		c.name+" IS NOT NULL", c.name+" BETWEEN "+g.of(c.kind, columns, 0)+" AND "+g.of(c.kind, columns, 0))
}
