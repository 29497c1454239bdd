package eval

import (
	"github.com/sillok/sillok/internal/engine/scalar"
	"github.com/sillok/sillok/internal/sql/plan"
)

func (c *compiler) jsonPath(e *plan.JSONPathCall) (step, error) {
	apply, err := scalar.JSONPath(e)
	if err != nil {
		return nil, err
	}
	input, err := c.compile(e.Input)
	if err != nil {
		return nil, err
	}
	passing, err := c.jsonPassing(e.Passing)
	if err != nil {
		return nil, err
	}
	defaults, err := c.jsonDefaults(e)
	if err != nil {
		return nil, err
	}
	return func(f *frame) (any, error) {
		v, err := input(f)
		if err != nil {
			return nil, err
		}
		values, err := passing(f)
		if err != nil {
			return nil, err
		}
		d := defaults(f)
		return apply(f.work, v, listOf(values), d.OnEmpty, d.OnError)
	}, nil
}

func (c *compiler) jsonPassing(passing []plan.JSONPassing) (step, error) {
	exprs := make([]plan.Expr, len(passing))
	for i, p := range passing {
		exprs[i] = p.Value.Expr
	}
	return c.list(exprs)
}

func (c *compiler) jsonDefaults(e *plan.JSONPathCall) (func(f *frame) scalar.Defaults, error) {
	onEmpty, err := c.jsonDefault(e.OnEmpty)
	if err != nil {
		return nil, err
	}
	onError, err := c.jsonDefault(e.OnError)
	return func(f *frame) scalar.Defaults { return scalar.Defaults{OnEmpty: onEmpty(f), OnError: onError(f)} }, err
}

func (c *compiler) jsonTable(e *plan.JSONTable) (step, error) {
	apply, err := scalar.JSONTable(e)
	if err != nil {
		return nil, err
	}
	input, err := c.compile(e.Input)
	if err != nil {
		return nil, err
	}
	passing, err := c.jsonPassing(e.Passing)
	if err != nil {
		return nil, err
	}
	calls := e.Calls()
	defaults := make([]func(f *frame) scalar.Defaults, len(calls))
	for i, call := range calls {
		if defaults[i], err = c.jsonDefaults(call); err != nil {
			return nil, err
		}
	}
	return func(f *frame) (any, error) {
		v, err := input(f)
		if err != nil {
			return nil, err
		}
		values, err := passing(f)
		if err != nil {
			return nil, err
		}
		all := make([]scalar.Defaults, len(defaults))
		for i, d := range defaults {
			all[i] = d(f)
		}
		return apply(f.work, v, listOf(values), all)
	}, nil
}

// jsonDefault compiles a DEFAULT clause, which is nil where there is none.
func (c *compiler) jsonDefault(b plan.JSONBehavior) (func(f *frame) scalar.Default, error) {
	if b.Default == nil {
		return func(*frame) scalar.Default { return nil }, nil
	}
	value, err := c.compile(b.Default)
	return func(f *frame) scalar.Default {
		return func() (any, error) { return value(f) }
	}, err
}

func (c *compiler) jsonBuild(e *plan.JSONBuild) (step, error) {
	apply, err := scalar.JSONBuild(e)
	if err != nil {
		return nil, err
	}
	exprs := make([]plan.Expr, len(e.Items))
	for i, item := range e.Items {
		exprs[i] = item.Expr
	}
	items, err := c.list(exprs)
	if err != nil {
		return nil, err
	}
	keys, err := c.list(e.Keys)
	if err != nil {
		return nil, err
	}
	return func(f *frame) (any, error) {
		k, err := keys(f)
		if err != nil {
			return nil, err
		}
		v, err := items(f)
		if err != nil {
			return nil, err
		}
		return apply(f.work, listOf(k), listOf(v))
	}, nil
}

// listOf returns the values that a list evaluates to.
func listOf(v any) []any {
	list, _ := v.([]any)
	return list
}
