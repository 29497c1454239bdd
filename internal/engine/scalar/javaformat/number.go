package javaformat

import (
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/sillok/sillok/internal/sql/value"
)

// integer lays out a number for %d, %o and %x; the latter two in two's complement.
func (p formatPart) integer(format string, n int64) (string, error) {
	if p.conversion == 'd' {
		digits := strings.TrimPrefix(strconv.FormatInt(n, 10), "-")
		return p.justify(p.signed(n < 0, digits, "")), nil
	}
	for _, flag := range []byte("( +") {
		if p.has(flag) {
			return "", errFlags(format, p, flag)
		}
	}
	base, prefix := 16, "0x"
	if p.conversion == 'o' {
		base, prefix = 8, "0"
	}
	if !p.has('#') {
		prefix = ""
	}
	digits := strconv.FormatUint(uint64(n), base) //nolint:gosec // two's complement
	if p.has('0') {
		digits = strings.Repeat("0", max(0, p.width-len(prefix)-len(digits))) + digits
	}
	return p.justify(prefix + digits), nil
}

// signed puts the sign before digits and what follows the point, with the
// groups and the zeros that the flags ask for.
func (p formatPart) signed(negative bool, digits, fraction string) string {
	if p.has(',') {
		for i := len(digits) - 3; i > 0; i -= 3 {
			digits = digits[:i] + "," + digits[i:]
		}
	}
	before, behind := "", ""
	switch {
	case negative && p.has('('):
		before, behind = "(", ")"
	case negative:
		before = "-"
	case p.has('+'):
		before = "+"
	case p.has(' '):
		before = " "
	}
	if p.has('0') {
		missing := p.width - len(before) - len(digits) - len(fraction) - len(behind)
		digits = strings.Repeat("0", max(0, missing)) + digits
	}
	return before + digits + fraction + behind
}

// decimalNumber is digits d.ddd times ten to the exponent, or special.
type decimalNumber struct {
	negative bool
	special  string // "NaN", "Infinity"
	digits   string // without leading zeros, except for zero itself
	exponent int
}

// numberOf returns a double, a real or a decimal as digits: those of the
// shortest text that identifies it.
func numberOf(v any) (decimalNumber, bool) {
	switch v := v.(type) {
	case float32:
		return doubleNumber(float64(v)), true
	case float64:
		return doubleNumber(v), true
	case javaDecimal:
		digits := new(big.Int).Abs(v.unscaled).String()
		n := decimalNumber{negative: v.unscaled.Sign() < 0, digits: digits, exponent: len(digits) - 1 - v.scale}
		if v.unscaled.Sign() == 0 {
			n.exponent = 0
		}
		return n, true
	}
	return decimalNumber{}, false
}

func doubleNumber(f float64) decimalNumber {
	n := decimalNumber{negative: math.Signbit(f), digits: "0"}
	switch {
	case math.IsNaN(f):
		return decimalNumber{special: "NaN"}
	case math.IsInf(f, 0):
		n.special = "Infinity"
	case f != 0:
		_, n.digits, n.exponent = value.ShortestDigits(math.Abs(f), 64)
	}
	return n
}

// rounded returns the number with count digits, a half rounded up. No digits at
// all are zero or, rounded up, one.
func (n decimalNumber) rounded(count int) decimalNumber {
	if count >= len(n.digits) {
		return n
	}
	up := count >= 0 && n.digits[count] >= '5'
	digits := []byte(n.digits[:max(0, count)])
	i := len(digits) - 1
	for ; up && i >= 0; i-- {
		if digits[i]++; digits[i] <= '9' {
			break
		}
		digits[i] = '0'
	}
	if up && i < 0 {
		digits = append([]byte{'1'}, digits...)
		n.exponent++
	}
	if n.digits = string(digits); n.digits == "" {
		n.digits, n.exponent = "0", 0
	}
	return n
}

// fixed returns what stands before the point and behind it.
func (n decimalNumber) fixed(precision int) (whole, fraction string) {
	r := n.rounded(n.exponent + 1 + precision)
	digits, point := r.digits, r.exponent+1
	if point <= 0 {
		digits, point = strings.Repeat("0", 1-point)+digits, 1
	}
	if missing := point + precision - len(digits); missing > 0 {
		digits += strings.Repeat("0", missing)
	}
	return digits[:point], digits[point : point+precision]
}

// scientific returns the digit before the point, those behind it, and the
// exponent's text.
func (n decimalNumber) scientific(precision int) (whole, fraction, exponent string) {
	r := n.rounded(precision + 1)
	digits := r.digits + strings.Repeat("0", max(0, precision+1-len(r.digits)))
	sign := "+"
	if r.exponent < 0 {
		sign = "-"
		r.exponent = -r.exponent
	}
	exponent = strconv.Itoa(r.exponent)
	if len(exponent) < 2 {
		exponent = "0" + exponent
	}
	return digits[:1], digits[1 : precision+1], "e" + sign + exponent
}

// number lays out a number for %e, %f and %g.
func (p formatPart) number(n decimalNumber) string {
	if n.special != "" {
		plain := p
		plain.flags = strings.Trim(strings.ReplaceAll(p.flags, ",", ""), "0")
		plain.flags = strings.ReplaceAll(plain.flags, "0", "")
		if n.special == "NaN" {
			return "NaN"
		}
		return plain.signed(n.negative, n.special, "")
	}
	precision := p.precision
	if precision < 0 {
		precision = 6
	}
	conversion := p.conversion
	if conversion == 'g' {
		precision = max(precision, 1)
		exponent := n.rounded(precision).exponent
		if n.digits == "0" {
			exponent = 0
		}
		conversion = 'e'
		if exponent >= -4 && exponent < precision {
			conversion = 'f'
			precision -= exponent
		}
		precision--
	}
	var whole, fraction, exponent string
	if conversion == 'f' {
		whole, fraction = n.fixed(precision)
	} else {
		whole, fraction, exponent = n.scientific(precision)
	}
	if fraction != "" || p.has('#') {
		fraction = "." + fraction
	}
	return p.signed(n.negative, whole, fraction+exponent)
}
