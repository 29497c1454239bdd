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
	onEmpty, err := c.jsonDefault(e.OnEmpty)
	if err != nil {
		return nil, err
	}
	onError, err := c.jsonDefault(e.OnError)
	if err != nil {
		return nil, err
	}
	return func(env []any) (any, error) {
		v, err := input(env)
		if err != nil {
			return nil, err
		}
		return apply(v, onEmpty(env), onError(env))
	}, nil
}

// jsonDefault compiles a DEFAULT clause, which is nil where there is none.
func (c *compiler) jsonDefault(b plan.JSONBehavior) (func(env []any) scalar.Default, error) {
	if b.Default == nil {
		return func([]any) scalar.Default { return nil }, nil
	}
	value, err := c.compile(b.Default)
	return func(env []any) scalar.Default {
		return func() (any, error) { return value(env) }
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
	return func(env []any) (any, error) {
		k, err := keys(env)
		if err != nil {
			return nil, err
		}
		v, err := items(env)
		if err != nil {
			return nil, err
		}
		return apply(listOf(k), listOf(v))
	}, nil
}

// listOf returns the values that a list evaluates to.
func listOf(v any) []any {
	list, _ := v.([]any)
	return list
}
