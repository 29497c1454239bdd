package value

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// DoubleText returns a double as Java shows it: plain between 0.001 and
// 10,000,000, else as in 1.0E10, always with a digit after the point.
func DoubleText(f float64) string {
	if s, ok := specialText(f); ok {
		return s
	}
	return javaText(f, 64)
}

// RealText is doubleText for a real.
func RealText(f float32) string {
	if s, ok := specialText(float64(f)); ok {
		return s
	}
	return javaText(float64(f), 32)
}

func specialText(f float64) (string, bool) {
	switch {
	case math.IsNaN(f):
		return "NaN", true
	case math.IsInf(f, 1):
		return "Infinity", true
	case math.IsInf(f, -1):
		return "-Infinity", true
	case f == 0 && math.Signbit(f):
		return "-0.0", true
	case f == 0:
		return "0.0", true
	default:
		return "", false
	}
}

// javaText lays out the shortest digits that identify a finite f.
func javaText(f float64, bits int) string {
	negative, digits, exponent := ShortestDigits(f, bits)
	var s string
	switch {
	case exponent < -3 || exponent >= 7:
		s = digits[:1] + "." + orZero(digits[1:]) + "E" + strconv.Itoa(exponent)
	case exponent < 0:
		s = "0." + strings.Repeat("0", -exponent-1) + digits
	case len(digits) <= exponent+1:
		s = digits + strings.Repeat("0", exponent+1-len(digits)) + ".0"
	default:
		s = digits[:exponent+1] + "." + digits[exponent+1:]
	}
	if negative {
		return "-" + s
	}
	return s
}

// ScientificText is how a cast to varchar writes a double or real: always with
// an exponent, and with at most maxFraction digits after the point.
func ScientificText(f float64, bits, maxFraction int) string {
	switch {
	case math.IsNaN(f) || math.IsInf(f, 0):
		s, _ := specialText(f)
		return s
	case f == 0 && math.Signbit(f):
		return "-0E0"
	case f == 0:
		return "0E0"
	}
	negative, digits, exponent := ShortestDigits(f, bits)
	if bits == 32 { // Java reads the digits of the real as a double, and rounds that
		double, _ := strconv.ParseFloat(fmt.Sprintf("0.%se%d", digits, exponent+1), 64)
		mantissa, power, _ := strings.Cut(strconv.FormatFloat(double, 'e', maxFraction, 64), "e")
		exponent, _ = strconv.Atoi(power)
		digits = orZero(strings.TrimRight(strings.Replace(mantissa, ".", "", 1), "0"))
	}
	digits, exponent = roundDigits(digits, exponent, maxFraction+1)
	s := digits[:1] + "." + orZero(digits[1:]) + "E" + strconv.Itoa(exponent)
	if negative {
		return "-" + s
	}
	return s
}

func orZero(s string) string {
	if s == "" {
		return "0"
	}
	return s
}

// ShortestDigits returns the digits of Java's Double.toString, without zeros at
// the end, and the exponent of the first of them. Java looks at two digits where
// one would do, and takes the nearest.
func ShortestDigits(f float64, bits int) (negative bool, digits string, exponent int) {
	s := strconv.FormatFloat(f, 'e', -1, bits)
	if !strings.Contains(s, ".") {
		two := strconv.FormatFloat(f, 'e', 1, bits)
		if back, err := strconv.ParseFloat(two, bits); err == nil && back == f {
			s = two
		}
	}
	mantissa, power, _ := strings.Cut(s, "e")
	mantissa, negative = strings.CutPrefix(mantissa, "-")
	exponent, _ = strconv.Atoi(power)
	digits = strings.TrimRight(strings.Replace(mantissa, ".", "", 1), "0")
	return negative, orZero(digits), exponent
}

// roundDigits rounds to at most n digits, half to even.
func roundDigits(digits string, exponent, n int) (rounded string, newExponent int) {
	if len(digits) <= n {
		return digits, exponent
	}
	kept, rest := []byte(digits[:n]), digits[n:]
	up := rest[0] > '5' || rest[0] == '5' && (strings.Trim(rest[1:], "0") != "" || (kept[n-1]-'0')%2 == 1)
	for i := n - 1; up && i >= 0; i-- {
		if kept[i] != '9' {
			kept[i]++
			up = false
			break
		}
		kept[i] = '0'
	}
	if up {
		return "1", exponent + 1
	}
	return orZero(strings.TrimRight(string(kept), "0")), exponent
}
