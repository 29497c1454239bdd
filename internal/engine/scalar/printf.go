package scalar

import (
	"github.com/sillok/sillok/internal/engine/scalar/javaformat"
	"github.com/sillok/sillok/internal/engine/work"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/value"
)

// format() lays out values as java.util.Formatter does, in English.

func printfFamily() map[string]binder { return map[string]binder{"format": formatBinder} }

// formatBinder is format(text, value, …). A value may be NULL.
func formatBinder(params []datatype.Type, _ datatype.Type) (Function, bool) {
	if len(params) < 1 || params[0].Kind != datatype.Varchar {
		return none()
	}
	convert := make([]func(w *work.Work, v any) (any, error), len(params)-1)
	for i, t := range params[1:] {
		if c, ok := javaformat.ValueOf(t); ok {
			convert[i] = func(_ *work.Work, v any) (any, error) { return c(v) }
			continue
		}
		cast, ok := Cast(t, datatype.Text()) // any other value is its text
		if !ok {
			return none()
		}
		convert[i] = func(w *work.Work, v any) (any, error) { return cast.apply(w, v) }
	}
	formats := newMemo(javaformat.Parse)
	call := func(w *work.Work, args []any) (any, error) {
		text := value.As[string](args[0])
		format, err := formats.get(text)
		if err != nil {
			return nil, err
		}
		values := make([]any, len(convert))
		for i, arg := range args[1:] {
			if arg == nil {
				continue
			}
			if values[i], err = convert[i](w, arg); err != nil {
				return nil, err
			}
		}
		return textOrError(format.Write(values, w.Make))
	}
	return seesNull(call, 0)
}
