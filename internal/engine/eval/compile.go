package eval

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/engine/scalar"
	"github.com/sillok/sillok/internal/engine/work"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// Program is a compiled expression. It is safe for concurrent use.
type Program struct {
	run    step
	now    time.Time
	inputs int
	slots  int // inputs, then the parameters of lambdas
	// Volatile means that two calls with equal inputs may differ.
	Volatile bool
}

// step computes one expression.
type step func(f *frame) (any, error)

// frame is what one evaluation stands on: the inputs, behind them the parameters of
// the lambdas that are running, and what it may spend.
type frame struct {
	slots []any
	work  *work.Work
}

// Compile returns a program for e. Column inputs[i] is the i-th argument of Eval;
// now is what the current time is. A construct that has no semantics in package
// scalar is refused by name.
func Compile(e plan.Expr, inputs []plan.ID, now time.Time) (*Program, error) {
	return compileBy(compiler{now: now}, e, inputs)
}

// Interpreted returns a program for an expression without columns that Trino computes
// while it plans, or as part of VALUES: there all arguments are computed, also behind
// one that is NULL, and all that IN compares with.
func Interpreted(e plan.Expr, now time.Time) (*Program, error) {
	return compileBy(compiler{now: now, interpreted: true}, e, nil)
}

func compileBy(c compiler, e plan.Expr, inputs []plan.ID) (*Program, error) {
	c.slots = map[plan.ID]int{}
	for i, id := range inputs {
		c.slots[id] = i
	}
	c.next = len(inputs)
	run, err := c.compile(e)
	if err != nil {
		return nil, err
	}
	return &Program{run: run, now: c.now, inputs: len(inputs), slots: c.next, Volatile: c.volatile}, nil
}

// Eval returns the expression's value for args, one for each input. args are not
// kept. It ends with ctx, and with an error where the expression asks for more than
// package work allows.
func (p *Program) Eval(ctx context.Context, args []any) (any, error) {
	if len(args) != p.inputs {
		return nil, fmt.Errorf("evaluate an expression of %d inputs with %d", p.inputs, len(args))
	}
	if p.slots > p.inputs {
		args = append(slices.Clip(args), make([]any, p.slots-p.inputs)...)
	}
	w := work.New(ctx, p.now)
	v, err := p.run(&frame{slots: args, work: w})
	if err != nil {
		return nil, err
	}
	if err := w.Whole(v); err != nil {
		return nil, err
	}
	return v, nil
}

// Fold returns the value of an expression without inputs.
func Fold(ctx context.Context, e plan.Expr, now time.Time) (any, error) {
	p, err := Compile(e, nil, now)
	if err != nil {
		return nil, err
	}
	return p.Eval(ctx, nil)
}

type compiler struct {
	slots    map[plan.ID]int
	next     int
	now      time.Time
	volatile bool
	// interpreted is what Interpreted says.
	interpreted bool
}

func (c *compiler) compile(e plan.Expr) (step, error) {
	switch e := e.(type) {
	case *plan.Const:
		v := e.Value
		return func(*frame) (any, error) { return v, nil }, nil
	case *plan.ColumnRef:
		return c.slot(e.ID)
	case *plan.ParamRef:
		return c.slot(e.ID)
	case *plan.Call:
		return c.call(e)
	case *plan.Cast:
		return c.cast(e)
	case *plan.Lambda:
		return c.lambda(e)
	case *plan.Now:
		v, err := nowValue(c.now, e.T)
		return func(*frame) (any, error) { return v, nil }, err
	case *plan.Field:
		return c.field(e)
	case *plan.RowOf:
		return c.list(e.Items)
	case *plan.ArrayOf:
		return c.list(e.Items)
	case *plan.JSONPathCall:
		return c.jsonPath(e)
	case *plan.MatchRows:
		return c.matchRows(e)
	case *plan.JSONTable:
		return c.jsonTable(e)
	case *plan.JSONBuild:
		return c.jsonBuild(e)
	case *plan.Scalar, *plan.Exists, *plan.InQuery, *plan.Quantified:
		return nil, sqlerr.Refused("a subquery in this place")
	default:
		return c.conditional(e)
	}
}

func (c *compiler) compileAll(exprs []plan.Expr) ([]step, error) {
	steps := make([]step, len(exprs))
	for i, e := range exprs {
		s, err := c.compile(e)
		if err != nil {
			return nil, err
		}
		steps[i] = s
	}
	return steps, nil
}

func (c *compiler) slot(id plan.ID) (step, error) {
	i, ok := c.slots[id]
	if !ok {
		return nil, fmt.Errorf("column %d is not an input of the expression", id)
	}
	return func(f *frame) (any, error) { return f.slots[i], nil }, nil
}

// Flipped reports whether Trino turns an operator over for each row, and so computes
// the right side first: it knows none but less.
func Flipped(op string) bool { return op == plan.OpGreater || op == plan.OpGreaterEq }

// flipped are the operators that others are when they are turned over.
var flipped = map[string]string{plan.OpGreater: plan.OpLess, plan.OpGreaterEq: plan.OpLessEqual}

