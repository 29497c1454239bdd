package duckdb

import (
	"slices"

	"github.com/sillok/sillok/internal/engine/fold"
	"github.com/sillok/sillok/internal/sql/plan"
)

// goesOnAtNull reports whether terms have to be looked at in one piece: Trino goes on to the
// next term behind one that is NULL, and may fail there. It does not where each term is so
// plain that it looks at columns rather than rows.
func (r *renderer) goesOnAtNull(terms []plan.Expr) bool {
	return r.written && len(terms) > 1 && slices.ContainsFunc(terms[1:], fold.MayFail) &&
		!slices.ContainsFunc(terms, containsSubquery) && slices.ContainsFunc(terms, func(term plan.Expr) bool { return !ofColumns(term) })
}

func containsSubquery(e plan.Expr) bool { return anyPart(e, isSubquery) }

// ofColumns reports whether a term is one function or test of columns and constants.
func ofColumns(term plan.Expr) bool {
	switch e := term.(type) {
	case *plan.Not:
		return ofColumns(e.X)
	case *plan.Call, *plan.IsNull, *plan.Between, *plan.In:
		return !slices.ContainsFunc(plan.Children(e), func(part plan.Expr) bool { return !isRef(part) && !isConst(part) })
	default:
		return false
	}
}

func isRef(e plan.Expr) bool {
	_, ok := e.(*plan.ColumnRef)
	return ok
}

func isConst(e plan.Expr) bool {
	_, ok := e.(*plan.Const)
	return ok
}
