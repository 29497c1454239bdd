package format

import (
	"bytes"
	"sync"
)

// tokenizer takes the lines of one log apart by position.
type tokenizer struct {
	fields   []tokenField
	required int
	tight    bool
	quotes   []bool      // by field: the value keeps its quotes
	classes  [][256]bool // by field
	first    []int       // by field: the slot of its first column
	more     bool        // the line that was split last goes on after the known fields
	slots    int
}

func newTokenizer(e expression) *tokenizer {
	t := &tokenizer{fields: e.family.fields, required: e.family.required, tight: e.tight, quotes: make([]bool, len(e.family.fields))}
	copy(t.quotes, e.quotes)
	for _, field := range t.fields {
		var class [256]bool
		for i := range class {
			class[i] = i != '"'
		}
		switch field.class {
		case "":
		case anyByte:
			class['"'] = true
		default:
			class = [256]bool{}
			for i := range len(field.class) {
				class[field.class[i]] = true
			}
		}
		t.classes = append(t.classes, class)
		t.first = append(t.first, t.slots)
		t.slots += len(field.columns)
	}
	return t
}

// split puts the values of line's fields into values, a slot a column, and
// returns how many fields it has. ok is false when a field is not what it should
// be, or when there are fewer than the oldest version of the log has.
func (t *tokenizer) split(line []byte, values [][]byte) (fields int, ok bool) {
	clear(values)
	t.more = false
	rest := line
	for i := range t.fields {
		if i > 0 {
			if len(rest) == 0 {
				return i, i >= t.required
			}
			if rest[0] != ' ' {
				return i, false
			}
			rest = rest[1:]
		}
		if rest, ok = t.field(i, rest, values[t.first[i]:], 0); !ok {
			return i, false
		}
	}
	t.more = len(rest) > 0
	return len(t.fields), len(rest) == 0 || rest[0] == ' '
}

// maxTries bounds how many ends of quoted values are tried for one line.
const maxTries = 2000

// splitLoosely does the same for a line whose values have quotes in them: a
// backslash takes the next byte along, a value in quotes may end at any quote
// before a blank, and a bare value that begins with a quote ends with one. The
// first way in which all fields are what they should be is taken.
func (t *tokenizer) splitLoosely(line []byte, values [][]byte) (fields int, ok bool) {
	clear(values)
	tries := maxTries
	furthest := 0
	fields, ok = t.looseFrom(0, line, values, &tries, &furthest)
	if !ok {
		fields = furthest
	}
	return fields, ok
}

func (t *tokenizer) looseFrom(i int, rest []byte, values [][]byte, tries, furthest *int) (fields int, ok bool) {
	*furthest = max(*furthest, i)
	if i == len(t.fields) {
		return i, len(rest) == 0 || rest[0] == ' '
	}
	if i > 0 {
		if len(rest) == 0 {
			clear(values[t.first[i]:])
			return i, i >= t.required
		}
		if rest[0] != ' ' {
			return i, false
		}
		rest = rest[1:]
	}
	for try := 1; ; try++ {
		if *tries--; *tries < 0 {
			return i, false
		}
		after, ok := t.field(i, rest, values[t.first[i]:], try)
		if !ok {
			return i, false
		}
		if fields, ok := t.looseFrom(i+1, after, values, tries, furthest); ok {
			return fields, true
		}
		if !t.manyEnds(i, rest) {
			return i, false
		}
	}
}

// manyEnds says whether the value that rest begins with may end in several
// places.
func (t *tokenizer) manyEnds(i int, rest []byte) bool {
	if len(rest) == 0 || rest[0] != '"' {
		return false
	}
	f := t.fields[i]
	return f.shape == quoted || f.shape == request || f.shape == quotedDash || f.class == anyByte
}

// field takes the i-th field off the line's rest. nth is 0 to read it strictly,
// else which of the places to take where a value in quotes may end.
func (t *tokenizer) field(i int, rest []byte, values [][]byte, nth int) (after []byte, ok bool) {
	switch t.fields[i].shape {
	case bare:
		if nth > 0 && t.fields[i].class == anyByte && len(rest) > 0 && rest[0] == '"' {
			inner, after, ok := inQuotes(rest, nth)
			if ok {
				values[0] = rest[:len(inner)+2]
			}
			return after, ok
		}
		return t.bare(i, rest, values)
	case addrColon:
		return t.addr(i, rest, values, ":")
	case addr:
		return t.addr(i, rest, values, ":-")
	case quoted:
		inner, after, ok := inQuotes(rest, nth)
		values[0] = inner
		if ok && t.quotes[i] {
			values[0] = rest[:len(inner)+2]
		}
		return after, ok
	case request:
		return t.request(rest, values, nth)
	case bracketed:
		if len(rest) == 0 || rest[0] != '[' {
			return nil, false
		}
		end := bytes.Index(rest, []byte("] "))
		if end < 0 {
			return nil, false
		}
		values[0] = rest[1:end]
		return rest[end+1:], true
	case quotedDash:
		if len(rest) > 0 && rest[0] == '-' {
			values[0] = rest[:1]
			return rest[1:], true
		}
		inner, after, ok := inQuotes(rest, nth)
		if ok {
			values[0] = rest[:len(inner)+2]
		}
		return after, ok
	}
	return nil, false
}

