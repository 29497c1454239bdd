package filterpattern

import (
	"github.com/sillok/sillok/internal/lake/jsonscan"
)

// paths is many selectors as one tree, so that one walk over a message finds the
// values of all.
type paths struct {
	root  path
	slots int
}

// path is a place in a message, seen from its root.
type path struct {
	slot     int // 1 and on: where values that lie here are put; 0 is nowhere
	members  map[string]int
	elements map[int]int
	next     []path // by the numbers in members and elements
	member   *path  // every member
	element  *path  // every element
}

// add returns the slot in which the selector's values will be, from 0.
func (p *paths) add(steps []step) int {
	at := &p.root
	for _, s := range steps {
		at = at.step(s)
	}
	if at.slot == 0 {
		p.slots++
		at.slot = p.slots
	}
	return at.slot - 1
}

func (p *path) step(s step) *path {
	switch {
	case s.all && s.member:
		if p.member == nil {
			p.member = &path{}
		}
		return p.member
	case s.all:
		if p.element == nil {
			p.element = &path{}
		}
		return p.element
	case s.member:
		return grown(p, &p.members, s.name)
	}
	return grown(p, &p.elements, s.index)
}

func grown[K comparable](p *path, by *map[K]int, key K) *path {
	if *by == nil {
		*by = map[K]int{}
	}
	i, there := (*by)[key]
	if !there {
		i = len(p.next)
		(*by)[key] = i
		p.next = append(p.next, path{})
	}
	return &p.next[i]
}

// entry is a value that a selector leads to, and the one after it, counted from 1.
type entry struct {
	value jsonscan.Value
	next  int
	void  bool // another member of the same name came after it
}

// slot is a list of entries, counted from 1.
type slot struct{ first, last int }

// visit says which entries came from a member: those after from, up to to.
type visit struct{ from, to int }

// found returns the first entry in slot that counts, at or after at, or 0.
func (s *scan) found(at int) int {
	for at > 0 && s.entries[at-1].void {
		at = s.entries[at-1].next
	}
	return at
}

// find walks the message, which must be one JSON object, and puts the values
// where the selectors want them. It tells whether it is one.
func (s *scan) find(p *paths) bool {
	s.slots = append(s.slots[:0], make([]slot, p.slots)...)
	s.entries, s.visits = s.entries[:0], s.visits[:0]
	start := jsonscan.Space(s.message, 0)
	if start == len(s.message) || s.message[start] != '{' {
		return false
	}
	v, err := s.value(start, &p.root, 0)
	return err == nil && jsonscan.Space(s.message, v.End) == len(s.message)
}

// value reads the value at i, which lies at p, in depth others.
func (s *scan) value(i int, p *path, depth int) (v jsonscan.Value, err error) {
	v = jsonscan.Value{Start: i}
	if i < len(s.message) {
		v.Kind = s.message[i]
	}
	switch {
	case v.Kind == '{' && (len(p.members) > 0 || p.member != nil):
		v.End, err = s.object(i, p, depth+1)
	case v.Kind == '[' && (len(p.elements) > 0 || p.element != nil):
		v.End, err = s.array(i, p, depth+1)
	default:
		v, err = jsonscan.Within(s.message, i, depth)
	}
	if err == nil && p.slot > 0 {
		s.entries = append(s.entries, entry{value: v})
		list := &s.slots[p.slot-1]
		if list.first == 0 {
			list.first = len(s.entries)
		} else {
			s.entries[list.last-1].next = len(s.entries)
		}
		list.last = len(s.entries)
	}
	return v, err
}

// object walks the members of an object. Of members with the same name the last
// one counts: it voids what came from those before.
func (s *scan) object(start int, p *path, depth int) (end int, err error) {
	b := s.message
	base := len(s.visits)
	s.visits = append(s.visits, make([]visit, len(p.next))...)
	i := jsonscan.Space(b, start+1)
	for first := true; i < len(b) && b[i] != '}'; first = false {
		if !first {
			if b[i] != ',' {
				return 0, jsonscan.ErrShort
			}
			i = jsonscan.Space(b, i+1)
		}
		name, at, err := jsonscan.Name(b, i)
		if err != nil {
			return 0, err
		}
		key := b[name.Start+1 : name.End-1]
		if name.Escaped {
			s.name = jsonscan.AppendText(s.name[:0], name.Bytes(b))
			key = s.name
		}
		k, wanted := p.members[string(key)]
		if wanted {
			before := s.visits[base+k]
			for e := before.from; e < before.to; e++ {
				s.entries[e].void = true
			}
			from := len(s.entries)
			if i, err = s.below(at, &p.next[k], depth); err != nil {
				return 0, err
			}
			s.visits[base+k] = visit{from, len(s.entries)}
		}
		if p.member != nil || !wanted {
			if i, err = s.below(at, p.member, depth); err != nil {
				return 0, err
			}
		}
		i = jsonscan.Space(b, i)
	}
	s.visits = s.visits[:base]
	if i >= len(b) || depth > jsonscan.MaxDepth {
		return 0, jsonscan.ErrShort
	}
	return i + 1, nil
}

func (s *scan) array(start int, p *path, depth int) (end int, err error) {
	b := s.message
	i := jsonscan.Space(b, start+1)
	for n := 0; i < len(b) && b[i] != ']'; n++ {
		if n > 0 {
			if b[i] != ',' {
				return 0, jsonscan.ErrShort
			}
			i = jsonscan.Space(b, i+1)
		}
		at := i
		k, wanted := p.elements[n]
		if wanted {
			if i, err = s.below(at, &p.next[k], depth); err != nil {
				return 0, err
			}
		}
		if p.element != nil || !wanted {
			if i, err = s.below(at, p.element, depth); err != nil {
				return 0, err
			}
		}
		i = jsonscan.Space(b, i)
	}
	if i >= len(b) || depth > jsonscan.MaxDepth {
		return 0, jsonscan.ErrShort
	}
	return i + 1, nil
}

// below reads the value at i, at which no selector may look, and returns its end.
func (s *scan) below(i int, p *path, depth int) (end int, err error) {
	if p == nil {
		v, err := jsonscan.Within(s.message, i, depth)
		return v.End, err
	}
	v, err := s.value(i, p, depth)
	return v.End, err
}

// text returns what a value that is no object and no array says.
func (s *scan) text(v jsonscan.Value) []byte {
	raw := v.Bytes(s.message)
	switch {
	case v.Kind != '"':
		return raw
	case !v.Escaped:
		return raw[1 : len(raw)-1]
	}
	s.unescaped = jsonscan.AppendText(s.unescaped[:0], raw)
	return s.unescaped
}
