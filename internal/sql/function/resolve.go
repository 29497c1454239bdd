package function

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/sql/datatype"
)

// ErrNotFound is returned by Resolve for a name that no function has.
var ErrNotFound = errors.New("function not registered")

// MismatchError says that no signature of a function takes the arguments.
type MismatchError struct {
	Name       string
	Args       []string // their types
	Signatures []string
}

// Error returns Trino's message.
func (e *MismatchError) Error() string {
	return fmt.Sprintf("Unexpected parameters (%s) for function %s. Expected: %s",
		strings.Join(e.Args, ", "), e.Name, strings.Join(e.Signatures, ", "))
}

// AmbiguousError says that several signatures take the arguments equally well.
type AmbiguousError struct{ Signatures []string }

// Error returns Trino's message.
func (e *AmbiguousError) Error() string {
	return "Could not choose a best candidate operator. Explicit type casts must be added.\nCandidates are:\n\t * " +
		strings.Join(e.Signatures, "\n\t * ")
}

// Resolve chooses the signature for a call: one that takes the arguments as
// they are, else the most specific one that takes them coerced.
func Resolve(name string, args []Argument) (*Binding, error) {
	candidates := Named(name)
	if len(candidates) == 0 {
		return nil, ErrNotFound
	}
	for _, generic := range []bool{false, true} {
		found, err := exact(candidates, args, generic)
		if err != nil || found != nil {
			return found, err
		}
	}
	applicable, err := bindAll(candidates, args, true)
	if err != nil {
		return nil, err
	}
	if len(applicable) == 0 {
		return nil, mismatch(name, candidates, args)
	}
	return choose(mostSpecific(applicable, args))
}

func exact(candidates []*Function, args []Argument, generic bool) (*Binding, error) {
	var of []*Function
	for _, f := range candidates {
		if f.generic() == generic {
			of = append(of, f)
		}
	}
	found, err := bindAll(of, args, false)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return choose(found)
}

func bindAll(candidates []*Function, args []Argument, coerce bool) ([]*Binding, error) {
	var bindings []*Binding
	for _, f := range candidates {
		b, ok, err := bind(f, args, coerce)
		if err != nil {
			return nil, err
		}
		if ok {
			bindings = append(bindings, b)
		}
	}
	return bindings, nil
}

func choose(bindings []*Binding) (*Binding, error) {
	if len(bindings) == 1 {
		return bindings[0], nil
	}
	e := &AmbiguousError{}
	for _, b := range bindings {
		e.Signatures = append(e.Signatures, b.Function.String())
	}
	return nil, e
}

// mostSpecific keeps the bindings whose parameters no other binding's can be
// coerced from. NULL arguments break ties as in Trino.
func mostSpecific(bindings []*Binding, args []Argument) []*Binding {
	best := representatives(bindings)
	if len(best) == 1 {
		return best
	}
	hasNull := false
	for _, arg := range args {
		if arg.Lambda != nil {
			return best
		}
		hasNull = hasNull || arg.Type.Kind == datatype.Unknown
	}
	if !hasNull {
		return best
	}
	if narrow := onlyNullsCast(bindings, args); len(narrow) > 0 {
		best = narrow
	}
	for _, b := range best[1:] {
		if !b.Result.Equal(best[0].Result) {
			return best
		}
	}
	return []*Binding{slices.MinFunc(best, func(a, b *Binding) int {
		return strings.Compare(a.Function.String(), b.Function.String())
	})}
}

func representatives(bindings []*Binding) []*Binding {
	var best []*Binding
	for _, current := range bindings {
		found := false
		for i, other := range best {
			more := moreSpecific(current, other)
			if more {
				best[i] = current
			}
			if more || moreSpecific(other, current) {
				found = true
				break
			}
		}
		if !found {
			best = append(best, current)
		}
	}
	return best
}

// moreSpecific reports whether b's function could be called with a's parameters.
func moreSpecific(a, b *Binding) bool {
	args := make([]Argument, len(a.Params))
	for i, t := range a.Params {
		args[i] = Argument{Type: t}
		if t.Kind == datatype.Function {
			args[i] = lambdaOf(t)
		}
	}
	_, ok, err := bind(b.Function, args, true)
	return ok && err == nil
}

func lambdaOf(t datatype.Type) Argument {
	return Argument{Lambda: func([]datatype.Type) (datatype.Type, error) { return t.Elem(), nil }}
}

func onlyNullsCast(bindings []*Binding, args []Argument) []*Binding {
	var narrow []*Binding
	for _, b := range bindings {
		fits := true
		for i, arg := range args {
			fits = fits && (arg.Type.Kind == datatype.Unknown || arg.Type.Equal(b.Params[i]))
		}
		if fits {
			narrow = append(narrow, b)
		}
	}
	return narrow
}

func mismatch(name string, candidates []*Function, args []Argument) error {
	e := &MismatchError{Name: strings.ToLower(name)}
	for _, arg := range args {
		if arg.Lambda != nil {
			e.Args = append(e.Args, "<function>")
			continue
		}
		e.Args = append(e.Args, arg.Type.String())
	}
	for _, f := range candidates {
		e.Signatures = append(e.Signatures, f.String())
	}
	return e
}
