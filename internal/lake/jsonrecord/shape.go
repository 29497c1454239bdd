package jsonrecord

import (
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/lake/column"
)

// For returns the schema by which a table with these columns is read: s itself, or
// one that has another type wherever the table sees a struct, an array or a map in
// another shape than s does, at whatever depth. So a struct can be read as a map, as
// a struct with other members, or as the text of its JSON.
func (s *Schema) For(columns []column.Column) *Schema {
	out := *s
	out.Members = slices.Clone(s.Members)
	for _, c := range columns {
		i := s.member(strings.ToLower(c.Name))
		if i < 0 {
			continue
		}
		want, err := column.ParseType(c.Type)
		if err != nil {
			continue // Bind says so
		}
		if t, other := shaped(s.Members[i].Type, want); other {
			out.Members[i].Type = t
			out.Shapes = append(out.Shapes, s.Members[i].Name+" "+t.Text)
		}
	}
	if out.Shapes == nil {
		return s
	}
	slices.Sort(out.Shapes)
	return &out
}

// member returns where the schema has a member; -1 when it has none.
func (s *Schema) member(name string) int {
	return slices.IndexFunc(s.Members, func(m Member) bool { return m.Name == name })
}

// shaped returns the type of a place that is of type has and is read as one of type
// want, and whether that is another than has. What is kept as text can be read as
// anything, and a struct as any of its members.
func shaped(has, want column.Type) (t column.Type, other bool) {
	switch {
	case !has.Complex():
		return has, false
	case has.Base != want.Base:
		return want, true
	}
	t = column.Type{Base: has.Base, Names: slices.Clone(has.Names), Args: slices.Clone(has.Args)}
	if has.Base != "struct" {
		// The key of a map is text, whatever it is read as.
		last := len(has.Args) - 1
		t.Args[last], other = shaped(has.Args[last], want.Args[last])
	}
	for i, name := range want.Names {
		at := slices.Index(t.Names, name)
		if at < 0 {
			t.Names, t.Args, other = append(t.Names, name), append(t.Args, want.Args[i]), true
			continue
		}
		arg, o := shaped(t.Args[at], want.Args[i])
		t.Args[at], other = arg, other || o
	}
	if !other {
		return has, false
	}
	parts := make([]string, len(t.Args))
	for i, arg := range t.Args {
		parts[i] = arg.Text
		if i < len(t.Names) {
			parts[i] = t.Names[i] + ":" + arg.Text
		}
	}
	t.Text = t.Base + "<" + strings.Join(parts, ",") + ">"
	return t, true
}
