package eventpattern

import (
	"encoding/binary"
	"slices"
)

// The bounds of wildcards: mostComplex is how many places of them an event may leave
// open at once, and mostStates how many sets of places are looked at.
const (
	mostComplex = 10
	mostStates  = 20_000
)

// complex refuses wildcards that would make matching slow: those of one field are counted
// together.
func (c *compiler) complex() error {
	for _, r := range c.rules {
		for i := range r {
			var all []wildcard
			for _, v := range r[i].values {
				switch v := v.(type) {
				case wildcard:
					all = append(all, v)
				case anythingBut:
					for _, of := range v {
						if w, ok := of.(wildcard); ok {
							all = append(all, w)
						}
					}
				}
			}
			if tooComplex(all) {
				return unplaced{"Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences after a wildcard character"}
			}
		}
	}
	return nil
}

// machine is wildcards as one automaton. Place n is behind token n.
type machine struct {
	tokens  []glyph
	last    []bool // of a wildcard
	letters []rune
}

func machineOf(all []wildcard) *machine {
	m := &machine{letters: []rune{-2}} // one that none of them has
	quote := glyph{char: -1}
	for _, w := range all {
		for i, g := range slices.Concat(wildcard{quote}, w, wildcard{quote}) {
			m.tokens, m.last = append(m.tokens, g), append(m.last, i == len(w)+1)
			if !g.star && !slices.Contains(m.letters, g.char) {
				m.letters = append(m.letters, g.char)
			}
		}
	}
	return m
}

// enter adds a place, and that behind a star which may stand for nothing.
func (m *machine) enter(places []uint32, at int) []uint32 {
	place := uint32(at) //nolint:gosec // it is an index of tokens
	if slices.Contains(places, place) {
		return places
	}
	places = append(places, place)
	if !m.last[at] && m.tokens[at+1].star {
		places = m.enter(places, at+1)
	}
	return places
}

// step returns the places behind a letter.
func (m *machine) step(places []uint32, letter rune) []uint32 {
	var next []uint32
	for _, p := range places {
		at := int(p)
		if m.tokens[at].star {
			next = m.enter(next, at)
		}
		if !m.last[at] && !m.tokens[at+1].star && m.tokens[at+1].char == letter {
			next = m.enter(next, at+1)
		}
	}
	slices.Sort(next)
	return next
}

// tooComplex says whether some input leaves more places open than may be.
func tooComplex(all []wildcard) bool {
	if len(all) == 0 {
		return false
	}
	m := machineOf(all)
	var first []uint32
	begin := true
	for i := range m.tokens {
		if begin { // the quote that every string begins with
			first = m.enter(first, i)
		}
		begin = m.last[i]
	}
	slices.Sort(first)
	seen := map[string]bool{}
	for todo := [][]uint32{first}; len(todo) > 0; {
		places := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if len(places) > mostComplex || len(seen) > mostStates {
			return true
		}
		var key []byte
		for _, p := range places {
			key = binary.AppendUvarint(key, uint64(p))
		}
		if len(places) == 0 || seen[string(key)] {
			continue
		}
		seen[string(key)] = true
		for _, letter := range m.letters {
			todo = append(todo, m.step(places, letter))
		}
	}
	return false
}
