package analyze

import (
	"strings"

	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
)

func (x *exprs) temporal(e ast.Expr) (plan.Expr, error) {
	switch e := e.(type) {
	case *ast.Extract:
		return x.extract(e)
	case *ast.AtTimeZone:
		return x.atTimeZone(e)
	case *ast.CurrentTime:
		return x.currentTime(e)
	case *ast.Special:
		return x.special(e)
	case *ast.Trim:
		return x.trim(e)
	default:
		return nil, x.refuse(e, "this expression")
	}
}

// extractNames are the functions that give a field of EXTRACT.
var extractNames = map[string]string{
	"YEAR": "year", "QUARTER": "quarter", "MONTH": "month", "WEEK": "week", "DAY": "day", "DAY_OF_MONTH": "day",
	"DAY_OF_WEEK": "day_of_week", "DOW": "day_of_week", "DAY_OF_YEAR": "day_of_year", "DOY": "day_of_year",
	"YEAR_OF_WEEK": "year_of_week", "YOW": "year_of_week", "HOUR": "hour", "MINUTE": "minute", "SECOND": "second",
	"TIMEZONE_HOUR": "timezone_hour", "TIMEZONE_MINUTE": "timezone_minute",
}

func (x *exprs) extract(e *ast.Extract) (plan.Expr, error) {
	operand, err := x.expr(e.X)
	if err != nil {
		return nil, err
	}
	name, ok := extractNames[strings.ToUpper(e.Field)]
	if !ok {
		return nil, x.fail(e, "SYNTAX_ERROR", "Invalid EXTRACT field: %s", e.Field)
	}
	t := operand.Type()
	if !t.IsTemporal() && !t.IsInterval() {
		return nil, x.fail(e.X, typeMismatch, "Type of argument to extract must be DATE, TIME, TIMESTAMP, or INTERVAL (actual %s)", t)
	}
	if !extractable(name, t) {
		return nil, x.fail(e.X, typeMismatch, "Cannot extract %s from %s", strings.ToUpper(e.Field), t)
	}
	call, err := x.resolve(e, name, []plan.Expr{operand})
	if err != nil {
		return nil, x.fail(e.X, typeMismatch, "Cannot extract %s from %s", strings.ToUpper(e.Field), t)
	}
	return call, nil
}

// extractable reports whether a value of type t has the part that the function
// name takes out, without being coerced.
func extractable(name string, t datatype.Type) bool {
	switch name {
	case "timezone_hour", "timezone_minute":
		return t.Kind == datatype.TimestampTZ || t.Kind == datatype.TimeTZ
	case "hour", "minute", "second":
		return t.Kind != datatype.Date && t.Kind != datatype.IntervalYearToMonth
	case "day":
		return t.Kind != datatype.Time && t.Kind != datatype.TimeTZ && t.Kind != datatype.IntervalYearToMonth
	case "year", "month":
		return t.Kind != datatype.Time && t.Kind != datatype.TimeTZ && t.Kind != datatype.IntervalDayToSecond
	default:
		return t.Kind == datatype.Date || t.Kind == datatype.Timestamp || t.Kind == datatype.TimestampTZ
	}
}

func (x *exprs) atTimeZone(e *ast.AtTimeZone) (plan.Expr, error) {
	value, err := x.expr(e.X)
	if err != nil {
		return nil, err
	}
	zone := plan.Expr(text("UTC"))
	if e.Zone != nil {
		if zone, err = x.expr(e.Zone); err != nil {
			return nil, err
		}
	}
	switch t := value.Type(); t.Kind {
	case datatype.Time:
		value = coerce(value, datatype.Temporal(datatype.TimeTZ, t.Precision))
	case datatype.Timestamp:
		value = coerce(value, datatype.Temporal(datatype.TimestampTZ, t.Precision))
	case datatype.TimeTZ, datatype.TimestampTZ:
	default:
		return nil, x.fail(e.X, typeMismatch, "Type of value must be a time or timestamp with or without time zone (actual %s)", t)
	}
	if t := zone.Type(); t.Kind != datatype.Varchar && t.Kind != datatype.IntervalDayToSecond {
		return nil, x.fail(e, typeMismatch, "Type of time zone must be varchar or interval day to second (actual %s)", t)
	}
	return x.resolve(e, plan.OpAtZone, []plan.Expr{value, zone})
}

func (x *exprs) currentTime(e *ast.CurrentTime) (plan.Expr, error) {
	precision := 3
	if e.Precision != nil {
		precision = *e.Precision
	}
	kinds := map[string]datatype.Kind{
		"CURRENT_DATE": datatype.Date, "CURRENT_TIME": datatype.TimeTZ, "CURRENT_TIMESTAMP": datatype.TimestampTZ,
		"LOCALTIME": datatype.Time, "LOCALTIMESTAMP": datatype.Timestamp,
	}
	kind, ok := kinds[strings.ToUpper(e.Name)]
	if !ok {
		return nil, x.refuse(e, e.Name)
	}
	if kind == datatype.Date {
		return &plan.Now{T: datatype.Of(kind)}, nil
	}
	if precision > 12 {
		return nil, x.fail(e, "INVALID_FUNCTION_ARGUMENT", "%s precision must be in range [0, 12]: %d", strings.ToUpper(e.Name), precision)
	}
	return &plan.Now{T: datatype.Temporal(kind, precision)}, nil
}

func (x *exprs) special(e *ast.Special) (plan.Expr, error) {
	values := map[string]string{
		"CURRENT_USER": x.session.User, "CURRENT_CATALOG": x.session.Catalog, "CURRENT_SCHEMA": x.session.Database, "CURRENT_PATH": "",
	}
	value, ok := values[strings.ToUpper(e.Name)]
	if !ok {
		return nil, x.refuse(e, e.Name)
	}
	return &plan.Const{Value: value, T: datatype.Text()}, nil
}

func (x *exprs) trim(e *ast.Trim) (plan.Expr, error) {
	value, err := x.expr(e.X)
	if err != nil {
		return nil, err
	}
	operands := []plan.Expr{value}
	if e.Chars != nil {
		chars, err := x.expr(e.Chars)
		if err != nil {
			return nil, err
		}
		operands = append(operands, chars)
	}
	names := map[string]string{"LEADING": "ltrim", "TRAILING": "rtrim", "BOTH": "trim", "": "trim"}
	return x.resolve(e, names[strings.ToUpper(e.Spec)], operands)
}
