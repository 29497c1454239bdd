package regex

import "github.com/sillok/sillok/internal/sql/sqlerr"

// opcode is what an instruction of the matcher that backtracks does.
type opcode int

const (
	opMatch   opcode = iota // the pattern, or the part of it that is run alone, has matched
	opRune                  // one character
	opSet                   // one character of a set
	opAny                   // one character, or one that ends no line
	opAnchor                // a place
	opJump                  // go on at x
	opSplit                 // go on at x, and when that fails at y
	opSave                  // note the place in the capture x
	opRun                   // x times or more, up to y, the one character that the next instruction matches
	opZero                  // the counter x is 0
	opLoop                  // another round of a repetition, or its end at y
	opRound                 // the counter x is one more
	opMark                  // note the place in x, where a round begins
	opCheck                 // leave the repetition for y when the round that began at x was empty
	opLook                  // look around
	opAtomic                // match without coming back
	opBackref               // what the group x holds
)

// instruction is one of the matcher's.
type instruction struct {
	op   opcode
	x, y int
	r    rune
	set  runeSet
	text string // of an anchor or a look-around
	flags
	lazy      bool
	low, high int // of opRun and opLoop; high is -1 for no limit
	// of opLook: the lengths in characters to step back, one for each alternative
	back []int
}

// flags are those in force at an instruction.
type flags struct{ fold, multi, dotAll bool }

// compiler makes instructions of a tree. Registers hold the ends of groups, then
// counters and marks.
type compiler struct {
	code      []instruction
	registers int
}

// assemble returns the instructions of a tree, and how many registers they need.
func assemble(tree *reNode, groups int) ([]instruction, int, error) {
	c := &compiler{registers: 2 * (groups + 1)}
	err := c.emit(tree)
	c.add(instruction{op: opMatch})
	return c.code, c.registers, err
}

func (c *compiler) add(i instruction) int {
	c.code = append(c.code, i)
	return len(c.code) - 1
}

func (c *compiler) register() int {
	c.registers++
	return c.registers - 1
}

func (c *compiler) emit(n *reNode) error {
	in := flags{fold: n.flags.fold, multi: n.flags.multi, dotAll: n.flags.dotAll}
	switch n.kind {
	case reEmpty:
	case reLiteral:
		for _, r := range n.runes {
			c.add(instruction{op: opRune, r: r, flags: in})
		}
	case reSet:
		c.add(instruction{op: opSet, set: n.set})
	case reAny:
		c.add(instruction{op: opAny, flags: in})
	case reAnchor:
		c.add(instruction{op: opAnchor, text: n.text, flags: in})
	case reConcat:
		for _, sub := range n.subs {
			if err := c.emit(sub); err != nil {
				return err
			}
		}
	case reAlternate:
		return c.alternate(n)
	case reRepeat:
		return c.repeat(n)
	case reGroup:
		c.add(instruction{op: opSave, x: 2 * n.group})
		if err := c.emit(n.subs[0]); err != nil {
			return err
		}
		c.add(instruction{op: opSave, x: 2*n.group + 1})
	case reLook:
		return c.look(n)
	case reAtomic:
		return c.alone(instruction{op: opAtomic}, n.subs[0])
	case reBackref:
		c.add(instruction{op: opBackref, x: n.group, flags: in})
	}
	return nil
}

func (c *compiler) alternate(n *reNode) error {
	var ends []int
	for i, sub := range n.subs {
		split := -1
		if i < len(n.subs)-1 {
			split = c.add(instruction{op: opSplit, x: len(c.code) + 1})
		}
		if err := c.emit(sub); err != nil {
			return err
		}
		if split >= 0 {
			ends = append(ends, c.add(instruction{op: opJump}))
			c.code[split].y = len(c.code)
		}
	}
	for _, end := range ends {
		c.code[end].x = len(c.code)
	}
	return nil
}

// alone emits sub so that it is run by itself: it stands behind i, whose y is
// where the pattern goes on.
func (c *compiler) alone(i instruction, sub *reNode) error {
	at := c.add(i)
	err := c.emit(sub)
	c.add(instruction{op: opMatch})
	c.code[at].y = len(c.code)
	return err
}

// look emits a look-around. What stands before a place must be of a length that is
// known, at least for each alternative.
func (c *compiler) look(n *reNode) error {
	i := instruction{op: opLook, text: n.text}
	if n.text == "?<=" || n.text == "?<!" {
		lengths, ok := alternativeLengths(n.subs[0])
		if !ok {
			return sqlerr.Argument("invalid pattern in look-behind")
		}
		i.back = lengths
	}
	return c.alone(i, n.subs[0])
}

// alternativeLengths returns the lengths of the texts that n may match, each once.
func alternativeLengths(n *reNode) ([]int, bool) {
	if n.kind == reConcat && len(n.subs) == 1 {
		return alternativeLengths(n.subs[0])
	}
	subs := []*reNode{n}
	if n.kind == reAlternate {
		subs = n.subs
	}
	var lengths []int
	for _, sub := range subs {
		length, ok := fixedLength(sub)
		if !ok {
			return nil, false
		}
		lengths = append(lengths, length)
	}
	return lengths, true
}

// fixedLength returns how many characters everything that n matches has.
func fixedLength(n *reNode) (int, bool) {
	switch n.kind {
	case reEmpty, reAnchor, reLook:
		return 0, true
	case reLiteral:
		return len(n.runes), true
	case reSet, reAny:
		return 1, true
	case reRepeat:
		length, ok := fixedLength(n.subs[0])
		return length * n.min, ok && n.min == n.max
	case reConcat, reGroup, reAtomic:
		total := 0
		for _, sub := range n.subs {
			length, ok := fixedLength(sub)
			if !ok {
				return 0, false
			}
			total += length
		}
		return total, true
	case reAlternate:
		first, ok := fixedLength(n.subs[0])
		for _, sub := range n.subs[1:] {
			length, known := fixedLength(sub)
			ok = ok && known && length == first
		}
		return first, ok
	case reBackref:
	}
	return 0, false
}

// repeat emits a repetition: of one character as a run, else as a loop with a
// counter and a mark.
func (c *compiler) repeat(n *reNode) error {
	sub := n.subs[0]
	if isSingle(sub) {
		c.add(instruction{op: opRun, low: n.min, high: n.max, lazy: n.lazy})
		return c.emit(sub)
	}
	counter, mark := c.register(), c.register()
	c.add(instruction{op: opZero, x: counter})
	loop := c.add(instruction{op: opLoop, x: counter, low: n.min, high: n.max, lazy: n.lazy})
	c.add(instruction{op: opRound, x: counter})
	c.add(instruction{op: opMark, x: mark})
	if err := c.emit(sub); err != nil {
		return err
	}
	check := c.add(instruction{op: opCheck, x: mark})
	c.add(instruction{op: opJump, x: loop})
	c.code[loop].y, c.code[check].y = len(c.code), len(c.code)
	return nil
}

// isSingle reports whether n is one instruction that matches one character.
func isSingle(n *reNode) bool {
	switch n.kind {
	case reSet, reAny:
		return true
	case reLiteral:
		return len(n.runes) == 1
	case reConcat:
		return len(n.subs) == 1 && isSingle(n.subs[0])
	default:
		return false
	}
}
