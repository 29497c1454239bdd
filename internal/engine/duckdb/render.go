package duckdb

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/engine/duckdb/native"
	"github.com/sillok/sillok/internal/engine/fold"
	"github.com/sillok/sillok/internal/engine/scan"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// statement is a rendered query: text for DuckDB and the functions in Go that
// it calls.
type statement struct {
	SQL       string
	Functions []function
	Types     []datatype.Type // of the columns
}

// Render returns the DuckDB SQL of a query over tables that were loaded, for tests
// and for people who want to see it.
func Render(ctx context.Context, q *plan.Query, now time.Time, tables scan.Tables) (string, error) {
	s, err := (&renderer{now: now, prefix: "q_", tables: tables}).query(ctx, q)
	return s.SQL, err
}

// renderer renders one query. Column n of the plan is named "c<n>" wherever it
// is visible, so that a correlated subquery finds the columns around it by name.
type renderer struct {
	now       time.Time
	prefix    string // of the functions' names, unique in the life of a worker
	functions []function
	aliases   int
	fresh     plan.ID
	tables    scan.Tables
	ctes      map[int]namedQuery
	lazy      map[plan.ID]lazyColumn
	used      scan.Usage
	scans     map[*plan.Scan]scanned // rendered already: a subquery may be rendered twice
	// written means that the rows are the statement's own: conditions are looked at in their
	// order, as there is nothing to skip by those that cannot fail.
	written bool
}

// scanned is a scan that was rendered, and those of its columns that stay in the
// form that they have in the file.
type scanned struct {
	sql  string
	lazy map[plan.ID]lazyColumn
}

func (r *renderer) query(ctx context.Context, q *plan.Query) (statement, error) {
	var err error
	if r.used, err = scan.UsageOf(ctx, q); err != nil {
		return statement{}, err
	}
	r.written = !reads(q.Root)
	r.lazy, r.scans = map[plan.ID]lazyColumn{}, map[*plan.Scan]scanned{}
	sql, err := r.root(ctx, q)
	if err != nil {
		return statement{}, err
	}
	types := make([]datatype.Type, len(q.Columns))
	for i, c := range q.Columns {
		types[i] = c.Type
	}
	return statement{SQL: sql, Functions: r.functions, Types: types}, nil
}

// root renders the query with its order and limit outermost, so that the order
// of the rows is the order of the answer.
func (r *renderer) root(ctx context.Context, q *plan.Query) (string, error) {
	node, tail, wanted := q.Root, "", int64(-1)
	var sort *plan.Sort
	if limit, ok := node.(*plan.Limit); ok && !limit.WithTies {
		if s, ok := limit.Input.(*plan.Sort); ok {
			node, sort, tail, wanted = s.Input, s, limitClause(limit), rowsWanted(limit)
		}
	} else if s, ok := node.(*plan.Sort); ok {
		node, sort = s.Input, s
	}
	from, err := r.node(ctx, node)
	if err != nil {
		return "", err
	}
	if sort != nil {
		var order string
		if from, order, err = r.sorted(ctx, from, sort.Keys, wanted); err != nil {
			return "", err
		}
		tail = "\nORDER BY " + order + tail
	}
	columns := make([]string, len(q.Columns))
	for i, c := range q.Columns {
		if columns[i], err = r.column(c.ID, c.Type); err != nil {
			return "", err
		}
		columns[i] += fmt.Sprintf(" AS o%d", i)
	}
	return "SELECT " + strings.Join(columns, ", ") + "\nFROM " + r.sub(from) + tail, nil
}

// sub makes a SELECT a relation.
func (r *renderer) sub(sql string) string {
	r.aliases++
	return fmt.Sprintf("(%s) AS t%d", sql, r.aliases)
}

func name(id plan.ID) string { return fmt.Sprintf("c%d", id) }

func names(columns []plan.Column) string {
	parts := make([]string, len(columns))
	for i, c := range columns {
		parts[i] = name(c.ID)
	}
	if len(parts) == 0 {
		return "1"
	}
	return strings.Join(parts, ", ")
}

func limitClause(l *plan.Limit) string {
	s := ""
	if l.Count >= 0 {
		s += fmt.Sprintf("\nLIMIT %d", l.Count)
	}
	if l.Offset > 0 {
		s += fmt.Sprintf("\nOFFSET %d", l.Offset)
	}
	return s
}

