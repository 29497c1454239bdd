package jsonscan

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
)

// MaxDepth is how deep objects and arrays may nest.
const MaxDepth = 1000

// ErrShort says that the input ends inside the value: more bytes may complete it.
var ErrShort = errors.New("JSON ends inside a value")

// SyntaxError says where the input stops being JSON.
type SyntaxError struct {
	Offset int
	Reason string
}

// Error returns the reason and the offset.
func (e *SyntaxError) Error() string { return fmt.Sprintf("%s at byte %d", e.Reason, e.Offset) }

func syntax(at int, reason string) error { return &SyntaxError{Offset: at, Reason: reason} }

// Value is one JSON value, by its place in the input.
type Value struct {
	Start, End int
	Kind       byte // '{', '[', '"', '0' for a number, 't', 'f' or 'n'
	Escaped    bool // a string with at least one backslash
	Spaced     bool // an object or array with white space between its tokens
}

// Bytes returns the value's bytes in b, the input it was found in.
func (v Value) Bytes(b []byte) []byte { return b[v.Start:v.End] }

// Space returns the first place at or after i that is not white space.
func Space(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t') {
		i++
	}
	return i
}

// Next reads the value that begins at b[i], which must not be white space.
func Next(b []byte, i int) (Value, error) { return next(b, i, 0) }

// Within reads as Next does a value that lies in depth objects and arrays, which
// count towards MaxDepth.
func Within(b []byte, i, depth int) (Value, error) { return next(b, i, depth) }

func next(b []byte, i, depth int) (Value, error) {
	if i >= len(b) {
		return Value{}, ErrShort
	}
	v := Value{Start: i, Kind: b[i]}
	var err error
	switch c := b[i]; {
	case c == '"':
		v.End, v.Escaped, err = text(b, i+1)
	case c == '{':
		v.End, v.Spaced, err = object(b, i+1, depth+1)
	case c == '[':
		v.End, v.Spaced, err = array(b, i+1, depth+1)
	case c == '-' || c >= '0' && c <= '9':
		v.Kind = '0'
		v.End, err = number(b, i)
	case c == 't':
		v.End, err = word(b, i, "true")
	case c == 'f':
		v.End, err = word(b, i, "false")
	case c == 'n':
		v.End, err = word(b, i, "null")
	default:
		err = syntax(i, "a value was expected")
	}
	return v, err
}

func word(b []byte, i int, want string) (int, error) {
	for k := range len(want) {
		if i+k >= len(b) {
			return 0, ErrShort
		}
		if b[i+k] != want[k] {
			return 0, syntax(i+k, want+" was expected")
		}
	}
	return i + len(want), nil
}

// number reads a number. One that reaches the end of the input is short: its
// next digit may be in the next read.
func number(b []byte, i int) (int, error) {
	if b[i] == '-' {
		i++
	}
	if i < len(b) && b[i] == '0' {
		i++
	} else {
		start := i
		if i = digits(b, i); i == start {
			return 0, missing(b, i, "a digit was expected")
		}
	}
	if i < len(b) && b[i] == '.' {
		start := i + 1
		if i = digits(b, start); i == start {
			return 0, missing(b, i, "a digit was expected")
		}
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		start := i
		if i = digits(b, i); i == start {
			return 0, missing(b, i, "a digit was expected")
		}
	}
	return i, nil
}

func digits(b []byte, i int) int {
	for i < len(b) && b[i] >= '0' && b[i] <= '9' {
		i++
	}
	return i
}

func missing(b []byte, i int, reason string) error {
	if i >= len(b) {
		return ErrShort
	}
	return syntax(i, reason)
}

func object(b []byte, i, depth int) (end int, spaced bool, err error) {
	if depth > MaxDepth {
		return 0, false, syntax(i, "nested too deeply")
	}
	skip := func() {
		if i < len(b) && b[i] <= ' ' {
			j := Space(b, i)
			spaced = spaced || j > i
			i = j
		}
	}
	skip()
	if i < len(b) && b[i] == '}' {
		return i + 1, spaced, nil
	}
	for {
		if i >= len(b) {
			return 0, spaced, ErrShort
		}
		if b[i] != '"' {
			return 0, spaced, syntax(i, "a member name was expected")
		}
		if i, _, err = text(b, i+1); err != nil {
			return 0, spaced, err
		}
		skip()
		if i >= len(b) || b[i] != ':' {
			return 0, spaced, missing(b, i, "a colon was expected")
		}
		i++
		skip()
		v, err := next(b, i, depth)
		if err != nil {
			return 0, spaced, err
		}
		i = v.End
		spaced = spaced || v.Spaced
		skip()
		if i >= len(b) {
			return 0, spaced, ErrShort
		}
		if b[i] == '}' {
			return i + 1, spaced, nil
		}
		if b[i] != ',' {
			return 0, spaced, syntax(i, "a comma or } was expected")
		}
		i++
		skip()
	}
}

func array(b []byte, i, depth int) (end int, spaced bool, err error) {
	if depth > MaxDepth {
		return 0, false, syntax(i, "nested too deeply")
	}
	skip := func() {
		if i < len(b) && b[i] <= ' ' {
			j := Space(b, i)
			spaced = spaced || j > i
			i = j
		}
	}
	skip()
	if i < len(b) && b[i] == ']' {
		return i + 1, spaced, nil
	}
	for {
		v, err := next(b, i, depth)
		if err != nil {
			return 0, spaced, err
		}
		i = v.End
		spaced = spaced || v.Spaced
		skip()
		if i >= len(b) {
			return 0, spaced, ErrShort
		}
		if b[i] == ']' {
			return i + 1, spaced, nil
		}
		if b[i] != ',' {
			return 0, spaced, syntax(i, "a comma or ] was expected")
		}
		i++
		skip()
	}
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// text finds the end of a string whose first byte after the quote is b[i]. It
// looks at eight bytes at a time for a quote, a backslash or a control byte.
func text(b []byte, i int) (end int, escaped bool, err error) {
	for {
		for i+8 <= len(b) {
			x := binary.LittleEndian.Uint64(b[i:])
			quote, slash := x^(ones*'"'), x^(ones*'\\')
			hit := ((quote - ones) &^ quote) | ((slash - ones) &^ slash) | ((x - ones*0x20) &^ x)
			if hit &= highs; hit != 0 {
				i += bits.TrailingZeros64(hit) / 8
				break
			}
			i += 8
		}
		if i >= len(b) {
			return 0, escaped, ErrShort
		}
		switch c := b[i]; {
		case c == '"':
			return i + 1, escaped, nil
		case c == '\\':
			escaped = true
			if i, err = escape(b, i+1); err != nil {
				return 0, escaped, err
			}
		case c < 0x20:
			return 0, escaped, syntax(i, "a control character in a string")
		default:
			i++
		}
	}
}

func escape(b []byte, i int) (int, error) {
	if i >= len(b) {
		return 0, ErrShort
	}
	switch b[i] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 1, nil
	case 'u':
		for k := 1; k <= 4; k++ {
			if i+k >= len(b) {
				return 0, ErrShort
			}
			if hex(b[i+k]) < 0 {
				return 0, syntax(i+k, "a hexadecimal digit was expected")
			}
		}
		return i + 5, nil
	}
	return 0, syntax(i, "an escape that JSON does not have")
}
