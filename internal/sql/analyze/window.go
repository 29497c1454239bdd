package analyze

import (
	"strings"

	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/function"
	"github.com/sillok/sillok/internal/sql/plan"
)

// windowSpec is a window with the named one that it builds on merged in.
type windowSpec struct {
	partitionBy []ast.Expr
	orderBy     []ast.SortItem
	frame       *ast.Frame
	named       *scope // in which a named window's parts stand; nil for one of OVER alone
}

// windowCall types a function over a window.
func (x *exprs) windowCall(e *ast.Call, name string, kind function.Kind) (plan.Expr, error) {
	if x.sel == nil {
		return nil, x.fail(e, notScalar, "this clause cannot contain aggregations, window functions or grouping operations: [%s]", spelled(e))
	}
	spec, err := x.sel.window(e.Window)
	if err != nil {
		return nil, err
	}
	if err := x.checkWindow(e, name, kind, spec); err != nil {
		return nil, err
	}
	ref := &windowRef{}
	if ref.call, err = x.overWindow(spec); err != nil {
		return nil, err
	}
	if ref.call.AggregateCall, err = x.aggregateOf(e, name); err != nil {
		return nil, err
	}
	ref.call.IgnoreNulls = e.NullTreatment == ast.IgnoreNulls
	return ref, nil
}

func (x *exprs) checkWindow(e *ast.Call, name string, kind function.Kind, spec *windowSpec) error {
	inside := argExprs(e)
	for _, item := range e.OrderBy {
		inside = append(inside, item.Expr)
	}
	switch {
	case find(isWindow, inside...) != nil:
		return x.fail(find(isWindow, inside...), "NESTED_WINDOW",
			"Cannot nest window functions or row pattern measures inside window function arguments")
	case kind != function.Aggregate && len(e.OrderBy) > 0:
		return x.fail(e, "FUNCTION_NOT_AGGREGATE", "ORDER BY is only valid for aggregation functions")
	case kind == function.Scalar:
		return x.fail(e, "FUNCTION_NOT_WINDOW", "Not a window function: %s", name)
	case spec.frame != nil && spec.frame.Pattern:
		return x.refuse(spec.frame, "row pattern recognition in a window")
	case e.Filter != nil:
		return x.fail(x.sel.node, notSupported, "FILTER is not yet supported for window functions")
	case e.NullTreatment != ast.NullTreatmentDefault && !treatsNulls(name):
		return x.fail(e, "NULL_TREATMENT_NOT_ALLOWED", "Cannot specify null treatment clause for %s function", name)
	}
	if kind != function.Window {
		return nil
	}
	shifts := name == "lead" || name == "lag"
	if shifts && len(spec.orderBy) == 0 {
		return x.fail(e.Window, "MISSING_ORDER_BY", "%s function requires an ORDER BY window clause", name)
	}
	if spec.frame != nil && (shifts || !treatsNulls(name)) {
		return x.fail(spec.frame, invalidFrame, "Cannot specify window frame for %s function", name)
	}
	return nil
}

// overWindow types the parts of a window.
func (x *exprs) overWindow(spec *windowSpec) (plan.WindowCall, error) {
	call := plan.WindowCall{}
	list := append([]ast.Expr{}, spec.partitionBy...)
	for _, item := range spec.orderBy {
		list = append(list, item.Expr)
	}
	if spec.frame != nil {
		list = append(list, boundValues(spec.frame)...)
	}
	if found := find(isWindow, list...); found != nil {
		return call, x.fail(found, "NESTED_WINDOW", "Cannot nest window functions or row pattern measures inside window specification")
	}
	inner := *x
	if spec.named != nil {
		inner.scope = spec.named
	}
	for _, e := range spec.partitionBy {
		typed, err := inner.expr(e)
		if err != nil {
			return call, err
		}
		if !typed.Type().Comparable() {
			return call, x.fail(e, typeMismatch, "%s is not comparable, and therefore cannot be used in window function PARTITION BY", typed.Type())
		}
		call.PartitionBy = append(call.PartitionBy, typed)
	}
	for _, item := range spec.orderBy {
		typed, err := inner.expr(item.Expr)
		if err != nil {
			return call, err
		}
		if !typed.Type().Orderable() {
			return call, x.fail(item.Expr, typeMismatch, "%s is not orderable, and therefore cannot be used in window function ORDER BY", typed.Type())
		}
		call.Order = append(call.Order, sortKey(item, typed))
	}
	if spec.frame == nil {
		return call, nil
	}
	var err error
	call.Frame, err = x.frame(spec, call.Order)
	return call, err
}

func boundValues(f *ast.Frame) []ast.Expr {
	list := some(f.Start.Value)
	if f.End != nil {
		list = append(list, some(f.End.Value)...)
	}
	return list
}

