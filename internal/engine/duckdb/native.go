package duckdb

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/engine/duckdb/native"
	"github.com/sillok/sillok/internal/engine/eval"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
)

// rendered is an expression in DuckDB's words.
type rendered struct {
	sql   string
	fails bool // it can fail on a row
	aside bool // it holds a subquery, which DuckDB computes beside the rows
	err   error
}

// native renders an expression that DuckDB evaluates as Trino does, all of it;
// ok is false when some part of it is not such. A failure of a part is in err.
func (r *renderer) native(ctx context.Context, e plan.Expr) (n rendered, ok bool) {
	switch e := e.(type) {
	case *plan.Const:
		sql, ok, err := literal(e.T, e.Value)
		return rendered{sql: sql, err: err}, ok || err != nil
	case *plan.Now:
		sql, ok, err := r.constant(ctx, e)
		return rendered{sql: sql, err: err}, ok || err != nil
	case *plan.ColumnRef, *plan.Field:
		if ref, indexes, ok := fieldPath(e); ok {
			sql, err := r.pathSQL(ref, indexes)
			return rendered{sql: sql, err: err}, true
		}
		return rendered{}, false
	case *plan.Scalar, *plan.Exists, *plan.InQuery, *plan.Quantified:
		sql, err := r.subquery(ctx, e)
		return rendered{sql: sql, aside: true, err: err}, true
	case *plan.Call:
		return r.nativeCall(ctx, e)
	case *plan.Cast:
		return r.nativeCast(ctx, e)
	case *plan.RowOf:
		return r.nativeParts(ctx, e.Items, func(parts []string) string {
			for i := range parts {
				parts[i] = native.FieldName(i) + " := " + parts[i]
			}
			return "struct_pack(" + strings.Join(parts, ", ") + ")"
		})
	case *plan.ArrayOf:
		typeSQL, err := native.TypeSQL(e.T)
		if err != nil {
			return rendered{err: err}, true
		}
		return r.nativeParts(ctx, e.Items, func(parts []string) string {
			return "CAST([" + strings.Join(parts, ", ") + "] AS " + typeSQL + ")"
		})
	default:
		return r.nativeConditional(ctx, e)
	}
}

// nativeParts renders parts and joins them; ok is false when one of them is not native.
func (r *renderer) nativeParts(ctx context.Context, parts []plan.Expr, join func([]string) string) (n rendered, ok bool) {
	texts := make([]string, len(parts))
	for i, p := range parts {
		part, ok := r.native(ctx, p)
		if !ok || part.err != nil {
			return part, ok
		}
		texts[i] = part.sql
		n.fails, n.aside = n.fails || part.fails, n.aside || part.aside
	}
	n.sql = join(texts)
	return n, true
}

// nativeStrict renders a call that is NULL where an argument is. Trino computes none
// behind that one: where such may fail, other than by a sum that is too large, DuckDB is
// told the same.
func (r *renderer) nativeStrict(ctx context.Context, e *plan.Call, join func([]string) string) (n rendered, ok bool) {
	args := e.Args
	if eval.Flipped(e.Name) {
		args = []plan.Expr{e.Args[1], e.Args[0]}
	}
	var before, null []string
	guarded, plain := false, true
	for _, arg := range args {
		part, ok := r.native(ctx, arg)
		if !ok || part.err != nil {
			return part, ok
		}
		if part.fails && len(before) > 0 && strings.Contains(part.sql, "error(") {
			guarded, null = true, slices.Clone(before)
		}
		if _, known := arg.(*plan.Const); !known {
			before = append(before, part.sql+" IS NULL")
			if _, _, column := fieldPath(arg); !column && !guarded {
				plain = false
			}
		}
	}
	n, ok = r.nativeParts(ctx, e.Args, join)
	switch {
	case !ok || n.err != nil || !guarded:
		return n, ok
	case !plain:
		return rendered{}, false
	}
	n.sql = "CASE WHEN " + strings.Join(null, " OR ") + " THEN NULL ELSE " + n.sql + " END"
	return n, true
}

// small reports whether the text of e may be repeated.
func small(e plan.Expr) bool {
	parts := 0
	return !anyPart(e, func(plan.Expr) bool {
		parts++
		return parts > 12
	})
}

