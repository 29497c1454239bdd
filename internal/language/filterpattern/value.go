package filterpattern

import (
	"slices"
	"strconv"
)

// Selector leads from a message that a pattern matches to one value in it, such as
// the value or a dimension of a metric. Many goroutines may use it at once.
type Selector struct {
	pattern *Pattern
	paths   paths
	at      int // the number of a field, from 0; from the end if it is negative
}

// Selector reads a selector over the messages of p: a way into an object without
// wildcards such as $.a.b[0] for a pattern of JSON; a name of a field or its number
// such as $status or $2 for one of fields. Any other text, or kind of pattern, fails
// with an *Error about text.
func (p *Pattern) Selector(text string) (*Selector, error) {
	s := &Selector{pattern: p}
	var err *Error
	switch p.kind {
	case JSON:
		err = s.member(text)
	case Delimited:
		err = s.field(text)
	case Everything, Terms:
		err = refuse(text, 0, "there are selectors for patterns of JSON and of fields alone")
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

func (s *Selector) member(text string) *Error {
	if text == "" || text[0] != '$' {
		return refuse(text, 0, selectorHint)
	}
	l := lexer{pattern: text, stop: len(text)}
	t, err := l.selector()
	if err != nil {
		return err
	}
	path, ok := steps(t.text)
	if !ok || t.end != len(text) || wildcards(path) > 0 {
		return refuse(text, min(t.end, len(text)-1), "it leads to one value: $.key, $.key[0] or $.['a key'], without wildcards")
	}
	s.paths.add(path)
	return nil
}

func (s *Selector) field(text string) *Error {
	d := s.pattern.delimited
	if len(text) > 1 && text[0] == '$' {
		name := func(f field) bool { return f.name == text[1:] }
		if s.at = slices.IndexFunc(d.before, name); s.at >= 0 {
			return nil
		}
		if i := slices.IndexFunc(d.after, name); i >= 0 {
			s.at = i - len(d.after)
			return nil
		}
		if n, err := strconv.Atoi(text[1:]); err == nil && n > 0 && n < 1<<20 && digit(text[1]) {
			s.at = n - 1
			return nil
		}
	}
	return refuse(text, 0, "it is $ and the name of a field of the pattern, or its number")
}

// Value returns the text of the value, and whether the message has it: the text of
// a field or string, and the JSON of any other value.
func (s *Selector) Value(message []byte) (text string, ok bool) {
	scan := s.pattern.pool.take(message)
	defer s.pattern.pool.give(scan)
	if s.pattern.kind == JSON {
		if !scan.find(&s.paths) {
			return "", false
		}
		at := scan.found(scan.slots[0].first)
		if at == 0 {
			return "", false
		}
		return string(scan.text(scan.entries[at-1].value)), true
	}
	scan.split()
	at, n, d := s.at, len(scan.fields), s.pattern.delimited
	if at < 0 {
		at += n
	}
	if n < len(d.before)+len(d.after) || at >= n || !d.ellipsis && at >= len(d.before) {
		return "", false
	}
	return string(d.text(scan, at)), true
}
