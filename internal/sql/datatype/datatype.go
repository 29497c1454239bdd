// Package datatype holds the types of Athena SQL: Trino's, with their
// parameters, their spelling and the coercions between them.
package datatype

import (
	"fmt"
	"strconv"
	"strings"
)

// Kind is a type without its parameters.
type Kind int

// The kinds of type.
const (
	Unknown Kind = iota // the type of NULL
	Boolean
	Tinyint
	Smallint
	Integer
	Bigint
	Real
	Double
	Decimal // Precision, Scale
	Char    // Length
	Varchar // Length, or Unbounded
	Varbinary
	Date
	Time        // Precision: digits of a second, 0 to 12
	TimeTZ      // Precision
	Timestamp   // Precision
	TimestampTZ // Precision
	IntervalDayToSecond
	IntervalYearToMonth
	JSON
	JSONPath
	UUID
	IPAddress
	IPPrefix
	Array    // Elems[0]
	Map      // Elems[0] key, Elems[1] value
	Row      // Elems, Names
	Function // Elems are the parameters, the last one the result
	// Opaque is a type that expressions may have and whose values show
	// nothing of themselves, such as HyperLogLog; Name holds its spelling.
	Opaque
)

// Unbounded is the length of varchar without one.
const Unbounded = 2147483647

// MaxDecimalPrecision is the greatest precision of decimal.
const MaxDecimalPrecision = 38

// Type is a type with its parameters. Two types are the same when Equal says
// so; a Type must not be changed once it is shared.
type Type struct {
	Kind      Kind
	Precision int      // of Decimal, Time*, Timestamp*
	Scale     int      // of Decimal
	Length    int      // of Char and Varchar
	Elems     []Type   // of Array, Map, Row, Function
	Names     []string // of Row, as written; empty for an anonymous field; len(Elems)
	Name      string   // of Opaque
}

// Of returns the type of a kind that has no parameters.
func Of(k Kind) Type { return Type{Kind: k} }

// VarcharOf returns varchar(length), or varchar for Unbounded.
func VarcharOf(length int) Type { return Type{Kind: Varchar, Length: length} }

// Text is varchar without a length.
func Text() Type { return VarcharOf(Unbounded) }

// CharOf returns char(length).
func CharOf(length int) Type { return Type{Kind: Char, Length: length} }

// DecimalOf returns decimal(precision, scale).
func DecimalOf(precision, scale int) Type {
	return Type{Kind: Decimal, Precision: precision, Scale: scale}
}

// Temporal returns kind with a precision; kind is one of Time, TimeTZ,
// Timestamp and TimestampTZ.
func Temporal(kind Kind, precision int) Type { return Type{Kind: kind, Precision: precision} }

// ArrayOf returns array(elem).
func ArrayOf(elem Type) Type { return Type{Kind: Array, Elems: []Type{elem}} }

// MapOf returns map(key, value).
func MapOf(key, value Type) Type { return Type{Kind: Map, Elems: []Type{key, value}} }

// RowOf returns row with the given fields. names may be nil for an anonymous row.
func RowOf(names []string, elems []Type) Type {
	if names == nil {
		names = make([]string, len(elems))
	}
	return Type{Kind: Row, Elems: elems, Names: names}
}

// FunctionOf returns the type of a lambda.
func FunctionOf(params []Type, result Type) Type {
	return Type{Kind: Function, Elems: append(append([]Type{}, params...), result)}
}

// Equal reports whether a and b are the same type. Names of row fields do not
// count, as in Trino.
func (a Type) Equal(b Type) bool {
	if a.Kind != b.Kind || a.Precision != b.Precision || a.Scale != b.Scale || a.Length != b.Length ||
		a.Name != b.Name || len(a.Elems) != len(b.Elems) {
		return false
	}
	for i := range a.Elems {
		if !a.Elems[i].Equal(b.Elems[i]) {
			return false
		}
	}
	return true
}

