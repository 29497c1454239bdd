package glue

import (
	"regexp"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/resource"
)

// predicate says whether a partition with these values is wanted.
type predicate func(values []string) (bool, error)

// parsePredicate reads the Expression of GetPartitions: comparisons, IN,
// BETWEEN, LIKE and IS NULL over partition keys, with NOT, AND and OR. See
// https://docs.aws.amazon.com/glue/latest/webapi/API_GetPartitions.html.
func parsePredicate(expression string, keys []glueapi.Column) (predicate, error) {
	if strings.TrimSpace(expression) == "" {
		return func([]string) (bool, error) { return true, nil }, nil
	}
	tokens, err := predicateTokens(expression)
	if err != nil {
		return nil, err
	}
	p := &predicateParser{tokens: tokens, keys: keys, text: expression}
	holds, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.next != len(tokens) {
		return nil, p.unsupported()
	}
	return holds, nil
}

type predicateToken struct {
	text   string // keywords and operators in upper case, the rest as written, strings without quotes
	kind   byte   // 'w' word, 'n' number, 's' string, 'o' operator
	source string
}

var predicatePattern = regexp.MustCompile("^(?:" +
	`(?P<s>'(?:[^']|'')*')|(?P<n>[-+]?[0-9]+(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?)|` +
	"(?P<w>[A-Za-z_][A-Za-z0-9_]*|`[^`]+`|\"[^\"]+\")|(?P<o><=|>=|<>|!=|[=<>(),]))")

// bracketed is a connective in parentheses, which Glue reads as the connective.
var bracketed = regexp.MustCompile(`(?i)\(\s*(AND|OR)\s*\)`)

func predicateTokens(expression string) ([]predicateToken, error) {
	rest := strings.TrimSpace(bracketed.ReplaceAllString(expression, " $1 "))
	var tokens []predicateToken
	for rest != "" {
		match := predicatePattern.FindStringSubmatch(rest)
		if match == nil {
			return nil, errInvalid("Unsupported expression '%s'", expression)
		}
		token := predicateToken{source: match[0]}
		switch {
		case match[1] != "":
			token.kind, token.text = 's', strings.ReplaceAll(match[1][1:len(match[1])-1], "''", "'")
		case match[2] != "":
			token.kind, token.text = 'n', match[2]
		case match[3] != "":
			token.kind, token.text = 'w', strings.Trim(match[3], "`\"")
		default:
			token.kind, token.text = 'o', match[4]
		}
		tokens = append(tokens, token)
		rest = strings.TrimSpace(rest[len(match[0]):])
	}
	return tokens, nil
}

type predicateParser struct {
	tokens []predicateToken
	next   int
	depth  int
	keys   []glueapi.Column
	text   string
}

// maxPredicateDepth bounds the nesting of parentheses and NOT.
const maxPredicateDepth = 200

func (p *predicateParser) unsupported() error {
	return errInvalid("Unsupported expression '%s'", p.text)
}

// take consumes the next token when it is the operator or keyword text.
func (p *predicateParser) take(text string) bool {
	if p.next < len(p.tokens) && p.tokens[p.next].kind != 's' && strings.EqualFold(p.tokens[p.next].text, text) {
		p.next++
		return true
	}
	return false
}

func (p *predicateParser) or() (predicate, error) {
	return p.chain("OR", p.and, func(a, b bool) bool { return a || b })
}

func (p *predicateParser) and() (predicate, error) {
	return p.chain("AND", p.not, func(a, b bool) bool { return a && b })
}

func (p *predicateParser) chain(word string, term func() (predicate, error), join func(a, b bool) bool) (predicate, error) {
	left, err := term()
	for err == nil && p.take(word) {
		var right predicate
		if right, err = term(); err != nil {
			break
		}
		first := left
		left = func(values []string) (bool, error) {
			a, err := first(values)
			if err != nil {
				return false, err
			}
			b, err := right(values)
			return join(a, b), err
		}
	}
	return left, err
}

func (p *predicateParser) not() (predicate, error) {
	if p.depth++; p.depth > maxPredicateDepth {
		return nil, p.unsupported()
	}
	defer func() { p.depth-- }()
	if p.take("NOT") {
		inner, err := p.not()
		return negate(inner, true), err
	}
	// An opening parenthesis begins either a condition or the key of one: "(a) = 1".
	start := p.next
	if p.take("(") {
		if inner, err := p.or(); err == nil && p.take(")") {
			return inner, nil
		}
		p.next = start
	}
	return p.condition()
}