func (t *tokenizer) bare(i int, rest []byte, values [][]byte) (after []byte, ok bool) {
	end := bytes.IndexByte(rest, ' ')
	if end < 0 {
		end = len(rest)
	}
	class := &t.classes[i]
	for _, c := range rest[:end] {
		if !class[c] {
			return nil, false
		}
	}
	values[0] = rest[:end:end]
	return rest[end:], true
}

// addr splits an address from its port at the last separator, which only
// digits may follow.
func (t *tokenizer) addr(i int, rest []byte, values [][]byte, separators string) (after []byte, ok bool) {
	if rest, ok = t.bare(i, rest, values); !ok {
		return nil, false
	}
	whole := values[0]
	at := bytes.LastIndexAny(whole, separators)
	if at < 0 {
		return nil, false
	}
	for _, c := range whole[at+1:] {
		if c < '0' || c > '9' {
			return nil, false
		}
	}
	values[0], values[1] = whole[:at:at], whole[at+1:]
	return rest, true
}

// inQuotes takes a value in quotes: up to the next quote, or with nth up to the
// nth that no backslash stands before and that is at the end of the line or
// before a blank.
func inQuotes(rest []byte, nth int) (value, after []byte, ok bool) {
	if len(rest) < 2 || rest[0] != '"' {
		return nil, nil, false
	}
	if nth == 0 {
		end := bytes.IndexByte(rest[1:], '"')
		if end < 0 {
			return nil, nil, false
		}
		return rest[1 : 1+end : 1+end], rest[end+2:], len(rest) == end+2 || rest[end+2] == ' '
	}
	for i := 1; i < len(rest); i++ {
		switch {
		case rest[i] == '\\':
			i++
		case rest[i] == '"' && (i+1 == len(rest) || rest[i+1] == ' '):
			if nth--; nth == 0 {
				return rest[1:i:i], rest[i+1:], true
			}
		}
	}
	return nil, nil, false
}

// request splits what the client asked for: the verb before the first blank,
// the protocol after the last, and the URL between.
func (t *tokenizer) request(rest []byte, values [][]byte, nth int) (after []byte, ok bool) {
	whole, after, ok := inQuotes(rest, nth)
	if !ok {
		return nil, false
	}
	first := bytes.IndexByte(whole, ' ')
	last := bytes.LastIndexByte(whole, ' ')
	if first < 0 || first == last {
		return nil, false
	}
	if t.tight && last == len(whole)-1 && last >= 2 && whole[last-1] == '-' && whole[last-2] == ' ' && last-2 > first {
		last -= 2 // the expression takes a hyphen and a blank as the protocol
	}
	values[0], values[1], values[2] = whole[:first:first], whole[first+1:last:last], whole[last+1:]
	return after, true
}

// tokenLine says whether a line is one of the log that is called name.
func tokenLine(name string) func(line []byte) bool {
	family := sync.OnceValue(func() *tokenizer {
		for _, f := range tokenFamilies() {
			if f.name == name {
				return newTokenizer(expression{family: f, required: f.required, tight: f.tight})
			}
		}
		panic("format: no lines of tokens are called " + name)
	})
	return func(line []byte) bool {
		t := *family() // of its own: splitting writes to it
		line = bytes.TrimRight(line, " \t\r")
		if bytes.Count(line, []byte{' '}) < t.required-1 {
			return false
		}
		values := make([][]byte, t.slots)
		if _, ok := t.split(line, values); !ok {
			if _, ok = t.splitLoosely(line, values); !ok {
				return false
			}
		}
		return plausible(name, values)
	}
}

// plausible looks at what is the same in every line of a log.
func plausible(name string, values [][]byte) bool {
	switch name {
	case "alb":
		return bytes.ContainsAny(values[0], "hgw") && isTime(values[1])
	case "nlb":
		return string(values[0]) == "tls" && isTime(values[2])
	case "s3_access":
		return len(values[0]) >= 32 && bytes.Contains(values[2], []byte{':'})
	}
	return isTime(values[0])
}

// isTime says whether b begins like 2024-05-01T.
func isTime(b []byte) bool {
	return len(b) > 11 && b[4] == '-' && b[7] == '-' && b[10] == 'T'
}
