package analyze

import (
	"errors"

	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// unnest turns arrays and maps into rows. A row in an array gives a column a field.
func (a *analyzer) unnest(u *ast.Unnest, outer *scope) (relation, error) {
	node := &plan.Unnest{}
	var fields []field
	for _, e := range u.Exprs {
		if found := a.noAggregates("UNNEST", e); found != nil {
			failed, ok := errors.AsType[*sqlerr.Error](found)
			if !ok {
				return relation{}, found
			}
			return relation{}, a.fail(e, failed.Name, "%s", failed.Message)
		}
		x := &exprs{analyzer: a, scope: outer}
		typed, err := x.expr(e)
		if err != nil {
			return relation{}, err
		}
		columns, ok := unnested(typed.Type())
		if !ok {
			return relation{}, sqlerr.New(sqlerr.InvalidFunctionArgument, "Cannot unnest type: %s", typed.Type())
		}
		item := plan.UnnestItem{Expr: typed}
		for _, c := range columns {
			c.column = a.column(c.column.Type)
			item.Columns = append(item.Columns, c.column)
			fields = append(fields, c)
		}
		node.Items = append(node.Items, item)
	}
	if u.Ordinality {
		column := a.column(bigint)
		node.Ordinality = &column
		fields = append(fields, field{column: column})
	}
	return relation{node: node, fields: fields}, nil
}

func unnested(t datatype.Type) ([]field, bool) {
	switch t.Kind {
	case datatype.Map:
		return []field{{column: plan.Column{Type: t.Elems[0]}}, {column: plan.Column{Type: t.Elems[1]}}}, true
	case datatype.Array:
		elem := t.Elems[0]
		if elem.Kind != datatype.Row {
			return []field{{column: plan.Column{Type: elem}}}, true
		}
		fields := make([]field, len(elem.Elems))
		for i, f := range elem.Elems {
			fields[i] = field{name: elem.Names[i], column: plan.Column{Type: f}}
		}
		return fields, true
	default:
		return nil, false
	}
}
