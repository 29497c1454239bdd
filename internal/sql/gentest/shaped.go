package gentest

import (
	"fmt"
	"strings"

	"github.com/sillok/sillok/internal/sql/datatype"
)

// shaped is a SELECT that is about one construct, over columns rather than over what is
// computed of constants: so it has an answer more often than not.
func (q *query) shaped() selected {
	switch q.IntN(7) {
	case 0:
		return q.windows()
	case 1:
		return q.groupingSets()
	case 2:
		return q.jsonTable()
	case 3:
		return q.documents()
	case 4:
		return q.asking()
	case 5:
		return q.lambdasOver()
	default:
		return q.pattern()
	}
}

// base puts the columns of one of the tables in scope, and returns how it is named there.
func (q *query) base(table int) string {
	q.aliases++
	name := fmt.Sprintf("r%d", q.aliases)
	q.scope = nil
	for _, c := range tableColumns(table) {
		q.scope = append(q.scope, column{name + "." + c.name, c.t})
	}
	return fmt.Sprintf("t%d %s", table, name)
}

// windows are several windows over the same rows, some of them named.
func (q *query) windows() selected {
	outer := q.scope
	defer func() { q.scope = outer }()
	from := q.base(1 + q.IntN(3))
	if q.chance(30) {
		from = "(SELECT * FROM " + from + " WHERE " + q.scope[0].name + " > 1) " + strings.Fields(from)[1]
	}
	items, types := []string{}, []datatype.Type{}
	for _, c := range q.scope {
		if q.chance(60) {
			items, types = append(items, c.name), append(types, c.t)
		}
	}
	named := "w AS (" + q.windowOver() + ")"
	for range 1 + q.IntN(3) {
		call, t := q.windowCall()
		over := "(" + q.windowOver() + ")"
		if q.chance(25) {
			over = "w"
		}
		items, types = append(items, call+" OVER "+over), append(types, t)
	}
	return selected{"SELECT " + strings.Join(items, ", ") + " FROM " + from + " WINDOW " + named, types}
}

// windowCall is a function with an answer over every frame and every order.
func (q *query) windowCall() (string, datatype.Type) {
	bigint, integer := datatype.Of(datatype.Bigint), datatype.Of(datatype.Integer)
	x := pick(q.dice, q.scope[0], q.scope[0], q.scope[len(q.scope)-1])
	switch q.IntN(9) {
	case 0:
		return pick(q.dice, "rank()", "dense_rank()", "row_number()"), bigint
	case 1:
		return pick(q.dice, "ntile(3)", "ntile("+q.scope[0].name+")"), bigint
	case 2:
		return pick(q.dice, "percent_rank()", "cume_dist()"), datatype.Of(datatype.Double)
	case 3:
		call := pick(q.dice, "lag", "lead") + "(" + x.name + pick(q.dice, "", ", 2", ", 0", ", 1, NULL") + ")"
		return call + pick(q.dice, "", " IGNORE NULLS", " RESPECT NULLS"), x.t
	case 4:
		call := pick(q.dice, "first_value("+x.name+")", "last_value("+x.name+")", "nth_value("+x.name+", 2)", "nth_value("+x.name+", "+q.scope[0].name+")")
		return call + pick(q.dice, "", " IGNORE NULLS"), x.t
	case 5:
		return "count(" + pick(q.dice, "*", x.name) + ")" + q.filterClause(), bigint
	case 6:
		return pick(q.dice, "sum(", "max(", "min(", "bitwise_xor_agg(") + q.scope[0].name + ")" + q.filterClause(), bigint
	case 7:
		return "array_agg(" + x.name + ")" + q.filterClause(), datatype.ArrayOf(x.t)
	default:
		return "avg(" + q.scope[0].name + ")", integer
	}
}

func (q *query) filterClause() string {
	if !q.chance(25) {
		return ""
	}
	return " FILTER (WHERE " + q.scope[0].name + pick(q.dice, " > 1", " IS NOT NULL", " = 2", " <> 2") + ")"
}

