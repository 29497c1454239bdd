package duckdb

import (
	"encoding/hex"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/engine/duckdb/native"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/value"
)

// text returns s as a string literal.
func text(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// literal returns a value as an expression of exactly the DuckDB type of t. ok is
// false for a value that SQL text cannot hold.
func literal(t datatype.Type, v any) (sql string, ok bool, err error) {
	typeSQL, err := native.TypeSQL(t)
	if err != nil {
		return "", false, err
	}
	if v == nil {
		return "CAST(NULL AS " + typeSQL + ")", true, nil
	}
	switch t.Kind {
	case datatype.Array, datatype.Map, datatype.Row:
		return nestedLiteral(t, typeSQL, v)
	case datatype.TimeTZ, datatype.Timestamp, datatype.TimestampTZ:
		return zonedLiteral(t, v)
	default:
		return scalarLiteral(t, typeSQL, v)
	}
}

func scalarLiteral(t datatype.Type, typeSQL string, v any) (sql string, ok bool, err error) {
	switch v := v.(type) {
	case bool:
		return strings.ToUpper(strconv.FormatBool(v)), true, nil
	case int64:
		if t.Kind == datatype.Date {
			return dateLiteral(v), true, nil
		}
		return "CAST(" + strconv.FormatInt(v, 10) + " AS " + typeSQL + ")", true, nil
	case float32:
		return "CAST(" + text(floatText(float64(v), 32)) + " AS FLOAT)", true, nil
	case float64:
		return "CAST(" + text(floatText(v, 64)) + " AS DOUBLE)", true, nil
	case *big.Int:
		return "CAST(" + text(decimalText(v, t.Scale)) + " AS " + typeSQL + ")", value.DecimalFits(v, t.Precision), nil
	case string:
		return text(v), !strings.Contains(v, "\x00"), nil
	case []byte:
		return blobLiteral(v), true, nil
	case [16]byte:
		return blobLiteral(v[:]), true, nil
	case value.Prefix:
		return blobLiteral(append(v.Address[:], v.Length)), true, nil
	case value.Time:
		return "CAST(" + strconv.FormatInt(v.Picos, 10) + " AS BIGINT)", true, nil
	default:
		return "", false, fmt.Errorf("a literal of %s is a %T", t, v)
	}
}

func blobLiteral(b []byte) string { return "from_hex('" + hex.EncodeToString(b) + "')" }

func floatText(f float64, bits int) string {
	switch {
	case math.IsNaN(f):
		return "nan"
	case math.IsInf(f, 1):
		return "inf"
	case math.IsInf(f, -1):
		return "-inf"
	default:
		return strconv.FormatFloat(f, 'g', -1, bits)
	}
}

func decimalText(v *big.Int, scale int) string {
	digits := new(big.Int).Abs(v).String()
	if len(digits) <= scale {
		digits = strings.Repeat("0", scale-len(digits)+1) + digits
	}
	if scale > 0 {
		digits = digits[:len(digits)-scale] + "." + digits[len(digits)-scale:]
	}
	if v.Sign() < 0 {
		return "-" + digits
	}
	return digits
}

func dateLiteral(days int64) string {
	day := time.Unix(days*86400, 0).UTC()
	if day.Year() < 1 || day.Year() > 9999 {
		return fmt.Sprintf("(DATE '1970-01-01' + CAST(%d AS INTEGER))", days)
	}
	return "DATE '" + day.Format("2006-01-02") + "'"
}

func zonedLiteral(t datatype.Type, v any) (sql string, ok bool, err error) {
	switch v := v.(type) {
	case value.Timestamp:
		return instantLiteral(t, v.Micros, v.Picos), true, nil
	case value.TimestampTZ:
		return fmt.Sprintf("struct_pack(t := %s, z := %s)", instantLiteral(t, v.Micros, v.Picos), text(v.Zone)), true, nil
	case value.TimeTZ:
		return fmt.Sprintf("struct_pack(t := CAST(%d AS BIGINT), z := CAST(%d AS INTEGER))", v.Picos, v.OffsetMinutes), true, nil
	default:
		return "", false, fmt.Errorf("a literal of %s is a %T", t, v)
	}
}

func instantLiteral(t datatype.Type, micros int64, picos int32) string {
	if !native.Fine(t) {
		at := time.UnixMicro(micros).UTC()
		if at.Year() < 1 || at.Year() > 9999 {
			return fmt.Sprintf("make_timestamp(CAST(%d AS BIGINT))", micros)
		}
		return "TIMESTAMP '" + at.Format("2006-01-02 15:04:05.999999") + "'"
	}
	all := new(big.Int).Mul(big.NewInt(micros), big.NewInt(1_000_000))
	return "CAST('" + all.Add(all, big.NewInt(int64(picos))).String() + "' AS HUGEINT)"
}

func nestedLiteral(t datatype.Type, typeSQL string, v any) (sql string, ok bool, err error) {
	switch v := v.(type) {
	case []any:
		if t.Kind == datatype.Row {
			return rowLiteral(t, v)
		}
		items, ok, err := literals(t.Elems[0], v)
		return "CAST([" + items + "] AS " + typeSQL + ")", ok, err
	case *value.Map:
		keys, ok, err := literals(t.Elems[0], v.Keys)
		if err != nil || !ok {
			return "", ok, err
		}
		values, ok, err := literals(t.Elems[1], v.Values)
		return "CAST(map([" + keys + "], [" + values + "]) AS " + typeSQL + ")", ok, err
	default:
		return "", false, fmt.Errorf("a literal of %s is a %T", t, v)
	}
}

func literals(t datatype.Type, values []any) (sql string, ok bool, err error) {
	parts := make([]string, len(values))
	for i, v := range values {
		if parts[i], ok, err = literal(t, v); err != nil || !ok {
			return "", ok, err
		}
	}
	return strings.Join(parts, ", "), true, nil
}

func rowLiteral(t datatype.Type, fields []any) (sql string, ok bool, err error) {
	parts := make([]string, len(fields))
	for i, v := range fields {
		value, ok, err := literal(t.Elems[i], v)
		if err != nil || !ok {
			return "", ok, err
		}
		parts[i] = native.FieldName(i) + " := " + value
	}
	return "struct_pack(" + strings.Join(parts, ", ") + ")", true, nil
}
