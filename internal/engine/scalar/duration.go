package scalar

import (
	"fmt"
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"

	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

// unitFamily returns the functions that read and write amounts with units.
func unitFamily() map[string]binder {
	return map[string]binder{
		"parse_duration":         on(parseDuration, datatype.Varchar),
		"to_milliseconds":        on(func(args []any) (any, error) { return args[0], nil }, datatype.IntervalDayToSecond),
		"human_readable_seconds": on(humanReadableSeconds, datatype.Double),
		"parse_data_size":        on(parseDataSize, datatype.Varchar),
		"format_number":          either(on(formatInteger, datatype.Bigint), on(formatDouble, datatype.Double)),
	}
}

var durationPattern = regexp.MustCompile(`^\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]+)\s*$`)

// durationUnit returns the length of a unit in milliseconds, as a fraction.
func durationUnit(name string) (millis float64, ok bool) {
	switch name {
	case "ns":
		return 1.0 / 1_000_000, true
	case "us":
		return 1.0 / 1_000, true
	case "ms":
		return 1, true
	case "s":
		return value.MillisPerSecond, true
	case "m":
		return value.MillisPerMinute, true
	case "h":
		return value.MillisPerHour, true
	case "d":
		return value.MillisPerDay, true
	default:
		return 0, false
	}
}

func parseDuration(args []any) (any, error) {
	s := value.As[string](args[0])
	if s == "" {
		return nil, sqlerr.Argument("duration is empty")
	}
	m := durationPattern.FindStringSubmatch(s)
	if m == nil {
		return nil, sqlerr.Argument("duration is not a valid data duration string: %s", s)
	}
	unit, ok := durationUnit(m[2])
	if !ok {
		return nil, sqlerr.Argument("Unknown time unit: %s", m[2])
	}
	val, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		return nil, sqlerr.Argument("duration is not a valid data duration string: %s", s)
	}
	return saturate(math.Floor(val*unit + 0.5)), nil
}

// humanReadableSeconds writes "1 hour, 1 second".
func humanReadableSeconds(args []any) (any, error) {
	f := value.As[float64](args[0])
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return nil, sqlerr.Argument("Invalid argument found: %s", value.DoubleText(f))
	}
	const week = 7 * 86_400
	seconds := saturate(math.Round(math.Abs(f)))
	var parts []string
	for _, u := range []struct {
		name   string
		length int64
	}{{"week", week}, {"day", 86_400}, {"hour", 3600}, {"minute", 60}, {"second", 1}} {
		n := seconds / u.length
		seconds %= u.length
		if n == 0 && (u.length > 1 || len(parts) > 0) {
			continue
		}
		part := fmt.Sprintf("%d %s", n, u.name)
		if n != 1 {
			part += "s"
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", "), nil
}

var dataSizePattern = regexp.MustCompile(`^(\d+\.?\d*|\.\d+)(B|kB|MB|GB|TB|PB|EB|ZB|YB)$`)

func parseDataSize(args []any) (any, error) {
	s := value.As[string](args[0])
	m := dataSizePattern.FindStringSubmatch(s)
	if m == nil {
		return nil, sqlerr.Argument("Invalid data size: '%s'", s)
	}
	whole, fraction, _ := strings.Cut(m[1], ".")
	val, _ := new(big.Int).SetString(whole+fraction, 10)
	power := strings.Index("BkMGTPEZY", m[2][:1])
	val.Lsh(val, uint(10*power)) // at most 80
	val = value.TruncateScale(val, len(fraction))
	if !value.DecimalFits(val, datatype.MaxDecimalPrecision) {
		return nil, sqlerr.Range("Value out of range: '%s' ('%sB')", s, val)
	}
	return val, nil
}

func formatInteger(args []any) (any, error) { return formatLarge(value.As[int64](args[0])), nil }

func formatDouble(args []any) (any, error) {
	return formatLarge(saturate(value.As[float64](args[0]))), nil
}

// formatLarge writes three digits and a unit, such as "12.3K".
func formatLarge(n int64) string {
	f, unit := float64(n), ""
	for _, next := range []string{"K", "M", "B", "T", "Q"} {
		if f < 1000 && f > -1000 {
			break
		}
		f, unit = f/1000, next
	}
	digits := 0
	switch {
	case f < 10:
		digits = 2
	case f < 100:
		digits = 1
	}
	s := new(big.Rat).SetFloat64(f).FloatString(digits) // rounds half away from zero
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s + unit
}
