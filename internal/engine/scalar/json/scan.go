// Package json reads and writes JSON as Trino does, and finds what its two kinds of
// path lead to: that of json_extract and that of the SQL standard. It knows no
// types of SQL.
package json

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/sillok/sillok/internal/sql/value"
)

// Scanner reads JSON text from front to back, as strictly as Trino's parser,
// and no further than it is asked to: what follows is not looked at.
type Scanner struct {
	s     string
	at    int
	depth int
	make  func(bytes int) error // counts what is made of what was read
}

// New returns a scanner that stands before the value of text.
func New(text string) *Scanner { return &Scanner{s: text} }

// Counted is New for text of which values are made: it tells made how many bytes
// they take. Its error ends the scan and is what the scan returns.
func Counted(text string, made func(bytes int) error) *Scanner { return &Scanner{s: text, make: made} }

// made counts n bytes.
func (j *Scanner) made(n int) error {
	if j.make == nil {
		return nil
	}
	return j.make(n)
}

// partBytes is what an element or a member takes besides its text.
const partBytes = 32

// maxDepth bounds the nesting that is read by recursion.
const maxDepth = 20_000

// ErrInvalid is the error of text that is not JSON.
var ErrInvalid = errors.New("invalid JSON")

func (j *Scanner) space() {
	for j.at < len(j.s) {
		switch j.s[j.at] {
		case ' ', '\t', '\n', '\r':
			j.at++
		default:
			return
		}
	}
}

// Peek returns the first byte of what follows the white space, 0 at the end.
func (j *Scanner) Peek() byte {
	j.space()
	if j.at == len(j.s) {
		return 0
	}
	return j.s[j.at]
}

// take skips c when it comes next.
func (j *Scanner) take(c byte) bool {
	if j.Peek() != c {
		return false
	}
	j.at++
	return true
}

// Skip reads one value.
func (j *Scanner) Skip() error {
	switch c := j.Peek(); {
	case c == '{':
		return j.Members(func(string) error { return j.Skip() })
	case c == '[':
		return j.Elements(func(int) error { return j.Skip() })
	case c == '"':
		_, _, err := j.Quoted()
		return err
	case c == '-' || c >= '0' && c <= '9':
		_, _, err := j.Number()
		return err
	default:
		_, err := j.Word()
		return err
	}
}

// ErrStop ends Members and Elements early, which then return it.
var ErrStop = errors.New("stop")

// Members reads an object. value must read the value of the member of the name,
// which is as it is written, without quotes.
func (j *Scanner) Members(value func(raw string) error) error {
	return j.nested('{', '}', func(int) error {
		raw, _, err := j.Quoted()
		if err != nil {
			return err
		}
		if !j.take(':') {
			return ErrInvalid
		}
		return value(raw)
	})
}

// Elements reads an array. value must read the element of the index.
func (j *Scanner) Elements(value func(i int) error) error {
	return j.nested('[', ']', value)
}

func (j *Scanner) nested(open, end byte, part func(i int) error) error {
	if !j.take(open) {
		return ErrInvalid
	}
	if j.depth++; j.depth > maxDepth {
		return ErrInvalid
	}
	defer func() { j.depth-- }()
	if j.take(end) {
		return nil
	}
	for i := 0; ; i++ {
		if err := j.made(partBytes); err != nil {
			return err
		}
		if err := part(i); err != nil {
			return err
		}
		switch {
		case j.take(','):
		case j.take(end):
			return nil
		default:
			return ErrInvalid
		}
	}
}

// Quoted reads a string and returns what is between its quotes, and whether that
// has escapes.
func (j *Scanner) Quoted() (raw string, escaped bool, err error) {
	if !j.take('"') {
		return "", false, ErrInvalid
	}
	start := j.at
	for j.at < len(j.s) {
		switch c := j.s[j.at]; {
		case c == '"':
			j.at++
			return j.s[start : j.at-1], escaped, nil
		case c == '\\':
			escaped = true
			size := escapeSize(j.s[j.at:])
			if size == 0 {
				return "", false, ErrInvalid
			}
			j.at += size
		case c < ' ':
			return "", false, ErrInvalid
		default:
			j.at++
		}
	}
	return "", false, ErrInvalid
}

