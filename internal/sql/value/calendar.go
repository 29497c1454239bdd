package value

// Units of time. An instant is microseconds and further picoseconds, a time of
// day is picoseconds, an interval is milliseconds.
const (
	MillisPerSecond = 1_000
	MillisPerMinute = 60 * MillisPerSecond
	MillisPerHour   = 60 * MillisPerMinute
	MillisPerDay    = 24 * MillisPerHour

	MicrosPerMilli  = 1_000
	MicrosPerSecond = 1_000_000
	MicrosPerMinute = 60 * MicrosPerSecond
	MicrosPerDay    = 86_400 * MicrosPerSecond

	PicosPerMicro  = 1_000_000
	PicosPerMilli  = 1_000_000_000
	PicosPerSecond = 1_000_000_000_000
	PicosPerMinute = 60 * PicosPerSecond
	PicosPerHour   = 60 * PicosPerMinute
	PicosPerDay    = 24 * PicosPerHour
)

// FloorDiv returns the quotient rounded down.
func FloorDiv(a, b int64) int64 {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

// FloorMod returns the remainder that has the sign of b.
func FloorMod(a, b int64) int64 { return a - FloorDiv(a, b)*b }

// Pow10 returns 10^n for 0 <= n <= 18.
func Pow10(n int) int64 {
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

// Civil returns the proleptic Gregorian date of a day since 1970-01-01.
func Civil(day int64) (year int64, month, dayOfMonth int) {
	day += epochFromEra
	era := FloorDiv(day, daysPerEra)
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

// DayOf returns the day since 1970-01-01 of a date.
func DayOf(year int64, month, dayOfMonth int) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	era := FloorDiv(year, 400)
	yoe := year - era*400
	doy := int64((153*(month-3)+2)/5 + dayOfMonth - 1)
	return era*daysPerEra + yoe*365 + yoe/4 - yoe/100 + doy - epochFromEra
}

// IsLeap reports whether a year has a 29th of February.
func IsLeap(year int64) bool { return year%4 == 0 && (year%100 != 0 || year%400 == 0) }

// DaysInYear returns 365 or 366.
func DaysInYear(year int64) int {
	if IsLeap(year) {
		return 366
	}
	return 365
}

// DaysInMonth returns the number of days of a month, 1 to 12, of a year.
func DaysInMonth(year int64, month int) int {
	switch month {
	case 2:
		if IsLeap(year) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	default:
		return 31
	}
}

// DayOfWeek returns 1 for Monday to 7 for Sunday.
func DayOfWeek(day int64) int { return int(FloorMod(day+3, 7)) + 1 }

// DayOfYear returns 1 for January 1.
func DayOfYear(day int64) int {
	year, _, _ := Civil(day)
	return int(day-DayOf(year, 1, 1)) + 1
}

// ISOWeek returns the ISO 8601 week and the year that it belongs to.
func ISOWeek(day int64) (year int64, week int) {
	thursday := day - int64(DayOfWeek(day)) + 4
	year, _, _ = Civil(thursday)
	return year, int(thursday-DayOf(year, 1, 1))/7 + 1
}

// AddMonths moves a day by months; a day that the month lacks becomes its last.
func AddMonths(day, months int64) int64 {
	year, month, dayOfMonth := Civil(day)
	total := year*12 + int64(month-1) + months
	year, month = FloorDiv(total, 12), int(FloorMod(total, 12))+1
	return DayOf(year, month, min(dayOfMonth, DaysInMonth(year, month)))
}
