package scalar

import (
	"math/big"

	"github.com/sillok/sillok/internal/sql/datatype"
)

// bigPow10 returns 10^n.
func bigPow10(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

// decimalFits reports whether x has at most precision digits.
func decimalFits(x *big.Int, precision int) bool { return x.CmpAbs(bigPow10(precision)) < 0 }

// rescale multiplies or divides x by a power of ten, rounding half away from zero.
func rescale(x *big.Int, by int) *big.Int {
	if by >= 0 {
		return new(big.Int).Mul(x, bigPow10(by))
	}
	return divideHalfUp(x, bigPow10(-by))
}

// truncateScale divides x by 10^by, dropping the rest.
func truncateScale(x *big.Int, by int) *big.Int { return new(big.Int).Quo(x, bigPow10(by)) }

// divideHalfUp returns a / b rounded half away from zero.
func divideHalfUp(a, b *big.Int) *big.Int {
	quotient, rest := new(big.Int).QuoRem(a, b, new(big.Int))
	if rest.Abs(rest).Lsh(rest, 1).CmpAbs(b) >= 0 {
		if a.Sign()*b.Sign() < 0 {
			return quotient.Sub(quotient, big.NewInt(1))
		}
		return quotient.Add(quotient, big.NewInt(1))
	}
	return quotient
}

// within returns x, or the error that it has more digits than any decimal.
func within(x *big.Int) (any, error) {
	if !decimalFits(x, datatype.MaxDecimalPrecision) {
		return nil, errRange("Decimal overflow")
	}
	return x, nil
}

func decimalPair(params []datatype.Type, result datatype.Type) bool {
	return areKinds(params, datatype.Decimal, datatype.Decimal) && result.Kind == datatype.Decimal
}

func bindDecimalSum(sign int) binder {
	return func(params []datatype.Type, result datatype.Type) (Function, bool) {
		if !decimalPair(params, result) {
			return none()
		}
		scale := max(params[0].Scale, params[1].Scale)
		byA, byB := scale-params[0].Scale, scale-params[1].Scale
		return pure(func(args []any) (any, error) {
			a, b := rescale(as[*big.Int](args[0]), byA), rescale(as[*big.Int](args[1]), byB)
			if sign < 0 {
				return within(a.Sub(a, b))
			}
			return within(a.Add(a, b))
		})
	}
}

func bindDecimalProduct(params []datatype.Type, result datatype.Type) (Function, bool) {
	if !decimalPair(params, result) {
		return none()
	}
	return pure(func(args []any) (any, error) {
		return within(new(big.Int).Mul(as[*big.Int](args[0]), as[*big.Int](args[1])))
	})
}

func bindDecimalQuotient(params []datatype.Type, result datatype.Type) (Function, bool) {
	if !decimalPair(params, result) {
		return none()
	}
	by := result.Scale - params[0].Scale + params[1].Scale
	return pure(func(args []any) (any, error) {
		a, b := as[*big.Int](args[0]), as[*big.Int](args[1])
		if b.Sign() == 0 {
			return nil, errDivision()
		}
		return within(divideHalfUp(rescale(a, by), b))
	})
}

func bindDecimalModulus(params []datatype.Type, result datatype.Type) (Function, bool) {
	if !decimalPair(params, result) {
		return none()
	}
	scale := max(params[0].Scale, params[1].Scale)
	byA, byB := scale-params[0].Scale, scale-params[1].Scale
	return pure(func(args []any) (any, error) {
		b := rescale(as[*big.Int](args[1]), byB)
		if b.Sign() == 0 {
			return nil, errDivision()
		}
		a := rescale(as[*big.Int](args[0]), byA)
		return within(a.Rem(a, b))
	})
}

func bindDecimalNegate(params []datatype.Type, _ datatype.Type) (Function, bool) {
	if !areKinds(params, datatype.Decimal) {
		return none()
	}
	return pure(func(args []any) (any, error) { return new(big.Int).Neg(as[*big.Int](args[0])), nil })
}
