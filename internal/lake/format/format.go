package format

import (
	"context"

	"github.com/sillok/sillok/internal/lake/column"
	"github.com/sillok/sillok/internal/lake/shadow"
	"github.com/sillok/sillok/internal/lake/source"
)

// The words of neighbouring packages that every format speaks.
type (
	// Column is a table's column.
	Column = column.Column
	// Binding says how to read a table's column from a Parquet file.
	Binding = column.Binding
	// Field is a member of a struct's Binding.
	Field = column.Field
	// Kind is the kind of a Binding.
	Kind = column.Kind
	// Source is the bytes of one object.
	Source = source.Source
)

// The kinds of Binding.
const (
	Null    = column.Null
	Text    = column.Text
	IntText = column.IntText
	Struct  = column.Struct
	List    = column.List
	Map     = column.Map
	JSON    = column.JSON
	Member  = column.Member
	Native  = column.Native
	Instant = column.Instant
)

// Unparsed is the name under which a discovered table shows the text of lines
// that did not parse.
const Unparsed = column.Unparsed

// Format reads objects of one log format.
type Format interface {
	// Name is the format's short name, such as "cloudtrail".
	Name() string
	// Key is everything besides the object that decides what Decode writes: parameters, and a version that
	// grows with every change of the decoder.
	Key() []string
	// Decode writes the object's rows to the Writer that start returns. It may start anew. It returns an error
	// only when the object cannot be fetched or the shadow cannot be written.
	Decode(ctx context.Context, src *Source, start func(*shadow.Schema) *shadow.Writer) error
	// Bind says how to read the columns from a shadow with that Info.
	Bind(columns []Column, info shadow.Info) ([]Binding, error)
}

// Table is the part of a table's definition that decides how its objects are read.
type Table struct {
	Name            string // for messages
	Columns         []Column
	SerDe           string
	InputFormat     string
	SerDeProperties map[string]string
	Properties      map[string]string
}

// pair returns the two columns that hold a text which is often an integer.
func pair(name string) []shadow.Node {
	return []shadow.Node{{Name: name, Kind: shadow.Int}, {Name: name + textSuffix}}
}

// textSuffix names the text half of a pair.
const textSuffix = "_text"

// bindPair binds a column of a scalar type to a pair.
func bindPair(name, hiveType string) Binding {
	return Binding{Kind: IntText, Column: name, Text: name + textSuffix, Type: hiveType}
}

// unparsed is the column that every format's schema ends with.
func unparsed() shadow.Node { return shadow.Node{Name: shadow.BadText, Unique: true} }

func bindUnparsed() Binding { return Binding{Kind: Text, Column: shadow.BadText, Type: "string"} }