func (x *exprs) frame(spec *windowSpec, order []plan.SortKey) (*plan.Frame, error) {
	f := spec.frame
	end := f.End
	if end == nil {
		end = &ast.FrameBound{Pos: f.Pos, Kind: ast.CurrentRow}
	}
	if err := x.checkBounds(f, f.Start.Kind, end.Kind); err != nil {
		return nil, err
	}
	frame := &plan.Frame{Unit: f.Unit, Start: plan.Bound{Kind: f.Start.Kind}, End: plan.Bound{Kind: end.Kind}}
	if frame.Start.Offset() || frame.End.Offset() {
		if err := x.checkOffsets(spec, order); err != nil {
			return nil, err
		}
	}
	if f.Unit == ast.FrameGroups && len(spec.orderBy) == 0 {
		return nil, x.fail(f, "MISSING_ORDER_BY", "Window frame of type GROUPS PRECEDING or FOLLOWING requires ORDER BY")
	}
	var err error
	if frame.Start.Value, err = x.bound(f.Unit, f.Start.Value, "start", order); err != nil {
		return nil, err
	}
	frame.End.Value, err = x.bound(f.Unit, end.Value, "end", order)
	return frame, err
}

var boundNames = map[ast.BoundKind]string{
	ast.UnboundedPreceding: "UNBOUNDED PRECEDING", ast.Preceding: "PRECEDING", ast.CurrentRow: "CURRENT ROW",
	ast.Following: "FOLLOWING", ast.UnboundedFollowing: "UNBOUNDED FOLLOWING",
}

func (x *exprs) checkBounds(f *ast.Frame, start, end ast.BoundKind) error {
	switch {
	case start == ast.UnboundedFollowing:
		return x.fail(f, invalidFrame, "Window frame start cannot be UNBOUNDED FOLLOWING")
	case end == ast.UnboundedPreceding:
		return x.fail(f, invalidFrame, "Window frame end cannot be UNBOUNDED PRECEDING")
	case start == ast.CurrentRow && end == ast.Preceding,
		start == ast.Following && (end == ast.Preceding || end == ast.CurrentRow):
		return x.fail(f, invalidFrame, "Window frame starting from %s cannot end with %s", boundNames[start], boundNames[end])
	}
	return nil
}

func (x *exprs) checkOffsets(spec *windowSpec, order []plan.SortKey) error {
	f := spec.frame
	if f.Unit != ast.FrameRange {
		return nil
	}
	switch {
	case len(order) == 0:
		return x.fail(f, "MISSING_ORDER_BY", "Window frame of type RANGE PRECEDING or FOLLOWING requires ORDER BY")
	case len(order) > 1:
		return x.fail(x.orderClause(spec.orderBy[0]), "INVALID_ORDER_BY",
			"Window frame of type RANGE PRECEDING or FOLLOWING requires single sort item in ORDER BY (actual: %d)", len(order))
	}
	t := order[0].Expr.Type()
	if !t.IsNumeric() && !t.IsTemporal() && !t.IsInterval() {
		return x.fail(spec.orderBy[0].Expr, typeMismatch,
			"Window frame of type RANGE PRECEDING or FOLLOWING requires that sort item type be numeric, datetime or interval (actual: %s)", t)
	}
	return nil
}

// orderClause returns where the ORDER BY that begins with the item stands.
func (x *exprs) orderClause(first ast.SortItem) ast.Node {
	if i := strings.LastIndex(strings.ToUpper(x.written(0, first.Pos)), "ORDER"); i >= 0 {
		return ast.Pos(i) //nolint:gosec // within the statement
	}
	return first
}

// bound types the offset of one end of a frame.
func (x *exprs) bound(unit ast.FrameUnit, value ast.Expr, end string, order []plan.SortKey) (plan.Expr, error) {
	if value == nil {
		return nil, nil
	}
	typed, err := x.expr(value)
	if err != nil {
		return nil, err
	}
	t := typed.Type()
	if unit != ast.FrameRange {
		if !t.IsInteger() && (t.Kind != datatype.Decimal || t.Scale != 0) {
			name := map[ast.FrameUnit]string{ast.FrameRows: "ROWS", ast.FrameGroups: "GROUPS"}[unit]
			return nil, x.fail(value, typeMismatch, "Window frame %s %s value type must be exact numeric type with scale 0 (actual %s)", name, end, t)
		}
		if t.Kind == datatype.Decimal {
			return &plan.Cast{X: typed, T: bigint, Coercion: true}, nil
		}
		return coerce(typed, bigint), nil
	}
	key := order[0].Expr.Type()
	if key.IsNumeric() {
		if datatype.CanCoerce(t, key) {
			return coerce(typed, key), nil
		}
		if common, ok := datatype.Common(t, key); ok && common.IsNumeric() {
			return typed, nil
		}
	}
	if _, err := function.Resolve(plan.OpAdd, []function.Argument{{Type: key}, {Type: t}}); err != nil || key.IsNumeric() {
		return nil, x.fail(value, typeMismatch, "Window frame RANGE value type (%s) not compatible with sort item type (%s)", t, key)
	}
	return typed, nil
}
