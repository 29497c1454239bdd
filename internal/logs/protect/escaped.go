package protect

import (
	"bytes"
	"math"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// In a text of JSON a character may be written as an escape. Who reads the text sees the
// character, so what is protected is looked for among these, too: an escape is no part of
// a word, and none hides one.

// mostEscaped is how often a text is taken to be a text of JSON within one.
const mostEscaped = 4

// escapes are the escapes of one character, and what they stand for.
var escapes = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// unescaped returns a text with the characters that its escapes stand for, and where each
// of its bytes, and its end, is in the text. It is false where there are no escapes.
func (t *text) unescaped() (*text, bool) {
	m := t.message
	if bytes.IndexByte(m, '\\') < 0 || len(m) > math.MaxInt32 {
		return nil, false
	}
	plain, at := make([]byte, 0, len(m)), make([]int32, 0, len(m)+1)
	some := false
	for i := 0; i < len(m); {
		if m[i] != '\\' {
			plain, at = append(plain, m[i]), append(at, t.place(i))
			i++
			continue
		}
		c, size := escape(m[i:])
		some = some || size > 1
		for range len(c) {
			at = append(at, t.place(i))
		}
		plain = append(plain, c...)
		i += size
	}
	if !some {
		return nil, false
	}
	one := newText(plain)
	one.at = append(at, t.place(len(m)))
	return one, true
}

// place returns where a byte of the text is in the message.
func (t *text) place(i int) int32 {
	if t.at == nil {
		return int32(i) //nolint:gosec // unescaped looks at no longer texts
	}
	return t.at[i]
}

// escape returns what the escape stands for with which a text begins, and how long it is
// there: a backslash alone is itself.
func escape(m []byte) (c []byte, size int) {
	if len(m) < 2 {
		return m[:1], 1
	}
	if one := escapes[m[1]]; one != 0 {
		return []byte{one}, 2
	}
	r, ok := unit(m)
	if !ok {
		return m[:1], 1
	}
	size = unitLength
	if utf16.IsSurrogate(r) {
		low, _ := unit(m[size:])
		if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
			size += unitLength
		}
	}
	return utf8.AppendRune(nil, r), size
}

// unitLength is how long an escape of a unit of UTF-16 is.
const unitLength = len(`\u0000`)

// unit reads an escape of a unit of UTF-16.
func unit(m []byte) (rune, bool) {
	if len(m) < unitLength || m[0] != '\\' || m[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(m[2:unitLength]), 16, 16)
	return rune(n), err == nil
}
