package regex

import (
	"io"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/sillok/sillok/internal/engine/work"
)

// Program is a compiled pattern. Package regexp runs it where that finds what
// Joni would, in linear time; a matcher that backtracks does elsewhere.
type Program struct {
	Groups int // without group 0
	Names  map[string]int
	ascii  linearProgram
	wide   func() linearProgram
	code   []instruction // of the matcher that backtracks
	needs  int           // how many registers they need
	// ends means that an anchor looks for the end of the text or of a line.
	ends bool
}

// linearProgram is a pattern in package regexp; nil when it cannot be said there.
type linearProgram struct {
	re *regexp.Regexp
	// behind means that a match depends on the text before it.
	behind bool
	// empty means that a match may be empty.
	empty bool
}

// Compile parses a pattern. The error says what in it is wrong, in Joni's words, or
// what is not carried.
func Compile(pattern string) (*Program, error) {
	tree, parser, err := parseRegexp(pattern)
	if err != nil {
		return nil, err
	}
	p := &Program{Groups: parser.groups, Names: parser.names, ends: looksForEnd(tree)}
	if p.code, p.needs, err = assemble(tree, parser.groups); err != nil {
		return nil, err
	}
	p.ascii = compileLinear(tree, dialectASCII)
	p.wide = sync.OnceValue(func() linearProgram { return compileLinear(tree, dialectLinear) })
	return p, nil
}

func looksForEnd(n *reNode) bool {
	if n.kind == reAnchor && (n.text == "$" || n.text == "Z" || n.text == "^" && n.flags.multi) {
		return true
	}
	return slices.ContainsFunc(n.subs, looksForEnd)
}

func compileLinear(tree *reNode, dialect reDialect) linearProgram {
	text, ok := spell(tree, dialect)
	if !ok {
		return linearProgram{}
	}
	parsed, err := syntax.Parse(text, syntax.Perl)
	if err != nil || loopsOverEmpty(parsed) {
		return linearProgram{}
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return linearProgram{}
	}
	return linearProgram{re: re, behind: looksBehind(parsed), empty: canBeEmpty(parsed)}
}

// loopsOverEmpty reports whether something that may be empty is repeated: what
// its groups hold then differs between engines.
func loopsOverEmpty(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest, syntax.OpRepeat:
		if canBeEmpty(re.Sub[0]) {
			return true
		}
	default:
	}
	return slices.ContainsFunc(re.Sub, loopsOverEmpty)
}

func canBeEmpty(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpLiteral:
		return len(re.Rune) == 0
	case syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL, syntax.OpNoMatch:
		return false
	case syntax.OpConcat:
		return !slices.ContainsFunc(re.Sub, func(sub *syntax.Regexp) bool { return !canBeEmpty(sub) })
	case syntax.OpAlternate:
		return slices.ContainsFunc(re.Sub, canBeEmpty)
	case syntax.OpCapture, syntax.OpPlus:
		return canBeEmpty(re.Sub[0])
	case syntax.OpRepeat:
		return re.Min == 0 || canBeEmpty(re.Sub[0])
	default:
		return true
	}
}

func looksBehind(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpBeginText, syntax.OpBeginLine, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return true
	default:
		return slices.ContainsFunc(re.Sub, looksBehind)
	}
}

// linear returns the program of package regexp that is right for text, if any.
func (p *Program) linear(text string) (linearProgram, bool) {
	if p.ends && strings.HasSuffix(text, "\n") {
		return linearProgram{}, false
	}
	if isASCII(text) {
		return p.ascii, p.ascii.re != nil
	}
	if !utf8.ValidString(text) {
		return linearProgram{}, false
	}
	wide := p.wide()
	return wide, wide.re != nil
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// Matches reports whether text has a match.
func (p *Program) Matches(w *work.Work, text string) (bool, error) {
	loc, err := p.Search(w, text).From(0)
	return loc != nil, err
}

// maxListed bounds the texts of which all matches are listed at once.
const maxListed = 1 << 16

// Search finds the matches of one text.
type Search struct {
	program *Program
	text    string
	work    *work.Work
	linear  linearProgram
	all     [][]int // the matches of a linear program that looks behind
	listed  bool
	passed  int // how many bytes the linear program may have looked at
	matcher *matcher
}

// Search returns what finds the matches of text, one after another, and counts
// that in w.
func (p *Program) Search(w *work.Work, text string) *Search {
	f := &Search{program: p, text: text, work: w}
	if l, ok := p.linear(text); ok && (!l.behind || len(text) <= maxListed) {
		f.linear = l
	}
	return f
}

// From returns the first match that begins at offset or later, as the offsets of
// its groups, or nil. offset is 0, where the last match ended, or further.
func (f *Search) From(offset int) ([]int, error) {
	switch {
	case f.linear.re == nil, f.linear.behind && f.linear.empty && offset > 0:
		return f.backtrack(offset)
	case offset == 0 || !f.linear.behind:
		loc, err := f.find(f.text[offset:])
		for i := range loc {
			if loc[i] >= 0 {
				loc[i] += offset
			}
		}
		return loc, err
	}
	if !f.listed {
		if err := f.work.Steps(len(f.text)); err != nil {
			return nil, err
		}
		f.all, f.listed = f.linear.re.FindAllStringSubmatchIndex(f.text, -1), true
	}
	for _, loc := range f.all {
		if loc[0] >= offset {
			return loc, nil
		}
	}
	return nil, nil
}

// eager is how many bytes package regexp may look at without being counted.
const eager = 1 << 20

// find runs the linear program. To look for one match it may have to read to the
// end, and may do so for each: once that has become much, what it reads is counted.
func (f *Search) find(text string) ([]int, error) {
	if f.passed += len(text); f.passed <= eager {
		return f.linear.re.FindStringSubmatchIndex(text), nil
	}
	r := &countedReader{text: text, work: f.work}
	loc := f.linear.re.FindReaderSubmatchIndex(r)
	return loc, r.err
}

// readWeight is how many steps the linear program takes for a character.
const readWeight = 8

// countedReader gives a text rune by rune until that is too much.
type countedReader struct {
	text string
	work *work.Work
	read int
	err  error
}

// ReadRune implements io.RuneReader.
func (r *countedReader) ReadRune() (c rune, size int, err error) {
	if r.read++; r.read%stepsEach == 0 {
		if r.err = r.work.Steps(stepsEach * readWeight); r.err != nil {
			return 0, 0, r.err
		}
	}
	if r.text == "" {
		return 0, 0, io.EOF
	}
	c, size = utf8.DecodeRuneInString(r.text)
	r.text = r.text[size:]
	return c, size, nil
}

// Anywhere makes From right for every offset.
func (f *Search) Anywhere() *Search {
	if f.linear.behind {
		f.linear = linearProgram{}
	}
	return f
}

func (f *Search) backtrack(offset int) ([]int, error) {
	if f.matcher == nil {
		f.matcher = newMatcher(f.work, f.program.code, f.program.needs, f.text)
	}
	return f.matcher.from(offset, f.program.Groups)
}
