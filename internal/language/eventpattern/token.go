package eventpattern

import (
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// kind is what a token is.
type kind uint8

// The kinds of tokens.
const (
	endOfText kind = iota
	startObject
	endObject
	startArray
	endArray
	fieldName
	stringValue
	numberValue
	trueValue
	falseValue
	nullValue
)

// reader reads the tokens of a pattern one by one, and stands where AWS's does after each:
// errors tell that place. After the name of a field it has read the beginning of the
// value too, and the text of a string is passed only once it is asked for.
type reader struct {
	text string
	at   int

	kind    kind
	name    string // of the last field
	from    int    // where the text of the token begins, behind the quote of a string
	unread  bool   // the string's text has not been passed
	string  string // once it was read
	pending bool   // the token behind a field's name has been read, and is kept in next
	next    kind

	open []mark // the objects and arrays that are open
}

// mark is an object or array that is open.
type mark struct {
	array bool
	at    int
	count int // of the entries that have begun
}

// syntaxError is text that is no JSON.
type syntaxError struct {
	message string
	at      int
}

// Error returns what is wrong, without the place.
func (e *syntaxError) Error() string { return e.message }

// place is where a byte of the text is, in AWS's words.
func (r *reader) place(at int) string {
	line, begin := 1, 0
	for i := 0; i < at && i < len(r.text); i++ {
		if r.text[i] == '\n' {
			line, begin = line+1, i+1
		}
	}
	column := 1
	for _, c := range r.text[begin:min(at, len(r.text))] {
		column += max(utf16.RuneLen(c), 1)
	}
	return fmt.Sprintf(`[Source: (String)"%s"; line: %d, column: %d]`, r.text, line, column)
}

func (r *reader) fail(at int, format string, args ...any) error {
	return &syntaxError{fmt.Sprintf(format, args...), at}
}

// deepest is how many objects and arrays may be open, far beyond what any event has.
const deepest = 1000

// read goes on to the next token.
func (r *reader) read() error {
	if r.pending {
		r.pending, r.kind = false, r.next
		return nil
	}
	if r.unread {
		if _, err := r.pass(); err != nil {
			return err
		}
	}
	c, err := r.skip()
	if err != nil {
		return err
	}
	if len(r.open) == 0 {
		if c == 0 {
			r.kind = endOfText
			return nil
		}
		r.kind, err = r.value(c)
		return err
	}
	in := &r.open[len(r.open)-1]
	if c == 0 {
		return r.cut()
	}
	if c == ']' || c == '}' {
		return r.close(c)
	}
	if in.count > 0 {
		if c != ',' {
			noun := "Object"
			if in.array {
				noun = "Array"
			}
			return r.unexpected("was expecting comma to separate " + noun + " entries")
		}
		r.at++
		if c, err = r.skip(); err != nil {
			return err
		}
		if c == 0 {
			return r.cut()
		}
	}
	in.count++
	if in.array {
		r.kind, err = r.value(c)
		return err
	}
	return r.field(c)
}

// cut is the error of a text that ends too early.
func (r *reader) cut() error {
	in := r.open[len(r.open)-1]
	noun := "Object"
	if in.array {
		noun = "Array"
	}
	return r.fail(r.at, "Unexpected end-of-input: expected close marker for %s (start marker at %s)", noun, r.place(in.at))
}

// close ends the object or array that is open.
func (r *reader) close(c byte) error {
	in := r.open[len(r.open)-1]
	noun, expected := "Object", byte('}')
	if in.array {
		noun, expected = "Array", ']'
	}
	if c != expected {
		err := r.fail(r.at, "Unexpected close marker '%c': expected '%c' (for %s starting at %s)", c, expected, noun, r.place(in.at))
		r.at++
		return err
	}
	r.at++
	r.open = r.open[:len(r.open)-1]
	r.kind = endObject
	if in.array {
		r.kind = endArray
	}
	return nil
}

// field reads the name of a field and the beginning of its value.
func (r *reader) field(c byte) error {
	if c != '"' {
		return r.unexpected("was expecting double-quote to start field name")
	}
	r.at++
	r.from = r.at
	name, err := r.pass()
	if err != nil {
		return err
	}
	r.name = name
	if c, err = r.skip(); err != nil {
		return err
	}
	if c == 0 {
		return r.fail(r.at, "Unexpected end-of-input within/between Object entries")
	}
	if c != ':' {
		return r.unexpected("was expecting a colon to separate field name and value")
	}
	r.at++
	if c, err = r.skip(); err != nil {
		return err
	}
	if c == 0 {
		return r.fail(r.at, "Unexpected end-of-input within/between Object entries")
	}
	if r.next, err = r.value(c); err != nil {
		return err
	}
	r.kind, r.pending = fieldName, true
	return nil
}

// skip passes white space and returns the byte behind it, 0 at the end.
func (r *reader) skip() (byte, error) {
	for r.at < len(r.text) {
		switch c := r.text[r.at]; c {
		case ' ', '\t', '\r', '\n':
			r.at++
		default:
			if c < ' ' {
				return 0, r.fail(r.at+1, "Illegal character ((CTRL-CHAR, code %d)): only regular white space (\\r, \\n, \\t) is allowed between tokens", c)
			}
			return c, nil
		}
	}
	return 0, nil
}

func (r *reader) unexpected(why string) error {
	c, size := utf8.DecodeRuneInString(r.text[r.at:])
	err := r.fail(r.at, "Unexpected character ('%c' (code %d)): %s", c, c, why)
	r.at += size
	return err
}

const expected = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"

// value reads the beginning of a value.
func (r *reader) value(c byte) (kind, error) {
	switch {
	case c == '"':
		r.at++
		r.from, r.unread = r.at, true
		return stringValue, nil
	case c == '{', c == '[':
		if len(r.open) == deepest {
			return 0, r.fail(r.at, "Document nesting depth (%d) exceeds the maximum allowed (%d)", deepest+1, deepest)
		}
		r.open = append(r.open, mark{array: c == '[', at: r.at})
		r.at++
		if c == '[' {
			return startArray, nil
		}
		return startObject, nil
	case c == '-', c >= '0' && c <= '9':
		return numberValue, r.number()
	case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == '$':
		return r.word()
	}
	return 0, r.unexpected("expected a valid value " + expected)
}

// word reads one of the three words that are values.
func (r *reader) word() (kind, error) {
	end := r.at
	for end < len(r.text) {
		c, size := utf8.DecodeRuneInString(r.text[end:])
		if c != '_' && c != '$' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c < utf8.RuneSelf {
			break
		}
		end += size
	}
	word := r.text[r.at:end]
	r.at = end
	switch word {
	case "true":
		return trueValue, nil
	case "false":
		return falseValue, nil
	case "null":
		return nullValue, nil
	case "NaN", "Infinity", "INF":
		return 0, r.fail(end, "Non-standard token '%s': enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow", word)
	}
	return 0, r.fail(end, "Unrecognized token '%s': was expecting %s", word, expected)
}

// number passes a number.
func (r *reader) number() error {
	r.from = r.at
	digits := func() int {
		from := r.at
		for r.at < len(r.text) && r.text[r.at] >= '0' && r.text[r.at] <= '9' {
			r.at++
		}
		return r.at - from
	}
	if r.text[r.at] == '-' {
		r.at++
		if r.at == len(r.text) || r.text[r.at] < '0' || r.text[r.at] > '9' {
			return r.numeral("expected digit (0-9) to follow minus sign, for valid numeric value")
		}
	}
	zero := r.text[r.at] == '0'
	if n := digits(); zero && n > 1 {
		r.at += 1 - n
		return r.fail(r.at, "Invalid numeric value: Leading zeroes not allowed")
	}
	if r.at < len(r.text) && r.text[r.at] == '.' {
		if r.at++; digits() == 0 {
			return r.numeral("Decimal point not followed by a digit")
		}
	}
	if r.at < len(r.text) && (r.text[r.at] == 'e' || r.text[r.at] == 'E') {
		if r.at++; r.at < len(r.text) && (r.text[r.at] == '+' || r.text[r.at] == '-') {
			r.at++
		}
		if digits() == 0 {
			return r.numeral("Exponent indicator not followed by a digit")
		}
	}
	return nil
}

func (r *reader) numeral(why string) error {
	if r.at == len(r.text) {
		return r.fail(r.at, "Unexpected end-of-input in a Number value")
	}
	return r.unexpected(why)
}

// pass reads the text of a string up to its closing quote.
func (r *reader) pass() (string, error) {
	r.unread = false
	var b strings.Builder
	from := r.at
	for r.at < len(r.text) {
		switch c := r.text[r.at]; {
		case c == '"':
			b.WriteString(r.text[from:r.at])
			r.at++
			return b.String(), nil
		case c == '\\':
			b.WriteString(r.text[from:r.at])
			if err := r.escape(&b); err != nil {
				return "", err
			}
			from = r.at
		case c < ' ':
			r.at++
			return "", r.fail(r.at, "Illegal unquoted character ((CTRL-CHAR, code %d)): has to be escaped using backslash to be included in string value", c)
		default:
			r.at++
		}
	}
	return "", r.fail(r.at, "Unexpected end-of-input: was expecting closing quote for a string value")
}

// escape reads what a backslash begins.
func (r *reader) escape(b *strings.Builder) error {
	r.at++
	if r.at == len(r.text) {
		return r.fail(r.at, "Unexpected end-of-input in character escape sequence")
	}
	c := r.text[r.at]
	r.at++
	if i := strings.IndexByte(`"\/bfnrt`, c); i >= 0 {
		b.WriteByte("\"\\/\b\f\n\r\t"[i])
		return nil
	}
	if c != 'u' {
		r.at--
		_, size := utf8.DecodeRuneInString(r.text[r.at:])
		err := r.fail(r.at, "Unrecognized character escape '%s' (code %d)", r.text[r.at:r.at+size], c)
		r.at += size
		return err
	}
	first, err := r.unit()
	if err != nil {
		return err
	}
	if utf16.IsSurrogate(first) && strings.HasPrefix(r.text[r.at:], `\u`) {
		at := r.at
		r.at += len(`\u`)
		second, err := r.unit()
		if err != nil {
			return err
		}
		if both := utf16.DecodeRune(first, second); both != utf8.RuneError {
			b.WriteRune(both)
			return nil
		}
		r.at = at
	}
	b.WriteRune(first)
	return nil
}

// unit reads the four digits of an escaped character.
func (r *reader) unit() (rune, error) {
	var c rune
	for range 4 {
		if r.at == len(r.text) {
			return 0, r.fail(r.at, "Unexpected end-of-input in character escape sequence")
		}
		digit := strings.IndexByte("0123456789abcdef", r.text[r.at]|0x20)
		if digit < 0 {
			return 0, r.unexpected("expected a hex-digit for character escape sequence")
		}
		c = c<<4 | rune(digit) //nolint:gosec // it is less than 16
		r.at++
	}
	return c, nil
}

// str returns the text of a string that was just read.
func (r *reader) str() (string, error) {
	if r.unread {
		text, err := r.pass()
		if err != nil {
			return "", err
		}
		r.string = text
	}
	return r.string, nil
}

// spelled returns a number that was just read as it stands.
func (r *reader) spelled() string { return r.text[r.from:r.at] }

// word returns what was just read as errors tell it.
func (r *reader) told() (string, error) {
	switch r.kind {
	case stringValue:
		return r.str()
	case numberValue:
		return r.spelled(), nil
	case fieldName:
		return r.name, nil
	case endOfText:
	case startObject:
		return "{", nil
	case endObject:
		return "}", nil
	case startArray:
		return "[", nil
	case endArray:
		return "]", nil
	case trueValue:
		return "true", nil
	case falseValue:
		return "false", nil
	case nullValue:
		return "null", nil
	}
	return "", nil
}

// numeric says whether a number was just read.
func (r *reader) numeric() bool { return r.kind == numberValue }
