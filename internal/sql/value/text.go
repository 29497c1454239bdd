package value

import (
	"encoding/hex"
	"fmt"
	"math/big"
	"net/netip"
	"strconv"
	"strings"

	"github.com/sillok/sillok/internal/sql/datatype"
)

// Text returns the text of a value as results show it: what a cast to varchar
// yields, except that real and double are in Java's notation and that nested
// values, which have no such cast, are in Athena's. NULL is "null".
func Text(t datatype.Type, v any) string {
	if v == nil {
		return "null"
	}
	switch t.Kind {
	case datatype.Boolean:
		return strconv.FormatBool(As[bool](v))
	case datatype.Tinyint, datatype.Smallint, datatype.Integer, datatype.Bigint:
		return strconv.FormatInt(As[int64](v), 10)
	case datatype.Real:
		return RealText(As[float32](v))
	case datatype.Double:
		return DoubleText(As[float64](v))
	case datatype.Decimal:
		return DecimalText(As[*big.Int](v), t.Scale)
	case datatype.Char:
		return Padded(As[string](v), t.Length)
	case datatype.Varchar, datatype.JSON, datatype.JSONPath:
		return As[string](v)
	case datatype.Varbinary:
		return binaryText(As[[]byte](v))
	case datatype.UUID:
		return uuidText(As[[16]byte](v))
	case datatype.IPAddress:
		return addressText(As[[16]byte](v))
	case datatype.IPPrefix:
		p := As[Prefix](v)
		return addressText(p.Address) + "/" + strconv.Itoa(int(p.Length))
	case datatype.Array, datatype.Map, datatype.Row:
		return nestedText(t, v)
	default:
		return temporalText(t, v)
	}
}

func temporalText(t datatype.Type, v any) string {
	if t.IsSketch() {
		return binaryText(As[[]byte](v))
	}
	switch t.Kind {
	case datatype.Date:
		return DateText(As[int64](v))
	case datatype.Time:
		return timeText(As[Time](v).Picos, t.Precision)
	case datatype.TimeTZ:
		tz := As[TimeTZ](v)
		return timeText(tz.Picos, t.Precision) + OffsetText(tz.OffsetMinutes)
	case datatype.Timestamp:
		ts := As[Timestamp](v)
		return TimestampText(ts.Micros, ts.Picos, t.Precision, " ")
	case datatype.TimestampTZ:
		ts := As[TimestampTZ](v)
		z := ZoneOf(ts.Zone)
		return TimestampText(z.Local(ts.Micros), ts.Picos, t.Precision, " ") + " " + z.Name
	case datatype.IntervalDayToSecond:
		return dayTimeText(As[int64](v))
	case datatype.IntervalYearToMonth:
		return yearMonthText(As[int64](v))
	default:
		return fmt.Sprint(v)
	}
}

