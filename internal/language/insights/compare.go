package insights

import (
	"cmp"
	"strings"

	"github.com/sillok/sillok/internal/language/decimal"
)

// compare evaluates an operator. With null it is null; what is structured is equal
// to nothing and unequal to nothing.
func compare(operator string, a, b value) value {
	if a.isNull() || b.isNull() {
		return value{}
	}
	if a.structured() || b.structured() {
		return truth(false)
	}
	if a.form == moment && !b.isNumber() || b.form == moment && !a.isNumber() {
		return truth(false) // AWS finds nothing by a time that is written out
	}
	if a.isNumber() != b.isNumber() {
		return truth(operator == "!=") // a number and a text are not the same, and neither is more
	}
	order := ordered(a, b)
	switch operator {
	case "=":
		return truth(order == 0)
	case "!=":
		return truth(order != 0)
	case "<":
		return truth(order < 0)
	case "<=":
		return truth(order <= 0)
	case ">":
		return truth(order > 0)
	}
	return truth(order >= 0)
}

// isNumber tells whether the value is a number, or a text that is one.
func (v value) isNumber() bool {
	_, ok := v.asNumber()
	return ok
}

// ordered compares as numbers where both are, and otherwise as text.
func ordered(a, b value) int {
	if a.form == words && b.form == words {
		if a.text == b.text {
			return 0
		}
		x, isX := exact(a.text)
		y, isY := exact(b.text)
		if isX && isY {
			return x.Compare(y)
		}
		return strings.Compare(a.text, b.text)
	}
	x, isX := a.asNumber()
	y, isY := b.asNumber()
	if isX && isY {
		return cmp.Compare(x, y)
	}
	return strings.Compare(a.String(), b.String())
}

// exact reads a text as a number, to the last digit.
func exact(s string) (decimal.Number, bool) {
	if s == "" || !digit(s[len(s)-1]) && s[len(s)-1] != '.' {
		return decimal.Number{}, false
	}
	return decimal.Parse([]byte(s))
}

// natural is the order in which sort puts values: null first, then texts, then
// numbers; within texts, digits that follow one another count as a number.
func natural(a, b value) int {
	if a.isNull() || b.isNull() {
		return cmp.Compare(b2i(!a.isNull()), b2i(!b.isNull()))
	}
	x, isX := a.asNumber()
	y, isY := b.asNumber()
	switch {
	case isX && isY:
		if x == y && a.form == words && b.form == words {
			return ordered(a, b)
		}
		return cmp.Compare(x, y)
	case isX != isY:
		return cmp.Compare(b2i(isX), b2i(isY))
	}
	return naturalText(a.String(), b.String())
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// naturalText compares runs of digits by their length and then their value, and
// other runs by Unicode.
func naturalText(a, b string) int {
	for a != "" && b != "" {
		x, y := chunk(a), chunk(b)
		if order := chunkOrder(x, y); order != 0 {
			return order
		}
		a, b = a[len(x):], b[len(y):]
	}
	return cmp.Compare(len(a), len(b))
}

// chunk returns the digits, or the other characters, with which s begins.
func chunk(s string) string {
	digits := digit(s[0])
	i := 1
	for i < len(s) && digit(s[i]) == digits {
		i++
	}
	return s[:i]
}

func chunkOrder(a, b string) int {
	if digit(a[0]) && digit(b[0]) && len(a) != len(b) {
		return cmp.Compare(len(a), len(b))
	}
	return strings.Compare(a, b)
}
