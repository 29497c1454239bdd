package datatype

import (
	"fmt"
	"strconv"
	"strings"
)

// Parse reads a type in Trino's spelling, such as
// "map(varchar, array(row(a bigint, "B" timestamp(3) with time zone)))".
func Parse(text string) (Type, error) { return parse(text, false) }

// ParseHive reads a type in Hive's spelling, such as "struct<a:string,b:array<int>>", as
// the type that Athena's queries see it as.
func ParseHive(text string) (Type, error) { return parse(text, true) }

func parse(text string, hive bool) (Type, error) {
	p := &parser{text: text, hive: hive}
	t, err := p.parseType()
	if err == nil {
		if p.skip(); p.at < len(p.text) {
			err = fmt.Errorf("unexpected %q", p.text[p.at:])
		}
	}
	if err != nil {
		return Type{}, fmt.Errorf("parse type %q: %w", text, err)
	}
	return t, nil
}

// maxDepth bounds how deep types may be nested.
const maxDepth = 100

type parser struct {
	text  string
	at    int
	hive  bool
	depth int
}

func (p *parser) skip() {
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.at]) >= 0 {
		p.at++
	}
}

func (p *parser) peek() byte {
	p.skip()
	if p.at == len(p.text) {
		return 0
	}
	return p.text[p.at]
}

func (p *parser) take(c byte) bool {
	if p.peek() != c {
		return false
	}
	p.at++
	return true
}

func (p *parser) expect(c byte) error {
	if !p.take(c) {
		return fmt.Errorf("%q expected at %d", c, p.at+1)
	}
	return nil
}

func isWordByte(c byte) bool {
	return c == '_' || c == '$' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// word reads a bare word; it is empty where none stands.
func (p *parser) word() string {
	p.skip()
	start := p.at
	for p.at < len(p.text) && isWordByte(p.text[p.at]) {
		p.at++
	}
	return p.text[start:p.at]
}

// phrase takes the words when they come next, in any case.
func (p *parser) phrase(words ...string) bool {
	start := p.at
	for _, want := range words {
		if !strings.EqualFold(p.word(), want) {
			p.at = start
			return false
		}
	}
	return true
}

func (p *parser) parseType() (Type, error) {
	if p.depth++; p.depth > maxDepth {
		return Type{}, fmt.Errorf("nested more than %d deep", maxDepth)
	}
	defer func() { p.depth-- }()
	start := p.at
	name := strings.ToLower(p.word())
	if name == "" {
		return Type{}, fmt.Errorf("type expected at %d", start+1)
	}
	switch name {
	case "array", "map", "row", "struct", "uniontype":
		return p.container(name)
	case "double":
		p.phrase("precision")
	case "interval":
		switch {
		case p.phrase("day", "to", "second"):
			return Of(IntervalDayToSecond), nil
		case p.phrase("year", "to", "month"):
			return Of(IntervalYearToMonth), nil
		}
	}
	params, err := p.numbers()
	if err != nil {
		return Type{}, err
	}
	if name == "time" || name == "timestamp" {
		switch {
		case p.phrase("with", "time", "zone"):
			name += " with time zone"
		case p.phrase("without", "time", "zone"):
		}
	}
	if p.hive {
		return hiveScalar(name, params)
	}
	return Named(name, params)
}

// numbers reads (n, …) where it stands.
func (p *parser) numbers() ([]int, error) {
	if p.peek() != '(' {
		return nil, nil
	}
	p.at++
	var numbers []int
	for {
		n, err := strconv.Atoi(p.word())
		if err != nil {
			return nil, fmt.Errorf("number expected before %d", p.at+1)
		}
		numbers = append(numbers, n)
		if !p.take(',') {
			return numbers, p.expect(')')
		}
	}
}

func (p *parser) container(name string) (Type, error) {
	closing := byte(')')
	if p.take('<') {
		closing = '>'
	} else if err := p.expect('('); err != nil {
		return Type{}, err
	}
	if name == "row" || name == "struct" {
		return p.fields(closing)
	}
	if name == "uniontype" {
		return Type{}, fmt.Errorf("uniontype cannot be queried")
	}
	elem, err := p.parseType()
	if err != nil {
		return Type{}, err
	}
	t := ArrayOf(elem)
	if name == "map" {
		if err := p.expect(','); err != nil {
			return Type{}, err
		}
		value, err := p.parseType()
		if err != nil {
			return Type{}, err
		}
		t = MapOf(elem, value)
	}
	return t, p.expect(closing)
}

func (p *parser) fields(closing byte) (Type, error) {
	t := Type{Kind: Row}
	for {
		name, err := p.fieldName()
		if err != nil {
			return Type{}, err
		}
		elem, err := p.parseType()
		if err != nil {
			return Type{}, err
		}
		t.Names, t.Elems = append(t.Names, name), append(t.Elems, elem)
		if !p.take(',') {
			return t, p.expect(closing)
		}
	}
}

// fieldName reads a field's name, quoted or bare; it is empty for Trino's
// anonymous field, and lower-case in Hive.
func (p *parser) fieldName() (string, error) {
	if c := p.peek(); c == '"' || c == '`' {
		name, err := p.quoted(c)
		if err != nil {
			return "", err
		}
		if p.hive {
			return strings.ToLower(name), p.expect(':')
		}
		return name, nil
	}
	if p.hive {
		start := p.at
		end := strings.IndexByte(p.text[start:], ':')
		if end <= 0 {
			return "", fmt.Errorf("field name expected at %d", start+1)
		}
		p.at = start + end + 1
		return strings.ToLower(strings.TrimSpace(p.text[start : start+end])), nil
	}
	start := p.at
	name := p.word()
	if next := p.peek(); name != "" && (isWordByte(next) || next == '"') && !p.continuesType(name) {
		return name, nil
	}
	p.at = start
	return "", nil
}

// continuesType reports whether word and what follows it are one type of
// several words, not a name and its type.
func (p *parser) continuesType(word string) bool {
	start := p.at
	defer func() { p.at = start }()
	switch strings.ToLower(word) {
	case "double":
		return p.phrase("precision")
	case "time", "timestamp":
		return p.phrase("with", "time") || p.phrase("without", "time")
	case "interval":
		return p.phrase("day", "to") || p.phrase("year", "to")
	default:
		return false
	}
}

func (p *parser) quoted(quote byte) (string, error) {
	p.at++
	var b strings.Builder
	for p.at < len(p.text) {
		c := p.text[p.at]
		p.at++
		if c != quote {
			b.WriteByte(c)
			continue
		}
		if p.at == len(p.text) || p.text[p.at] != quote {
			return b.String(), nil
		}
		b.WriteByte(quote)
		p.at++
	}
	return "", fmt.Errorf("name is not closed")
}
