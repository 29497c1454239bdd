package scalar

import (
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
)

// castToTemporal casts to date, time and timestamp. A time cannot become a
// timestamp here: that would need the date on which the query started.
func castToTemporal(from, to datatype.Type) (Function, bool) {
	switch to.Kind {
	case datatype.Date:
		return castToDate(from)
	case datatype.Time:
		return castToTime(from, to)
	case datatype.TimeTZ:
		return castToTimeTZ(from, to)
	case datatype.Timestamp:
		return castToTimestamp(from, to)
	case datatype.TimestampTZ:
		return castToTimestampTZ(from, to)
	default:
		return none()
	}
}

func castToDate(from datatype.Type) (Function, bool) {
	switch from.Kind {
	case datatype.Varchar:
		return converts(func(s string) (any, error) {
			day, ok := parseDateText(s)
			if !ok {
				return nil, errCast("Value cannot be cast to date: %s", s)
			}
			return day, nil
		})
	case datatype.Timestamp:
		return converts(func(ts plan.TimestampValue) (any, error) { return floorDiv(ts.Micros, microsPerDay), nil })
	case datatype.TimestampTZ:
		return converts(func(ts plan.TimestampTZValue) (any, error) {
			return floorDiv(zoneOf(ts.Zone).local(ts.Micros), microsPerDay), nil
		})
	default:
		return none()
	}
}

// timeOfDay returns the time of day of a wall clock, rounded to precision.
func timeOfDay(micros int64, picos int32, precision int) int64 {
	return roundPicos(floorMod(micros, microsPerDay)*picosPerMicro+int64(picos), precision) % picosPerDay
}

func castToTime(from, to datatype.Type) (Function, bool) {
	p := to.Precision
	switch from.Kind {
	case datatype.Varchar:
		return converts(func(s string) (any, error) {
			c, ok := parseClockText(s)
			picos, fits := c.picos(p)
			if !ok || !fits || c.hasOffset {
				return nil, errCast("Value cannot be cast to time: %s", s)
			}
			return plan.TimeValue{Picos: picos}, nil
		})
	case datatype.Time:
		return converts(func(t plan.TimeValue) (any, error) {
			return plan.TimeValue{Picos: roundPicos(t.Picos, p) % picosPerDay}, nil
		})
	case datatype.TimeTZ:
		return converts(func(t plan.TimeTZValue) (any, error) {
			return plan.TimeValue{Picos: roundPicos(t.Picos, p) % picosPerDay}, nil
		})
	case datatype.Timestamp:
		return converts(func(ts plan.TimestampValue) (any, error) {
			return plan.TimeValue{Picos: timeOfDay(ts.Micros, ts.Picos, p)}, nil
		})
	case datatype.TimestampTZ:
		return converts(func(ts plan.TimestampTZValue) (any, error) {
			return plan.TimeValue{Picos: timeOfDay(zoneOf(ts.Zone).local(ts.Micros), ts.Picos, p)}, nil
		})
	default:
		return none()
	}
}

func castToTimeTZ(from, to datatype.Type) (Function, bool) {
	p := to.Precision
	switch from.Kind {
	case datatype.Varchar:
		return converts(func(s string) (any, error) {
			c, ok := parseClockText(s)
			picos, fits := c.picos(p)
			if !ok || !fits {
				return nil, errCast("Value cannot be cast to time with time zone: %s", s)
			}
			return plan.TimeTZValue{Picos: picos, OffsetMinutes: c.offsetMinutes}, nil
		})
	case datatype.Time:
		return converts(func(t plan.TimeValue) (any, error) {
			return plan.TimeTZValue{Picos: roundPicos(t.Picos, p) % picosPerDay}, nil
		})
	case datatype.TimeTZ:
		return converts(func(t plan.TimeTZValue) (any, error) {
			return plan.TimeTZValue{Picos: roundPicos(t.Picos, p) % picosPerDay, OffsetMinutes: t.OffsetMinutes}, nil
		})
	case datatype.Timestamp:
		return converts(func(ts plan.TimestampValue) (any, error) {
			return plan.TimeTZValue{Picos: timeOfDay(ts.Micros, ts.Picos, p)}, nil
		})
	case datatype.TimestampTZ:
		return converts(func(ts plan.TimestampTZValue) (any, error) {
			z := zoneOf(ts.Zone)
			local := z.local(ts.Micros)
			// Trino looks the offset up as if the wall clock were UTC.
			minutes := z.offsetMicros(local) / microsPerMinute
			return plan.TimeTZValue{Picos: timeOfDay(local, ts.Picos, p), OffsetMinutes: int(minutes)}, nil
		})
	default:
		return none()
	}
}

