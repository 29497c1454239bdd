package joda

import (
	"cmp"
	"slices"
	"time"

	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

// calendarField is a field of a wall clock in milliseconds, in Joda-Time's sense:
// it can be read, set and rounded down to.
type calendarField int

// The fields, in no particular order.
const (
	fieldYear calendarField = iota
	fieldYearOfEra
	fieldWeekyear
	fieldMonth
	fieldWeek
	fieldDayOfYear
	fieldDay
	fieldWeekday
	fieldHalfday
	fieldHour          // 0 to 23
	fieldClockhour     // 1 to 24
	fieldHalfHour      // 0 to 11
	fieldHalfClockhour // 1 to 12
	fieldMinute
	fieldSecond
	fieldMillis
)

// fieldInfo describes a field. Fields are set in the order of what they are part
// of and of their length, both longest first.
type fieldInfo struct {
	name        string
	within      int   // rank of the longer unit that the field counts in
	length      int   // rank of the unit that the field counts
	unit        int64 // of the fields below a day: milliseconds
	modulus     int64
	low, high   int64
	zeroIsLimit bool // 0 is shown as the highest value
}

func (f calendarField) info() fieldInfo {
	const minYear, maxYear = -292_275_054, 292_278_993
	switch f {
	case fieldYear:
		return fieldInfo{name: "year", within: 0, length: 2, low: minYear, high: maxYear}
	case fieldYearOfEra:
		return fieldInfo{name: "yearOfEra", within: 0, length: 2, low: 1, high: maxYear}
	case fieldWeekyear:
		return fieldInfo{name: "weekyear", within: 0, length: 2, low: minYear, high: maxYear}
	case fieldMonth:
		return fieldInfo{name: "monthOfYear", within: 1, length: 3, low: 1, high: 12}
	case fieldWeek:
		return fieldInfo{name: "weekOfWeekyear", within: 1, length: 4, low: 1, high: 53}
	case fieldDayOfYear:
		return fieldInfo{name: "dayOfYear", within: 1, length: 5, low: 1, high: 366}
	case fieldDay:
		return fieldInfo{name: "dayOfMonth", within: 2, length: 5, low: 1, high: 31}
	case fieldWeekday:
		return fieldInfo{name: "dayOfWeek", within: 3, length: 5, low: 1, high: 7}
	case fieldHalfday:
		return fieldInfo{name: "halfdayOfDay", within: 4, length: 6, unit: value.MillisPerDay / 2, modulus: 2, high: 1}
	case fieldHour:
		return fieldInfo{name: "hourOfDay", within: 4, length: 7, unit: value.MillisPerHour, modulus: 24, high: 23}
	case fieldClockhour:
		return fieldInfo{name: "clockhourOfDay", within: 4, length: 7, unit: value.MillisPerHour, modulus: 24, low: 1, high: 24, zeroIsLimit: true}
	case fieldHalfHour:
		return fieldInfo{name: "hourOfHalfday", within: 5, length: 7, unit: value.MillisPerHour, modulus: 12, high: 11}
	case fieldHalfClockhour:
		return fieldInfo{name: "clockhourOfHalfday", within: 5, length: 7, unit: value.MillisPerHour, modulus: 12, low: 1, high: 12, zeroIsLimit: true}
	case fieldMinute:
		return fieldInfo{name: "minuteOfHour", within: 6, length: 8, unit: value.MillisPerMinute, modulus: 60, high: 59}
	case fieldSecond:
		return fieldInfo{name: "secondOfMinute", within: 7, length: 9, unit: value.MillisPerSecond, modulus: 60, high: 59}
	default:
		return fieldInfo{name: "millisOfSecond", within: 8, length: 10, unit: 1, modulus: value.MillisPerSecond, high: 999}
	}
}

// get returns the field of a wall clock.
func (f calendarField) get(millis int64) int64 {
	if i := f.info(); i.unit > 0 {
		n := value.FloorMod(value.FloorDiv(millis, i.unit), i.modulus)
		if n == 0 && i.zeroIsLimit {
			return i.high
		}
		return n
	}
	day := value.FloorDiv(millis, value.MillisPerDay)
	year, month, dayOfMonth := value.Civil(day)
	switch f {
	case fieldYear:
		return year
	case fieldYearOfEra:
		if year <= 0 {
			return 1 - year
		}
		return year
	case fieldWeekyear:
		weekyear, _ := value.ISOWeek(day)
		return weekyear
	case fieldMonth:
		return int64(month)
	case fieldWeek:
		_, week := value.ISOWeek(day)
		return int64(week)
	case fieldDayOfYear:
		return int64(value.DayOfYear(day))
	case fieldDay:
		return int64(dayOfMonth)
	default:
		return int64(value.DayOfWeek(day))
	}
}

// set returns the wall clock with another value of the field, or the error that
// the value is out of range.
func (f calendarField) set(millis, val int64) (int64, error) {
	i := f.info()
	day, rest := value.FloorDiv(millis, value.MillisPerDay), value.FloorMod(millis, value.MillisPerDay)
	year, month, dayOfMonth := value.Civil(day)
	switch f {
	case fieldDay:
		i.high = int64(value.DaysInMonth(year, month))
	case fieldDayOfYear:
		i.high = int64(value.DaysInYear(year))
	case fieldWeek:
		weekyear, _ := value.ISOWeek(day)
		i.high = int64(weeksIn(weekyear))
	default:
	}
	if val < i.low || val > i.high {
		return 0, sqlerr.Argument("Value %d for %s must be in the range [%d,%d]", val, i.name, i.low, i.high)
	}
	if i.unit > 0 {
		return millis + (val%i.modulus-value.FloorMod(value.FloorDiv(millis, i.unit), i.modulus))*i.unit, nil
	}
	switch f {
	case fieldYear:
		day = dayInYear(val, day)
	case fieldYearOfEra:
		if year <= 0 {
			val = 1 - val
		}
		day = dayInYear(val, day)
	case fieldWeekyear:
		_, week := value.ISOWeek(day)
		day = weekStart(val) + int64((min(week, weeksIn(val))-1)*7+value.DayOfWeek(day)-1)
	case fieldMonth:
		day = value.DayOf(year, int(val), min(dayOfMonth, value.DaysInMonth(year, int(val))))
	case fieldWeek:
		day += (val - f.get(millis)) * 7
	default:
		day += val - f.get(millis)
	}
	return day*value.MillisPerDay + rest, nil
}

// dayInYear moves a day to another year; days after February 28 keep their date.
func dayInYear(year, day int64) int64 {
	old, _, _ := value.Civil(day)
	n := value.DayOfYear(day)
	if n > 31+28 {
		n += value.DaysInYear(year) - value.DaysInYear(old)
	}
	return value.DayOf(year, 1, 1) + int64(n) - 1
}

// weekStart returns the Monday with which an ISO year begins.
func weekStart(weekyear int64) int64 {
	fourth := value.DayOf(weekyear, 1, 4)
	return fourth - int64(value.DayOfWeek(fourth)) + 1
}

func weeksIn(weekyear int64) int { return int(weekStart(weekyear+1)-weekStart(weekyear)) / 7 }

// floor returns the first instant of the field's unit.
func (f calendarField) floor(millis int64) int64 {
	i := f.info()
	if i.unit > 0 {
		return value.FloorDiv(millis, i.unit) * i.unit
	}
	day := value.FloorDiv(millis, value.MillisPerDay)
	switch year, month, _ := value.Civil(day); f {
	case fieldYear, fieldYearOfEra:
		day = value.DayOf(year, 1, 1)
	case fieldWeekyear:
		weekyear, _ := value.ISOWeek(day)
		day = weekStart(weekyear)
	case fieldMonth:
		day = value.DayOf(year, month, 1)
	case fieldWeek:
		day -= int64(value.DayOfWeek(day)) - 1
	default:
	}
	return day * value.MillisPerDay
}

// first returns the value of the first of the names.
func (f calendarField) first() int {
	if f == fieldHalfday {
		return 0
	}
	return 1
}

func (f calendarField) names() []string {
	switch f {
	case fieldMonth:
		return []string{
			"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
			"December",
		}
	case fieldWeekday:
		return []string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}
	default:
		return []string{"AM", "PM"}
	}
}

