package gentest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/sql/datatype"
)

// query writes one statement.
type query struct {
	*writer

	aliases int
	joined  bool // somewhere so far
}

// selected is a query as text and the types of its columns.
type selected struct {
	sql   string
	types []datatype.Type
}

func (q *query) statement() string {
	if q.chance(30) {
		return tables + q.shaped().sql
	}
	s := q.body(2)
	sql := s.sql
	if q.chance(40) {
		sql = "SELECT * FROM (" + sql + ")" + q.ordered(s.types)
	}
	return tables + sql
}

// ordered is ORDER BY all columns, and perhaps how many rows are wanted: those that tie
// are the same. Nothing is ordered where an order is not settled.
func (q *query) ordered(types []datatype.Type) string {
	ordinals := make([]string, len(types))
	for i, t := range types {
		if !settled(t) {
			return ""
		}
		ordinals[i] = fmt.Sprintf("%d%s%s", i+1, pick(q.dice, "", " DESC"), pick(q.dice, "", "", " NULLS FIRST"))
	}
	sql := " ORDER BY " + strings.Join(ordinals, ", ")
	if q.chance(50) {
		sql += pick(q.dice, " LIMIT 3", " OFFSET 1", " OFFSET 1 ROWS FETCH FIRST 2 ROWS ONLY", " LIMIT 1", " FETCH FIRST 2 ROWS WITH TIES", " FETCH FIRST ROW ONLY")
	}
	return sql
}

// body is a SELECT, or several that a set operation joins.
func (q *query) body(depth int) selected {
	if depth > 1 && q.chance(18) {
		left := q.plain(depth-1, nil)
		right := q.plain(depth-1, q.wider(left.types))
		operation := pick(q.dice, "UNION", "UNION ALL", "INTERSECT", "EXCEPT")
		if !slices.ContainsFunc(left.types, func(t datatype.Type) bool { return !settled(t) }) && q.chance(35) {
			operation = pick(q.dice, "INTERSECT ALL", "EXCEPT ALL")
		}
		return selected{left.sql + " " + operation + " " + right.sql, left.types}
	}
	if q.chance(35) {
		return q.grouped(depth)
	}
	return q.plain(depth, nil)
}

// wider returns types to which the given ones can be joined by a set operation, mostly
// themselves.
func (q *query) wider(types []datatype.Type) []datatype.Type {
	out := slices.Clone(types)
	for i, t := range out {
		switch {
		case !q.chance(25):
		case t.IsNumeric():
			out[i] = pick(q.dice, datatype.Of(datatype.Bigint), datatype.Of(datatype.Double), datatype.Of(datatype.Real), datatype.Of(datatype.Smallint), q.decimal())
		case t.Kind == datatype.Varchar, t.Kind == datatype.Char:
			out[i] = pick(q.dice, datatype.Text(), datatype.VarcharOf(3), datatype.CharOf(2))
		case t.Kind == datatype.Date, t.Kind == datatype.Timestamp, t.Kind == datatype.TimestampTZ:
			out[i] = q.temporal(pick(q.dice, datatype.Timestamp, datatype.TimestampTZ))
		}
	}
	return out
}

// plain is a SELECT without groups; types are those of its columns, or nil.
func (q *query) plain(depth int, types []datatype.Type) selected {
	outer := q.scope
	defer func() { q.scope = outer }()
	from := q.from(depth)
	if types == nil {
		for range 1 + q.IntN(3) {
			types = append(types, q.value())
		}
	}
	items := make([]string, len(types))
	for i, t := range types {
		items[i] = q.item(t, depth)
	}
	sql := "SELECT " + pick(q.dice, "", "", "", "DISTINCT ") + strings.Join(items, ", ") + from
	if q.chance(60) {
		sql += " WHERE " + q.condition(depth)
	}
	return selected{sql, types}
}

