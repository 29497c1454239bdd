package value

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// The grammars are Trino's: a time zone may be anything after the time, and
// stands for itself only where the target type has one.
var (
	datetimePattern = regexp.MustCompile(
		`^([-+]?\d{4,})-(\d{1,2})-(\d{1,2})(?: (?:(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d+))?)?)?[ \t\n\v\f\r]*(.+)?)?$`)
	timePattern = regexp.MustCompile(
		`^(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d+))?)?[ \t\n\v\f\r]*(?:([+-])(\d\d):(\d\d))?$`)
	datePattern = regexp.MustCompile(`^([+-]?\d{1,9})-(\d{1,2})-(\d{1,2})$`)
)

// MaxTimestampYear is the last whole year that 64 bits of microseconds hold.
const MaxTimestampYear = 294_246

// ParsedTimestamp is a text taken apart: a wall clock, the digits after the second and
// the zone's text.
type ParsedTimestamp struct {
	Seconds  int64 // since 1970 on the wall clock
	Fraction string
	Zone     string
}

// ParseTimestamp reads "2001-02-03", "… 04:05", "… 04:05:06.789 Asia/Seoul".
func ParseTimestamp(s string) (ParsedTimestamp, bool) {
	m := datetimePattern.FindStringSubmatch(s)
	if m == nil {
		return ParsedTimestamp{}, false
	}
	year, err := strconv.ParseInt(m[1], 10, 32)
	if err != nil || year > MaxTimestampYear || year < -MaxTimestampYear {
		return ParsedTimestamp{}, false
	}
	day, ok := ValidDay(year, Digits(m[2]), Digits(m[3]))
	hour, minute, second := Digits(m[4]), Digits(m[5]), Digits(m[6])
	if !ok || hour > 23 || minute > 59 || second > 59 {
		return ParsedTimestamp{}, false
	}
	return ParsedTimestamp{
		Seconds:  day*86_400 + int64(hour*3600+minute*60+second),
		Fraction: m[7],
		Zone:     m[8],
	}, true
}

// Wall returns the wall clock, rounded to precision. A zone must be one, but does not
// count.
func (p ParsedTimestamp) Wall(precision int) (ts Timestamp, ok bool) {
	picos, ok := FractionPicos(p.Fraction, precision)
	if !ok || !p.inZone() {
		return ts, false
	}
	return Timestamp{Micros: p.Seconds*MicrosPerSecond + picos/PicosPerMicro, Picos: int32(picos % PicosPerMicro)}, true
}

func (p ParsedTimestamp) inZone() bool {
	if p.Zone == "" {
		return true
	}
	_, ok := FindZone(p.Zone)
	return ok
}

// Zoned returns the instant in the zone, which is UTC where none is given, rounded to
// precision. A wall clock that the zone skips has none; of one that it repeats, it
// is the earlier.
func (p ParsedTimestamp) Zoned(precision int) (ts TimestampTZ, ok bool) {
	picos, ok := FractionPicos(p.Fraction, precision)
	z := Zone{Name: UTC}
	if ok && p.Zone != "" {
		z, ok = FindZone(p.Zone)
	}
	if !ok {
		return ts, false
	}
	wall := p.Seconds * MicrosPerSecond
	at := z.InstantZoned(wall)
	if z.Local(at) != wall {
		return ts, false
	}
	at += picos / PicosPerMicro
	ts = TimestampTZ{Micros: at, Picos: int32(picos % PicosPerMicro), Zone: z.Name}
	return ts, precision > MaxShortTZ || FitsMillis(FloorDiv(at, MicrosPerMilli))
}

// MaxShortTZ is the greatest precision of a timestamp with time zone that Trino
// packs, with a millisecond of 52 bits.
const MaxShortTZ = 3

const maxPackedMillis = 1<<51 - 1

// FitsMillis reports whether a packed timestamp with time zone holds a millisecond.
func FitsMillis(millis int64) bool { return millis <= maxPackedMillis && millis >= -maxPackedMillis-1 }

// Digits reads a few digits; none are zero.
func Digits(digits string) int {
	n, err := strconv.Atoi(digits)
	if err != nil {
		return 0
	}
	return n
}

// ValidDay returns the day of a date, if there is such a date.
func ValidDay(year int64, month, dayOfMonth int) (int64, bool) {
	if month < 1 || month > 12 || dayOfMonth < 1 || dayOfMonth > DaysInMonth(year, month) {
		return 0, false
	}
	return DayOf(year, month, dayOfMonth), true
}

// maxFractionDigits is what Trino can hold of the digits after a second.
const maxFractionDigits = 18

// FractionPicos returns the digits after the second, rounded half up to
// precision, in picoseconds. It may be a whole second.
func FractionPicos(fraction string, precision int) (int64, bool) {
	if len(fraction) > maxFractionDigits {
		return 0, false
	}
	if fraction == "" {
		return 0, true
	}
	n, err := strconv.ParseInt(fraction, 10, 64)
	if err != nil {
		return 0, false
	}
	if drop := len(fraction) - precision; drop > 0 {
		unit := Pow10(drop)
		n = (n + unit/2) / unit * unit
	}
	if len(fraction) > 12 {
		return n / Pow10(len(fraction)-12), true
	}
	return n * Pow10(12-len(fraction)), true
}

// ParseDate reads a date: year, month and day.
func ParseDate(s string) (int64, bool) {
	m := datePattern.FindStringSubmatch(TrimSpaces(s))
	if m == nil {
		return 0, false
	}
	year, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil {
		return 0, false
	}
	day, ok := ValidDay(year, Digits(m[2]), Digits(m[3]))
	return day, ok && day == int64(int32(day)) //nolint:gosec // that is the question: a date has 32 bits
}

// ParsedTime is a time of day taken apart.
type ParsedTime struct {
	seconds       int64
	Fraction      string
	HasOffset     bool
	OffsetMinutes int
}

// ParseTime reads "04:05", "04:05:06.789", with or without an offset behind it.
func ParseTime(s string) (ParsedTime, bool) {
	m := timePattern.FindStringSubmatch(s)
	if m == nil {
		return ParsedTime{}, false
	}
	hour, minute, second := Digits(m[1]), Digits(m[2]), Digits(m[3])
	if hour > 23 || minute > 59 || second > 59 || len(m[4]) > 12 {
		return ParsedTime{}, false
	}
	c := ParsedTime{seconds: int64(hour*3600 + minute*60 + second), Fraction: m[4]}
	if m[5] != "" {
		c.HasOffset = true
		offsetHour, offsetMinute := Digits(m[6]), Digits(m[7])
		c.OffsetMinutes = offsetHour*60 + offsetMinute
		if offsetMinute > 59 || c.OffsetMinutes > MaxOffsetMinutes {
			return ParsedTime{}, false
		}
		if m[5] == "-" {
			c.OffsetMinutes = -c.OffsetMinutes
		}
	}
	return c, true
}

// Picos returns the time of day rounded to precision, around the clock.
func (c ParsedTime) Picos(precision int) (int64, bool) {
	fraction, ok := FractionPicos(c.Fraction, precision)
	return (c.seconds*PicosPerSecond + fraction) % PicosPerDay, ok
}

// TrimSpaces cuts what Trino's trim cuts: Java's white space.
func TrimSpaces(s string) string {
	return strings.TrimFunc(s, func(r rune) bool {
		switch r {
		case 0x85, 0xA0, 0x2007, 0x202F:
			return false
		case 0x1C, 0x1D, 0x1E, 0x1F:
			return true
		default:
			return unicode.IsSpace(r)
		}
	})
}
