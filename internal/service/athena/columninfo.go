package athena

import (
	"github.com/sillok/sillok/internal/api/athenaapi"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
)

// columnInfos describes the columns of a query's result.
func columnInfos(columns []plan.Output) []athenaapi.ColumnInfo {
	infos := make([]athenaapi.ColumnInfo, len(columns))
	for i, c := range columns {
		infos[i] = columnInfo(c.Name, c.Type)
	}
	return infos
}

// columnInfo describes a column as Athena does: nested types by their bare name,
// real as float, with JDBC's precision.
func columnInfo(name string, t datatype.Type) athenaapi.ColumnInfo {
	kind, precision, scale := t.String(), 0, 0
	caseSensitive := false
	switch t.Kind {
	case datatype.Tinyint:
		precision = 3
	case datatype.Smallint:
		precision = 5
	case datatype.Integer:
		precision = 10
	case datatype.Bigint:
		precision = 19
	case datatype.Real:
		kind, precision = "float", 17
	case datatype.Double:
		precision = 17
	case datatype.Decimal:
		kind, precision, scale = "decimal", t.Precision, t.Scale
	case datatype.Varchar:
		kind, precision, caseSensitive = "varchar", t.Length, true
	case datatype.Char:
		kind, precision, caseSensitive = "char", t.Length, true
	case datatype.Varbinary:
		precision = 1073741824
	case datatype.Time:
		kind, precision = "time", t.Precision
	case datatype.TimeTZ:
		kind, precision = "time with time zone", t.Precision
	case datatype.Timestamp:
		kind, precision = "timestamp", t.Precision
	case datatype.TimestampTZ:
		kind, precision = "timestamp with time zone", t.Precision
	case datatype.Array:
		kind = "array"
	case datatype.Map:
		kind = "map"
	case datatype.Row:
		kind = "row"
	default: // by its own name
	}
	return athenaapi.ColumnInfo{
		CatalogName: new("hive"), SchemaName: new(""), TableName: new(""), Name: new(name), Label: new(name),
		Type: new(kind), Precision: new(int32(precision)), Scale: new(int32(scale)), Nullable: new("UNKNOWN"), CaseSensitive: new(caseSensitive),
	}
}
