package scalar

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"math"
	"strconv"
	"strings"

	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

// binaryFamily holds the encodings of varbinary; hashFamily its hashes.
func binaryFamily() map[string]binder {
	encode := func(f func([]byte) string) binder {
		return on(func(args []any) (any, error) { return f(value.As[[]byte](args[0])), nil }, datatype.Varbinary)
	}
	decode := func(f func(string) (any, error)) binder {
		return either(
			on(func(args []any) (any, error) { return f(value.As[string](args[0])) }, datatype.Varchar),
			on(func(args []any) (any, error) { return f(string(value.As[[]byte](args[0]))) }, datatype.Varbinary),
		)
	}
	return map[string]binder{
		"to_hex":             encode(upperHex),
		"from_hex":           decode(fromHex),
		"to_base64":          encode(base64.StdEncoding.EncodeToString),
		"from_base64":        decode(func(s string) (any, error) { return fromBase64(s, "+/") }),
		"to_base64url":       encode(base64.URLEncoding.EncodeToString),
		"from_base64url":     decode(func(s string) (any, error) { return fromBase64(s, "-_") }),
		"to_base32":          encode(base32.StdEncoding.EncodeToString),
		"from_base32":        decode(fromBase32),
		"to_big_endian_32":   on(toBigEndian32, datatype.Integer),
		"to_big_endian_64":   on(toBigEndian64, datatype.Bigint),
		"from_big_endian_32": on(fromBigEndian32, datatype.Varbinary),
		"from_big_endian_64": on(fromBigEndian64, datatype.Varbinary),
		"to_ieee754_32":      on(toIEEE32, datatype.Real),
		"to_ieee754_64":      on(toIEEE64, datatype.Double),
		"from_ieee754_32":    on(fromIEEE32, datatype.Varbinary),
		"from_ieee754_64":    on(fromIEEE64, datatype.Varbinary),
	}
}

func upperHex(b []byte) string { return strings.ToUpper(hex.EncodeToString(b)) }

func fromHex(s string) (any, error) {
	if len(s)%2 != 0 {
		return nil, sqlerr.Argument("invalid input length %d", len(s))
	}
	out := make([]byte, len(s)/2)
	for i := range len(s) {
		d := value.Digit(rune(s[i]))
		if d > 15 {
			return nil, sqlerr.Argument("not a hexadecimal digit: \"%c\" = %d", rune(int8(s[i])), int8(s[i])) //nolint:gocritic,gosec // as Java shows it
		}
		out[i/2] = out[i/2]<<4 | byte(d) //nolint:gosec // at most 15
	}
	return out, nil
}

// fromBase64 decodes as java.util.Base64 does: padding may be absent, and the
// bits that are left over are not looked at. special are the last two digits.
func fromBase64(s, special string) (any, error) {
	if len(s) == 1 {
		return nil, sqlerr.Argument("Input byte[] should at least have 2 bytes for base64 bytes")
	}
	out := make([]byte, 0, len(s)/4*3+3)
	bits, missing, i := uint32(0), 4, 0
	for ; i < len(s); i++ {
		if s[i] == '=' {
			if missing == 4 || missing == 3 || missing == 2 && (i+1 == len(s) || s[i+1] != '=') {
				return nil, sqlerr.Argument("Input byte array has wrong 4-byte ending unit")
			}
			i += missing
			break
		}
		d, ok := base64Digit(s[i], special)
		if !ok {
			return nil, sqlerr.Argument("Illegal base64 character %s", strconv.FormatInt(int64(int8(s[i])), 16)) //nolint:gosec // as Java shows it
		}
		bits, missing = bits<<6|d, missing-1
		if missing == 0 {
			out = append(out, byte(bits>>16), byte(bits>>8), byte(bits)) //nolint:gosec // the low bytes
			bits, missing = 0, 4
		}
	}
	switch missing {
	case 3:
		return nil, sqlerr.Argument("Last unit does not have enough valid bits")
	case 2:
		out = append(out, byte(bits>>4))
	case 1:
		out = append(out, byte(bits>>10), byte(bits>>2))
	}
	if i < len(s) {
		return nil, sqlerr.Argument("Input byte array has incorrect ending byte at %d", i)
	}
	return out, nil
}

func base64Digit(c byte, special string) (uint32, bool) {
	switch {
	case c >= 'A' && c <= 'Z':
		return uint32(c - 'A'), true
	case c >= 'a' && c <= 'z':
		return uint32(c-'a') + 26, true
	case c >= '0' && c <= '9':
		return uint32(c-'0') + 52, true
	case c == special[0]:
		return 62, true
	case c == special[1]:
		return 63, true
	}
	return 0, false
}

func fromBase32(s string) (any, error) {
	s = strings.TrimRight(s, "=")
	if n := len(s) % 8; n == 1 || n == 3 || n == 6 {
		return nil, sqlerr.Argument("Invalid input length %d", len(s))
	}
	for _, r := range s {
		if (r < 'A' || r > 'Z') && (r < '2' || r > '7') {
			return nil, sqlerr.Argument("Unrecognized character: %c", r)
		}
	}
	out, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(s)
	if err != nil {
		return nil, sqlerr.Argument("Invalid input length %d", len(s))
	}
	return out, nil
}

func toBigEndian32(args []any) (any, error) {
	return binary.BigEndian.AppendUint32(nil, uint32(value.As[int64](args[0]))), nil //nolint:gosec // two's complement
}

func toBigEndian64(args []any) (any, error) {
	return binary.BigEndian.AppendUint64(nil, uint64(value.As[int64](args[0]))), nil //nolint:gosec // two's complement
}

func fromBigEndian32(args []any) (any, error) {
	b := value.As[[]byte](args[0])
	if len(b) != 4 {
		return nil, sqlerr.Argument("expected 4-byte input, but got instead: %d", len(b))
	}
	return int64(int32(binary.BigEndian.Uint32(b))), nil //nolint:gosec // two's complement
}

func fromBigEndian64(args []any) (any, error) {
	b := value.As[[]byte](args[0])
	if len(b) != 8 {
		return nil, sqlerr.Argument("expected 8-byte input, but got instead: %d", len(b))
	}
	return int64(binary.BigEndian.Uint64(b)), nil //nolint:gosec // two's complement
}

func toIEEE32(args []any) (any, error) {
	return binary.BigEndian.AppendUint32(nil, math.Float32bits(value.As[float32](args[0]))), nil
}

func toIEEE64(args []any) (any, error) {
	return binary.BigEndian.AppendUint64(nil, doubleBits(value.As[float64](args[0]))), nil
}

func fromIEEE32(args []any) (any, error) {
	b := value.As[[]byte](args[0])
	if len(b) != 4 {
		return nil, sqlerr.Argument("Input floating-point value must be exactly 4 bytes long")
	}
	return math.Float32frombits(binary.BigEndian.Uint32(b)), nil
}

func fromIEEE64(args []any) (any, error) {
	b := value.As[[]byte](args[0])
	if len(b) != 8 {
		return nil, sqlerr.Argument("Input floating-point value must be exactly 8 bytes long")
	}
	return math.Float64frombits(binary.BigEndian.Uint64(b)), nil
}

// doubleBits returns the bits of f; every NaN has the same.
func doubleBits(f float64) uint64 {
	if math.IsNaN(f) {
		return 0x7ff8000000000000
	}
	return math.Float64bits(f)
}
