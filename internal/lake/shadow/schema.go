package shadow

import (
	"slices"
	"strconv"
	"strings"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"
)

// Kind is what a node of a schema holds. Every node may be NULL.
type Kind int

// The kinds of node.
const (
	Text   Kind = iota // UTF-8
	Int                // 64-bit integer
	Struct             // Fields
	List               // Fields[0] is the element
	Map                // text to Fields[0]
)

// Node is a column, or a place inside one.
type Node struct {
	Name   string
	Kind   Kind
	Unique bool // a Text whose values seldom repeat: a dictionary would not pay
	Fields []Node
}

// Schema is the columns of a shadow. What it takes to write them is made by a Press
// once for all schemas of the same columns.
type Schema struct {
	columns []Node
	id      string // the same for schemas of the same columns
}

// NewSchema returns the schema that holds columns.
func NewSchema(columns ...Node) *Schema {
	var id strings.Builder
	for _, c := range columns {
		c.spell(&id)
	}
	return &Schema{columns: columns, id: id.String()}
}

// spell writes what tells a node from any other.
func (n Node) spell(to *strings.Builder) {
	to.WriteString(strconv.Quote(n.Name))
	to.WriteString(strconv.Itoa(int(n.Kind)))
	if n.Unique {
		to.WriteByte('!')
	}
	if len(n.Fields) > 0 {
		to.WriteByte('{')
		for _, f := range n.Fields {
			f.spell(to)
		}
		to.WriteByte('}')
	}
}

// layout is where a schema's columns are in a Parquet file.
type layout struct {
	parquet *parquet.Schema
	leaves  []leaf
	paths   map[string]int
}

type leaf struct {
	index  int // the column's place in the Parquet file
	maxDef int
}

// layOut takes a while: there may be hundreds of columns.
func layOut(s *Schema) *layout {
	root := parquet.Group{}
	for _, c := range s.columns {
		root[c.Name] = parquetNode(c)
	}
	l := &layout{parquet: parquet.NewSchema("shadow", root), paths: map[string]int{}}
	for _, c := range s.columns {
		l.collect(c, []string{c.Name})
	}
	return l
}

func parquetNode(n Node) parquet.Node {
	switch n.Kind {
	case Int:
		return parquet.Optional(parquet.Encoded(parquet.Int(64), &parquet.RLEDictionary))
	case Struct:
		group := parquet.Group{}
		for _, f := range n.Fields {
			group[f.Name] = parquetNode(f)
		}
		return parquet.Optional(group)
	case List:
		return parquet.Optional(parquet.List(parquetNode(n.Fields[0])))
	case Map:
		return parquet.Optional(parquet.Map(parquet.String(), parquetNode(n.Fields[0])))
	case Text:
	}
	var enc encoding.Encoding = &parquet.RLEDictionary
	if n.Unique {
		enc = &parquet.Plain
	}
	return parquet.Optional(parquet.Encoded(parquet.String(), enc))
}

// collect finds the leaves under n, whose path in the Parquet file is path.
func (l *layout) collect(n Node, path []string) {
	down := func(n Node, more ...string) {
		l.collect(n, slices.Concat(path, more))
	}
	switch n.Kind {
	case Struct:
		for _, f := range n.Fields {
			down(f, f.Name)
		}
	case List:
		down(n.Fields[0], "list", "element")
	case Map:
		l.leaf(slices.Concat(path, []string{"key_value", "key"}))
		down(n.Fields[0], "key_value", "value")
	case Text, Int:
		l.leaf(path)
	}
}

func (l *layout) leaf(path []string) {
	column, ok := l.parquet.Lookup(path...)
	if !ok {
		panic("shadow: a schema without its own column " + join(path))
	}
	l.paths[join(path)] = len(l.leaves)
	l.leaves = append(l.leaves, leaf{index: column.ColumnIndex, maxDef: column.MaxDefinitionLevel})
}

func join(path []string) string { return strings.Join(path, ".") }
