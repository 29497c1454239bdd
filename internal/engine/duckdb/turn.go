package duckdb

import (
	"github.com/sillok/sillok/internal/sql/plan"
)

// Trino makes a join of each subquery in a condition, one above the other by their kinds,
// and looks at a term right above the join that it needs. Where something may fail, the
// rows of which it is asked are those that the terms before have left.

// turn is when a term is looked at.
type turn int

const (
	plainTerm turn = iota
	inTerm
	scalarTerm
	existsTerm
	quantifiedTerm
	turns
)

// turnOf returns the last turn of a subquery in a term.
func turnOf(term plan.Expr) turn {
	last := plainTerm
	anyPart(term, func(part plan.Expr) bool {
		at := plainTerm
		switch e := part.(type) {
		case *plan.InQuery:
			at = inTerm
		case *plan.Scalar:
			at = scalarTerm
		case *plan.Exists:
			at = existsTerm
		case *plan.Quantified:
			at = quantifiedTerm
			if e.Membership() {
				at = inTerm
			}
		}
		last = max(last, at)
		return false
	})
	return last
}

// inTurn returns a filter as one filter for each turn, where rows are the statement's own
// and something may fail.
func (r *renderer) inTurn(n *plan.Filter) *plan.Filter {
	if !r.written || !mayFail(n) {
		return n
	}
	var terms [turns][]plan.Expr
	for _, term := range conjuncts(n.Condition) {
		at := turnOf(term)
		terms[at] = append(terms[at], term)
	}
	whole := &plan.Filter{Input: n.Input}
	for _, some := range terms {
		switch {
		case len(some) == 0:
		case whole.Condition == nil:
			whole.Condition = conjunctionOf(some)
		default:
			whole = &plan.Filter{Input: whole, Condition: conjunctionOf(some)}
		}
	}
	return whole
}

// inItsTurn reports whether a condition must not be looked at before its input is computed.
func (r *renderer) inItsTurn(n *plan.Filter) bool {
	return r.written && turnOf(n.Condition) > plainTerm && mayFail(n.Input)
}
