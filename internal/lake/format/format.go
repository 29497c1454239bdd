package format

import (
	"context"

	"github.com/sillok/sillok/internal/lake/shadow"
)

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

// Column is a table's column. Type is Hive's text for its type, in lower case.
type Column struct {
	Name string
	Type string
}

// Table is what of a table decides how its objects are read.
type Table struct {
	Name            string // for messages
	Columns         []Column
	SerDe           string
	InputFormat     string
	SerDeProperties map[string]string
	Properties      map[string]string
}

// Kind says how to read a column from a Parquet file.
type Kind int

// The kinds of binding.
const (
	Null    Kind = iota // the file does not have it
	Text                // text, to be converted to the type by the SerDe's rules
	IntText             // a pair: an integer, or text that is not one
	Struct              // a struct, whose members Fields gives
	List                // a list, whose elements Elem gives
	Map                 // a map from text, whose values Elem gives
	JSON                // text that holds JSON, while the type is a struct, array or map
	Member              // a member, named Name, of the JSON object whose text the column holds
	Native              // a column of its own Parquet type
)

// String returns the kind's name.
func (k Kind) String() string {
	return [...]string{"Null", "Text", "IntText", "Struct", "List", "Map", "JSON", "Member", "Native"}[k]
}

// Binding says how to read a table's column, or a place inside one, from a
// Parquet file.
type Binding struct {
	Kind   Kind
	Column string  // the column, or the member of the struct above; empty for the element of a list or map
	Text   string  // IntText: the text half
	Name   string  // Member: the member's name in the JSON object
	Fields []Field // Struct: the members of the table's type, in its order
	Elem   *Binding
	Type   string // the table's type of this place
}

// Field is a member of a struct.
type Field struct {
	Name string
	Binding
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

// Unparsed is the name under which a discovered table shows the text of lines
// that did not parse.
const Unparsed = "unparsed"

func bindUnparsed() Binding { return Binding{Kind: Text, Column: shadow.BadText, Type: "string"} }
