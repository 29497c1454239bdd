package analyze

import (
	"fmt"
	"strings"

	"github.com/sillok/sillok/internal/sql/ast"
)

// spelled writes an expression as Trino's messages do.
func spelled(e ast.Expr) string {
	switch e := e.(type) {
	case nil:
		return ""
	case *ast.Ident:
		if e.Name.Quoted {
			return `"` + e.Name.Name + `"`
		}
		return e.Name.Name
	case *ast.Dereference:
		return spelled(e.Base) + "." + e.Field.Name
	case *ast.Null:
		return "null"
	case *ast.Boolean:
		return fmt.Sprint(e.Value)
	case *ast.String:
		return "'" + strings.ReplaceAll(e.Value, "'", "''") + "'"
	case *ast.Integer:
		return e.Text
	case *ast.Decimal:
		return "DECIMAL '" + e.Text + "'"
	case *ast.Double:
		return e.Text
	case *ast.Typed:
		return e.Type + " '" + e.Value + "'"
	case *ast.Arithmetic:
		return fmt.Sprintf("(%s %s %s)", spelled(e.Left), e.Op, spelled(e.Right))
	case *ast.Comparison:
		return fmt.Sprintf("(%s %s %s)", spelled(e.Left), e.Op, spelled(e.Right))
	case *ast.Unary:
		return e.Op + spelled(e.X)
	case *ast.Call:
		return spelledCall(e)
	case *ast.Cast:
		name := "CAST"
		if e.Try {
			name = "TRY_CAST"
		}
		return fmt.Sprintf("%s(%s AS %s)", name, spelled(e.X), spelledType(e.Type))
	default:
		return spelledMore(e)
	}
}

func spelledMore(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Not:
		return "(NOT " + spelled(e.X) + ")"
	case *ast.IsNull:
		return "(" + spelled(e.X) + " IS NULL)"
	case *ast.Logical:
		op := " OR "
		if e.And {
			op = " AND "
		}
		return "(" + spelledList(e.Terms, op) + ")"
	case *ast.Subscript:
		return spelled(e.Base) + "[" + spelled(e.Index) + "]"
	case *ast.Array:
		return "ARRAY[" + spelledList(e.Items, ",") + "]"
	case *ast.Row:
		return "ROW (" + spelledList(children(e), ", ") + ")"
	case *ast.Between:
		return fmt.Sprintf("(%s BETWEEN %s AND %s)", spelled(e.X), spelled(e.Low), spelled(e.High))
	case *ast.In:
		return fmt.Sprintf("(%s IN (%s))", spelled(e.X), spelledList(e.List, ", "))
	case *ast.Like:
		return fmt.Sprintf("(%s LIKE %s)", spelled(e.X), spelled(e.Pattern))
	case *ast.Grouping:
		return "GROUPING (" + spelledList(e.Columns, ", ") + ")"
	case *ast.Extract:
		return fmt.Sprintf("EXTRACT(%s FROM %s)", e.Field, spelled(e.X))
	case *ast.Case:
		return "(CASE … END)"
	default:
		return "expression"
	}
}

func spelledList(list []ast.Expr, separator string) string {
	parts := make([]string, len(list))
	for i, e := range list {
		parts[i] = spelled(e)
	}
	return strings.Join(parts, separator)
}

func spelledCall(e *ast.Call) string {
	args := spelledList(argExprs(e), ", ")
	if e.Star {
		args = "*"
	}
	if e.Distinct {
		args = "DISTINCT " + args
	}
	parts := make([]string, len(e.Name))
	for i, part := range e.Name {
		parts[i] = part.Name
	}
	return strings.Join(parts, ".") + "(" + args + ")"
}

// spelledType writes a type as it was written.
func spelledType(t *ast.Type) string {
	if len(t.Params) == 0 {
		return t.Name
	}
	parts := make([]string, len(t.Params))
	for i, p := range t.Params {
		switch {
		case p.Number != nil:
			parts[i] = fmt.Sprint(*p.Number)
		case p.Type != nil:
			parts[i] = spelledType(p.Type)
			if p.Name != nil {
				parts[i] = p.Name.Name + " " + parts[i]
			}
		default:
			parts[i] = p.Variable
		}
	}
	return t.Name + "(" + strings.Join(parts, ", ") + ")"
}
