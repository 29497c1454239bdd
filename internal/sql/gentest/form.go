package gentest

import (
	"fmt"
	"strings"

	"github.com/sillok/sillok/internal/sql/datatype"
)

// form returns an expression that has a syntax of its own.
func (w *writer) form(t datatype.Type, depth int) string {
	sub := func(t datatype.Type) string { return w.expr(t, depth-1) }
	switch {
	case t.Kind == datatype.Boolean:
		return "(" + w.testForm(depth) + ")"
	case t.Kind == datatype.Varchar:
		return w.textForm(depth)
	case t.IsInteger():
		return w.integerForm(depth)
	case t.Kind == datatype.Double:
		return pick(w.dice, "1E3", "-.5E0", "5.E-1", "json_value("+w.text()+", "+quoted(pick(w.dice, sqlPaths...))+" RETURNING double NULL ON ERROR)")
	case t.Kind == datatype.IntervalDayToSecond:
		return "INTERVAL " + pick(w.dice, "", "-", "+") + pick(w.dice, "'1 02:03:04.567' DAY TO SECOND", "'2 03' DAY TO HOUR", "'2 03:04' DAY TO MINUTE", "'25:61' HOUR TO MINUTE",
			"'01:02:03' HOUR TO SECOND", "'5:06.7' MINUTE TO SECOND", "'1.5' SECOND", "'-1' DAY")
	case t.Kind == datatype.IntervalYearToMonth:
		return "INTERVAL " + pick(w.dice, "", "-") + pick(w.dice, "'1-2' YEAR TO MONTH", "'0-11' YEAR TO MONTH", "'13' MONTH", "'2' YEAR")
	case t.Kind == datatype.TimestampTZ:
		return "(" + sub(t) + " AT TIME ZONE " + pick(w.dice, "INTERVAL '9' HOUR", "INTERVAL '-3:30' HOUR TO MINUTE", "'Asia/Tokyo'") + ")"
	case t.Kind == datatype.TimeTZ:
		return "(" + sub(t) + " AT TIME ZONE " + pick(w.dice, "INTERVAL '9' HOUR", "'+05:30'") + ")"
	case t.Kind == datatype.Varbinary:
		return pick(w.dice, "X'6a 4B'", "(X'00' || "+sub(t)+")")
	case t.Kind == datatype.Row && len(t.Elems) > 0:
		return "if(" + sub(datatype.Of(datatype.Boolean)) + ", " + sub(t) + ")"
	default:
		if w.chance(50) {
			return "ROW(" + w.leaf(w.scalarType()) + ", " + sub(t) + ")[2]"
		}
		return "if(" + sub(datatype.Of(datatype.Boolean)) + ", " + sub(t) + ")"
	}
}

func (w *writer) testForm(depth int) string {
	t, u := w.scalarType(), w.scalarType()
	x := func(t datatype.Type) string { return w.expr(t, depth-1) }
	switch w.IntN(6) {
	case 0:
		return "(" + x(t) + ", " + x(u) + ") " + pick(w.dice, "=", "<>", "<", ">=") + " (" + x(t) + ", " + x(u) + ")"
	case 1:
		return "(" + x(t) + ", " + x(u) + ") IN ((" + x(t) + ", " + x(u) + "), (" + x(t) + ", " + x(u) + "))"
	case 2:
		return x(t) + " " + pick(w.dice, "= ANY", "< ALL", ">= SOME", "<> ALL") + " (VALUES " + x(t) + ", " + x(t) + ")"
	case 3:
		return x(datatype.Text()) + " LIKE " + x(datatype.VarcharOf(3))
	case 4:
		return "json_exists(" + w.text() + ", " + quoted(pick(w.dice, sqlPaths...)) + pick(w.dice, " TRUE ON ERROR", " UNKNOWN ON ERROR", " FALSE ON ERROR") + ")"
	default:
		return x(t) + " NOT IN (" + x(t) + ")"
	}
}

