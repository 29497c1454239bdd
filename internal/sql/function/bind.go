package function

import (
	"fmt"

	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// Argument is one argument of a call: a typed value, or a lambda, whose type
// depends on the signature.
type Argument struct {
	Type datatype.Type
	// Lambda returns the type of a lambda's body for parameters of the given
	// types; it is nil for a value.
	Lambda func(params []datatype.Type) (datatype.Type, error)
}

// Binding is a signature with its types settled for a call.
type Binding struct {
	Function *Function
	Params   []datatype.Type // one an argument; of Function type for a lambda
	Result   datatype.Type
}

// maxRounds bounds how often the arguments are looked at until no variable changes, as
// Trino bounds it.
const maxRounds = 4

// binder settles the variables of one signature.
type binder struct {
	f       *Function
	args    []Argument
	params  []pattern
	coerce  bool
	types   map[string]datatype.Type
	numbers map[string]int
	changed bool
	unfit   bool // a lambda returns another type than is settled for it
}

// bind settles f for args. It reports false when f does not take them; the
// error is that of a lambda's body.
func bind(f *Function, args []Argument, coerce bool) (*Binding, bool, error) {
	params, ok := expand(f, len(args))
	if !ok {
		return nil, false, nil
	}
	b := &binder{f: f, args: args, params: params, coerce: coerce, types: map[string]datatype.Type{}, numbers: map[string]int{}}
	for round := 0; ; round++ {
		if round == maxRounds {
			return nil, false, sqlerr.New("GENERIC_INTERNAL_ERROR", "SignatureBinder.iterativeSolve does not converge after %d iterations.", maxRounds)
		}
		b.changed, b.unfit = false, false
		for i, p := range params {
			ok, err := b.argument(p, args[i])
			if err != nil || !ok {
				return nil, false, err
			}
		}
		if b.unfit {
			return nil, false, nil
		}
		if !b.changed {
			break
		}
	}
	return b.settle()
}

func expand(f *Function, n int) ([]pattern, bool) {
	if !f.variadic {
		return f.params, n == len(f.params)
	}
	fixed := len(f.params) - 1
	if n < fixed {
		return nil, false
	}
	params := append([]pattern{}, f.params[:fixed]...)
	for range n - fixed {
		params = append(params, f.params[fixed])
	}
	return params, true
}

func (b *binder) argument(p pattern, arg Argument) (bool, error) {
	if arg.Lambda == nil {
		return b.unify(p, arg.Type), nil
	}
	if p.kind != datatype.Function {
		return false, nil
	}
	last := len(p.elems) - 1
	params := make([]datatype.Type, last)
	for i, elem := range p.elems[:last] {
		t, ok := b.instantiate(elem)
		if !ok {
			return true, nil // a later round knows more
		}
		params[i] = t
	}
	result, err := arg.Lambda(params)
	if err != nil {
		return false, err
	}
	if !b.unify(p.elems[last], result) {
		return false, nil
	}
	// What a lambda returns is not coerced: it can only widen what is settled.
	// The lambdas behind it are looked at all the same, and their failures told first.
	settled, ok := b.instantiate(p.elems[last])
	b.unfit = b.unfit || ok && !settled.Equal(result)
	return ok, nil
}

// unify makes p cover t, and reports false when it cannot.
func (b *binder) unify(p pattern, t datatype.Type) bool {
	switch {
	case p.fixed != nil:
		return t.Equal(*p.fixed) || b.coerce && datatype.CanCoerce(t, *p.fixed)
	case p.variable != "":
		return b.unifyVariable(p.variable, t)
	case len(p.numbers) > 0:
		return b.unifyNumbers(p, t)
	case p.kind == datatype.Function:
		return false
	}
	if t.Kind == datatype.Unknown && b.coerce {
		t = datatype.Type{Kind: p.kind, Elems: make([]datatype.Type, len(p.elems))}
	}
	if t.Kind != p.kind || len(t.Elems) != len(p.elems) {
		return false
	}
	for i, elem := range p.elems {
		if !b.unify(elem, t.Elems[i]) {
			return false
		}
	}
	return true
}

func (b *binder) unifyVariable(name string, t datatype.Type) bool {
	bound, ok := b.types[name]
	if ok {
		if bound.Equal(t) {
			return true
		}
		if !b.coerce {
			return false
		}
		if t, ok = datatype.Common(bound, t); !ok {
			return false
		}
		if t.Equal(bound) {
			return true
		}
	}
	c := b.f.constraints[name]
	if c.comparable && !t.Comparable() || c.orderable && !t.Orderable() {
		return false
	}
	b.types[name] = t
	b.changed = true
	return true
}

func (b *binder) unifyNumbers(p pattern, t datatype.Type) bool {
	if _, settled := b.instantiate(p); settled && t.Kind == datatype.Unknown && b.coerce {
		return true // NULL is of any precision
	}
	if t.Kind != p.kind {
		if !b.coerce {
			return false
		}
		var ok bool
		if t, ok = datatype.Rebase(t, datatype.Type{Kind: p.kind}); !ok {
			return false
		}
	}
	if bound, ok := b.instantiate(p); ok && !bound.Equal(t) {
		if !b.coerce {
			return false
		}
		common, ok := datatype.Common(bound, t)
		if !ok {
			return false
		}
		t = common
	}
	for i, n := range numbersOf(t) {
		if fixed, ok := numeral(p.numbers[i]); ok {
			if n != fixed && (!b.coerce || n > fixed) {
				return false
			}
			continue
		}
		if old, ok := b.numbers[p.numbers[i]]; !ok || old != n {
			b.numbers[p.numbers[i]] = n
			b.changed = true
		}
	}
	return true
}

func numbersOf(t datatype.Type) []int {
	switch t.Kind {
	case datatype.Decimal:
		return []int{t.Precision, t.Scale}
	case datatype.Varchar, datatype.Char:
		return []int{t.Length}
	default:
		return []int{t.Precision}
	}
}

// instantiate returns p with its variables replaced, and false when one is not bound.
func (b *binder) instantiate(p pattern) (datatype.Type, bool) {
	switch {
	case p.fixed != nil:
		return *p.fixed, true
	case p.variable != "":
		t, ok := b.types[p.variable]
		return t, ok
	case len(p.numbers) > 0:
		return b.instantiateNumbers(p)
	}
	t := datatype.Type{Kind: p.kind, Elems: make([]datatype.Type, len(p.elems))}
	if p.kind == datatype.Row {
		t.Names = make([]string, len(p.elems))
	}
	for i, elem := range p.elems {
		var ok bool
		if t.Elems[i], ok = b.instantiate(elem); !ok {
			return t, false
		}
	}
	if p.qdigest {
		return datatype.QDigestOf(t.Elems[0]), true
	}
	return t, true
}

func (b *binder) instantiateNumbers(p pattern) (datatype.Type, bool) {
	values := make([]int, len(p.numbers))
	for i, name := range p.numbers {
		n, ok := numeral(name)
		if !ok {
			if n, ok = b.numbers[name]; !ok {
				return datatype.Type{}, false
			}
		}
		values[i] = n
	}
	switch p.kind {
	case datatype.Decimal:
		return datatype.DecimalOf(values[0], values[1]), true
	case datatype.Varchar, datatype.Char:
		return datatype.Type{Kind: p.kind, Length: values[0]}, true
	default:
		return datatype.Temporal(p.kind, values[0]), true
	}
}

// takes reports whether a parameter of type t takes an argument of type arg.
func (b *binder) takes(t, arg datatype.Type) bool {
	return t.Equal(arg) || b.coerce && datatype.CanCoerce(arg, t)
}

// settle computes the result and checks that every argument fits its parameter.
func (b *binder) settle() (*Binding, bool, error) {
	for _, c := range b.f.computed {
		n, err := evaluate(c.formula, b.numbers)
		if err != nil {
			return nil, false, fmt.Errorf("signature %s: %w", b.f, err)
		}
		b.numbers[c.variable] = n
	}
	binding := &Binding{Function: b.f, Params: make([]datatype.Type, len(b.params))}
	for i, p := range b.params {
		t, ok := b.instantiate(p)
		if !ok {
			return nil, false, nil
		}
		binding.Params[i] = t
		if b.args[i].Lambda == nil && !b.takes(t, b.args[i].Type) {
			return nil, false, nil
		}
	}
	var ok bool
	binding.Result, ok = b.instantiate(b.f.result)
	return binding, ok, nil
}
