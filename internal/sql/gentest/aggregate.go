package gentest

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/function"
)

// aggregates are the aggregate functions that may be called, in the order of their names.
var aggregates = sync.OnceValue(func() []*function.Function {
	var all []*function.Function
	names := function.Names(function.Aggregate)
	slices.Sort(names)
	for _, name := range names {
		if avoidedAggregates[name] {
			continue
		}
		for _, f := range function.Named(name) {
			if !opaque(f) {
				all = append(all, f)
			}
		}
	}
	return all
})

// avoidedAggregates are those whose answer depends on how Trino divides the rows among its
// drivers, whatever order is asked for: their sketches are merged in the order in which
// they happen to be done. LISTAGG has a form of its own, and the others of the regressions
// a later Trino.
var avoidedAggregates = map[string]bool{
	"approx_percentile": true, "numeric_histogram": true, "approx_most_frequent": true, "listagg": true,
	"convex_hull_agg": true, "geometry_union_agg": true, "merge": true, "count": true,
	"regr_avgx": true, "regr_avgy": true, "regr_count": true, "regr_r2": true, "regr_sxx": true, "regr_sxy": true, "regr_syy": true,
}

// spreads are computed of a mean whose square is not to be infinite: Trino has another answer
// then where it puts together what several of its drivers computed.
var spreads = map[string]bool{
	"var_samp": true, "var_pop": true, "variance": true, "stddev": true, "stddev_samp": true, "stddev_pop": true, "covar_samp": true, "covar_pop": true,
	"corr": true, "regr_slope": true, "regr_intercept": true, "skewness": true, "kurtosis": true,
}

// byOrder are the aggregates whose answer depends on the order of the rows. They are asked
// for in an order of all that is in scope, in which only equal rows tie.
var byOrder = map[string]bool{
	"any_value": true, "array_agg": true, "map_agg": true, "multimap_agg": true, "map_union": true, "histogram": true,
	"max_by": true, "min_by": true, "reduce_agg": true,
}

// byArrival are those of them for which Trino drops the order: their answer, where rows tie,
// depends on the order in which rows come. A join has none.
var byArrival = map[string]bool{"any_value": true, "map_union": true, "max_by": true, "min_by": true, "reduce_agg": true}

// aggregate is an aggregation whose answer does not depend on the order of rows.
func (q *query) aggregate() (string, datatype.Type) {
	bigint := datatype.Of(datatype.Bigint)
	x := pick(q.dice, q.scope...)
	distinct := pick(q.dice, "", "", "DISTINCT ")
	t := bigint
	var sql string
	switch q.IntN(12) {
	case 0:
		sql = "count(*)"
	case 1:
		sql = "count(" + distinct + x.name + ")"
	case 2, 3:
		if c, ok := q.settledColumn(); ok {
			x = c
		}
		sql, t = pick(q.dice, "max", "min")+"("+q.expr(x.t, 1)+")", x.t
	case 4:
		c, ok := q.settledColumn()
		if !ok {
			return "count(*)", bigint
		}
		x = c
		sql, t = "array_agg("+distinct+x.name+" ORDER BY "+x.name+")", datatype.ArrayOf(x.t)
	case 5:
		sql = "count_if(" + q.predicate(1) + ")"
	case 6:
		sql, t = "listagg("+distinct+q.leaf(datatype.Text())+", "+pick(q.dice, "','", "''", "'; '")+") WITHIN GROUP (ORDER BY "+q.totalOrder()+")", datatype.Text()
		if distinct != "" || !q.ordersAll() {
			sql = "count(*)"
			t = bigint
		}
	default:
		sql, t = q.signedAggregate(distinct)
	}
	if q.chance(20) {
		sql += " FILTER (WHERE " + q.predicate(1) + ")"
	}
	return sql, t
}

// signedAggregate calls any aggregate function.
func (q *query) signedAggregate(distinct string) (string, datatype.Type) {
	for range 20 {
		f := pick(q.dice, aggregates()...)
		b := bindings{}
		params, variadic, result := f.Signature()
		if byOrder[f.Name] && !q.ordersAll() || byArrival[f.Name] && q.joined {
			continue
		}
		sql, ok := q.arguments(f.Name, params, variadic, b, 1)
		if !ok || !settledAll(f, b) {
			continue
		}
		t, ok := shapeOf(result).typed(b, q.dice.named)
		if !ok || spreads[f.Name] && strings.Contains(sql, "e308") {
			continue
		}
		list := strings.TrimSuffix(strings.TrimPrefix(sql, f.Name+"("), ")")
		switch {
		case byOrder[f.Name]:
			list += " ORDER BY " + q.totalOrder()
		case !slices.Contains(params, "function"):
			list = distinct + list
		}
		return f.Name + "(" + list + ")", t
	}
	return "count(*)", datatype.Of(datatype.Bigint)
}

// settledAll says whether the types are settled that the function orders by.
func settledAll(f *function.Function, b bindings) bool {
	switch key, named := map[string]string{"max": "T", "min": "T", "max_by": "K", "min_by": "K"}[f.Name]; {
	case !named:
		return true
	case b["E"].Kind != 0:
		return settled(b["E"])
	default:
		return settled(b[key])
	}
}

