package json

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/sillok/sillok/internal/sql/value"
)

// Style is how objects are written anew.
type Style int

// The styles.
const (
	AsWritten Style = iota // member by member
	LastWins               // with the last value of each name where its first stood
	sorted                 // likewise, in the order of the names: Trino's canonical form
)

// Copy appends the value that j reads, without white space. Floats are
// written as doubles, as Trino does.
func Copy(b []byte, j *Scanner, style Style) ([]byte, error) {
	switch c := j.Peek(); {
	case c == '{':
		return copyObject(b, j, style)
	case c == '[':
		b = append(b, '[')
		err := j.Elements(func(i int) (err error) {
			if i > 0 {
				b = append(b, ',')
			}
			b, err = Copy(b, j, style)
			return err
		})
		return append(b, ']'), err
	case c == '"':
		raw, escaped, err := j.Quoted()
		return appendRaw(b, raw, escaped), err
	case c == '-' || c >= '0' && c <= '9':
		text, float, err := j.Number()
		if err != nil {
			return nil, err
		}
		return appendNumber(b, text, float), nil
	default:
		word, err := j.Word()
		return append(b, word...), err
	}
}

func appendRaw(b []byte, raw string, escaped bool) []byte {
	if escaped || strings.ContainsFunc(raw, func(r rune) bool { return r > 0xffff }) {
		return AppendText(b, Unescape(raw))
	}
	return append(append(append(b, '"'), strings.ToValidUTF8(raw, "\ufffd")...), '"')
}

// appendNumber appends a number in the canonical form.
func appendNumber(b []byte, text string, float bool) []byte {
	if !float {
		if text == "-0" {
			text = "0"
		}
		return append(b, text...)
	}
	f, _ := strconv.ParseFloat(text, 64) // out of range is infinite
	if math.IsInf(f, 0) {
		return append(append(append(b, '"'), value.DoubleText(f)...), '"')
	}
	return append(b, value.DoubleText(f)...)
}

// Member is a member of an object, its value in JSON.
type Member struct {
	Name  string
	Value []byte
}

func copyObject(b []byte, j *Scanner, style Style) ([]byte, error) {
	var members []Member
	places := map[string]int{}
	err := j.Members(func(raw string) error {
		name := Unescape(raw)
		val, err := Copy(nil, j, style)
		if err != nil {
			return err
		}
		if err := j.made(len(val)); err != nil {
			return err
		}
		if at, ok := places[name]; ok && style != AsWritten {
			members[at].Value = val
			return nil
		}
		places[name] = len(members)
		members = append(members, Member{name, val})
		return nil
	})
	if err != nil {
		return nil, err
	}
	if style == sorted {
		slices.SortFunc(members, func(x, y Member) int { return CompareUTF16(x.Name, y.Name) })
	}
	b = append(b, '{')
	for i, m := range members {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(AppendText(b, m.Name), ':'), m.Value...)
	}
	return append(b, '}'), nil
}

// CompareUTF16 orders texts as Java does, by their UTF-16.
func CompareUTF16(a, b string) int {
	for a != "" && b != "" {
		x, n := utf8.DecodeRuneInString(a)
		y, m := utf8.DecodeRuneInString(b)
		if x != y {
			// A code point beyond U+FFFF begins with a unit from U+D800 on.
			if x > 0xffff != (y > 0xffff) {
				x, y = leadingUnit(x), leadingUnit(y)
			}
			return cmp.Compare(x, y)
		}
		a, b = a[n:], b[m:]
	}
	return cmp.Compare(len(a), len(b))
}

func leadingUnit(r rune) rune {
	if r > 0xffff {
		return 0xd800
	}
	return r
}

// AppendText appends s as a JSON string. Only what must be is escaped.
func AppendText(b []byte, s string) []byte {
	const digits = "0123456789ABCDEF"
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r > 0xffff: // as Jackson writes what is beyond UCS-2
			high, low := utf16.EncodeRune(r)
			b = fmt.Appendf(b, `\u%04X\u%04X`, high, low)
		case r >= ' ':
			b = utf8.AppendRune(b, r)
		case r == '\b':
			b = append(b, `\b`...)
		case r == '\t':
			b = append(b, `\t`...)
		case r == '\n':
			b = append(b, `\n`...)
		case r == '\f':
			b = append(b, `\f`...)
		case r == '\r':
			b = append(b, `\r`...)
		default:
			b = append(b, `\u00`...)
			b = append(b, digits[r>>4], digits[r&15])
		}
	}
	return append(b, '"')
}

// Canonical returns what j reads, to its end, as values of type json hold it.
func Canonical(j *Scanner) (string, error) {
	b, err := Copy(nil, j, sorted)
	if err == nil && !j.End() {
		err = ErrInvalid
	}
	return string(b), err
}
