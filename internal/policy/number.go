package policy

import "strings"

// number is a decimal number of any size, compared digit by digit.
type number struct {
	negative bool
	whole    string // without zeros in front
	fraction string // without zeros behind
}

// parseNumber reads an integer or a decimal number: a sign, digits, a point and
// digits.
func parseNumber(text string) (number, bool) {
	n := number{}
	rest, minus := strings.CutPrefix(text, "-")
	if !minus {
		rest = strings.TrimPrefix(text, "+")
	}
	whole, fraction, point := strings.Cut(rest, ".")
	if !digits(whole) || point && !digits(fraction) {
		return n, false
	}
	n.whole = strings.TrimLeft(whole, "0")
	n.fraction = strings.TrimRight(fraction, "0")
	n.negative = minus && n.whole+n.fraction != ""
	return n, true
}

// digits reports whether text is made of digits and is not empty.
func digits(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }

// compare returns -1, 0 or 1 as n is less than, equal to or greater than m.
func (n number) compare(m number) int {
	if n.negative != m.negative {
		if n.negative {
			return -1
		}
		return 1
	}
	size := len(n.whole) - len(m.whole)
	if size == 0 {
		size = strings.Compare(n.whole, m.whole)
	}
	if size == 0 {
		size = strings.Compare(n.fraction, m.fraction)
	}
	if n.negative {
		size = -size
	}
	return max(-1, min(1, size))
}
