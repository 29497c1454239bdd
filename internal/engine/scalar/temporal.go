package scalar

import (
	"math"

	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

// zoned returns a timestamp(p) with time zone, or the error that it does not fit.
func zoned(micros int64, picos int32, zone string, precision int) (any, error) {
	if millis := value.FloorDiv(micros, value.MicrosPerMilli); precision <= value.MaxShortTZ && !value.FitsMillis(millis) {
		return nil, errMillis(millis)
	}
	return value.TimestampTZ{Micros: micros, Picos: picos, Zone: zone}, nil
}

func errMillis(millis int64) error { return sqlerr.Argument("Millis overflow: %d", millis) }

// zonedMillis is zoned for an instant in milliseconds, which may be out of the
// range of microseconds.
func zonedMillis(millis int64, zone string) (any, error) {
	if !value.FitsMillis(millis) {
		return nil, errMillis(millis)
	}
	return value.TimestampTZ{Micros: millis * value.MicrosPerMilli, Zone: zone}, nil
}

// roundPicos rounds a count of picoseconds to precision digits of a second, half up.
func roundPicos(picos int64, precision int) int64 {
	unit := value.Pow10(12 - precision)
	return value.FloorDiv(picos+unit/2, unit) * unit
}

// roundInstant rounds microseconds and picoseconds to precision digits of a
// second, half up, also before 1970.
func roundInstant(micros int64, picos int32, precision int) (roundedMicros int64, roundedPicos int32) {
	if precision <= 6 {
		unit := value.Pow10(6 - precision)
		if precision == 6 {
			if picos >= value.PicosPerMicro/2 {
				micros++
			}
			return micros, 0
		}
		return value.FloorDiv(micros+unit/2, unit) * unit, 0
	}
	rounded := roundPicos(int64(picos), precision)
	return micros + rounded/value.PicosPerMicro, int32(rounded % value.PicosPerMicro)
}

// bindTemporalSum binds temporal + interval and interval + temporal.
func bindTemporalSum(params []datatype.Type, result datatype.Type) (Function, bool) {
	if len(params) != 2 {
		return none()
	}
	if params[0].IsInterval() && params[1].IsTemporal() {
		add, ok := temporalPlus(params[1], params[0], result, 1)
		return Function{Call: plain(func(args []any) (any, error) { return add(args[1], value.As[int64](args[0])) }).uncounted()}, ok
	}
	add, ok := temporalPlus(params[0], params[1], result, 1)
	return Function{Call: plain(func(args []any) (any, error) { return add(args[0], value.As[int64](args[1])) }).uncounted()}, ok
}

func bindTemporalMinusInterval(params []datatype.Type, result datatype.Type) (Function, bool) {
	if len(params) != 2 {
		return none()
	}
	add, ok := temporalPlus(params[0], params[1], result, -1)
	return Function{Call: plain(func(args []any) (any, error) { return add(args[0], value.As[int64](args[1])) }).uncounted()}, ok
}

// shift adds an interval to a temporal value.
type shift func(v any, interval int64) (any, error)

// temporalPlus returns how an interval is added (sign 1) or subtracted (-1).
func temporalPlus(t, by, result datatype.Type, sign int64) (shift, bool) {
	if by.Kind == datatype.IntervalYearToMonth {
		return plusMonths(t, sign)
	}
	if by.Kind != datatype.IntervalDayToSecond {
		return nil, false
	}
	switch t.Kind {
	case datatype.Date:
		return func(v any, interval int64) (any, error) { return datePlusMillis(value.As[int64](v), interval, sign) }, true
	case datatype.Time:
		return func(v any, interval int64) (any, error) {
			return value.Time{Picos: timePlus(value.As[value.Time](v).Picos, sign*(interval*value.PicosPerMilli))}, nil
		}, true
	case datatype.TimeTZ:
		return func(v any, interval int64) (any, error) {
			tz := value.As[value.TimeTZ](v)
			picos := timeTZPlus(tz.Picos, sign*(interval*value.PicosPerMilli), t.Precision)
			return value.TimeTZ{Picos: picos, OffsetMinutes: tz.OffsetMinutes}, nil
		}, true
	case datatype.Timestamp:
		return func(v any, interval int64) (any, error) {
			return timestampPlus(value.As[value.Timestamp](v), sign*interval)
		}, true
	case datatype.TimestampTZ:
		return func(v any, interval int64) (any, error) {
			ts := value.As[value.TimestampTZ](v)
			return zonedPlus(ts, sign*interval, result.Precision)
		}, true
	default:
		return nil, false
	}
}

func datePlusMillis(day, interval, sign int64) (any, error) {
	if interval%value.MillisPerDay != 0 {
		if sign < 0 {
			return nil, sqlerr.Argument("Cannot subtract hour, minutes or seconds from a date")
		}
		return nil, sqlerr.Argument("Cannot add hour, minutes or seconds to a date")
	}
	return day + sign*(interval/value.MillisPerDay), nil
}

// timePlus adds to a time of day around the clock. delta may have wrapped around
// in 64 bits, as it does in Trino.
func timePlus(picos, delta int64) int64 {
	return value.FloorMod(picos+delta%value.PicosPerDay, value.PicosPerDay)
}

// timeTZPlus is timePlus for a time with time zone, which Trino holds in
// nanoseconds up to a precision of 9 and adds without care above it.
func timeTZPlus(picos, delta int64, precision int) int64 {
	if precision > 9 {
		return value.FloorMod(picos+delta, value.PicosPerDay)
	}
	return timePlus(picos, delta) / 1000 * 1000
}

func errTimestampRange() error { return errInternal("long overflow") }

func timestampPlus(ts value.Timestamp, millis int64) (any, error) {
	delta, ok := multiplyExact(millis, value.MicrosPerMilli)
	if !ok {
		return nil, errTimestampRange()
	}
	micros, ok := addExact(ts.Micros, delta)
	if !ok && delta != 0 {
		return nil, errTimestampRange()
	}
	return value.Timestamp{Micros: micros, Picos: ts.Picos}, nil
}

func zonedPlus(ts value.TimestampTZ, millis int64, precision int) (any, error) {
	sum := value.FloorDiv(ts.Micros, value.MicrosPerMilli) + millis
	delta, ok := multiplyExact(millis, value.MicrosPerMilli)
	if !ok {
		return nil, errSum(sum)
	}
	micros, ok := addExact(ts.Micros, delta)
	if !ok && delta != 0 {
		return nil, errSum(sum)
	}
	v, err := zoned(micros, ts.Picos, ts.Zone, precision)
	if err != nil {
		err = errSum(sum)
	}
	return v, err
}

// errSum is what Trino says of an instant with a zone that an interval takes out of range.
func errSum(millis int64) error { return errInternal("Millis overflow: %d", millis) }

// plusMonths adds months; a day that the month lacks becomes its last.
func plusMonths(t datatype.Type, sign int64) (shift, bool) {
	switch t.Kind {
	case datatype.Date:
		return func(v any, months int64) (any, error) { return value.AddMonths(value.As[int64](v), sign*months), nil }, true
	case datatype.Timestamp:
		return func(v any, months int64) (any, error) {
			ts := value.As[value.Timestamp](v)
			micros, ok := plusMonthsMicros(ts.Micros, sign*months)
			if !ok {
				return nil, errTimestampRange()
			}
			return value.Timestamp{Micros: micros, Picos: ts.Picos}, nil
		}, true
	case datatype.TimestampTZ:
		return func(v any, months int64) (any, error) {
			ts := value.As[value.TimestampTZ](v)
			z := value.ZoneOf(ts.Zone)
			local, ok := plusMonthsMicros(z.Local(ts.Micros), sign*months)
			if !ok {
				return nil, errSum(value.AddMonths(value.FloorDiv(ts.Micros, value.MicrosPerDay), sign*months) * value.MillisPerDay)
			}
			sum, err := zoned(z.InstantNear(local, ts.Micros), ts.Picos, ts.Zone, t.Precision)
			if err != nil {
				err = errSum(value.FloorDiv(local, value.MicrosPerMilli))
			}
			return sum, err
		}, true
	default:
		return nil, false
	}
}

func plusMonthsMicros(micros, months int64) (int64, bool) {
	day := value.AddMonths(value.FloorDiv(micros, value.MicrosPerDay), months)
	start, ok := multiplyExact(day, value.MicrosPerDay)
	if !ok {
		return 0, false
	}
	return start + value.FloorMod(micros, value.MicrosPerDay), start < math.MaxInt64-value.MicrosPerDay
}

// bindTemporalDifference binds the differences that are an interval day to second.
func bindTemporalDifference(params []datatype.Type, result datatype.Type) (Function, bool) {
	if len(params) != 2 || params[0].Kind != params[1].Kind || result.Kind != datatype.IntervalDayToSecond {
		return none()
	}
	switch params[0].Kind {
	case datatype.Date:
		return pure(func(args []any) (any, error) {
			return (value.As[int64](args[0]) - value.As[int64](args[1])) * value.MillisPerDay, nil
		})
	case datatype.Time:
		return pure(func(args []any) (any, error) {
			return roundedMillis(value.As[value.Time](args[0]).Picos - value.As[value.Time](args[1]).Picos), nil
		})
	case datatype.TimeTZ:
		return pure(func(args []any) (any, error) {
			return roundedMillis(utcPicos(value.As[value.TimeTZ](args[0])) - utcPicos(value.As[value.TimeTZ](args[1]))), nil
		})
	case datatype.Timestamp:
		return pure(func(args []any) (any, error) {
			micros := value.As[value.Timestamp](args[0]).Micros - value.As[value.Timestamp](args[1]).Micros
			return value.FloorDiv(micros+value.MicrosPerMilli/2, value.MicrosPerMilli), nil
		})
	case datatype.TimestampTZ:
		return pure(func(args []any) (any, error) {
			return zonedDifference(value.As[value.TimestampTZ](args[0]), value.As[value.TimestampTZ](args[1])), nil
		})
	default:
		return none()
	}
}

func roundedMillis(picos int64) int64 {
	return value.FloorDiv(picos+value.PicosPerMilli/2, value.PicosPerMilli)
}

// zonedDifference subtracts the milliseconds and rounds the difference of the
// rest away from zero from a half on.
func zonedDifference(a, b value.TimestampTZ) int64 {
	millis := value.FloorDiv(a.Micros, value.MicrosPerMilli) - value.FloorDiv(b.Micros, value.MicrosPerMilli)
	rest := picosOfMilli(a) - picosOfMilli(b)
	switch {
	case rest <= -value.PicosPerMilli/2:
		millis--
	case rest >= value.PicosPerMilli/2:
		millis++
	}
	return millis
}

func picosOfMilli(ts value.TimestampTZ) int64 {
	return value.FloorMod(ts.Micros, value.MicrosPerMilli)*value.PicosPerMicro + int64(ts.Picos)
}

func errNotField(unit, kind string) error {
	return sqlerr.New(sqlerr.InvalidFunctionArgument, "'%s' is not a valid %s field", unit, kind)
}
