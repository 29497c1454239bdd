package analyze

import (
	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/function"
	"github.com/sillok/sillok/internal/sql/plan"
)

// orderItem is one element of ORDER BY.
type orderItem struct {
	at  ast.SortItem
	key plan.SortKey
}

// orderBy types ORDER BY of a SELECT: a name means a column of the SELECT list,
// else one of FROM.
func (s *selection) orderBy(q *ast.Query) error {
	if len(q.OrderBy) == 0 {
		return nil
	}
	fields := make([]field, len(s.outputs))
	for i, out := range s.outputs {
		fields[i] = field{name: out.name, output: &outputRef{index: i, column: out.column}}
		if out.field != nil {
			fields[i].relation = out.field.relation
		}
	}
	x := &exprs{analyzer: s.analyzer, scope: s.source.child(fields), sel: s}
	for _, item := range q.OrderBy {
		typed, err := s.orderKey(x, item)
		if err != nil {
			return err
		}
		if !typed.Type().Orderable() {
			return s.fail(s.node, typeMismatch, "Type %s is not orderable, and therefore cannot be used in ORDER BY: %s",
				typed.Type(), spelled(item.Expr))
		}
		s.order = append(s.order, orderItem{at: item, key: sortKey(item, typed)})
	}
	if s.node.Distinct {
		if err := s.orderOfDistinct(); err != nil {
			return err
		}
	}
	if s.inVain(q) {
		s.order = nil
	}
	return nil
}

func (s *selection) orderKey(x *exprs, item ast.SortItem) (plan.Expr, error) {
	if literal, ok := item.Expr.(*ast.Integer); ok {
		n, err := x.ordinal(literal, len(s.outputs))
		if err != nil {
			return nil, err
		}
		return x.scope.fields[n-1].output, nil
	}
	return x.expr(item.Expr)
}

// ordinal is a number in ORDER BY: the position of a column.
func (x *exprs) ordinal(literal *ast.Integer, columns int) (int64, error) {
	typed, err := x.integer(literal, literal.Text)
	if err != nil {
		return 0, err
	}
	n := literalInt(typed)
	if n < 1 || n > int64(columns) {
		return 0, x.fail(literal, invalidColumnReference, "ORDER BY position %d is not in select list", n)
	}
	return n, nil
}

// orderOfDistinct checks that SELECT DISTINCT orders by what it selects.
func (s *selection) orderOfDistinct() error {
	selected := map[string]int{}
	for i, out := range s.outputs {
		selected[keyOf(out.expr)] = i
	}
	for i, item := range s.order {
		if _, ok := item.key.Expr.(*outputRef); ok {
			continue
		}
		index, ok := selected[keyOf(item.key.Expr)]
		if !ok {
			return s.fail(s.node, "EXPRESSION_NOT_IN_DISTINCT", "For SELECT DISTINCT, ORDER BY expressions must appear in select list")
		}
		s.order[i].key.Expr = &outputRef{index: index, column: s.outputs[index].column}
	}
	return nil
}

// isBareWindow reports whether e is a call of a window function without OVER.
func isBareWindow(e ast.Expr) bool {
	call, ok := e.(*ast.Call)
	return ok && call.Window == nil && functionKind(call) == function.Window
}