// node renders a node as a SELECT whose columns are the node's.
func (r *renderer) node(ctx context.Context, n plan.Node) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	switch n := n.(type) {
	case *plan.Scan:
		return r.scan(ctx, n)
	case *plan.Values:
		return r.values(ctx, n)
	case *plan.Filter:
		return r.filter(ctx, n)
	case *plan.Project:
		return r.project(ctx, n)
	case *plan.Aggregate:
		return r.aggregate(ctx, n)
	case *plan.Window:
		return r.window(ctx, n)
	case *plan.Distinct:
		return r.distinct(ctx, n)
	case *plan.Sort:
		return r.sort(ctx, n)
	case *plan.Limit:
		return r.limit(ctx, n)
	case *plan.Join:
		return r.join(ctx, n)
	case *plan.Unnest:
		return r.unnest(ctx, nil, n, false)
	case *plan.SetOperation:
		return r.setOperation(ctx, n)
	case *plan.With:
		return r.with(ctx, n)
	case *plan.CTERef:
		return r.cteRef(n)
	case *plan.Sample:
		return r.sample(ctx, n)
	default:
		return "", sqlerr.Refused(fmt.Sprintf("%T", n))
	}
}

func (r *renderer) scan(ctx context.Context, n *plan.Scan) (string, error) {
	known, ok := r.scans[n]
	if !ok {
		sql, err := r.table(ctx, n)
		if err != nil {
			return "", err
		}
		known = scanned{sql: sql, lazy: map[plan.ID]lazyColumn{}}
		for _, c := range n.Columns {
			if lazy, ok := r.lazy[c.ID]; ok {
				known.lazy[c.ID] = lazy
			}
		}
		r.scans[n] = known
	}
	maps.Copy(r.lazy, known.lazy)
	return known.sql, nil
}

func (r *renderer) filter(ctx context.Context, n *plan.Filter) (string, error) {
	if kept, earlier := r.staged(n); earlier != nil {
		return r.filter(ctx, &plan.Filter{Input: &plan.Filter{Input: n.Input, Condition: kept}, Condition: earlier})
	}
	n = r.inTurn(n)
	from, err := r.node(ctx, n.Input)
	if err != nil {
		return "", err
	}
	where, terms, err := r.existence(ctx, conjuncts(n.Condition))
	if err != nil {
		return "", err
	}
	existing := len(where) > 0
	if len(terms) > 0 {
		rest, guarded, err := r.conjuncts(ctx, terms, anchorsOf(n.Input))
		if err != nil {
			return "", err
		}
		if _, values := n.Input.(*plan.Values); guarded != "" && r.written && !values {
			guarded = inPlace(guarded)
		}
		if guarded != "" {
			rest = append(rest, guarded)
		}
		where = append(rest, where...)
	}
	condition := strings.Join(where, " AND ")
	switch {
	case r.waits(n.Input), r.written && plan.StrictJSONTable(n.Input) != nil, !existing && r.inItsTurn(n), r.written && !varies(n.Condition) && fold.MayFail(n.Condition),
		r.written && joins(n.Input) && !existing && fold.MayFail(n.Condition):
		return r.after(from, condition), nil
	// Trino groups all rows before it drops groups, and looks for others first.
	case hasTotal(n.Input) && mayFail(n.Input):
		condition = inPlace(condition)
	}
	return "SELECT * FROM " + r.sub(from) + "\nWHERE " + condition, nil
}

// inPlace renders a condition that DuckDB looks at nowhere else than where it stands.
func inPlace(condition string) string { return "CASE WHEN random() < 2 THEN " + condition + " END" }

// joins reports whether node is a filter by rows of a subquery.
func joins(node plan.Node) bool {
	filter, ok := node.(*plan.Filter)
	return ok && slices.ContainsFunc(conjuncts(filter.Condition), func(term plan.Expr) bool {
		switch term.(type) {
		case *plan.Exists, *plan.InQuery:
			return true
		default:
			return false
		}
	})
}

