package duckdb

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/engine/duckdb/native"
	"github.com/sillok/sillok/internal/engine/fold"
	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

func (r *renderer) join(ctx context.Context, n *plan.Join) (string, error) {
	if u, ok := n.Right.(*plan.Unnest); ok && (n.Kind == ast.CrossJoin || isTrue(n.Condition)) {
		switch n.Kind {
		case ast.CrossJoin, ast.InnerJoin:
			return r.unnest(ctx, n.Left, u, false)
		case ast.LeftJoin:
			return r.unnest(ctx, n.Left, u, true)
		default: // joined like any other relation
		}
	}
	lateral := n.Lateral && len(outerOf(n.Right)) > 0
	left, err := r.node(ctx, n.Left)
	if err != nil {
		return "", err
	}
	right, err := r.node(ctx, n.Right)
	if err != nil {
		return "", err
	}
	condition, built := n.Condition, ""
	buildFails := mayFail(n.Right)
	if condition != nil && !lateral {
		var s sides
		if s, err = r.beneath(ctx, n, left, right); err != nil {
			return "", err
		}
		condition, left, right, buildFails = s.condition, s.left, s.right, buildFails || s.fails
	}
	if n.Kind != ast.InnerJoin && n.Kind != ast.CrossJoin && condition != nil && !lateral {
		if condition, left, right, err = r.beside(ctx, n, condition, left, right); err != nil {
			return "", err
		}
	}
	switch {
	case lateral:
		right = "LATERAL " + r.sub(right)
	case r.written && buildFails && len(outerOf(n.Right)) == 0:
		// Trino computes all of the right side before it looks at the left one.
		r.aliases++
		name := fmt.Sprintf("b%d", r.aliases)
		built, right = "WITH "+name+" AS MATERIALIZED ("+right+")\n", name
	default:
		right = r.sub(right)
	}
	from := built + "SELECT * FROM " + r.sub(left)
	// Beside what always yields one row every row stays, and DuckDB gives NULL for the
	// constants in such a row where it joins on the left.
	always := lateral && isTrue(n.Condition) && oneRow(n.Right)
	if n.Kind == ast.CrossJoin || n.Kind == ast.InnerJoin && n.Condition == nil || always {
		return from + "\nCROSS JOIN " + right, nil
	}
	on, err := r.joinCondition(ctx, condition)
	if err != nil {
		return "", err
	}
	kinds := map[ast.JoinKind]string{
		ast.InnerJoin: "INNER JOIN ", ast.LeftJoin: "LEFT JOIN ", ast.RightJoin: "RIGHT JOIN ", ast.FullJoin: "FULL JOIN ",
	}
	return from + "\n" + kinds[n.Kind] + right + " ON " + on, nil
}

func (r *renderer) joinCondition(ctx context.Context, condition plan.Expr) (string, error) {
	if condition == nil {
		return "TRUE", nil
	}
	// Rows are joined by what is equal before the other terms are looked at.
	var equal, others []plan.Expr
	for _, term := range conjuncts(condition) {
		if call, ok := term.(*plan.Call); ok && call.Name == plan.OpEqual && isRef(call.Args[0]) && isRef(call.Args[1]) {
			equal = append(equal, term)
		} else {
			others = append(others, term)
		}
	}
	if !r.goesOnAtNull(others) {
		return r.conjunction(ctx, conjuncts(condition), nil)
	}
	rest, err := r.conjunction(ctx, others, nil)
	if err != nil || len(equal) == 0 {
		return rest, err
	}
	joined, err := r.conjunction(ctx, equal, nil)
	return "CASE WHEN " + joined + " THEN " + rest + " END", err
}

// beside computes the subqueries of an outer join's condition as columns of the
// side that they refer to: DuckDB takes none in such a condition.
func (r *renderer) beside(ctx context.Context, n *plan.Join, on plan.Expr, left, right string) (condition plan.Expr, newLeft, newRight string, err error) {
	rightColumns, moved := idSet(n.Right), [2][]string{}
	condition = replace(on, func(e plan.Expr) (plan.Expr, bool) {
		if !isSubquery(e) || err != nil {
			return nil, false
		}
		side := 0
		for id := range outerOf(&plan.Project{Input: &plan.Values{}, Columns: []plan.Computed{{Expr: e}}}) {
			if rightColumns[id] {
				side = 1
			}
		}
		var value string
		if value, err = r.subquery(ctx, e); err != nil {
			return e, true
		}
		ref := r.newColumn(e.Type())
		moved[side] = append(moved[side], value+" AS "+name(ref.ID))
		return ref, true
	})
	return condition, r.and(left, moved[0]), r.and(right, moved[1]), err
}

// newColumn returns a reference to a column that the plan does not have.
func (r *renderer) newColumn(t datatype.Type) *plan.ColumnRef {
	r.fresh--
	return &plan.ColumnRef{ID: 1_000_000 - r.fresh, T: t}
}

// and adds columns to from.
func (r *renderer) and(from string, columns []string) string {
	if len(columns) == 0 {
		return from
	}
	return "SELECT *, " + strings.Join(columns, ", ") + " FROM " + r.sub(from)
}

// sides are the sides of a join, and its condition.
type sides struct {
	left, right string
	condition   plan.Expr
	fails       bool // what is computed of the right side can fail
}

