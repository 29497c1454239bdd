package eval

import (
	"fmt"
	"time"

	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/value"
)

const picosPerSecond = 1_000_000_000_000

// nowValue returns now as a value of type t, shown in UTC.
func nowValue(now time.Time, t datatype.Type) (any, error) {
	now = now.UTC()
	midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
	ofDay := int64(now.Sub(midnight)) * 1000
	switch t.Kind {
	case datatype.Date:
		return midnight.Unix() / 86400, nil
	case datatype.Time:
		return value.Time{Picos: cut(ofDay, t.Precision)}, nil
	case datatype.TimeTZ:
		return value.TimeTZ{Picos: cut(ofDay, t.Precision)}, nil
	case datatype.Timestamp:
		micros, picos := instant(now, t.Precision)
		return value.Timestamp{Micros: micros, Picos: picos}, nil
	case datatype.TimestampTZ:
		micros, picos := instant(now, t.Precision)
		return value.TimestampTZ{Micros: micros, Picos: picos, Zone: "UTC"}, nil
	default:
		return nil, fmt.Errorf("the current time as %s", t)
	}
}

func instant(now time.Time, precision int) (micros int64, picos int32) {
	fraction := cut(int64(now.Nanosecond())*1000, precision)
	return now.Unix()*1_000_000 + fraction/1_000_000, int32(fraction % 1_000_000)
}

// cut drops the digits of a number of picoseconds beyond precision.
func cut(picos int64, precision int) int64 {
	unit := int64(picosPerSecond)
	for range precision {
		unit /= 10
	}
	return picos - picos%unit
}
