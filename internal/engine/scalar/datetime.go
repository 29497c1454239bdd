package scalar

import (
	"math/big"

	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
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
		plan.OpAtZone:         bindAtTimezone,
		"with_timezone":       bindWithTimezone,
		"timezone":            bindTimezone,
		"current_timezone":    on(func([]any) (any, error) { return value.UTC, nil }),
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
	return zonedMillis(javaRound(value.As[float64](args[0])*value.MillisPerSecond), value.UTC)
}

func bindFromUnixtimeZone(params []datatype.Type, _ datatype.Type) (Function, bool) {
	if !areKinds(params, datatype.Double, datatype.Varchar) {
		return none()
	}
	return pure(func(args []any) (any, error) {
		name := value.As[string](args[1])
		z, ok := value.FindZone(name)
		if !ok {
			return nil, errZoneUnsupported(name)
		}
		return zonedMillis(javaRound(value.As[float64](args[0])*value.MillisPerSecond), z.Name)
	})
}

func bindFromUnixtimeOffset(params []datatype.Type, _ datatype.Type) (Function, bool) {
	if !areKinds(params, datatype.Double, datatype.Bigint, datatype.Bigint) {
		return none()
	}
	return pure(func(args []any) (any, error) {
		z, err := zoneForOffset(value.As[int64](args[1])*60 + value.As[int64](args[2]))
		if err != nil {
			return nil, err
		}
		return zonedMillis(javaRound(value.As[float64](args[0])*value.MillisPerSecond), z.Name)
	})
}

func zoneForOffset(minutes int64) (value.Zone, error) {
	if minutes < -value.MaxOffsetMinutes || minutes > value.MaxOffsetMinutes {
		return value.Zone{}, sqlerr.Argument("Invalid offset minutes %d", minutes)
	}
	z, _ := value.OffsetZone(int(minutes))
	return z, nil
}

func bindFromUnixtimeNanos(params []datatype.Type, _ datatype.Type) (Function, bool) {
	switch {
	case areKinds(params, datatype.Bigint):
		return pure(func(args []any) (any, error) { return nanosInstant(big.NewInt(value.As[int64](args[0]))) })
	case areKinds(params, datatype.Decimal):
		scale := params[0].Scale
		return pure(func(args []any) (any, error) { return nanosInstant(value.Rescale(value.As[*big.Int](args[0]), -scale)) })
	default:
		return none()
	}
}

func nanosInstant(nanos *big.Int) (any, error) {
	micros, rest := new(big.Int).DivMod(nanos, big.NewInt(1000), new(big.Int))
	if !micros.IsInt64() {
		return nil, sqlerr.Argument("long overflow")
	}
	picos := int32(rest.Int64() * 1000) //nolint:gosec // less than a million
	return value.TimestampTZ{Micros: micros.Int64(), Picos: picos, Zone: value.UTC}, nil
}

func bindToUnixtime(params []datatype.Type, _ datatype.Type) (Function, bool) {
	switch {
	case areKinds(params, datatype.Timestamp):
		return pure(func(args []any) (any, error) {
			ts := value.As[value.Timestamp](args[0])
			return float64(ts.Micros)/value.MicrosPerSecond + float64(ts.Picos)/value.PicosPerSecond, nil
		})
	case areKinds(params, datatype.TimestampTZ):
		return pure(func(args []any) (any, error) {
			ts := value.As[value.TimestampTZ](args[0])
			return float64(value.FloorDiv(ts.Micros, value.MicrosPerMilli))/value.MillisPerSecond + float64(picosOfMilli(ts))/value.PicosPerSecond, nil
		})
	default:
		return none()
	}
}

// bindAtTimezone binds at_timezone(value, name or interval) and AT TIME ZONE: the same instant,
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
			ts := value.As[value.TimestampTZ](args[0])
			return zoned(ts.Micros, ts.Picos, z.Name, result.Precision)
		})
	case datatype.TimeTZ:
		return pure(func(args []any) (any, error) {
			z, err := find(args[1])
			if err != nil {
				return nil, err
			}
			if z.Location != nil {
				return nil, sqlerr.Refused("a time of day AT TIME ZONE of a name")
			}
			t := value.As[value.TimeTZ](args[0])
			picos := t.Picos + int64(z.Minutes-t.OffsetMinutes)*value.PicosPerMinute
			return value.TimeTZ{Picos: value.FloorMod(picos, value.PicosPerDay), OffsetMinutes: z.Minutes}, nil
		})
	default:
		return none()
	}
}

func zoneByName(arg any) (value.Zone, error) {
	z, ok := value.FindZone(value.As[string](arg))
	if arg == "" {
		return z, errInternal("Zone id is an empty string")
	}
	if !ok {
		return z, errZone(value.As[string](arg))
	}
	return z, nil
}

func zoneByInterval(arg any) (value.Zone, error) {
	millis := value.As[int64](arg)
	if millis%value.MillisPerMinute != 0 {
		return value.Zone{}, sqlerr.Argument("Invalid time zone offset interval: interval contains seconds")
	}
	return zoneForOffset(millis / value.MillisPerMinute)
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
		ts := value.As[value.Timestamp](args[0])
		return zoned(z.Instant(ts.Micros), ts.Picos, z.Name, result.Precision)
	})
}

func bindTimezone(params []datatype.Type, _ datatype.Type) (Function, bool) {
	switch {
	case areKinds(params, datatype.TimestampTZ):
		return pure(func(args []any) (any, error) {
			return value.ZoneOf(value.As[value.TimestampTZ](args[0]).Zone).Name, nil
		})
	case areKinds(params, datatype.TimeTZ):
		return pure(func(args []any) (any, error) {
			return value.OffsetText(value.As[value.TimeTZ](args[0]).OffsetMinutes), nil
		})
	default:
		return none()
	}
}

func errZone(name string) error { return sqlerr.Argument("'%s' is not a valid time zone", name) }

func errZoneUnsupported(name string) error {
	return sqlerr.New(sqlerr.NotSupported, "Time zone not supported: %s", name)
}
