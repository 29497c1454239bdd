package scalar

import (
	"math/big"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/engine/scalar/json"
	"github.com/sillok/sillok/internal/engine/work"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/value"
)

// jsonWriter appends a value of one type as JSON; NULL too.
type jsonWriter func(b []byte, v any) []byte

// castToJSON returns the cast to json. The cast of text makes a JSON string of it.
func castToJSON(from datatype.Type) (Function, bool) {
	write, ok := jsonWriterOf(from)
	if !ok {
		return none()
	}
	return working(func(w *work.Work, args []any) (any, error) {
		if err := w.Whole(args[0]); err != nil {
			return nil, err
		}
		text := string(write(nil, args[0]))
		return text, w.Make(len(text))
	})
}

func jsonWriterOf(t datatype.Type) (jsonWriter, bool) {
	write, ok := plainWriterOf(t)
	if !ok {
		return nil, false
	}
	return func(b []byte, v any) []byte {
		if v == nil {
			return append(b, "null"...)
		}
		return write(b, v)
	}, true
}

func plainWriterOf(t datatype.Type) (jsonWriter, bool) {
	switch t.Kind {
	case datatype.Unknown:
		return func(b []byte, _ any) []byte { return append(b, "null"...) }, true
	case datatype.Boolean, datatype.Tinyint, datatype.Smallint, datatype.Integer, datatype.Bigint, datatype.JSON:
		return func(b []byte, v any) []byte { return append(b, value.Text(t, v)...) }, true
	case datatype.Real, datatype.Double:
		return func(b []byte, v any) []byte {
			text := value.Text(t, v)
			if strings.HasSuffix(text, "y") || text == "NaN" {
				return append(append(append(b, '"'), text...), '"')
			}
			return append(b, text...)
		}, true
	case datatype.Decimal:
		return func(b []byte, v any) []byte {
			return append(b, value.JavaDecimalText(value.As[*big.Int](v), t.Scale)...)
		}, true
	case datatype.Date:
		return func(b []byte, v any) []byte { return json.AppendText(b, value.CastDateText(value.As[int64](v))) }, true
	case datatype.Varchar, datatype.Timestamp:
		return func(b []byte, v any) []byte { return json.AppendText(b, value.Text(t, v)) }, true
	case datatype.Array:
		return arrayWriterOf(t.Elem())
	case datatype.Map:
		return mapWriterOf(t)
	case datatype.Row:
		return rowWriterOf(t)
	default:
		return nil, false
	}
}

func arrayWriterOf(elem datatype.Type) (jsonWriter, bool) {
	write, ok := jsonWriterOf(elem)
	return func(b []byte, v any) []byte {
		b = append(b, '[')
		for i, item := range value.As[[]any](v) {
			if i > 0 {
				b = append(b, ',')
			}
			b = write(b, item)
		}
		return append(b, ']')
	}, ok
}

// mapWriterOf writes the entries in the order of their keys' texts.
func mapWriterOf(t datatype.Type) (jsonWriter, bool) {
	key := t.Elems[0]
	write, ok := jsonWriterOf(t.Elems[1])
	if !ok || !isJSONKey(key) && key.Kind != datatype.Unknown {
		return nil, false
	}
	return func(b []byte, v any) []byte {
		m := value.As[*value.Map](v)
		members := make([]json.Member, len(m.Keys))
		for i, k := range m.Keys {
			members[i] = json.Member{Name: value.Text(key, k), Value: write(nil, m.Values[i])}
		}
		slices.SortStableFunc(members, func(x, y json.Member) int { return json.CompareUTF16(x.Name, y.Name) })
		b = append(b, '{')
		for i, member := range members {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(append(json.AppendText(b, member.Name), ':'), member.Value...)
		}
		return append(b, '}')
	}, true
}

// isJSONKey reports whether values of t may be the names of a JSON object.
func isJSONKey(t datatype.Type) bool {
	return t.Kind == datatype.Boolean || t.IsNumeric() || t.Kind == datatype.Varchar
}

// rowWriterOf writes an object; a field without a name has the empty one.
func rowWriterOf(t datatype.Type) (jsonWriter, bool) {
	writers := make([]jsonWriter, len(t.Elems))
	names := make([][]byte, len(t.Elems))
	for i, elem := range t.Elems {
		write, ok := jsonWriterOf(elem)
		if !ok {
			return nil, false
		}
		writers[i], names[i] = write, json.AppendText(nil, t.Names[i])
	}
	return func(b []byte, v any) []byte {
		b = append(b, '{')
		for i, field := range value.As[[]any](v) {
			if i > 0 {
				b = append(b, ',')
			}
			b = writers[i](append(append(b, names[i]...), ':'), field)
		}
		return append(b, '}')
	}, true
}
