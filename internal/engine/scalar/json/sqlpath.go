package json

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// SQLPath is a path of the SQL standard, as json_value and its kin take it.
type SQLPath struct {
	strict bool
	root   pathExpr
}

// pathExpr is a part of a path that leads to items. Which fields are set is the kind's
// matter.
type pathExpr struct {
	kind       pathKind
	of         *pathExpr // what a step, a filter or a sign is applied to; the left operand
	right      *pathExpr
	name       string // of a member, a variable, a method, an operator
	literal    *Node
	subscripts []pathRange
	condition  *pathCondition
}

type pathKind int

const (
	pathRoot        pathKind = iota // $
	pathCurrent                     // @
	pathLast                        // last
	pathVariable                    // $name
	pathLiteral                     // 1, "text", true, null
	pathMember                      // .name
	pathMembers                     // .*
	pathElements                    // [*]
	pathSubscripts                  // [0, 2 to last]
	pathDescendants                 // ..name
	pathMethod                      // .name()
	pathFilter                      // ?(condition)
	pathSign                        // +x, -x
	pathBinary                      // x + y
)

// pathRange is a range of subscripts; to is nil for one alone.
type pathRange struct{ from, to *pathExpr }

// pathCondition is what stands in a filter.
type pathCondition struct {
	op          string // && || ! exists unknown starts, or a comparison
	left, right *pathCondition
	x, y        *pathExpr
}

// maxPathDepth is how deep a path may nest.
const maxPathDepth = 200

// maxPathTries is how many brackets are read that may hold a condition or a part.
const maxPathTries = 10_000

// pathParser reads a path.
type pathParser struct {
	text  string
	at    int
	depth int
	tries *int // how often a bracket was read; each may be read twice
	err   error
}

// ParseSQLPath parses a path such as lax $.a[0 to last]?(@ > 1). The error says that it
// is none, or what of it is not carried.
func ParseSQLPath(text string) (SQLPath, error) {
	p := &pathParser{text: text, tries: new(int)}
	path := SQLPath{}
	switch p.word() {
	case "lax":
	case "strict":
		path.strict = true
	default:
		return path, p.bad()
	}
	root := p.sum()
	p.space()
	if p.err == nil && p.at < len(p.text) {
		p.err = p.bad()
	}
	if p.err != nil {
		return path, p.err
	}
	path.root = *root
	return path, nil
}

func (p *pathParser) bad() error {
	return sqlerr.New("INVALID_PATH", "'%s' is not a valid JSON path", p.text)
}

func (p *pathParser) refuse() error {
	return sqlerr.Refused("the JSON path " + strconv.Quote(p.text))
}

// fail notes the first error, behind which what is read does not matter.
func (p *pathParser) fail(err error) *pathExpr {
	if p.err == nil {
		p.err = err
	}
	p.at = len(p.text)
	return &pathExpr{}
}

