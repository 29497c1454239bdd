// Package ast holds the syntax tree of Athena SQL: Trino's queries and Hive's
// data definition, as written, before any name is resolved.
//
// A node keeps the place where Trino or Hive would report an error about it,
// so that the analyzer's messages point where Athena's do.
package ast

import "strings"

// Pos is a byte offset into the statement.
type Pos int32

// Position returns the offset; it is embedded in every node.
func (p Pos) Position() Pos { return p }

// LineColumn returns the 1-based line and the 1-based column, counted in
// characters, of the offset in src, as Trino counts them.
func (p Pos) LineColumn(src string) (line, column int) {
	before := src[:min(int(p), len(src))]
	line = 1 + strings.Count(before, "\n")
	if i := strings.LastIndexByte(before, '\n'); i >= 0 {
		before = before[i+1:]
	}
	return line, 1 + len([]rune(before))
}

// Node is any part of the tree.
type Node interface{ Position() Pos }

// Statement is a whole statement: a *Query or one of the kinds in ddl.go and
// statement.go.
type Statement interface {
	Node
	statement()
}

// Identifier is one name as it was written.
type Identifier struct {
	Pos
	Name   string
	Quoted bool
}

// Lower returns the name in lower case, the form in which Trino and Hive
// compare and keep names, quoted or not.
func (i Identifier) Lower() string { return strings.ToLower(i.Name) }

// Name is a dotted name, such as catalog.database.table.
type Name []Identifier

// Position returns where the first part stands.
func (n Name) Position() Pos {
	if len(n) == 0 {
		return 0
	}
	return n[0].Pos
}

// Last returns the rightmost part.
func (n Name) Last() Identifier { return n[len(n)-1] }

// String returns the parts in lower case, joined by dots.
func (n Name) String() string {
	parts := make([]string, len(n))
	for i, part := range n {
		parts[i] = part.Lower()
	}
	return strings.Join(parts, ".")
}
