package analyze

import (
	"strconv"
	"strings"

	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/plan"
)

// query analyzes a query whose enclosing names are outer's.
func (a *analyzer) query(q *ast.Query, outer *scope) (relation, error) {
	inner, named, err := a.with(q.With, outer)
	if err != nil {
		return relation{}, err
	}
	r, err := a.queryBody(q, inner)
	if err != nil {
		return relation{}, err
	}
	r.node = wrapWith(named, r.node)
	return r, nil
}

func (a *analyzer) queryBody(q *ast.Query, outer *scope) (relation, error) {
	if sel, ok := q.Body.(*ast.Select); ok {
		return a.selectQuery(q, sel, outer)
	}
	r, err := a.body(q.Body, outer)
	if err != nil {
		return relation{}, err
	}
	if r, err = a.sorted(q, r, outer); err != nil {
		return relation{}, err
	}
	r.node, err = a.limit(r.node, q, len(q.OrderBy) > 0)
	return r, err
}

func (a *analyzer) body(b ast.Body, outer *scope) (relation, error) {
	switch b := b.(type) {
	case *ast.Query:
		return a.query(b, outer)
	case *ast.Select:
		return a.selectQuery(&ast.Query{Pos: b.Pos, Body: b}, b, outer)
	case *ast.SetOperation:
		return a.setOperation(b, outer)
	case *ast.Values:
		return a.values(b, outer)
	case *ast.TableBody:
		r, err := a.table(&ast.Table{Pos: b.Pos, Name: b.Name}, outer) // which is where Trino says that it is
		if err != nil {
			return relation{}, err
		}
		r.fields = visible(r.fields)
		r.node = onlyColumns(r.node, r.fields)
		return r, nil
	default:
		return relation{}, a.refuse(b, "this form of query")
	}
}

// sorted orders a query that is not a SELECT by its own columns.
func (a *analyzer) sorted(q *ast.Query, r relation, outer *scope) (relation, error) {
	if len(q.OrderBy) == 0 {
		return r, nil
	}
	sort := &plan.Sort{Input: r.node}
	x := &exprs{analyzer: a, scope: outer.child(r.fields)}
	for _, item := range q.OrderBy {
		var typed plan.Expr
		var err error
		if literal, ok := item.Expr.(*ast.Integer); ok {
			var n int64
			if n, err = x.ordinal(literal, len(r.fields)); err == nil {
				c := r.fields[n-1].column
				typed = &plan.ColumnRef{ID: c.ID, T: c.Type}
			}
		} else if err = a.noAggregates("ORDER BY clause", item.Expr); err == nil {
			typed, err = x.expr(item.Expr)
		}
		if err != nil {
			return relation{}, err
		}
		if !typed.Type().Orderable() {
			return relation{}, a.fail(q, typeMismatch, "Type %s is not orderable, and therefore cannot be used in ORDER BY: %s",
				typed.Type(), spelled(item.Expr))
		}
		sort.Keys = append(sort.Keys, sortKey(item, typed))
	}
	if a.inVain(q) {
		return r, nil
	}
	return relation{node: sort, fields: r.fields}, nil
}

// inVain reports whether Trino drops the order of q: of a query within another that
// takes all of its rows.
func (a *analyzer) inVain(q *ast.Query) bool {
	return q != a.top && q.Limit == nil && q.Offset == nil
}

// limit keeps the rows that OFFSET and LIMIT or FETCH FIRST leave.
func (a *analyzer) limit(node plan.Node, q *ast.Query, ordered bool) (plan.Node, error) {
	limit := &plan.Limit{Input: node, Count: -1}
	var err error
	if q.Offset != nil {
		if limit.Offset, err = a.rowCount(q.Offset, "OFFSET"); err != nil {
			return nil, err
		}
	}
	if q.Limit != nil {
		if q.Limit.WithTies && !ordered {
			return nil, a.fail(q.Limit, "MISSING_ORDER_BY", "FETCH FIRST WITH TIES clause requires ORDER BY")
		}
		limit.WithTies = q.Limit.WithTies
		if q.Limit.Count != nil {
			if limit.Count, err = a.limitCount(q.Limit); err != nil {
				return nil, err
			}
		}
	}
	if limit.Offset == 0 && limit.Count < 0 {
		return node, nil
	}
	return limit, nil
}

// limitCount reads the number of LIMIT, or of FETCH FIRST, which asks for one row at least.
func (a *analyzer) limitCount(l *ast.Limit) (int64, error) {
	fetch := strings.EqualFold(a.written(l.Pos, l.Pos+ast.Pos(len("FETCH"))), "FETCH")
	clause := "LIMIT"
	if fetch {
		clause = "FETCH FIRST"
	}
	n, err := a.rowCount(l.Count, clause)
	if err == nil && fetch && n == 0 {
		err = a.fail(l, "NUMERIC_VALUE_OUT_OF_RANGE", "FETCH FIRST row count must be positive (actual value: 0)")
	}
	return n, err
}

// rowCount reads the number of rows of a clause: a literal, or a parameter.
func (a *analyzer) rowCount(e ast.Expr, clause string) (int64, error) {
	if literal, ok := e.(*ast.Integer); ok {
		n, err := strconv.ParseInt(literal.Text, 10, 64)
		if err != nil {
			return 0, a.fail(e, invalidLiteral, "Invalid numeric literal: %s", literal.Text)
		}
		return n, nil
	}
	x := &exprs{analyzer: a, scope: &scope{boundary: true}}
	typed, err := x.expr(e)
	if err != nil {
		return 0, err
	}
	c, ok := typed.(*plan.Const)
	n, whole := int64(0), false
	if ok {
		n, whole = c.Value.(int64)
	}
	if !whole || !c.T.IsInteger() || n < 0 {
		return 0, a.fail(e, typeMismatch, "Non constant parameter value for %s: %s", clause, spelled(e))
	}
	return n, nil
}
