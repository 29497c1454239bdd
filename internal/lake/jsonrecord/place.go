package jsonrecord

import (
	"slices"

	"github.com/sillok/sillok/internal/lake/column"
	"github.com/sillok/sillok/internal/lake/jsonscan"
	"github.com/sillok/sillok/internal/lake/shadow"
)

// frame numbers what is read into some places: each record, or each element of
// an array, anew.
type frame struct{ number uint32 }

// place is a known place of a record: where its columns are, and what the record
// being read has there.
type place struct {
	name     string // in a record
	path     string // in lower case, dots between
	kind     string // "struct", "array", "map", or a scalar's type
	frame    *frame
	children []*place
	byName   [buckets][]*place

	column *shadow.Column   // of a scalar
	keys   *shadow.Column   // of a map
	elem   *place           // of an array or map
	level  int              // the repetition level of the elements
	leaves []*shadow.Column // every column at or under the place

	seen  uint32 // the frame's number that has a value here
	value jsonscan.Value
}

const buckets = 64

// builder makes the places of a schema.
type builder struct {
	w      *shadow.Writer
	schema *Schema
	frame  *frame
	level  int
}

// build makes the place of a type. at is the way to its columns.
func (b builder) build(name, path string, t column.Type, at []string) *place {
	p := &place{name: name, path: path, kind: t.Base, frame: b.frame}
	switch t.Base {
	case "struct":
		for i, f := range t.Args {
			if slices.Contains(t.Names[:i], t.Names[i]) {
				continue // all of one name read the same
			}
			p.add(b.build(t.Names[i], path+"."+t.Names[i], f, slices.Concat(at, t.Names[i:i+1])))
		}
	case "array":
		p.element(b, t.Args[0], slices.Concat(at, []string{"list", "element"}))
	case "map":
		p.keys = b.w.Column(slices.Concat(at, []string{"key_value", "key"})...)
		p.leaves = append(p.leaves, p.keys)
		p.element(b, t.Args[1], slices.Concat(at, []string{"key_value", "value"}))
	default:
		p.column = b.w.Column(at...)
		p.leaves = append(p.leaves, p.column)
	}
	return p
}

func (p *place) element(b builder, t column.Type, at []string) {
	b.frame = &frame{}
	b.level++
	p.level = b.level
	p.elem = b.build("", p.path, t, at)
	p.leaves = append(p.leaves, p.elem.leaves...)
}

func (p *place) add(c *place) {
	p.children = append(p.children, c)
	p.leaves = append(p.leaves, c.leaves...)
	b := bucket(c.name)
	p.byName[b] = append(p.byName[b], c)
}

// bucket hashes a name in ASCII letters regardless of their case.
func bucket[T string | []byte](name T) int {
	if len(name) == 0 {
		return 0
	}
	return (len(name)*31 + int(name[0]|0x20)*7 + int(name[len(name)-1]|0x20)) % buckets
}

func (p *place) child(name []byte, exact bool) *place {
	for _, c := range p.byName[bucket(name)] {
		if string(name) == c.name || !exact && sameFold(name, c.name) {
			return c
		}
	}
	return nil
}

// sameFold compares with a name that is in lower case.
func sameFold(name []byte, lower string) bool {
	if len(name) != len(lower) {
		return false
	}
	for i, c := range name {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

// forget drops what an earlier member of the same name said: the last one wins.
func (p *place) forget() {
	p.seen = 0
	for _, c := range p.children {
		c.forget()
	}
}

// has says whether what is being read has a value here.
func (p *place) has() bool { return p.seen == p.frame.number }
