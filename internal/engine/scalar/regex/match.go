package regex

import (
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/sillok/sillok/internal/engine/work"
)

// matcher runs instructions over one text. It tries one way after another, so its
// time may grow with the power of the text; it counts its steps.
type matcher struct {
	code  []instruction
	text  string
	work  *work.Work
	regs  []int
	trail []choice
	steps int
}

// choice is what is taken back when a way has failed: a place to go on from, or
// the former value of a register.
type choice struct {
	pc  int // -1 restores the register
	pos int // the place, or the value
	low int // of a run: it gives up characters down to here; -1 for none. Else the register
}

const (
	stepsEach  = 256 // how many steps are counted together
	stepWeight = 2
	choiceSize = 24
)

func newMatcher(w *work.Work, code []instruction, registers int, text string) *matcher {
	return &matcher{code: code, text: text, work: w, regs: make([]int, registers)}
}

// from returns the first match at offset or later, as the offsets of its groups.
func (m *matcher) from(offset, groups int) ([]int, error) {
	for at := offset; at <= len(m.text); {
		for i := range m.regs {
			m.regs[i] = -1
		}
		m.trail = m.trail[:0]
		end, ok, err := m.run(0, at)
		if err != nil {
			return nil, err
		}
		if ok {
			m.regs[0], m.regs[1] = at, end
			return append([]int(nil), m.regs[:2*(groups+1)]...), nil
		}
		_, size := utf8.DecodeRuneInString(m.text[at:])
		at += max(size, 1)
	}
	return nil, nil
}

// push notes a choice.
func (m *matcher) push(c choice) error {
	if len(m.trail) == cap(m.trail) && len(m.trail) > 0 {
		if err := m.work.Repeat(len(m.trail), choiceSize); err != nil {
			return err
		}
	}
	m.trail = append(m.trail, c)
	return nil
}

// set changes a register so that it is changed back on the way back.
func (m *matcher) set(register, to int) error {
	if m.regs[register] == to {
		return nil
	}
	err := m.push(choice{pc: -1, pos: m.regs[register], low: register})
	m.regs[register] = to
	return err
}

// back takes the latest way that is left, down to base in the trail.
func (m *matcher) back(base int) (pc, pos int, ok bool) {
	for len(m.trail) > base {
		top := &m.trail[len(m.trail)-1]
		switch {
		case top.pc < 0:
			m.regs[top.low] = top.pos
			m.trail = m.trail[:len(m.trail)-1]
		case top.low < 0:
			pc, pos = top.pc, top.pos
			m.trail = m.trail[:len(m.trail)-1]
			return pc, pos, true
		default: // a run gives up one character
			_, size := utf8.DecodeLastRuneInString(m.text[:top.pos])
			top.pos -= size
			pc, pos = top.pc, top.pos
			if top.pos <= top.low {
				m.trail = m.trail[:len(m.trail)-1]
			}
			return pc, pos, true
		}
	}
	return 0, 0, false
}

// keep drops the ways that are left above base, and keeps what registers held.
func (m *matcher) keep(base int) {
	kept := m.trail[:base]
	for _, c := range m.trail[base:] {
		if c.pc < 0 {
			kept = append(kept, c)
		}
	}
	m.trail = kept
}

// undo takes back everything above base.
func (m *matcher) undo(base int) {
	m.keep(base)
	m.back(base)
}

// count counts n steps.
func (m *matcher) count(n int) error {
	if m.steps += n; m.steps < stepsEach {
		return nil
	}
	n, m.steps = m.steps, 0
	return m.work.Steps(n * stepWeight)
}

// run runs the instructions from pc at pos up to opMatch, and returns the place
// where that is. Ways that are left stay in the trail.
func (m *matcher) run(pc, pos int) (end int, matched bool, err error) {
	base := len(m.trail)
	for {
		if err := m.count(1); err != nil {
			return 0, false, err
		}
		i := &m.code[pc]
		if i.op == opMatch {
			return pos, true, nil
		}
		next, to, ok, err := m.step(i, pc, pos)
		if err != nil {
			return 0, false, err
		}
		if !ok {
			if next, to, ok = m.back(base); !ok {
				return 0, false, nil
			}
		}
		pc, pos = next, to
	}
}

