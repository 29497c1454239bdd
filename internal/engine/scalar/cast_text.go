package scalar

import (
	"encoding/base64"
	"errors"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

// castToVarchar shortens a varchar or char without a word. The text of a number or a
// date that is longer than the type is an error; at the other types' Trino does not look
// until it writes a result (see Beyond).
func castToVarchar(from, to datatype.Type) (Function, bool) {
	switch from.Kind {
	case datatype.Varchar:
		return converts(func(s string) (any, error) { return truncated(s, to.Length), nil })
	case datatype.Char:
		return converts(func(s string) (any, error) { return truncated(value.Padded(s, from.Length), to.Length), nil })
	case datatype.Varbinary, datatype.Function, datatype.Opaque, datatype.JSONPath, datatype.Unknown:
		return none()
	case datatype.UUID, datatype.IPAddress, datatype.IPPrefix:
		if to.Length < datatype.Unbounded {
			return none()
		}
		return pure(func(args []any) (any, error) { return castText(from, args[0]), nil })
	default:
		return pure(func(args []any) (any, error) {
			if from.Kind == datatype.Date || from.Kind == datatype.IntervalYearToMonth {
				if beyondInteger(from, value.As[int64](args[0])) != nil {
					return nil, errInternal("integer overflow")
				}
			}
			s := castText(from, args[0])
			if (from.IsNumeric() || from.Kind == datatype.Date) && utf8.RuneCountInString(s) > to.Length {
				return nil, sqlerr.Cast("Value %s cannot be represented as varchar(%d)", s, to.Length)
			}
			return s, nil
		})
	}
}

// Beyond returns Trino's error when a value that is a result is beyond its type: a text
// that is longer, a time that is more precise, a number or a date that is too large. What a
// long interval is added to a time overflows, and Trino sees that only when it writes the
// time down.
func Beyond(t datatype.Type, v any) error {
	switch v := v.(type) {
	case int64:
		return beyondInteger(t, v)
	case value.Time:
		if v.Picos%value.Pow10(12-t.Precision) != 0 {
			return errInternal("picos contains data beyond specified precision (%d): %d", t.Precision, v.Picos)
		}
	case value.TimeTZ:
		if v.Picos%value.Pow10(12-t.Precision) != 0 {
			return errInternal("picoseconds contains data beyond specified precision (%d): %d", t.Precision, v.Picos)
		}
	case string:
		if t.Kind == datatype.Char && strings.HasSuffix(v, " ") {
			return errInternal("Slice representing Char should not have trailing spaces")
		}
		if t.Kind == datatype.Varchar && len(v) > t.Length && utf8.RuneCountInString(v) > t.Length {
			return errInternal("Character count exceeds length limit %d: base64:%s", t.Length, base64.StdEncoding.EncodeToString([]byte(v)))
		}
	case []any:
		for i, item := range v {
			elem := t.Elems[0]
			if t.Kind == datatype.Row {
				elem = t.Elems[i]
			}
			if err := Beyond(elem, item); err != nil {
				return err
			}
		}
	case *value.Map:
		for i := range v.Keys {
			if err := errors.Join(Beyond(t.Elems[0], v.Keys[i]), Beyond(t.Elems[1], v.Values[i])); err != nil {
				return err
			}
		}
	}
	return nil
}

// beyondInteger is Beyond of what Trino keeps as a number of fewer than 64 bits.
func beyondInteger(t datatype.Type, n int64) error {
	size, low, high := "INT", int64(math.MinInt32), int64(math.MaxInt32)
	switch t.Kind {
	case datatype.Tinyint:
		size, low, high = "BYTE", math.MinInt8, math.MaxInt8
	case datatype.Smallint:
		size, low, high = "SHORT", math.MinInt16, math.MaxInt16
	case datatype.Integer, datatype.Date, datatype.IntervalYearToMonth:
	default:
		return nil
	}
	of := ""
	if size != "BYTE" {
		of = " for type " + t.String()
	}
	switch {
	case n > high:
		return errInternal("Value %d exceeds MAX_%s%s", n, size, of)
	case n < low:
		return errInternal("Value %d is less than MIN_%s%s", n, size, of)
	}
	return nil
}

// castText returns the text of a cast to varchar.
func castText(t datatype.Type, v any) string {
	switch t.Kind {
	case datatype.Date:
		return value.CastDateText(value.As[int64](v))
	case datatype.Real:
		return value.ScientificText(float64(value.As[float32](v)), 32, 6)
	case datatype.Double:
		return value.ScientificText(value.As[float64](v), 64, 20)
	default:
		return value.Text(t, v)
	}
}

// truncated returns the first length characters of s.
func truncated(s string, length int) string {
	if len(s) <= length {
		return s
	}
	n := 0
	for i := range s {
		if n == length {
			return s[:i]
		}
		n++
	}
	return s
}

func castToChar(from, to datatype.Type) (Function, bool) {
	if !from.IsText() {
		return none()
	}
	return converts(func(s string) (any, error) { return strings.TrimRight(truncated(s, to.Length), " "), nil })
}

func castToVarbinary(from datatype.Type) (Function, bool) {
	switch from.Kind {
	case datatype.Varchar:
		return converts(func(s string) (any, error) { return []byte(s), nil })
	case datatype.UUID, datatype.IPAddress:
		return converts(func(a [16]byte) (any, error) { return a[:], nil })
	default:
		return none()
	}
}

// castToIdentifier casts to uuid, ipaddress and ipprefix.
func castToIdentifier(from, to datatype.Type) (Function, bool) {
	switch {
	case to.Kind == datatype.UUID && from.Kind == datatype.Varchar:
		return converts(parseUUID)
	case to.Kind == datatype.UUID && from.Kind == datatype.Varbinary:
		return converts(func(b []byte) (any, error) {
			if len(b) != 16 {
				return nil, sqlerr.Cast("Invalid UUID binary length: %d", len(b))
			}
			return [16]byte(b), nil
		})
	case to.Kind == datatype.IPAddress && from.Kind == datatype.Varchar:
		return converts(func(s string) (any, error) {
			a, ok := parseAddress(s)
			if !ok {
				return nil, sqlerr.Cast("Cannot cast value to IPADDRESS: %s", s)
			}
			return a, nil
		})
	case to.Kind == datatype.IPAddress && from.Kind == datatype.Varbinary:
		return converts(binaryToAddress)
	case to.Kind == datatype.IPAddress && from.Kind == datatype.IPPrefix:
		return converts(func(p value.Prefix) (any, error) { return p.Address, nil })
	case to.Kind == datatype.IPPrefix && from.Kind == datatype.Varchar:
		return converts(parsePrefix)
	case to.Kind == datatype.IPPrefix && from.Kind == datatype.IPAddress:
		return converts(func(a [16]byte) (any, error) { return value.Prefix{Address: a, Length: addressBits(a)}, nil })
	default:
		return none()
	}
}

func parseUUID(s string) (any, error) {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return nil, sqlerr.Cast("Cannot cast value to UUID: %s", s)
	}
	digits := strings.ReplaceAll(s, "-", "")
	var u [16]byte
	if len(digits) != 32 {
		return nil, sqlerr.Cast("Cannot cast value to UUID: %s", s)
	}
	for i := range u {
		n, err := strconv.ParseUint(digits[2*i:2*i+2], 16, 8)
		if err != nil {
			return nil, sqlerr.Cast("Cannot cast value to UUID: %s", s)
		}
		u[i] = byte(n) // of eight bits
	}
	return u, nil
}

