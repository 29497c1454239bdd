package scalar

import (
	"math/bits"

	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

// bitwiseFamily returns the functions on the bits of integers.
func bitwiseFamily() map[string]binder {
	return map[string]binder{
		"bit_count":                      on(bitCount, datatype.Bigint, datatype.Bigint),
		"bitwise_not":                    on(func(args []any) (any, error) { return ^value.As[int64](args[0]), nil }, datatype.Bigint),
		"bitwise_and":                    bitwise(func(a, b int64) int64 { return a & b }),
		"bitwise_or":                     bitwise(func(a, b int64) int64 { return a | b }),
		"bitwise_xor":                    bitwise(func(a, b int64) int64 { return a ^ b }),
		"bitwise_left_shift":             bitShift(shiftLeft),
		"bitwise_right_shift":            bitShift(shiftRight),
		"bitwise_right_shift_arithmetic": bitShift(shiftArithmetic),
	}
}

func bitwise(f func(a, b int64) int64) binder {
	return on(func(args []any) (any, error) { return f(value.As[int64](args[0]), value.As[int64](args[1])), nil },
		datatype.Bigint, datatype.Bigint)
}

func bitCount(args []any) (any, error) {
	n, width := value.As[int64](args[0]), value.As[int64](args[1])
	if width == 64 {
		return int64(bits.OnesCount64(uint64(n))), nil //nolint:gosec // two's complement is meant
	}
	if width < 2 || width > 64 {
		return nil, sqlerr.Argument("Bits specified in bit_count must be between 2 and 64, got %d", width)
	}
	low, high := int64(-1)<<(width-1), int64(1)<<(width-1)-1
	if n < low || n > high {
		return nil, sqlerr.Argument("Number must be representable with the bits specified. %d cannot be represented with %d bits", n, width)
	}
	mask := uint64(1)<<width - 1
	return int64(bits.OnesCount64(uint64(n) & mask)), nil //nolint:gosec // two's complement is meant
}

// bitShift binds a shift of an integer of any type by an integer.
func bitShift(f func(n, by int64, width int) int64) binder {
	return func(params []datatype.Type, _ datatype.Type) (Function, bool) {
		if len(params) != 2 || !params[0].IsInteger() || params[1].Kind != datatype.Integer {
			return none()
		}
		width := bitSize(params[0].Kind)
		return pure(func(args []any) (any, error) {
			return f(value.As[int64](args[0]), value.As[int64](args[1]), width), nil
		})
	}
}

// signExtend reads the low width bits of n as a number of that size.
func signExtend(n uint64, width int) int64 {
	return int64(n<<(64-width)) >> (64 - width) //nolint:gosec // two's complement is meant
}

func shiftLeft(n, by int64, width int) int64 {
	if by >= int64(width) {
		return 0
	}
	by &= 63                                // as Java shifts by a negative number
	return signExtend(uint64(n)<<by, width) //nolint:gosec // two's complement is meant
}

func shiftRight(n, by int64, width int) int64 {
	if by == 0 {
		return n
	}
	if by >= int64(width) {
		return 0
	}
	by &= 63
	mask := ^uint64(0) >> (64 - width)
	return int64((uint64(n) & mask) >> by) //nolint:gosec // two's complement is meant
}

func shiftArithmetic(n, by int64, width int) int64 {
	if by >= int64(width) {
		return n >> 63
	}
	return n >> (by & 63)
}
