package javaformat

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

// The values that a Java formatter sees of SQL's: int64, float32, float64, bool,
// string and these.
type (
	javaDecimal struct {
		unscaled *big.Int
		scale    int
	}
	javaDate     struct{ day int64 }
	javaTime     struct{ nanos int64 } // of the day
	javaDateTime struct {
		javaDate
		javaTime
	}
	javaZoned struct {
		javaDateTime
		offset int64 // seconds
		millis int64 // since 1970
		zone   string
	}
)

// ValueOf returns how a value of t is handed to the formatter, and false where
// that is as its text.
func ValueOf(t datatype.Type) (func(v any) (any, error), bool) {
	switch t.Kind {
	case datatype.Unknown, datatype.Boolean, datatype.Tinyint, datatype.Smallint, datatype.Integer, datatype.Bigint,
		datatype.Real, datatype.Double, datatype.Varchar, datatype.JSON:
		return func(v any) (any, error) { return v, nil }, true
	case datatype.Char:
		return func(v any) (any, error) { return value.Padded(value.As[string](v), t.Length), nil }, true
	case datatype.Decimal:
		return func(v any) (any, error) { return javaDecimal{value.As[*big.Int](v), t.Scale}, nil }, true
	case datatype.Date:
		return func(v any) (any, error) { return javaDate{value.As[int64](v)}, nil }, true
	case datatype.Time:
		return func(v any) (any, error) { return javaTime{(value.As[value.Time](v).Picos + 500) / 1000}, nil }, true
	case datatype.Timestamp:
		return func(v any) (any, error) {
			ts := value.As[value.Timestamp](v)
			return dateTimeOf(ts.Micros, ts.Picos), nil
		}, true
	case datatype.TimestampTZ:
		return func(v any) (any, error) {
			ts := value.As[value.TimestampTZ](v)
			z := value.ZoneOf(ts.Zone)
			offset := z.OffsetMicros(ts.Micros)
			if offset%(60*value.MicrosPerSecond) != 0 {
				return nil, sqlerr.Refused("an offset with seconds in format")
			}
			return javaZoned{
				javaDateTime: dateTimeOf(ts.Micros+offset, ts.Picos), offset: offset / value.MicrosPerSecond,
				millis: value.FloorDiv(ts.Micros, 1000), zone: ts.Zone,
			}, nil
		}, true
	default:
		return nil, false
	}
}

const nanosPerDay = value.MicrosPerDay * 1000

func dateTimeOf(micros int64, picos int32) javaDateTime {
	day, nanos := value.FloorDiv(micros, value.MicrosPerDay), value.FloorMod(micros, value.MicrosPerDay)*1000+(int64(picos)+500)/1000
	if nanos == nanosPerDay {
		day, nanos = day+1, 0
	}
	return javaDateTime{javaDate{day}, javaTime{nanos}}
}

func javaClass(v any) string {
	switch v.(type) {
	case bool:
		return "java.lang.Boolean"
	case int64:
		return "java.lang.Long"
	case float32:
		return "java.lang.Float"
	case float64:
		return "java.lang.Double"
	case javaDecimal:
		return "java.math.BigDecimal"
	case javaDate:
		return "java.time.LocalDate"
	case javaTime:
		return "java.time.LocalTime"
	case javaDateTime:
		return "java.time.LocalDateTime"
	case javaZoned:
		return "java.time.ZonedDateTime"
	}
	return "java.lang.String"
}