// nestedText returns "[1, 2]", "{a=1}" and "{x=1, y=2}".
func nestedText(t datatype.Type, v any) string {
	var parts []string
	switch t.Kind {
	case datatype.Array:
		for _, elem := range As[[]any](v) {
			parts = append(parts, Text(t.Elems[0], elem))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case datatype.Map:
		m := As[*Map](v)
		for i, key := range m.Keys {
			parts = append(parts, Text(t.Elems[0], key)+"="+Text(t.Elems[1], m.Values[i]))
		}
	default:
		for i, field := range As[[]any](v) {
			name := t.Names[i]
			if name == "" {
				name = "field" + strconv.Itoa(i)
			}
			parts = append(parts, name+"="+Text(t.Elems[i], field))
		}
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// binaryText returns the bytes in hexadecimal with spaces between.
func binaryText(b []byte) string {
	parts := make([]string, len(b))
	for i, c := range b {
		parts[i] = fmt.Sprintf("%02x", c)
	}
	return strings.Join(parts, " ")
}

func uuidText(u [16]byte) string {
	s := hex.EncodeToString(u[:])
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}

func addressText(a [16]byte) string { return netip.AddrFrom16(a).Unmap().String() }

// Padded returns the text of a char with the spaces that fill it up.
func Padded(s string, length int) string {
	n := length - len([]rune(s))
	if n <= 0 {
		return s
	}
	return s + strings.Repeat(" ", n)
}

// DecimalText returns a decimal with all digits of its scale.
func DecimalText(unscaled *big.Int, scale int) string {
	digits := new(big.Int).Abs(unscaled).String()
	if len(digits) <= scale {
		digits = strings.Repeat("0", scale-len(digits)+1) + digits
	}
	if scale > 0 {
		digits = digits[:len(digits)-scale] + "." + digits[len(digits)-scale:]
	}
	if unscaled.Sign() < 0 {
		return "-" + digits
	}
	return digits
}

// JavaDecimalText is BigDecimal.toString: like the text of a decimal, except
// that one of many leading zeros is in scientific notation.
func JavaDecimalText(unscaled *big.Int, scale int) string {
	digits := new(big.Int).Abs(unscaled).String()
	exponent := len(digits) - 1 - scale
	if exponent >= -6 {
		return DecimalText(unscaled, scale)
	}
	sign := ""
	if unscaled.Sign() < 0 {
		sign = "-"
	}
	if len(digits) > 1 {
		digits = digits[:1] + "." + digits[1:]
	}
	return sign + digits + "E" + strconv.Itoa(exponent)
}

// yearText returns at least four digits, and a plus before more than four.
func yearText(year int64) string {
	switch {
	case year > 9999:
		return "+" + strconv.FormatInt(year, 10)
	case year < 0:
		return fmt.Sprintf("-%04d", -year)
	default:
		return fmt.Sprintf("%04d", year)
	}
}

// CastDateText returns what a cast to varchar makes of a date: DateText without a
// plus before a year of five digits.
func CastDateText(day int64) string { return strings.TrimPrefix(DateText(day), "+") }

// DateText returns "2001-02-03" for a day since 1970-01-01.
func DateText(day int64) string {
	year, month, dayOfMonth := Civil(day)
	return fmt.Sprintf("%s-%02d-%02d", yearText(year), month, dayOfMonth)
}

// timeText returns a time of day with exactly precision digits of a second.
func timeText(picos int64, precision int) string {
	second := picos / PicosPerSecond
	s := fmt.Sprintf("%02d:%02d:%02d", second/3600, second/60%60, second%60)
	if precision == 0 {
		return s
	}
	return s + "." + fmt.Sprintf("%012d", picos%PicosPerSecond)[:precision]
}

// TimestampText returns a wall clock as a date, separator and a time of day with
// exactly precision digits of a second.
func TimestampText(micros int64, picos int32, precision int, separator string) string {
	day := FloorDiv(micros, MicrosPerDay)
	return DateText(day) + separator + timeText(FloorMod(micros, MicrosPerDay)*PicosPerMicro+int64(picos), precision)
}

// dayTimeText returns "1 02:03:04.005".
func dayTimeText(millis int64) string {
	sign, m := "", uint64(millis) //nolint:gosec // two's complement is meant
	if millis < 0 {
		sign, m = "-", -m
	}
	return fmt.Sprintf("%s%d %02d:%02d:%02d.%03d", sign, m/MillisPerDay, m/MillisPerHour%24, m/MillisPerMinute%60,
		m/MillisPerSecond%60, m%MillisPerSecond)
}

// yearMonthText returns "1-3".
func yearMonthText(months int64) string {
	sign := ""
	if months < 0 {
		sign, months = "-", -months
	}
	return fmt.Sprintf("%s%d-%d", sign, months/12, months%12)
}

// Digit returns what a digit of a base up to 16 stands for, and 99 for what is none.
func Digit(r rune) int {
	switch {
	case r >= '0' && r <= '9':
		return int(r - '0')
	case r|0x20 >= 'a' && r|0x20 <= 'f':
		return int(r|0x20-'a') + 10
	}
	return 99
}
