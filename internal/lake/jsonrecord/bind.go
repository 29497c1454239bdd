package jsonrecord

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/lake/column"
	"github.com/sillok/sillok/internal/lake/shadow"
)

// Bind says how to read columns, which must be of the shapes that For was told,
// from the log's shadows. A column that the schema does not have is looked for among the members that the schema does not have.
func (s *Schema) Bind(columns []column.Column) ([]column.Binding, error) {
	var out []column.Binding
	for _, c := range columns {
		if c.Name == column.Unparsed {
			out = append(out, column.Binding{Kind: column.Text, Column: shadow.BadText, Type: "string"})
			continue
		}
		b, err := s.bind(c)
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", c.Name, err)
		}
		out = append(out, b)
	}
	return out, nil
}

func (s *Schema) bind(c column.Column) (column.Binding, error) {
	t, err := column.ParseType(c.Type)
	if err != nil {
		return column.Binding{}, err
	}
	name := strings.ToLower(c.Name)
	i := s.member(name)
	if i < 0 {
		return column.Binding{Kind: column.Member, Column: rest, Name: name, Type: c.Type}, nil
	}
	m := s.Members[i]
	b, err := bindType(m.Type, t)
	if err != nil {
		return b, cloud.Errorf(cloud.Unsupported, "NOT_SUPPORTED", "%s of %s is of type %s; a column of type %s is not supported for it", m.Name, s.Name, m.Type.Text, t.Text)
	}
	b.Column = m.Name
	return b, nil
}

var errShape = errors.New("a type of another shape")

// bindType says how a place of type has is read as one of type want.
func bindType(has, want column.Type) (column.Binding, error) {
	b := column.Binding{Type: want.Text}
	if !has.Complex() {
		b.Kind = column.Text
		if want.Complex() {
			b.Kind = column.JSON
		}
		return b, nil
	}
	if has.Base != want.Base {
		return b, errShape
	}
	switch has.Base {
	case "struct":
		b.Kind = column.Struct
		for i, name := range want.Names {
			f := column.Binding{Kind: column.Null, Type: want.Args[i].Text}
			if at := slices.Index(has.Names, name); at >= 0 {
				var err error
				if f, err = bindType(has.Args[at], want.Args[i]); err != nil {
					return b, err
				}
				f.Column = name
			}
			b.Fields = append(b.Fields, column.Field{Name: name, Binding: f})
		}
		return b, nil
	case "array":
		b.Kind = column.List
	default:
		b.Kind = column.Map
	}
	elem, err := bindType(has.Args[len(has.Args)-1], want.Args[len(want.Args)-1])
	b.Elem = &elem
	return b, err
}

// BindKey says how to read what a record says of its account, region or date,
// where the key of its object does not tell. ok is false when it does not say it.
func (s *Schema) BindKey(name string) (b column.Binding, ok bool) {
	for i, k := range keyColumns {
		if k.name == name && len(s.Keys.all()[i]) > 0 {
			return column.Binding{Kind: column.Text, Column: k.column}, true
		}
	}
	return b, false
}

// Columns returns the columns of a table that was found.
func (s *Schema) Columns() []column.Column {
	var out []column.Column
	for _, m := range s.Members {
		out = append(out, column.Column{Name: m.Name, Type: m.Type.Text})
	}
	return append(out, column.Column{Name: column.Unparsed, Type: "string"})
}