func castToTimestamp(from, to datatype.Type) (Function, bool) {
	p := to.Precision
	rounded := func(micros int64, picos int32) plan.TimestampValue {
		micros, picos = roundInstant(micros, picos, p)
		return plan.TimestampValue{Micros: micros, Picos: picos}
	}
	switch from.Kind {
	case datatype.Varchar:
		return converts(func(s string) (any, error) {
			d, ok := parseDatetimeText(trimSpaces(s))
			picos, fits := fractionPicos(d.fraction, p)
			if !ok || !fits {
				return nil, errCast("Value cannot be cast to timestamp: %s", s)
			}
			micros, rest := d.seconds*microsPerSecond+picos/picosPerMicro, picos%picosPerMicro
			return plan.TimestampValue{Micros: micros, Picos: int32(rest)}, nil
		})
	case datatype.Date:
		return converts(func(day int64) (any, error) {
			micros, ok := multiplyExact(day, microsPerDay)
			if !ok {
				return nil, errTimestampRange()
			}
			return plan.TimestampValue{Micros: micros}, nil
		})
	case datatype.Timestamp:
		return converts(func(ts plan.TimestampValue) (any, error) { return rounded(ts.Micros, ts.Picos), nil })
	case datatype.TimestampTZ:
		return converts(func(ts plan.TimestampTZValue) (any, error) {
			return rounded(zoneOf(ts.Zone).local(ts.Micros), ts.Picos), nil
		})
	default:
		return none()
	}
}

func castToTimestampTZ(from, to datatype.Type) (Function, bool) {
	p := to.Precision
	rounded := func(micros int64, picos int32, name string) (any, error) {
		micros, picos = roundInstant(micros, picos, p)
		return zoned(micros, picos, name, p)
	}
	switch from.Kind {
	case datatype.Varchar:
		return converts(func(s string) (any, error) { return textToTimestampTZ(s, p) })
	case datatype.Date:
		return converts(func(day int64) (any, error) {
			micros, ok := multiplyExact(day, microsPerDay)
			if !ok {
				return nil, errMillis(day)
			}
			return zoned(micros, 0, utc, p)
		})
	case datatype.Timestamp:
		return converts(func(ts plan.TimestampValue) (any, error) { return rounded(ts.Micros, ts.Picos, utc) })
	case datatype.TimestampTZ:
		return converts(func(ts plan.TimestampTZValue) (any, error) { return rounded(ts.Micros, ts.Picos, ts.Zone) })
	default:
		return none()
	}
}

func textToTimestampTZ(s string, precision int) (any, error) {
	d, ok := parseDatetimeText(trimSpaces(s))
	picos, fits := fractionPicos(d.fraction, precision)
	z := zone{name: utc}
	if ok && d.zone != "" {
		z, ok = findZone(d.zone)
	}
	if !ok || !fits {
		return nil, errCast("Value cannot be cast to timestamp: %s", s)
	}
	micros := z.instantZoned(d.seconds*microsPerSecond) + picos/picosPerMicro
	return zoned(micros, int32(picos%picosPerMicro), z.name, precision)
}