// windowOver is a window of an order that settles all of the rows, and perhaps a frame.
func (q *query) windowOver() string {
	partition, a := "", q.scope[0].name
	if q.chance(50) {
		partition = "PARTITION BY " + pick(q.dice, a, q.scope[1].name, a+" % 2", a+" IS NULL") + " "
	}
	order := make([]string, len(q.scope))
	for i, c := range q.scope {
		name := c.name
		if !settled(c.t) {
			name = "cardinality(" + name + ")" // as many as there are rows of each table
		}
		order[i] = name + pick(q.dice, "", " DESC") + pick(q.dice, "", "", " NULLS FIRST")
	}
	bound := func() string { return pick(q.dice, "1", "2", "0", "3", "coalesce("+a+", 1)") }
	start := func() string {
		return pick(q.dice, "UNBOUNDED PRECEDING", bound()+" PRECEDING", "CURRENT ROW", bound()+" PRECEDING")
	}
	end := func() string {
		return pick(q.dice, "UNBOUNDED FOLLOWING", bound()+" FOLLOWING", "CURRENT ROW", bound()+" FOLLOWING")
	}
	switch q.IntN(6) {
	case 0:
		return partition + "ORDER BY " + strings.Join(order, ", ")
	case 1:
		return partition + "ORDER BY " + strings.Join(order, ", ") + " ROWS BETWEEN " + start() + " AND " + end()
	case 2:
		return partition + "ORDER BY " + strings.Join(order, ", ") + " GROUPS BETWEEN " + start() + " AND " + end()
	case 3:
		key := a + pick(q.dice, "", " DESC") + pick(q.dice, "", " NULLS FIRST")
		return partition + "ORDER BY " + key + " RANGE BETWEEN " + start() + " AND " + end()
	case 4:
		frame := pick(q.dice, "2 PRECEDING AND 1 PRECEDING", "1 FOLLOWING AND 2 FOLLOWING", "1 FOLLOWING AND UNBOUNDED FOLLOWING", "UNBOUNDED PRECEDING AND 1 PRECEDING")
		return partition + "ORDER BY " + strings.Join(order, ", ") + pick(q.dice, " ROWS", " GROUPS") + " BETWEEN " + frame
	default:
		return partition + "ORDER BY " + strings.Join(order, ", ") + pick(q.dice, " ROWS ", " RANGE ") + "UNBOUNDED PRECEDING"
	}
}