// escapeSize returns the length of the escape that s begins with, 0 for none.
func escapeSize(s string) int {
	if len(s) < 2 {
		return 0
	}
	if s[1] != 'u' {
		if strings.IndexByte(`"\/bfnrt`, s[1]) < 0 {
			return 0
		}
		return 2
	}
	if len(s) < 6 {
		return 0
	}
	for i := 2; i < 6; i++ {
		if value.Digit(rune(s[i])) > 15 {
			return 0
		}
	}
	return 6
}

// Number reads a number and returns its text, and whether it has a fraction or
// an exponent.
func (j *Scanner) Number() (text string, float bool, err error) {
	if text, float, err = j.number(); err == nil && j.depth == 0 && j.adjoined() {
		err = ErrInvalid // at the root, white space has to follow
	}
	return text, float, err
}

func (j *Scanner) number() (text string, float bool, err error) {
	j.space()
	start := j.at
	if j.next('-') && j.digits() == 0 {
		return "", false, ErrInvalid
	}
	if j.at == start {
		j.digits()
	}
	whole := strings.TrimPrefix(j.s[start:j.at], "-")
	if whole == "" || len(whole) > 1 && whole[0] == '0' {
		return "", false, ErrInvalid
	}
	if j.next('.') {
		float = true
		if j.digits() == 0 {
			return "", false, ErrInvalid
		}
	}
	if j.next('e') || j.next('E') {
		float = true
		_ = j.next('+') || j.next('-')
		if j.digits() == 0 {
			return "", false, ErrInvalid
		}
	}
	return j.s[start:j.at], float, nil
}

// next skips c when it comes at once.
func (j *Scanner) next(c byte) bool {
	if j.at == len(j.s) || j.s[j.at] != c {
		return false
	}
	j.at++
	return true
}

func (j *Scanner) digits() int {
	start := j.at
	for j.at < len(j.s) && j.s[j.at] >= '0' && j.s[j.at] <= '9' {
		j.at++
	}
	return j.at - start
}

// Word reads true, false or null.
func (j *Scanner) Word() (string, error) {
	j.space()
	for _, word := range []string{"true", "false", "null"} {
		if !strings.HasPrefix(j.s[j.at:], word) {
			continue
		}
		j.at += len(word)
		if r, size := utf8.DecodeRuneInString(j.s[j.at:]); size > 0 && isIdentifierPart(r) {
			return "", ErrInvalid
		}
		return word, nil
	}
	return "", ErrInvalid
}

func isIdentifierPart(r rune) bool {
	return r == '_' || r == '$' || r >= '0' && r <= '9' || r|0x20 >= 'a' && r|0x20 <= 'z' || r >= 0x80
}

// End reports whether only white space is left.
func (j *Scanner) End() bool { return j.Peek() == 0 && j.at == len(j.s) }

// Unescape returns the text of a string as it is written. Half a surrogate pair
// is a question mark.
func Unescape(raw string) string {
	if strings.IndexByte(raw, '\\') < 0 {
		return raw
	}
	b := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); {
		if raw[i] != '\\' {
			b = append(b, raw[i])
			i++
			continue
		}
		if raw[i+1] != 'u' {
			b = append(b, map[byte]byte{'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}[raw[i+1]])
			if b[len(b)-1] == 0 {
				b[len(b)-1] = raw[i+1]
			}
			i += 2
			continue
		}
		r := unicodeEscape(raw[i:])
		i += 6
		if utf16.IsSurrogate(r) {
			low := rune(0)
			if strings.HasPrefix(raw[i:], `\u`) {
				low = unicodeEscape(raw[i:])
			}
			if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
				r = '?'
			} else {
				i += 6
			}
		}
		b = utf8.AppendRune(b, r)
	}
	return string(b)
}

func unicodeEscape(s string) rune {
	n, _ := strconv.ParseUint(s[2:6], 16, 16)
	return rune(n)
}