// step runs one instruction.
func (m *matcher) step(i *instruction, pc, pos int) (next, to int, ok bool, err error) {
	switch i.op {
	case opRune, opSet, opAny:
		size := i.char(m.text[pos:])
		return pc + 1, pos + size, size > 0, nil
	case opAnchor:
		return pc + 1, pos, i.holds(m.text, pos), nil
	case opJump:
		return i.x, pos, true, nil
	case opSplit:
		return i.x, pos, true, m.push(choice{pc: i.y, pos: pos, low: -1})
	case opSave, opMark:
		return pc + 1, pos, true, m.set(i.x, pos)
	case opRun:
		return m.characters(i, pc, pos)
	case opZero:
		return pc + 1, pos, true, m.set(i.x, 0)
	case opLoop:
		return m.loop(i, pc, pos)
	case opRound:
		return pc + 1, pos, true, m.set(i.x, m.regs[i.x]+1)
	case opCheck:
		if m.regs[i.x] == pos {
			return i.y, pos, true, nil
		}
		return pc + 1, pos, true, nil
	case opLook:
		ok, err = m.look(i, pc, pos)
		return i.y, pos, ok, err
	case opAtomic:
		base := len(m.trail)
		end, ok, err := m.run(pc+1, pos)
		m.keep(base)
		return i.y, end, ok, err
	case opBackref:
		size, ok := m.again(i, pos)
		return pc + 1, pos + size, ok, nil
	default:
		return 0, 0, false, nil
	}
}

// characters matches a run of characters, as many or as few as there can be.
func (m *matcher) characters(i *instruction, pc, pos int) (next, to int, ok bool, err error) {
	char, at, low := &m.code[pc+1], pos, pos
	count := 0
	for ; i.high < 0 || count < i.high; count++ {
		if i.lazy && count == i.low {
			break
		}
		size := char.char(m.text[at:])
		if size == 0 {
			break
		}
		if at += size; count < i.low {
			low = at
		}
	}
	if err := m.count(count); err != nil {
		return 0, 0, false, err
	}
	switch {
	case count < i.low:
		return 0, 0, false, nil
	case i.lazy:
		return pc + 2, at, true, m.lazily(i, pc, at, count)
	case at > low:
		return pc + 2, at, true, m.push(choice{pc: pc + 2, pos: at, low: low})
	}
	return pc + 2, at, true, nil
}

// lazily notes the ways in which a lazy run goes on: one for each further
// character that it can take, the shortest on top.
func (m *matcher) lazily(i *instruction, pc, at, count int) error {
	base := len(m.trail)
	for char := &m.code[pc+1]; i.high < 0 || count < i.high; count++ {
		size := char.char(m.text[at:])
		if size == 0 {
			break
		}
		at += size
		if err := m.push(choice{pc: pc + 2, pos: at, low: -1}); err != nil {
			return err
		}
		if err := m.count(1); err != nil {
			return err
		}
	}
	ways := m.trail[base:]
	for a, b := 0, len(ways)-1; a < b; a, b = a+1, b-1 {
		ways[a], ways[b] = ways[b], ways[a]
	}
	return nil
}

// loop begins a round of a repetition or leaves it.
func (m *matcher) loop(i *instruction, pc, pos int) (next, to int, ok bool, err error) {
	count := m.regs[i.x]
	if i.high >= 0 && count >= i.high {
		return i.y, pos, true, nil
	}
	if i.lazy && count >= i.low {
		if err := m.push(choice{pc: pc + 1, pos: pos, low: -1}); err != nil {
			return 0, 0, false, err
		}
		return i.y, pos, true, nil
	}
	if count >= i.low {
		if err := m.push(choice{pc: i.y, pos: pos, low: -1}); err != nil {
			return 0, 0, false, err
		}
	}
	return pc + 1, pos, true, nil
}

