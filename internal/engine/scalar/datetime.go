package scalar

import (
	"math/big"

	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// dateTimeFamily returns the functions on dates, times and zones that neither
// extract a field nor follow a pattern.
func dateTimeFamily() map[string]binder {
	return map[string]binder{
		"date":                bindDate,
		"date_trunc":          bindDateTrunc,
		"date_add":            bindDateAdd,
		"date_diff":           bindDateDiff,
		"last_day_of_month":   bindLastDay,
		"from_unixtime":       either(on(fromUnixtime, datatype.Double), bindFromUnixtimeZone, bindFromUnixtimeOffset),
		"from_unixtime_nanos": bindFromUnixtimeNanos,
		"to_unixtime":         bindToUnixtime,
		"at_timezone":         bindAtTimezone,
		"with_timezone":       bindWithTimezone,
		"timezone":            bindTimezone,
		"current_timezone":    on(func([]any) (any, error) { return utc, nil }),
	}
}

// bindDate binds date(x), which is a cast.
func bindDate(params []datatype.Type, result datatype.Type) (Function, bool) {
	if len(params) != 1 {
		return none()
	}
	return Cast(params[0], result)
}

func fromUnixtime(args []any) (any, error) {
	return zonedMillis(javaRound(as[float64](args[0])*millisPerSecond), utc)
}

func bindFromUnixtimeZone(params []datatype.Type, _ datatype.Type) (Function, bool) {
	if !areKinds(params, datatype.Double, datatype.Varchar) {
		return none()
	}
	return pure(func(args []any) (any, error) {
		name := as[string](args[1])
		z, ok := findZone(name)
		if !ok {
			return nil, errZoneUnsupported(name)
		}
		return zonedMillis(javaRound(as[float64](args[0])*millisPerSecond), z.name)
	})
}

func bindFromUnixtimeOffset(params []datatype.Type, _ datatype.Type) (Function, bool) {
	if !areKinds(params, datatype.Double, datatype.Bigint, datatype.Bigint) {
		return none()
	}
	return pure(func(args []any) (any, error) {
		z, err := zoneForOffset(as[int64](args[1])*60 + as[int64](args[2]))
		if err != nil {
			return nil, err
		}
		return zonedMillis(javaRound(as[float64](args[0])*millisPerSecond), z.name)
	})
}

func zoneForOffset(minutes int64) (zone, error) {
	if minutes < -maxOffsetMinutes || minutes > maxOffsetMinutes {
		return zone{}, errArgument("Invalid offset minutes %d", minutes)
	}
	z, _ := offsetZone(int(minutes))
	return z, nil
}

func bindFromUnixtimeNanos(params []datatype.Type, _ datatype.Type) (Function, bool) {
	switch {
	case areKinds(params, datatype.Bigint):
		return pure(func(args []any) (any, error) { return nanosInstant(big.NewInt(as[int64](args[0]))) })
	case areKinds(params, datatype.Decimal):
		scale := params[0].Scale
		return pure(func(args []any) (any, error) { return nanosInstant(rescale(as[*big.Int](args[0]), -scale)) })
	default:
		return none()
	}
}

func nanosInstant(nanos *big.Int) (any, error) {
	micros, rest := new(big.Int).DivMod(nanos, big.NewInt(1000), new(big.Int))
	if !micros.IsInt64() {
		return nil, errArgument("long overflow")
	}
	picos := int32(rest.Int64() * 1000) //nolint:gosec // less than a million
	return plan.TimestampTZValue{Micros: micros.Int64(), Picos: picos, Zone: utc}, nil
}

func bindToUnixtime(params []datatype.Type, _ datatype.Type) (Function, bool) {
	switch {
	case areKinds(params, datatype.Timestamp):
		return pure(func(args []any) (any, error) {
			ts := as[plan.TimestampValue](args[0])
			return float64(ts.Micros)/microsPerSecond + float64(ts.Picos)/picosPerSecond, nil
		})
	case areKinds(params, datatype.TimestampTZ):
		return pure(func(args []any) (any, error) {
			ts := as[plan.TimestampTZValue](args[0])
			return float64(floorDiv(ts.Micros, microsPerMilli))/millisPerSecond + float64(picosOfMilli(ts))/picosPerSecond, nil
		})
	default:
		return none()
	}
}

// bindAtTimezone binds at_timezone(value, name or interval): the same instant,
// shown elsewhere.
func bindAtTimezone(params []datatype.Type, result datatype.Type) (Function, bool) {
	if len(params) != 2 || params[1].Kind != datatype.Varchar && params[1].Kind != datatype.IntervalDayToSecond {
		return none()
	}
	find := zoneByName
	if params[1].Kind == datatype.IntervalDayToSecond {
		find = zoneByInterval
	}
	switch params[0].Kind {
	case datatype.TimestampTZ:
		return pure(func(args []any) (any, error) {
			z, err := find(args[1])
			if err != nil {
				return nil, err
			}
			ts := as[plan.TimestampTZValue](args[0])
			return zoned(ts.Micros, ts.Picos, z.name, result.Precision)
		})
	case datatype.TimeTZ:
		return pure(func(args []any) (any, error) {
			z, err := find(args[1])
			if err != nil {
				return nil, err
			}
			if z.location != nil {
				return nil, sqlerr.Refused("a time of day AT TIME ZONE of a name")
			}
			t := as[plan.TimeTZValue](args[0])
			picos := t.Picos + int64(z.minutes-t.OffsetMinutes)*picosPerMinute
			return plan.TimeTZValue{Picos: floorMod(picos, picosPerDay), OffsetMinutes: z.minutes}, nil
		})
	default:
		return none()
	}
}

func zoneByName(arg any) (zone, error) {
	z, ok := findZone(as[string](arg))
	if !ok {
		return z, errZone(as[string](arg))
	}
	return z, nil
}

func zoneByInterval(arg any) (zone, error) {
	millis := as[int64](arg)
	if millis%millisPerMinute != 0 {
		return zone{}, errArgument("Invalid time zone offset interval: interval contains seconds")
	}
	return zoneForOffset(millis / millisPerMinute)
}

// bindWithTimezone binds with_timezone(timestamp, name): the same wall clock.
func bindWithTimezone(params []datatype.Type, result datatype.Type) (Function, bool) {
	if !areKinds(params, datatype.Timestamp, datatype.Varchar) {
		return none()
	}
	return pure(func(args []any) (any, error) {
		z, err := zoneByName(args[1])
		if err != nil {
			return nil, err
		}
		ts := as[plan.TimestampValue](args[0])
		return zoned(z.instant(ts.Micros), ts.Picos, z.name, result.Precision)
	})
}

func bindTimezone(params []datatype.Type, _ datatype.Type) (Function, bool) {
	switch {
	case areKinds(params, datatype.TimestampTZ):
		return pure(func(args []any) (any, error) { return zoneOf(as[plan.TimestampTZValue](args[0]).Zone).name, nil })
	case areKinds(params, datatype.TimeTZ):
		return pure(func(args []any) (any, error) {
			return offsetText(as[plan.TimeTZValue](args[0]).OffsetMinutes), nil
		})
	default:
		return none()
	}
}