func (r *renderer) nativeConditional(ctx context.Context, e plan.Expr) (n rendered, ok bool) {
	switch e := e.(type) {
	case *plan.Logical:
		return r.nativeLogical(ctx, e)
	case *plan.Not:
		return r.nativeParts(ctx, []plan.Expr{e.X}, func(p []string) string { return "(NOT " + p[0] + ")" })
	case *plan.IsNull:
		return r.nativeParts(ctx, []plan.Expr{e.X}, func(p []string) string { return "(" + p[0] + " IS NULL)" })
	case *plan.Between:
		return r.nativeBetween(ctx, e)
	case *plan.In:
		return r.nativeIn(ctx, e)
	case *plan.Case:
		if e.Operand != nil {
			return r.nativeSimpleCase(ctx, e)
		}
		return r.nativeParts(ctx, plan.Children(e), func(p []string) string {
			var b strings.Builder
			b.WriteString("CASE")
			for i := 0; i+1 < len(p); i += 2 {
				b.WriteString(" WHEN " + p[i] + " THEN " + p[i+1])
			}
			return b.String() + " ELSE " + p[len(p)-1] + " END"
		})
	case *plan.Coalesce:
		return r.nativeParts(ctx, e.Items, func(p []string) string { return "coalesce(" + strings.Join(p, ", ") + ")" })
	case *plan.NullIf:
		compare, ok := bindColumn(e.X, e.Param, e.Compare)
		if !ok {
			return rendered{}, false
		}
		return r.nativeParts(ctx, []plan.Expr{e.X, compare}, func(p []string) string {
			return "CASE WHEN " + p[1] + " THEN NULL ELSE " + p[0] + " END"
		})
	case *plan.Try:
		n, ok := r.native(ctx, e.X)
		return n, ok && !n.fails && !n.aside
	default:
		return rendered{}, false
	}
}

// nativeSimpleCase renders a CASE with an operand that is a column. Where that is NULL
// no condition is true.
func (r *renderer) nativeSimpleCase(ctx context.Context, e *plan.Case) (n rendered, ok bool) {
	plain := &plan.Case{Else: e.Else, T: e.T}
	for _, when := range e.Whens {
		condition, ok := bindColumn(e.Operand, e.Param, when.Condition)
		if !ok {
			return rendered{}, false
		}
		plain.Whens = append(plain.Whens, plan.When{Condition: condition, Result: when.Result})
	}
	return r.nativeConditional(ctx, plain)
}

// bindColumn returns e with a parameter replaced by what it stands for, which is a
// column: anything else would be computed in each place.
func bindColumn(x plan.Expr, param plan.Column, e plan.Expr) (plan.Expr, bool) {
	if _, ok := x.(*plan.ColumnRef); !ok {
		return nil, false
	}
	return replace(e, func(part plan.Expr) (plan.Expr, bool) {
		ref, ok := part.(*plan.ParamRef)
		return x, ok && ref.ID == param.ID
	}), true
}

// nativeLogical renders AND and OR. DuckDB promises no order among the terms, so
// none of them may fail.
func (r *renderer) nativeLogical(ctx context.Context, e *plan.Logical) (rendered, bool) {
	operator := " OR "
	if e.And {
		operator = " AND "
	}
	n, ok := r.nativeParts(ctx, e.Terms, func(p []string) string { return "(" + strings.Join(p, operator) + ")" })
	return n, ok && (n.err != nil || !n.fails)
}

func (r *renderer) nativeBetween(ctx context.Context, e *plan.Between) (rendered, bool) {
	t := e.X.Type()
	if !sameOrder(t) || isFloat(t) {
		return rendered{}, false
	}
	n, ok := r.nativeParts(ctx, []plan.Expr{e.X, e.Low, e.High}, func(p []string) string {
		return "(" + instantOf(t, p[0]) + " BETWEEN " + instantOf(t, p[1]) + " AND " + instantOf(t, p[2]) + ")"
	})
	return n, ok && (n.err != nil || !n.fails)
}

func (r *renderer) nativeIn(ctx context.Context, e *plan.In) (rendered, bool) {
	t := e.X.Type()
	if !sameEquality(t) || isFloat(t) {
		return rendered{}, false
	}
	n, ok := r.nativeParts(ctx, plan.Children(e), func(p []string) string {
		for i := range p {
			p[i] = instantOf(t, p[i])
		}
		return "(" + p[0] + " IN (" + strings.Join(p[1:], ", ") + "))"
	})
	return n, ok && (n.err != nil || !n.fails)
}

func isFloat(t datatype.Type) bool { return t.Kind == datatype.Real || t.Kind == datatype.Double }

