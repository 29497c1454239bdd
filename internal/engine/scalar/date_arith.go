package scalar

import (
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

// bindDateTrunc binds date_trunc(unit, value).
func bindDateTrunc(params []datatype.Type, _ datatype.Type) (Function, bool) {
	if len(params) != 2 || params[0].Kind != datatype.Varchar || !hasUnits(params[1]) {
		return none()
	}
	t := params[1]
	return pure(func(args []any) (any, error) {
		u, err := unitOf(args[0], t)
		if err != nil {
			return nil, err
		}
		return truncate(u, args[1], t.Precision)
	})
}

// hasUnits reports whether values of t are counted in units of date and time.
func hasUnits(t datatype.Type) bool {
	switch t.Kind {
	case datatype.Date, datatype.Time, datatype.TimeTZ, datatype.Timestamp, datatype.TimestampTZ:
		return true
	default:
		return false
	}
}

func truncate(u dateUnit, v any, precision int) (any, error) {
	switch v := v.(type) {
	case value.Time:
		return value.Time{Picos: v.Picos - v.Picos%(u.millis*value.PicosPerMilli)}, nil
	case value.TimeTZ:
		return value.TimeTZ{Picos: v.Picos - v.Picos%(u.millis*value.PicosPerMilli), OffsetMinutes: v.OffsetMinutes}, nil
	case value.Timestamp:
		return value.Timestamp{Micros: u.truncate(v.Micros)}, nil
	case value.TimestampTZ:
		return zoned(truncateZoned(u, v), 0, v.Zone, precision)
	default:
		return u.truncateDay(value.As[int64](v)), nil
	}
}

// truncateZoned truncates the wall clock of the zone; hours and less within the
// offset that holds.
func truncateZoned(u dateUnit, ts value.TimestampTZ) int64 {
	z := value.ZoneOf(ts.Zone)
	offset := z.OffsetMicros(ts.Micros)
	local := u.truncate(ts.Micros + offset)
	if !u.calendar {
		return local - offset
	}
	return z.InstantNear(local, ts.Micros)
}

// bindDateAdd binds date_add(unit, n, value).
func bindDateAdd(params []datatype.Type, _ datatype.Type) (Function, bool) {
	if len(params) != 3 || params[0].Kind != datatype.Varchar || params[1].Kind != datatype.Bigint || !hasUnits(params[2]) {
		return none()
	}
	t := params[2]
	return pure(func(args []any) (any, error) {
		u, err := unitOf(args[0], t)
		if err != nil {
			return nil, err
		}
		n := value.As[int64](args[1])
		if u.isInt32(t) && !fits(datatype.Integer, n) {
			if t.Kind == datatype.Date {
				return nil, errInternal("integer overflow")
			}
			return nil, sqlerr.Argument("integer overflow")
		}
		return add(u, n, args[2], t.Precision)
	})
}

func add(u dateUnit, n int64, v any, precision int) (any, error) {
	switch v := v.(type) {
	case value.Time:
		return value.Time{Picos: timeAdd(u, n, v.Picos, precision)}, nil
	case value.TimeTZ:
		return value.TimeTZ{Picos: timeAdd(u, n, v.Picos, precision), OffsetMinutes: v.OffsetMinutes}, nil
	case value.Timestamp:
		micros, ok := u.add(v.Micros, n)
		if !ok {
			return nil, sqlerr.Argument("long overflow")
		}
		micros, picos := roundInstant(micros, v.Picos, precision)
		return value.Timestamp{Micros: micros, Picos: picos}, nil
	case value.TimestampTZ:
		return addZoned(u, n, v, precision)
	default:
		day := u.addDays(value.As[int64](v), n)
		if year := yearsAfter(u, value.As[int64](v), n); year < minYear || year > maxYear {
			return nil, errInternal("Value %d for year must be in the range [%d,%d]", year, minYear, maxYear)
		}
		return day, nil
	}
}

// The years that milliseconds in 64 bits can be in.
const minYear, maxYear = -292_275_054, 292_278_993

// yearsAfter returns the year to which n units are added to a day; of units that no year is
// counted in, the day's own.
func yearsAfter(u dateUnit, day, n int64) int64 {
	year, month, _ := value.Civil(day)
	return year + value.FloorDiv(int64(month)-1+n*u.months, 12)
}

// addDays adds n units to a day.
func (u dateUnit) addDays(day, n int64) int64 {
	if u.months > 0 {
		return value.AddMonths(day, n*u.months)
	}
	return day + n*(u.millis/value.MillisPerDay)
}

// isInt32 reports whether Trino counts in 32 bits: not for times of day.
func (u dateUnit) isInt32(t datatype.Type) bool {
	return t.Kind != datatype.Time && t.Kind != datatype.TimeTZ
}

// timeAdd adds around the clock and rounds to precision.
func timeAdd(u dateUnit, n, picos int64, precision int) int64 {
	delta := n % (value.MillisPerDay / u.millis) * u.millis * value.PicosPerMilli
	return roundPicos(value.FloorMod(picos+delta, value.PicosPerDay), precision) % value.PicosPerDay
}

func addZoned(u dateUnit, n int64, ts value.TimestampTZ, precision int) (any, error) {
	z := value.ZoneOf(ts.Zone)
	offset := z.OffsetMicros(ts.Micros)
	local, ok := u.add(ts.Micros+offset, n)
	if !ok {
		return nil, sqlerr.Argument("long overflow")
	}
	micros := local - offset
	if u.calendar {
		micros = z.InstantNear(local, ts.Micros)
	}
	micros, picos := roundInstant(micros, ts.Picos, precision)
	return zoned(micros, picos, ts.Zone, precision)
}

// bindDateDiff binds date_diff(unit, from, to): complete units.
func bindDateDiff(params []datatype.Type, _ datatype.Type) (Function, bool) {
	if len(params) != 3 || params[0].Kind != datatype.Varchar || !params[1].Equal(params[2]) {
		return none()
	}
	t := params[1]
	var between func(u dateUnit, from, to any) int64
	switch t.Kind {
	case datatype.Date:
		between = func(u dateUnit, from, to any) int64 {
			return u.between(value.As[int64](from)*value.MillisPerDay, value.As[int64](to)*value.MillisPerDay)
		}
	case datatype.Time:
		between = func(u dateUnit, from, to any) int64 {
			return (value.As[value.Time](to).Picos - value.As[value.Time](from).Picos) / (u.millis * value.PicosPerMilli)
		}
	case datatype.TimeTZ:
		between = func(u dateUnit, from, to any) int64 {
			return (utcPicos(value.As[value.TimeTZ](to)) - utcPicos(value.As[value.TimeTZ](from))) / (u.millis * value.PicosPerMilli)
		}
	case datatype.Timestamp:
		between = func(u dateUnit, from, to any) int64 {
			return u.between(value.FloorDiv(value.As[value.Timestamp](from).Micros, value.MicrosPerMilli),
				value.FloorDiv(value.As[value.Timestamp](to).Micros, value.MicrosPerMilli))
		}
	case datatype.TimestampTZ:
		between = func(u dateUnit, from, to any) int64 {
			return zonedBetween(u, value.As[value.TimestampTZ](from), value.As[value.TimestampTZ](to))
		}
	default:
		return none()
	}
	return pure(func(args []any) (any, error) {
		u, err := unitOf(args[0], t)
		if err != nil {
			return nil, err
		}
		return between(u, args[1], args[2]), nil
	})
}

// zonedBetween compares wall clocks of the first value's zone for days and
// longer, instants for less.
func zonedBetween(u dateUnit, from, to value.TimestampTZ) int64 {
	a, b := from.Micros, to.Micros
	if u.calendar {
		z := value.ZoneOf(from.Zone)
		a, b = z.Local(a), z.Local(b)
	}
	return u.between(value.FloorDiv(a, value.MicrosPerMilli), value.FloorDiv(b, value.MicrosPerMilli))
}

// bindLastDay binds last_day_of_month.
func bindLastDay(params []datatype.Type, _ datatype.Type) (Function, bool) {
	if len(params) != 1 {
		return none()
	}
	read, has := momentOf(params[0].Kind)
	if read == nil || !has.date {
		return none()
	}
	return pure(func(args []any) (any, error) {
		year, month, _ := value.Civil(read(args[0]).day)
		return value.DayOf(year, month, value.DaysInMonth(year, month)), nil
	})
}
