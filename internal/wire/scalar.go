package wire

import (
	"encoding/base64"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// The timestamp formats, by the names that the models use.
const (
	ISO8601       = "iso8601"
	RFC822        = "rfc822"
	UnixTimestamp = "unixTimestamp"
)

// SetText sets dst, a scalar, from its text form: as query parameters, XML
// elements, headers and path labels have it.
func SetText(t *Type, dst reflect.Value, text string) error {
	switch t.Kind {
	case String:
		dst.SetString(text)
	case Integer:
		n, err := parseInteger(text, dst.Type().Bits())
		if err != nil {
			return err
		}
		dst.SetInt(n)
	case Float:
		n, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		if err != nil {
			return fmt.Errorf("For input string: %.80q", text) //nolint:staticcheck // AWS's words
		}
		dst.SetFloat(n)
	case Boolean:
		switch {
		case strings.EqualFold(text, "true") || text == "1":
			dst.SetBool(true)
		case strings.EqualFold(text, "false") || text == "0":
			dst.SetBool(false)
		default:
			return fmt.Errorf("Invalid boolean value: %.80q", text) //nolint:staticcheck // AWS's words
		}
	case Time:
		when, err := ParseTime(text)
		if err != nil {
			return err
		}
		dst.Set(reflect.ValueOf(when))
	case Blob:
		data, err := ParseBlob(text)
		if err != nil {
			return err
		}
		dst.SetBytes(data)
	case Struct, List, Map, Document, Stream, Events:
		return fmt.Errorf("a %s has no text form", t.Go)
	}
	return nil
}

// parseInteger also takes a whole number in floating point form, such as 1e3.
func parseInteger(text string, bits int) (int64, error) {
	text = strings.TrimSpace(text)
	n, err := strconv.ParseInt(text, 10, bits)
	if err == nil {
		return n, nil
	}
	f, floatErr := strconv.ParseFloat(text, 64)
	if floatErr != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return 0, fmt.Errorf("For input string: %.80q", text) //nolint:staticcheck // AWS's words
	}
	return floatToInteger(f, bits)
}

// floatToInteger truncates towards zero, as AWS's JSON reader does.
func floatToInteger(f float64, bits int) (int64, error) {
	limit := math.Ldexp(1, bits-1)
	if math.IsNaN(f) || f >= limit || f < -limit {
		return 0, fmt.Errorf("Numeric value (%v) out of range", f) //nolint:staticcheck // AWS's words
	}
	return int64(f), nil
}

// ParseBlob reads base64, with or without padding.
func ParseBlob(text string) ([]byte, error) {
	text = strings.TrimRight(strings.TrimSpace(text), "=")
	data, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("Invalid base64: %w", err) //nolint:staticcheck // AWS's words
	}
	return data, nil
}

// ParseTime reads a timestamp in any of the forms that clients send: ISO 8601,
// RFC 822 or seconds since 1970.
func ParseTime(text string) (time.Time, error) {
	text = strings.TrimSpace(text)
	if seconds, err := strconv.ParseFloat(text, 64); err == nil {
		return TimeOfEpoch(seconds)
	}
	for _, layout := range []string{
		time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02T15:04:05Z0700", "2006-01-02T15:04Z07:00",
		"2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02", "20060102T150405Z", time.RFC1123, time.RFC1123Z,
		"Mon, 2 Jan 2006 15:04:05 MST",
	} {
		if when, err := time.Parse(layout, text); err == nil {
			return when.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("Timestamp must be in ISO 8601 format: %.80q", text) //nolint:staticcheck // AWS's words
}

// TimeOfEpoch returns the time that is seconds after 1970, to the microsecond.
func TimeOfEpoch(seconds float64) (time.Time, error) {
	const year9999 = 253402300799
	if math.IsNaN(seconds) || seconds > year9999+1 || seconds < -62135596800 {
		return time.Time{}, fmt.Errorf("Timestamp out of range: %v", seconds) //nolint:staticcheck // AWS's words
	}
	whole, fraction := math.Modf(seconds)
	return time.Unix(int64(whole), int64(math.Round(fraction*1e6))*int64(time.Microsecond)).UTC(), nil
}

// FormatTime returns a timestamp in the named format.
func FormatTime(when time.Time, format string) string {
	when = when.UTC()
	switch format {
	case RFC822:
		return when.Format("Mon, 02 Jan 2006 15:04:05 GMT")
	case UnixTimestamp:
		return string(AppendEpoch(nil, when))
	default:
		return when.Truncate(time.Millisecond).Format(time.RFC3339Nano)
	}
}

// AppendEpoch appends seconds since 1970, with milliseconds where there are any.
func AppendEpoch(b []byte, when time.Time) []byte {
	ms := when.UnixMilli()
	if ms%1000 == 0 {
		return strconv.AppendInt(b, ms/1000, 10)
	}
	return strconv.AppendFloat(b, float64(ms)/1000, 'f', -1, 64)
}

// FormatText returns the text form of a scalar.
func FormatText(t *Type, v reflect.Value, timeFormat string) string {
	switch t.Kind {
	case String:
		return v.String()
	case Integer:
		return strconv.FormatInt(v.Int(), 10)
	case Float:
		return string(AppendFloat(nil, v.Float(), v.Type().Bits()))
	case Boolean:
		return strconv.FormatBool(v.Bool())
	case Time:
		if t.TimeFormat != "" {
			timeFormat = t.TimeFormat
		}
		when, _ := reflect.TypeAssert[time.Time](v)
		if t.Millis && timeFormat == ISO8601 {
			return when.UTC().Format("2006-01-02T15:04:05.000Z")
		}
		return FormatTime(when, timeFormat)
	case Blob:
		return base64.StdEncoding.EncodeToString(v.Bytes())
	case Struct, List, Map, Document, Stream, Events:
	}
	return fmt.Sprint(v.Interface())
}

// AppendFloat appends a number as Java prints it where that is plain: a whole
// number keeps ".0", so that dynamic languages read it as floating point.
func AppendFloat(b []byte, f float64, bits int) []byte {
	switch {
	case math.IsNaN(f):
		return append(b, "NaN"...)
	case math.IsInf(f, 1):
		return append(b, "Infinity"...)
	case math.IsInf(f, -1):
		return append(b, "-Infinity"...)
	}
	format := byte('f')
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	start := len(b)
	b = strconv.AppendFloat(b, f, format, -1, bits)
	if format == 'f' && !strings.Contains(string(b[start:]), ".") {
		b = append(b, ".0"...)
	}
	return b
}
