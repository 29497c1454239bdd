package matcher

import (
	"encoding/binary"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode/utf8"
)

// Machine matches texts. One goroutine uses it at a time.
type Machine struct {
	regex  *Regex
	limit  int // bytes that its states may take
	stride int // how many classes there are, and the end of a text

	next   []int32 // by state and class: the state behind, or one of those below
	states []state
	byKey  map[string]int32
	held   int
	times  int // that all states were forgotten

	set  *sparse  // instructions, as they are followed
	todo []uint32 // those that are to be
	key  []byte
	work int // since it was asked last whether to go on
}

// state is a set of instructions in front of a character, and what is before it.
type state struct {
	places []uint32
	before kind
}

// kind is what stands before a place.
type kind uint8

const (
	beginning kind = iota
	line           // the end of a line
	word           // a character of words
	other
)

// What stands in the place of a state.
const (
	unknown int32 = -1 - iota
	matched
	never // nothing matches any more
	quiet // nothing has begun: the next match begins with the prefix
)

const (
	leastMemory = 64 << 10
	askEvery    = 1 << 20 // instructions and bytes, after which it is asked whether to go on
	// Where a text makes more states than mostMade, and has not worthBytes for each of them,
	// what is left of it is walked without.
	mostMade   = 1000
	worthBytes = 10
)

// Machine returns a machine whose states take about as many bytes as memory.
func (r *Regex) Machine(memory int) *Machine {
	m := &Machine{regex: r, limit: max(memory, leastMemory), stride: len(r.bounds) + 1, set: newSparse(len(r.prog.Inst))}
	m.forget()
	return m
}

// forget begins with no states.
func (m *Machine) forget() {
	m.next, m.states, m.byKey, m.held = m.next[:0], m.states[:0], map[string]int32{}, 0
	m.times++
}

// Match says whether anything in a text matches. ended is asked now and then; its error
// ends matching, and is returned.
func (m *Machine) Match(text string, ended func() error) (bool, error) {
	for _, among := range m.regex.needs {
		if !slices.ContainsFunc(among, func(one string) bool { return strings.Contains(text, one) }) {
			return false, nil
		}
	}
	at, i := m.state(nil, beginning), max(strings.Index(text, m.regex.prefix), 0)
	if i > 0 {
		at = m.state(nil, other)
	}
	first, made := i, 0
	for {
		last, next, front, class, size := m.pass(text, at, i)
		m.work += front - i
		at, i = last, front
		if next >= 0 {
			return m.atEnd(at, ended)
		}
		if next == unknown {
			if made++; made > mostMade && i-first < made*worthBytes {
				return m.walk(text[i:], at, ended)
			}
			var err error
			if next, err = m.step(at, class, ended); err != nil {
				return false, err
			}
		}
		i += size
		switch next {
		case matched:
			return true, nil
		case never:
			return false, nil
		case quiet:
			skip := strings.Index(text[i:], m.regex.prefix)
			if skip < 0 {
				return false, nil
			}
			at, i = m.state(nil, other), i+skip
		default:
			at = next
		}
	}
}

// pass goes from state to state as far as they are known. It returns the last one, in front
// of which character that is, of which class and size, and what is behind it: none where
// the text has ended.
func (m *Machine) pass(text string, at int32, i int) (last, next int32, front, class, size int) {
	ascii, stride := &m.regex.ascii, m.stride
	for i < len(text) {
		if c := text[i]; c < utf8.RuneSelf {
			class, size = int(ascii[c]), 1
		} else {
			var r rune
			r, size = utf8.DecodeRuneInString(text[i:])
			class = int(m.regex.class(r))
		}
		if next = m.next[int(at)*stride+class]; next < 0 {
			break
		}
		at, i = next, i+size
	}
	return at, next, i, class, size
}

// atEnd says whether a state at the end of the text is a match.
func (m *Machine) atEnd(at int32, ended func() error) (bool, error) {
	end := m.next[int(at)*m.stride+m.stride-1]
	if end == unknown {
		var err error
		if end, err = m.step(at, m.stride-1, ended); err != nil {
			return false, err
		}
	}
	return end == matched, nil
}

// state returns the number of a state.
func (m *Machine) state(places []uint32, before kind) int32 {
	if !m.regex.context {
		before = other
	}
	m.key = append(m.key[:0], byte(before))
	for _, p := range places {
		m.key = binary.LittleEndian.AppendUint32(m.key, p)
	}
	if n, there := m.byKey[string(m.key)]; there {
		return n
	}
	cost := 4*m.stride + 2*len(m.key) + 4*len(places) + 100
	if m.held += cost; m.held > m.limit && len(m.states) > 0 {
		m.forget()
		m.held = cost
	}
	n := int32(len(m.states)) //nolint:gosec // memory is bounded
	m.byKey[string(m.key)] = n
	m.states = append(m.states, state{slices.Clone(places), before})
	for range m.stride {
		m.next = append(m.next, unknown)
	}
	return n
}

