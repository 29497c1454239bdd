package scalar_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/engine/scalar"
	"github.com/sillok/sillok/internal/engine/work"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/value"
)

// typeOf reads a type's spelling.
func typeOf(t *testing.T, spelling string) datatype.Type {
	t.Helper()
	typ, err := datatype.Parse(spelling)
	if err != nil {
		t.Fatalf("type %s: %v", spelling, err)
	}
	return typ
}

// value reads "type:text" by casting the text to the type; an interval is its
// number of milliseconds or months, an array its elements between commas, and
// "type:NULL" is NULL.
func valueOf(t *testing.T, literal string) (any, datatype.Type) {
	t.Helper()
	spelling, text, _ := strings.Cut(literal, ":")
	typ := typeOf(t, spelling)
	if text == "NULL" {
		return nil, typ
	}
	if typ.IsInterval() {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return n, typ
	}
	if typ.Kind == datatype.Array {
		elems := []any{}
		for part := range strings.SplitSeq(text, ",") {
			if part == "" {
				break
			}
			elem, _ := valueOf(t, typ.Elems[0].String()+":"+part)
			elems = append(elems, elem)
		}
		return elems, typ
	}
	if typ.Kind == datatype.Char {
		typ2 := datatype.Text()
		f, _ := scalar.Cast(typ2, typ)
		v, err := f.Call(work.New(t.Context(), time.Time{}), []any{text})
		if err != nil {
			t.Fatal(err)
		}
		return v, typ
	}
	f, ok := scalar.Cast(datatype.Text(), typ)
	if !ok {
		t.Fatalf("no cast of varchar to %s", typ)
	}
	v, err := f.Call(work.New(t.Context(), time.Time{}), []any{text})
	if err != nil {
		t.Fatalf("value %s: %v", literal, err)
	}
	return v, typ
}

// ask calls a function on literals and returns the text of its result, its error
// or "NO FORM".
func ask(t *testing.T, name, result string, literals ...string) string {
	t.Helper()
	args := make([]any, len(literals))
	types := make([]datatype.Type, len(literals))
	for i, literal := range literals {
		args[i], types[i] = valueOf(t, literal)
	}
	typ := typeOf(t, result)
	f, ok := scalar.Lookup(name, types, typ)
	if !ok {
		return "NO FORM"
	}
	if !f.NullCall {
		for _, arg := range args {
			if arg == nil {
				return "null"
			}
		}
	}
	v, err := f.Call(work.New(t.Context(), time.Time{}), args)
	if err != nil {
		return err.Error()
	}
	return value.Text(typ, v)
}

// call is a case of a table: a function, its result's type, its arguments and
// what it answers, each after a bar.
type call struct{ name, result, args, want string }

func runCalls(t *testing.T, calls []call) {
	t.Helper()
	for _, c := range calls {
		var literals []string
		if c.args != "" {
			literals = strings.Split(c.args, " | ")
		}
		if got := ask(t, c.name, c.result, literals...); got != c.want {
			t.Errorf("%s(%s)\n got %s\nwant %s", c.name, c.args, got, c.want)
		}
	}
}