// sameEquality reports whether DuckDB's = on values of t, brought to instantOf,
// is Trino's; NaN aside.
func sameEquality(t datatype.Type) bool {
	switch t.Kind {
	case datatype.Boolean, datatype.Tinyint, datatype.Smallint, datatype.Integer, datatype.Bigint, datatype.Real,
		datatype.Double, datatype.Decimal, datatype.Varchar, datatype.Char, datatype.Varbinary, datatype.Date, datatype.Time,
		datatype.Timestamp, datatype.TimestampTZ, datatype.IntervalDayToSecond, datatype.IntervalYearToMonth,
		datatype.UUID, datatype.IPAddress, datatype.IPPrefix:
		return true
	default:
		return false
	}
}

// sameOrder reports whether DuckDB's < is Trino's as well.
func sameOrder(t datatype.Type) bool {
	switch t.Kind {
	case datatype.Char, datatype.UUID, datatype.IPPrefix:
		return false
	default:
		return sameEquality(t)
	}
}

// instantOf returns what of a value is compared: of a timestamp with time zone
// the instant.
func instantOf(t datatype.Type, sql string) string {
	if t.Kind == datatype.TimestampTZ {
		return "struct_extract(" + sql + ", 't')"
	}
	return sql
}

func arithmetic(name string) bool {
	switch name {
	case plan.OpAdd, plan.OpSubtract, plan.OpMultiply, plan.OpDivide, plan.OpModulus, plan.OpNegate:
		return true
	}
	return false
}

func (r *renderer) nativeCall(ctx context.Context, e *plan.Call) (rendered, bool) {
	switch {
	case arithmetic(e.Name):
		return r.nativeArithmetic(ctx, e)
	case comparisons(e.Name) != "":
		return r.nativeComparison(ctx, e)
	}
	types := make([]datatype.Type, len(e.Args))
	for i, arg := range e.Args {
		types[i] = arg.Type()
	}
	switch {
	case e.Name == "concat" && all(types, datatype.Varchar) && len(types) > 1:
		return r.nativeStrict(ctx, e, func(p []string) string { return "(" + strings.Join(p, " || ") + ")" })
	case e.Name == "length" && all(types, datatype.Varchar):
		return r.nativeParts(ctx, e.Args, func(p []string) string { return "CAST(length(" + p[0] + ") AS BIGINT)" })
	case e.Name == "cardinality" && all(types, datatype.Array):
		return r.nativeParts(ctx, e.Args, func(p []string) string { return "CAST(len(" + p[0] + ") AS BIGINT)" })
	case e.Name == "cardinality" && all(types, datatype.Map):
		return r.nativeParts(ctx, e.Args, func(p []string) string { return "CAST(cardinality(" + p[0] + ") AS BIGINT)" })
	case e.Name == "starts_with" && all(types, datatype.Varchar):
		return r.nativeStrict(ctx, e, func(p []string) string { return "starts_with(" + p[0] + ", " + p[1] + ")" })
	case e.Name == plan.OpLike && types[0].Kind == datatype.Varchar:
		return r.nativeLike(ctx, e)
	}
	return rendered{}, false
}

func all(types []datatype.Type, kind datatype.Kind) bool {
	for _, t := range types {
		if t.Kind != kind {
			return false
		}
	}
	return true
}

func comparisons(name string) string {
	switch name {
	case plan.OpEqual:
		return "="
	case plan.OpNotEqual:
		return "<>"
	case plan.OpLess:
		return "<"
	case plan.OpLessEqual:
		return "<="
	case plan.OpGreater:
		return ">"
	case plan.OpGreaterEq:
		return ">="
	case plan.OpDistinct:
		return "IS DISTINCT FROM"
	}
	return ""
}

func (r *renderer) nativeComparison(ctx context.Context, e *plan.Call) (rendered, bool) {
	a, b := e.Args[0].Type(), e.Args[1].Type()
	order := e.Name != plan.OpEqual && e.Name != plan.OpNotEqual && e.Name != plan.OpDistinct
	if a.Kind != b.Kind || !sameEquality(a) || order && !sameOrder(a) || native.Fine(a) != native.Fine(b) && a.IsTemporal() {
		return rendered{}, false
	}
	if a.Kind == datatype.Decimal && max(a.Scale, b.Scale)+max(a.Precision-a.Scale, b.Precision-b.Scale) > datatype.MaxDecimalPrecision {
		return rendered{}, false
	}
	operator := comparisons(e.Name)
	return r.nativeStrict(ctx, e, func(p []string) string {
		x, y := instantOf(a, p[0]), instantOf(b, p[1])
		plain := "(" + x + " " + operator + " " + y + ")"
		if !isFloat(a) || e.Name == plan.OpDistinct {
			return plain
		}
		return r.floatComparison(ctx, e, x, y, plain)
	})
}

