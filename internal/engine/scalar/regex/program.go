package regex

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/dlclark/regexp2"

	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// matchTimeout bounds one search of the engine that backtracks, whose time may
// grow exponentially with the text.
const matchTimeout = 2 * time.Second

// Program is a compiled pattern. Package regexp runs it where that finds what
// Joni would, in linear time; the engine that backtracks does elsewhere.
type Program struct {
	Groups int // without group 0
	Names  map[string]int
	ascii  linearProgram
	wide   func() linearProgram
	full   func() (*regexp2.Regexp, error)
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
	p.ascii = compileLinear(tree, dialectASCII)
	p.wide = sync.OnceValue(func() linearProgram { return compileLinear(tree, dialectLinear) })
	p.full = sync.OnceValues(func() (*regexp2.Regexp, error) {
		text, _ := spell(tree, dialectBacktracking)
		re, err := regexp2.Compile(text, regexp2.None)
		if err != nil {
			return nil, refusePattern("in " + pattern)
		}
		re.MatchTimeout = matchTimeout
		return re, nil
	})
	if p.ascii.re == nil {
		if _, err := p.full(); err != nil {
			return nil, err
		}
	}
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
func (p *Program) Matches(text string) (bool, error) {
	if l, ok := p.linear(text); ok {
		return l.re.MatchString(text), nil
	}
	loc, err := p.Search(text).From(0)
	return loc != nil, err
}

// Search finds the matches of one text.
type Search struct {
	text   string
	linear linearProgram
	full   func() (*regexp2.Regexp, error)
	all    [][]int // the matches of a linear program that looks behind
	listed bool
	runes  []rune
	bytes  []int // the offset of each rune, and of the end
}

// Search returns what finds the matches of text, one after another.
func (p *Program) Search(text string) *Search {
	f := &Search{text: text, full: p.full}
	if l, ok := p.linear(text); ok {
		f.linear = l
	}
	return f
}

// From returns the first match that begins at offset or later, as the offsets of
// its groups, or nil. offset is 0, where the last match ended, or further.
func (f *Search) From(offset int) ([]int, error) {
	re := f.linear.re
	switch {
	case re == nil, f.linear.behind && f.linear.empty && offset > 0:
		return f.backtrack(offset)
	case offset == 0:
		return re.FindStringSubmatchIndex(f.text), nil
	case !f.linear.behind:
		loc := re.FindStringSubmatchIndex(f.text[offset:])
		for i := range loc {
			if loc[i] >= 0 {
				loc[i] += offset
			}
		}
		return loc, nil
	}
	if !f.listed {
		f.all, f.listed = re.FindAllStringSubmatchIndex(f.text, -1), true
	}
	for _, loc := range f.all {
		if loc[0] >= offset {
			return loc, nil
		}
	}
	return nil, nil
}

// Anywhere makes from right for every offset.
func (f *Search) Anywhere() *Search {
	if f.linear.behind {
		f.linear = linearProgram{}
	}
	return f
}

func (f *Search) backtrack(offset int) ([]int, error) {
	re, err := f.full()
	if err != nil {
		return nil, err
	}
	if f.bytes == nil {
		f.runes = []rune(f.text)
		f.bytes = make([]int, 0, len(f.runes)+1)
		for i := range f.text {
			f.bytes = append(f.bytes, i)
		}
		f.bytes = append(f.bytes, len(f.text))
	}
	start := utf8.RuneCountInString(f.text[:offset])
	m, err := re.FindRunesMatchStartingAt(f.runes, start)
	if err != nil {
		return nil, sqlerr.New("EXCEEDED_TIME_LIMIT", "Regular expression matching takes longer than %s", matchTimeout)
	}
	if m == nil {
		return nil, nil
	}
	groups := m.Groups()
	loc := make([]int, 0, 2*len(groups))
	for _, g := range groups {
		if len(g.Captures) == 0 {
			loc = append(loc, -1, -1)
			continue
		}
		loc = append(loc, f.bytes[g.Index], f.bytes[g.Index+g.Length])
	}
	return loc, nil
}
