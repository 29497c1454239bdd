package datatype

import "slices"

// CanCast reports whether CAST(x AS to) is allowed for an x of type from.
func CanCast(from, to Type) bool {
	if from.Kind == Unknown || from.Equal(to) || CanCoerce(from, to) {
		return true
	}
	switch {
	case to.Kind == JSON:
		return castableToJSON(from)
	case from.Kind == JSON:
		return castableFromJSON(to)
	case from.Kind == Opaque && to.Kind == Opaque:
		return from.Name == HyperLogLog && to.Name == P4HyperLogLog
	case from.Kind == to.Kind:
		return castSameKind(from, to)
	}
	if to.Kind == Varchar && to.Length < Unbounded && (from.Kind == UUID || from.Kind == IPAddress || from.Kind == IPPrefix) {
		return false
	}
	if slices.Contains(casts[from.Kind], to.Kind) {
		return true
	}
	return from.Kind == Varbinary && to.IsSketch() || from.IsSketch() && to.Kind == Varbinary
}

var casts = map[Kind][]Kind{
	Boolean:             {Tinyint, Smallint, Integer, Bigint, Real, Double, Decimal, Varchar},
	Tinyint:             numberCasts,
	Smallint:            numberCasts,
	Integer:             numberCasts,
	Bigint:              numberCasts,
	Real:                numberCasts,
	Double:              numberCasts,
	Decimal:             numberCasts,
	Varchar:             textCasts,
	Char:                {Varchar},
	Varbinary:           {IPAddress, UUID},
	Date:                {Varchar, Timestamp, TimestampTZ},
	Time:                {Varchar, TimeTZ, Timestamp, TimestampTZ},
	TimeTZ:              {Varchar, Time, Timestamp, TimestampTZ},
	Timestamp:           {Varchar, Date, Time, TimeTZ, TimestampTZ},
	TimestampTZ:         {Varchar, Date, Time, TimeTZ, Timestamp},
	IntervalDayToSecond: {Varchar},
	IntervalYearToMonth: {Varchar},
	UUID:                {Varchar, Varbinary},
	IPAddress:           {Varchar, Varbinary, IPPrefix},
	IPPrefix:            {Varchar, IPAddress},
}

var (
	numberCasts = []Kind{Boolean, Tinyint, Smallint, Integer, Bigint, Real, Double, Decimal, Varchar}
	textCasts   = []Kind{
		Boolean, Tinyint, Smallint, Integer, Bigint, Real, Double, Decimal, Varbinary, Date, Time, TimeTZ, Timestamp,
		TimestampTZ, UUID, IPAddress, IPPrefix, Char,
	}
)

func castSameKind(from, to Type) bool {
	switch from.Kind {
	case Decimal, Varchar, Char, Time, TimeTZ, Timestamp, TimestampTZ:
		return true
	case Array, Map, Row:
		if len(from.Elems) != len(to.Elems) {
			return false
		}
		for i := range from.Elems {
			if !CanCast(from.Elems[i], to.Elems[i]) {
				return false
			}
		}
		return true
	default:
		return false
	}
}

func castableToJSON(t Type) bool {
	switch t.Kind {
	case Unknown, Boolean, Tinyint, Smallint, Integer, Bigint, Real, Double, Decimal, Varchar, JSON, Date, Timestamp:
		return true
	case Array:
		return castableToJSON(t.Elems[0])
	case Map:
		return CanCast(t.Elems[0], Text()) && castableToJSON(t.Elems[1])
	case Row:
		return !slices.ContainsFunc(t.Elems, func(elem Type) bool { return !castableToJSON(elem) })
	default:
		return false
	}
}

func castableFromJSON(t Type) bool {
	switch t.Kind {
	case Boolean, Tinyint, Smallint, Integer, Bigint, Real, Double, Decimal, Varchar, JSON:
		return true
	case Array:
		return castableFromJSON(t.Elems[0])
	case Map:
		return (t.Elems[0].Kind == Unknown || CanCast(Text(), t.Elems[0])) && castableFromJSON(t.Elems[1])
	case Row:
		return !slices.ContainsFunc(t.Elems, func(elem Type) bool { return !castableFromJSON(elem) })
	default:
		return false
	}
}

// JSONKeys reports whether the keys of every map in t may be names of a JSON object.
// Casts of other maps are known, as long as text can be cast to their keys or from
// them, and fail for every value.
func JSONKeys(t Type) bool {
	if t.Kind == Map {
		switch t.Elems[0].Kind {
		case Unknown, Boolean, Tinyint, Smallint, Integer, Bigint, Real, Double, Decimal, Varchar:
		default:
			return false
		}
	}
	return !slices.ContainsFunc(t.Elems, func(elem Type) bool { return !JSONKeys(elem) })
}

// Comparable reports whether values of type t can be compared for equality.
func (a Type) Comparable() bool {
	switch a.Kind {
	case Function, JSONPath:
		return false
	case Opaque:
		return a.Name == "ObjectId" || a.Name == "BingTile"
	case Array, Map, Row:
		return !slices.ContainsFunc(a.Elems, func(elem Type) bool { return !elem.Comparable() })
	default:
		return true
	}
}

// Orderable reports whether values of type t have an order.
func (a Type) Orderable() bool {
	switch a.Kind {
	case Function, JSONPath, JSON, Map:
		return false
	case Opaque:
		return a.Name == "ObjectId"
	case Array, Row:
		return !slices.ContainsFunc(a.Elems, func(elem Type) bool { return !elem.Orderable() })
	default:
		return true
	}
}
