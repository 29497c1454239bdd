package eval

import (
	"context"
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
	c := compiler{slots: map[plan.ID]int{}, now: now}
	for i, id := range inputs {
		c.slots[id] = i
	}
	c.next = len(inputs)
	c.root = e
	run, err := c.compile(e)
	if err != nil {
		return nil, err
	}
	return &Program{run: run, now: now, inputs: len(inputs), slots: c.next, Volatile: c.volatile}, nil
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
	root     plan.Expr
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

func (c *compiler) call(e *plan.Call) (step, error) {
	types := make([]datatype.Type, len(e.Args))
	for i, arg := range e.Args {
		types[i] = arg.Type()
	}
	f, ok := scalar.Lookup(e.Name, types, e.T)
	if !ok {
		return nil, sqlerr.Refused(Signature(e.Name, types))
	}
	c.volatile = c.volatile || f.Volatile
	args, err := c.compileAll(e.Args)
	if err != nil {
		return nil, err
	}
	return func(at *frame) (any, error) {
		values := make([]any, len(args))
		for i, arg := range args {
			v, err := arg(at)
			if err != nil {
				return nil, err
			}
			if v == nil && !f.NullCall {
				return nil, nil //nolint:nilnil // SQL's NULL
			}
			values[i] = v
		}
		return f.Call(at.work, values)
	}, nil
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
		if err != nil || v == nil && !f.NullCall {
			return nil, err
		}
		result, err := f.Call(at.work, []any{v})
		if err != nil && try && !work.Ended(err) {
			return nil, nil //nolint:nilnil // TRY_CAST makes a failed cast NULL
		}
		return result, err
	}, nil
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
