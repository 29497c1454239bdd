package gentest

import (
	"math/rand/v2"

	"github.com/sillok/sillok/internal/sql/datatype"
)

// dice choose.
type dice struct{ *rand.Rand }

func pick[T any](d dice, list ...T) T { return list[d.IntN(len(list))] }

// chance says yes in percent of the cases.
func (d dice) chance(percent int) bool { return d.IntN(100) < percent }

// scalarType returns a type without parts.
func (d dice) scalarType() datatype.Type {
	return pick(
		d,
		datatype.Of(datatype.Boolean), datatype.Of(datatype.Tinyint), datatype.Of(datatype.Smallint),
		datatype.Of(datatype.Integer), datatype.Of(datatype.Integer), datatype.Of(datatype.Bigint), datatype.Of(datatype.Bigint),
		datatype.Of(datatype.Real), datatype.Of(datatype.Double), datatype.Of(datatype.Double), d.decimal(), d.decimal(),
		datatype.Text(), datatype.Text(), datatype.Text(), datatype.VarcharOf(pick(d, 1, 3, 5, 40)), datatype.CharOf(pick(d, 1, 2, 5)),
		datatype.Of(datatype.Varbinary), datatype.Of(datatype.Date), d.temporal(datatype.Time), d.temporal(datatype.TimeTZ),
		d.temporal(datatype.Timestamp), d.temporal(datatype.Timestamp), d.temporal(datatype.TimestampTZ),
		datatype.Of(datatype.IntervalDayToSecond), datatype.Of(datatype.IntervalYearToMonth), datatype.Of(datatype.JSON),
		datatype.Of(datatype.UUID), datatype.Of(datatype.IPAddress),
	)
}

func (d dice) decimal() datatype.Type {
	p := pick(d, 1, 3, 5, 10, 18, 19, 38)
	return datatype.DecimalOf(p, pick(d, 0, min(p, 2), p))
}

func (d dice) temporal(k datatype.Kind) datatype.Type {
	return datatype.Temporal(k, pick(d, 0, 3, 3, 3, 6, 7, 9, 12))
}

// anyType returns a type of at most so many levels.
func (d dice) anyType(levels int) datatype.Type {
	if levels > 0 && d.chance(25) {
		switch d.IntN(4) {
		case 0, 1:
			return datatype.ArrayOf(d.anyType(levels - 1))
		case 2:
			return datatype.MapOf(d.keyType(), d.anyType(levels-1))
		default:
			return datatype.RowOf(nil, []datatype.Type{d.anyType(levels - 1), d.anyType(levels - 1)})
		}
	}
	return d.scalarType()
}

// keyType is a type that keys of maps often have.
func (d dice) keyType() datatype.Type {
	return pick(d, datatype.Text(), datatype.Of(datatype.Integer), datatype.Of(datatype.Bigint), datatype.Of(datatype.Date), datatype.VarcharOf(3))
}

// named chooses a type for a name in a signature: a variable's, or one whose
// numbers are open.
func (d dice) named(name string) datatype.Type {
	switch name {
	case "K", "K1", "K2": // of a map: not another map, in which Trino's planner fails
		return d.keyType()
	case "decimal":
		return d.decimal()
	case "char":
		return datatype.CharOf(pick(d, 1, 2, 5))
	case "varchar":
		return pick(d, datatype.Text(), datatype.Text(), datatype.VarcharOf(pick(d, 1, 3, 5, 40)))
	case "time":
		return d.temporal(datatype.Time)
	case "timestamp":
		return d.temporal(datatype.Timestamp)
	case "time with time zone":
		return d.temporal(datatype.TimeTZ)
	case "timestamp with time zone":
		return d.temporal(datatype.TimestampTZ)
	default:
		return d.anyType(1)
	}
}