// step finds and notes what is behind a state and a character of a class, or the end.
func (m *Machine) step(at int32, class int, ended func() error) (int32, error) {
	r, s := m.regex, m.states[at]
	end := class == m.stride-1
	found, err := m.expand(s.places, s.before, class, ended)
	if err != nil {
		return 0, err
	}
	result := matched
	switch {
	case found:
	case end:
		result = never
	default:
		places, before := m.behind(class), r.kind(class)
		switch {
		case len(places) > 0 || !r.anchored && r.prefix == "":
			times := m.times
			if result = m.state(places, before); m.times > times {
				return result, nil // the state that it is behind was forgotten
			}
		case r.anchored:
			result = never
		default:
			result = quiet
		}
	}
	m.next[int(at)*m.stride+class] = result
	return result, nil
}

// walk matches what is left of a text behind a state, without making further ones.
func (m *Machine) walk(text string, at int32, ended func() error) (bool, error) {
	places, before := slices.Clone(m.states[at].places), m.states[at].before
	for _, c := range text {
		class := int(m.regex.class(c))
		found, err := m.expand(places, before, class, ended)
		if err != nil || found {
			return found, err
		}
		places, before = append(places[:0], m.behind(class)...), m.regex.kind(class)
	}
	return m.expand(places, before, m.stride-1, ended)
}

// expand makes the set of all that is reached from some instructions in front of a
// character of a class, or the end, without one, and says whether that is a match.
func (m *Machine) expand(places []uint32, before kind, class int, ended func() error) (found bool, err error) {
	r := m.regex
	flags := r.around(before, class, class == m.stride-1)
	m.set.clear()
	for _, p := range places {
		found = m.follow(p, flags) || found
	}
	if !r.anchored || before == beginning {
		found = m.follow(uint32(r.prog.Start), flags) || found //nolint:gosec // a program is small
	}
	if m.work += len(m.set.all); m.work > askEvery {
		if m.work = 0; ended != nil {
			return found, ended()
		}
	}
	return found, nil
}

// behind returns the instructions behind a character of a class.
func (m *Machine) behind(class int) []uint32 {
	c := m.regex.bounds[class]
	m.todo = m.todo[:0]
	for _, p := range m.set.all {
		switch inst := &m.regex.prog.Inst[p]; inst.Op {
		case syntax.InstRune1:
			if inst.Rune[0] == c {
				m.todo = append(m.todo, inst.Out)
			}
		case syntax.InstRune, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
			if inst.MatchRune(c) {
				m.todo = append(m.todo, inst.Out)
			}
		default: // what wants no character
		}
	}
	return m.todo
}

// kind returns what a character of a class is to what stands behind it.
func (r *Regex) kind(class int) kind {
	switch {
	case r.line[class]:
		return line
	case r.word[class]:
		return word
	}
	return other
}

// around returns which conditions hold between what stands before and a character of a
// class.
func (r *Regex) around(before kind, class int, end bool) (flags syntax.EmptyOp) {
	if before == beginning {
		flags |= syntax.EmptyBeginText | syntax.EmptyBeginLine
	}
	if before == line {
		flags |= syntax.EmptyBeginLine
	}
	if end {
		flags |= syntax.EmptyEndText | syntax.EmptyEndLine
	} else if r.line[class] {
		flags |= syntax.EmptyEndLine
	}
	if inWord := !end && r.word[class]; inWord != (before == word) {
		flags |= syntax.EmptyWordBoundary
	} else {
		flags |= syntax.EmptyNoWordBoundary
	}
	return flags
}

// follow adds what is reached from an instruction without a character, and says whether
// that is a match.
func (m *Machine) follow(from uint32, flags syntax.EmptyOp) (found bool) {
	m.todo = append(m.todo[:0], from)
	for len(m.todo) > 0 {
		p := m.todo[len(m.todo)-1]
		if m.todo = m.todo[:len(m.todo)-1]; !m.set.add(p) {
			continue
		}
		switch inst := &m.regex.prog.Inst[p]; inst.Op {
		case syntax.InstAlt, syntax.InstAltMatch:
			m.todo = append(m.todo, inst.Out, inst.Arg)
		case syntax.InstCapture, syntax.InstNop:
			m.todo = append(m.todo, inst.Out)
		case syntax.InstEmptyWidth:
			if syntax.EmptyOp(inst.Arg)&^flags == 0 { //nolint:gosec // a few bits
				m.todo = append(m.todo, inst.Out)
			}
		case syntax.InstMatch:
			found = true
		default: // what wants a character, or fails
		}
	}
	return found
}

// sparse is a set of numbers.
type sparse struct {
	all []uint32
	at  []uint32 // by number: where it is in all
}

func newSparse(n int) *sparse { return &sparse{at: make([]uint32, n)} }

func (s *sparse) clear() { s.all = s.all[:0] }

// add adds a number, and says whether it was not there.
func (s *sparse) add(n uint32) bool {
	if at := s.at[n]; int(at) < len(s.all) && s.all[at] == n {
		return false
	}
	s.at[n] = uint32(len(s.all)) //nolint:gosec // as many as there are numbers
	s.all = append(s.all, n)
	return true
}
