// Package javadouble writes numbers as Java's Double.toString does, which AWS's
// texts and JSON show them by.
package javadouble

import (
	"math"
	"strconv"
	"strings"
)

// Text returns v as Java writes it: 21.0, 1.0E10, NaN.
func Text(v float64) string {
	switch {
	case math.IsNaN(v):
		return "NaN"
	case math.IsInf(v, 1):
		return "Infinity"
	case math.IsInf(v, -1):
		return "-Infinity"
	}
	if a := math.Abs(v); a != 0 && (a < 1e-3 || a >= 1e7) {
		mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(v, 'E', -1, 64), "E")
		if !strings.Contains(mantissa, ".") {
			mantissa += ".0"
		}
		sign, digits := "", strings.TrimPrefix(exponent, "+")
		if rest, negative := strings.CutPrefix(digits, "-"); negative {
			sign, digits = "-", rest
		}
		return mantissa + "E" + sign + strings.TrimLeft(digits, "0")
	}
	text := strconv.FormatFloat(v, 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}

// Number is a number that JSON shows as Java writes it. What is no number of
// JSON is shown as text.
type Number float64

// MarshalJSON writes n as Text does.
func (n Number) MarshalJSON() ([]byte, error) {
	text := Text(float64(n))
	if math.IsNaN(float64(n)) || math.IsInf(float64(n), 0) {
		text = strconv.Quote(text)
	}
	return []byte(text), nil
}
