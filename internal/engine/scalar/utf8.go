package scalar

import (
	"strings"
	"unicode/utf8"

	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

func toUTF8(params []datatype.Type, _ datatype.Type) (Function, bool) {
	if len(params) != 1 || !params[0].IsText() {
		return none()
	}
	return pure(func(args []any) (any, error) { return []byte(paddedText(params[0], args[0])), nil })
}

// fromUTF8 decodes, with a replacement for what is not UTF-8: U+FFFD, the
// character of a text or nothing when it is empty, or a code point.
func fromUTF8(params []datatype.Type, _ datatype.Type) (Function, bool) {
	if len(params) < 1 || len(params) > 2 || params[0].Kind != datatype.Varbinary {
		return none()
	}
	if len(params) == 1 {
		return pure(func(args []any) (any, error) {
			return repairUTF8(value.As[[]byte](args[0]), string(utf8.RuneError)), nil
		})
	}
	switch {
	case params[1].Kind == datatype.Varchar:
		return pure(func(args []any) (any, error) {
			with := value.As[string](args[1])
			if utf8.RuneCountInString(with) > 1 {
				return nil, sqlerr.Argument("Replacement character string must empty or a single character")
			}
			return repairUTF8(value.As[[]byte](args[0]), with), nil
		})
	case params[1].IsInteger():
		return pure(func(args []any) (any, error) {
			data, wide := value.As[[]byte](args[0]), value.As[int64](args[1])
			code := int32(wide) //nolint:gosec // all that Trino takes of a negative number
			switch {
			case wide > utf8.MaxRune || wide >= 0 && !utf8.ValidRune(code):
				return nil, sqlerr.Argument("Invalid replacement character")
			case code < 0 && !utf8.Valid(data):
				return nil, errInternal("Invalid code point 0x%08X", uint32(code)) //nolint:gosec // two's complement is meant
			}
			return repairUTF8(data, string(code)), nil
		})
	}
	return none()
}

// repairUTF8 replaces each longest run of bytes that begins a code point and
// does not complete it, and each byte that begins none.
func repairUTF8(data []byte, with string) string {
	if utf8.Valid(data) {
		return string(data)
	}
	var b strings.Builder
	for len(data) > 0 {
		r, size := utf8.DecodeRune(data)
		if r == utf8.RuneError && size == 1 {
			b.WriteString(with)
			data = data[brokenLength(data):]
			continue
		}
		b.Write(data[:size])
		data = data[size:]
	}
	return b.String()
}

// brokenLength returns how many bytes make up the broken code point that data
// begins with: its first byte and the continuation bytes that it announces.
func brokenLength(data []byte) int {
	want := 0
	switch first := data[0]; {
	case first >= 0xc0 && first < 0xe0:
		want = 1
	case first >= 0xe0 && first < 0xf0:
		want = 2
	case first >= 0xf0 && first < 0xf8:
		want = 3
	case first >= 0xf8 && first < 0xfc:
		want = 4
	case first >= 0xfc && first < 0xfe:
		want = 5
	}
	n := 1
	for n <= want && n < len(data) && data[n]&0xc0 == 0x80 {
		n++
	}
	return n
}