// value is the type of a column of an answer.
func (q *query) value() datatype.Type {
	if len(q.scope) > 0 && q.chance(40) {
		return pick(q.dice, q.scope...).t
	}
	return pick(q.dice, datatype.Of(datatype.Integer), datatype.Of(datatype.Integer), datatype.VarcharOf(1), datatype.VarcharOf(1),
		datatype.DecimalOf(2, 1), datatype.Of(datatype.Date), datatype.Of(datatype.Boolean), datatype.Of(datatype.Bigint), datatype.ArrayOf(datatype.Of(datatype.Integer)))
}

// item is an expression over what is in scope: often a column, sometimes a
// subquery or a window.
func (q *query) item(t datatype.Type, depth int) string {
	switch q.IntN(10) {
	case 0, 1, 2, 3:
		return q.leaf(t)
	case 4, 5:
		return q.expr(t, 1)
	case 6:
		if depth > 0 {
			return q.scalarSubquery(t)
		}
	case 7:
		if t.Kind == datatype.Boolean {
			return q.condition(depth)
		}
		if t.IsInteger() {
			return q.window(t)
		}
	}
	return q.expr(t, 2)
}

// from chooses tables, puts their columns in scope, and returns the clause.
func (q *query) from(depth int) string {
	parts := []string{" FROM " + q.relation(depth)}
	for range pick(q.dice, 0, 0, 1, 1, 2) {
		q.joined = true
		switch q.IntN(8) {
		case 0:
			parts = append(parts, " CROSS JOIN "+q.relation(depth))
		case 1:
			parts = append(parts, q.beside(q.unnest()))
		case 2:
			parts = append(parts, q.beside(q.lateral()))
		default:
			left := slices.Clone(q.scope)
			kind := pick(q.dice, " JOIN ", " JOIN ", " LEFT JOIN ", " LEFT JOIN ", " RIGHT JOIN ", " FULL JOIN ")
			right := q.relation(depth)
			condition, comparison := q.joinCondition(left, q.scope[len(left):])
			if !comparison && kind == " FULL JOIN " {
				// Where it never holds, Trino forgets the row of a side that has one and
				// that nobody reads: SELECT 1 FROM (VALUES 1, 2) FULL JOIN (VALUES 3) ON false has two rows there.
				kind = " LEFT JOIN "
			}
			parts = append(parts, kind+right+" ON "+condition)
		}
	}
	return strings.Join(parts, "")
}

// beside joins what may look at the rows to its left.
func (q *query) beside(relation string) string {
	if q.chance(50) {
		return " CROSS JOIN " + relation
	}
	return " LEFT JOIN " + relation + " ON true"
}

// named gives a relation a name, and puts its columns in scope.
func (q *query) named(prefix string, columns ...column) string {
	q.aliases++
	name := fmt.Sprintf("%s%d", prefix, q.aliases)
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.name
		q.scope = append(q.scope, column{name + "." + c.name, c.t})
	}
	return " AS " + name + "(" + strings.Join(names, ", ") + ")"
}

// unnest is the elements of an array, perhaps numbered.
func (q *query) unnest() string {
	var items []string
	var columns []column
	add := func(t datatype.Type) { columns = append(columns, column{fmt.Sprintf("n%d", len(columns)), t}) }
	for range pick(q.dice, 1, 1, 2) {
		key, elem := q.keyType(), pick(q.dice, datatype.Of(datatype.Integer), q.scalarType())
		switch q.IntN(6) {
		case 0:
			items = append(items, q.leaf(datatype.MapOf(key, elem)))
			add(key)
			add(elem)
		case 1:
			items = append(items, q.leaf(datatype.ArrayOf(datatype.RowOf(nil, []datatype.Type{key, elem}))))
			add(key)
			add(elem)
		default:
			items = append(items, q.leaf(datatype.ArrayOf(elem)))
			add(elem)
		}
	}
	sql := "UNNEST(" + strings.Join(items, ", ") + ")"
	if q.chance(40) {
		sql += " WITH ORDINALITY"
		columns = append(columns, column{"o", datatype.Of(datatype.Bigint)})
	}
	return sql + q.named("u", columns...)
}

