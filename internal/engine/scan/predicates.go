package scan

import (
	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/plan"
)

// predicates are, for each scan, conditions that hold for every row of it that can
// take part in the answer: those above it, brought down through what lies
// between. They only serve to leave out partitions; the conditions themselves
// stay where they are. So any may be left out, and what costs too much is.
type predicates struct {
	of    map[*plan.Scan][]plan.Expr
	spans map[plan.Node]span
	made  map[plan.ID]int // at which place a column is made
	next  int             // the next place
	steps int             // how much was looked at
}

// span is the places that a node and those below it have.
type span struct{ from, to int }

const (
	// maxPredicate is how many parts a condition may get on its way down, where columns
	// give way to what they are made of.
	maxPredicate = 50_000
	// maxSteps is how many parts of conditions are looked at in all.
	maxSteps = 20_000_000
)

func predicatesOf(n plan.Node) map[*plan.Scan][]plan.Expr {
	p := &predicates{of: map[*plan.Scan][]plan.Expr{}, spans: map[plan.Node]span{}, made: map[plan.ID]int{}}
	p.root(n)
	return p.of
}

// root brings down what a query says by itself.
func (p *predicates) root(n plan.Node) {
	p.number(n)
	p.down(n, nil)
}

// number gives each node below n its places, and each column the place where it is made.
func (p *predicates) number(n plan.Node) {
	s := span{from: p.next}
	p.next++
	for _, id := range madeBy(n) {
		p.made[id] = s.from
	}
	for _, input := range plan.Inputs(n) {
		p.number(input)
	}
	s.to = p.next
	p.spans[n] = s
}

// madeBy returns the columns that n yields and none of its inputs does.
func madeBy(n plan.Node) []plan.ID {
	var columns []plan.Column
	switch n := n.(type) {
	case *plan.Scan, *plan.Values, *plan.CTERef, *plan.SetOperation, *plan.Unnest:
		columns = plan.Columns(n)
	case *plan.Project:
		for _, c := range n.Columns {
			if ref, ok := c.Expr.(*plan.ColumnRef); !ok || ref.ID != c.ID {
				columns = append(columns, c.Column)
			}
		}
	case *plan.Aggregate:
		for _, c := range n.Calls {
			columns = append(columns, c.Column)
		}
		if n.GroupID != nil {
			columns = append(columns, *n.GroupID)
		}
	case *plan.Window:
		for _, c := range n.Calls {
			columns = append(columns, c.Column)
		}
	}
	ids := make([]plan.ID, len(columns))
	for i, c := range columns {
		ids[i] = c.ID
	}
	return ids
}

func (p *predicates) down(n plan.Node, held []plan.Expr) {
	switch n := n.(type) {
	case *plan.Scan:
		if _, again := p.of[n]; again {
			held = nil // the conditions of one place say nothing of the other
		}
		p.of[n] = held
	case *plan.Filter:
		p.inside(n.Condition)
		p.down(n.Input, append(append([]plan.Expr{}, held...), plan.Conjuncts(n.Condition)...))
	case *plan.Project:
		p.project(n, held)
	case *plan.Aggregate:
		keys := map[plan.ID]bool{}
		if n.Sets == nil {
			for _, k := range n.Keys {
				keys[k.ID] = true
			}
		}
		p.down(n.Input, p.over(held, func(id plan.ID) bool { return keys[id] }))
	case *plan.Join:
		p.inside(n.Condition)
		p.join(n, held)
	case *plan.Sort:
		p.down(n.Input, held)
	case *plan.Distinct:
		p.down(n.Input, held)
	case *plan.SetOperation:
		p.setOperation(n, held)
	case *plan.With:
		for _, q := range n.Queries {
			p.down(q.Node, nil)
		}
		p.down(n.Body, held)
	default:
		for _, input := range plan.Inputs(n) {
			p.down(input, nil)
		}
	}
}

// inside brings predicates down into the subqueries of an expression.
func (p *predicates) inside(e plan.Expr) {
	if e == nil {
		return
	}
	if sub := plan.Subquery(e); sub != nil {
		p.root(sub)
	}
	for _, c := range plan.Children(e) {
		p.inside(c)
	}
}

func (p *predicates) project(n *plan.Project, held []plan.Expr) {
	exprs := map[plan.ID]plan.Expr{}
	for _, c := range n.Columns {
		exprs[c.ID] = c.Expr
		p.inside(c.Expr)
	}
	p.down(n.Input, p.renamed(held, func(id plan.ID) plan.Expr { return exprs[id] }))
}

// renamed rewrites predicates in terms of what columns are made of; a predicate
// over a column that to does not know is left out.
func (p *predicates) renamed(held []plan.Expr, to func(plan.ID) plan.Expr) []plan.Expr {
	var out []plan.Expr
	for _, e := range held {
		known, parts := true, 0
		e := plan.Replace(e, func(x plan.Expr) (plan.Expr, bool) {
			p.steps++
			if parts++; parts > maxPredicate || p.steps > maxSteps {
				known = false
			}
			if !known {
				return x, true
			}
			if plan.Subquery(x) != nil {
				known = false
				return x, true
			}
			ref, ok := x.(*plan.ColumnRef)
			if !ok {
				return nil, false
			}
			r := to(ref.ID)
			if r == nil {
				known = false
				return x, true
			}
			return r, true
		})
		if known {
			out = append(out, e)
		}
	}
	return out
}

// over returns the predicates whose columns are all among those that has knows.
func (p *predicates) over(held []plan.Expr, has func(plan.ID) bool) []plan.Expr {
	var out []plan.Expr
	for _, e := range held {
		if !plan.Any(e, func(x plan.Expr) bool {
			p.steps++
			ref, ok := x.(*plan.ColumnRef)
			return ok && !has(ref.ID) || plan.Subquery(x) != nil || p.steps > maxSteps
		}) {
			out = append(out, e)
		}
	}
	return out
}

// below returns whether a column is made below n.
func (p *predicates) below(n plan.Node) func(plan.ID) bool {
	s := p.spans[n]
	return func(id plan.ID) bool {
		at, ok := p.made[id]
		return ok && s.from <= at && at < s.to
	}
}

func (p *predicates) join(n *plan.Join, held []plan.Expr) {
	var on []plan.Expr
	if n.Condition != nil {
		on = plan.Conjuncts(n.Condition)
	}
	both := append(append([]plan.Expr{}, held...), on...)
	left, right := p.below(n.Left), p.below(n.Right)
	switch n.Kind {
	case ast.InnerJoin, ast.CrossJoin:
		p.down(n.Left, p.over(both, left))
		p.down(n.Right, p.over(both, right))
	case ast.LeftJoin:
		p.down(n.Left, p.over(held, left))
		p.down(n.Right, p.over(on, right))
	case ast.RightJoin:
		p.down(n.Left, p.over(on, left))
		p.down(n.Right, p.over(held, right))
	default:
		p.down(n.Left, nil)
		p.down(n.Right, nil)
	}
}

func (p *predicates) setOperation(n *plan.SetOperation, held []plan.Expr) {
	for i, input := range n.Inputs {
		p.down(input, p.renamed(held, func(id plan.ID) plan.Expr {
			for j, c := range n.Columns {
				if c.ID == id {
					return &plan.ColumnRef{ID: n.Maps[i][j], T: c.Type}
				}
			}
			return nil
		}))
	}
}
