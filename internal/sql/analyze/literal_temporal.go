package analyze

import (
	"strings"

	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/value"
)

// temporalLiteral is DATE, TIME or TIMESTAMP 'text', read by the grammar of the
// casts from text. The type's precision is that of the text.
func (x *exprs) temporalLiteral(e *ast.Typed, name string) (plan.Expr, error) {
	var (
		v  any
		t  datatype.Type
		ok bool
	)
	switch name {
	case "date":
		t = datatype.Of(datatype.Date)
		v, ok = value.ParseDate(e.Value)
	case "time":
		v, t, ok = timeLiteral(e.Value)
	default:
		v, t, ok = timestampLiteral(e.Value)
	}
	switch {
	case t.Precision > datatype.MaxTemporalPrecision:
		kind := strings.ToUpper(datatype.Temporal(t.Kind, 0).String())
		return nil, x.fail(e, "NUMERIC_VALUE_OUT_OF_RANGE", "%s precision must be in range [0, %d]: %d",
			strings.Replace(kind, "(0)", "", 1), datatype.MaxTemporalPrecision, t.Precision)
	case !ok:
		return nil, x.fail(e, invalidLiteral, "'%s' is not a valid %s literal", e.Value, strings.ToUpper(e.Type))
	}
	return &plan.Const{Value: v, T: t}, nil
}

func timeLiteral(s string) (v any, t datatype.Type, ok bool) {
	clock, ok := value.ParseTime(s)
	kind := datatype.Time
	if clock.HasOffset {
		kind = datatype.TimeTZ
	}
	t = datatype.Temporal(kind, len(clock.Fraction))
	if !ok || t.Precision > datatype.MaxTemporalPrecision {
		return nil, t, false
	}
	picos, ok := clock.Picos(t.Precision)
	if clock.HasOffset {
		return value.TimeTZ{Picos: picos, OffsetMinutes: clock.OffsetMinutes}, t, ok
	}
	return value.Time{Picos: picos}, t, ok
}

func timestampLiteral(s string) (v any, t datatype.Type, ok bool) {
	parsed, ok := value.ParseTimestamp(s)
	kind := datatype.Timestamp
	if parsed.Zone != "" {
		kind = datatype.TimestampTZ
	}
	t = datatype.Temporal(kind, len(parsed.Fraction))
	if !ok || t.Precision > datatype.MaxTemporalPrecision {
		return nil, t, false
	}
	if kind == datatype.TimestampTZ {
		v, ok = parsed.Zoned(t.Precision)
		return v, t, ok
	}
	v, ok = parsed.Wall(t.Precision)
	return v, t, ok
}
