package insights

import (
	"encoding/csv"
	"strings"
)

// parseCommand is parse: fields out of a text, by a glob, a regular expression, or a
// format.
type parseCommand struct {
	of     expression // nil is @message
	format string     // glob, regex, logfmt, csv or xml
	glob   []string   // the literal text around the wildcards
	regex  *regex
	multi  bool
	names  []named
	groups []int // of the regular expression, by names
	slots  []int
	where  span
}

const parseHint = `parse [field] "a glob with *" as names, /regular expression with (?<names>…)/, logfmt as name, or csv as names`

func parseParse(p *parser) (command, *Error) {
	c := &parseCommand{}
	format := p.token.kind == quoted || p.token.kind == symbol && p.token.text == "/"
	var err *Error
	if !format && !p.formatNext() {
		if c.of, err = p.postfix(); err != nil {
			return nil, err
		}
	}
	c.where = p.token.span
	switch {
	case p.token.kind == quoted:
		c.format, c.glob = "glob", strings.Split(p.token.text, "*")
		p.advance()
	case p.token.kind == symbol && p.token.text == "/":
		return c, p.parseRegex(c)
	case p.acceptWord("logfmt"):
		c.format = "logfmt"
	case p.acceptWord("csv"):
		c.format = "csv"
	case p.acceptWord("xml"):
		c.format = "xml"
		if p.token.kind != quoted {
			return nil, p.unexpected("an XPath in quotes is expected")
		}
		p.advance()
	default:
		return nil, p.unexpected(parseHint)
	}
	if !p.acceptWord("as") {
		return nil, p.unexpected("as and the names of the fields are expected")
	}
	if c.names, err = list(p, p.alias); err != nil {
		return nil, err
	}
	switch one := c.format == "logfmt" || c.format == "xml"; {
	case c.format == "glob" && len(c.names) != len(c.glob)-1, one && len(c.names) != 1:
		return nil, unexpected(p.text, c.names[len(c.names)-1].span, "each wildcard has one name")
	}
	return c, nil
}

// formatNext tells whether a format stands where a field could.
func (p *parser) formatNext() bool {
	if !p.token.is("logfmt") && !p.token.is("csv") && !p.token.is("xml") {
		return false
	}
	before, behind, token := p.at, p.behind, p.token
	p.advance()
	found := p.token.is("as") || p.token.kind == quoted && token.is("xml")
	p.at, p.behind, p.token = before, behind, token
	return found
}

func (p *parser) parseRegex(c *parseCommand) (err *Error) {
	c.format = "regex"
	start := p.token.start
	if c.regex, err = p.regex(); err != nil {
		return err
	}
	where := span{start, p.behind}
	for i, group := range c.regex.groups.SubexpNames() {
		if group != "" {
			c.names, c.groups = append(c.names, named{where, group}), append(c.groups, i)
		}
	}
	if len(c.names) == 0 {
		return at(p.text, where, "The regular expression has no named group", "name what is to be a field, such as (?<user>[a-z]+)")
	}
	if as := p.token; p.acceptWord("as") {
		names, err := list(p, p.alias)
		if err != nil {
			return err
		}
		for i, n := range names {
			if i >= len(c.names) || n.name != c.names[i].name || len(names) != len(c.names) {
				return unexpected(p.text, as.span, "the groups of a regular expression name the fields")
			}
		}
	}
	c.multi = p.acceptWord("multi")
	return nil
}

func (c *parseCommand) check(s *scope) *Error {
	if c.of == nil {
		c.of = &field{span: c.where, segments: []string{"@message"}}
	}
	if err := s.resolve(c.of, nil); err != nil {
		return err
	}
	if c.format == "xml" {
		s.uncarried(c.where, "parse with XML", "use a regular expression")
	}
	for _, n := range c.names {
		slot := s.slot()
		c.slots = append(c.slots, slot)
		s.give(n.name, slot)
	}
	return nil
}

