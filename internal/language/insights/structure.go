package insights

import (
	"strconv"
	"strings"

	"github.com/sillok/sillok/internal/lake/jsonscan"
)

// ofJSON returns a value of JSON: its text, number, 1 or 0, or an array or object.
func ofJSON(b []byte, v jsonscan.Value) value {
	switch raw := v.Bytes(b); v.Kind {
	case '"':
		if v.Escaped {
			return textual(string(jsonscan.AppendText(nil, raw)))
		}
		return textual(string(raw[1 : len(raw)-1]))
	case '0':
		return textual(string(raw))
	case 't', 'f':
		return truth(v.Kind == 't')
	case '[':
		return value{form: listing, text: string(raw)}
	case '{':
		return value{form: mapping, text: string(raw)}
	}
	return value{}
}

// readJSON reads a text that is one value of JSON.
func readJSON(text string) (value, bool) {
	b := []byte(text)
	v, err := jsonscan.Within(append(b, ' '), jsonscan.Space(b, 0), 0) // a number may end the text
	if err != nil || jsonscan.Space(b, v.End) != len(b) {
		return value{}, false
	}
	return ofJSON(b, v), true
}

// into follows a way into an array or object. A name may have dots.
func (v value) into(path []string) value {
	for len(path) > 0 {
		if !v.structured() {
			return value{}
		}
		b := []byte(v.text)
		var found value
		var taken int
		if v.form == listing {
			found, taken = element(b, path[0]), 1
		} else {
			found, taken = member(b, path)
		}
		v, path = found, path[taken:]
	}
	return v
}

func element(b []byte, place string) (found value) {
	n, err := strconv.Atoi(place)
	if err != nil {
		return value{}
	}
	i := 0
	_, _ = jsonscan.Elements(b, 0, func(v jsonscan.Value) error { // it was read before
		if i == n {
			found = ofJSON(b, v)
		}
		i++
		return nil
	})
	return found
}

// member returns the member that the longest beginning of path names.
func member(b []byte, path []string) (found value, taken int) {
	taken = 1
	best := 0
	_, _ = jsonscan.Members(b, 0, func(raw []byte, escaped bool, v jsonscan.Value) error {
		key := string(raw)
		if escaped {
			key = string(jsonscan.AppendText(nil, append(append([]byte{'"'}, raw...), '"')))
		}
		for n := len(path); n >= max(best, 1); n-- {
			if key == strings.Join(path[:n], ".") {
				best, taken, found = n, n, ofJSON(b, v)
				break
			}
		}
		return nil
	})
	return found, taken
}

// elements returns what an array holds.
func (v value) elements() []value {
	if v.form != listing {
		return nil
	}
	b := []byte(v.text)
	var all []value
	_, _ = jsonscan.Elements(b, 0, func(e jsonscan.Value) error {
		all = append(all, ofJSON(b, e))
		return nil
	})
	return all
}

// writeJSON appends the value as JSON has it.
func (v value) writeJSON(b *strings.Builder) {
	switch v.form {
	case null:
		b.WriteString("null")
	case listing, mapping:
		b.WriteString(v.text)
	case quantity:
		b.WriteString(showNumber(v.number))
	case words, moment:
		b.WriteByte('"')
		for _, r := range v.String() {
			switch {
			case r == '"' || r == '\\':
				b.WriteByte('\\')
				b.WriteRune(r)
			case r < 0x20:
				b.WriteString(`\u00` + string("0123456789abcdef"[r>>4]) + string("0123456789abcdef"[r&15]))
			default:
				b.WriteRune(r)
			}
		}
		b.WriteByte('"')
	}
}

// listOf returns an array of values.
func listOf(all []value) value {
	var b strings.Builder
	b.WriteByte('[')
	for i, v := range all {
		if i > 0 {
			b.WriteByte(',')
		}
		v.writeJSON(&b)
	}
	b.WriteByte(']')
	return value{form: listing, text: b.String()}
}