// groupingSets groups in several ways at once, and tells them apart.
func (q *query) groupingSets() selected {
	outer := q.scope
	defer func() { q.scope = outer }()
	from := q.base(1 + q.IntN(2))
	if q.chance(30) {
		left := q.scope
		from += pick(q.dice, " JOIN ", " LEFT JOIN ") + q.base(1+q.IntN(3)) + " ON " + left[0].name + " = " + q.scope[0].name
		q.scope = left
	}
	a, b, c := q.scope[0], q.scope[1], q.scope[2]
	bigint := datatype.Of(datatype.Bigint)
	sets := pick(q.dice, "ROLLUP (%s, %s)", "CUBE (%s, %s)", "GROUPING SETS ((%s, %s), ())", "GROUPING SETS ((%[1]s), (%[2]s))", "GROUPING SETS ((%[1]s), (%[1]s, %[2]s), ())",
		"%[1]s, ROLLUP (%[2]s)", "ROLLUP (%[1]s), CUBE (%[2]s)", "DISTINCT ROLLUP (%[1]s, %[2]s), CUBE (%[1]s)", "GROUPING SETS ((%[2]s), (%[2]s), ())", "CUBE ((%[1]s, %[2]s))", "%[1]s, GROUPING SETS ((%[2]s), ())")
	items := []string{a.name, b.name, pick(q.dice, "grouping(%s)", "grouping(%s, %s)", "grouping(%[2]s, %[1]s)", "grouping(%[2]s)")}
	types := []datatype.Type{a.t, b.t, bigint}
	items[2] = spelled(items[2], a.name, b.name)
	for range 1 + q.IntN(2) {
		items = append(items, pick(q.dice, "count(*)", "count("+c.name+")", "sum("+a.name+")", "max("+c.name+")", "count(DISTINCT "+c.name+")", "min("+b.name+") FILTER (WHERE "+a.name+" > 1)",
			"max("+a.name+" + 1)", "count(*) + grouping("+a.name+")", "array_agg(DISTINCT "+a.name+" ORDER BY "+a.name+")", "approx_distinct("+b.name+")", "sum(DISTINCT "+a.name+")"))
		types = append(types, datatype.Of(datatype.Unknown)) // nothing will name it
	}
	sql := "SELECT " + strings.Join(items, ", ") + " FROM " + from
	if q.chance(35) {
		sql += " WHERE " + pick(q.dice, a.name+" > 1", b.name+" = 'x'", b.name+" IS NOT NULL", a.name+" > 100", "EXISTS (SELECT 1 FROM t3 s WHERE s.a = "+a.name+")")
	}
	sql += " GROUP BY " + spelled(sets, a.name, b.name)
	if q.chance(35) {
		sql += " HAVING " + pick(q.dice, "grouping("+a.name+") = 0", "count(*) > 1", a.name+" = 2", a.name+" IS NULL", "max("+c.name+") IS NOT NULL", "grouping("+b.name+") = 1 OR "+b.name+" = 'x'")
	}
	return selected{sql, types}
}

// spelled is fmt.Sprintf for formats that leave some of their arguments out.
func spelled(format, a, b string) string {
	return strings.NewReplacer("%[1]s", a, "%[2]s", b).Replace(strings.Replace(strings.Replace(format, "%s", "%[1]s", 1), "%s", "%[2]s", 1))
}

// asking is a SELECT of which items and conditions ask subqueries about each row.
func (q *query) asking() selected {
	outer := q.scope
	defer func() { q.scope = outer }()
	from := q.base(1 + q.IntN(3))
	q.aliases++
	s, table := fmt.Sprintf("s%d", q.aliases), 1+q.IntN(3)
	a := q.scope[0].name
	other := tableColumns(table)[2]
	compared := func() string {
		condition := s + ".a" + pick(q.dice, " = ", " = ", " = ", " < ", " <> ", " IS NOT DISTINCT FROM ") + a
		return condition + pick(q.dice, "", "", "", " AND "+s+"."+other.name+" IS NOT NULL", " OR "+s+".a IS NULL", " AND "+a+" > 1")
	}
	rows := func() string { return fmt.Sprintf("FROM t%d %s WHERE %s", table, s, compared()) }
	value := func() string {
		return "(SELECT " + pick(q.dice, "count(*)", "count("+s+".a)", "max("+s+".a)", "sum("+s+".a)", "min("+s+".a) + 1", "coalesce(max("+s+".a), -1)", "count(*) FILTER (WHERE "+s+".a > 1)", "bool_or("+s+".a > 1)") + " " + rows() + ")"
	}
	truth := func() string {
		return pick(q.dice, "EXISTS (SELECT 1 "+rows()+")", "NOT EXISTS (SELECT 1 "+rows()+")", a+" IN (SELECT "+s+".a "+rows()+")", a+" NOT IN (SELECT "+s+".a "+rows()+")",
			a+fmt.Sprintf(" IN (SELECT a FROM t%d)", table), a+fmt.Sprintf(" NOT IN (SELECT a FROM t%d WHERE a IS NOT NULL)", table), a+fmt.Sprintf(" > ALL (SELECT a FROM t%d WHERE a < 4)", table),
			a+" <= ANY (SELECT "+s+".a "+rows()+")", "(SELECT count(*) "+rows()+") > 1", "EXISTS (SELECT "+s+".a "+rows()+" GROUP BY "+s+".a)")
	}
	items := []string{a}
	for range 1 + q.IntN(2) {
		items = append(items, pick(q.dice, value(), truth(), "CASE WHEN "+truth()+" THEN "+value()+" END", "coalesce("+value()+", 0)"))
	}
	sql := "SELECT " + strings.Join(items, ", ") + " FROM " + from
	if q.chance(50) {
		sql += " WHERE " + pick(q.dice, truth(), truth()+" AND "+truth(), truth()+" OR "+a+" = 2", "NOT ("+truth()+")", a+" > 1 AND "+truth())
	}
	if len(items) > 2 {
		return selected{sql, []datatype.Type{q.scope[0].t, datatype.Of(datatype.Unknown), datatype.Of(datatype.Unknown)}}
	}
	return selected{sql, []datatype.Type{q.scope[0].t, datatype.Of(datatype.Unknown)}}
}