// settled says whether values of t have an order in which nothing fails. Trino fails to
// compare arrays and rows with a NULL inside, and which ones it compares depends on how it
// divides rows among drivers, in what order these come, and where its quicksort has pivots.
func settled(t datatype.Type) bool { return t.Orderable() && len(t.Elems) == 0 }

// ordersAll says whether the order of all rows is settled by what is in scope. The arrays of
// t3 are not needed for that.
func (q *query) ordersAll() bool {
	return !slices.ContainsFunc(q.scope, func(c column) bool { return !settled(c.t) && !strings.HasSuffix(c.name, ".e") })
}

// totalOrder orders by all that is in scope.
func (q *query) totalOrder() string {
	var order []string
	for _, c := range q.scope {
		if settled(c.t) {
			order = append(order, c.name+pick(q.dice, "", " DESC")+pick(q.dice, "", "", "", " NULLS FIRST"))
		}
	}
	return strings.Join(order, ", ")
}

// settledColumn is a column in scope, of a settled type.
func (q *query) settledColumn() (c column, ok bool) {
	for range 10 {
		if c = pick(q.dice, q.scope...); settled(c.t) {
			return c, true
		}
	}
	return c, false
}

// window is a window function over a total order of what is in scope, or an aggregate
// over what ties.
func (q *query) window(t datatype.Type) string {
	partition := ""
	if c, ok := q.settledColumn(); ok && q.chance(50) {
		partition = "PARTITION BY " + c.name + " "
	}
	if q.chance(25) || !q.ordersAll() {
		return q.rangeWindow(partition)
	}
	x := q.leaf(t)
	ofFrame := pick(q.dice, "count(*)", "sum("+x+")", "max("+x+")", "min("+x+")", "avg("+x+")", "first_value("+x+")", "last_value("+x+")", "nth_value("+x+", 2)", "count("+x+")", "array_agg("+x+")")
	ofOrder := pick(q.dice, "rank()", "dense_rank()", "row_number()", "lag("+x+")", "lead("+x+", 2)", "lag("+x+", 1, "+q.leaf(t)+")", "ntile(2)", "percent_rank()", "cume_dist()")
	if q.chance(50) {
		return ofOrder + q.nulls(ofOrder) + " OVER (" + partition + "ORDER BY " + q.totalOrder() + ")"
	}
	frame := pick(q.dice, "", " ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING", " ROWS UNBOUNDED PRECEDING", " ROWS BETWEEN 2 FOLLOWING AND 3 FOLLOWING",
		" RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING", " GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW", " GROUPS BETWEEN 1 FOLLOWING AND 2 FOLLOWING", " ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING")
	return ofFrame + q.nulls(ofFrame) + " OVER (" + partition + "ORDER BY " + q.totalOrder() + frame + ")"
}

// nulls says what of NULL, to functions that pick a value.
func (q *query) nulls(call string) string {
	name, _, _ := strings.Cut(call, "(")
	if strings.HasSuffix(name, "_value") || name == "lag" || name == "lead" {
		return pick(q.dice, "", "", " IGNORE NULLS", " RESPECT NULLS")
	}
	return ""
}

// rangeWindow is an aggregate over rows that are near in one key. Those that tie are all
// in the frame, or none.
func (q *query) rangeWindow(partition string) string {
	key, ok := q.settledColumn()
	if !ok {
		return "count(*) OVER ()"
	}
	offset := "1"
	switch {
	case key.t.Kind == datatype.Date:
		offset = pick(q.dice, "INTERVAL '1' DAY", "INTERVAL '1' MONTH")
	case key.t.IsTemporal():
		offset = pick(q.dice, "INTERVAL '2' HOUR", "INTERVAL '1' DAY")
	case key.t.Kind == datatype.Double:
		offset = pick(q.dice, "1", "1.5e0", "0.5")
	case !key.t.IsNumeric():
		offset = ""
	}
	frame := pick(q.dice, "", " RANGE UNBOUNDED PRECEDING", " RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING")
	if offset != "" && q.chance(70) {
		frame = fmt.Sprintf(pick(q.dice, " RANGE BETWEEN %s PRECEDING AND %[1]s FOLLOWING", " RANGE %s PRECEDING", " RANGE BETWEEN CURRENT ROW AND %s FOLLOWING", " RANGE BETWEEN %s FOLLOWING AND UNBOUNDED FOLLOWING"), offset)
	}
	x := key.name
	if c, ok := q.settledColumn(); ok {
		x = c.name
	}
	f := pick(q.dice, "count(*)", "count("+x+")", "max("+x+")", "min("+x+")", "rank()", "dense_rank()", "cume_dist()", "percent_rank()")
	if strings.HasSuffix(f, "()") {
		frame = ""
	}
	return f + " OVER (" + partition + "ORDER BY " + key.name + pick(q.dice, "", " DESC") + pick(q.dice, "", "", " NULLS FIRST") + frame + ")"
}
