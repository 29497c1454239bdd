package duckdb

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/sillok/sillok/internal/engine/duckdb/native"
	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

func (r *renderer) window(ctx context.Context, n *plan.Window) (string, error) {
	from, err := r.node(ctx, n.Input)
	if err != nil {
		return "", err
	}
	columns := []string{"*"}
	for _, c := range n.Calls {
		value, err := r.windowCall(ctx, c, len(n.Calls) == 1)
		if err != nil {
			return "", err
		}
		columns = append(columns, value+" AS "+name(c.ID))
	}
	return "SELECT " + strings.Join(columns, ", ") + "\nFROM " + r.sub(from), nil
}

func (r *renderer) windowCall(ctx context.Context, c plan.WindowCall, alone bool) (string, error) {
	hashed := alone && c.Name == "row_number" && len(c.Order) == 0
	over, check, err := r.over(ctx, c, hashed)
	if err != nil {
		return "", err
	}
	value, err := r.windowValue(ctx, c, over)
	if err == nil && check != "" {
		value = "CASE WHEN " + check + " THEN " + value + " END"
	}
	return value, err
}

func (r *renderer) windowValue(ctx context.Context, c plan.WindowCall, over string) (string, error) {
	switch c.Name {
	case "row_number", "rank", "dense_rank", "percent_rank", "cume_dist":
		return c.Name + "()" + over, nil
	case "ntile", "lag", "lead", "first_value", "last_value", "nth_value":
		return r.valueFunction(ctx, c, over)
	}
	if c.IgnoreNulls {
		return "", sqlerr.Refused("IGNORE NULLS with " + c.Name)
	}
	return r.aggregateCall(ctx, c.AggregateCall, over)
}

// valueFunction renders the functions that pick a value of another row.
func (r *renderer) valueFunction(ctx context.Context, c plan.WindowCall, over string) (string, error) {
	args := make([]string, len(c.Args))
	for i, arg := range c.Args {
		x, err := r.expr(ctx, arg)
		if err != nil {
			return "", err
		}
		args[i] = x
	}
	if i := map[string]int{"ntile": 1, "lag": 2, "lead": 2, "nth_value": 2}[c.Name]; i > 0 && i <= len(args) {
		offset, err := r.offset(ctx, c, i-1)
		if err != nil {
			return "", err
		}
		args[i-1] = offset
	}
	list := strings.Join(args, ", ")
	if c.IgnoreNulls {
		list += " IGNORE NULLS"
	}
	if c.Filter != nil {
		return "", sqlerr.Refused("FILTER with " + c.Name)
	}
	return c.Name + "(" + list + ")" + over, nil
}

// offset renders the constant number of rows that a function is told.
func (r *renderer) offset(ctx context.Context, c plan.WindowCall, i int) (string, error) {
	v, err := constantOf(ctx, c.Args[i], r.now)
	if err != nil {
		return "", err
	}
	if v == nil && (c.Name == "lag" || c.Name == "lead") {
		return "", sqlerr.New(sqlerr.InvalidFunctionArgument, "Offset must not be null")
	}
	n, ok := v.(int64)
	least := int64(1)
	if c.Name == "lag" || c.Name == "lead" {
		least = 0
	}
	if !ok {
		return "", sqlerr.Refused("an offset of " + c.Name + " that is not a constant number")
	}
	if n < least {
		if c.Name == "ntile" {
			return "", sqlerr.New(sqlerr.InvalidFunctionArgument, "Buckets must be greater than 0")
		}
		return "", sqlerr.New(sqlerr.InvalidFunctionArgument, "Offset must be at least %d", least)
	}
	return fmt.Sprintf("CAST(%d AS BIGINT)", n), nil
}

// over renders a window, and a condition on each row that its order can be told; empty
// where it always can. Unless rows are only numbered, which needs a hash alone, Trino
// finds partitions by sorting.
func (r *renderer) over(ctx context.Context, c plan.WindowCall, hashed bool) (over, check string, err error) {
	partition, partitions := "", make([]plan.SortKey, 0, len(c.PartitionBy)+len(c.Order))
	if len(c.PartitionBy) > 0 {
		keys := make([]string, len(c.PartitionBy))
		for i, e := range c.PartitionBy {
			x, err := r.expr(ctx, e)
			if err != nil {
				return "", "", err
			}
			if keys[i], _, err = r.groupKey(x, e.Type()); err != nil {
				return "", "", err
			}
			partitions = append(partitions, plan.SortKey{Expr: e})
		}
		partition = "PARTITION BY " + strings.Join(keys, ", ") + " "
	}
	if !hashed {
		if check, err = r.sortable(ctx, partitions, c.Order); err != nil {
			return "", "", err
		}
	}
	parts := partition
	if len(c.Order) > 0 {
		offsets := c.Frame != nil && c.Frame.Unit == ast.FrameRange && (c.Frame.Start.Offset() || c.Frame.End.Offset())
		order, err := r.ordering(ctx, rangeOrder(c), offsets)
		if err != nil {
			return "", "", err
		}
		if len(order.values) > 0 && check == "" {
			if check, err = r.neighbours(order, partition); err != nil {
				return "", "", err
			}
		}
		parts += "ORDER BY " + order.by + " "
	}
	if c.Frame != nil {
		frame, err := r.frame(ctx, c)
		if err != nil {
			return "", "", err
		}
		parts += frame
	}
	return " OVER (" + parts + ")", check, nil
}

