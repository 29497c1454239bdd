package json

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// SQLPath is a path of the SQL standard, as json_value and its kin take it. It
// has the accessors of members and elements, size() and type(); filters, other methods
// and arithmetic are refused by name.
type SQLPath struct {
	strict bool
	steps  []pathStep
}

type pathStepKind int

const (
	stepMember      pathStepKind = iota // .name
	stepMembers                         // .*
	stepElements                        // [*]
	stepSubscripts                      // [0, 2 to last]
	stepDescendants                     // ..name
	stepSize                            // .size()
	stepType                            // .type()
)

type pathStep struct {
	kind       pathStepKind
	name       string
	subscripts []subscript
}

// subscript is a range of indexes, counted from 0, or from last when it says so.
type subscript struct{ from, to index }

type index struct {
	last   bool
	offset int64
}

func (i index) in(size int) int64 {
	if i.last {
		return int64(size) - 1 - i.offset
	}
	return i.offset
}

// pathParser reads a path.
type pathParser struct {
	text string
	at   int
}

// ParseSQLPath parses a path such as lax $.a[0 to last]. The error says that it is
// none, or what of it is not carried.
func ParseSQLPath(text string) (SQLPath, error) {
	p := &pathParser{text: text}
	path := SQLPath{}
	switch p.word() {
	case "lax":
	case "strict":
		path.strict = true
	default:
		return path, p.bad()
	}
	if !p.take("$") || p.at < len(p.text) && isPathName(rune(p.text[p.at])) {
		return path, p.refuse()
	}
	for {
		p.space()
		if p.at == len(p.text) {
			return path, nil
		}
		step, err := p.step()
		if err != nil {
			return path, err
		}
		path.steps = append(path.steps, step)
	}
}

func (p *pathParser) bad() error {
	return sqlerr.New("INVALID_PATH", "'%s' is not a valid JSON path", p.text)
}

func (p *pathParser) refuse() error {
	return sqlerr.Refused("the JSON path " + strconv.Quote(p.text))
}

func (p *pathParser) space() {
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.at]) >= 0 {
		p.at++
	}
}

func (p *pathParser) take(s string) bool {
	p.space()
	if !strings.HasPrefix(p.text[p.at:], s) {
		return false
	}
	p.at += len(s)
	return true
}

func isPathName(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }

func (p *pathParser) word() string {
	p.space()
	rest := p.text[p.at:]
	end := strings.IndexFunc(rest, func(r rune) bool { return !isPathName(r) })
	if end < 0 {
		end = len(rest)
	}
	p.at += end
	return rest[:end]
}

// Name reads a member's name, plain or in quotes, in which two quotes are one.
func (p *pathParser) name() (string, error) {
	if !p.take(`"`) {
		name := p.word()
		if name == "" || name[0] >= '0' && name[0] <= '9' {
			return "", p.refuse()
		}
		if p.take("(") {
			return "", p.refuse()
		}
		return name, nil
	}
	var b strings.Builder
	for p.at < len(p.text) {
		c := p.text[p.at]
		p.at++
		if c == '"' && (p.at == len(p.text) || p.text[p.at] != '"') {
			return b.String(), nil
		}
		if c == '"' {
			p.at++
		}
		b.WriteByte(c)
	}
	return "", p.bad()
}

func (p *pathParser) step() (pathStep, error) {
	switch {
	case p.take(".."):
		name, err := p.name()
		return pathStep{kind: stepDescendants, name: name}, err
	case p.take("."):
		if p.take("*") {
			return pathStep{kind: stepMembers}, nil
		}
		if kind, ok := p.method(); ok {
			return pathStep{kind: kind}, nil
		}
		name, err := p.name()
		return pathStep{kind: stepMember, name: name}, err
	case p.take("["):
		if p.take("*") {
			if !p.take("]") {
				return pathStep{}, p.bad()
			}
			return pathStep{kind: stepElements}, nil
		}
		return p.subscripts()
	}
	return pathStep{}, p.refuse()
}

// method reads a method that is carried, or nothing.
func (p *pathParser) method() (kind pathStepKind, ok bool) {
	start := p.at
	kind, ok = map[string]pathStepKind{"size": stepSize, "type": stepType}[p.word()]
	if ok = ok && p.take("(") && p.take(")"); !ok {
		p.at = start
	}
	return kind, ok
}

func (p *pathParser) subscripts() (pathStep, error) {
	step := pathStep{kind: stepSubscripts}
	for {
		from, err := p.index()
		if err != nil {
			return step, err
		}
		s := subscript{from, from}
		if p.take("to") {
			if s.to, err = p.index(); err != nil {
				return step, err
			}
		}
		step.subscripts = append(step.subscripts, s)
		if p.take("]") {
			return step, nil
		}
		if !p.take(",") {
			return step, p.refuse()
		}
	}
}

// index reads a number, or "last" less a number.
func (p *pathParser) index() (index, error) {
	word := p.word()
	if word == "last" {
		i := index{last: true}
		if p.take("-") {
			n, err := strconv.ParseInt(p.word(), 10, 32)
			if err != nil {
				return i, p.refuse()
			}
			i.offset = n
		}
		return i, nil
	}
	n, err := strconv.ParseInt(word, 10, 32)
	if err != nil {
		return index{}, p.refuse()
	}
	return index{offset: n}, nil
}
