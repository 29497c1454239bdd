package filterpattern

import (
	"slices"
	"strings"
	"unicode/utf16"
)

// MaxLength is how many characters a pattern may have.
const MaxLength = 1024

// Kind is what a pattern speaks about.
type Kind int

// The kinds of patterns.
const (
	Everything Kind = iota // it is blank and matches each message
	Terms                  // texts that a message has somewhere
	Delimited              // the fields of a line, between white space
	JSON                   // the members of an object
)

// Pattern is a compiled filter pattern. Many goroutines may use it at once.
type Pattern struct {
	text      string
	kind      Kind
	terms     *terms
	delimited *delimited
	object    *object
	paths     paths // of the object's selectors
	slots     []int
	pool      pool
}

// Compile reads a pattern. A text that is none fails with an *Error.
func Compile(text string) (*Pattern, error) {
	p := &Pattern{text: text}
	if err := p.compile(); err != nil {
		return nil, err
	}
	return p, nil
}

func (p *Pattern) compile() *Error {
	units := 0
	for i, r := range p.text {
		if units += max(utf16.RuneLen(r), 1); units > MaxLength {
			e := refuse(p.text, i, "a pattern has at most 1024 characters")
			e.Message = "1 validation error detected: Value '" + p.text + "' at 'filterPattern' failed to satisfy constraint: Member must have length less than or equal to 1024"
			return e
		}
	}
	from, to := 0, len(p.text)
	for from < to && blank(p.text[from]) {
		from++
	}
	for from < to && blank(p.text[to-1]) {
		to--
	}
	if from == to {
		return nil
	}
	var err *Error
	switch p.text[from] {
	case '{':
		p.kind = JSON
		if p.text[to-1] != '}' {
			return closed(p.text, to, unclosedBrace, "}")
		}
		if p.object, err = parseObject(p.text, from+1, to-1); err != nil {
			return err
		}
		p.slots = p.object.addTo(&p.paths)
	case '[':
		p.kind = Delimited
		if to-from < 2 || p.text[to-1] != ']' {
			return closed(p.text, to, unclosedList, "]")
		}
		p.delimited, err = parseDelimited(p.text, from+1, to-1)
	default:
		p.kind = Terms
		p.terms, err = parseTerms(p.text)
	}
	return err
}

func closed(pattern string, to int, message, by string) *Error {
	e := refuse(pattern, to, "nothing stands after "+by+"; put a text that begins like this in double quotes")
	e.Message = message
	return e
}

// addTo adds the selectors to paths and returns their slots.
func (o *object) addTo(p *paths) []int {
	slots := make([]int, len(o.selectors))
	for i, s := range o.selectors {
		slots[i] = p.add(s.steps)
	}
	return slots
}

// String returns the pattern as it was given.
func (p *Pattern) String() string { return p.text }

// Kind returns what the pattern speaks about.
func (p *Pattern) Kind() Kind { return p.kind }

// Needs returns texts that every message has that matches, as it is written in them:
// what has not all of them need not be asked. There may be none.
func (p *Pattern) Needs() (texts [][]byte) {
	if p.kind != Terms {
		return nil
	}
	needed := p.terms.every
	if len(p.terms.some) == 1 {
		needed = append(slices.Clip(needed), p.terms.some...)
	}
	for i := range needed {
		text := needed[i].text
		if regex := needed[i].regex; regex != nil && len(regex.needs) == 1 {
			text = regex.needs[0]
		} else if regex != nil {
			continue
		}
		if len(text.Bytes()) > 0 {
			texts = append(texts, text.Bytes())
		}
	}
	return texts
}

// Regexes returns how many regular expressions the pattern has: AWS lets a group
// have five filters with any.
func (p *Pattern) Regexes() int {
	n := 0
	switch p.kind {
	case Everything:
	case Terms:
		p.terms.each(func(t *term) {
			if t.regex != nil {
				n++
			}
		})
	case Delimited:
		for _, f := range slices.Concat(p.delimited.before, p.delimited.after) {
			for _, all := range f.any {
				for _, c := range all {
					if c.regex != nil {
						n++
					}
				}
			}
		}
	case JSON:
		n = p.object.condition.regexes()
	}
	return n
}

func (c *condition) regexes() int {
	n := 0
	if c.test != nil && c.test.compared.regex != nil {
		n++
	}
	for _, inner := range [][]condition{c.any, c.all} {
		for i := range inner {
			n += inner[i].regexes()
		}
	}
	return n
}

// Match tells whether the message matches.
func (p *Pattern) Match(message []byte) bool {
	switch p.kind {
	case Everything:
		return true
	case Terms:
		return p.terms.match(message, nil)
	case Delimited, JSON:
	}
	s := p.pool.take(message)
	defer p.pool.give(s)
	if p.kind == Delimited {
		s.split()
		return p.delimited.match(s)
	}
	return s.find(&p.paths) && p.object.condition.holds(s, p.slots)
}

// Extract returns what the pattern takes out of a message that it matches, under
// the names that AWS gives it: the fields of a line as $name, or $ and their number
// where they have none; the values of an object by the pattern's selectors, as they
// are written there. Terms take nothing, nor does a pattern from a message that is
// no object or has too few fields.
func (p *Pattern) Extract(message []byte) map[string]string {
	found := map[string]string{}
	if p.kind != Delimited && p.kind != JSON {
		return found
	}
	s := p.pool.take(message)
	defer p.pool.give(s)
	if p.kind == Delimited {
		s.split()
		if fields := p.delimited.extract(s); fields != nil {
			return fields
		}
		return found
	}
	if !s.find(&p.paths) {
		return found
	}
	for i, selector := range p.object.selectors {
		if at := s.found(s.slots[p.slots[i]].first); at > 0 {
			found[selector.text] = strings.ToValidUTF8(string(s.text(s.entries[at-1].value)), "\uFFFD")
		}
	}
	return found
}
