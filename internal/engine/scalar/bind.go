package scalar

import (
	"slices"

	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// pure is what a binder returns for a function that NULL arguments make NULL.
func pure(call Func) (Function, bool) { return Function{Call: call}, true }

// none is what a binder returns when it has no form for the types.
func none() (Function, bool) { return Function{}, false }

// areKinds reports whether the types are of the given kinds, one by one.
func areKinds(types []datatype.Type, kinds ...datatype.Kind) bool {
	return slices.EqualFunc(types, kinds, func(t datatype.Type, kind datatype.Kind) bool { return t.Kind == kind })
}

// on binds call for arguments of exactly the given kinds.
func on(call Func, kinds ...datatype.Kind) binder {
	return func(params []datatype.Type, _ datatype.Type) (Function, bool) {
		if !areKinds(params, kinds...) {
			return none()
		}
		return pure(call)
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
func (f Function) apply(args ...any) (any, error) {
	if !f.NullCall {
		for _, arg := range args {
			if arg == nil {
				return nil, nil //nolint:nilnil // SQL's NULL
			}
		}
	}
	return f.Call(args)
}

func errDivision() error { return sqlerr.New(sqlerr.DivisionByZero, "Division by zero") }

// errInternal is for the places where Trino itself fails with a defect.
func errInternal(format string, args ...any) error {
	return sqlerr.New("GENERIC_INTERNAL_ERROR", format, args...)
}
