package scalar

import (
	"slices"

	"github.com/sillok/sillok/internal/engine/work"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// pure is what a binder returns for a function that NULL arguments make NULL.
func pure(call plain) (Function, bool) { return Function{Call: call.uncounted()}, true }

// working is pure for a function that may make or do much more than its arguments
// suggest.
func working(call Func) (Function, bool) { return Function{Call: call, counts: true}, true }

// seesNull is working for a function that wants to see NULL arguments, but for those at
// the strict places.
func seesNull(call Func, strict ...int) (Function, bool) {
	return Function{Call: call, NullCall: true, Strict: strict, counts: true}, true
}

// volatile is pure for a function that may answer another thing each time.
func volatile(call plain) (Function, bool) {
	return Function{Call: call.uncounted(), Volatile: true}, true
}

// plain is a function whose result and time are within a small multiple of its
// arguments' size: Lookup counts for it.
type plain func(args []any) (any, error)

func (p plain) uncounted() Func {
	return func(_ *work.Work, args []any) (any, error) { return p(args) }
}

// counted returns f with its results counted, where it does not do so itself.
func counted(f Function) Function {
	if f.counts {
		return f
	}
	call := f.Call
	f.counts = true
	f.Call = func(w *work.Work, args []any) (any, error) {
		v, err := call(w, args)
		if err != nil {
			return nil, err
		}
		return v, w.Made(v)
	}
	return f
}

// none is what a binder returns when it has no form for the types.
func none() (Function, bool) { return Function{}, false }

// areKinds reports whether the types are of the given kinds, one by one.
func areKinds(types []datatype.Type, kinds ...datatype.Kind) bool {
	return slices.EqualFunc(types, kinds, func(t datatype.Type, kind datatype.Kind) bool { return t.Kind == kind })
}

// on binds call for arguments of exactly the given kinds.
func on(call plain, kinds ...datatype.Kind) binder {
	return func(params []datatype.Type, _ datatype.Type) (Function, bool) {
		if !areKinds(params, kinds...) {
			return none()
		}
		return pure(call)
	}
}

// onWorking is on for a function that counts its work.
func onWorking(call Func, kinds ...datatype.Kind) binder {
	return func(params []datatype.Type, _ datatype.Type) (Function, bool) {
		if !areKinds(params, kinds...) {
			return none()
		}
		return working(call)
	}
}

// either binds the first of the forms that fits.
func either(forms ...binder) binder {
	return func(params []datatype.Type, result datatype.Type) (Function, bool) {
		for _, bind := range forms {
			if f, ok := bind(params, result); ok {
				return f, true
			}
		}
		return none()
	}
}

// apply calls f as the engine would: NULL in, NULL out, unless f asks for NULL.
func (f Function) apply(w *work.Work, args ...any) (any, error) {
	for i, arg := range args {
		if arg == nil && f.NullFrom(i) {
			return nil, nil
		}
	}
	return f.Call(w, args)
}

func errDivision() error { return sqlerr.New(sqlerr.DivisionByZero, "Division by zero") }

// errInternal is for the places where Trino itself fails with a defect.
func errInternal(format string, args ...any) error {
	return sqlerr.New("GENERIC_INTERNAL_ERROR", format, args...)
}
