package native

import (
	"fmt"
	"strings"

	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// TypeSQL returns the DuckDB type that holds values of t:
//
//	boolean, tinyint … bigint   the same
//	real, double, decimal       FLOAT, DOUBLE, DECIMAL(p,s)
//	varchar, char, json         VARCHAR; char without its padding
//	varbinary                   BLOB
//	date                        DATE
//	time                        BIGINT, picoseconds
//	time with time zone         STRUCT(t BIGINT, z INTEGER), picoseconds and minutes
//	timestamp(0…6)              TIMESTAMP
//	timestamp(7…12)             HUGEINT, picoseconds since 1970
//	timestamp with time zone    STRUCT(t, z VARCHAR), t like a timestamp, in UTC
//	intervals                   BIGINT, milliseconds or months
//	uuid, ipaddress, ipprefix   BLOB of 16, 16 and 17 bytes
//	HyperLogLog, digests        BLOB, as Trino stores it
//	array, map                  LIST, MAP
//	row                         STRUCT(f0, f1, …)
//	unknown                     INTEGER, always NULL
func TypeSQL(t datatype.Type) (string, error) {
	switch t.Kind {
	case datatype.Array:
		elem, err := TypeSQL(t.Elems[0])
		return elem + "[]", err
	case datatype.Map:
		key, err := TypeSQL(t.Elems[0])
		if err != nil {
			return "", err
		}
		value, err := TypeSQL(t.Elems[1])
		return "MAP(" + key + ", " + value + ")", err
	case datatype.Row:
		fields := make([]string, len(t.Elems))
		for i, elem := range t.Elems {
			s, err := TypeSQL(elem)
			if err != nil {
				return "", err
			}
			fields[i] = FieldName(i) + " " + s
		}
		return "STRUCT(" + strings.Join(fields, ", ") + ")", nil
	default:
		return scalarSQL(t)
	}
}

// FieldName is the name of a row's field i in DuckDB's STRUCT.
func FieldName(i int) string { return fmt.Sprintf("f%d", i) }

func scalarSQL(t datatype.Type) (string, error) {
	switch t.Kind {
	case datatype.Boolean:
		return "BOOLEAN", nil
	case datatype.Tinyint:
		return "TINYINT", nil
	case datatype.Smallint:
		return "SMALLINT", nil
	case datatype.Integer, datatype.Unknown:
		return "INTEGER", nil
	case datatype.Bigint, datatype.Time, datatype.IntervalDayToSecond, datatype.IntervalYearToMonth:
		return "BIGINT", nil
	case datatype.Real:
		return "FLOAT", nil
	case datatype.Double:
		return "DOUBLE", nil
	case datatype.Decimal:
		return fmt.Sprintf("DECIMAL(%d,%d)", t.Precision, t.Scale), nil
	case datatype.Varchar, datatype.Char, datatype.JSON, datatype.JSONPath:
		return "VARCHAR", nil
	case datatype.Varbinary, datatype.UUID, datatype.IPAddress, datatype.IPPrefix:
		return "BLOB", nil
	case datatype.Opaque:
		if !t.IsSketch() {
			return "", sqlerr.Refused("type " + t.String())
		}
		return "BLOB", nil
	case datatype.Date:
		return "DATE", nil
	case datatype.TimeTZ:
		return "STRUCT(t BIGINT, z INTEGER)", nil
	case datatype.Timestamp:
		return instantSQL(t), nil
	case datatype.TimestampTZ:
		return "STRUCT(t " + instantSQL(t) + ", z VARCHAR)", nil
	default:
		return "", sqlerr.Refused("type " + t.String())
	}
}

func instantSQL(t datatype.Type) string {
	if Fine(t) {
		return "HUGEINT"
	}
	return "TIMESTAMP"
}

// Fine reports whether t, a timestamp, counts picoseconds and not microseconds.
func Fine(t datatype.Type) bool { return t.Precision > 6 }