// relation is a table or a subquery, with an alias.
func (q *query) relation(depth int) string {
	if depth > 1 && q.chance(20) {
		outer := q.scope
		q.scope = nil
		s := q.body(depth - 1)
		q.scope = outer
		return "(" + s.sql + ")" + q.named("r", numbered(s.types)...)
	}
	if q.chance(35) {
		return q.made()
	}
	q.aliases++
	name := fmt.Sprintf("r%d", q.aliases)
	table := 1 + q.IntN(3)
	for _, c := range tableColumns(table) {
		q.scope = append(q.scope, column{name + "." + c.name, c.t})
	}
	return fmt.Sprintf("t%d %s", table, name)
}

// made is a table of columns of any types, made up on the spot. Few of its rows repeat, and
// few columns have no order.
func (q *query) made() string {
	columns := make([]column, 1+q.IntN(3))
	for i := range columns {
		t := q.anyType(1)
		for !t.Orderable() && !q.chance(10) {
			t = q.anyType(1)
		}
		columns[i] = column{fmt.Sprintf("x%d", i), t}
	}
	rows := make([]string, 1+q.IntN(4))
	for i := range rows {
		cells := make([]string, len(columns))
		for j, c := range columns {
			cells[j] = q.literal(c.t)
		}
		rows[i] = "(" + strings.Join(cells, ", ") + ")"
		if i > 0 && q.chance(15) {
			rows[i] = rows[i-1]
		}
	}
	return "(VALUES " + strings.Join(rows, ", ") + ")" + q.named("m", columns...)
}

// numbered names columns by their places.
func numbered(types []datatype.Type) []column {
	columns := make([]column, len(types))
	for i, t := range types {
		columns[i] = column{fmt.Sprintf("v%d", i), t}
	}
	return columns
}

// It reports whether it is nothing but the comparison of a column of each.
func (q *query) joinCondition(left, right []column) (condition string, comparison bool) {
	for range 10 {
		l, r := pick(q.dice, left...), pick(q.dice, right...)
		if family(l.t) == family(r.t) {
			condition = l.name + pick(q.dice, " = ", " = ", " = ", " < ", " <> ") + r.name
			if q.chance(25) {
				return condition + pick(q.dice, " AND ", " OR ") + q.predicate(1), false
			}
			return condition, true
		}
	}
	return pick(q.dice, "true", q.predicate(1)), false
}

// condition is a predicate, often one with a subquery that looks at the rows
// around it.
func (q *query) condition(depth int) string {
	if depth <= 0 || q.chance(35) {
		return q.predicate(2)
	}
	t := q.value()
	x := q.leaf(t)
	switch q.IntN(8) {
	case 0, 1:
		return pick(q.dice, "", "NOT ") + "EXISTS (" + q.correlated(nil).sql + ")"
	case 2, 3:
		return x + pick(q.dice, " IN (", " NOT IN (") + q.correlated([]datatype.Type{t}).sql + ")"
	case 4:
		// Not <> ANY: Trino takes NULL <> ANY (1, 2) for true.
		return x + pick(q.dice, " = ALL", " <> ALL", " < ALL", " >= ALL", " = ANY", " < SOME", " >= ANY") + " (" + q.correlated([]datatype.Type{t}).sql + ")"
	case 5:
		return x + pick(q.dice, " = ", " < ", " IS DISTINCT FROM ") + q.scalarSubquery(t)
	case 6:
		return "(" + q.condition(depth-1) + pick(q.dice, " AND ", " OR ") + q.condition(depth-1) + ")"
	default:
		return "NOT (" + q.condition(depth-1) + ")"
	}
}

