package shadow

import (
	"fmt"
	"slices"
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

// Schema is the columns of a shadow, ready to be written.
type Schema struct {
	Columns []Node
	parquet *parquet.Schema
	leaves  []leaf
	paths   map[string]int
	id      string // the same for schemas of the same columns
}

type leaf struct {
	index  int // the column's place in the Parquet file
	maxDef int
}

// NewSchema returns the schema that holds columns.
func NewSchema(columns ...Node) *Schema {
	s := &Schema{Columns: columns, paths: map[string]int{}, id: fmt.Sprint(columns)}
	root := parquet.Group{}
	for _, c := range columns {
		root[c.Name] = parquetNode(c)
	}
	s.parquet = parquet.NewSchema("shadow", root)
	for _, c := range columns {
		s.collect(c, []string{c.Name})
	}
	return s
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
func (s *Schema) collect(n Node, path []string) {
	down := func(n Node, more ...string) {
		s.collect(n, slices.Concat(path, more))
	}
	switch n.Kind {
	case Struct:
		for _, f := range n.Fields {
			down(f, f.Name)
		}
	case List:
		down(n.Fields[0], "list", "element")
	case Map:
		s.leaf(slices.Concat(path, []string{"key_value", "key"}))
		down(n.Fields[0], "key_value", "value")
	case Text, Int:
		s.leaf(path)
	}
}

func (s *Schema) leaf(path []string) {
	column, ok := s.parquet.Lookup(path...)
	if !ok {
		panic("shadow: a schema without its own column " + join(path))
	}
	s.paths[join(path)] = len(s.leaves)
	s.leaves = append(s.leaves, leaf{index: column.ColumnIndex, maxDef: column.MaxDefinitionLevel})
}

func join(path []string) string { return strings.Join(path, ".") }