// parseAddress reads an IPv4 or IPv6 address without a zone.
func parseAddress(s string) (a [16]byte, ok bool) {
	address, err := netip.ParseAddr(s)
	if err != nil || address.Zone() != "" {
		return a, false
	}
	return address.As16(), true
}

func binaryToAddress(b []byte) (any, error) {
	switch len(b) {
	case 4:
		return netip.AddrFrom4([4]byte(b)).As16(), nil
	case 16:
		return [16]byte(b), nil
	default:
		return nil, sqlerr.Cast("Invalid IP address binary length: %d", len(b))
	}
}

// addressBits returns the length of an address that is a prefix of itself.
func addressBits(a [16]byte) uint8 {
	if netip.AddrFrom16(a).Is4In6() {
		return 32
	}
	return 128
}

func parsePrefix(s string) (any, error) {
	address, length, found := strings.Cut(s, "/")
	a, ok := parseAddress(address)
	n, err := strconv.ParseUint(length, 10, 8)
	if !found || !ok || err != nil || n > uint64(addressBits(a)) {
		return nil, sqlerr.Cast("Cannot cast value to IPPREFIX: %s", s)
	}
	p := netip.PrefixFrom(netip.AddrFrom16(a).Unmap(), int(n)).Masked()
	return value.Prefix{Address: p.Addr().As16(), Length: uint8(n)}, nil // at most 128
}
