package filterpattern

import "strconv"

// delimited is a pattern of the fields of a line: those in front, and after an
// ellipsis, which stands for any number of them, those at the end.
type delimited struct {
	before, after []field
	ellipsis      bool
}

// field is what a pattern says of one field of a message.
type field struct {
	name string
	any  [][]comparison // one of which holds as a whole; none is no condition
}

type delimitedParser struct {
	reader
	names   map[string]bool
	regexes int
}

const fieldHint = "a field is a name of letters, digits and _ that begins with a letter, a name with conditions such as name = value && name != value, nothing, or ..."

// parseDelimited reads what stands between the brackets, pattern[from:to].
func parseDelimited(pattern string, from, to int) (*delimited, *Error) {
	tokens, err := newReader(&lexer{pattern: pattern, at: from, stop: to, extra: ",", compare: true, bare: inValue, hint: valueHint})
	if err != nil {
		return nil, err
	}
	p := &delimitedParser{reader: tokens, names: map[string]bool{}}
	d := &delimited{}
	if p.token.kind == end {
		d.ellipsis = true // no fields are all
		return d, nil
	}
	for {
		if p.token.kind == word && p.token.text == "..." {
			if d.ellipsis {
				return nil, refuse(pattern, p.token.start, "an ellipsis stands once in a pattern")
			}
			d.ellipsis = true
			p.advance()
		} else {
			one, err := p.field()
			if err != nil {
				return nil, err
			}
			if d.ellipsis {
				d.after = append(d.after, one)
			} else {
				d.before = append(d.before, one)
			}
		}
		switch p.token.kind {
		case end:
			return d, nil
		case comma:
			p.advance()
		default:
			return nil, refuse(pattern, p.token.start, fieldHint)
		}
	}
}

// field reads one field. All its conditions are of the same name.
func (p *delimitedParser) field() (field, *Error) {
	f := field{}
	if p.token.kind == comma || p.token.kind == end {
		return f, nil
	}
	conditions := [][]comparison{nil}
	for {
		name := p.token
		if name.kind != word || !isName(name.text) {
			return f, refuse(p.pattern, name.start, fieldHint)
		}
		switch {
		case f.name == "" && p.names[name.text]:
			return f, refuse(p.pattern, name.start, "a name stands for one field")
		case f.name == "":
			f.name = name.text
			p.names[name.text] = true
		case f.name != name.text:
			return f, refuse(p.pattern, name.start, "the conditions of a field are about that field alone; write each at its own field")
		}
		p.advance()
		operator := p.token
		if operator.kind != operating {
			if len(conditions) == 1 && conditions[0] == nil && (operator.kind == comma || operator.kind == end) {
				return f, nil
			}
			return f, refuse(p.pattern, operator.start, fieldHint)
		}
		p.advance()
		if p.token.kind == regular {
			if p.regexes++; p.regexes > mostRegexes {
				return f, refuse(p.pattern, p.token.start, "a pattern has at most "+strconv.Itoa(mostRegexes)+" regular expressions")
			}
		}
		one, err := p.compare(operator, p.token)
		if err != nil {
			return f, err
		}
		conditions[len(conditions)-1] = append(conditions[len(conditions)-1], one)
		p.advance()
		switch p.token.kind {
		case disjunction:
			conditions = append(conditions, nil)
		case conjunction:
		default:
			f.any = conditions
			return f, nil
		}
		p.advance()
	}
}

func isName(text string) bool {
	for i := range len(text) {
		if !inWord(text[i]) {
			return false
		}
	}
	return letter(text[0])
}

// match tells whether the fields of the message are those of the pattern.
func (d *delimited) match(s *scan) bool {
	n := len(s.fields)
	if n < len(d.before)+len(d.after) {
		return false
	}
	for i := range d.before {
		if d.before[i].any != nil && !d.before[i].holds(d.text(s, i)) {
			return false
		}
	}
	for i := range d.after {
		if d.after[i].any != nil && !d.after[i].holds(d.text(s, n-len(d.after)+i)) {
			return false
		}
	}
	return true
}

// text returns the text of a field of the message, by its number. The last one
// that a pattern without an ellipsis names takes the rest of the line.
func (d *delimited) text(s *scan, i int) []byte {
	f := s.fields[i]
	if !d.ellipsis && i == len(d.before)-1 && len(s.fields) > len(d.before) {
		return s.message[f.outer:s.stop]
	}
	return s.message[f.start:f.end]
}

func (f *field) holds(text []byte) bool {
	for _, all := range f.any {
		holds := true
		for i := 0; holds && i < len(all); i++ {
			holds = all[i].holds(text, false)
		}
		if holds {
			return true
		}
	}
	return false
}

// extract returns the fields by their names, or by their numbers from 1.
func (d *delimited) extract(s *scan) map[string]string {
	n := len(s.fields)
	if n < len(d.before)+len(d.after) {
		return nil
	}
	last := n
	if !d.ellipsis {
		last = len(d.before)
	}
	found := make(map[string]string, last)
	for i := range last {
		name := ""
		if i < len(d.before) {
			name = d.before[i].name
		} else if at := i - (n - len(d.after)); at >= 0 {
			name = d.after[at].name
		}
		if name == "" {
			name = strconv.Itoa(i + 1)
		}
		found["$"+name] = string(d.text(s, i))
	}
	return found
}