func (w *writer) textForm(depth int) string {
	text := func() string { return w.expr(datatype.Text(), depth-1) }
	path := quoted(pick(w.dice, sqlPaths...))
	switch w.IntN(9) {
	case 0:
		return "substring(" + text() + " FROM " + pick(w.dice, "1", "2", "-2", "0") + pick(w.dice, "", " FOR 2", " FOR 0") + ")"
	case 1:
		return "json_object('k' : " + w.leaf(w.scalarType()) + ", 'n' VALUE " + text() + pick(w.dice, "", " ABSENT ON NULL", " NULL ON NULL") + ")"
	case 2:
		return "json_array(" + w.leaf(w.scalarType()) + ", " + text() + pick(w.dice, "", " NULL ON NULL", " ABSENT ON NULL") + ")"
	case 3:
		return "json_value(" + w.text() + ", " + path + pick(w.dice, " DEFAULT 'e' ON EMPTY", " NULL ON EMPTY DEFAULT 'x' ON ERROR", " RETURNING varchar(3)", "") + ")"
	case 4:
		return "json_query(" + w.text() + ", " + path + pick(w.dice, " WITH ARRAY WRAPPER", " WITH CONDITIONAL WRAPPER", " EMPTY ARRAY ON EMPTY", " OMIT QUOTES", " EMPTY OBJECT ON ERROR") + ")"
	case 5:
		return "typeof(" + w.expr(w.anyType(1), depth-1) + ")"
	case 6:
		return pick(w.dice, "U&'\\0041\\+01F600x'", "U&'#d55c' UESCAPE '#'", "'it''s'")
	case 7:
		form := pick(w.dice, "%d|%s", "%,d %s", "%08.3f %s", "%x %s", "%-6s|%s", "%s %% %s", "%2$s %1$s", "%b %s", "%.2e %s", "%5d %s")
		return "format(" + quoted(form) + ", " + w.leaf(pick(w.dice, datatype.Of(datatype.Integer), datatype.Of(datatype.Double), datatype.Of(datatype.Bigint))) + ", " + text() + ")"
	default:
		return "(" + strings.Join([]string{text(), text(), text()}, " || ") + ")"
	}
}

func (w *writer) integerForm(depth int) string {
	switch w.IntN(6) {
	case 0:
		return "position(" + w.expr(datatype.Text(), depth-1) + " IN " + w.expr(datatype.Text(), depth-1) + ")"
	case 1:
		return pick(w.dice, "0xFF", "0b101", "0o17", "1_000")
	case 2:
		unit := pick(w.dice, "YEAR", "MONTH", "DAY", "WEEK", "DOW", "DOY", "QUARTER", "YOW", "DAY_OF_MONTH", "YEAR_OF_WEEK")
		return "extract(" + unit + " FROM " + w.expr(datatype.Of(datatype.Date), depth-1) + ")"
	case 3:
		unit := pick(w.dice, "HOUR", "MINUTE", "SECOND", "TIMEZONE_HOUR", "TIMEZONE_MINUTE")
		return "extract(" + unit + " FROM " + w.expr(w.temporal(pick(w.dice, datatype.TimestampTZ, datatype.TimeTZ)), depth-1) + ")"
	case 4:
		of := pick(w.dice, datatype.IntervalDayToSecond, datatype.IntervalYearToMonth)
		unit := pick(w.dice, "DAY", "HOUR", "MINUTE", "SECOND")
		if of == datatype.IntervalYearToMonth {
			unit = pick(w.dice, "YEAR", "MONTH")
		}
		return "extract(" + unit + " FROM " + w.expr(datatype.Of(of), depth-1) + ")"
	default:
		return fmt.Sprintf("json_value(%s, %s RETURNING bigint DEFAULT %d ON ERROR)", w.text(), quoted(pick(w.dice, sqlPaths...)), w.IntN(9))
	}
}
