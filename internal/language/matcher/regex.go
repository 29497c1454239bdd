package matcher

import (
	"errors"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MostRepeated is how much longer the program of an expression may be than its text, in
// instructions: each count of a repetition is as many copies of what it repeats.
const MostRepeated = 1100

// ErrTooLarge says that an expression has too many parts, counted with their repetitions.
var ErrTooLarge = errors.New("the regular expression is too large: it repeats too much too often")

// Regex is an expression that was compiled. Many may use it at once, each with a Machine
// of its own.
type Regex struct {
	prog     *syntax.Prog
	anchored bool   // it matches at the beginning of a text alone
	prefix   string // with which every match begins
	needs    [][]string
	context  bool   // it looks at what is around a place: ^, $ or \b
	bounds   []rune // where classes of characters that are treated alike begin
	ascii    [utf8.RuneSelf]uint16
	line     []bool // by class: whether it is the end of a line
	word     []bool // by class: whether it is of words
}

// Compile compiles an expression in the syntax of package regexp. The error is that of
// package syntax, or ErrTooLarge.
func Compile(expression string) (*Regex, error) {
	parsed, err := syntax.Parse(expression, syntax.Perl)
	if err != nil {
		return nil, err
	}
	needs := needed(parsed)
	prog, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return nil, err
	}
	if len(prog.Inst) > len(expression)+MostRepeated {
		return nil, ErrTooLarge
	}
	r := &Regex{prog: prog, anchored: prog.StartCond()&syntax.EmptyBeginText != 0, needs: needs}
	if prog.StartCond() == 0 {
		r.prefix, _ = prog.Prefix()
	}
	if strings.ContainsRune(r.prefix, utf8.RuneError) { // for which any wrong byte stands
		r.prefix = ""
	}
	r.classify()
	return r, nil
}

// Needs returns texts that stand in whatever matches: of each list at least one.
func (r *Regex) Needs() [][]string { return r.needs }

// classify finds which characters the expression does not tell apart.
func (r *Regex) classify() {
	bounds := []rune{0, utf8.RuneSelf}
	between := func(first, last rune) { bounds = append(bounds, first, last+1) }
	for i := range r.prog.Inst {
		inst := &r.prog.Inst[i]
		switch inst.Op {
		case syntax.InstRune1:
			between(inst.Rune[0], inst.Rune[0])
		case syntax.InstRune:
			if len(inst.Rune) == 1 {
				c := inst.Rune[0]
				between(c, c)
				for f := unicode.SimpleFold(c); f != c; f = unicode.SimpleFold(f) {
					between(f, f)
				}
			}
			for k := 0; k+1 < len(inst.Rune); k += 2 {
				between(inst.Rune[k], inst.Rune[k+1])
			}
		case syntax.InstRuneAnyNotNL:
			between('\n', '\n')
		case syntax.InstEmptyWidth:
			r.context = true
			between('\n', '\n')
			between('0', '9')
			between('A', 'Z')
			between('_', '_')
			between('a', 'z')
		default: // the others look at no character
		}
	}
	slices.Sort(bounds)
	r.bounds = slices.Compact(bounds)
	for c := range r.ascii {
		r.ascii[c] = r.class(rune(c))
	}
	r.line, r.word = make([]bool, len(r.bounds)), make([]bool, len(r.bounds))
	for i, c := range r.bounds {
		r.line[i], r.word[i] = c == '\n', syntax.IsWordChar(c)
	}
}

// class returns the class of a character.
func (r *Regex) class(c rune) uint16 {
	i, found := slices.BinarySearch(r.bounds, c)
	if !found {
		i--
	}
	return uint16(i) //nolint:gosec // there are fewer characters at which anything begins
}