// condition reads one comparison of a key.
func (p *predicateParser) condition() (predicate, error) {
	index, err := p.key()
	if err != nil {
		return nil, err
	}
	kind, err := keyKind(p.keys[index])
	if err != nil {
		return nil, err
	}
	c := condition{index: index, kind: kind}
	if p.take("IS") {
		negated := p.take("NOT")
		if !p.take("NULL") {
			return nil, p.unsupported()
		}
		return negate(c.isNull, negated), nil
	}
	negated := p.take("NOT")
	switch {
	case p.take("IN"):
		err = p.list(&c)
		return negate(c.in, negated), err
	case p.take("BETWEEN"):
		if err := p.operand(&c); err != nil {
			return nil, err
		}
		if !p.take("AND") {
			return nil, p.unsupported()
		}
		err := p.operand(&c)
		return negate(c.between, negated), err
	case p.take("LIKE"):
		if kind.like == "" {
			like, err := p.like(index)
			return negate(like, negated), err
		}
		return nil, errInvalid("%s data type doesn't support operation 'LIKE'", kind.like)
	case negated || p.next == len(p.tokens):
		return nil, p.unsupported()
	}
	c.operator = p.tokens[p.next].text
	if !slices.Contains([]string{"=", "<>", "!=", "<", "<=", ">", ">="}, c.operator) {
		return nil, p.unsupported()
	}
	p.next++
	return c.compare, p.operand(&c)
}

// key reads the name of a partition key, perhaps in parentheses.
func (p *predicateParser) key() (int, error) {
	if p.take("(") {
		index, err := p.key()
		if err == nil && !p.take(")") {
			err = p.unsupported()
		}
		return index, err
	}
	if p.next == len(p.tokens) || p.tokens[p.next].kind != 'w' {
		return 0, p.unsupported()
	}
	name := p.tokens[p.next].text
	p.next++
	for i, key := range p.keys {
		if strings.EqualFold(resource.Value(key.Name), name) {
			return i, nil
		}
	}
	return 0, errInvalid("Invalid partition expression!")
}

func (p *predicateParser) list(c *condition) error {
	if !p.take("(") {
		return p.unsupported()
	}
	for {
		if err := p.operand(c); err != nil {
			return err
		}
		if p.take(")") {
			return nil
		}
		if !p.take(",") {
			return p.unsupported()
		}
	}
}

// operand reads a literal, perhaps in parentheses, as a value of the key's type.
func (p *predicateParser) operand(c *condition) error {
	if p.take("(") {
		if err := p.operand(c); err != nil {
			return err
		}
		if !p.take(")") {
			return p.unsupported()
		}
		return nil
	}
	if p.next == len(p.tokens) || p.tokens[p.next].kind == 'o' || p.tokens[p.next].kind == 'w' {
		return p.unsupported()
	}
	text := p.tokens[p.next].text
	p.next++
	parsed, err := c.kind.parse(text)
	if err != nil {
		return errInvalid("%s", err.Error())
	}
	c.operands = append(c.operands, parsed)
	return nil
}

func (p *predicateParser) like(index int) (predicate, error) {
	if p.next == len(p.tokens) || p.tokens[p.next].kind != 's' {
		return nil, p.unsupported()
	}
	var pattern strings.Builder
	for _, r := range p.tokens[p.next].text {
		switch r {
		case '%':
			pattern.WriteString(".*")
		case '_':
			pattern.WriteByte('.')
		default:
			pattern.WriteString(regexp.QuoteMeta(string(r)))
		}
	}
	p.next++
	compiled, err := regexp.Compile("(?s)^" + pattern.String() + "$")
	if err != nil {
		return nil, p.unsupported()
	}
	return func(values []string) (bool, error) {
		return index < len(values) && compiled.MatchString(values[index]), nil
	}, nil
}

func negate(inner predicate, negated bool) predicate {
	if !negated || inner == nil {
		return inner
	}
	return func(values []string) (bool, error) {
		holds, err := inner(values)
		return !holds, err
	}
}
