// Package column says which columns a table has and how to read each from a
// Parquet file: what a format promises to whoever reads its files.
package column

// Column is a table's column. Type is Hive's text for its type, in lower case.
type Column struct {
	Name string
	Type string
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
	Instant             // text of a time in UTC, such as 2026-03-01T12:00:00Z, read as a timestamp
)

// String returns the kind's name.
func (k Kind) String() string {
	return [...]string{"Null", "Text", "IntText", "Struct", "List", "Map", "JSON", "Member", "Native", "Instant"}[k]
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

// Unparsed is the name under which a discovered table shows the text of lines
// that did not parse.
const Unparsed = "unparsed"
