package scalar

import (
	"math"

	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
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
			day, ok := value.ParseDate(s)
			if !ok {
				return nil, sqlerr.Cast("Value cannot be cast to date: %s", s)
			}
			return day, nil
		})
	case datatype.Timestamp:
		return converts(func(ts value.Timestamp) (any, error) { return value.FloorDiv(ts.Micros, value.MicrosPerDay), nil })
	case datatype.TimestampTZ:
		return converts(func(ts value.TimestampTZ) (any, error) {
			return value.FloorDiv(value.ZoneOf(ts.Zone).Local(ts.Micros), value.MicrosPerDay), nil
		})
	default:
		return none()
	}
}

// timeOfDay returns the time of day of a wall clock, rounded to precision.
func timeOfDay(micros int64, picos int32, precision int) int64 {
	return roundPicos(value.FloorMod(micros, value.MicrosPerDay)*value.PicosPerMicro+int64(picos), precision) % value.PicosPerDay
}

func castToTime(from, to datatype.Type) (Function, bool) {
	p := to.Precision
	switch from.Kind {
	case datatype.Varchar:
		return converts(func(s string) (any, error) {
			c, ok := value.ParseTime(s)
			picos, fits := c.Picos(p)
			if !ok || !fits || c.HasOffset {
				return nil, sqlerr.Cast("Value cannot be cast to time: %s", s)
			}
			return value.Time{Picos: picos}, nil
		})
	case datatype.Time:
		if p >= from.Precision {
			return converts(func(t value.Time) (any, error) { return t, nil })
		}
		return converts(func(t value.Time) (any, error) {
			return value.Time{Picos: roundPicos(t.Picos, p) % value.PicosPerDay}, nil
		})
	case datatype.TimeTZ:
		return converts(func(t value.TimeTZ) (any, error) {
			return value.Time{Picos: roundPicos(t.Picos, p) % value.PicosPerDay}, nil
		})
	case datatype.Timestamp:
		return converts(func(ts value.Timestamp) (any, error) {
			return value.Time{Picos: timeOfDay(ts.Micros, ts.Picos, p)}, nil
		})
	case datatype.TimestampTZ:
		return converts(func(ts value.TimestampTZ) (any, error) {
			return value.Time{Picos: timeOfDay(value.ZoneOf(ts.Zone).Local(ts.Micros), ts.Picos, p)}, nil
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
			c, ok := value.ParseTime(s)
			picos, fits := c.Picos(p)
			if !ok || !fits {
				return nil, sqlerr.Cast("Value cannot be cast to time with time zone: %s", s)
			}
			return value.TimeTZ{Picos: picos, OffsetMinutes: c.OffsetMinutes}, nil
		})
	case datatype.Time:
		return converts(func(t value.Time) (any, error) {
			return value.TimeTZ{Picos: roundPicos(t.Picos, p) % value.PicosPerDay}, nil
		})
	case datatype.TimeTZ:
		if p >= from.Precision {
			return converts(func(t value.TimeTZ) (any, error) { return t, nil })
		}
		return converts(func(t value.TimeTZ) (any, error) {
			return value.TimeTZ{Picos: roundPicos(t.Picos, p) % value.PicosPerDay, OffsetMinutes: t.OffsetMinutes}, nil
		})
	case datatype.Timestamp:
		return converts(func(ts value.Timestamp) (any, error) {
			return value.TimeTZ{Picos: timeOfDay(ts.Micros, ts.Picos, p)}, nil
		})
	case datatype.TimestampTZ:
		return converts(func(ts value.TimestampTZ) (any, error) {
			z := value.ZoneOf(ts.Zone)
			local := z.Local(ts.Micros)
			// Trino looks the offset up as if the wall clock were UTC.
			minutes := z.OffsetMicros(local) / value.MicrosPerMinute
			return value.TimeTZ{Picos: timeOfDay(local, ts.Picos, p), OffsetMinutes: int(minutes)}, nil
		})
	default:
		return none()
	}
}

func castToTimestamp(from, to datatype.Type) (Function, bool) {
	p := to.Precision
	rounded := func(micros int64, picos int32) value.Timestamp {
		micros, picos = roundInstant(micros, picos, p)
		return value.Timestamp{Micros: micros, Picos: picos}
	}
	switch from.Kind {
	case datatype.Varchar:
		return converts(func(s string) (any, error) {
			d, ok := value.ParseTimestamp(value.TrimSpaces(s))
			ts, fits := d.Wall(p)
			if !ok || !fits {
				return nil, sqlerr.Cast("Value cannot be cast to timestamp: %s", s)
			}
			return ts, nil
		})
	case datatype.Date:
		return converts(func(day int64) (any, error) {
			micros, ok := multiplyExact(day, value.MicrosPerDay)
			if ok {
				return value.Timestamp{Micros: micros}, nil
			}
			// Trino takes the last instant that there is, which a short timestamp cannot write.
			if micros = math.MaxInt64; day < 0 {
				micros = math.MinInt64
			}
			if p < 6 {
				return nil, errInternal("Expected 0s for digits beyond precision %d: epochMicros = %d", p, micros)
			}
			return value.Timestamp{Micros: micros}, nil
		})
	case datatype.Timestamp:
		return converts(func(ts value.Timestamp) (any, error) { return rounded(ts.Micros, ts.Picos), nil })
	case datatype.TimestampTZ:
		return converts(func(ts value.TimestampTZ) (any, error) {
			return rounded(value.ZoneOf(ts.Zone).Local(ts.Micros), ts.Picos), nil
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
			micros, ok := multiplyExact(day, value.MicrosPerDay)
			if !ok {
				return nil, errSum(day * value.MillisPerDay)
			}
			return zoned(micros, 0, value.UTC, p)
		})
	case datatype.Timestamp:
		return converts(func(ts value.Timestamp) (any, error) { return rounded(ts.Micros, ts.Picos, value.UTC) })
	case datatype.TimestampTZ:
		return converts(func(ts value.TimestampTZ) (any, error) { return rounded(ts.Micros, ts.Picos, ts.Zone) })
	default:
		return none()
	}
}

func textToTimestampTZ(s string, precision int) (any, error) {
	d, ok := value.ParseTimestamp(value.TrimSpaces(s))
	ts, fits := d.Zoned(precision)
	if !ok || !fits {
		return nil, sqlerr.Cast("Value cannot be cast to timestamp: %s", s)
	}
	return ts, nil
}
