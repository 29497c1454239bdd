package scalar_test

import (
	"context"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/engine/eval"
	"github.com/sillok/sillok/internal/engine/fold"
	"github.com/sillok/sillok/internal/sql/analyze"
	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/parse"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

// expression is SQL and the text of its value, or of its error.
type expression struct{ sql, want string }

// emptyCatalog has no tables.
type emptyCatalog struct{}

func (emptyCatalog) Relation(context.Context, string, string, string) (*analyze.Relation, error) {
	return nil, nil
}

// evaluated returns the text of an expression's value, or of its error.
func evaluated(t *testing.T, sql string) string {
	t.Helper()
	e, err := analyzed(t, "SELECT "+sql)
	if err != nil {
		return err.Error()
	}
	v, err := eval.Fold(t.Context(), e, time.Unix(0, 0).UTC())
	if err != nil {
		return err.Error()
	}
	return value.Text(e.Type(), v)
}

func analyzed(t *testing.T, src string) (plan.Expr, error) {
	t.Helper()
	statement, err := parse.Statement(src)
	if err != nil {
		return nil, err
	}
	query, ok := statement.(*ast.Query)
	if !ok {
		return nil, sqlerr.Refused("a statement")
	}
	q, err := analyze.Query(t.Context(), src, query, emptyCatalog{}, analyze.Session{})
	if err != nil {
		return nil, err
	}
	exprs, err := items(t, q, time.Unix(0, 0).UTC())
	if err != nil {
		return nil, err
	}
	if len(exprs) != 1 {
		return nil, sqlerr.Refused("more than a projection")
	}
	return exprs[0], nil
}

// items returns the items of a SELECT that has no FROM, with their constants computed as
// every query's are.
func items(t *testing.T, q *plan.Query, now time.Time) ([]plan.Expr, error) {
	t.Helper()
	q, err := fold.Query(t.Context(), q, now)
	if err != nil {
		return nil, err
	}
	switch root := q.Root.(type) {
	case *plan.Values:
		if len(root.Rows) == 1 && len(root.Columns) == len(q.Columns) {
			return root.Rows[0], nil
		}
	case *plan.Project:
		if input, ok := root.Input.(*plan.Values); ok && len(input.Columns) == 0 && len(root.Columns) == len(q.Columns) {
			exprs := make([]plan.Expr, len(root.Columns))
			for i, c := range root.Columns {
				exprs[i] = c.Expr
			}
			return exprs, nil
		}
	}
	return nil, sqlerr.Refused("more than a projection")
}

func runExpressions(t *testing.T, expressions []expression) {
	t.Helper()
	for _, e := range expressions {
		if got := evaluated(t, e.sql); got != e.want {
			t.Errorf("%s\n got %s\nwant %s", e.sql, got, e.want)
		}
	}
}
