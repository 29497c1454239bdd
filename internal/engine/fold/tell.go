package fold

import (
	"slices"

	"github.com/sillok/sillok/internal/sql/plan"
)

// While a subquery is no join yet, Trino does not see through it which columns are read of
// the rows for which it is asked. So it computes the constants of all of them, and fails
// for one that is in a column that nobody reads.

// tellBelow computes the constants below a node, if it asks subqueries in expressions.
func (p *pruner) tellBelow(input plan.Node, asking ...plan.Expr) {
	if slices.ContainsFunc(asking, asks) {
		p.tell(input)
	}
}

// tell computes the constants of a node and of what is below it, each node once.
func (p *pruner) tell(node plan.Node) {
	if p.told[node] {
		return
	}
	p.told[node] = true
	p.work(1)
	if filter, ok := node.(*plan.Filter); ok {
		p.condition(filter.Condition)
	} else {
		plan.Exprs(node, func(e plan.Expr) { p.folder.expr(e) })
	}
	for _, input := range plan.Inputs(node) {
		p.tell(input)
	}
}