// correlated is a subquery that may name columns from around it.
func (q *query) correlated(types []datatype.Type) selected {
	outer := q.scope
	defer func() { q.scope = outer }()
	q.aliases++
	name := fmt.Sprintf("s%d", q.aliases)
	table := 1 + q.IntN(3)
	var own []column
	for _, c := range tableColumns(table) {
		own = append(own, column{name + "." + c.name, c.t})
	}
	q.scope = slices.Concat(outer, own, own) // its own columns come more often
	items := make([]string, len(types))
	for i, t := range types {
		items[i] = q.leaf(t)
	}
	if len(items) == 0 {
		items = []string{"1"}
	}
	sql := fmt.Sprintf("SELECT %s FROM t%d %s", strings.Join(items, ", "), table, name)
	if len(outer) > 0 && q.chance(75) {
		condition, _ := q.joinCondition(outer, own)
		sql += " WHERE " + condition
	} else if q.chance(60) {
		sql += " WHERE " + q.predicate(1)
	}
	return selected{sql, types}
}

// lateral is a subquery that is asked for each row to its left: of rows, or an
// aggregate, perhaps beside a constant.
func (q *query) lateral() string {
	if q.chance(50) {
		s := q.correlated([]datatype.Type{q.value(), q.value()})
		return "LATERAL (" + s.sql + ")" + q.named("l", numbered(s.types)...)
	}
	x, rest := q.one(datatype.Of(datatype.Integer))
	items, types := pick(q.dice, "max("+x+")", "count("+x+")", "sum("+x+")", "min("+x+")", "count(*)"), []datatype.Type{datatype.Of(datatype.Bigint)}
	if q.chance(40) {
		items += ", " + pick(q.dice, "1", "true", "'k'")
		types = append(types, datatype.Of(datatype.Unknown)) // nothing will name it
	}
	return "LATERAL (SELECT " + items + rest + ")" + q.named("l", numbered(types)...)
}

// one returns the column of a subquery of one column, and all that follows it.
func (q *query) one(t datatype.Type) (x, rest string) {
	s := q.correlated([]datatype.Type{t})
	x, rest, _ = strings.Cut(strings.TrimPrefix(s.sql, "SELECT "), " FROM ")
	return x, " FROM " + rest
}

// scalarSubquery has exactly one row.
func (q *query) scalarSubquery(t datatype.Type) string {
	if !settled(t) {
		return q.literal(t)
	}
	x, rest := q.one(t)
	aggregate := pick(q.dice, "max", "min")
	if t.Kind == datatype.Boolean {
		aggregate = "bool_or"
	}
	return "(SELECT " + aggregate + "(" + x + ")" + rest + ")"
}

// grouped is a SELECT with groups.
func (q *query) grouped(depth int) selected {
	outer := q.scope
	defer func() { q.scope = outer }()
	from := q.from(depth - 1)
	var keys []string
	var types []datatype.Type
	for range q.IntN(3) {
		c := pick(q.dice, q.scope...)
		key := c.name
		if q.chance(20) {
			key = q.expr(c.t, 1)
		}
		keys, types = append(keys, key), append(types, c.t)
	}
	items := slices.Clone(keys)
	for range 1 + q.IntN(2) {
		sql, t := q.aggregate()
		items, types = append(items, sql), append(types, t)
	}
	sql := "SELECT " + strings.Join(items, ", ") + from
	if q.chance(40) {
		sql += " WHERE " + q.condition(depth-1)
	}
	if len(keys) > 0 {
		list := strings.Join(keys, ", ")
		sql += " GROUP BY " + pick(q.dice, list, list, list, "1", "ROLLUP ("+list+")", "CUBE ("+list+")", "GROUPING SETS (("+list+"), ())", "GROUPING SETS (("+keys[0]+"), ("+list+"))", "DISTINCT ROLLUP ("+list+"), CUBE ("+keys[0]+")")
	}
	if q.chance(30) {
		having, _ := q.aggregate()
		sql += " HAVING " + having + pick(q.dice, " IS NOT NULL", " IS NULL")
	}
	return selected{sql, types}
}
