package duckdb

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/plan"
)

func (r *renderer) setOperation(ctx context.Context, n *plan.SetOperation) (string, error) {
	parts := make([]string, len(n.Inputs))
	for i := range n.Inputs {
		var err error
		if parts[i], err = r.input(ctx, n, i); err != nil {
			return "", err
		}
	}
	if n.Kind == ast.Union {
		all := "(" + strings.Join(parts, ")\nUNION ALL (") + ")"
		if n.All {
			return all, nil
		}
		return r.distinctOf(all, n.Columns)
	}
	keys, plain, err := r.setKeys(n)
	if err != nil {
		return "", err
	}
	if !plain || slices.ContainsFunc(n.Inputs, mayFail) { // DuckDB does not look at a side where the other decides
		return r.counted(ctx, n, parts, keys)
	}
	operator := ")\n" + n.Kind.String() + " ("
	if n.All {
		operator = ")\n" + n.Kind.String() + " ALL ("
	}
	return "(" + strings.Join(parts, operator) + ")", nil
}

// input renders input i of a set operation, under the columns of the result.
func (r *renderer) input(ctx context.Context, n *plan.SetOperation, i int) (string, error) {
	from, err := r.cooked(ctx, n.Inputs[i])
	if err != nil {
		return "", err
	}
	columns := make([]string, len(n.Columns))
	for j, c := range n.Columns {
		value, err := typed(name(n.Maps[i][j]), c.Type)
		if err != nil {
			return "", err
		}
		columns[j] = value + " AS " + name(c.ID)
	}
	return "SELECT " + strings.Join(columns, ", ") + " FROM " + r.sub(from), nil
}

// setKeys returns by what rows of INTERSECT and EXCEPT are the same, and whether DuckDB's
// own operators do as Trino does. With ALL, Trino numbers equal rows, for which it sorts.
func (r *renderer) setKeys(n *plan.SetOperation) (keys []string, plain bool, err error) {
	keys, plain = make([]string, len(n.Columns)), true
	for i, c := range n.Columns {
		key, same, err := r.groupKey(name(c.ID), c.Type)
		if err != nil {
			return nil, false, err
		}
		if n.All && !c.Type.Orderable() {
			return nil, false, errInside("%s is not orderable", c.Type)
		}
		keys[i], plain = key, plain && same && (!n.All || !isNested(c.Type))
	}
	return keys, plain, nil
}

// counted renders INTERSECT or EXCEPT by how many rows of each key the sides have. It looks
// at these late: DuckDB computes nothing of a side whose rows it sees to be dropped.
func (r *renderer) counted(ctx context.Context, n *plan.SetOperation, parts, keys []string) (string, error) {
	counts := make([]string, len(parts))
	for i := range parts {
		parts[i] = fmt.Sprintf("SELECT *, %d AS side FROM %s", i, r.sub(parts[i]))
		counts[i] = fmt.Sprintf("count(*) FILTER (WHERE side = %d)", i)
	}
	all, by := "("+strings.Join(parts, ")\nUNION ALL (")+")", strings.Join(keys, ", ")
	if n.All {
		return r.countedAll(ctx, n, all, by, counts)
	}
	kept := make([]string, len(counts))
	for i := range counts {
		kept[i] = fmt.Sprintf("side%d > 0", i)
		if i > 0 && n.Kind == ast.Except {
			kept[i] = fmt.Sprintf("side%d = 0", i)
		}
		counts[i] += fmt.Sprintf(" AS side%d", i)
	}
	outputs := make([]string, len(n.Columns))
	for i, c := range n.Columns {
		outputs[i] = fmt.Sprintf("first(%[1]s ORDER BY side) AS %[1]s", name(c.ID))
	}
	grouped := "SELECT " + strings.Join(append(outputs, counts...), ", ") + " FROM " + r.sub(all) + "\nGROUP BY " + by
	return "SELECT " + names(n.Columns) + " FROM " + r.sub(r.after(grouped, strings.Join(kept, " AND "))), nil
}

// countedAll keeps as many rows of the first side as the counts allow.
func (r *renderer) countedAll(ctx context.Context, n *plan.SetOperation, all, by string, counts []string) (string, error) {
	order := make([]plan.SortKey, len(n.Columns))
	for i, c := range n.Columns {
		order[i].Expr = &plan.ColumnRef{ID: c.ID, T: c.Type}
	}
	from, _, err := r.sorted(ctx, all, order, -1)
	if err != nil {
		return "", err
	}
	for i := range counts {
		counts[i] += " OVER (PARTITION BY " + by + ")"
	}
	kept := strings.Join(counts, " - ")
	if n.Kind == ast.Intersect {
		kept = "least(" + strings.Join(counts, ", ") + ")"
	}
	numbered := "SELECT *, " + kept + " AS kept, row_number() OVER (PARTITION BY " + by + ", side) AS place FROM " + r.sub(from)
	return "SELECT " + names(n.Columns) + " FROM " + r.sub(r.after(numbered, "side = 0 AND place <= kept")), nil
}