func (c *parseCommand) stream(x *run, next sink) sink {
	of := x.compile(c.of)
	matches := func(string) bool { return true }
	if c.regex != nil {
		matches = x.matches(c.regex) // what does not match is told apart faster so
	}
	return func(r row) error {
		text, ok := of(r).asText()
		ok = ok && matches(text)
		for _, slot := range c.slots {
			r[slot] = value{}
		}
		switch {
		case !ok:
		case c.format == "glob":
			c.byGlob(text, r)
		case c.multi:
			return c.each(x, text, r, next)
		case c.format == "regex":
			c.byRegex(text, c.regex.groups.FindStringSubmatchIndex(text), r)
		case c.format == "logfmt":
			r[c.slots[0]] = logfmt(text)
		default:
			c.byComma(text, r)
		}
		return next(r)
	}
}

// byGlob gives each wildcard the text up to the next literal; the first literal may
// be anywhere, and a wildcard at the end takes the rest.
func (c *parseCommand) byGlob(text string, r row) {
	start := strings.Index(text, c.glob[0])
	if start < 0 {
		return
	}
	text = text[start+len(c.glob[0]):]
	var few [8]string
	found := few[:0]
	for i, literal := range c.glob[1:] {
		n := len(text)
		if literal != "" {
			n = strings.Index(text, literal)
		} else if i < len(c.slots)-1 {
			n = 0 // two wildcards side by side
		}
		if n < 0 {
			return
		}
		found = append(found, text[:n])
		text = text[n+len(literal):]
	}
	for i, one := range found {
		r[c.slots[i]] = textual(one)
	}
}

func (c *parseCommand) byRegex(text string, match []int, r row) {
	for i, group := range c.groups {
		r[c.slots[i]] = value{}
		if match != nil && match[2*group] >= 0 {
			r[c.slots[i]] = textual(text[match[2*group]:match[2*group+1]])
		}
	}
}

// each makes a row of each match, and one without the fields where there is none.
func (c *parseCommand) each(x *run, text string, r row, next sink) error {
	some := false
	err := c.regex.groups.Each(text, x.ended, func(match []int) error {
		some = true
		c.byRegex(text, match, r)
		return next(r)
	})
	if err != nil || some {
		return err
	}
	return next(r)
}

func (c *parseCommand) byComma(text string, r row) {
	reader := csv.NewReader(strings.NewReader(text))
	reader.LazyQuotes = true
	record, err := reader.Read()
	if err != nil {
		return
	}
	for i, one := range record {
		if i < len(c.slots) {
			r[c.slots[i]] = textual(one)
		}
	}
}

// logfmt returns the object that keys and values with = between them write.
func logfmt(text string) value {
	var b strings.Builder
	b.WriteByte('{')
	for text = strings.TrimLeft(text, " \t\n\r"); text != ""; text = strings.TrimLeft(text, " \t\n\r") {
		end := strings.IndexAny(text, "= \t\n\r")
		if end < 0 || text[end] != '=' || end == 0 {
			if end = strings.IndexAny(text, " \t\n\r"); end < 0 {
				break // a word without a value
			}
			text = text[end:]
			continue
		}
		key := text[:end]
		var of string
		of, text = logfmtValue(text[end+1:])
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		textual(key).writeJSON(&b)
		b.WriteByte(':')
		textual(of).writeJSON(&b)
	}
	b.WriteByte('}')
	return value{form: mapping, text: b.String()}
}

// logfmtValue reads a value with or without quotes, and returns what follows.
func logfmtValue(text string) (of, rest string) {
	if !strings.HasPrefix(text, `"`) {
		end := strings.IndexAny(text, " \t\n\r")
		if end < 0 {
			end = len(text)
		}
		return text[:end], text[end:]
	}
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			return b.String(), text[i+1:]
		case c == '\\' && i+1 < len(text):
			i++
			switch text[i] {
			case 'n':
				b.WriteByte('\n')
			case 't':
				b.WriteByte('\t')
			default:
				b.WriteByte(text[i])
			}
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), ""
}
