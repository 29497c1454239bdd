package format

import "bytes"

// tokenizer takes the lines of one log apart by position.
type tokenizer struct {
	fields   []tokenField
	required int
	tight    bool
	quotes   []bool      // by field: the value keeps its quotes
	classes  [][256]bool // by field
	first    []int       // by field: the slot of its first column
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
// returns how many fields it has. With loose, a backslash in quotes takes the
// next byte along. ok is false when a field is not what it should be, or when
// there are fewer than the oldest version of the log has.
func (t *tokenizer) split(line []byte, values [][]byte, loose bool) (fields int, ok bool) {
	for i := range values {
		values[i] = nil
	}
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
		if rest, ok = t.field(i, rest, values[t.first[i]:], loose); !ok {
			return i, false
		}
	}
	return len(t.fields), len(rest) == 0 || rest[0] == ' '
}

// field takes the i-th field off the line's rest.
func (t *tokenizer) field(i int, rest []byte, values [][]byte, loose bool) (after []byte, ok bool) {
	switch t.fields[i].shape {
	case bare:
		return t.bare(i, rest, values)
	case addrColon:
		return t.addr(i, rest, values, ":")
	case addr:
		return t.addr(i, rest, values, ":-")
	case quoted:
		inner, after, ok := inQuotes(rest, loose)
		values[0] = inner
		if ok && t.quotes[i] {
			values[0] = rest[:len(inner)+2]
		}
		return after, ok
	case request:
		return t.request(rest, values, loose)
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
		inner, after, ok := inQuotes(rest, loose)
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

// inQuotes takes a value in quotes. The quote that ends it is at the end of the
// line or before a blank.
func inQuotes(rest []byte, loose bool) (value, after []byte, ok bool) {
	if len(rest) < 2 || rest[0] != '"' {
		return nil, nil, false
	}
	if !loose {
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
			return rest[1:i:i], rest[i+1:], true
		}
	}
	return nil, nil, false
}

// request splits what the client asked for: the verb before the first blank,
// the protocol after the last, and the URL between.
func (t *tokenizer) request(rest []byte, values [][]byte, loose bool) (after []byte, ok bool) {
	whole, after, ok := inQuotes(rest, loose)
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
