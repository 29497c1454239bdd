package duckdb

import (
	"fmt"
	"strings"

	"github.com/sillok/sillok/internal/engine/duckdb/native"
	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// lazyColumn is a column that stays in the form that it has in the file until it
// is used, so that a query that asks for one field of a wide struct makes DuckDB
// read that field alone.
type lazyColumn struct {
	name  string
	field *shape
}

// shape brings what a file holds to a type.
type shape struct {
	r       *renderer
	binding lake.Binding
	t       datatype.Type
}

// column returns how the shape's value is reached from the struct outer, or from
// the file when outer is empty.
func (s *shape) column(outer, name string) string {
	if outer == "" {
		return identifier(name)
	}
	return "struct_extract(" + outer + ", " + text(name) + ")"
}

// member returns field i of a struct in the file; ok is false when the struct is
// not one there.
func (s *shape) member(raw string, i int) (inner string, field *shape, ok bool) {
	if s.binding.Kind != lake.Struct || i >= len(s.binding.Fields) {
		return "", nil, false
	}
	f := s.binding.Fields[i]
	field = &shape{r: s.r, binding: f.Binding, t: s.t.Elems[i]}
	switch f.Kind {
	case lake.Struct, lake.Text, lake.JSON, lake.Native, lake.Instant:
		return s.column(raw, f.Column), field, true
	default:
		return "", nil, false
	}
}

// value renders the value. raw is an expression for what the binding's column
// holds; when it is empty the column is one of the file.
func (s *shape) value(raw string) (string, error) {
	if raw == "" && s.binding.Column != "" {
		raw = identifier(s.binding.Column)
	}
	switch s.binding.Kind {
	case lake.Null:
		return nullOf(s.t)
	case lake.Text:
		return fromText(raw, s.t)
	case lake.Instant:
		return instant(raw), nil
	case lake.Struct:
		return s.structValue(raw)
	case lake.List:
		return s.listValue(raw)
	case lake.Map:
		return s.mapValue(raw)
	case lake.JSON:
		return s.jsonValue(raw, nil)
	case lake.Member:
		return s.jsonValue(raw, &s.binding.Name)
	case lake.Native:
		return s.nativeValue(raw)
	case lake.IntText:
		return intText(raw, identifier(s.binding.Text), s.t)
	default:
		return "", fmt.Errorf("a binding of kind %v", s.binding.Kind)
	}
}

// nativeValue renders a column that has a type in the file, whose structs have fields
// with the table's names: those that the file does not have are NULL.
func (s *shape) nativeValue(raw string) (string, error) {
	inFile, named, err := namedSQL(s.t)
	if err != nil || !named {
		return "CAST(" + raw + " AS " + inFile + ")", err
	}
	return s.renamed("CAST("+raw+" AS "+inFile+")", s.t)
}

// namedSQL returns DuckDB's name of a type with the fields' own names, and whether any
// field is in it.
func namedSQL(t datatype.Type) (sql string, named bool, err error) {
	if t.Kind != datatype.Array && t.Kind != datatype.Map && t.Kind != datatype.Row {
		sql, err = native.TypeSQL(t)
		return sql, false, err
	}
	parts := make([]string, len(t.Elems))
	for i, elem := range t.Elems {
		part, inner, err := namedSQL(elem)
		if err != nil {
			return "", false, err
		}
		if t.Kind == datatype.Row {
			part = identifier(t.Names[i]) + " " + part
		}
		parts[i], named = part, named || inner
	}
	switch t.Kind {
	case datatype.Array:
		return parts[0] + "[]", named, nil
	case datatype.Map:
		return "MAP(" + strings.Join(parts, ", ") + ")", named, nil
	default:
		return "STRUCT(" + strings.Join(parts, ", ") + ")", true, nil
	}
}

// renamed renders a value whose structs have the table's names as one in which they
// have those of this package.
func (s *shape) renamed(raw string, t datatype.Type) (string, error) {
	if _, named, err := namedSQL(t); err != nil || !named {
		return raw, err
	}
	s.r.aliases++
	x := fmt.Sprintf("x%d", s.r.aliases)
	if t.Kind == datatype.Array {
		elem, err := s.renamed(x, t.Elems[0])
		return fmt.Sprintf("list_transform(%s, lambda %s: %s)", raw, x, elem), err
	}
	if t.Kind == datatype.Map {
		key, err := s.renamed(x+".key", t.Elems[0])
		if err != nil {
			return "", err
		}
		value, err := s.renamed(x+".value", t.Elems[1])
		return fmt.Sprintf("map_from_entries(list_transform(map_entries(%s), lambda %s: struct_pack(k := %s, v := %s)))", raw, x, key, value), err
	}
	fields := make([]string, len(t.Elems))
	for i, elem := range t.Elems {
		value, err := s.renamed("struct_extract("+raw+", "+text(t.Names[i])+")", elem)
		if err != nil {
			return "", err
		}
		fields[i] = native.FieldName(i) + " := " + value
	}
	typeSQL, err := native.TypeSQL(t)
	return fmt.Sprintf("CASE WHEN %s IS NULL THEN CAST(NULL AS %s) ELSE struct_pack(%s) END", raw, typeSQL, strings.Join(fields, ", ")), err
}

func (s *shape) structValue(raw string) (string, error) {
	fields := make([]string, len(s.binding.Fields))
	for i, f := range s.binding.Fields {
		field := &shape{r: s.r, binding: f.Binding, t: s.t.Elems[i]}
		var value string
		var err error
		switch f.Kind {
		case lake.Null:
			value, err = nullOf(field.t)
		case lake.IntText:
			value, err = intText(s.column(raw, f.Column), s.column(raw, f.Text), field.t)
		default:
			value, err = field.value(s.column(raw, f.Column))
		}
		if err != nil {
			return "", err
		}
		fields[i] = native.FieldName(i) + " := " + value
	}
	typeSQL, err := native.TypeSQL(s.t)
	return fmt.Sprintf("CASE WHEN %s IS NULL THEN CAST(NULL AS %s) ELSE struct_pack(%s) END", raw, typeSQL, strings.Join(fields, ", ")), err
}

func (s *shape) listValue(raw string) (string, error) {
	s.r.aliases++
	x := fmt.Sprintf("x%d", s.r.aliases)
	elem, err := (&shape{r: s.r, binding: *s.binding.Elem, t: s.t.Elems[0]}).value(x)
	return fmt.Sprintf("list_transform(%s, lambda %s: %s)", raw, x, elem), err
}

func (s *shape) mapValue(raw string) (string, error) {
	s.r.aliases++
	x := fmt.Sprintf("x%d", s.r.aliases)
	key, err := fromText(x+".key", s.t.Elems[0])
	if err != nil {
		return "", err
	}
	value, err := (&shape{r: s.r, binding: *s.binding.Elem, t: s.t.Elems[1]}).value(x + ".value")
	return fmt.Sprintf("map_from_entries(list_transform(map_entries(%s), lambda %s: struct_pack(k := %s, v := %s)))", raw, x, key, value), err
}

// jsonValue renders a value that stands as JSON text, or member of such a text,
// through a function in Go. What does not fit the type is NULL.
func (s *shape) jsonValue(raw string, member *string) (string, error) {
	input := plan.ColumnRef{ID: -1, T: datatype.Text()}
	var e plan.Expr = &plan.Call{Name: "json_parse", Args: []plan.Expr{&input}, T: datatype.Of(datatype.JSON)}
	if member != nil {
		e = &plan.Call{
			Name: "element_at", T: datatype.Of(datatype.JSON),
			Args: []plan.Expr{
				&plan.Cast{X: e, T: datatype.MapOf(datatype.Text(), datatype.Of(datatype.JSON))},
				&plan.Const{Value: *member, T: datatype.Text()},
			},
		}
	}
	e = &plan.Try{X: &plan.Cast{X: e, T: s.t, Try: true}}
	return s.r.call(function{
		Params: []datatype.Type{input.T}, Result: s.t, Body: exprBody{Expr: e, Inputs: []plan.ID{input.ID}},
	}, []string{raw})
}

// intText renders a column that the file holds as a number where the text is one
// as numbers are printed, and as text where it is not.
func intText(number, other string, t datatype.Type) (string, error) {
	rest, err := fromText(other, t)
	if err != nil {
		return "", err
	}
	typeSQL, err := native.TypeSQL(t)
	if t.Kind == datatype.Bigint {
		return "coalesce(" + number + ", " + rest + ")", err
	}
	if !t.IsNumeric() {
		value, err := fromText("CAST("+number+" AS VARCHAR)", t)
		return "coalesce(" + value + ", " + rest + ")", err
	}
	return "coalesce(TRY_CAST(" + number + " AS " + typeSQL + "), " + rest + ")", err
}

// instant renders a time in UTC as a timestamp; what is no such time is NULL.
func instant(x string) string {
	return fmt.Sprintf("CASE WHEN regexp_full_match(%[1]s, %[2]s) THEN TRY_CAST(rtrim(%[1]s, 'Z') AS TIMESTAMP) END", x,
		text(`[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?Z?`))
}

// fromText renders the value of a text in a log by the rules of Hive's text
// readers: a text that is no value of the type is NULL.
func fromText(x string, t datatype.Type) (string, error) {
	typeSQL, err := native.TypeSQL(t)
	if err != nil {
		return "", err
	}
	guarded := func(pattern string) string {
		return fmt.Sprintf("CASE WHEN regexp_full_match(%[1]s, %[2]s) THEN TRY_CAST(%[1]s AS %[3]s) END", x, text(pattern), typeSQL)
	}
	switch t.Kind {
	case datatype.Varchar:
		if t.Length == datatype.Unbounded {
			return x, nil
		}
		return fmt.Sprintf("left(%s, %d)", x, t.Length), nil
	case datatype.Char:
		return fmt.Sprintf("rtrim(left(%s, %d), ' ')", x, t.Length), nil
	case datatype.Tinyint, datatype.Smallint, datatype.Integer, datatype.Bigint:
		return guarded(`[+-]?[0-9]+`), nil
	case datatype.Real, datatype.Double:
		return fmt.Sprintf("CASE %[1]s WHEN 'NaN' THEN CAST('nan' AS %[2]s) WHEN 'Infinity' THEN CAST('inf' AS %[2]s) WHEN '-Infinity' THEN CAST('-inf' AS %[2]s) ELSE %[3]s END",
			x, typeSQL, guarded(`[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?`)), nil
	case datatype.Decimal:
		return guarded(`[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?`), nil
	case datatype.Boolean:
		return fmt.Sprintf("CASE lower(%s) WHEN 'true' THEN TRUE WHEN 'false' THEN FALSE END", x), nil
	case datatype.Date:
		return guarded(`[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}`), nil
	case datatype.Timestamp:
		return guarded(`[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?`), nil
	default:
		return "", sqlerr.Refused("a column of type " + t.String() + " in a text format")
	}
}