// hasTotal reports whether node makes groups of which one is of all rows.
func hasTotal(node plan.Node) bool {
	switch n := node.(type) {
	case *plan.Project:
		return hasTotal(n.Input)
	case *plan.Filter:
		return hasTotal(n.Input)
	case *plan.Aggregate:
		return slices.ContainsFunc(n.Sets, func(set []int) bool { return len(set) == 0 })
	default:
		return false
	}
}

// anchorsOf returns the columns in the conditions of the joins right below a filter.
func anchorsOf(n plan.Node) []plan.Expr {
	switch n := n.(type) {
	case *plan.Filter:
		return anchorsOf(n.Input)
	case *plan.Join:
		anchors := append(anchorsOf(n.Left), anchorsOf(n.Right)...)
		if n.Condition != nil && !n.Lateral {
			anyPart(n.Condition, func(e plan.Expr) bool {
				if _, ok := e.(*plan.ColumnRef); ok {
					anchors = append(anchors, e)
				}
				return false
			})
		}
		return anchors
	default:
		return nil
	}
}

func (r *renderer) project(ctx context.Context, n *plan.Project) (string, error) {
	from, err := r.node(ctx, n.Input)
	if err != nil {
		return "", err
	}
	columns := make([]string, 0, len(n.Columns))
	for _, c := range n.Columns {
		if ref, ok := c.Expr.(*plan.ColumnRef); ok {
			if lazy, ok := r.lazy[ref.ID]; ok {
				r.lazy[c.ID] = lazyColumn{name: name(c.ID), field: lazy.field}
				columns = append(columns, lazy.name+" AS "+name(c.ID))
				continue
			}
		}
		value, err := r.expr(ctx, c.Expr)
		if err != nil {
			return "", err
		}
		columns = append(columns, value+" AS "+name(c.ID))
	}
	if len(columns) == 0 {
		columns = []string{"1 AS nothing"}
	}
	return "SELECT " + strings.Join(columns, ", ") + "\nFROM " + r.sub(from), nil
}

func (r *renderer) values(ctx context.Context, n *plan.Values) (string, error) {
	if len(n.Columns) == 0 {
		if len(n.Rows) == 1 {
			return "SELECT 1 AS nothing", nil
		}
		return fmt.Sprintf("SELECT 1 AS nothing FROM range(%d)", len(n.Rows)), nil
	}
	if len(n.Rows) == 0 {
		nulls := make([]string, len(n.Columns))
		for i, c := range n.Columns {
			null, _, err := literal(c.Type, nil)
			if err != nil {
				return "", err
			}
			nulls[i] = null + " AS " + name(c.ID)
		}
		return "SELECT " + strings.Join(nulls, ", ") + " WHERE FALSE", nil
	}
	rows, selects := make([]string, len(n.Rows)), false
	for i, row := range n.Rows {
		cells := make([]string, len(row))
		for j, e := range row {
			cell, ok, err := r.interpreted(ctx, e)
			if err == nil && !ok {
				cell, err = r.expr(ctx, e)
			}
			if err != nil {
				return "", err
			}
			if cells[j], err = typed(cell, n.Columns[j].Type); err != nil {
				return "", err
			}
			selects = selects || varies(e)
		}
		rows[i] = strings.Join(cells, ", ")
	}
	list := "VALUES (" + strings.Join(rows, "), (") + ")"
	if selects { // subqueries and columns of enclosing nodes
		list = "SELECT " + strings.Join(rows, " UNION ALL SELECT ")
	}
	r.aliases++
	return fmt.Sprintf("SELECT * FROM (%s) AS t%d(%s)", list, r.aliases, names(n.Columns)), nil
}

// typed makes sql exactly of the type of t, for places where DuckDB would settle
// on a type of its own.
func typed(sql string, t datatype.Type) (string, error) {
	typeSQL, err := native.TypeSQL(t)
	return "CAST(" + sql + " AS " + typeSQL + ")", err
}

func (r *renderer) sort(ctx context.Context, n *plan.Sort) (string, error) {
	return r.sortFirst(ctx, n, -1)
}

// sortFirst renders a sort of which limit rows are wanted, -1 for all of them.
func (r *renderer) sortFirst(ctx context.Context, n *plan.Sort, limit int64) (string, error) {
	from, err := r.node(ctx, n.Input)
	if err != nil {
		return "", err
	}
	from, order, err := r.sorted(ctx, from, n.Keys, limit)
	return "SELECT * FROM " + r.sub(from) + "\nORDER BY " + order, err
}

