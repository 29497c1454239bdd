package scalar

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

// maxTimestampYear is the last whole year that 64 bits of microseconds hold.
const maxTimestampYear = 294_246

// datetime is a text taken apart: a wall clock, the digits after the second and
// the zone's text.
type datetime struct {
	seconds  int64 // since 1970 on the wall clock
	fraction string
	zone     string
}

// parseDatetimeText reads "2001-02-03", "… 04:05", "… 04:05:06.789 Asia/Seoul".
func parseDatetimeText(s string) (datetime, bool) {
	m := datetimePattern.FindStringSubmatch(s)
	if m == nil {
		return datetime{}, false
	}
	year, err := strconv.ParseInt(m[1], 10, 32)
	if err != nil || year > maxTimestampYear || year < -maxTimestampYear {
		return datetime{}, false
	}
	day, ok := validDay(year, number(m[2]), number(m[3]))
	hour, minute, second := number(m[4]), number(m[5]), number(m[6])
	if !ok || hour > 23 || minute > 59 || second > 59 {
		return datetime{}, false
	}
	return datetime{
		seconds:  day*86_400 + int64(hour*3600+minute*60+second),
		fraction: m[7],
		zone:     m[8],
	}, true
}

// number reads a few digits; none are zero.
func number(digits string) int {
	n, err := strconv.Atoi(digits)
	if err != nil {
		return 0
	}
	return n
}

// validDay returns the day of a date, if there is such a date.
func validDay(year int64, month, dayOfMonth int) (int64, bool) {
	if month < 1 || month > 12 || dayOfMonth < 1 || dayOfMonth > daysInMonth(year, month) {
		return 0, false
	}
	return dayOf(year, month, dayOfMonth), true
}

// maxFractionDigits is what Trino can hold of the digits after a second.
const maxFractionDigits = 18

// fractionPicos returns the digits after the second, rounded half up to
// precision, in picoseconds. It may be a whole second.
func fractionPicos(fraction string, precision int) (int64, bool) {
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
		unit := pow10(drop)
		n = (n + unit/2) / unit * unit
	}
	if len(fraction) > 12 {
		return n / pow10(len(fraction)-12), true
	}
	return n * pow10(12-len(fraction)), true
}

// parseDateText reads a date: year, month and day.
func parseDateText(s string) (int64, bool) {
	m := datePattern.FindStringSubmatch(trimSpaces(s))
	if m == nil {
		return 0, false
	}
	year, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil {
		return 0, false
	}
	return validDay(year, number(m[2]), number(m[3]))
}

// clock is a time of day taken apart.
type clock struct {
	seconds       int64
	fraction      string
	hasOffset     bool
	offsetMinutes int
}

func parseClockText(s string) (clock, bool) {
	m := timePattern.FindStringSubmatch(s)
	if m == nil {
		return clock{}, false
	}
	hour, minute, second := number(m[1]), number(m[2]), number(m[3])
	if hour > 23 || minute > 59 || second > 59 || len(m[4]) > 12 {
		return clock{}, false
	}
	c := clock{seconds: int64(hour*3600 + minute*60 + second), fraction: m[4]}
	if m[5] != "" {
		c.hasOffset = true
		offsetHour, offsetMinute := number(m[6]), number(m[7])
		c.offsetMinutes = offsetHour*60 + offsetMinute
		if offsetMinute > 59 || c.offsetMinutes > maxOffsetMinutes {
			return clock{}, false
		}
		if m[5] == "-" {
			c.offsetMinutes = -c.offsetMinutes
		}
	}
	return c, true
}

// picos returns the time of day rounded to precision, around the clock.
func (c clock) picos(precision int) (int64, bool) {
	fraction, ok := fractionPicos(c.fraction, precision)
	return (c.seconds*picosPerSecond + fraction) % picosPerDay, ok
}

// trimSpaces cuts what Trino's trim cuts: Java's white space.
func trimSpaces(s string) string {
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