func (c *compiler) call(e *plan.Call) (step, error) {
	if Flipped(e.Name) && !c.interpreted {
		e = &plan.Call{Name: flipped[e.Name], Args: []plan.Expr{e.Args[1], e.Args[0]}, T: e.T}
	}
	types := make([]datatype.Type, len(e.Args))
	for i, arg := range e.Args {
		types[i] = arg.Type()
	}
	f, ok := scalar.Lookup(e.Name, types, e.T)
	if !ok {
		return nil, sqlerr.Refused(Signature(e.Name, types))
	}
	c.volatile = c.volatile || f.Volatile
	var err error
	args := make([]step, len(e.Args))
	for i, arg := range e.Args {
		if args[i], err = c.compile(arg); err != nil {
			return nil, err
		}
	}
	if c.interpreted {
		return allOf(f, args), nil
	}
	return inOrder(f, args), nil
}

// inOrder computes the arguments from left to right, up to one that is NULL.
func inOrder(f scalar.Function, args []step) step {
	return func(at *frame) (any, error) {
		values := make([]any, len(args))
		for i, arg := range args {
			v, err := arg(at)
			if err != nil {
				return nil, err
			}
			if v == nil && f.NullFrom(i) {
				return nil, nil
			}
			values[i] = v
		}
		return f.Call(at.work, values)
	}
}

// allOf computes all arguments before it looks whether one is NULL.
func allOf(f scalar.Function, args []step) step {
	return func(at *frame) (any, error) {
		values, null := make([]any, len(args)), false
		for i, arg := range args {
			v, err := arg(at)
			if err != nil {
				return nil, err
			}
			values[i], null = v, null || v == nil && f.NullFrom(i)
		}
		if null {
			return nil, nil
		}
		return f.Call(at.work, values)
	}
}

// Signature spells a function with its argument types, as errors name it.
func Signature(name string, params []datatype.Type) string {
	texts := make([]string, len(params))
	for i, t := range params {
		texts[i] = t.String()
	}
	return operatorText(name) + "(" + strings.Join(texts, ", ") + ")"
}

func operatorText(name string) string {
	if len(name) > 1 && name[0] == '$' {
		return "operator " + name[1:]
	}
	return name
}

func (c *compiler) cast(e *plan.Cast) (step, error) {
	x, err := c.compile(e.X)
	if err != nil {
		return nil, err
	}
	if parsed, ok := e.X.(*plan.Call); ok && !e.Try && parsed.Name == "json_parse" && len(e.T.Elems) > 0 {
		if x, err = c.castParsed(x, parsed.Args[0], e.T); err != nil {
			return nil, err
		}
	}
	if e.X.Type().Equal(e.T) {
		return x, nil
	}
	f, ok := scalar.Cast(e.X.Type(), e.T)
	if !ok {
		return nil, sqlerr.Refused(fmt.Sprintf("cast from %s to %s", e.X.Type(), e.T))
	}
	try := e.Try
	return func(at *frame) (any, error) {
		v, err := x(at)
		if err != nil || v == nil && (!f.NullCall || try) {
			return nil, err
		}
		result, err := f.Call(at.work, []any{v})
		if err != nil && try && !f.Always && !work.Ended(err) {
			return nil, nil
		}
		return result, err
	}, nil
}

// castParsed words the failure of a json_parse whose result is cast to t: Trino makes
// one function of both, which fails as a cast.
func (c *compiler) castParsed(x step, text plan.Expr, t datatype.Type) (step, error) {
	source, err := c.compile(text)
	return func(f *frame) (any, error) {
		v, err := x(f)
		if failed, ok := errors.AsType[*sqlerr.Error](err); ok && failed.Name == sqlerr.InvalidFunctionArgument {
			if text, sourceErr := source(f); sourceErr == nil {
				return nil, sqlerr.Cast("Cannot cast to %s.\n%s", t, text)
			}
		}
		return v, err
	}, err
}

func (c *compiler) lambda(e *plan.Lambda) (step, error) {
	first := c.next
	for _, p := range e.Params {
		c.slots[p.ID] = c.next
		c.next++
	}
	body, err := c.compile(e.Body)
	if err != nil {
		return nil, err
	}
	return func(f *frame) (any, error) {
		return scalar.Lambda(func(args ...any) (any, error) {
			if err := f.work.Steps(work.Call); err != nil {
				return nil, err
			}
			copy(f.slots[first:], args)
			return body(f)
		}), nil
	}, nil
}

func (c *compiler) field(e *plan.Field) (step, error) {
	x, err := c.compile(e.X)
	if err != nil {
		return nil, err
	}
	return func(f *frame) (any, error) {
		v, err := x(f)
		if err != nil || v == nil {
			return nil, err
		}
		fields, ok := v.([]any)
		if !ok || e.Index >= len(fields) {
			return nil, fmt.Errorf("field %d of a %T", e.Index, v)
		}
		return fields[e.Index], nil
	}, nil
}

func (c *compiler) list(items []plan.Expr) (step, error) {
	steps, err := c.compileAll(items)
	if err != nil {
		return nil, err
	}
	return func(f *frame) (any, error) {
		if err := f.work.Repeat(len(steps), work.Element); err != nil {
			return nil, err
		}
		values := make([]any, len(steps))
		for i, s := range steps {
			v, err := s(f)
			if err != nil {
				return nil, err
			}
			values[i] = v
		}
		return values, nil
	}, nil
}
