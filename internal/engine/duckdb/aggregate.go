package duckdb

import (
	"context"
	"fmt"
	"math"
	"math/big"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/engine/aggregate"
	"github.com/sillok/sillok/internal/engine/duckdb/native"
	"github.com/sillok/sillok/internal/engine/eval"
	"github.com/sillok/sillok/internal/engine/scalar"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

func (r *renderer) aggregate(ctx context.Context, n *plan.Aggregate) (string, error) {
	input, err := r.node(ctx, n.Input)
	if err != nil {
		return "", err
	}
	if n.Sets == nil {
		set := make([]int, len(n.Keys))
		for i := range set {
			set[i] = i
		}
		return r.groupingSet(ctx, n, r.sub(input), set, 0)
	}
	r.aliases++
	shared := fmt.Sprintf("g%d", r.aliases)
	parts := make([]string, len(n.Sets))
	for i, set := range n.Sets {
		part, err := r.groupingSet(ctx, n, shared, set, i)
		if err != nil {
			return "", err
		}
		parts[i] = part
	}
	return "WITH " + shared + " AS MATERIALIZED (" + input + ")\n" + "(" + strings.Join(parts, ")\nUNION ALL (") + ")", nil
}

// groupingSet renders the groups of one set of keys; the other keys are NULL.
func (r *renderer) groupingSet(ctx context.Context, n *plan.Aggregate, from string, set []int, number int) (string, error) {
	inSet := map[int]bool{}
	for _, i := range set {
		inSet[i] = true
	}
	var groups, columns []string
	for i, key := range n.Keys {
		if !inSet[i] {
			null, err := nullOf(key.Type)
			if err != nil {
				return "", err
			}
			columns = append(columns, null+" AS "+name(key.ID))
			continue
		}
		value, err := r.column(key.ID, key.Type)
		if err != nil {
			return "", err
		}
		group, same, err := r.groupKey(value, key.Type)
		if err != nil {
			return "", err
		}
		if !same {
			value = "first(" + value + ")"
		}
		groups, columns = append(groups, group), append(columns, value+" AS "+name(key.ID))
	}
	for _, c := range n.Calls {
		value, err := r.aggregateCall(ctx, c, "")
		if err != nil {
			return "", err
		}
		columns = append(columns, value+" AS "+name(c.ID))
	}
	if n.GroupID != nil {
		columns = append(columns, fmt.Sprintf("CAST(%d AS BIGINT) AS %s", number, name(n.GroupID.ID)))
	}
	if len(columns) == 0 {
		columns = []string{"1 AS nothing"}
	}
	sql := "SELECT " + strings.Join(columns, ", ") + "\nFROM " + from
	if len(groups) > 0 {
		return sql + "\nGROUP BY " + strings.Join(groups, ", "), nil
	}
	if len(n.Calls) == 0 { // one row, however many there are
		return "SELECT " + strings.Join(columns, ", ") + "\nFROM " + r.sub("SELECT count(*) FROM "+from), nil
	}
	return sql, nil
}

// aggregation is a call with its parts rendered.
type aggregation struct {
	plan.AggregateCall
	args   []string
	types  []datatype.Type
	order  string       // " ORDER BY …" or ""
	filter string       // the condition of FILTER or ""
	suffix string       // FILTER and OVER
	fold   *plan.Lambda // of reduce_agg: makes a state of a state and a value
}

// aggregateCall renders an aggregate function; over is its OVER clause, if any.
func (r *renderer) aggregateCall(ctx context.Context, c plan.AggregateCall, over string) (string, error) {
	a := aggregation{AggregateCall: c, args: make([]string, len(c.Args)), types: make([]datatype.Type, len(c.Args))}
	for i, arg := range c.Args {
		a.types[i] = arg.Type()
		if arg.Type().Kind == datatype.Function {
			return r.foldedAggregate(ctx, c, over)
		}
		x, err := r.expr(ctx, arg)
		if err != nil {
			return "", err
		}
		a.args[i] = x
	}
	if c.Filter != nil {
		filter, err := r.expr(ctx, c.Filter)
		if err != nil {
			return "", err
		}
		a.filter, a.suffix = filter, " FILTER (WHERE "+filter+")"
	}
	a.suffix += over
	order, err := r.ordering(ctx, c.OrderBy, false)
	if err != nil {
		return "", err
	}
	if order.by != "" {
		a.order = " ORDER BY " + order.by
	}
	if _, err := native.TypeSQL(c.Type); err != nil {
		return "", err
	}
	if len(order.values) == 0 {
		return r.aggregated(ctx, a)
	}
	check, err := r.listed(order, a.sortedOnly(over))
	if err != nil {
		return "", err
	}
	value, err := r.aggregated(ctx, a)
	return "CASE WHEN " + check + " THEN " + value + " END", err
}

// sortedOnly is the suffix under which the rows are listed that Trino sorts: those that
// the aggregate does not pass over for a NULL.
func (a aggregation) sortedOnly(over string) string {
	var wanted []string
	if a.filter != "" {
		wanted = append(wanted, a.filter)
	}
	for i, arg := range a.args {
		if a.Name == "array_agg" || i == 1 && (a.Name == "map_agg" || a.Name == "multimap_agg") || i == 0 && strings.HasSuffix(a.Name, "_by") {
			continue
		}
		wanted = append(wanted, arg+" IS NOT NULL")
	}
	if len(wanted) == 0 {
		return over
	}
	return " FILTER (WHERE " + strings.Join(wanted, " AND ") + ")" + over
}

// aggregated renders a call whose parts are rendered.
func (r *renderer) aggregated(ctx context.Context, a aggregation) (string, error) {
	if sql, ok, err := r.nativeAggregate(ctx, a); ok || err != nil {
		return sql, err
	}
	return r.bridgedAggregate(a)
}

// nativeAggregate renders the aggregates that DuckDB computes as Trino does.
func (r *renderer) nativeAggregate(ctx context.Context, a aggregation) (sql string, ok bool, err error) {
	call := func(function, arg string) string { return function + "(" + a.distinct() + arg + ")" + a.suffix }
	switch {
	case a.Name == "count" && len(a.args) == 0:
		return "count(*)" + a.suffix, true, nil
	case a.Name == "count":
		return r.countOf(a)
	case a.Name == "approx_distinct":
		sql, err := r.approxDistinct(ctx, a)
		return sql, true, err
	case a.Name == "checksum" && !a.Distinct:
		sql, err := r.checksum(a)
		return sql, true, err
	case a.Name == "approx_set":
		sql, err := r.approxSet(a)
		return sql, true, err
	case len(a.args) == 1 && (!a.Distinct || groupsAlike(a.types[0])):
		return r.nativeOfOne(a, call)
	case (a.Name == "max_by" || a.Name == "min_by") && len(a.args) == 2 && !a.Distinct && !isFloat(a.types[1]) && sameOrder(a.types[1]):
		function := map[string]string{"max_by": "arg_max_null", "min_by": "arg_min_null"}[a.Name]
		return fmt.Sprintf("%s(%s, %s)%s", function, a.args[0], instantOf(a.types[1], a.args[1]), a.suffix), true, nil
	}
	return "", false, nil
}

func (a aggregation) distinct() string {
	if a.Distinct {
		return "DISTINCT "
	}
	return ""
}

func (r *renderer) countOf(a aggregation) (sql string, ok bool, err error) {
	if !a.Distinct {
		return "count(" + a.args[0] + ")" + a.suffix, true, nil
	}
	key, _, err := r.groupKey(a.args[0], a.types[0])
	return "count(DISTINCT " + key + ")" + a.suffix, true, err
}

func (r *renderer) nativeOfOne(a aggregation, call func(function, arg string) string) (sql string, ok bool, err error) {
	t, x := a.types[0], a.args[0]
	switch a.Name {
	case "count_if":
		return call("count", "CASE WHEN "+x+" THEN TRUE END"), !a.Distinct, nil
	case "sum":
		return r.sumOf(a, call)
	case "avg":
		return r.avgOf(a, call)
	case "min", "max":
		return r.extremeOf(a, call)
	case "bool_and", "every":
		return call("bool_and", x), true, nil
	case "bool_or":
		return call("bool_or", x), true, nil
	case "any_value", "arbitrary":
		return "any_value(" + x + ")" + a.suffix, true, nil
	case "array_agg":
		return "list(" + x + a.order + ")" + a.suffix, !a.Distinct, nil
	case "bitwise_and_agg":
		return call("bit_and", x), t.Kind == datatype.Bigint, nil
	case "bitwise_or_agg":
		return call("bit_or", x), t.Kind == datatype.Bigint, nil
	case "bitwise_xor_agg":
		return call("bit_xor", x), t.Kind == datatype.Bigint, nil
	case "stddev", "stddev_samp":
		return inType(a.Type, spread("stddev_samp", 1, x, call))
	case "variance", "var_samp":
		return inType(a.Type, spread("var_samp", 2, x, call))
	case "stddev_pop":
		return inType(a.Type, spread(a.Name, 1, x, call))
	case "var_pop":
		return inType(a.Type, spread(a.Name, 2, x, call))
	}
	return "", false, nil
}

// spread renders a standard deviation (power 1) or a variance (2). DuckDB's fail
// where Trino's is NaN or infinite: what is no number is looked for, and large numbers
// are made small before and the result large behind.
func spread(function string, power int, x string, call func(function, arg string) string) string {
	x = "CAST(" + x + " AS DOUBLE)"
	greatest := call("max", "abs("+x+")") // NaN is the greatest
	finite := "CASE WHEN isfinite(" + x + ") THEN " + x + " END"
	number := "CASE WHEN abs(" + x + ") <= 1e150 THEN " + x + " END"
	back := strings.Repeat(" * 1e160", power)
	few := ""
	if strings.HasSuffix(function, "_samp") {
		few = " WHEN " + call("count", x) + " < 2 THEN NULL"
	}
	return "(CASE" + few + " WHEN NOT isfinite(" + greatest + ") THEN CAST('NaN' AS DOUBLE) WHEN " + greatest + " > 1e150 THEN " +
		call(function, "("+finite+") * 1e-160") + back + " ELSE " + call(function, number) + " END)"
}

func inType(t datatype.Type, value string) (sql string, ok bool, err error) {
	sql, err = typed(value, t)
	return sql, true, err
}

// maxNativeSum is the digits that decimals may have for DuckDB to add them up: a
// sum that needs more than 127 bits wraps around there.
const maxNativeSum = 28

func (r *renderer) sumOf(a aggregation, call func(function, arg string) string) (sql string, ok bool, err error) {
	t, x := a.types[0], a.args[0]
	switch {
	case t.Kind == datatype.Real:
		sum := call("sum", x)
		return fmt.Sprintf("(CASE WHEN abs(%[1]s) > %[2]g THEN CAST(sign(%[1]s) * CAST('inf' AS DOUBLE) AS FLOAT) ELSE CAST(%[1]s AS FLOAT) END)", sum, math.MaxFloat32), true, nil
	case t.IsInteger(), t.IsInterval(), t.Kind == datatype.Double:
		typeSQL, err := native.TypeSQL(a.Type)
		return "CAST(" + call("sum", x) + " AS " + typeSQL + ")", true, err
	case t.Kind == datatype.Decimal && t.Precision <= maxNativeSum:
		sum, err := r.call(function{
			Params: []datatype.Type{datatype.DecimalOf(datatype.MaxDecimalPrecision, t.Scale)}, Result: a.Type, Body: sumBody{},
		}, []string{call("sum", x)})
		return sum, true, err
	}
	return "", false, nil
}

func (r *renderer) avgOf(a aggregation, call func(function, arg string) string) (sql string, ok bool, err error) {
	t, x := a.types[0], a.args[0]
	switch {
	case t.IsInteger() || isFloat(t):
		typeSQL, err := native.TypeSQL(a.Type)
		return "CAST(" + call("avg", "CAST("+x+" AS DOUBLE)") + " AS " + typeSQL + ")", true, err
	case t.Kind == datatype.Decimal && t.Precision <= maxNativeSum:
		avg, err := r.call(function{
			Params: []datatype.Type{datatype.DecimalOf(datatype.MaxDecimalPrecision, t.Scale), datatype.Of(datatype.Bigint)},
			Result: a.Type, Body: avgBody{},
		}, []string{call("sum", x), call("count", x)})
		return avg, true, err
	}
	return "", false, nil
}

func (r *renderer) extremeOf(a aggregation, call func(function, arg string) string) (sql string, ok bool, err error) {
	t, x := a.types[0], a.args[0]
	switch {
	case isFloat(t):
		// NaN is never the answer while there is a number.
		number := call(a.Name, "CASE WHEN NOT isnan("+x+") THEN "+x+" END")
		return "coalesce(" + number + ", " + call(a.Name, x) + ")", true, nil
	case t.Kind == datatype.TimestampTZ:
		return fmt.Sprintf("arg_%s(%s, %s)%s", a.Name, x, instantOf(t, x), a.suffix), true, nil
	case t.Kind == datatype.Unknown:
		return call(a.Name, x), true, nil
	case sameOrder(t):
		return call(a.Name, x), true, nil
	}
	return "", false, nil
}

// bridgedAggregate renders an aggregate as a function in Go over the list of the
// rows of its group.
func (r *renderer) bridgedAggregate(a aggregation) (string, error) {
	if _, ok := aggregate.Lookup(a.Name, a.types, a.Type); !ok && a.fold == nil {
		return "", sqlerr.Refused(eval.Signature(a.Name, a.types))
	}
	row, fields := datatype.RowOf(nil, a.types), make([]string, len(a.args))
	for i, arg := range a.args {
		fields[i] = native.FieldName(i) + " := " + arg
	}
	list := "list(struct_pack(" + strings.Join(fields, ", ") + ")" + a.order + ")" + a.suffix
	return r.call(function{
		Params: []datatype.Type{datatype.ArrayOf(row)}, Result: a.Type,
		Body: reduceBody{Function: a.Name, Params: a.types, Result: a.Type, Distinct: a.Distinct, Fold: a.fold},
	}, []string{list})
}

// reduceBody computes an aggregate over the list of a group's rows.
type reduceBody struct {
	Function string
	Params   []datatype.Type
	Result   datatype.Type
	Distinct bool
	Fold     *plan.Lambda // of reduce_agg
}

func (b reduceBody) call(ctx context.Context, now time.Time) (func([]any) (any, error), error) {
	reduce, ok := aggregate.Lookup(b.Function, b.Params, b.Result)
	if b.Fold != nil {
		var err error
		if reduce, err = reduction(ctx, b.Fold, now); err != nil {
			return nil, err
		}
	} else if !ok {
		return nil, sqlerr.Refused(eval.Signature(b.Function, b.Params))
	}
	return func(args []any) (any, error) {
		list, _ := args[0].([]any)
		rows := make([][]any, 0, len(list))
		seen := map[string]bool{}
		for _, item := range list {
			row, ok := item.([]any)
			if !ok {
				return nil, fmt.Errorf("a row of %s is a %T", b.Function, item)
			}
			if b.Distinct {
				key := scalar.Key(datatype.RowOf(nil, b.Params), row)
				if seen[key] {
					continue
				}
				seen[key] = true
			}
			rows = append(rows, row)
		}
		return reduce(rows)
	}, nil
}

// sumBody passes on a sum of decimals that has at most 38 digits.
type sumBody struct{}

func (sumBody) call(context.Context, time.Time) (func([]any) (any, error), error) {
	limit := new(big.Int).Exp(big.NewInt(10), big.NewInt(datatype.MaxDecimalPrecision), nil)
	return func(args []any) (any, error) {
		sum, ok := args[0].(*big.Int)
		if ok && sum.CmpAbs(limit) >= 0 {
			return nil, sqlerr.New(sqlerr.NumericOutOfRange, "Decimal overflow")
		}
		return args[0], nil
	}, nil
}

// avgBody divides a sum of decimals by their number, rounding half away from zero.
type avgBody struct{}

func (avgBody) call(context.Context, time.Time) (func([]any) (any, error), error) {
	return func(args []any) (any, error) {
		sum, ok := args[0].(*big.Int)
		count, _ := args[1].(int64)
		if !ok || count == 0 {
			return nil, nil
		}
		return aggregate.Quotient(sum, count), nil
	}, nil
}
