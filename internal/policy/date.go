package policy

import (
	"cmp"
	"math"
	"strconv"
	"strings"
)

// instant is a moment: seconds since 1970, UTC, and nanoseconds. Years reach as
// far as IAM takes them, which is beyond what time.Time formats.
type instant struct{ seconds, nanoseconds int64 }

func (i instant) compare(j instant) int {
	return cmp.Or(cmp.Compare(i.seconds, j.seconds), cmp.Compare(i.nanoseconds, j.nanoseconds))
}

// parseDate reads a moment in seconds since 1970, or in ISO 8601's form as far as
// it is there: 2026, 2026-11, 2026-11-30, 2026-11-30T12, 2026-11-30T12:30,
// 2026-11-30T12:30:15.5Z, 2026-11-30T12:30:15+09:00. Without a zone it is UTC.
func parseDate(text string) (instant, bool) {
	text = strings.ToUpper(text)
	if !strings.ContainsAny(text, "T-") {
		seconds, err := strconv.ParseInt(text, 10, 64)
		return instant{seconds: seconds}, err == nil && digits(text)
	}
	date, clock, timed := strings.Cut(text, "T")
	days, ok := parseDays(date)
	if !ok {
		return instant{}, false
	}
	const day = 24 * 60 * 60
	i := instant{seconds: days * day}
	if !timed || clock == "" {
		return i, true
	}
	of, ok := parseClock(clock)
	i.seconds += of.seconds
	i.nanoseconds = of.nanoseconds
	return i, ok
}

// The years that IAM takes: those of milliseconds in 64 bits.
const (
	firstYear = -292275054
	lastYear  = 292278993
)

// parseDays reads a date as days since 1970.
func parseDays(text string) (int64, bool) {
	rest, before := strings.CutPrefix(text, "-")
	parts := strings.Split(rest, "-")
	if len(parts) > 3 {
		return 0, false
	}
	year, ok := ranged(parts[0], 0, math.MaxInt32)
	if before {
		year = -year
	}
	month, day := int64(1), int64(1)
	if ok && len(parts) > 1 {
		month, ok = ranged(parts[1], 1, 12)
	}
	if ok && len(parts) > 2 {
		day, ok = ranged(parts[2], 1, 31)
	}
	if !ok || year < firstYear || year > lastYear {
		return 0, false
	}
	// Years that begin in March have their odd day at the end.
	if month <= 2 {
		year--
		month += 12
	}
	era := floor(year, 400)
	inEra := year - era*400
	inYear := (153*(month-3)+2)/5 + day - 1
	const daysOfEra, daysTo1970 = 146097, 719468
	return era*daysOfEra + inEra*365 + inEra/4 - inEra/100 + inYear - daysTo1970, true
}

func floor(a, b int64) int64 {
	if a < 0 {
		a -= b - 1
	}
	return a / b
}

// parseClock reads hours, minutes, seconds with a fraction, and a zone.
func parseClock(text string) (instant, bool) {
	clock, zone := text, int64(0)
	if at := strings.IndexAny(text, "Z+-"); at >= 0 {
		offset, ok := parseZone(text[at:])
		if !ok {
			return instant{}, false
		}
		clock, zone = text[:at], offset
	}
	parts := strings.Split(clock, ":")
	if len(parts) > 3 {
		return instant{}, false
	}
	i := instant{seconds: -zone}
	for n, part := range parts {
		whole, fraction, point := strings.Cut(part, ".")
		most, unit := int64(59), int64(60)
		switch n {
		case 0:
			most, unit = 23, 60*60
		case 2:
			unit = 1
		}
		value, ok := ranged(whole, 0, most)
		if !ok || point && n < 2 {
			return instant{}, false
		}
		i.seconds += value * unit
		if point {
			const nanoseconds = 9
			if !digits(fraction) || len(fraction) > nanoseconds {
				return instant{}, false
			}
			i.nanoseconds, _ = ranged(fraction+strings.Repeat("0", nanoseconds-len(fraction)), 0, math.MaxInt32)
		}
	}
	return i, true
}

// parseZone reads Z, +09, +09:00 or +0900 as seconds.
func parseZone(text string) (int64, bool) {
	if text == "Z" {
		return 0, true
	}
	sign, rest := int64(1), text[1:]
	if text[0] == '-' {
		sign = -1
	}
	if text[0] == 'Z' || len(rest) < 2 {
		return 0, false
	}
	hours, ok := ranged(rest[:2], 0, 23)
	minutes, more := int64(0), strings.TrimPrefix(rest[2:], ":")
	if rest[2:] != "" {
		whole := ok && len(more) == 2
		minutes, ok = ranged(more, 0, 59)
		ok = ok && whole
	}
	return sign * (hours*60 + minutes) * 60, ok
}

// ranged reads digits as a number between least and most.
func ranged(text string, least, most int64) (int64, bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil && digits(text) && least <= n && n <= most
}
