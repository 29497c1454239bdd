package fold

import (
	"math"
	"slices"

	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/plan"
)

// span is how many rows a node has, at least and at most, as far as Trino can tell.
type span struct{ least, most int64 }

// unbounded is the most where nothing bounds the rows.
const unbounded = math.MaxInt64

func (f *folder) span(node plan.Node) span {
	f.work(1)
	switch n := node.(type) {
	case *plan.Values:
		return span{int64(len(n.Rows)), int64(len(n.Rows))}
	case *plan.Project, *plan.Window:
		return f.span(plan.Inputs(n)[0])
	case *plan.With:
		f.name(n)
		return f.span(n.Body)
	case *plan.CTERef:
		if query, ok := f.queries[n.Number]; ok {
			return f.span(query)
		}
	case *plan.Filter:
		if decided, always := f.trivial(f.condition(n.Condition)); decided && always {
			return f.span(n.Input)
		}
		return span{0, f.span(n.Input).most}
	case *plan.Aggregate:
		if isGlobal(n) {
			return span{1, 1}
		}
		s := f.span(n.Input)
		total := slices.ContainsFunc(n.Sets, func(set []int) bool { return len(set) == 0 })
		if s.least = min(s.least, 1); total {
			s.least, s.most = 1, max(s.most, 1)
		}
		if n.Sets != nil { // one row a group of each
			s.most = unbounded
		}
		return s
	case *plan.Distinct:
		s := f.span(n.Input)
		s.least = min(s.least, 1)
		return s
	case *plan.Sort: // goes where there is exactly one row, and else tells nothing
		if s := f.span(n.Input); s == (span{1, 1}) {
			return s
		}
	case *plan.Limit:
		return f.limited(n)
	case *plan.Join:
		if n.Kind == ast.CrossJoin || n.Kind == ast.InnerJoin && n.Condition == nil {
			return product(f.span(n.Left), f.span(n.Right))
		}
	}
	return span{0, unbounded}
}

func (f *folder) limited(n *plan.Limit) span {
	input := n.Input
	if sort, ok := input.(*plan.Sort); ok && n.Count >= 0 {
		input = sort.Input
	}
	s := f.span(input)
	s.least = max(s.least-n.Offset, 0)
	if s.most != unbounded {
		s.most = max(s.most-n.Offset, 0)
	}
	if n.Count >= 0 {
		s.least = min(s.least, n.Count)
		if !n.WithTies {
			s.most = min(s.most, n.Count)
		}
	}
	return s
}

func product(a, b span) span {
	times := func(x, y int64) int64 {
		if x == 0 || y == 0 {
			return 0
		}
		if x > unbounded/y {
			return unbounded
		}
		return x * y
	}
	return span{times(a.least, b.least), times(a.most, b.most)}
}

// passedOver reports whether an offset leaves nothing, which Trino then does not compute.
func (f *folder) passedOver(n *plan.Limit) bool {
	return n.Offset > 0 && f.span(n.Input).most <= n.Offset
}
