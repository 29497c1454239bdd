package eval

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/sillok/sillok/internal/engine/scalar"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// conditional compiles the expressions with a truth value or with branches.
func (c *compiler) conditional(e plan.Expr) (step, error) {
	switch e := e.(type) {
	case *plan.Logical:
		return c.logical(e)
	case *plan.Not:
		return c.unary(e.X, func(v any) any {
			b, ok := v.(bool)
			if !ok {
				return nil
			}
			return !b
		})
	case *plan.IsNull:
		return c.unary(e.X, func(v any) any { return v == nil })
	case *plan.Between:
		if c.interpreted {
			return c.between(e)
		}
		return c.lazyBetween(e)
	case *plan.In:
		return c.in(e)
	case *plan.Case:
		return c.caseOf(e)
	case *plan.Coalesce:
		return c.coalesce(e)
	case *plan.NullIf:
		return c.nullIf(e)
	case *plan.Try:
		return c.try(e)
	default:
		return nil, sqlerr.Refused(constructOf(e))
	}
}

func (c *compiler) unary(x plan.Expr, of func(any) any) (step, error) {
	s, err := c.compile(x)
	if err != nil {
		return nil, err
	}
	return func(f *frame) (any, error) {
		v, err := s(f)
		if err != nil {
			return nil, err
		}
		return of(v), nil
	}, nil
}

func (c *compiler) logical(e *plan.Logical) (step, error) {
	terms, err := c.compileAll(e.Terms)
	if err != nil {
		return nil, err
	}
	return func(f *frame) (any, error) {
		var result any = e.And
		for _, term := range terms {
			v, err := term(f)
			if err != nil {
				return nil, err
			}
			switch v {
			case nil:
				result = nil
			case !e.And:
				return v, nil
			}
		}
		return result, nil
	}, nil
}

// lazyBetween computes the ends one after the other, and neither where the value is NULL.
func (c *compiler) lazyBetween(e *plan.Between) (step, error) {
	param := &plan.ParamRef{ID: plan.ID(math.MinInt + c.next), T: e.X.Type()}
	x, place, err := c.bound(e.X, plan.Column{ID: param.ID, Type: param.T})
	if err != nil {
		return nil, err
	}
	compared, err := c.logical(&plan.Logical{And: true, Terms: []plan.Expr{
		&plan.Call{Name: plan.OpLessEqual, Args: []plan.Expr{e.Low, param}, T: datatype.Of(datatype.Boolean)},
		&plan.Call{Name: plan.OpLessEqual, Args: []plan.Expr{param, e.High}, T: datatype.Of(datatype.Boolean)},
	}})
	return func(f *frame) (any, error) {
		v, err := x(f)
		if err != nil || v == nil {
			return nil, err
		}
		f.slots[place] = v
		return compared(f)
	}, err
}

// between computes all three values before it compares them.
func (c *compiler) between(e *plan.Between) (step, error) {
	values, err := c.list([]plan.Expr{e.X, e.Low, e.High})
	if err != nil {
		return nil, err
	}
	var params [3]*plan.ParamRef
	first := c.next
	for i := range params {
		params[i] = &plan.ParamRef{ID: plan.ID(math.MinInt + c.next), T: e.X.Type()}
		c.slots[params[i].ID] = c.next
		c.next++
	}
	compared, err := c.logical(&plan.Logical{And: true, Terms: []plan.Expr{
		&plan.Call{Name: plan.OpGreaterEq, Args: []plan.Expr{params[0], params[1]}, T: datatype.Of(datatype.Boolean)},
		&plan.Call{Name: plan.OpLessEqual, Args: []plan.Expr{params[0], params[2]}, T: datatype.Of(datatype.Boolean)},
	}})
	return func(f *frame) (any, error) {
		v, err := values(f)
		if err != nil {
			return nil, err
		}
		copy(f.slots[first:], listOf(v))
		return compared(f)
	}, err
}

func (c *compiler) in(e *plan.In) (step, error) {
	x, err := c.compile(e.X)
	if err != nil {
		return nil, err
	}
	items, err := c.compileAll(e.Items)
	if err != nil {
		return nil, err
	}
	var (
		once      sync.Once
		constant  = slices.IndexFunc(e.Items, func(item plan.Expr) bool { return !varies(item) }) >= 0
		asWritten = items
	)
	if !c.interpreted && !constant {
		items = slices.Clone(items)
		slices.Reverse(items)
	}
	t := e.X.Type()
	equal, ok := scalar.Lookup(plan.OpEqual, []datatype.Type{t, t}, datatype.Of(datatype.Boolean))
	if !ok {
		return nil, sqlerr.Refused(fmt.Sprintf("IN over %s", t))
	}
	return func(f *frame) (any, error) {
		v, err := x(f)
		if err != nil || v == nil {
			return nil, err
		}
		switch {
		case c.interpreted:
			for _, item := range items {
				if _, err := item(f); err != nil {
					return nil, err
				}
			}
		case constant:
			once.Do(func() { items = asCompared(e.Items, asWritten, f) })
		}
		var result any = false
		for _, item := range items {
			w, err := item(f)
			if err != nil {
				return nil, err
			}
			var same any
			if w != nil {
				if same, err = equal.Call(f.work, []any{v, w}); err != nil {
					return nil, err
				}
			}
			if same == true {
				return true, nil
			}
			if same == nil {
				result = nil
			}
		}
		return result, nil
	}, nil
}

