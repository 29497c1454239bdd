package duckdb

import (
	"fmt"
	"slices"

	"github.com/sillok/sillok/internal/engine/fold"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
)

// Trino computes what groups and windows come to before it looks at a condition above
// them, and so it fails for a group that the condition would drop. DuckDB looks at the
// condition first, and computes what is left of an aggregate for the rest.

// stage is what is computed of many rows at once: the calls of groups or windows, and the
// columns by which the rows are apart from each other.
type stage struct {
	calls []plan.AggregateCall
	keys  map[plan.ID]bool
}

// stageOf returns what node computes its columns of, if that is groups or windows.
func stageOf(node plan.Node) (s stage, ok bool) {
	switch n := node.(type) {
	case *plan.Project:
		return stageOf(n.Input)
	case *plan.Aggregate:
		s.calls, s.keys = n.Calls, map[plan.ID]bool{}
		for _, key := range n.Keys {
			s.keys[key.ID] = true
		}
	case *plan.Window:
		for i, call := range n.Calls {
			keys := map[plan.ID]bool{}
			for _, key := range call.PartitionBy {
				if ref, isRef := key.(*plan.ColumnRef); isRef && (i == 0 || s.keys[ref.ID]) {
					keys[ref.ID] = true
				}
			}
			s.calls, s.keys = append(s.calls, call.AggregateCall), keys
		}
	default:
		return s, false
	}
	return s, true
}

// waits reports whether a condition above node is looked at when node is computed.
func (r *renderer) waits(node plan.Node) bool {
	s, ok := stageOf(node)
	return ok && (r.written || slices.ContainsFunc(s.calls, mayFailOverall))
}

// staged returns the terms of a filter that have to wait for what is computed of many rows,
// and those that need not: of keys alone, they may drop rows before. There are none where
// the rows are the statement's own, which are few.
func (r *renderer) staged(n *plan.Filter) (kept, earlier plan.Expr) {
	s, ok := stageOf(n.Input)
	if !ok || r.written || !r.waits(n.Input) {
		return n.Condition, nil
	}
	var late, early []plan.Expr
	for _, term := range conjuncts(n.Condition) {
		ofKeys := !fold.MayFail(term) && !anyPart(term, func(part plan.Expr) bool {
			ref, isRef := part.(*plan.ColumnRef)
			return isRef && !s.keys[ref.ID] || isSubquery(part)
		})
		if ofKeys {
			early = append(early, term)
		} else {
			late = append(late, term)
		}
	}
	if len(late) == 0 || len(early) == 0 {
		return n.Condition, nil
	}
	return conjunctionOf(late), conjunctionOf(early)
}

// mayFailOverall reports whether an aggregate can fail for what its rows come to.
func mayFailOverall(call plan.AggregateCall) bool {
	switch call.Name {
	case "count", "count_if", "bool_and", "bool_or", "every", "any_value", "arbitrary", "array_agg", "approx_distinct", "checksum",
		"row_number", "rank", "dense_rank", "percent_rank", "cume_dist", "first_value", "last_value":
		return false
	case "avg":
		return call.Type.Kind == datatype.Decimal
	case "min", "max", "min_by", "max_by":
		return slices.ContainsFunc(call.Args, func(arg plan.Expr) bool { return isNested(arg.Type()) }) || len(call.Args) > 1 && call.Type.Kind == datatype.Array
	default:
		return true
	}
}

// after looks at a condition when all columns of from are computed. What is random in one
// that it asks for keeps DuckDB from looking earlier.
func (r *renderer) after(from, condition string) string {
	r.aliases++
	late := fmt.Sprintf("late%d", r.aliases)
	return "SELECT * EXCLUDE (" + late + ") FROM " + r.sub("SELECT *, random() AS "+late+" FROM "+r.sub(from)) +
		"\nWHERE CASE WHEN " + late + " < 2 THEN " + condition + " END"
}
