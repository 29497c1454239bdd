package analyze_test

import (
	"errors"
	"fmt"
	"maps"

	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
)

// sound checks what every plan promises: a column is made once, an expression
// refers only to columns that it can see, and operators get the types they need.
func sound(q *plan.Query) error {
	c := &checker{made: map[plan.ID]bool{}}
	c.node(q.Root, columnSet{})
	have := setOf(plan.Columns(q.Root))
	for _, out := range q.Columns {
		if t, ok := have[out.ID]; !ok {
			c.failf("output %s is column %d, which the root does not yield", out.Name, out.ID)
		} else if !t.Equal(out.Type) {
			c.failf("output %s is %s, its column %s", out.Name, out.Type, t)
		}
	}
	return errors.Join(c.errs...)
}

type columnSet map[plan.ID]datatype.Type

func setOf(columns []plan.Column) columnSet {
	set := columnSet{}
	for _, c := range columns {
		set[c.ID] = c.Type
	}
	return set
}

func (s columnSet) with(other columnSet) columnSet {
	both := maps.Clone(s)
	maps.Copy(both, other)
	return both
}

type checker struct {
	made map[plan.ID]bool
	errs []error
}

func (c *checker) failf(format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf(format, args...))
}

// node checks n, whose expressions see outer besides the columns of its inputs.
func (c *checker) node(n plan.Node, outer columnSet) {
	if n == nil {
		c.failf("a node is missing")
		return
	}
	seen := map[plan.ID]bool{}
	for _, column := range plan.Columns(n) {
		if seen[column.ID] {
			c.failf("%T yields column %d twice", n, column.ID)
		}
		seen[column.ID] = true
	}
	inside := outer
	join, isJoin := n.(*plan.Join)
	switch {
	case isJoin:
		c.node(join.Left, outer)
		if join.Lateral {
			c.node(join.Right, outer.with(setOf(plan.Columns(join.Left))))
		} else {
			c.node(join.Right, outer)
		}
		inside = outer.with(setOf(plan.Columns(join.Left))).with(setOf(plan.Columns(join.Right)))
	default:
		for _, input := range plan.Inputs(n) {
			c.node(input, outer)
			inside = inside.with(setOf(plan.Columns(input)))
		}
	}
	plan.Exprs(n, func(e plan.Expr) { c.expr(e, inside) })
	c.shape(n)
}

// shape checks what a node says about its columns.
func (c *checker) shape(n plan.Node) {
	switch n := n.(type) {
	case *plan.Project:
		for _, computed := range n.Columns {
			if !computed.Expr.Type().Equal(computed.Type) {
				c.failf("projected column %d is %s, its expression %s", computed.ID, computed.Type, computed.Expr.Type())
			}
		}
	case *plan.Values:
		for _, row := range n.Rows {
			for i, e := range row {
				if !e.Type().Equal(n.Columns[i].Type) {
					c.failf("value is %s, its column %s", e.Type(), n.Columns[i].Type)
				}
			}
		}
	case *plan.Aggregate:
		have := setOf(plan.Columns(n.Input))
		for _, key := range n.Keys {
			if _, ok := have[key.ID]; !ok {
				c.failf("grouping key %d is not a column of the input", key.ID)
			}
		}
	case *plan.SetOperation:
		for i, input := range n.Inputs {
			have := setOf(plan.Columns(input))
			for j, id := range n.Maps[i] {
				if t, ok := have[id]; !ok || !t.Equal(n.Columns[j].Type) {
					c.failf("input %d of %s has no column %d of type %s", i, n.Kind, id, n.Columns[j].Type)
				}
			}
		}
	}
}

func (c *checker) expr(e plan.Expr, seen columnSet) {
	switch e := e.(type) {
	case *plan.ColumnRef:
		if t, ok := seen[e.ID]; !ok {
			c.failf("column %d is out of sight", e.ID)
		} else if !t.Equal(e.T) {
			c.failf("column %d is %s, not %s", e.ID, t, e.T)
		}
	case *plan.ParamRef:
		if t, ok := seen[-e.ID]; !ok || !t.Equal(e.T) {
			c.failf("parameter %d is out of sight or not %s", e.ID, e.T)
		}
	case *plan.Lambda:
		params := columnSet{}
		for _, p := range e.Params {
			params[-p.ID] = p.Type
		}
		c.expr(e.Body, seen.with(params))
		return
	case *plan.NullIf:
		c.expr(e.X, seen)
		c.expr(e.Compare, seen.with(columnSet{-e.Param.ID: e.Param.Type}))
		return
	case *plan.Const, *plan.Now, *plan.Call, *plan.Cast, *plan.Logical, *plan.Not, *plan.IsNull, *plan.Between, *plan.In,
		*plan.Case, *plan.Coalesce, *plan.Try, *plan.Field, *plan.RowOf, *plan.ArrayOf, *plan.Scalar,
		*plan.Exists, *plan.InQuery, *plan.Quantified, *plan.JSONPathCall, *plan.JSONBuild,
		*plan.JSONTable, *plan.MatchRows:
	default:
		c.failf("%T has no place in a plan", e)
	}
	c.types(e)
	if simple, ok := e.(*plan.Case); ok && simple.Operand != nil {
		seen = seen.with(columnSet{-simple.Param.ID: simple.Param.Type})
	}
	if node := plan.Subquery(e); node != nil {
		c.node(node, seen)
	}
	for _, child := range plan.Children(e) {
		c.expr(child, seen)
	}
}

// types checks that the parts of an expression have one type where they must.
func (c *checker) types(e plan.Expr) {
	same := func(what string, list ...plan.Expr) {
		for _, item := range list[1:] {
			if !item.Type().Equal(list[0].Type()) {
				c.failf("%s of %s and %s", what, list[0].Type(), item.Type())
			}
		}
	}
	switch e := e.(type) {
	case *plan.Call:
		switch e.Name {
		case plan.OpEqual, plan.OpNotEqual, plan.OpLess, plan.OpLessEqual, plan.OpGreater, plan.OpGreaterEq, plan.OpDistinct:
			same(e.Name, e.Args...)
		}
	case *plan.Between:
		same("BETWEEN", e.X, e.Low, e.High)
	case *plan.In:
		same("IN", append([]plan.Expr{e.X}, e.Items...)...)
	case *plan.InQuery:
		if !e.X.Type().Equal(e.Column.Type) {
			c.failf("IN of %s and a query of %s", e.X.Type(), e.Column.Type)
		}
	case *plan.Coalesce:
		same("COALESCE", e.Items...)
	case *plan.Case:
		for _, when := range e.Whens {
			same("CASE", e.Else, when.Result)
		}
	case *plan.Logical:
		for _, term := range e.Terms {
			if term.Type().Kind != datatype.Boolean {
				c.failf("logical term of %s", term.Type())
			}
		}
	}
}