// floatComparison is a comparison under which NaN equals nothing and is neither
// more nor less than anything; to DuckDB it equals itself and is the greatest.
func (r *renderer) floatComparison(ctx context.Context, e *plan.Call, x, y, plain string) string {
	onNaN := "FALSE"
	if e.Name == plan.OpNotEqual {
		onNaN = "TRUE"
	}
	var tests []string
	for i, operand := range []string{x, y} {
		if !r.isNumber(ctx, e.Args[i]) {
			tests = append(tests, "isnan("+operand+")")
		}
	}
	if len(tests) == 0 {
		return plain
	}
	null := "(" + x + " IS NULL OR " + y + " IS NULL)"
	return "CASE WHEN " + null + " THEN NULL WHEN " + strings.Join(tests, " OR ") + " THEN " + onNaN + " ELSE " + plain + " END"
}

// isNumber reports whether e is a constant, and neither NaN nor NULL.
func (r *renderer) isNumber(ctx context.Context, e plan.Expr) bool {
	if varies(e) {
		return false
	}
	switch v, err := constantOf(ctx, e, r.now); v := v.(type) {
	case float64:
		return err == nil && !math.IsNaN(v)
	case float32:
		return err == nil && !math.IsNaN(float64(v))
	default:
		return false
	}
}

// trueComparison renders a comparison of floating point numbers of which only being
// true counts, as a plain one and tests for NaN, which DuckDB can bring into scans
// and joins.
func (r *renderer) trueComparison(ctx context.Context, e plan.Expr) (terms []string, ok bool) {
	c, isCall := e.(*plan.Call)
	if !isCall || comparisons(c.Name) == "" || c.Name == plan.OpNotEqual || c.Name == plan.OpDistinct {
		return nil, false
	}
	t := c.Args[0].Type()
	n, ok := r.nativeParts(ctx, c.Args, func(p []string) string { return p[0] + " " + comparisons(c.Name) + " " + p[1] })
	if !isFloat(t) || !t.Equal(c.Args[1].Type()) || !ok || n.err != nil || n.fails || n.aside {
		return nil, false
	}
	// To DuckDB NaN is the greatest: it must not stand where the greater belongs.
	tested := c.Args[:1]
	switch {
	case c.Name == plan.OpEqual && r.isNumber(ctx, c.Args[1]):
		tested = nil
	case c.Name == plan.OpLess || c.Name == plan.OpLessEqual:
		tested = c.Args[1:]
	}
	terms = []string{"(" + n.sql + ")"}
	for _, arg := range tested {
		if x, _ := r.native(ctx, arg); !r.isNumber(ctx, arg) {
			terms = append(terms, "isnan("+x.sql+") = FALSE")
		}
	}
	return terms, true
}

func (r *renderer) nativeArithmetic(ctx context.Context, e *plan.Call) (rendered, bool) {
	t := e.T
	for _, arg := range e.Args {
		if !arg.Type().Equal(t) || !t.IsInteger() && !isFloat(t) {
			return rendered{}, false
		}
	}
	typeSQL, err := native.TypeSQL(t)
	if err != nil {
		return rendered{err: err}, true
	}
	if (e.Name == plan.OpDivide || e.Name == plan.OpModulus) && !isFloat(t) && !small(e) {
		return rendered{}, false // which repeats its operands
	}
	if e.Name == plan.OpDivide && isCountedInFewBits(t) && !positive(e.Args[1]) {
		return rendered{}, false // what is too large for its type fails where it is written
	}
	n, ok := r.nativeStrict(ctx, e, func(p []string) string { return arithmeticSQL(e, typeSQL, p) })
	n.fails = n.fails || t.IsInteger()
	return n, ok
}

