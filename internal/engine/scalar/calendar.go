package scalar

// Units of time. An instant is microseconds and further picoseconds, a time of
// day is picoseconds, an interval is milliseconds.
const (
	millisPerSecond = 1_000
	millisPerMinute = 60 * millisPerSecond
	millisPerHour   = 60 * millisPerMinute
	millisPerDay    = 24 * millisPerHour

	microsPerMilli  = 1_000
	microsPerSecond = 1_000_000
	microsPerMinute = 60 * microsPerSecond
	microsPerDay    = 86_400 * microsPerSecond

	picosPerMicro  = 1_000_000
	picosPerMilli  = 1_000_000_000
	picosPerSecond = 1_000_000_000_000
	picosPerMinute = 60 * picosPerSecond
	picosPerHour   = 60 * picosPerMinute
	picosPerDay    = 24 * picosPerHour
)

// floorDiv returns the quotient rounded down.
func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

// floorMod returns the remainder that has the sign of b.
func floorMod(a, b int64) int64 { return a - floorDiv(a, b)*b }

// pow10 returns 10^n for 0 <= n <= 18.
func pow10(n int) int64 {
	p := int64(1)
	for range n {
		p *= 10
	}
	return p
}

const (
	daysPerEra   = 146_097 // 400 years
	epochFromEra = 719_468 // days from 0000-03-01 to 1970-01-01
)

// civil returns the proleptic Gregorian date of a day since 1970-01-01.
func civil(day int64) (year int64, month, dayOfMonth int) {
	day += epochFromEra
	era := floorDiv(day, daysPerEra)
	doe := day - era*daysPerEra
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	dayOfMonth = int(doy - (153*mp+2)/5 + 1)
	month = int(mp) + 3
	if month > 12 {
		month -= 12
	}
	year = yoe + era*400
	if month <= 2 {
		year++
	}
	return year, month, dayOfMonth
}

// dayOf returns the day since 1970-01-01 of a date.
func dayOf(year int64, month, dayOfMonth int) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	era := floorDiv(year, 400)
	yoe := year - era*400
	doy := int64((153*(month-3)+2)/5 + dayOfMonth - 1)
	return era*daysPerEra + yoe*365 + yoe/4 - yoe/100 + doy - epochFromEra
}

func isLeap(year int64) bool { return year%4 == 0 && (year%100 != 0 || year%400 == 0) }

func daysInMonth(year int64, month int) int {
	switch month {
	case 2:
		if isLeap(year) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	default:
		return 31
	}
}

// dayOfWeek returns 1 for Monday to 7 for Sunday.
func dayOfWeek(day int64) int { return int(floorMod(day+3, 7)) + 1 }

// dayOfYear returns 1 for January 1.
func dayOfYear(day int64) int {
	year, _, _ := civil(day)
	return int(day-dayOf(year, 1, 1)) + 1
}

// isoWeek returns the ISO 8601 week and the year that it belongs to.
func isoWeek(day int64) (year int64, week int) {
	thursday := day - int64(dayOfWeek(day)) + 4
	year, _, _ = civil(thursday)
	return year, int(thursday-dayOf(year, 1, 1))/7 + 1
}

// addMonths moves a day by months; a day that the month lacks becomes its last.
func addMonths(day, months int64) int64 {
	year, month, dayOfMonth := civil(day)
	total := year*12 + int64(month-1) + months
	year, month = floorDiv(total, 12), int(floorMod(total, 12))+1
	return dayOf(year, month, min(dayOfMonth, daysInMonth(year, month)))
}
