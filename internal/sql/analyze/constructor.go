package analyze

import (
	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/function"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

func (x *exprs) row(e *ast.Row) (plan.Expr, error) {
	row := &plan.RowOf{T: datatype.Type{Kind: datatype.Row}}
	for _, item := range e.Items {
		typed, err := x.expr(item.Expr)
		if err != nil {
			return nil, err
		}
		name := ""
		if item.Name != nil {
			name = item.Name.Name
		}
		row.Items = append(row.Items, typed)
		row.T.Elems = append(row.T.Elems, typed.Type())
		row.T.Names = append(row.T.Names, name)
	}
	return row, nil
}

// maxArrayItems is how many elements Trino's ARRAY[…] takes.
const maxArrayItems = 254

func (x *exprs) array(e *ast.Array) (plan.Expr, error) {
	items, err := x.all(e.Items)
	if err != nil {
		return nil, err
	}
	if items, err = x.unify(e.Items, items, "All ARRAY elements"); err != nil {
		return nil, err
	}
	if len(items) > maxArrayItems {
		return nil, x.fail(e, "TOO_MANY_ARGUMENTS", "Too many arguments for array constructor")
	}
	elem := unknown
	if len(items) > 0 {
		elem = items[0].Type()
	}
	return &plan.ArrayOf{Items: items, T: datatype.ArrayOf(elem)}, nil
}

func (x *exprs) subscript(e *ast.Subscript) (plan.Expr, error) {
	base, err := x.expr(e.Base)
	if err != nil {
		return nil, err
	}
	if base.Type().Kind == datatype.Row {
		return x.rowSubscript(e, base)
	}
	index, err := x.expr(e.Index)
	if err != nil {
		return nil, err
	}
	binding, err := function.Resolve(plan.OpSubscript, []function.Argument{{Type: base.Type()}, {Type: index.Type()}})
	if err != nil {
		return nil, x.fail(e, typeMismatch, "Cannot use %s for subscript of %s", index.Type(), base.Type())
	}
	return &plan.Call{Name: plan.OpSubscript, Args: coerceArgs([]plan.Expr{base, index}, binding), T: binding.Result}, nil
}

// rowSubscript is row[n] with a literal n from 1.
func (x *exprs) rowSubscript(e *ast.Subscript, base plan.Expr) (plan.Expr, error) {
	literal, ok := e.Index.(*ast.Integer)
	if !ok {
		if unary, negative := e.Index.(*ast.Unary); !negative || unary.Op != "-" {
			err := sqlerr.At(x.src, e.Index.Position(), "EXPRESSION_NOT_CONSTANT", "Subscript expression on ROW requires a constant index")
			if text, ok := e.Index.(*ast.String); ok {
				err.Hint = "A field has a dot before its name: write " + spelled(e.Base) + "." + text.Value
			}
			return nil, err
		}
		return nil, x.fail(e.Index, "INVALID_FUNCTION_ARGUMENT", "Invalid subscript index: %s. ROW indices start at 1", spelled(e.Index))
	}
	index, err := x.integer(literal, literal.Text)
	if err != nil {
		return nil, err
	}
	if index.Type().Kind != datatype.Integer {
		return nil, x.fail(e.Index, typeMismatch, "Subscript expression on ROW requires integer index, found %s", index.Type())
	}
	n, fields := literalInt(index), base.Type().Elems
	switch {
	case n <= 0:
		return nil, x.fail(e.Index, "INVALID_FUNCTION_ARGUMENT", "Invalid subscript index: %d. ROW indices start at 1", n)
	case n > int64(len(fields)):
		return nil, x.fail(e.Index, "INVALID_FUNCTION_ARGUMENT", "Subscript index out of bounds: %d, max value is %d", n, len(fields))
	}
	return &plan.Field{X: base, Index: int(n) - 1, T: fields[n-1]}, nil
}

func literalInt(e plan.Expr) int64 {
	if c, ok := e.(*plan.Const); ok {
		if n, ok := c.Value.(int64); ok {
			return n
		}
	}
	return 0
}
