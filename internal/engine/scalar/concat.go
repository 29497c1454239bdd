package scalar

import (
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/engine/work"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

// concatBinder is concat of varchar, char, varbinary and arrays, and of an
// array and an element on either side.
func concatBinder(params []datatype.Type, result datatype.Type) (Function, bool) {
	switch {
	case len(params) == 1:
		return tooFew("There must be two or more concatenation arguments")
	case len(params) == 0:
		return none()
	case areAll(params, datatype.Varchar):
		return working(concatText)
	case areAll(params, datatype.Char) && len(params) == 2:
		return working(concatChar(params[0].Length))
	case areAll(params, datatype.Varbinary):
		return working(concatBinary)
	case result.Kind == datatype.Array:
		return concatArrayBinder(params, result)
	}
	return none()
}

// tooFew is a function that was called with too few arguments for its kind.
func tooFew(message string) (Function, bool) {
	return Function{Call: func(*work.Work, []any) (any, error) { return nil, sqlerr.Argument("%s", message) }, Always: true}, true
}

func areAll(types []datatype.Type, kind datatype.Kind) bool {
	return !slices.ContainsFunc(types, func(t datatype.Type) bool { return t.Kind != kind })
}

func concatText(w *work.Work, args []any) (any, error) {
	parts := make([]string, len(args))
	for i, arg := range args {
		parts[i] = value.As[string](arg)
	}
	return join(w, parts, "")
}

// join counts what it makes of the parts before it makes it.
func join(w *work.Work, parts []string, separator string) (any, error) {
	size := max(0, len(parts)-1) * len(separator)
	for _, part := range parts {
		if size += len(part); size > work.MaxValue {
			break
		}
	}
	if err := w.Make(size); err != nil {
		return nil, err
	}
	return strings.Join(parts, separator), nil
}

func concatChar(left int) Func {
	return func(w *work.Work, args []any) (any, error) {
		if value.As[string](args[1]) == "" {
			return args[0], nil
		}
		return join(w, []string{value.Padded(value.As[string](args[0]), left), value.As[string](args[1])}, "")
	}
}

func concatBinary(w *work.Work, args []any) (any, error) {
	out := []byte{}
	for _, arg := range args {
		data := value.As[[]byte](arg)
		if err := w.Make(len(data)); err != nil {
			return nil, err
		}
		out = append(out, data...)
	}
	return out, w.Whole(out)
}

// concatArrayBinder joins arrays of one type; an argument that is not of it, but
// of its elements' type, is an element. An element may be NULL.
func concatArrayBinder(params []datatype.Type, result datatype.Type) (Function, bool) {
	isArray := make([]bool, len(params))
	elements := 0
	for i, p := range params {
		switch {
		case p.Equal(result):
			isArray[i] = true
		case p.Equal(result.Elem()):
			elements++
		default:
			return none()
		}
	}
	if elements > 1 || elements == 1 && len(params) != 2 {
		return none()
	}
	return working(func(w *work.Work, args []any) (any, error) {
		out := []any{}
		for i, arg := range args {
			elems := []any{arg}
			if isArray[i] {
				elems = value.As[[]any](arg)
			}
			if err := w.Repeat(len(elems), work.Element); err != nil {
				return nil, err
			}
			out = append(out, elems...)
		}
		return out, nil
	})
}

// concatWSBinder joins texts, or an array of texts, that are not NULL.
func concatWSBinder(params []datatype.Type, _ datatype.Type) (Function, bool) {
	if len(params) == 1 {
		return tooFew("There must be two or more arguments")
	}
	if len(params) == 0 {
		return none()
	}
	ofArray := len(params) == 2 && params[1].Kind == datatype.Array && isVarcharOrUnknown(params[1].Elem())
	if !ofArray && !areAll(params, datatype.Varchar) || params[0].Kind != datatype.Varchar {
		return none()
	}
	call := func(w *work.Work, args []any) (any, error) {
		items := args[1:]
		if ofArray {
			items = value.As[[]any](args[1])
		}
		parts := make([]string, 0, len(items))
		for _, item := range items {
			if item != nil {
				parts = append(parts, value.As[string](item))
			}
		}
		return join(w, parts, value.As[string](args[0]))
	}
	if ofArray {
		return seesNull(call, 0, 1)
	}
	return seesNull(call, 0)
}

func isVarcharOrUnknown(t datatype.Type) bool {
	return t.Kind == datatype.Varchar || t.Kind == datatype.Unknown
}
