package analyze

import (
	"fmt"
	"math"
	"slices"

	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/plan"
)

// groups is what a SELECT groups by.
type groups struct {
	keys  []plan.Expr // distinct
	at    []ast.Expr
	known map[string]int // the indexes of keys, by keyOf
	sets  [][]int        // indexes of keys; one set of all keys unless there are several
}

// groupBy types GROUP BY. A SELECT with aggregates or HAVING and no GROUP BY has
// one group.
func (s *selection) groupBy() error {
	clause := s.node.GroupBy
	if clause == nil {
		return nil
	}
	if clause.Auto {
		return s.refuse(s.node, "GROUP BY AUTO")
	}
	if err := s.checkGroupingSets(clause); err != nil {
		return err
	}
	s.groups = &groups{sets: [][]int{nil}}
	for _, element := range clause.Elements {
		sets, err := s.groupingElement(element)
		if err != nil {
			return err
		}
		if len(sets) == 1 && len(s.groups.sets) == 1 { // the usual case, which is not copied for each element
			s.work(len(s.groups.sets[0]))
			s.groups.sets[0] = extended(s.groups.sets[0], sets[0])
			continue
		}
		var product [][]int
		for _, left := range s.groups.sets {
			for _, right := range sets {
				product = append(product, union(left, right))
			}
		}
		s.groups.sets = product
	}
	if clause.Distinct {
		s.groups.sets = distinctSets(s.groups.sets)
	}
	return nil
}

const maxGroupingSets = 2048

// checkGroupingSets counts the grouping sets before any is made.
func (s *selection) checkGroupingSets(clause *ast.GroupBy) error {
	count := int64(1)
	for _, element := range clause.Elements {
		sets := int64(1)
		switch element.Kind {
		case ast.GroupSimple:
		case ast.GroupCube:
			sets = 1 << min(len(element.Sets), 31)
		case ast.GroupRollup:
			sets = int64(len(element.Sets)) + 1
		case ast.GroupSets:
			sets = int64(len(element.Sets))
		}
		if count *= sets; count > math.MaxInt32 {
			return s.fail(s.node, "TOO_MANY_GROUPING_SETS", "GROUP BY has more than %d grouping sets but can contain at most %d", math.MaxInt32, maxGroupingSets)
		}
	}
	if count > maxGroupingSets {
		return s.fail(s.node, "TOO_MANY_GROUPING_SETS", "GROUP BY has %d grouping sets but can contain at most %d", count, maxGroupingSets)
	}
	return nil
}

func union(left, right []int) []int { return extended(append([]int{}, left...), right) }

// extended adds to a set what it does not have.
func extended(both, right []int) []int {
	for _, key := range right {
		if !slices.Contains(both, key) {
			both = append(both, key)
		}
	}
	return both
}

func distinctSets(sets [][]int) [][]int {
	var kept [][]int
	seen := map[string]bool{}
	for _, set := range sets {
		key := fmt.Sprint(slices.Sorted(slices.Values(set)))
		if !seen[key] {
			seen[key] = true
			kept = append(kept, set)
		}
	}
	return kept
}

// groupingElement returns the grouping sets of one element of GROUP BY.
func (s *selection) groupingElement(element ast.GroupingElement) ([][]int, error) {
	lists := make([][]int, len(element.Sets))
	for i, list := range element.Sets {
		for _, e := range list {
			key, err := s.groupingKey(e, element.Kind)
			if err != nil {
				return nil, err
			}
			lists[i] = append(lists[i], key)
		}
	}
	switch element.Kind {
	case ast.GroupRollup:
		var sets [][]int
		for n := len(lists); n >= 0; n-- {
			sets = append(sets, joined(lists[:n]))
		}
		return sets, nil
	case ast.GroupCube:
		return cube(lists), nil
	default:
		return lists, nil
	}
}

func joined(lists [][]int) []int {
	var all []int
	for _, list := range lists {
		all = union(all, list)
	}
	return all
}

// cube returns all subsets, the whole first, as Trino orders them.
func cube(lists [][]int) [][]int {
	var sets [][]int
	for mask := 1<<len(lists) - 1; mask >= 0; mask-- {
		var chosen [][]int
		for i, list := range lists {
			if mask>>(len(lists)-1-i)&1 == 1 {
				chosen = append(chosen, list)
			}
		}
		sets = append(sets, joined(chosen))
	}
	return sets
}

// groupingKey types one expression of GROUP BY and returns its index.
func (s *selection) groupingKey(e ast.Expr, kind ast.GroupingKind) (int, error) {
	typed, err := s.groupingExpr(e, kind)
	if err != nil {
		return 0, err
	}
	if !typed.Type().Comparable() {
		return 0, s.fail(s.node, typeMismatch, "%s is not comparable, and therefore cannot be used in GROUP BY", typed.Type())
	}
	key := keyOf(typed)
	if at, ok := s.groups.known[key]; ok {
		return at, nil
	}
	if s.groups.known == nil {
		s.groups.known = map[string]int{}
	}
	s.groups.known[key] = len(s.groups.keys)
	s.groups.keys = append(s.groups.keys, typed)
	s.groups.at = append(s.groups.at, e)
	return len(s.groups.keys) - 1, nil
}

func (s *selection) groupingExpr(e ast.Expr, kind ast.GroupingKind) (plan.Expr, error) {
	if literal, ok := e.(*ast.Integer); ok && kind == ast.GroupSimple {
		return s.groupingOrdinal(literal)
	}
	if err := s.noAggregates("GROUP BY clause", e); err != nil {
		return nil, err
	}
	x := &exprs{analyzer: s.analyzer, scope: s.source}
	if ident, ok := e.(*ast.Ident); ok && ident.Name.Lower() == "auto" && !ident.Name.Quoted {
		if found, err := s.lookup(e, s.source, []string{"auto"}); err == nil && found == nil {
			return nil, s.refuse(e, "GROUP BY AUTO")
		}
	}
	typed, err := x.expr(e)
	if err != nil {
		return nil, err
	}
	if kind != ast.GroupSimple && !isColumnRef(typed) {
		return nil, s.fail(e, invalidColumnReference, "GROUP BY expression must be a column reference: %s", spelled(e))
	}
	return typed, nil
}

func isColumnRef(e plan.Expr) bool {
	_, ok := e.(*plan.ColumnRef)
	return ok
}

func (s *selection) groupingOrdinal(literal *ast.Integer) (plan.Expr, error) {
	x := &exprs{analyzer: s.analyzer, scope: s.source}
	typed, err := x.integer(literal, literal.Text)
	if err != nil {
		return nil, err
	}
	n := literalInt(typed)
	if n < 1 || n > int64(len(s.outputs)) {
		return nil, s.fail(literal, invalidColumnReference, "GROUP BY position %d is not in select list", n)
	}
	out := s.outputs[n-1]
	if out.at != nil {
		if err := s.noAggregates("GROUP BY clause", out.at); err != nil {
			return nil, err
		}
	}
	return out.expr, nil
}
