package conformance_test

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/replaytest"
)

// judge compares a reply with the recorded answer and says what differs.
func judge(q replaytest.Question, got reply) (verdict replaytest.Verdict, why string) {
	if got.failed != "" {
		return q.JudgeFailure(got.failed)
	}
	if q.Error != "" {
		return replaytest.Wrong, "no error, want " + q.Error + ": " + q.Message
	}
	if len(got.columns) != len(q.Columns) {
		return replaytest.Wrong, fmt.Sprintf("%d columns, want %d", len(got.columns), len(q.Columns))
	}
	for i, c := range q.Columns {
		kind, err := datatype.Parse(c[1])
		if err != nil {
			return replaytest.Wrong, fmt.Sprintf("recorded type %s: %v", c[1], err)
		}
		if g := got.columns[i]; aws.ToString(g.Name) != c[0] || !sameType(kind, aws.ToString(g.Type), g.Precision, g.Scale) {
			return replaytest.Wrong, fmt.Sprintf("column %d is %s %s(%d,%d), want %s %s", i, aws.ToString(g.Name), aws.ToString(g.Type), g.Precision, g.Scale, c[0], c[1])
		}
	}
	return q.JudgeRows(got.rows, replaytest.Athena)
}

// sameType says whether Athena's description of a column fits a Trino type.
func sameType(want datatype.Type, name string, precision, scale int32) bool {
	switch want.Kind {
	case datatype.Real:
		return name == "float"
	case datatype.Decimal:
		return name == "decimal" && int(precision) == want.Precision && int(scale) == want.Scale
	case datatype.Varchar:
		return name == "varchar"
	case datatype.Char:
		return name == "char" && int(precision) == want.Length
	case datatype.Time, datatype.TimeTZ, datatype.Timestamp, datatype.TimestampTZ:
		bare := map[datatype.Kind]string{
			datatype.Time: "time", datatype.TimeTZ: "time with time zone",
			datatype.Timestamp: "timestamp", datatype.TimestampTZ: "timestamp with time zone",
		}[want.Kind]
		return name == bare && int(precision) == want.Precision
	case datatype.Array:
		return name == "array"
	case datatype.Map:
		return name == "map"
	case datatype.Row:
		return name == "row"
	default:
		return name == want.String()
	}
}
