package scalar

import (
	"strings"

	"github.com/sillok/sillok/internal/sql/datatype"
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
		return dateUnit{millis: millisPerSecond}, true
	case "minute":
		return dateUnit{millis: millisPerMinute}, true
	case "hour":
		return dateUnit{millis: millisPerHour}, true
	case "day":
		return dateUnit{millis: millisPerDay, calendar: true}, true
	case "week":
		return dateUnit{millis: 7 * millisPerDay, calendar: true}, true
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
	name := strings.ToLower(as[string](arg))
	u, ok := findUnit(name)
	switch t.Kind {
	case datatype.Date:
		if !ok || !u.calendar {
			return u, errNotField(name, "DATE")
		}
	case datatype.Time, datatype.TimeTZ:
		if !ok || u.calendar {
			return u, errNotField(name, "Time")
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
	switch year, month, _ := civil(day); {
	case u.months == 12:
		return dayOf(year, 1, 1)
	case u.months == 3:
		return dayOf(year, (month-1)/3*3+1, 1)
	case u.months == 1:
		return dayOf(year, month, 1)
	case u.millis > millisPerDay:
		return day - int64(dayOfWeek(day)-1)
	default:
		return day
	}
}

// truncate returns the start of the unit that a wall clock is in.
func (u dateUnit) truncate(micros int64) int64 {
	if u.calendar {
		return u.truncateDay(floorDiv(micros, microsPerDay)) * microsPerDay
	}
	return floorDiv(micros, u.millis*microsPerMilli) * u.millis * microsPerMilli
}

// add returns a wall clock n units later; a day that the month lacks becomes its
// last. ok is false out of the range of microseconds.
func (u dateUnit) add(micros, n int64) (sum int64, ok bool) {
	if u.months > 0 {
		return plusMonthsMicros(micros, n*u.months)
	}
	delta, ok := multiplyExact(n, u.millis*microsPerMilli)
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
	const leapDay = (31 + 28) * millisPerDay
	if fromRest >= leapDay {
		if isLeap(fromYear) {
			if !isLeap(toYear) {
				fromRest -= millisPerDay
			}
		} else if toRest >= leapDay && isLeap(toYear) {
			toRest -= millisPerDay
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
	year, _, _ = civil(floorDiv(millis, millisPerDay))
	return year, millis - dayOf(year, 1, 1)*millisPerDay
}

// monthsBetween counts complete months. When to is the last day of its month,
// from counts as no later day of its own.
func monthsBetween(from, to int64) int64 {
	fromYear, fromMonth, fromDay := civil(floorDiv(from, millisPerDay))
	toYear, toMonth, toDay := civil(floorDiv(to, millisPerDay))
	months := (toYear-fromYear)*12 + int64(toMonth-fromMonth)
	if toDay == daysInMonth(toYear, toMonth) && fromDay > toDay {
		from -= int64(fromDay-toDay) * millisPerDay
	}
	toRest := to - dayOf(toYear, toMonth, 1)*millisPerDay
	fromRest := from - dayOf(fromYear, fromMonth, 1)*millisPerDay
	if toRest < fromRest {
		months--
	}
	return months
}
