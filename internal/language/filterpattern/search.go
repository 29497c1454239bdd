package filterpattern

import (
	"strings"

	"github.com/sillok/sillok/internal/kit/find"
)

// search finds which of many texts occur in a message, in one pass: the automaton
// of Aho and Corasick. States near its root, where a search nearly always is, have
// a table of what follows each byte; those far from it have a short list, and fall
// back as the algorithm does, so that memory grows with the texts alone.
type search struct {
	size    int
	few     []find.Text // looked for one by one instead: so few are found faster so
	empty   int         // the number of the empty text, or -1
	class   [256]int
	classes int
	table   []uint32 // by state and class, for the first states: the next state times classes, with arrives where a text ends
	tabled  int
	states  []state // in the order of their distance from the root
}

// state is what texts begin with.
type state struct {
	bytes string // what may follow,
	next  []int
	fall  int // the longest other state that this one ends with
	word  int // the number of the text that this state is, or -1
	ends  int // the longest state that this one ends with and that is a text, perhaps itself, or -1
}

const (
	arrives   = 1 << 31
	tableSize = 1 << 18 // entries of four bytes
	fewTexts  = 4
)

// newSearch returns the search for texts, which it knows by their numbers.
func newSearch(numbers map[string]int) *search {
	a := &search{size: len(numbers), empty: -1}
	texts := make([]string, len(numbers))
	for text, n := range numbers {
		texts[n] = text
		if text == "" {
			a.empty = n
		}
	}
	if len(texts) <= fewTexts {
		for _, text := range texts {
			a.few = append(a.few, find.Of([]byte(text)))
		}
		return a
	}
	a.grow(texts)
	a.link()
	a.tabulate(texts)
	return a
}

// grow makes the states of all beginnings of texts.
func (a *search) grow(texts []string) {
	grown := []state{{word: -1, ends: -1}}
	for n, text := range texts {
		at := 0
		for i := range len(text) {
			s := &grown[at]
			k := strings.IndexByte(s.bytes, text[i])
			if k < 0 {
				k = len(s.bytes)
				s.bytes += text[i : i+1]
				s.next = append(s.next, len(grown))
				grown = append(grown, state{word: -1, ends: -1})
				s = &grown[at]
			}
			at = s.next[k]
		}
		if at != 0 {
			grown[at].word = n
		}
	}
	// Renumber them by their distance from the root.
	order := make([]int, 1, len(grown))
	for i := 0; i < len(order); i++ {
		order = append(order, grown[order[i]].next...)
	}
	numbers := make([]int, len(grown))
	for i, old := range order {
		numbers[old] = i
	}
	a.states = make([]state, len(grown))
	for i, old := range order {
		a.states[i] = grown[old]
		for k, next := range a.states[i].next {
			a.states[i].next[k] = numbers[next]
		}
	}
}

// link finds what each state falls back to.
func (a *search) link() {
	for at := range a.states {
		s := &a.states[at]
		if s.word >= 0 {
			s.ends = at
		} else if at > 0 {
			s.ends = a.states[s.fall].ends
		}
		for k, next := range s.next {
			if at > 0 {
				a.states[next].fall = a.step(s.fall, s.bytes[k])
			}
		}
	}
}

// step follows byte b from state at, by the lists.
func (a *search) step(at int, b byte) int {
	for {
		s := &a.states[at]
		if k := strings.IndexByte(s.bytes, b); k >= 0 {
			return s.next[k]
		}
		if at == 0 {
			return 0
		}
		at = s.fall
	}
}

// tabulate fills the table for the first states. Bytes that are in no text are one class.
func (a *search) tabulate(texts []string) {
	a.classes = 1
	for _, text := range texts {
		for i := range len(text) {
			if a.class[text[i]] == 0 {
				a.class[text[i]] = a.classes
				a.classes++
			}
		}
	}
	tabled := min(len(a.states), tableSize/a.classes)
	a.tabled = tabled
	a.table = make([]uint32, tabled*a.classes)
	for at := range tabled {
		s := &a.states[at]
		row := a.table[at*a.classes : (at+1)*a.classes]
		if at > 0 {
			copy(row, a.table[s.fall*a.classes:])
		}
		for k, next := range s.next {
			entry := uint32(next * a.classes) //nolint:gosec // a hundred patterns have 100,000 states at most, and there are 256 classes
			if a.states[next].ends >= 0 {
				entry |= arrives
			}
			row[a.class[s.bytes[k]]] = entry
		}
	}
}

// in returns which texts occur in message, in the memory of found where that is enough.
func (a *search) in(message []byte, found bits) bits {
	words := (a.size + 63) / 64
	if cap(found) < words {
		found = make(bits, words)
	}
	found = found[:words]
	clear(found)
	for n := range a.few {
		if a.few[n].In(message) {
			found.add(n)
		}
	}
	if len(a.few) > 0 || a.size == 0 {
		return found
	}
	if a.empty >= 0 {
		found.add(a.empty)
	}
	table, class, limit := a.table, &a.class, len(a.table)
	at := 0 // a state, times classes
	for _, b := range message {
		if at >= limit {
			state := a.far(at/a.classes, b)
			at = state * a.classes
			if a.states[state].ends >= 0 {
				a.mark(state, found)
			}
			continue
		}
		entry := table[at+class[b]]
		at = int(entry &^ arrives)
		if entry&arrives != 0 {
			a.mark(at/a.classes, found)
		}
	}
	return found
}

// far follows byte b from a state that has no table.
func (a *search) far(at int, b byte) int {
	for at >= a.tabled {
		s := &a.states[at]
		if k := strings.IndexByte(s.bytes, b); k >= 0 {
			return s.next[k]
		}
		at = s.fall
	}
	return int(a.table[at*a.classes+a.class[b]]&^arrives) / a.classes
}

// mark notes the texts that end here. Those that end in a text that is noted are.
func (a *search) mark(at int, found bits) {
	for ends := a.states[at].ends; ends >= 0; {
		s := &a.states[ends]
		if found.has(s.word) {
			return
		}
		found.add(s.word)
		ends = a.states[s.fall].ends
	}
}