// lambdasOver computes of arrays and maps with lambdas that name columns around them.
func (q *query) lambdasOver() selected {
	outer := q.scope
	defer func() { q.scope = outer }()
	from := q.base(3)
	a, e, f := q.scope[0].name, q.scope[1].name, q.scope[2].name
	m := "MAP(ARRAY[1, 2, 3], ARRAY[" + a + ", 7, NULL])"
	calls := []string{
		"transform(" + e + ", x -> x + " + a + ")", "filter(" + e + ", x -> x > " + a + ")", "reduce(" + e + ", 0, (s, x) -> s + coalesce(x, " + a + "), s -> s * 2)",
		"any_match(" + e + ", x -> x = " + a + ")", "all_match(" + e + ", x -> x > 0)", "none_match(" + e + ", x -> x IS NULL)", "zip_with(" + e + ", ARRAY[1], (x, y) -> coalesce(x, 0) + y)",
		"array_sort(" + e + ", (x, y) -> if(x < y, 1, if(x = y, 0, -1)))", "transform_values(" + m + ", (k, v) -> k + v)", "transform_keys(" + m + ", (k, v) -> k + coalesce(" + a + ", 0))",
		"map_filter(" + m + ", (k, v) -> v IS NOT NULL)", "map_zip_with(" + m + ", MAP(ARRAY[1, 9], ARRAY['x', 'y']), (k, v, w) -> coalesce(w, CAST(v AS varchar)))", "array_distinct(" + e + " || " + a + ")",
		"transform(" + e + ", x -> transform(" + e + ", y -> x * y))", "element_at(" + e + ", " + a + ")", "try(" + e + "[" + a + "])", "cardinality(filter(" + e + ", x -> x IN (1, " + a + ")))",
		"map_from_entries(zip(ARRAY[1, 2], ARRAY[" + f + ", 0e0]))", "flatten(ARRAY[" + e + ", ARRAY[" + a + "]])", "contains(" + e + ", " + a + ")", "array_position(" + e + ", " + a + ")", "array_max(" + e + ")",
		"arrays_overlap(" + e + ", ARRAY[" + a + ", 2])", "array_except(" + e + ", ARRAY[" + a + "])", "slice(" + e + ", 1, 1)", "reverse(" + e + ")", "sequence(1, " + a + ")", "repeat(" + f + ", 2)",
		"ROW(" + a + ", " + e + ")[2]", "CAST(ROW(" + a + ", " + f + ") AS row(p integer, q double)).q", "array_join(" + e + ", '-', '?')", "CAST(" + e + " AS json)", "map_entries(" + m + ")",
		"transform(split('a-b', '-'), x -> x || CAST(" + a + " AS varchar))",
	}
	items := []string{a}
	for range 1 + q.IntN(3) {
		items = append(items, pick(q.dice, calls...))
	}
	types := []datatype.Type{q.scope[0].t}
	for range items[1:] {
		types = append(types, datatype.Of(datatype.Unknown))
	}
	return selected{"SELECT " + strings.Join(items, ", ") + " FROM " + from, types}
}
