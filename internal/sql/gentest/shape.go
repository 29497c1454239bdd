package gentest

import (
	"strings"

	"github.com/sillok/sillok/internal/sql/datatype"
)

// shape is a type of a signature taken apart: a name and what stands in its
// parentheses.
type shape struct {
	name string
	args []shape
}

// shapeOf reads a type as a signature writes it, such as
// "array(row(K, V))" or "timestamp(p) with time zone".
func shapeOf(text string) shape {
	s, _ := readShape(text)
	return s
}

func readShape(text string) (shape, string) {
	text = strings.TrimSpace(text)
	end := strings.IndexAny(text, "(),")
	if end < 0 {
		return shape{name: text}, ""
	}
	s := shape{name: strings.TrimSpace(text[:end])}
	if rest := text[end:]; rest[0] != '(' {
		return s, rest
	}
	rest := text[end+1:]
	for {
		var arg shape
		arg, rest = readShape(rest)
		s.args = append(s.args, arg)
		rest = strings.TrimSpace(rest)
		if rest == "" || rest[0] == ')' {
			break
		}
		rest = rest[1:]
	}
	rest = strings.TrimPrefix(rest, ")")
	if after, ok := strings.CutPrefix(rest, " with time zone"); ok {
		s.name += " with time zone"
		rest = after
	}
	return s, rest
}

// isVariable says whether a name of a signature stands for any type.
func isVariable(name string) bool {
	return len(name) == 1 && name[0] >= 'A' && name[0] <= 'Z' ||
		len(name) == 2 && name[0] >= 'A' && name[0] <= 'Z' && name[1] >= '0' && name[1] <= '9'
}

// bindings are the types of a signature's variables.
type bindings map[string]datatype.Type

// fits says whether a value of s can be had as a t, but for lengths and
// precisions, and binds the variables that decide it.
func (s shape) fits(t datatype.Type, b bindings) bool {
	if isVariable(s.name) {
		known, ok := b[s.name]
		if ok {
			return known.Equal(t)
		}
		b[s.name] = t
		return true
	}
	switch t.Kind {
	case datatype.Array, datatype.Map, datatype.Row:
		own := map[datatype.Kind]string{datatype.Array: "array", datatype.Map: "map", datatype.Row: "row"}[t.Kind]
		if s.name != own || len(s.args) != len(t.Elems) {
			return false
		}
		for i, arg := range s.args {
			if !arg.fits(t.Elems[i], b) {
				return false
			}
		}
		return true
	default:
		return s.name == family(t)
	}
}

// family is how signatures name a type without its numbers.
func family(t datatype.Type) string {
	switch t.Kind {
	case datatype.Decimal:
		return "decimal"
	case datatype.Char:
		return "char"
	case datatype.Varchar:
		return "varchar"
	case datatype.Time:
		return "time"
	case datatype.TimeTZ:
		return "time with time zone"
	case datatype.Timestamp:
		return "timestamp"
	case datatype.TimestampTZ:
		return "timestamp with time zone"
	default:
		return t.String()
	}
}

// typed returns a type of the shape; chosen names the types of variables that
// are not bound, and the numbers of types that have such.
func (s shape) typed(b bindings, chosen func(name string) datatype.Type) (datatype.Type, bool) {
	if isVariable(s.name) {
		t, ok := b[s.name]
		if !ok {
			t = chosen(s.name)
			b[s.name] = t
		}
		return t, true
	}
	switch s.name {
	case "array", "map", "row":
		elems := make([]datatype.Type, len(s.args))
		for i, arg := range s.args {
			var ok bool
			if elems[i], ok = arg.typed(b, chosen); !ok {
				return datatype.Type{}, false
			}
		}
		kind := map[string]datatype.Kind{"array": datatype.Array, "map": datatype.Map, "row": datatype.Row}[s.name]
		return datatype.Type{Kind: kind, Elems: elems, Names: make([]string, len(elems))}, true
	case "decimal", "char", "varchar", "time", "timestamp", "time with time zone", "timestamp with time zone":
		return chosen(s.name), true
	}
	t, err := datatype.Parse(s.name)
	return t, err == nil
}