func arithmeticSQL(e *plan.Call, typeSQL string, p []string) string {
	operators := map[string]string{
		plan.OpAdd: "+", plan.OpSubtract: "-", plan.OpMultiply: "*", plan.OpDivide: "/", plan.OpModulus: "%",
	}
	if e.Name == plan.OpNegate {
		return "(-" + p[0] + ")"
	}
	operator := operators[e.Name]
	if isFloat(e.T) {
		return "(" + p[0] + " " + operator + " " + p[1] + ")"
	}
	if e.Name != plan.OpDivide && e.Name != plan.OpModulus {
		computed := "(" + p[0] + " " + operator + " " + p[1] + ")"
		if !varies(e.Args[0]) || !varies(e.Args[1]) {
			// Beside another constant DuckDB would compute with that one instead, and not
			// come upon a sum that is too large; it does not look through a sign.
			return "(+" + computed + ")"
		}
		return computed
	}
	if e.Name == plan.OpDivide {
		operator = "//"
	}
	divided := "(" + p[0] + " " + operator + " " + p[1] + ")"
	if positive(e.Args[1]) {
		return divided
	}
	return fmt.Sprintf("CASE WHEN %s = 0 AND %s IS NOT NULL THEN %s ELSE %s END", p[1], p[0],
		"CAST(error("+text(native.Mark(errDivision()))+") AS "+typeSQL+")", divided)
}

func positive(e plan.Expr) bool {
	c, ok := e.(*plan.Const)
	if !ok {
		return false
	}
	n, ok := c.Value.(int64)
	return ok && n > 0
}

// nativeLike renders LIKE with a pattern that is known and right.
func (r *renderer) nativeLike(ctx context.Context, e *plan.Call) (rendered, bool) {
	pattern, ok := constText(e.Args[1])
	if !ok {
		return rendered{}, false
	}
	escape := ""
	if len(e.Args) == 3 {
		if escape, ok = constText(e.Args[2]); !ok || !escapesWell(pattern, escape) {
			return rendered{}, false
		}
	}
	return r.nativeParts(ctx, e.Args[:1], func(p []string) string {
		sql := "(" + p[0] + " LIKE " + text(pattern)
		if escape != "" {
			sql += " ESCAPE " + text(escape)
		}
		return sql + ")"
	})
}

func constText(e plan.Expr) (string, bool) {
	for {
		c, ok := e.(*plan.Cast)
		if !ok || c.X.Type().Kind != datatype.Varchar || c.T.Kind != datatype.Varchar {
			break
		}
		e = c.X
	}
	c, ok := e.(*plan.Const)
	if !ok {
		return "", false
	}
	s, ok := c.Value.(string)
	return s, ok && !strings.Contains(s, "\x00")
}

func escapesWell(pattern, escape string) bool {
	if len(escape) != 1 || escape == "%" || escape == "_" {
		return false
	}
	for i := 0; i < len(pattern); i++ {
		if pattern[i] != escape[0] {
			continue
		}
		i++
		if i == len(pattern) || pattern[i] != '%' && pattern[i] != '_' && pattern[i] != escape[0] {
			return false
		}
	}
	return true
}

// nativeCast renders the casts that cannot fail and that both mean alike.
func (r *renderer) nativeCast(ctx context.Context, e *plan.Cast) (rendered, bool) {
	from, to := e.X.Type(), e.T
	typeSQL, err := native.TypeSQL(to)
	if err != nil {
		return rendered{err: err}, true
	}
	switch {
	case from.Equal(to), from.Kind == datatype.Varchar && to.Kind == datatype.Varchar && to.Length >= from.Length:
		return r.native(ctx, e.X)
	case from.IsInteger() && to.IsInteger() && to.Kind > from.Kind,
		from.IsInteger() && to.Kind == datatype.Double,
		from.Kind == datatype.Real && to.Kind == datatype.Double,
		from.Kind == datatype.Unknown,
		from.IsInteger() && to.Kind == datatype.Decimal && to.Precision-to.Scale >= digits(from),
		from.IsInteger() && to.Kind == datatype.Varchar && to.Length > digits(from),
		from.Kind == datatype.Date && to.Kind == datatype.Timestamp && !native.Fine(to),
		from.Kind == datatype.Decimal && to.Kind == datatype.Decimal && to.Scale >= from.Scale &&
			to.Precision-to.Scale >= from.Precision-from.Scale:
		return r.nativeParts(ctx, []plan.Expr{e.X}, func(p []string) string { return "CAST(" + p[0] + " AS " + typeSQL + ")" })
	case from.Kind == datatype.Timestamp && to.Kind == datatype.Timestamp && to.Precision >= from.Precision && !native.Fine(to):
		return r.native(ctx, e.X)
	}
	return rendered{}, false
}

// digits returns the decimal digits that an integer type can need.
func digits(t datatype.Type) int {
	switch t.Kind {
	case datatype.Tinyint:
		return 3
	case datatype.Smallint:
		return 5
	case datatype.Integer:
		return 10
	default:
		return 19
	}
}
