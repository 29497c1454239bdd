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
	keys  []plan.Expr    // distinct
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
	s.groups = &groups{sets: [][]int{nil}}
	if clause.Auto {
		keys, err := s.automatic()
		s.groups.sets = [][]int{keys}
		return err
	}
	if err := s.checkSets(clause); err != nil {
		return err
	}
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

// checkSets counts the grouping sets before any is made.
func (s *selection) checkSets(clause *ast.GroupBy) error {
	product := 1
	for _, element := range clause.Elements {
		n := 1
		switch element.Kind {
		case ast.GroupSimple:
		case ast.GroupSets:
			n = len(element.Sets)
		case ast.GroupRollup:
			n = len(element.Sets) + 1
		case ast.GroupCube:
			if len(element.Sets) > 30 {
				n = math.MaxInt32 + 1
			} else {
				n = 1 << len(element.Sets)
			}
		}
		if product *= n; product > math.MaxInt32 {
			return s.fail(clause, "TOO_MANY_GROUPING_SETS", "GROUP BY has more than %d grouping sets but can contain at most %d", math.MaxInt32, maxGroupingSets)
		}
	}
	if product > maxGroupingSets {
		return s.fail(clause, "TOO_MANY_GROUPING_SETS", "GROUP BY has %d grouping sets but can contain at most %d", product, maxGroupingSets)
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
	if s.isAutomatic(element) {
		keys, err := s.automatic()
		return [][]int{keys}, err
	}
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

// isAutomatic reports whether an element is AUTO, and not a column of that name.
func (s *selection) isAutomatic(element ast.GroupingElement) bool {
	if element.Kind != ast.GroupSimple || len(element.Sets) != 1 || len(element.Sets[0]) != 1 {
		return false
	}
	ident, ok := element.Sets[0][0].(*ast.Ident)
	if !ok || ident.Name.Lower() != "auto" || ident.Name.Quoted {
		return false
	}
	found, err := s.lookup(ident, s.source, []string{"auto"})
	return err == nil && found == nil
}

// automatic returns the keys of GROUP BY AUTO: what the SELECT list computes without
// aggregates and windows.
func (s *selection) automatic() ([]int, error) {
	var keys []int
	for _, out := range s.outputs {
		if out.at != nil && s.noAggregates("", out.at) != nil {
			continue
		}
		key, err := s.addKey(out.expr)
		if err != nil {
			return nil, err
		}
		keys = union(keys, []int{key})
	}
	return keys, nil
}

// cube returns all subsets, the whole first. A list that repeats counts once.
func cube(lists [][]int) [][]int {
	lists = distinctSets(lists)
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
	if ref, ok := typed.(*plan.ColumnRef); ok && !s.isSource(ref.ID) {
		return 0, s.refuse(e, "GROUP BY a column of the enclosing query")
	}
	return s.addKey(typed)
}

// addKey returns the index of an expression among those that are grouped by.
func (s *selection) addKey(typed plan.Expr) (int, error) {
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
