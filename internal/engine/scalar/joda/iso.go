package joda

import (
	"math/big"
	"regexp"
	"strconv"

	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

// The parts of ISO 8601 that Joda-Time's parsers take.
const (
	isoDate = `([+-]?\d{1,9})(?:-(?:W(\d{1,2})(?:-(\d))?|(\d{1,2})(?:-(\d{1,2}))?|(\d{3})))?`
	isoTime = `(\d{1,2})(?:[.,](\d{1,9})|:(\d{1,2})(?:[.,](\d{1,9})|:(\d{1,2})(?:[.,](\d{1,9}))?)?)?`
	isoZone = `([Zz]|[+-]\d\d(?::\d\d(?::\d\d)?|\d\d(?:\d\d)?)?)`
)

var (
	isoDatePattern      = regexp.MustCompile(`^` + isoDate + `$`)
	isoTimestampPattern = regexp.MustCompile(`^(?:` + isoDate + `(?:[Tt](?:` + isoTime + `)?` + isoZone + `?)?|[Tt]` + isoTime + isoZone + `?)$`)
)

// ParseISODate reads a date in any of the forms of ISO 8601, such as 2020-W10-3,
// and returns its day since 1970-01-01.
func ParseISODate(s string) (day int64, err error) {
	m := isoDatePattern.FindStringSubmatch(s)
	if m == nil {
		return 0, sqlerr.Argument("Invalid format: \"%s\"", s)
	}
	r := &reading{zone: value.Zone{Name: value.UTC}}
	if err := r.saveISODate(s, m[1:7]); err != nil {
		return 0, err
	}
	millis, _, err := r.instant(s)
	if err != nil {
		return 0, err
	}
	return value.FloorDiv(millis, value.MillisPerDay), nil
}

// ParseISOTimestamp reads a date, a time or both in any of the forms of ISO 8601
// and returns the instant in milliseconds and the zone, UTC where none is given.
func ParseISOTimestamp(s string) (millis int64, z value.Zone, err error) {
	m := isoTimestampPattern.FindStringSubmatch(s)
	if m == nil {
		return 0, z, sqlerr.Argument("Invalid format: \"%s\"", s)
	}
	const dateGroups, timeGroups = 6, 6
	clockAt := 1 + dateGroups
	zoneText := m[clockAt+timeGroups]
	if m[1] == "" {
		clockAt += timeGroups + 1
		zoneText = m[clockAt+timeGroups]
	}
	r := &reading{zone: value.Zone{Name: value.UTC}}
	if err := r.saveISODate(s, m[1:7]); err != nil {
		return 0, z, err
	}
	extra, err := r.saveISOTime(m[clockAt : clockAt+timeGroups])
	if err != nil {
		return 0, z, err
	}
	if zoneText != "" && (offsetPart{}).read(r, zoneText, 0) != len(zoneText) {
		return 0, z, sqlerr.Argument("Invalid format: \"%s\"", s)
	}
	if millis, z, err = r.instant(s); err != nil {
		return 0, z, err
	}
	return millis + extra, z, nil
}

// saveISODate saves year, week and its day, month and day, and day of the year.
func (r *reading) saveISODate(text string, m []string) error {
	for i, f := range [6]calendarField{fieldYear, fieldWeek, fieldWeekday, fieldMonth, fieldDay, fieldDayOfYear} {
		if m[i] == "" {
			continue
		}
		n, err := strconv.ParseInt(m[i], 10, 64)
		if err != nil {
			return sqlerr.Argument("Invalid format: \"%s\"", text)
		}
		if f == fieldYear && m[1] != "" {
			f = fieldWeekyear
		}
		r.save(f, n)
	}
	return nil
}

// saveISOTime saves hour, minute and second, and returns what a fraction of the
// last of them adds.
func (r *reading) saveISOTime(m []string) (extra int64, err error) {
	for i, f := range [3]calendarField{fieldHour, fieldMinute, fieldSecond} {
		val, part := [3]string{m[0], m[2], m[4]}[i], [3]string{m[1], m[3], m[5]}[i]
		if val != "" {
			r.save(f, int64(value.Digits(val)))
		}
		if part != "" {
			n, ok := new(big.Int).SetString(part, 10)
			if !ok {
				return 0, sqlerr.Argument("Invalid format: \"%s\"", part)
			}
			n.Mul(n, big.NewInt(f.info().unit))
			extra = n.Quo(n, value.PowerOfTen(len(part))).Int64()
		}
	}
	return extra, nil
}