// sortable renders a condition that is true, or fails where Trino cannot sort rows into
// partitions, and within these by order; empty where partitions are no matter of sorting.
func (r *renderer) sortable(ctx context.Context, partitions, order []plan.SortKey) (string, error) {
	nested := false
	for _, k := range partitions {
		t := k.Expr.Type()
		if !t.Orderable() {
			return "", errInside("%s is not orderable", t)
		}
		nested = nested || isNested(t)
	}
	if !nested {
		return "", nil
	}
	o, err := r.ordering(ctx, append(partitions, order...), false)
	if err != nil {
		return "", err
	}
	return r.neighbours(o, "")
}

func (r *renderer) frame(ctx context.Context, c plan.WindowCall) (string, error) {
	unit := map[ast.FrameUnit]string{ast.FrameRows: "ROWS", ast.FrameRange: "RANGE", ast.FrameGroups: "GROUPS"}[c.Frame.Unit]
	start, err := r.bound(ctx, c, c.Frame.Start, "starting")
	if err != nil {
		return "", err
	}
	end, err := r.bound(ctx, c, c.Frame.End, "ending")
	return unit + " BETWEEN " + start + " AND " + end, err
}

func (r *renderer) bound(ctx context.Context, c plan.WindowCall, b plan.Bound, which string) (string, error) {
	var direction string
	switch b.Kind {
	case ast.UnboundedPreceding:
		return "UNBOUNDED PRECEDING", nil
	case ast.UnboundedFollowing:
		return "UNBOUNDED FOLLOWING", nil
	case ast.CurrentRow:
		return "CURRENT ROW", nil
	case ast.Preceding:
		direction = " PRECEDING"
	case ast.Following:
		direction = " FOLLOWING"
	}
	if !varies(b.Value) {
		v, err := constantOf(ctx, b.Value, r.now)
		if err != nil {
			return "", sqlerr.Refused("a window frame with this offset")
		}
		if n, ok := v.(int64); ok && n >= 0 && b.Value.Type().IsInteger() && c.Frame.Unit != ast.FrameRange {
			return strconv.FormatInt(n, 10) + direction, nil
		}
	}
	value, err := r.expr(ctx, b.Value)
	if err != nil {
		return "", err
	}
	t := b.Value.Type()
	zero := "0"
	if c.Frame.Unit == ast.FrameRange {
		if common, ok := rangeType(c); ok {
			if value, err = typed(value, common); err != nil {
				return "", err
			}
			t = common
		} else if value, err = rangeValue(c, value, t); err != nil {
			return "", err
		}
		if t.IsInterval() {
			zero = "INTERVAL 0 SECONDS"
		}
	}
	typeSQL, err := native.TypeSQL(t)
	if t.IsInterval() {
		typeSQL = "INTERVAL"
	}
	failure := sqlerr.New("INVALID_WINDOW_FRAME", "Window frame %s offset must not be negative or null", which)
	return fmt.Sprintf("CASE WHEN %[1]s IS NULL OR %[1]s < %[2]s THEN CAST(error(%[3]s) AS %[4]s) ELSE %[1]s END%[5]s",
		value, zero, text(native.Mark(failure)), typeSQL, direction), err
}

// rangeType returns the decimal type in which the key and the distances of a RANGE
// frame are added up when one of them is a decimal and the others are exact as well.
func rangeType(c plan.WindowCall) (t datatype.Type, ok bool) {
	if c.Frame == nil || c.Frame.Unit != ast.FrameRange || len(c.Order) != 1 {
		return t, false
	}
	types := []datatype.Type{c.Order[0].Expr.Type()}
	for _, b := range []plan.Bound{c.Frame.Start, c.Frame.End} {
		if b.Value != nil {
			types = append(types, b.Value.Type())
		}
	}
	decimals, scale := false, 0
	for _, t := range types {
		if !t.IsInteger() && t.Kind != datatype.Decimal || t.Precision > 20 {
			return t, false
		}
		decimals = decimals || t.Kind == datatype.Decimal
		scale = max(scale, t.Scale)
	}
	return datatype.DecimalOf(datatype.MaxDecimalPrecision, scale), decimals && scale <= 10
}

// rangeOrder returns the order of a window, its key in the type of the frame.
func rangeOrder(c plan.WindowCall) []plan.SortKey {
	t, ok := rangeType(c)
	if !ok {
		return c.Order
	}
	key := c.Order[0]
	key.Expr = &plan.Cast{X: key.Expr, T: t, Coercion: true}
	return []plan.SortKey{key}
}

// rangeValue renders the distance of a RANGE frame, in the words of the key that it is
// added to.
func rangeValue(c plan.WindowCall, value string, t datatype.Type) (string, error) {
	if len(c.Order) != 1 {
		return "", sqlerr.Refused("a RANGE frame over several keys")
	}
	key := c.Order[0].Expr.Type()
	switch {
	case key.IsInteger() && t.IsInteger(), isFloat(key) && isFloat(t), key.Kind == datatype.Decimal && t.Kind == datatype.Decimal:
		return value, nil
	case key.Kind == datatype.Date || key.Kind == datatype.Timestamp && !native.Fine(key):
		if t.Kind == datatype.IntervalDayToSecond {
			return "to_milliseconds(" + value + ")", nil
		}
		if t.Kind == datatype.IntervalYearToMonth {
			return "to_months(CAST(" + value + " AS INTEGER))", nil
		}
	}
	return "", sqlerr.Refused(fmt.Sprintf("a RANGE frame of %s over %s", t, key))
}
