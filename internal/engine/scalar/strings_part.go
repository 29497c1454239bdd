package scalar

import (
	"math"
	"strings"
	"unicode/utf8"

	"github.com/sillok/sillok/internal/engine/work"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

// substrText is substr and substring of varchar and of char, which counts with
// its padding.
func substrText(params []datatype.Type, _ datatype.Type) (Function, bool) {
	if len(params) != 2 && len(params) != 3 || !params[0].IsText() || !allIntegers(params[1:]) {
		return none()
	}
	pad := 0
	if params[0].Kind == datatype.Char {
		pad = params[0].Length
	}
	return pure(func(args []any) (any, error) {
		length := int64(math.MaxInt64)
		if len(args) > 2 {
			length = value.As[int64](args[2])
		}
		return substring(value.Padded(value.As[string](args[0]), pad), value.As[int64](args[1]), length), nil
	})
}

func allIntegers(types []datatype.Type) bool {
	for _, t := range types {
		if !t.IsInteger() {
			return false
		}
	}
	return true
}

// substring returns length characters from start, which counts from 1, or from
// the end when it is negative.
func substring(s string, start, length int64) string {
	if start == 0 || length <= 0 || s == "" {
		return ""
	}
	if start > 0 {
		start--
	} else if start += int64(utf8.RuneCountInString(s)); start < 0 {
		return ""
	}
	from := runeOffset(s, start)
	if from < 0 {
		return ""
	}
	s = s[from:]
	if to := runeOffset(s, length); to >= 0 {
		return s[:to]
	}
	return s
}

// runeOffset returns the offset of character n, or -1 when s ends at or before it.
func runeOffset(s string, n int64) int {
	if n >= int64(len(s)) {
		return -1
	}
	for i := range s {
		if n == 0 {
			return i
		}
		n--
	}
	return -1
}

func substrBinary(params []datatype.Type, _ datatype.Type) (Function, bool) {
	if len(params) != 2 && len(params) != 3 || params[0].Kind != datatype.Varbinary || !allIntegers(params[1:]) {
		return none()
	}
	return pure(func(args []any) (any, error) {
		data, start, length := value.As[[]byte](args[0]), value.As[int64](args[1]), int64(math.MaxInt64)
		if len(args) > 2 {
			length = value.As[int64](args[2])
		}
		size := int64(len(data))
		if start < 0 {
			start += size + 1
		}
		if start <= 0 || start > size || length <= 0 {
			return []byte{}, nil
		}
		data = data[start-1:]
		return data[:min(length, int64(len(data)))], nil
	})
}

// trimBinder removes white space, or the characters of the second argument.
func trimBinder(left, right bool) binder {
	return func(params []datatype.Type, _ datatype.Type) (Function, bool) {
		if len(params) < 1 || len(params) > 2 || !params[0].IsText() {
			return none()
		}
		isChar := params[0].Kind == datatype.Char
		pad := 0
		if len(params) == 2 {
			switch {
			case params[1].Kind == datatype.Char:
				pad = params[1].Length
			case !isSet(params[1]):
				return none()
			}
		}
		return pure(func(args []any) (any, error) {
			drop := isJavaSpace
			if len(args) > 1 {
				set := value.Padded(value.As[string](args[1]), pad)
				drop = func(r rune) bool { return strings.ContainsRune(set, r) }
			}
			return trim(value.As[string](args[0]), drop, left, right, isChar), nil
		})
	}
}

// isSet reports whether t is varchar or the set of characters made of one.
func isSet(t datatype.Type) bool {
	return t.Kind == datatype.Varchar || t.Kind == datatype.Opaque && t.Name == datatype.CodePoints
}

func trim(s string, drop func(rune) bool, left, right, isChar bool) string {
	if left {
		s = strings.TrimLeftFunc(s, drop)
	}
	if right {
		s = strings.TrimRightFunc(s, drop)
		if isChar {
			s = strings.TrimRight(s, " ")
		}
	}
	return s
}

// isJavaSpace is Character.isWhitespace of Java: spaces that break lines, and
// the separators among the control characters.
func isJavaSpace(r rune) bool {
	switch {
	case r < 0x80:
		return r == ' ' || r >= '\t' && r <= '\r' || r >= 0x1c && r <= 0x1f
	case r == 0x1680, r >= 0x2000 && r <= 0x200a && r != 0x2007, r == 0x2028, r == 0x2029, r == 0x205f, r == 0x3000:
		return true
	}
	return false
}

// padBinder is lpad and rpad: of characters or of bytes.
func padBinder(left bool) binder {
	text := func(params []datatype.Type, _ datatype.Type) (Function, bool) {
		if len(params) != 3 || !params[1].IsInteger() || params[2].Kind != datatype.Varchar {
			return none()
		}
		pad := 0
		switch {
		case params[0].Kind == datatype.Varchar:
		case params[0].Kind == datatype.Char && left:
			pad = params[0].Length
		default:
			return none()
		}
		return working(func(w *work.Work, args []any) (any, error) {
			return padText(w, value.Padded(value.As[string](args[0]), pad), value.As[int64](args[1]), value.As[string](args[2]), left)
		})
	}
	binary := func(params []datatype.Type, _ datatype.Type) (Function, bool) {
		if len(params) != 3 || params[0].Kind != datatype.Varbinary || !params[1].IsInteger() || params[2].Kind != datatype.Varbinary {
			return none()
		}
		return working(func(w *work.Work, args []any) (any, error) {
			return padBinary(w, value.As[[]byte](args[0]), value.As[int64](args[1]), value.As[[]byte](args[2]), left)
		})
	}
	return either(text, binary)
}

func checkPad(length int64) error {
	if length < 0 || length > math.MaxInt32 {
		return sqlerr.Argument("Target length must be in the range [0..%d]", math.MaxInt32)
	}
	return nil
}

func padText(w *work.Work, s string, length int64, with string, left bool) (any, error) {
	if err := checkPad(length); err != nil {
		return nil, err
	}
	if with == "" {
		return nil, sqlerr.Argument("Padding string must not be empty")
	}
	missing := length - int64(utf8.RuneCountInString(s))
	if missing <= 0 {
		return substring(s, 1, length), nil
	}
	width := int64(utf8.RuneCountInString(with))
	if err := w.Repeat(int(missing/width)+1, len(with)); err != nil {
		return nil, err
	}
	if err := w.Make(len(s)); err != nil {
		return nil, err
	}
	filler := strings.Repeat(with, int(missing/width)) + substring(with, 1, missing%width)
	if left {
		return filler + s, nil
	}
	return s + filler, nil
}

func padBinary(w *work.Work, data []byte, length int64, with []byte, left bool) (any, error) {
	if err := checkPad(length); err != nil {
		return nil, err
	}
	if len(with) == 0 {
		return nil, sqlerr.Argument("Padding bytes must not be empty")
	}
	missing := int(length) - len(data)
	if missing <= 0 {
		return data[:length], nil
	}
	if err := w.Make(int(length)); err != nil {
		return nil, err
	}
	filler := strings.Repeat(string(with), missing/len(with)) + string(with[:missing%len(with)])
	if left {
		return append([]byte(filler), data...), nil
	}
	return append(append(make([]byte, 0, length), data...), filler...), nil
}