func (p *pathParser) enter() func() {
	if p.depth++; p.depth > maxPathDepth {
		p.fail(p.refuse())
	}
	return func() { p.depth-- }
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

func (p *pathParser) want(s string) {
	if !p.take(s) {
		p.fail(p.bad())
	}
}

// takeWord is take for a word, behind which no letter stands.
func (p *pathParser) takeWord(word string) bool {
	before := p.at
	if p.word() == word {
		return true
	}
	p.at = before
	return false
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

// quoted reads the rest of a text in quotes, in which two quotes are one.
func (p *pathParser) quoted() string {
	var b strings.Builder
	for p.at < len(p.text) {
		c := p.text[p.at]
		p.at++
		if c == '"' && (p.at == len(p.text) || p.text[p.at] != '"') {
			return b.String()
		}
		if c == '"' {
			p.at++
		}
		b.WriteByte(c)
	}
	p.fail(p.bad())
	return ""
}

// sum reads products with + and - between them.
func (p *pathParser) sum() *pathExpr { return p.operands([]string{"+", "-"}, p.product) }

func (p *pathParser) product() *pathExpr { return p.operands([]string{"*", "/", "%"}, p.signed) }

func (p *pathParser) operands(operators []string, operand func() *pathExpr) *pathExpr {
	left := operand()
	for p.err == nil {
		i := slices.IndexFunc(operators, p.take)
		if i < 0 {
			break
		}
		defer p.enter()() // a chain is as deep as it is long
		left = &pathExpr{kind: pathBinary, name: operators[i], of: left, right: operand()}
	}
	return left
}

func (p *pathParser) signed() *pathExpr {
	defer p.enter()()
	for _, sign := range []string{"+", "-"} {
		if p.err == nil && p.take(sign) {
			return &pathExpr{kind: pathSign, name: sign, of: p.signed()}
		}
	}
	return p.steps(p.primary())
}

func (p *pathParser) primary() *pathExpr {
	switch {
	case p.err != nil:
		return &pathExpr{}
	case p.take("("):
		defer p.enter()()
		inner := p.sum()
		p.want(")")
		return inner
	case p.take("$"):
		if p.at < len(p.text) && isPathName(rune(p.text[p.at])) {
			return &pathExpr{kind: pathVariable, name: p.word()}
		}
		return &pathExpr{kind: pathRoot}
	case p.take("@"):
		return &pathExpr{kind: pathCurrent}
	case p.take(`"`):
		return &pathExpr{kind: pathLiteral, literal: &Node{Kind: Text, Text: p.quoted()}}
	case p.at < len(p.text) && (p.text[p.at] >= '0' && p.text[p.at] <= '9' || p.text[p.at] == '.'):
		return p.number()
	}
	switch word := p.word(); word {
	case "last":
		return &pathExpr{kind: pathLast}
	case "true", "false":
		return &pathExpr{kind: pathLiteral, literal: &Node{Kind: Bool, Text: word}}
	case "null":
		return &pathExpr{kind: pathLiteral, literal: &Node{Kind: Null}}
	}
	return p.fail(p.bad())
}

func (p *pathParser) number() *pathExpr {
	start, float, exact := p.at, false, false
	for ; p.at < len(p.text); p.at++ {
		switch c := p.text[p.at]; {
		case c >= '0' && c <= '9':
			continue
		case c == '.' && !exact && !float:
			exact = true
			continue
		case (c == 'e' || c == 'E') && !float:
			float = true
			if p.at+1 < len(p.text) && strings.IndexByte("+-", p.text[p.at+1]) >= 0 {
				p.at++
			}
			continue
		}
		break
	}
	n := &Node{Kind: Integer, Text: p.text[start:p.at]}
	if float || exact {
		n.Kind, n.exact = Float, !float
	}
	if _, err := n.float(); err != nil {
		return p.fail(p.bad())
	}
	return &pathExpr{kind: pathLiteral, literal: n}
}

// steps reads the accessors, methods and filters behind a part.
func (p *pathParser) steps(of *pathExpr) *pathExpr {
	for p.err == nil {
		defer p.enter()()
		switch {
		case p.take(".."):
			of = &pathExpr{kind: pathDescendants, of: of, name: p.name()}
		case p.take("."):
			of = p.member(of)
		case p.take("["):
			of = p.subscripts(of)
		case p.take("?"):
			p.want("(")
			of = &pathExpr{kind: pathFilter, of: of, condition: p.disjunction()}
			p.want(")")
		default:
			return of
		}
	}
	return of
}

// name reads a member's name, plain or in quotes.
func (p *pathParser) name() string {
	if p.take(`"`) {
		return p.quoted()
	}
	name := p.word()
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		p.fail(p.bad())
	}
	return name
}

func (p *pathParser) member(of *pathExpr) *pathExpr {
	if p.take("*") {
		return &pathExpr{kind: pathMembers, of: of}
	}
	plain := !strings.HasPrefix(strings.TrimLeft(p.text[p.at:], " \t\r\n"), `"`)
	name := p.name()
	if !plain || !p.take("(") {
		return &pathExpr{kind: pathMember, of: of, name: name}
	}
	switch name {
	case "abs", "ceiling", "double", "floor", "keyvalue", "size", "type":
	case "datetime":
		return p.fail(p.refuse())
	default:
		return p.fail(p.bad())
	}
	p.want(")")
	return &pathExpr{kind: pathMethod, of: of, name: name}
}

func (p *pathParser) subscripts(of *pathExpr) *pathExpr {
	if p.take("*") {
		p.want("]")
		return &pathExpr{kind: pathElements, of: of}
	}
	step := &pathExpr{kind: pathSubscripts, of: of}
	for p.err == nil {
		r := pathRange{from: p.sum()}
		if p.takeWord("to") {
			r.to = p.sum()
		}
		step.subscripts = append(step.subscripts, r)
		if p.take("]") {
			break
		}
		p.want(",")
	}
	return step
}

func (p *pathParser) disjunction() *pathCondition { return p.conditions("||", p.conjunction) }

func (p *pathParser) conjunction() *pathCondition { return p.conditions("&&", p.condition) }

func (p *pathParser) conditions(op string, operand func() *pathCondition) *pathCondition {
	left := operand()
	for p.err == nil && p.take(op) {
		defer p.enter()()
		left = &pathCondition{op: op, left: left, right: operand()}
	}
	return left
}

func (p *pathParser) condition() *pathCondition {
	defer p.enter()()
	switch {
	case p.err != nil:
		return &pathCondition{}
	case p.take("!"):
		p.want("(")
		c := &pathCondition{op: "!", left: p.disjunction()}
		p.want(")")
		return c
	case p.takeWord("exists"):
		p.want("(")
		c := &pathCondition{op: "exists", x: p.sum()}
		p.want(")")
		return c
	}
	// What is in brackets is a condition, or a part that is compared.
	before := *p
	if *p.tries++; *p.tries > maxPathTries {
		p.fail(p.refuse())
	}
	if p.err == nil && p.take("(") {
		c := p.disjunction()
		p.want(")")
		if p.err == nil {
			if p.takeWord("is") {
				if !p.takeWord("unknown") {
					p.fail(p.bad())
				}
				return &pathCondition{op: "unknown", left: c}
			}
			return c
		}
		*p = before
	}
	return p.comparison()
}

func (p *pathParser) comparison() *pathCondition {
	c := &pathCondition{x: p.sum()}
	for _, op := range []string{"==", "<>", "!=", "<=", ">=", "<", ">"} {
		if p.err == nil && p.take(op) {
			c.op, c.y = op, p.sum()
			return c
		}
	}
	switch word := p.word(); {
	case p.err != nil:
	case word == "starts" && p.takeWord("with"):
		c.op, c.y = word, p.primary()
	case word == "like_regex":
		p.fail(p.refuse())
	default:
		p.fail(p.bad())
	}
	return c
}
