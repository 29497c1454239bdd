package duckdb

import (
	"context"
	"fmt"
	"strings"

	"github.com/sillok/sillok/internal/engine/duckdb/native"
	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// maxRecursion is how many steps a recursive query may take: Trino's default, which
// Athena does not let anybody change.
const maxRecursion = 10

// namedQuery is a query of a WITH clause: the name that it has in DuckDB, and its columns.
type namedQuery struct {
	name    string
	columns []plan.Column
}

func (r *renderer) with(ctx context.Context, n *plan.With) (string, error) {
	if r.ctes == nil {
		r.ctes = map[int]namedQuery{}
	}
	var parts []string
	for _, q := range n.Queries {
		named := namedQuery{name: fmt.Sprintf("w%d", q.Number), columns: q.Columns}
		var err error
		if q.Recursive {
			parts, err = r.unrolled(ctx, parts, q, named)
		} else {
			var body string
			body, err = r.cooked(ctx, q.Node)
			parts = append(parts, named.defined("", body, r))
		}
		if err != nil {
			return "", err
		}
		r.ctes[q.Number] = named
	}
	body, err := r.node(ctx, n.Body)
	return "WITH " + strings.Join(parts, ",\n") + "\n" + body, err
}

// defined renders the definition of a query.
func (n namedQuery) defined(how, body string, r *renderer) string {
	list := n.list()
	return fmt.Sprintf("%s(%s) AS %s(SELECT %s FROM %s)", n.name, list, how, list, r.sub(body))
}

func (n namedQuery) list() string {
	columns := make([]string, len(n.columns))
	for i, c := range n.columns {
		columns[i] = name(c.ID)
	}
	return strings.Join(columns, ", ")
}

// unrolled renders a query that reads itself as Trino does: what it starts from, and one
// step after the other, each over the rows of the one before. It fails where the last
// of them still has rows.
func (r *renderer) unrolled(ctx context.Context, parts []string, q plan.CTE, named namedQuery) ([]string, error) {
	union, ok := q.Node.(*plan.SetOperation)
	const inputs = 2
	if !ok || union.Kind != ast.Union || len(union.Inputs) != inputs {
		return nil, fmt.Errorf("a recursive query is a %T", q.Node)
	}
	tooDeep := sqlerr.New("NOT_SUPPORTED", "Recursion depth limit exceeded (%d). Use 'max_recursion_depth' session property to modify the limit.", maxRecursion)
	all := ""
	for depth := range maxRecursion + 1 + 1 {
		input := min(depth, 1)
		body, err := r.input(ctx, union, input)
		if err != nil {
			return nil, err
		}
		step := namedQuery{name: fmt.Sprintf("%s_%d", named.name, depth), columns: q.Columns}
		parts = append(parts, step.defined("MATERIALIZED ", body, r))
		if depth > 0 {
			all += "\nUNION ALL "
		}
		all += "SELECT " + step.list() + " FROM " + step.name
		if depth > maxRecursion {
			all += fmt.Sprintf(" WHERE CASE WHEN (SELECT count(*) FROM %s) > 0 THEN CAST(error(%s) AS BOOLEAN) ELSE FALSE END",
				step.name, text(native.Mark(tooDeep)))
		}
		r.ctes[q.Number] = step
	}
	if !union.All {
		var err error
		if all, err = r.distinctOf(all, q.Columns); err != nil {
			return nil, err
		}
	}
	return append(parts, named.defined("", all, r)), nil
}

func (r *renderer) cteRef(n *plan.CTERef) (string, error) {
	named, ok := r.ctes[n.Number]
	if !ok || len(named.columns) != len(n.Columns) {
		return "", fmt.Errorf("query %d of WITH is not known here", n.Number)
	}
	parts := make([]string, len(n.Columns))
	for i, c := range n.Columns {
		parts[i] = name(named.columns[i].ID) + " AS " + name(c.ID)
	}
	return "SELECT " + strings.Join(parts, ", ") + " FROM " + named.name, nil
}