// beneath computes what a join compares of its sides as columns of these, as Trino does: it
// fails for a row to which nothing is joined, and DuckDB can look rows up by it.
func (r *renderer) beneath(ctx context.Context, n *plan.Join, left, right string) (s sides, err error) {
	s.left, s.right = left, right
	of, moved := [2]map[plan.ID]bool{idSet(n.Left), idSet(n.Right)}, [2][]string{}
	sideOf := func(e plan.Expr) int {
		refs := map[plan.ID]bool{}
		plan.References(e, refs)
		for side, columns := range of {
			if len(refs) > 0 && !varies(replace(e, func(part plan.Expr) (plan.Expr, bool) {
				ref, ok := part.(*plan.ColumnRef)
				return &plan.Const{}, ok && columns[ref.ID]
			})) {
				return side
			}
		}
		return -1
	}
	terms := slices.Clone(conjuncts(n.Condition))
	for i, term := range terms {
		call, ok := term.(*plan.Call)
		if !ok || comparisons(call.Name) == "" || call.Name == plan.OpDistinct {
			continue
		}
		if a, b := sideOf(call.Args[0]), sideOf(call.Args[1]); a == b || a < 0 || b < 0 {
			continue
		}
		compared := &plan.Call{Name: call.Name, T: call.T}
		for _, arg := range call.Args {
			if _, _, path := fieldPath(arg); path {
				compared.Args = append(compared.Args, arg)
				continue
			}
			value, err := r.expr(ctx, arg)
			if err != nil {
				return s, err
			}
			side, ref := sideOf(arg), r.newColumn(arg.Type())
			moved[side] = append(moved[side], value+" AS "+name(ref.ID))
			s.fails = s.fails || side == 1 && fold.MayFail(arg)
			compared.Args = append(compared.Args, ref)
		}
		terms[i] = compared
	}
	s.left, s.right, s.condition = r.and(left, moved[0]), r.and(right, moved[1]), n.Condition
	if len(moved[0])+len(moved[1]) > 0 {
		s.condition = conjunctionOf(terms)
	}
	return s, nil
}

func isTrue(e plan.Expr) bool {
	if e == nil {
		return true
	}
	c, ok := e.(*plan.Const)
	return ok && c.Value == true
}

// unnest renders UNNEST beside the rows of left, or alone when left is nil: one
// row for each position of the arrays and maps, the shorter ones filled with
// NULL. With outer, a row whose arrays are all empty stays, once.
func (r *renderer) unnest(ctx context.Context, left plan.Node, u *plan.Unnest, outer bool) (string, error) {
	from, kept := "", []string{}
	if left != nil {
		sql, err := r.node(ctx, left)
		if err != nil {
			return "", err
		}
		from = " FROM " + r.sub(sql)
		kept = append(kept, "*")
	}
	lists, lengths := make([]string, len(u.Items)), make([]string, len(u.Items))
	for i, item := range u.Items {
		list, err := r.expr(ctx, item.Expr)
		if err != nil {
			return "", err
		}
		if item.Expr.Type().Kind == datatype.Map {
			list = "map_entries(" + list + ")"
		}
		lists[i], lengths[i] = fmt.Sprintf("u%d", i), fmt.Sprintf("coalesce(len(u%d), 0)", i)
		kept = append(kept, list+" AS "+lists[i])
	}
	prepared := "SELECT " + strings.Join(kept, ", ") + from
	exploded := make([]string, 0, len(lists)+2)
	if left != nil {
		exploded = append(exploded, fmt.Sprintf("* EXCLUDE (%s)", strings.Join(lists, ", ")))
	}
	for i, list := range lists {
		exploded = append(exploded, fmt.Sprintf("unnest(%s) AS e%d", list, i))
	}
	if u.Ordinality != nil || outer {
		longest := lengths[0]
		if len(lengths) > 1 {
			longest = "greatest(" + strings.Join(lengths, ", ") + ")"
		}
		positions := "range(1, " + longest + " + 1)"
		if outer {
			positions = "CASE WHEN " + longest + " = 0 THEN [CAST(NULL AS BIGINT)] ELSE " + positions + " END"
		}
		exploded = append(exploded, "unnest("+positions+") AS position")
	}
	sql := "SELECT " + strings.Join(exploded, ", ") + " FROM " + r.sub(prepared)
	return r.unnestColumns(left, u, sql, outer)
}

// unnestColumns names what stands at each position, and takes rows and map
// entries apart.
func (r *renderer) unnestColumns(left plan.Node, u *plan.Unnest, exploded string, outer bool) (string, error) {
	var columns, own []string
	for i, item := range u.Items {
		t, element := item.Expr.Type(), fmt.Sprintf("e%d", i)
		own = append(own, element)
		switch {
		case t.Kind == datatype.Map:
			columns = append(columns, fmt.Sprintf("struct_extract(%s, 'key') AS %s", element, name(item.Columns[0].ID)),
				fmt.Sprintf("struct_extract(%s, 'value') AS %s", element, name(item.Columns[1].ID)))
		case t.Kind == datatype.Array && t.Elems[0].Kind == datatype.Row && len(item.Columns) == len(t.Elems[0].Elems):
			for j, c := range item.Columns {
				columns = append(columns, fmt.Sprintf("struct_extract(%s, '%s') AS %s", element, native.FieldName(j), name(c.ID)))
			}
		case t.Kind == datatype.Array && len(item.Columns) == 1:
			columns = append(columns, element+" AS "+name(item.Columns[0].ID))
		default:
			return "", sqlerr.Refused("UNNEST of " + t.String())
		}
	}
	if u.Ordinality != nil || outer {
		own = append(own, "position")
	}
	if u.Ordinality != nil {
		columns = append(columns, "position AS "+name(u.Ordinality.ID))
	}
	if left != nil {
		columns = append([]string{fmt.Sprintf("* EXCLUDE (%s)", strings.Join(own, ", "))}, columns...)
	}
	return "SELECT " + strings.Join(columns, ", ") + " FROM " + r.sub(exploded), nil
}
