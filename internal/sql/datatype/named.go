package datatype

import (
	"fmt"
	"strings"
)

// MaxTemporalPrecision is the greatest precision of times and timestamps.
const MaxTemporalPrecision = 12

// Defaults of types written without parameters.
const (
	defaultPrecision = 3 // of times and timestamps
)

var scalarNames = map[string]Type{
	"unknown": Of(Unknown), "boolean": Of(Boolean), "tinyint": Of(Tinyint), "smallint": Of(Smallint),
	"integer": Of(Integer), "int": Of(Integer), "bigint": Of(Bigint), "real": Of(Real), "double": Of(Double),
	"double precision": Of(Double), "varbinary": Of(Varbinary), "date": Of(Date), "json": Of(JSON), "uuid": Of(UUID),
	"ipaddress": Of(IPAddress), "ipprefix": Of(IPPrefix), "interval day to second": Of(IntervalDayToSecond),
	"interval year to month": Of(IntervalYearToMonth), "jsonpath": Of(JSONPath),
	"hyperloglog": opaque(HyperLogLog), "p4hyperloglog": opaque(P4HyperLogLog), "setdigest": opaque(SetDigest),
	"tdigest": opaque(TDigest), "color": opaque("color"), "joniregexp": opaque(RegExp), "codepoints": opaque(CodePoints),
	"objectid": opaque("ObjectId"), "geometry": opaque("Geometry"), "sphericalgeography": opaque("SphericalGeography"),
	"bingtile": opaque("BingTile"), "kdbtree": opaque("KdbTree"), "json2016": opaque("json2016"),
}

func opaque(name string) Type { return Type{Kind: Opaque, Name: name} }

// QDigestOf returns qdigest(elem).
func QDigestOf(elem Type) Type {
	return Type{Kind: Opaque, Name: "qdigest(" + elem.String() + ")", Elems: []Type{elem}}
}

// Named returns the type of a lower-case name and its numbers, such as
// "decimal" with 38 and 2, or "timestamp with time zone". Names are Trino's.
func Named(name string, params []int) (Type, error) {
	if t, ok := scalarNames[name]; ok {
		if len(params) > 0 {
			return Type{}, fmt.Errorf("unknown type: %s", spell(name, params))
		}
		return t, nil
	}
	switch name {
	case "decimal":
		return namedDecimal(params)
	case "varchar":
		return namedText(Varchar, params, Unbounded)
	case "char":
		return namedText(Char, params, 1)
	case "time", "timestamp", "time with time zone", "timestamp with time zone":
		return namedTemporal(name, params)
	}
	return Type{}, fmt.Errorf("unknown type: %s", spell(name, params))
}

func namedDecimal(params []int) (Type, error) {
	t := DecimalOf(MaxDecimalPrecision, 0)
	if len(params) > 0 {
		t.Precision = params[0]
	}
	if len(params) > 1 {
		t.Scale = params[1]
	}
	if len(params) > 2 || t.Precision < 1 || t.Precision > MaxDecimalPrecision {
		return Type{}, fmt.Errorf("DECIMAL precision must be in range [1, %d]: %d", MaxDecimalPrecision, t.Precision)
	}
	if t.Scale < 0 || t.Scale > t.Precision {
		return Type{}, fmt.Errorf("DECIMAL scale must be in range [0, precision (%d)]: %d", t.Precision, t.Scale)
	}
	return t, nil
}

func namedText(kind Kind, params []int, length int) (Type, error) {
	if len(params) > 0 {
		length = params[0]
	}
	limit := Unbounded
	if kind == Char {
		limit = MaxCharLength
	}
	if len(params) > 1 || length < 0 || length > limit {
		return Type{}, fmt.Errorf("invalid %s length %v", kindName(kind), params)
	}
	return Type{Kind: kind, Length: length}, nil
}

func kindName(kind Kind) string {
	if kind == Char {
		return "CHAR"
	}
	return "VARCHAR"
}

func namedTemporal(name string, params []int) (Type, error) {
	precision := defaultPrecision
	if len(params) > 0 {
		precision = params[0]
	}
	if len(params) > 1 || precision < 0 || precision > MaxTemporalPrecision {
		return Type{}, fmt.Errorf("%s precision must be in range [0, %d]: %d", strings.ToUpper(name), MaxTemporalPrecision, precision)
	}
	kinds := map[string]Kind{
		"time": Time, "timestamp": Timestamp, "time with time zone": TimeTZ, "timestamp with time zone": TimestampTZ,
	}
	return Temporal(kinds[name], precision), nil
}

func spell(name string, params []int) string {
	if len(params) == 0 {
		return name
	}
	parts := make([]string, len(params))
	for i, n := range params {
		parts[i] = fmt.Sprint(n)
	}
	return name + "(" + strings.Join(parts, ",") + ")"
}

// hiveScalar maps Hive's names to Trino's types.
func hiveScalar(name string, params []int) (Type, error) {
	switch name {
	case "string":
		return Text(), nil
	case "float":
		return Of(Real), nil
	case "binary":
		return Of(Varbinary), nil
	case "decimal", "numeric", "dec":
		if len(params) == 0 {
			params = []int{10, 0}
		}
		return Named("decimal", params)
	case "timestamp with local time zone":
		return Temporal(TimestampTZ, defaultPrecision), nil
	default:
		return Named(name, params)
	}
}