func (f calendarField) shortNames() []string {
	names := f.names()
	short := make([]string, len(names))
	for i, s := range names {
		short[i] = s[:min(3, len(s))]
	}
	return short
}

// reading collects the fields that a text gives.
type reading struct {
	saved     []savedField
	hasOffset bool
	offset    int64 // milliseconds
	zone      value.Zone
	now       time.Time
}

type savedField struct {
	field calendarField
	value int64
}

func (r *reading) save(f calendarField, val int64) {
	r.saved = append(r.saved, savedField{field: f, value: val})
}

// Ranks of unit lengths between which a text without a year means the year 2000.
const (
	rankMonth   = 3
	rankDay     = 5
	defaultYear = 2000
)

// instant puts the fields together, longest first, starting from 1970.
func (r *reading) instant(text string) (millis int64, z value.Zone, err error) {
	order := func(a, b savedField) int {
		x, y := a.field.info(), b.field.info()
		return cmp.Or(cmp.Compare(x.within, y.within), cmp.Compare(x.length, y.length))
	}
	slices.SortStableFunc(r.saved, order)
	if len(r.saved) > 0 {
		if length := r.saved[0].field.info().length; length >= rankMonth && length <= rankDay {
			r.saved = slices.Insert(r.saved, 0, savedField{field: fieldYear, value: defaultYear})
		}
	}
	for pass := range 2 {
		for i, s := range r.saved {
			if millis, err = s.field.set(millis, s.value); err != nil {
				return 0, z, sqlerr.Argument("Cannot parse \"%s\": %s", text, messageOf(err))
			}
			if pass == 0 || i == len(r.saved)-1 {
				millis = s.field.floor(millis)
			}
		}
	}
	if r.hasOffset {
		z, ok := offsetOfMillis(r.offset)
		if !ok {
			return 0, z, sqlerr.New(sqlerr.NotSupported, "Time zone not supported: %s", value.OffsetText(int(r.offset/value.MillisPerMinute)))
		}
		return millis - r.offset, z, nil
	}
	micros, ok := r.zone.InstantParsed(millis * value.MicrosPerMilli)
	if !ok {
		return 0, z, sqlerr.Argument("Cannot parse \"%s\": Illegal instant due to time zone offset transition (%s)", text, r.zone.Name)
	}
	return value.FloorDiv(micros, value.MicrosPerMilli), r.zone, nil
}