// asCompared returns the items of IN in the order in which Trino compares with them for a
// row: the constants, then the others from the last to the first. What is constant and fails
// is one of the others.
func asCompared(exprs []plan.Expr, items []step, f *frame) []step {
	var constants, others []step
	for i, item := range items {
		if !varies(exprs[i]) {
			if v, err := item(f); err == nil {
				constants = append(constants, func(*frame) (any, error) { return v, nil })
				continue
			}
		}
		others = append(others, item)
	}
	slices.Reverse(others)
	return append(constants, others...)
}

// varies reports whether e refers to anything, or differs however often it is computed.
func varies(e plan.Expr) bool {
	return plan.Any(e, func(part plan.Expr) bool {
		switch part := part.(type) {
		case *plan.ColumnRef, *plan.ParamRef:
			return true
		case *plan.Call:
			return part.Name == "random" || part.Name == "rand" || part.Name == "uuid" || part.Name == "shuffle"
		default:
			return plan.Subquery(part) != nil
		}
	})
}

func (c *compiler) caseOf(e *plan.Case) (step, error) {
	type branch struct{ condition, result step }
	operand, param, err := c.bound(e.Operand, e.Param)
	if err != nil {
		return nil, err
	}
	branches := make([]branch, len(e.Whens))
	for i, when := range e.Whens {
		condition, err := c.compile(when.Condition)
		if err != nil {
			return nil, err
		}
		result, err := c.compile(when.Result)
		if err != nil {
			return nil, err
		}
		branches[i] = branch{condition, result}
	}
	otherwise, err := c.compile(e.Else)
	if err != nil {
		return nil, err
	}
	return func(f *frame) (any, error) {
		if operand != nil {
			v, err := operand(f)
			if err != nil {
				return nil, err
			}
			if v == nil {
				return otherwise(f)
			}
			f.slots[param] = v
		}
		for _, b := range branches {
			v, err := b.condition(f)
			if err != nil {
				return nil, err
			}
			if v == true {
				return b.result(f)
			}
		}
		return otherwise(f)
	}, nil
}

// bound compiles an expression, which may be nil, whose value others refer to as a
// parameter, and returns the place of that.
func (c *compiler) bound(x plan.Expr, param plan.Column) (s step, place int, err error) {
	if x == nil {
		return nil, 0, nil
	}
	if s, err = c.compile(x); err != nil {
		return nil, 0, err
	}
	place = c.next
	c.slots[param.ID] = place
	c.next++
	return s, place, nil
}

func (c *compiler) coalesce(e *plan.Coalesce) (step, error) {
	items, err := c.compileAll(e.Items)
	if err != nil {
		return nil, err
	}
	return func(f *frame) (any, error) {
		for _, item := range items {
			if v, err := item(f); err != nil || v != nil {
				return v, err
			}
		}
		return nil, nil
	}, nil
}

func (c *compiler) nullIf(e *plan.NullIf) (step, error) {
	x, param, err := c.bound(e.X, e.Param)
	if err != nil {
		return nil, err
	}
	compare, err := c.compile(e.Compare)
	if err != nil {
		return nil, err
	}
	return func(f *frame) (any, error) {
		v, err := x(f)
		if err != nil || v == nil && !c.interpreted {
			return nil, err
		}
		f.slots[param] = v
		same, err := compare(f) // of NULL too, where all is computed
		if err != nil || same == true {
			return nil, err
		}
		return v, nil
	}, nil
}

func (c *compiler) try(e *plan.Try) (step, error) {
	x, err := c.compile(e.X)
	if err != nil {
		return nil, err
	}
	return func(f *frame) (any, error) {
		v, err := x(f)
		if err != nil && caught(err) {
			return nil, nil
		}
		return v, err
	}, nil
}

// caught reports whether TRY makes err NULL.
func caught(err error) bool {
	e, ok := errors.AsType[*sqlerr.Error](err)
	if !ok {
		return false
	}
	switch e.Name {
	case sqlerr.DivisionByZero, sqlerr.InvalidCastArgument, sqlerr.InvalidFunctionArgument, sqlerr.NumericOutOfRange:
		return true
	}
	return false
}

// constructOf names an expression that has no semantics here.
func constructOf(e plan.Expr) string {
	switch e := e.(type) {
	case *plan.JSONPathCall:
		return strings.ToUpper(e.Name)
	case *plan.JSONBuild:
		return strings.ToUpper(e.Name)
	default:
		return strings.TrimPrefix(fmt.Sprintf("%T", e), "*plan.")
	}
}
