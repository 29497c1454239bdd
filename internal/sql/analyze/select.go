package analyze

import (
	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
)

// selection is a SELECT being analyzed: its clauses are typed in the order in
// which Trino does, then its nodes are built.
type selection struct {
	*analyzer
	node    *ast.Select
	source  *scope
	windows map[string]*windowSpec
	unused  []plan.Expr      // the parts of named windows
	from    map[plan.ID]bool // the columns of source; made by isSource

	outputs []output
	taken   map[plan.ID]bool // the columns of outputs
	having  plan.Expr
	groups  *groups
	order   []orderItem
}

// output is a column of the SELECT list.
type output struct {
	expr plan.Expr
	name string // empty when anonymous
	at   ast.Expr
	// field is what a star stands for; nil for an expression.
	field *field
	// column holds the output: that of a column which passes through is its own.
	column plan.Column
}

// selectQuery analyzes a SELECT with the clauses that follow it.
func (a *analyzer) selectQuery(q *ast.Query, sel *ast.Select, outer *scope) (relation, error) {
	from, err := a.fromClause(sel, outer)
	if err != nil {
		return relation{}, err
	}
	s := &selection{analyzer: a, node: sel, windows: map[string]*windowSpec{}, taken: map[plan.ID]bool{}}
	s.source = outer.child(from.fields)
	s.source.noFrom = sel.From == nil
	x := &exprs{analyzer: a, scope: s.source, sel: s}
	if err := s.defineWindows(x); err != nil {
		return relation{}, err
	}
	node, err := s.where(from.node)
	if err != nil {
		return relation{}, err
	}
	if err := s.typeClauses(x, q); err != nil {
		return relation{}, err
	}
	return s.build(node, q)
}

func (s *selection) where(node plan.Node) (plan.Node, error) {
	if s.node.Where == nil {
		return node, nil
	}
	condition, err := s.filter(s.node.Where, s.source, "WHERE clause")
	if err != nil {
		return nil, err
	}
	return &plan.Filter{Input: node, Condition: condition}, nil
}

// filter types a condition that stands before the groups are made.
func (a *analyzer) filter(e ast.Expr, in *scope, clause string) (plan.Expr, error) {
	if err := a.noAggregates(clause, e); err != nil {
		return nil, err
	}
	x := &exprs{analyzer: a, scope: in}
	typed, err := x.expr(e)
	if err != nil {
		return nil, err
	}
	if t := typed.Type(); t.Kind != datatype.Boolean && t.Kind != datatype.Unknown {
		return nil, a.fail(e, typeMismatch, "%s must evaluate to a boolean: actual type %s", clause, t)
	}
	return coerce(typed, boolean), nil
}

func (s *selection) typeClauses(x *exprs, q *ast.Query) error {
	if err := s.selectList(x); err != nil {
		return err
	}
	if err := s.groupBy(); err != nil {
		return err
	}
	if s.node.Having != nil {
		if err := s.typeHaving(x); err != nil {
			return err
		}
	}
	if err := s.orderBy(q); err != nil {
		return err
	}
	return s.verify()
}

func (s *selection) typeHaving(x *exprs) error {
	if found := find(isWindow, s.node.Having); found != nil {
		return s.fail(found, "NESTED_WINDOW", "HAVING clause cannot contain window functions or row pattern measures")
	}
	if found := find(isBareWindow, s.node.Having); found != nil {
		return s.fail(found, "NESTED_WINDOW", "HAVING clause cannot contain window functions or row pattern measures")
	}
	typed, err := x.expr(s.node.Having)
	if err != nil {
		return err
	}
	if t := typed.Type(); t.Kind != datatype.Boolean && t.Kind != datatype.Unknown {
		return s.fail(s.node.Having, typeMismatch, "HAVING clause must evaluate to a boolean: actual type %s", t)
	}
	s.having = coerce(typed, boolean)
	return nil
}

// selectList types the SELECT list, with its stars expanded.
func (s *selection) selectList(x *exprs) error {
	for _, item := range s.node.Items {
		if item.Star {
			if err := s.star(x, item); err != nil {
				return err
			}
			continue
		}
		typed, err := x.expr(item.Expr)
		if err != nil {
			return err
		}
		out := output{expr: typed, at: item.Expr}
		if dotted(item.Expr) != nil {
			out.name = lastName(item.Expr)
		}
		if item.Alias != nil {
			out.name = item.Alias.Name
		}
		if s.node.Distinct && !typed.Type().Comparable() {
			return s.fail(s.node, typeMismatch, "DISTINCT can only be applied to comparable types (actual: %s): %s",
				typed.Type(), spelled(item.Expr))
		}
		s.addOutput(out)
	}
	return nil
}

func lastName(e ast.Expr) string {
	if d, ok := e.(*ast.Dereference); ok {
		return d.Field.Name
	}
	if i, ok := e.(*ast.Ident); ok {
		return i.Name.Name
	}
	return ""
}

func (s *selection) addOutput(out output) {
	// A column that is selected twice is two columns, which grouping sets tell apart.
	if ref, ok := out.expr.(*plan.ColumnRef); ok && s.isSource(ref.ID) && !s.taken[ref.ID] {
		out.column = plan.Column{ID: ref.ID, Type: ref.T}
	} else {
		out.column = s.column(out.expr.Type())
	}
	s.taken[out.column.ID] = true
	s.outputs = append(s.outputs, out)
}

// isSource reports whether a column is one of FROM.
func (s *selection) isSource(id plan.ID) bool {
	if s.from == nil {
		s.from = map[plan.ID]bool{}
		for _, f := range s.source.fields {
			s.from[f.column.ID] = true
		}
	}
	return s.from[id]
}

// build makes the nodes of the SELECT from its typed clauses.
func (s *selection) build(node plan.Node, q *ast.Query) (relation, error) {
	l := &lowering{selection: s}
	node = l.aggregate(node)
	if s.having != nil {
		node = &plan.Filter{Input: node, Condition: l.lower(s.having)}
	}
	node = l.window(node)
	node, fields := l.project(node)
	if s.node.Distinct {
		node = &plan.Distinct{Input: node}
	}
	node = l.sort(node)
	node, err := s.limit(node, q, len(s.order) > 0)
	if err != nil {
		return relation{}, err
	}
	return relation{node: onlyColumns(node, fields), fields: fields}, nil
}
