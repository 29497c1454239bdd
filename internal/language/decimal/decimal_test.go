package decimal_test

import (
	"math/big"
	"testing"

	"github.com/sillok/sillok/internal/language/decimal"
)

func TestCompare(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{
		{"1", "1.0", 0},
		{"-0", "0e5", 0},
		{"+.5e1", "5.", 0},
		{"0.05", "5e-2", 0},
		{"100", "1e2", 0},
		{"12345678901234567890123", "12345678901234567890124", -1},
		{"1e-301", "1e-300", -1},
		{"-2", "-1", -1},
		{"-1", "1", -1},
		{"0", "-1", 1},
		{"10", "9", 1},
		{"0.1", "0.09", 1},
		{"1.01", "1.1", -1},
		{"1", "1e99999999999999999999", -1},
		{"-1e9", "1e-9", -1},
	} {
		a, okA := decimal.Parse([]byte(tt.a))
		b, okB := decimal.Parse([]byte(tt.b))
		if !okA || !okB || a.Compare(b) != tt.want || b.Compare(a) != -tt.want {
			t.Errorf("%s against %s: %d, %d", tt.a, tt.b, a.Compare(b), b.Compare(a))
		}
	}
	for _, text := range []string{"", "-", ".", "e1", "1e", "1e+", "1.2.3", "1 ", "0x1", "NaN", "1e1.5", "--1"} {
		if n, ok := decimal.Parse([]byte(text)); ok {
			t.Errorf("%q is %v", text, n)
		}
	}
}

// FuzzCompare holds the order of numbers to that of rationals.
func FuzzCompare(f *testing.F) {
	f.Add("1.50", "15e-1")
	f.Add("-0.001", "+.5E2")
	f.Fuzz(func(t *testing.T, a, b string) {
		x, okX := decimal.Parse([]byte(a))
		y, okY := decimal.Parse([]byte(b))
		if !okX || !okY || len(a)+len(b) > 40 {
			return
		}
		p, okP := new(big.Rat).SetString(a)
		q, okQ := new(big.Rat).SetString(b)
		if okP && okQ && x.Compare(y) != p.Cmp(q) {
			t.Errorf("%s against %s: %d", a, b, x.Compare(y))
		}
	})
}
