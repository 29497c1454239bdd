// Package decimal compares numbers as they are written, to the last digit: numbers in
// logs are identifiers as often as quantities, and a float64 tells only some apart.
package decimal

import (
	"bytes"
	"cmp"
)

// Number is a decimal number: its digits as they are written, compared to the
// last one. Its value is 0.d1d2d3… times ten to the power of point.
type Number struct {
	negative bool
	point    int
	digits   []byte // from the first to the last that is not 0, perhaps with the decimal point; empty is zero
}

// farthest bounds exponents: numbers that differ beyond it are not told apart.
const farthest = 1 << 30

// Parse reads an optional sign, digits with or without a decimal point, and
// an optional exponent. All of text must be that.
func Parse(text []byte) (n Number, ok bool) {
	if len(text) > 0 && (text[0] == '-' || text[0] == '+') {
		n.negative = text[0] == '-'
		text = text[1:]
	}
	stop := 0
	for stop < len(text) && (isDigit(text[stop]) || text[stop] == '.') {
		stop++
	}
	digits, exponent := text[:stop], text[stop:]
	point := bytes.IndexByte(digits, '.')
	if point < 0 {
		point = stop
	} else if stop == 1 || bytes.IndexByte(digits[point+1:], '.') >= 0 {
		return Number{}, false
	}
	ten, ok := parseExponent(exponent)
	if stop == 0 || !ok {
		return Number{}, false
	}
	first := 0
	for first < stop && (digits[first] == '0' || digits[first] == '.') {
		first++
	}
	if first == stop {
		return Number{}, true // zero has no sign
	}
	n.digits = bytes.TrimRight(digits[first:], "0.")
	if first < point {
		n.point = point - first + ten
	} else {
		n.point = point + 1 - first + ten
	}
	return n, true
}

// parseExponent reads what may follow the digits.
func parseExponent(text []byte) (exponent int, ok bool) {
	if len(text) == 0 {
		return 0, true
	}
	if text[0] != 'e' && text[0] != 'E' {
		return 0, false
	}
	text = text[1:]
	sign := 1
	if len(text) > 0 && (text[0] == '-' || text[0] == '+') {
		if text[0] == '-' {
			sign = -1
		}
		text = text[1:]
	}
	for _, c := range text {
		if !isDigit(c) {
			return 0, false
		}
		exponent = min(exponent*10+int(c-'0'), farthest)
	}
	return sign * exponent, len(text) > 0
}

// Compare returns -1, 0 or 1 as n is less than, equal to or more than m.
func (n Number) Compare(m Number) int {
	switch {
	case n.sign() != m.sign():
		return cmp.Compare(n.sign(), m.sign())
	case n.negative:
		return m.size(n)
	}
	return n.size(m)
}

func (n Number) sign() int {
	switch {
	case len(n.digits) == 0:
		return 0
	case n.negative:
		return -1
	}
	return 1
}

// size compares without signs.
func (n Number) size(m Number) int {
	if n.point != m.point {
		return cmp.Compare(n.point, m.point)
	}
	a, b := n.digits, m.digits
	for len(a) > 0 || len(b) > 0 {
		var x, y byte
		x, a = leading(a)
		y, b = leading(b)
		if x != y {
			return cmp.Compare(x, y)
		}
	}
	return 0
}

// leading returns the first digit and those after it.
func leading(digits []byte) (byte, []byte) {
	if len(digits) > 0 && digits[0] == '.' {
		digits = digits[1:]
	}
	if len(digits) == 0 {
		return '0', nil
	}
	return digits[0], digits[1:]
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
