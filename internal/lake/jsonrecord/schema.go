package jsonrecord

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/lake/column"
	"github.com/sillok/sillok/internal/lake/shadow"
)

// Schema is one log of JSON records. Names in records match whatever their case.
type Schema struct {
	Name    string // of the log
	Version string // grows with every change of what is written
	Members []Member
	Must    []string // members that every record has, in lower case: what it is recognised by
	Arrays  []string // members of a document that hold its records, in lower case
	Sure    []string // members of a document that no other log has: their arrays alone tell it, in lower case
	Inner   []string // members of a record whose text is the record itself, in lower case
	Keys    Keys
	CSV     map[string]string // headings of CSV downloads, in lower case and without blanks, that are not the name of a member: its path

	Shapes []string // members whose types are those of a table and not the log's own, each with its type

	Exact bool // names match in their own case
	Dots  bool // a dot in a name stands for an underscore
	Plain bool // envelopes around the records are no envelopes but records
}

// Keys are the members that tell what the key of an object tells of a whole
// object, by their path in lower case. The first that a record has counts.
type Keys struct {
	Account, Region []string
	Date            []string // text that begins with a day, or a number of seconds or milliseconds since 1970
}

func (k Keys) all() [][]string { return [][]string{k.Account, k.Region, k.Date} }

// Member is a member of a record.
type Member struct {
	Name   string // the column's name, in lower case
	Key    string // the member's name in a record; empty when it is the column's
	Type   column.Type
	Unique bool // its values seldom repeat
}

func (m Member) key() string {
	if m.Key != "" {
		return m.Key
	}
	return m.Name
}

// Parse reads members, one a line: a name, or name=key; a Hive type; and then
// "unique" where it applies. It panics on anything else: the text is part of the
// program.
func Parse(text string) []Member {
	var out []Member
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		m := Member{Name: words[0]}
		if name, key, ok := strings.Cut(words[0], "="); ok {
			m.Name, m.Key = name, key
		}
		if len(words) == 1 {
			words = append(words, "string")
		}
		var err error
		if m.Type, err = column.ParseType(words[1]); err != nil {
			panic(fmt.Sprintf("jsonrecord: %q: %v", line, err))
		}
		for _, flag := range words[2:] {
			if flag != "unique" {
				panic(fmt.Sprintf("jsonrecord: %q: %s is no flag", line, flag))
			}
			m.Unique = true
		}
		out = append(out, m)
	}
	return out
}

// rest is the column that keeps, as one JSON object, the members that the schema
// does not have, by their path in lower case.
const rest = "_rest"

// keyColumns hold what a record says of itself: the names of the columns that a
// discovered table has for it, and of those in a shadow.
var keyColumns = []struct{ name, column string }{{"account", "_account"}, {"region", "_region"}, {"date", "_date"}}

// Shadow returns the columns of the log's shadows.
func (s *Schema) Shadow() *shadow.Schema {
	var out []shadow.Node
	for _, m := range s.Members {
		n := node(m.Name, m.Type)
		n.Unique = m.Unique
		out = append(out, n)
	}
	for i, paths := range s.Keys.all() {
		if len(paths) > 0 {
			out = append(out, shadow.Node{Name: keyColumns[i].column})
		}
	}
	return shadow.NewSchema(append(out, shadow.Node{Name: rest}, shadow.Node{Name: shadow.BadText, Unique: true})...)
}

// node is how a shadow keeps a type. All that is no struct, array or map is kept
// as text.
func node(name string, t column.Type) shadow.Node {
	n := shadow.Node{Name: name}
	switch t.Base {
	case "struct":
		n.Kind = shadow.Struct
		for i, f := range t.Args {
			if slices.Contains(t.Names[:i], t.Names[i]) {
				continue // all of one name read the same
			}
			n.Fields = append(n.Fields, node(t.Names[i], f))
		}
	case "array":
		n.Kind, n.Fields = shadow.List, []shadow.Node{node("", t.Args[0])}
	case "map":
		n.Kind, n.Fields = shadow.Map, []shadow.Node{node("", t.Args[1])}
	}
	return n
}