// Elem returns the element type of an array, or the value type of a map.
func (a Type) Elem() Type { return a.Elems[len(a.Elems)-1] }

// IsInteger reports whether a is tinyint, smallint, integer or bigint.
func (a Type) IsInteger() bool { return a.Kind >= Tinyint && a.Kind <= Bigint }

// IsNumeric reports whether a is a number.
func (a Type) IsNumeric() bool { return a.Kind >= Tinyint && a.Kind <= Decimal }

// IsText reports whether a is varchar or char.
func (a Type) IsText() bool { return a.Kind == Varchar || a.Kind == Char }

// IsTemporal reports whether a is a date, a time or a timestamp.
func (a Type) IsTemporal() bool { return a.Kind >= Date && a.Kind <= TimestampTZ }

// IsInterval reports whether a is one of the two intervals.
func (a Type) IsInterval() bool {
	return a.Kind == IntervalDayToSecond || a.Kind == IntervalYearToMonth
}

var kindNames = map[Kind]string{
	Unknown: "unknown", Boolean: "boolean", Tinyint: "tinyint", Smallint: "smallint", Integer: "integer", Bigint: "bigint",
	Real: "real", Double: "double", Varbinary: "varbinary", Date: "date", IntervalDayToSecond: "interval day to second",
	IntervalYearToMonth: "interval year to month", JSON: "json", JSONPath: "JsonPath", UUID: "uuid", IPAddress: "ipaddress",
	IPPrefix: "ipprefix",
}

// String returns Trino's spelling, such as "decimal(38,2)",
// "timestamp(3) with time zone" and `row(a bigint, "B c" varchar)`.
func (a Type) String() string {
	switch a.Kind {
	case Decimal:
		return fmt.Sprintf("decimal(%d,%d)", a.Precision, a.Scale)
	case Char:
		return fmt.Sprintf("char(%d)", a.Length)
	case Varchar:
		if a.Length == Unbounded {
			return "varchar"
		}
		return fmt.Sprintf("varchar(%d)", a.Length)
	case Time:
		return fmt.Sprintf("time(%d)", a.Precision)
	case TimeTZ:
		return fmt.Sprintf("time(%d) with time zone", a.Precision)
	case Timestamp:
		return fmt.Sprintf("timestamp(%d)", a.Precision)
	case TimestampTZ:
		return fmt.Sprintf("timestamp(%d) with time zone", a.Precision)
	case Array, Map:
		return map[Kind]string{Array: "array", Map: "map"}[a.Kind] + "(" + list(a.Elems) + ")"
	case Function:
		return "function(" + strings.ReplaceAll(list(a.Elems), ", ", ",") + ")"
	case Row:
		return a.rowString()
	case Opaque:
		return a.Name
	default:
		return kindNames[a.Kind]
	}
}

func list(types []Type) string {
	parts := make([]string, len(types))
	for i, t := range types {
		parts[i] = t.String()
	}
	return strings.Join(parts, ", ")
}

func (a Type) rowString() string {
	var b strings.Builder
	b.WriteString("row(")
	for i, elem := range a.Elems {
		if i > 0 {
			b.WriteString(", ")
		}
		if name := a.Names[i]; name != "" {
			if needsQuotes(name) {
				name = strconv.Quote(name)
			}
			b.WriteString(name + " ")
		}
		b.WriteString(elem.String())
	}
	b.WriteString(")")
	return b.String()
}

func needsQuotes(name string) bool {
	for i, r := range name {
		letter := r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return true
		}
	}
	return name == ""
}

// IsSketch reports whether a is a kind of HyperLogLog or a digest, whose values are
// bytes.
func (a Type) IsSketch() bool {
	switch a.Name {
	case HyperLogLog, P4HyperLogLog, SetDigest, TDigest:
		return a.Kind == Opaque
	}
	return a.Kind == Opaque && len(a.Elems) == 1
}