// javaString is toString of the value's class.
func javaString(v any) string {
	switch v := v.(type) {
	case bool:
		return strconv.FormatBool(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float32:
		return value.RealText(v)
	case float64:
		return value.DoubleText(v)
	case javaDecimal:
		return value.JavaDecimalText(v.unscaled, v.scale)
	case javaDate:
		return v.iso()
	case javaTime:
		return v.iso()
	case javaDateTime:
		return v.javaDate.iso() + "T" + v.javaTime.iso()
	case javaZoned:
		return v.iso()
	}
	return value.As[string](v)
}

func (d javaDate) iso() string {
	year, month, day := value.Civil(d.day)
	text := fmt.Sprintf("%04d", max(year, -year))
	switch {
	case year < 0:
		text = "-" + text
	case year > 9999:
		text = "+" + text
	}
	return fmt.Sprintf("%s-%02d-%02d", text, month, day)
}

func (t javaTime) parts() (hour, minute, second, nano int64) {
	const nanosPerSecond = 1_000_000_000
	s := t.nanos / nanosPerSecond
	return s / 3600, s / 60 % 60, s % 60, t.nanos % nanosPerSecond
}

// iso leaves out seconds that are zero, and a fraction's groups of three zeros.
func (t javaTime) iso() string {
	hour, minute, second, nano := t.parts()
	text := fmt.Sprintf("%02d:%02d", hour, minute)
	if second == 0 && nano == 0 {
		return text
	}
	text += fmt.Sprintf(":%02d", second)
	if nano == 0 {
		return text
	}
	fraction := fmt.Sprintf("%09d", nano)
	for strings.HasSuffix(fraction, "000") {
		fraction = fraction[:len(fraction)-3]
	}
	return text + "." + fraction
}

func (z javaZoned) isOffset() bool {
	return strings.HasPrefix(z.zone, "+") || strings.HasPrefix(z.zone, "-")
}

func (z javaZoned) iso() string {
	text := z.javaDate.iso() + "T" + z.javaTime.iso()
	if z.offset == 0 {
		text += "Z"
	} else {
		text += value.OffsetText(int(z.offset / 60))
	}
	if !z.isOffset() {
		text += "[" + z.zone + "]"
	}
	return text
}

// temporal lays out a part of a date or a time.
func (p formatPart) temporal(format string, v any) (string, error) {
	text, ok, err := temporalPart(p.of, v)
	if err != nil {
		return "", err
	}
	if !ok {
		// What is missing is the first part of a compound one that is.
		p.of = missingPart(p.of, v)
		return "", p.mismatch(format, v)
	}
	return p.justify(text), nil
}

// compound are the parts that are made of others.
func compound(of byte) string {
	return map[byte]string{
		'R': "H:M", 'T': "H:M:S", 'r': "I:M:S p", 'D': "m/d/y", 'F': "Y-m-d", 'c': "a b d T Z Y",
	}[of]
}

func missingPart(of byte, v any) byte {
	for _, part := range []byte(compound(of)) {
		if _, ok, _ := temporalPart(part, v); !ok && part >= 'A' {
			return missingPart(part, v)
		}
	}
	return of
}

// temporalPart returns a part, and whether v has it.
func temporalPart(of byte, v any) (text string, ok bool, err error) {
	if parts := compound(of); parts != "" {
		var b strings.Builder
		for _, part := range []byte(parts) {
			if part < 'A' {
				b.WriteByte(part)
				continue
			}
			text, ok, err := temporalPart(part, v)
			if !ok || err != nil {
				return "", ok, err
			}
			if of == 'r' && part == 'p' {
				text = strings.ToUpper(text)
			}
			b.WriteString(text)
		}
		return b.String(), true, nil
	}
	if strings.IndexByte("zZsQ", of) >= 0 {
		z, ok := v.(javaZoned)
		if !ok {
			return "", false, nil
		}
		return z.part(of)
	}
	var (
		date javaDate
		t    javaTime
	)
	hasDate, hasTime := true, true
	switch v := v.(type) {
	case javaDate:
		date, hasTime = v, false
	case javaTime:
		t, hasDate = v, false
	case javaDateTime:
		date, t = v.javaDate, v.javaTime
	case javaZoned:
		date, t = v.javaDate, v.javaTime
	case int64:
		return "", false, sqlerr.Refused("a number as a date in format")
	default:
		return "", false, nil
	}
	if strings.IndexByte("HIklMNLpS", of) >= 0 {
		return t.part(of), hasTime, nil
	}
	return date.part(of), hasDate, nil
}

func (z javaZoned) part(of byte) (text string, ok bool, err error) {
	switch of {
	case 's':
		return strconv.FormatInt(value.FloorDiv(z.millis, 1000), 10), true, nil
	case 'Q':
		return strconv.FormatInt(z.millis, 10), true, nil
	case 'z':
		return strings.ReplaceAll(value.OffsetText(int(z.offset/60)), ":", ""), true, nil
	}
	if !z.isOffset() && z.zone != "UTC" {
		return "", false, sqlerr.Refused("the name of a time zone in format")
	}
	return z.zone, true, nil
}

func (t javaTime) part(of byte) string {
	hour, minute, second, nano := t.parts()
	half := (hour+11)%12 + 1
	switch of {
	case 'H':
		return fmt.Sprintf("%02d", hour)
	case 'I':
		return fmt.Sprintf("%02d", half)
	case 'k':
		return strconv.FormatInt(hour, 10)
	case 'l':
		return strconv.FormatInt(half, 10)
	case 'M':
		return fmt.Sprintf("%02d", minute)
	case 'S':
		return fmt.Sprintf("%02d", second)
	case 'L':
		return fmt.Sprintf("%03d", nano/1_000_000)
	case 'N':
		return fmt.Sprintf("%09d", nano)
	}
	if hour < 12 {
		return "am"
	}
	return "pm"
}

func (d javaDate) part(of byte) string {
	year, month, day := value.Civil(d.day)
	era := year // the year of the era, before Christ too
	if era <= 0 {
		era = 1 - era
	}
	weekday := time.Weekday(value.DayOfWeek(d.day) % 7).String()
	name := time.Month(month).String()
	switch of {
	case 'a':
		return weekday[:3]
	case 'A':
		return weekday
	case 'b', 'h':
		return name[:3]
	case 'B':
		return name
	case 'C':
		return fmt.Sprintf("%02d", era/100)
	case 'Y':
		return fmt.Sprintf("%04d", era)
	case 'y':
		return fmt.Sprintf("%02d", era%100)
	case 'j':
		return fmt.Sprintf("%03d", value.DayOfYear(d.day))
	case 'm':
		return fmt.Sprintf("%02d", month)
	case 'd':
		return fmt.Sprintf("%02d", day)
	}
	return strconv.Itoa(day)
}
