package scalar

import (
	"math/big"

	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

// within returns x, or the error that it has more digits than any decimal.
func within(x *big.Int) (any, error) {
	if !value.DecimalFits(x, datatype.MaxDecimalPrecision) {
		return nil, sqlerr.Range("Decimal overflow")
	}
	return x, nil
}

func decimalPair(params []datatype.Type, result datatype.Type) bool {
	return areKinds(params, datatype.Decimal, datatype.Decimal) && result.Kind == datatype.Decimal
}

// maxBits is what Trino holds of a decimal while it adds.
const maxBits = 127

func bindDecimalSum(sign int) binder {
	return func(params []datatype.Type, result datatype.Type) (Function, bool) {
		if !decimalPair(params, result) {
			return none()
		}
		scale := max(params[0].Scale, params[1].Scale)
		byA, byB := scale-params[0].Scale, scale-params[1].Scale
		return pure(func(args []any) (any, error) {
			a, b := value.Rescale(value.As[*big.Int](args[0]), byA), value.Rescale(value.As[*big.Int](args[1]), byB)
			if a.BitLen() > maxBits || b.BitLen() > maxBits {
				return nil, sqlerr.Range("Decimal overflow")
			}
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
		return within(new(big.Int).Mul(value.As[*big.Int](args[0]), value.As[*big.Int](args[1])))
	})
}

func bindDecimalQuotient(params []datatype.Type, result datatype.Type) (Function, bool) {
	if !decimalPair(params, result) {
		return none()
	}
	by := result.Scale - params[0].Scale + params[1].Scale
	return pure(func(args []any) (any, error) {
		a, b := value.As[*big.Int](args[0]), value.As[*big.Int](args[1])
		if b.Sign() == 0 {
			return nil, errDivision()
		}
		if by >= datatype.MaxDecimalPrecision { // as far as Trino scales a dividend, even 0
			return nil, sqlerr.Range("Decimal overflow")
		}
		return within(value.DivideHalfUp(value.Rescale(a, by), b))
	})
}

func bindDecimalModulus(params []datatype.Type, result datatype.Type) (Function, bool) {
	if !decimalPair(params, result) {
		return none()
	}
	scale := max(params[0].Scale, params[1].Scale)
	byA, byB := scale-params[0].Scale, scale-params[1].Scale
	return pure(func(args []any) (any, error) {
		b := value.Rescale(value.As[*big.Int](args[1]), byB)
		if b.Sign() == 0 {
			return nil, errDivision()
		}
		a := value.Rescale(value.As[*big.Int](args[0]), byA)
		quotient, rest := a.QuoRem(a, b, new(big.Int))
		if quotient.BitLen() > 128 { // which Trino computes too
			return nil, sqlerr.Range("Decimal overflow")
		}
		return within(rest)
	})
}

func bindDecimalNegate(params []datatype.Type, _ datatype.Type) (Function, bool) {
	if !areKinds(params, datatype.Decimal) {
		return none()
	}
	return pure(func(args []any) (any, error) { return new(big.Int).Neg(value.As[*big.Int](args[0])), nil })
}