// rowsWanted is how many rows in order a limit looks at, -1 for all of them.
func rowsWanted(l *plan.Limit) int64 {
	if l.Count < 0 {
		return -1
	}
	return l.Offset + l.Count
}

func direction(k plan.SortKey) string {
	s := " ASC"
	if k.Descending {
		s = " DESC"
	}
	if k.NullsFirst {
		return s + " NULLS FIRST"
	}
	return s + " NULLS LAST"
}

func (r *renderer) limit(ctx context.Context, n *plan.Limit) (string, error) {
	if n.WithTies {
		return r.limitWithTies(ctx, n)
	}
	if sort, ok := n.Input.(*plan.Sort); ok {
		from, err := r.sortFirst(ctx, sort, rowsWanted(n))
		return from + limitClause(n), err
	}
	from, err := r.node(ctx, n.Input)
	return "SELECT * FROM " + r.sub(from) + limitClause(n), err
}

func (r *renderer) limitWithTies(ctx context.Context, n *plan.Limit) (string, error) {
	sort, ok := n.Input.(*plan.Sort)
	if !ok {
		return "", sqlerr.Refused("WITH TIES without ORDER BY")
	}
	from, err := r.node(ctx, sort.Input)
	if err != nil {
		return "", err
	}
	from, order, err := r.sorted(ctx, from, sort.Keys, -1)
	if err != nil {
		return "", err
	}
	ranked := fmt.Sprintf("SELECT *, rank() OVER (ORDER BY %[1]s) AS tie, row_number() OVER (ORDER BY %[1]s) AS place FROM %[2]s", order, r.sub(from))
	where := fmt.Sprintf("place > %d", n.Offset)
	if n.Count >= 0 {
		where += fmt.Sprintf(" AND tie <= %d", n.Offset+n.Count)
	}
	return "SELECT * EXCLUDE (tie, place) FROM " + r.sub(ranked) + "\nWHERE " + where + "\nORDER BY place", nil
}

func (r *renderer) distinct(ctx context.Context, n *plan.Distinct) (string, error) {
	from, err := r.cooked(ctx, n.Input)
	if err != nil {
		return "", err
	}
	return r.distinctOf(from, r.columns(n.Input))
}

// distinctOf drops the rows of from that repeat.
func (r *renderer) distinctOf(from string, columns []plan.Column) (string, error) {
	keys, outputs := make([]string, len(columns)), make([]string, len(columns))
	plain := true
	for i, c := range columns {
		key, same, err := r.groupKey(name(c.ID), c.Type)
		if err != nil {
			return "", err
		}
		plain = plain && same
		keys[i], outputs[i] = key, fmt.Sprintf("first(%[1]s) AS %[1]s", name(c.ID))
	}
	if plain {
		return "SELECT DISTINCT " + names(columns) + " FROM " + r.sub(from), nil
	}
	return "SELECT " + strings.Join(outputs, ", ") + " FROM " + r.sub(from) + "\nGROUP BY " + strings.Join(keys, ", "), nil
}

// cooked renders a node with every column in its final form, for nodes that use
// columns by number alone.
func (r *renderer) cooked(ctx context.Context, n plan.Node) (string, error) {
	from, err := r.node(ctx, n)
	if err != nil {
		return "", err
	}
	columns := r.columns(n)
	parts, raw := make([]string, len(columns)), false
	for i, c := range columns {
		value, err := r.column(c.ID, c.Type)
		if err != nil {
			return "", err
		}
		if value != name(c.ID) {
			raw = true
			value += " AS " + name(c.ID)
		}
		parts[i] = value
	}
	if !raw {
		return from, nil
	}
	for _, c := range columns {
		delete(r.lazy, c.ID)
	}
	return "SELECT " + strings.Join(parts, ", ") + " FROM " + r.sub(from), nil
}

func (r *renderer) sample(ctx context.Context, n *plan.Sample) (string, error) {
	from, err := r.node(ctx, n.Input)
	if err != nil {
		return "", err
	}
	percentage, err := r.expr(ctx, n.Percentage)
	return "SELECT * FROM " + r.sub(from) + "\nWHERE random() * 100 < CAST(" + percentage + " AS DOUBLE)", err
}