// look looks ahead from pos, or at what stands before it.
func (m *matcher) look(i *instruction, pc, pos int) (bool, error) {
	base, wanted := len(m.trail), i.text == "?=" || i.text == "?<="
	starts := []int{pos}
	if i.back != nil {
		starts = starts[:0]
		for _, length := range i.back {
			if at, ok := backBy(m.text, pos, length); ok {
				starts = append(starts, at)
			}
		}
	}
	for _, at := range starts {
		found, err := m.reaches(pc+1, at, pos, i.back != nil)
		if err != nil {
			return false, err
		}
		if found && wanted {
			m.keep(base)
			return true, nil
		}
		m.undo(base)
		if found {
			return false, nil
		}
	}
	return !wanted, nil
}

// reaches reports whether what begins at pc matches at a place; when it must, up
// to end.
func (m *matcher) reaches(pc, at, end int, must bool) (bool, error) {
	base := len(m.trail)
	to, ok, err := m.run(pc, at)
	for ok && err == nil && must && to != end {
		next, pos, left := m.back(base)
		if !left {
			return false, nil
		}
		to, ok, err = m.resume(next, pos, base)
	}
	return ok, err
}

// resume goes on from a way that was left above base.
func (m *matcher) resume(pc, pos, base int) (int, bool, error) {
	for {
		end, ok, err := m.run(pc, pos)
		if ok || err != nil {
			return end, ok, err
		}
		var left bool
		if pc, pos, left = m.back(base); !left {
			return 0, false, nil
		}
	}
}

// backBy returns the place that is some characters before pos.
func backBy(text string, pos, characters int) (int, bool) {
	for range characters {
		_, size := utf8.DecodeLastRuneInString(text[:pos])
		if size == 0 {
			return 0, false
		}
		pos -= size
	}
	return pos, true
}

// again matches what a group holds; one that took no part does not match.
func (m *matcher) again(i *instruction, pos int) (size int, ok bool) {
	from, to := m.regs[2*i.x], m.regs[2*i.x+1]
	if from < 0 || to < from {
		return 0, false
	}
	held, rest := m.text[from:to], m.text[pos:]
	if !i.fold {
		return len(held), strings.HasPrefix(rest, held)
	}
	for held != "" {
		a, n := utf8.DecodeRuneInString(held)
		b, k := utf8.DecodeRuneInString(rest)
		if k == 0 || !sameLetter(a, b) {
			return 0, false
		}
		held, rest, size = held[n:], rest[k:], size+k
	}
	return size, true
}

// char returns how many bytes the instruction takes of s: 0 for no match.
func (i *instruction) char(s string) int {
	r, size := utf8.DecodeRuneInString(s)
	if size == 0 {
		return 0
	}
	var ok bool
	switch i.op {
	case opRune:
		ok = r == i.r || i.fold && sameLetter(r, i.r)
	case opSet:
		ok = i.set.has(r)
	default:
		ok = i.dotAll || r != '\n'
	}
	if !ok {
		return 0
	}
	return size
}

func sameLetter(a, b rune) bool {
	if a == b {
		return true
	}
	for f := unicode.SimpleFold(a); f != a; f = unicode.SimpleFold(f) {
		if f == b {
			return true
		}
	}
	return false
}

func (s runeSet) has(r rune) bool {
	i := sort.Search(len(s), func(i int) bool { return s[i].high >= r })
	return i < len(s) && s[i].low <= r
}

// holds reports whether an anchor is right at a place. No line begins, and none
// ends, behind a newline that ends the text.
func (i *instruction) holds(text string, pos int) bool {
	switch i.text {
	case "^":
		return pos == 0 || i.multi && text[pos-1] == '\n' && pos < len(text)
	case "A":
		return pos == 0
	case "$":
		if i.multi {
			return pos < len(text) && text[pos] == '\n' || pos == len(text) && !strings.HasSuffix(text, "\n")
		}
		return text[pos:] == "" || text[pos:] == "\n"
	case "Z":
		return text[pos:] == "" || text[pos:] == "\n"
	case "z":
		return pos == len(text)
	case "b":
		return atWordEdge(text, pos)
	default:
		return !atWordEdge(text, pos)
	}
}

func atWordEdge(text string, pos int) bool {
	before := pos > 0 && isWordByte(text[pos-1])
	behind := pos < len(text) && isWordByte(text[pos])
	return before != behind
}

func isWordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}
