package scan

import (
	"context"
	"fmt"

	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// maxExpressions is how many expressions and steps a query may have when each is
// counted wherever it stands. A plan may have one part in two places, as NULLIF
// and CASE have their operand, so that a short text can stand for a plan without
// end, while what is done with a plan is done at each place.
const maxExpressions = 400_000

// Usage is the columns that a query refers to; what it does not hold need not be
// read from a table.
type Usage map[plan.ID]bool

// survey is what a walk over a plan finds.
type survey struct {
	ctx   func() error // whether to go on
	used  Usage
	scans []*plan.Scan
	sizes map[any]int // of the expressions and nodes that were seen
	err   error
}

// UsageOf returns the columns that q refers to. A query without end, or a context
// that has ended, is an error.
func UsageOf(ctx context.Context, q *plan.Query) (Usage, error) {
	s, err := surveyOf(ctx, q)
	return s.used, err
}

func surveyOf(ctx context.Context, q *plan.Query) (*survey, error) {
	s := &survey{ctx: ctx.Err, used: Usage{}, sizes: map[any]int{}}
	for _, c := range q.Columns {
		s.used[c.ID] = true
	}
	if s.node(q.Root) >= maxExpressions && s.err == nil {
		s.err = sqlerr.New("QUERY_HAS_TOO_MANY_STAGES", "The query is too complex: written out it has more than %d expressions", maxExpressions)
	}
	return s, s.err
}

func (s *survey) columns(columns []plan.Column) {
	for _, c := range columns {
		s.used[c.ID] = true
	}
}

// enter returns the size of what was seen already.
func (s *survey) enter(x any) (size int, known bool) {
	if s.err == nil {
		s.err = s.ctx()
	}
	if s.err != nil {
		return 0, true
	}
	size, known = s.sizes[x]
	return size, known
}

func (s *survey) leave(x any, size int) int {
	size = min(size, maxExpressions)
	s.sizes[x] = size
	return size
}

func (s *survey) expr(e plan.Expr) int {
	size, known := s.enter(e)
	if known {
		return size
	}
	switch e := e.(type) {
	case *plan.ColumnRef:
		s.used[e.ID] = true
	case *plan.Scalar:
		s.used[e.Column.ID] = true
	case *plan.InQuery:
		s.used[e.Column.ID] = true
	case *plan.Quantified:
		s.used[e.Column.ID] = true
	}
	size = 1
	if n := plan.Subquery(e); n != nil {
		size += s.node(n)
	}
	for _, c := range plan.Children(e) {
		size = min(size+s.expr(c), maxExpressions)
	}
	return s.leave(e, size)
}

func (s *survey) node(n plan.Node) int {
	size, known := s.enter(n)
	if known {
		return size
	}
	size = 1
	plan.Exprs(n, func(e plan.Expr) { size = min(size+s.expr(e), maxExpressions) })
	switch n := n.(type) {
	case *plan.Scan:
		s.scans = append(s.scans, n)
	case *plan.Aggregate:
		s.columns(n.Keys)
	case *plan.Distinct:
		s.columns(plan.Columns(n.Input))
	case *plan.SetOperation:
		for _, ids := range n.Maps {
			for _, id := range ids {
				s.used[id] = true
			}
		}
	case *plan.With:
		for _, q := range n.Queries {
			s.columns(q.Columns)
		}
	}
	for _, input := range plan.Inputs(n) {
		size = min(size+s.node(input), maxExpressions)
	}
	return s.leave(n, size)
}

// keyOf returns what a scan is known by wherever the plan goes: the number of its
// first column.
func keyOf(s *plan.Scan) (plan.ID, error) {
	if len(s.Columns) == 0 {
		return 0, fmt.Errorf("read table %s: it has no columns", s.Table.Name)
	}
	return s.Columns[0].ID, nil
}
