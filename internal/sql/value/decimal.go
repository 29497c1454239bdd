package value

import "math/big"

// PowerOfTen returns 10^n.
func PowerOfTen(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

// DecimalFits reports whether x has at most precision digits.
func DecimalFits(x *big.Int, precision int) bool { return x.CmpAbs(PowerOfTen(precision)) < 0 }

// Rescale multiplies or divides x by a power of ten, rounding half away from zero.
func Rescale(x *big.Int, by int) *big.Int {
	if by >= 0 {
		return new(big.Int).Mul(x, PowerOfTen(by))
	}
	return DivideHalfUp(x, PowerOfTen(-by))
}

// TruncateScale divides x by 10^by, dropping the rest.
func TruncateScale(x *big.Int, by int) *big.Int { return new(big.Int).Quo(x, PowerOfTen(by)) }

// DivideHalfUp returns a / b rounded half away from zero.
func DivideHalfUp(a, b *big.Int) *big.Int {
	quotient, rest := new(big.Int).QuoRem(a, b, new(big.Int))
	if rest.Abs(rest).Lsh(rest, 1).CmpAbs(b) >= 0 {
		if a.Sign()*b.Sign() < 0 {
			return quotient.Sub(quotient, big.NewInt(1))
		}
		return quotient.Add(quotient, big.NewInt(1))
	}
	return quotient
}
