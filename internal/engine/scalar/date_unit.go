package scalar

import (
	"strings"

	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/value"
)

// dateUnit is a unit of date_trunc, date_add and date_diff on a wall clock in
// microseconds, or in milliseconds for a unit that counts them.
type dateUnit struct {
	millis   int64 // the length of a unit that always has the same
	months   int64 // or its months
	calendar bool  // whether it is a day or longer
}

// findUnit returns a unit by name, which may be of any case.
func findUnit(name string) (dateUnit, bool) {
	switch name {
	case "millisecond":
		return dateUnit{millis: 1}, true
	case "second":
		return dateUnit{millis: value.MillisPerSecond}, true
	case "minute":
		return dateUnit{millis: value.MillisPerMinute}, true
	case "hour":
		return dateUnit{millis: value.MillisPerHour}, true
	case "day":
		return dateUnit{millis: value.MillisPerDay, calendar: true}, true
	case "week":
		return dateUnit{millis: 7 * value.MillisPerDay, calendar: true}, true
	case "month":
		return dateUnit{months: 1, calendar: true}, true
	case "quarter":
		return dateUnit{months: 3, calendar: true}, true
	case "year":
		return dateUnit{months: 12, calendar: true}, true
	default:
		return dateUnit{}, false
	}
}

// unitOf returns the unit of an argument for values of type t, or the error that
// t has no such field.
func unitOf(arg any, t datatype.Type) (dateUnit, error) {
	name := strings.ToLower(value.As[string](arg))
	u, ok := findUnit(name)
	switch t.Kind {
	case datatype.Date:
		if !ok || !u.calendar {
			return u, errNotField(name, "DATE")
		}
	case datatype.Time, datatype.TimeTZ:
		if !ok || u.calendar {
			return u, errNotField(name, "TIME")
		}
	default:
		if !ok {
			return u, errNotField(name, "Timestamp")
		}
	}
	return u, nil
}

// truncateDay returns the first day of the unit that day is in.
func (u dateUnit) truncateDay(day int64) int64 {
	switch year, month, _ := value.Civil(day); {
	case u.months == 12:
		return value.DayOf(year, 1, 1)
	case u.months == 3:
		return value.DayOf(year, (month-1)/3*3+1, 1)
	case u.months == 1:
		return value.DayOf(year, month, 1)
	case u.millis > value.MillisPerDay:
		return day - int64(value.DayOfWeek(day)-1)
	default:
		return day
	}
}

// truncate returns the start of the unit that a wall clock is in.
func (u dateUnit) truncate(micros int64) int64 {
	if u.calendar {
		return u.truncateDay(value.FloorDiv(micros, value.MicrosPerDay)) * value.MicrosPerDay
	}
	return value.FloorDiv(micros, u.millis*value.MicrosPerMilli) * u.millis * value.MicrosPerMilli
}

// add returns a wall clock n units later; a day that the month lacks becomes its
// last. ok is false out of the range of microseconds.
func (u dateUnit) add(micros, n int64) (sum int64, ok bool) {
	if u.months > 0 {
		return plusMonthsMicros(micros, n*u.months)
	}
	delta, ok := multiplyExact(n, u.millis*value.MicrosPerMilli)
	if !ok {
		return 0, false
	}
	sum, ok = addExact(micros, delta)
	return sum, ok || delta == 0
}

// between returns the complete units from one wall clock to another, both in
// milliseconds.
func (u dateUnit) between(from, to int64) int64 {
	switch u.months {
	case 0:
		return (to - from) / u.millis
	case 12:
		if to < from {
			return -yearsBetween(to, from)
		}
		return yearsBetween(from, to)
	default:
		if to < from {
			return -monthsBetween(to, from) / u.months
		}
		return monthsBetween(from, to) / u.months
	}
}

// yearsBetween counts complete years, where a leap year's days from February 29
// on are compared with the day after in another year, as Joda-Time does.
func yearsBetween(from, to int64) int64 {
	fromYear, fromRest := intoYear(from)
	toYear, toRest := intoYear(to)
	const leapDay = (31 + 28) * value.MillisPerDay
	if fromRest >= leapDay {
		if value.IsLeap(fromYear) {
			if !value.IsLeap(toYear) {
				fromRest -= value.MillisPerDay
			}
		} else if toRest >= leapDay && value.IsLeap(toYear) {
			toRest -= value.MillisPerDay
		}
	}
	years := toYear - fromYear
	if toRest < fromRest {
		years--
	}
	return years
}

// intoYear returns the year and the milliseconds since its start.
func intoYear(millis int64) (year, rest int64) {
	year, _, _ = value.Civil(value.FloorDiv(millis, value.MillisPerDay))
	return year, millis - value.DayOf(year, 1, 1)*value.MillisPerDay
}

// monthsBetween counts complete months. When to is the last day of its month,
// from counts as no later day of its own.
func monthsBetween(from, to int64) int64 {
	fromYear, fromMonth, fromDay := value.Civil(value.FloorDiv(from, value.MillisPerDay))
	toYear, toMonth, toDay := value.Civil(value.FloorDiv(to, value.MillisPerDay))
	months := (toYear-fromYear)*12 + int64(toMonth-fromMonth)
	if toDay == value.DaysInMonth(toYear, toMonth) && fromDay > toDay {
		from -= int64(fromDay-toDay) * value.MillisPerDay
	}
	toRest := to - value.DayOf(toYear, toMonth, 1)*value.MillisPerDay
	fromRest := from - value.DayOf(fromYear, fromMonth, 1)*value.MillisPerDay
	if toRest < fromRest {
		months--
	}
	return months
}
