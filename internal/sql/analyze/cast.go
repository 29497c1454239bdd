package analyze

import (
	"math/big"
	"strings"

	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

// coerce returns e as a value of type t, to which its type can be coerced.
func coerce(e plan.Expr, t datatype.Type) plan.Expr {
	from := e.Type()
	if t.Kind == datatype.Opaque && (t.Name == datatype.RegExp || t.Name == datatype.CodePoints) {
		t = datatype.Text() // a pattern stays text in a plan
	}
	if from.Equal(t) && sameNames(from, t) {
		return e
	}
	if c, ok := e.(*plan.Const); ok {
		if widened, ok := widen(c, t); ok {
			return widened
		}
	}
	return &plan.Cast{X: e, T: t, Coercion: true}
}

// sameNames reports whether two equal types name the fields of their rows alike.
func sameNames(a, b datatype.Type) bool {
	for i := range a.Names {
		if a.Names[i] != b.Names[i] {
			return false
		}
	}
	for i := range a.Elems {
		if !sameNames(a.Elems[i], b.Elems[i]) {
			return false
		}
	}
	return true
}

// widen returns the literal as one of type t where no cast is needed to say so.
func widen(c *plan.Const, t datatype.Type) (plan.Expr, bool) {
	if c.Value == nil {
		return &plan.Const{T: t}, true
	}
	n, whole := c.Value.(int64)
	switch {
	case t.Kind == datatype.Varchar && c.T.Kind == datatype.Varchar:
		return &plan.Const{Value: c.Value, T: t}, true
	case t.Kind == datatype.JSONPath && c.T.Kind == datatype.Varchar:
		return &plan.Const{Value: c.Value, T: t}, true
	case whole && c.T.IsInteger() && t.IsInteger():
		return &plan.Const{Value: n, T: t}, true
	case whole && c.T.IsInteger() && t.Kind == datatype.Double && n == int64(float64(n)) && n < 1<<53 && n > -1<<53:
		return &plan.Const{Value: float64(n), T: t}, true
	case whole && c.T.IsInteger() && t.Kind == datatype.Decimal && t.Precision-t.Scale >= 19:
		return plan.DecimalConst(value.Rescale(big.NewInt(n), t.Scale), t.Precision, t.Scale), true
	default:
		return nil, false
	}
}

// want coerces e, which stands at at, to t; what says what it is when it is
// of another type.
func (x *exprs) want(at ast.Expr, e plan.Expr, t datatype.Type, what string) (plan.Expr, error) {
	if !datatype.CanCoerce(e.Type(), t) {
		return nil, x.fail(at, typeMismatch, "%s must evaluate to a %s (actual: %s)", what, t, e.Type())
	}
	return coerce(e, t), nil
}

// condition types e as a boolean.
func (x *exprs) condition(e ast.Expr, what string) (plan.Expr, error) {
	typed, err := x.expr(e)
	if err != nil {
		return nil, err
	}
	return x.want(e, typed, boolean, what)
}

// unify coerces the typed forms of list to their common type. What says what
// they are when they have none.
func (x *exprs) unify(list []ast.Expr, typed []plan.Expr, what string) ([]plan.Expr, error) {
	common := unknown
	for i, e := range typed {
		next, ok := datatype.Common(common, e.Type())
		if !ok {
			return nil, x.fail(list[i], typeMismatch,
				"%s must be the same type or coercible to a common type. Cannot find common type between %s and %s, all types (without duplicates): [%s]",
				what, common, e.Type(), distinctTypes(typed))
		}
		common = next
	}
	unified := make([]plan.Expr, len(typed))
	for i, e := range typed {
		unified[i] = coerce(e, common)
	}
	return unified, nil
}

func distinctTypes(typed []plan.Expr) string {
	var names []string
	seen := map[string]bool{}
	for _, e := range typed {
		if name := e.Type().String(); !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

func (x *exprs) cast(e *ast.Cast) (plan.Expr, error) {
	t, err := x.typeOf(e, e.Type)
	if err != nil {
		return nil, err
	}
	if t.Kind == datatype.Unknown {
		return nil, x.fail(e, typeMismatch, "UNKNOWN is not a valid type")
	}
	typed, err := x.expr(e.X)
	if err != nil {
		return nil, err
	}
	if !datatype.CanCast(typed.Type(), t) {
		return nil, x.fail(e, typeMismatch, "Cannot cast %s to %s", typed.Type(), t)
	}
	return &plan.Cast{X: typed, T: t, Try: e.Try}, nil
}

// typeOf returns the type that was written; at is where a message about it points.
func (a *analyzer) typeOf(at ast.Node, written *ast.Type) (datatype.Type, error) {
	t, ok := writtenType(written)
	if ok {
		return t, nil
	}
	if err := decimalError(written); err != nil {
		return t, err
	}
	return t, a.fail(at, typeMismatch, "Unknown type: %s", spelledType(written))
}

// decimalError returns what is wrong with the numbers of a decimal, which Trino says
// without a place.
func decimalError(written *ast.Type) error {
	var numbers []int
	for _, p := range written.Params {
		if p.Type != nil {
			if err := decimalError(p.Type); err != nil {
				return err
			}
		}
		if p.Number != nil && *p.Number <= datatype.Unbounded {
			numbers = append(numbers, int(*p.Number))
		}
	}
	if written.Name != "decimal" || len(numbers) == 0 || len(numbers) > 2 {
		return nil
	}
	if _, err := datatype.Named(written.Name, numbers); err != nil {
		return sqlerr.Argument("%s", err)
	}
	return nil
}

func writtenType(written *ast.Type) (datatype.Type, bool) {
	var numbers []int
	var elems []datatype.Type
	var names []string
	for _, p := range written.Params {
		switch {
		case p.Number != nil:
			if *p.Number > datatype.Unbounded {
				return datatype.Type{}, false
			}
			numbers = append(numbers, int(*p.Number))
		case p.Type != nil:
			elem, ok := writtenType(p.Type)
			if !ok {
				return elem, false
			}
			elems = append(elems, elem)
			name := ""
			if p.Name != nil {
				name = p.Name.Lower()
			}
			names = append(names, name)
		default:
			return datatype.Type{}, false
		}
	}
	return composed(written.Name, numbers, elems, names)
}

func composed(name string, numbers []int, elems []datatype.Type, names []string) (datatype.Type, bool) {
	switch {
	case name == "row" && len(elems) > 0:
		return datatype.RowOf(names, elems), true
	case name == "array" && len(elems) == 1:
		return datatype.ArrayOf(elems[0]), true
	case name == "map" && len(elems) == 2:
		return datatype.MapOf(elems[0], elems[1]), elems[0].Comparable()
	case name == "qdigest" && len(elems) == 1:
		return datatype.QDigestOf(elems[0]), true
	case len(elems) > 0:
		return datatype.Type{}, false
	}
	t, err := datatype.Named(name, numbers)
	return t, err == nil
}
