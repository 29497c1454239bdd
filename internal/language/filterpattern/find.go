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
}

// slot is a list of entries, counted from 1.
type slot struct{ first, last int }

// find walks the message, which must be one JSON object, and puts the values
// where the selectors want them. It tells whether it is one.
func (s *scan) find(p *paths) bool {
	s.slots = append(s.slots[:0], make([]slot, p.slots)...)
	s.entries, s.pending = s.entries[:0], s.pending[:0]
	start := jsonscan.Space(s.message, 0)
	if start == len(s.message) || s.message[start] != '{' {
		return false
	}
	stop, err := s.object(start, &p.root)
	return err == nil && jsonscan.Space(s.message, stop) == len(s.message)
}

// value looks at a value that lies at p.
func (s *scan) value(v jsonscan.Value, p *path) error {
	if p.slot > 0 {
		s.entries = append(s.entries, entry{value: v})
		list := &s.slots[p.slot-1]
		if list.first == 0 {
			list.first = len(s.entries)
		} else {
			s.entries[list.last-1].next = len(s.entries)
		}
		list.last = len(s.entries)
	}
	var err error
	switch {
	case v.Kind == '{' && (len(p.members) > 0 || p.member != nil):
		_, err = s.object(v.Start, p)
	case v.Kind == '[' && (len(p.elements) > 0 || p.element != nil):
		_, err = s.array(v.Start, p)
	}
	return err
}

// object walks the members of an object. Of members with the same name the last
// one counts, so that they are looked into when all were seen.
func (s *scan) object(start int, p *path) (stop int, err error) {
	base := len(s.pending)
	s.pending = append(s.pending, make([]jsonscan.Value, len(p.next))...)
	b := s.message
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
		v, err := jsonscan.Next(b, at)
		if err != nil {
			return 0, err
		}
		key := b[name.Start+1 : name.End-1]
		if name.Escaped {
			s.name = jsonscan.AppendText(s.name[:0], name.Bytes(b))
			key = s.name
		}
		if k, wanted := p.members[string(key)]; wanted {
			s.pending[base+k] = v
		}
		if p.member != nil {
			if err := s.value(v, p.member); err != nil {
				return 0, err
			}
		}
		i = jsonscan.Space(b, v.End)
	}
	if i >= len(b) {
		return 0, jsonscan.ErrShort
	}
	for k := range p.next {
		if v := s.pending[base+k]; v.Kind != 0 {
			if err := s.value(v, &p.next[k]); err != nil {
				return 0, err
			}
		}
	}
	s.pending = s.pending[:base]
	return i + 1, nil
}

func (s *scan) array(start int, p *path) (end int, err error) {
	at := 0
	return jsonscan.Elements(s.message, start, func(v jsonscan.Value) error {
		if i, wanted := p.elements[at]; wanted {
			if err := s.value(v, &p.next[i]); err != nil {
				return err
			}
		}
		at++
		if p.element != nil {
			return s.value(v, p.element)
		}
		return nil
	})
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
