package scalar

import (
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/sillok/sillok/internal/engine/scalar/json"
	"github.com/sillok/sillok/internal/engine/work"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

// JSONBuild returns how JSON_OBJECT or JSON_ARRAY is computed from the values
// of its keys, none for an array, and of its items.
func JSONBuild(b *plan.JSONBuild) (func(w *work.Work, keys, items []any) (any, error), error) {
	build := &jsonBuild{b: b}
	for _, item := range b.Items {
		write, err := jsonItemWriter(item)
		if err != nil {
			return nil, err
		}
		build.write = append(build.write, write)
	}
	var err error
	if build.output, err = jsonOutputOf(b.T, b.Output); err != nil {
		return nil, err
	}
	return build.apply, nil
}

type jsonBuild struct {
	b      *plan.JSONBuild
	write  []func(w *work.Work, v any) ([]byte, error)
	output jsonOutput
}

// jsonItemWriter returns how a value becomes part of JSON: text that holds JSON
// as what it holds, a number or a boolean as itself, any other as its text.
func jsonItemWriter(item plan.JSONItem) (func(w *work.Work, v any) ([]byte, error), error) {
	t := item.Expr.Type()
	if item.JSON {
		return func(w *work.Work, v any) ([]byte, error) {
			text, err := jsonInput(t, item.Encoding, v)
			if err != nil {
				return nil, err
			}
			n, err := json.ParseNode(scanner(w, text))
			if work.Ended(err) {
				return nil, err
			}
			if err != nil {
				return nil, errJSONInput()
			}
			return n.AppendTo(nil), nil
		}, nil
	}
	if t.Kind == datatype.Boolean || t.IsNumeric() || t.Kind == datatype.Unknown {
		write, _ := jsonWriterOf(t)
		return func(_ *work.Work, v any) ([]byte, error) { return write(nil, v), nil }, nil
	}
	cast, ok := Cast(t, datatype.Text())
	if !ok {
		return nil, sqlerr.Refused("a value of type " + t.String() + " in JSON")
	}
	return func(w *work.Work, v any) ([]byte, error) {
		text, err := cast.apply(w, v)
		if err != nil {
			return nil, err
		}
		return json.AppendText(nil, value.As[string](text)), nil
	}, nil
}

func (f *jsonBuild) apply(w *work.Work, keys, items []any) (any, error) {
	if f.b.Name != "json_object" {
		return f.array(w, items)
	}
	return f.object(w, keys, items)
}

func (f *jsonBuild) array(w *work.Work, items []any) (any, error) {
	out := []byte{'['}
	for i, item := range items {
		text, err := f.item(w, i, item)
		if err != nil {
			return nil, err
		}
		if text == nil {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(out, text...)
	}
	return f.output.of(string(append(out, ']')))
}

// item returns the JSON of an item, nil for one that is left out.
func (f *jsonBuild) item(w *work.Work, i int, v any) ([]byte, error) {
	if v != nil {
		b, err := f.write[i](w, v)
		if err != nil {
			return nil, err
		}
		return b, w.Make(2 * len(b))
	}
	if f.b.NullOnNull {
		return []byte("null"), nil
	}
	return nil, nil
}

func (f *jsonBuild) object(w *work.Work, keys, items []any) (any, error) {
	members, seen := []json.Member{}, map[string]bool{}
	for i, item := range items {
		if keys[i] == nil {
			return nil, sqlerr.Argument("null value passed for JSON object key to JSON_OBJECT function")
		}
		key := value.As[string](keys[i]) // of a char without its padding
		text, err := f.item(w, i, item)
		if err != nil {
			return nil, err
		}
		if text == nil {
			continue
		}
		if seen[key] && f.b.UniqueKeys {
			return nil, sqlerr.Argument("duplicate key passed to JSON_OBJECT function")
		}
		if seen[key] {
			return nil, sqlerr.New(sqlerr.NotSupported, "cannot construct a JSON object with duplicate key")
		}
		seen[key] = true
		members = append(members, json.Member{Name: key, Value: text})
	}
	out := []byte{'{'}
	for i, m := range hashOrder(members) {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(append(json.AppendText(out, m.Name), ':'), m.Value...)
	}
	return f.output.of(string(append(out, '}')))
}

// hashOrder returns the members in the order in which Java's HashMap holds them,
// which is how Trino writes them.
func hashOrder(members []json.Member) []json.Member {
	size := 16
	for len(members)*4 > size*3 {
		size *= 2
	}
	buckets := make([][]json.Member, size)
	for _, m := range members {
		h := uint32(0)
		for _, unit := range utf16.Encode([]rune(m.Name)) {
			h = 31*h + uint32(unit)
		}
		at := int(h^h>>16) & (size - 1)
		buckets[at] = append(buckets[at], m)
	}
	out := members[:0:0]
	for _, bucket := range buckets {
		out = append(out, bucket...)
	}
	return out
}

// jsonOutput is the type and the encoding in which JSON leaves a form.
type jsonOutput struct {
	t        datatype.Type
	encoding string
}

func jsonOutputOf(t datatype.Type, encoding string) (jsonOutput, error) {
	if t.Kind != datatype.Varchar && t.Kind != datatype.Varbinary {
		return jsonOutput{}, sqlerr.Refused("JSON as " + t.String())
	}
	return jsonOutput{t, encoding}, nil
}

// of returns text in the form's type.
func (o jsonOutput) of(text string) (any, error) {
	if o.t.Kind == datatype.Varchar {
		if o.t.Length < len(text) && o.t.Length < utf8.RuneCountInString(text) {
			return nil, sqlerr.Refused("JSON that is longer than its type")
		}
		return text, nil
	}
	out := []byte{}
	switch o.encoding {
	case "UTF16":
		for _, unit := range utf16.Encode([]rune(text)) {
			out = binary.LittleEndian.AppendUint16(out, unit)
		}
	case "UTF32":
		for _, r := range text {
			out = binary.LittleEndian.AppendUint32(out, uint32(r)) //nolint:gosec // a code point
		}
	default:
		out = []byte(text)
	}
	return out, nil
}

// jsonInput returns the text of an input of type t.
func jsonInput(t datatype.Type, encoding string, v any) (string, error) {
	if t.Kind != datatype.Varbinary {
		return paddedText(t, v), nil
	}
	b := value.As[[]byte](v)
	switch {
	case encoding == "UTF16" && len(b)%2 == 0:
		units := make([]uint16, len(b)/2)
		for i := range units {
			units[i] = binary.LittleEndian.Uint16(b[2*i:])
		}
		return string(utf16.Decode(units)), nil
	case encoding == "UTF32" && len(b)%4 == 0:
		runes := make([]rune, len(b)/4)
		for i := range runes {
			runes[i] = rune(binary.LittleEndian.Uint32(b[4*i:])) //nolint:gosec // not a code point becomes U+FFFD
		}
		return string(runes), nil
	case encoding == "UTF16", encoding == "UTF32":
		return "", errJSONInput()
	}
	return string(b), nil
}
