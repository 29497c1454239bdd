package scalar

import (
	"math/big"
	"strconv"

	"github.com/sillok/sillok/internal/engine/work"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

// Cast returns the cast between two types by Trino's rules, and whether there is one.
func Cast(from, to datatype.Type) (Function, bool) {
	f, ok := castOf(from, to)
	if ok && !from.Equal(to) {
		f = counted(f)
	}
	return f, ok
}

func castOf(from, to datatype.Type) (Function, bool) {
	if from.Kind == datatype.Unknown {
		return seesNull(plain(func([]any) (any, error) { return nil, nil }).uncounted())
	}
	if from.Equal(to) && from.Kind != datatype.Row {
		return pure(func(args []any) (any, error) { return args[0], nil })
	}
	switch {
	case from.IsSketch() || to.IsSketch():
		return castSet(from, to)
	case isPatternType(to):
		return castToPattern(from)
	case to.Kind == datatype.JSON && !datatype.JSONKeys(from):
		return Function{Call: noJSONKey(from, "JSON"), Always: true}, true
	case from.Kind == datatype.JSON && !datatype.JSONKeys(to):
		return Function{Call: noJSONKey("JSON", to), Always: true, NullCall: true}, true
	case to.Kind == datatype.JSON:
		return castToJSON(from)
	case from.Kind == datatype.JSON:
		return castFromJSON(to)
	case from.Kind == datatype.Array || from.Kind == datatype.Map || from.Kind == datatype.Row:
		return castNested(from, to)
	}
	switch to.Kind {
	case datatype.Boolean:
		return castToBoolean(from)
	case datatype.Tinyint, datatype.Smallint, datatype.Integer, datatype.Bigint:
		return castToInteger(from, to)
	case datatype.Real, datatype.Double:
		return castToFloat(from, to)
	case datatype.Decimal:
		return castToDecimal(from, to)
	case datatype.Varchar:
		return castToVarchar(from, to)
	case datatype.Char:
		return castToChar(from, to)
	case datatype.Varbinary:
		return castToVarbinary(from)
	case datatype.UUID, datatype.IPAddress, datatype.IPPrefix:
		return castToIdentifier(from, to)
	default:
		return castToTemporal(from, to)
	}
}

// noJSONKey is the cast of a map whose keys are no names of a JSON object.
func noJSONKey(from, to any) Func {
	err := sqlerr.Cast("Cannot cast %v to %v", from, to)
	return func(*work.Work, []any) (any, error) { return nil, err }
}

// convertsWorking is converts for a function that counts its work.
func convertsWorking[T any](f func(w *work.Work, v T) (any, error)) (Function, bool) {
	return working(func(w *work.Work, args []any) (any, error) { return f(w, value.As[T](args[0])) })
}

// converts returns a cast made of a function of one value.
func converts[T any](f func(v T) (any, error)) (Function, bool) {
	return pure(func(args []any) (any, error) { return f(value.As[T](args[0])) })
}

func castToBoolean(from datatype.Type) (Function, bool) {
	switch {
	case from.IsInteger():
		return converts(func(n int64) (any, error) { return n != 0, nil })
	case from.Kind == datatype.Real:
		return converts(func(f float32) (any, error) { return f != 0, nil })
	case from.Kind == datatype.Double:
		return converts(func(f float64) (any, error) { return f != 0, nil })
	case from.Kind == datatype.Decimal:
		return converts(func(d *big.Int) (any, error) { return d.Sign() != 0, nil })
	case from.Kind == datatype.Varchar:
		return converts(parseBoolean)
	default:
		return none()
	}
}

func parseBoolean(s string) (any, error) {
	switch asciiUpper(s) {
	case "T", "1", "TRUE":
		return true, nil
	case "F", "0", "FALSE":
		return false, nil
	default:
		return nil, sqlerr.Cast("Cannot cast '%s' to BOOLEAN", s)
	}
}

func asciiUpper(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'a' && c <= 'z' {
			b[i] = c - 'a' + 'A'
		}
	}
	return string(b)
}

// javaTrim cuts what Java's String.trim cuts: everything up to the space.
func javaTrim(s string) string {
	for s != "" && s[0] <= ' ' {
		s = s[1:]
	}
	for s != "" && s[len(s)-1] <= ' ' {
		s = s[:len(s)-1]
	}
	return s
}

// castName is how a type is spelled in errors about casts of text.
func castName(k datatype.Kind) string {
	switch k {
	case datatype.Tinyint:
		return "TINYINT"
	case datatype.Smallint:
		return "SMALLINT"
	case datatype.Integer:
		return "INT"
	default:
		return "BIGINT"
	}
}

// bitSize returns the bits of an integer type.
func bitSize(k datatype.Kind) int {
	switch k {
	case datatype.Tinyint:
		return 8
	case datatype.Smallint:
		return 16
	case datatype.Integer:
		return 32
	default:
		return 64
	}
}

// parseInteger reads a whole number as Java does: a sign and digits, nothing else.
func parseInteger(s string, base, bits int) (int64, bool) {
	for i := range len(s) {
		if s[i] == '_' {
			return 0, false
		}
	}
	n, err := strconv.ParseInt(s, base, bits)
	return n, err == nil
}
