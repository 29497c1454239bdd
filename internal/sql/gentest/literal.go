package gentest

import (
	"fmt"
	"strings"

	"github.com/sillok/sillok/internal/sql/datatype"
)

// texts are strings that go wrong easily, beside everyday ones.
var texts = []string{
	"", " ", "a", "abc", "Hello World", "  padded  ", "a,b,,c", "한글 로그", "日本語", "😀 emoji", "x'y", "%_\\", "0", "7", "-12", "3.14", "1e3", "NaN",
	"true", "2024-05-01", "2024-05-01 12:34:56.789", "12:34:56", "10.0.0.1", "2001:db8::1", "arn:aws:iam::111122223333:user/kim",
	"https://shop.example.com:443/img/logo.png?q=1&r=%20x#top", "12151fd2-7586-11e9-8f9e-2a86e4085a59", "ff", "SGVsbG8=", "i-0abc123def4567890",
	"{\"a\":1,\"b\":[1,2,{\"c\":null}],\"k\":\"v\"}", "[1,2.5,\"x\",null,true]", "\"s\"", "null", "1.5", "a=1&b=2", "key:value,k2:v2", "ÀÉîõü", "ｆｕｌｌ", "\t",
	"203.0.113.5 - - [01/May/2024:00:00:01 +0000] \"GET /a?b=1 HTTP/1.1\" 200 12",
}

func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// text returns a string as a literal.
func (d dice) text() string { return quoted(pick(d, texts...)) }

var dates = []string{"2024-05-01", "2024-02-29", "1970-01-01", "1969-12-31", "2000-12-31", "0001-01-01", "9999-12-31", "2023-03-31", "1900-03-01", "-0001-03-01"}

var clocks = []string{
	"00:00:00", "12:34:56", "23:59:59", "01:02:03.4", "12:34:56.789", "23:59:59.999999", "07:08:09.123456789", "23:59:59.999999999999", "02:30:00", "01:30:00",
}

var zones = []string{"UTC", "+05:45", "-08:00", "Asia/Seoul", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "America/Sao_Paulo", "Australia/Lord_Howe"}

// moments lie where a zone's clock jumps, beside everyday ones.
var moments = []string{"2024-03-10 02:30:00", "2024-11-03 01:30:00", "2024-03-31 02:30:00", "2024-10-27 02:30:00", "1988-05-08 02:30:00", "2024-05-01 13:14:15"}

func (d dice) moment() string {
	if d.chance(30) {
		return pick(d, moments...)
	}
	return pick(d, dates...) + " " + pick(d, clocks...)
}

// literal returns a value of t, as SQL writes one, or a NULL of it.
func (d dice) literal(t datatype.Type) string {
	if d.chance(7) {
		return "CAST(NULL AS " + t.String() + ")"
	}
	switch t.Kind {
	case datatype.Boolean:
		return pick(d, "true", "false")
	case datatype.Tinyint:
		return "TINYINT '" + pick(d, "0", "1", "7", "-1", "127", "-128") + "'"
	case datatype.Smallint:
		return "SMALLINT '" + pick(d, "0", "1", "300", "-1", "32767", "-32768") + "'"
	case datatype.Integer:
		return pick(d, "0", "1", "2", "3", "-1", "-7", "42", "100", "2147483647", "-2147483648")
	case datatype.Bigint:
		return "BIGINT '" + pick(d, "0", "1", "2", "5", "-1", "10", "1714567890", "9007199254740993", "9223372036854775807", "-9223372036854775808") + "'"
	case datatype.Real:
		return "REAL '" + pick(d, "0", "1.5", "-2.25", "0.1", "3.4028235E38", "1E-45", "16777217", "NaN", "Infinity", "-0") + "'"
	case datatype.Double:
		return pick(d, "0e0", "1e0", "-1.5e0", "0.1e0", "2.5e0", "3.5e0", "1e10", "1e-7", "123456789.125e0", "1.7976931348623157e308", "nan()", "infinity()", "-infinity()", "-0e0")
	case datatype.Decimal:
		return d.decimalLiteral(t)
	case datatype.Varchar, datatype.Char:
		if t.Length != datatype.Unbounded && d.chance(70) {
			return "CAST(" + d.text() + " AS " + t.String() + ")"
		}
		return d.text()
	case datatype.Varbinary:
		return pick(d, "X''", "X'00'", "X'616263'", "X'FF00FE'", "X'0000000000000001'", "X'00000001'", "to_utf8("+d.text()+")")
	case datatype.Date:
		return "DATE '" + pick(d, dates...) + "'"
	case datatype.Time:
		return fmt.Sprintf("CAST(TIME '%s' AS %s)", pick(d, clocks...), t)
	case datatype.TimeTZ:
		return fmt.Sprintf("CAST(TIME '%s %s' AS %s)", pick(d, clocks...), pick(d, "+05:45", "-08:00", "+00:00"), t)
	case datatype.Timestamp:
		return pick(d, "TIMESTAMP '"+d.moment()+"'", fmt.Sprintf("CAST(TIMESTAMP '%s' AS %s)", d.moment(), t))
	case datatype.TimestampTZ:
		return pick(d, "TIMESTAMP '"+d.moment()+" "+pick(d, zones...)+"'", fmt.Sprintf("CAST(TIMESTAMP '%s %s' AS %s)", d.moment(), pick(d, zones...), t))
	case datatype.IntervalDayToSecond:
		return "INTERVAL '" + pick(d, "1", "0", "-2", "36", "1000000") + "' " + pick(d, "DAY", "HOUR", "MINUTE", "SECOND")
	case datatype.IntervalYearToMonth:
		return "INTERVAL '" + pick(d, "1", "0", "-2", "13") + "' " + pick(d, "YEAR", "MONTH")
	case datatype.JSON:
		return "JSON '" + pick(d, "1", "null", "\"x\"", "[1,2,3]", "{\"b\":1,\"a\":2}", "1.50", "1e3", "true", "[]", "{\"a\":{\"b\":[{\"c\":\"한\"}]}}", "\"2024-05-01\"", "12345678901234567890") + "'"
	case datatype.UUID:
		return "UUID '" + pick(d, "12151fd2-7586-11e9-8f9e-2a86e4085a59", "00000000-0000-0000-0000-000000000000") + "'"
	case datatype.IPAddress:
		return "IPADDRESS '" + pick(d, "10.0.0.1", "::1", "2001:db8::ff00:42:8329", "::ffff:1.2.3.4", "255.255.255.255") + "'"
	case datatype.Array, datatype.Map, datatype.Row:
		return d.nested(t, d.literal)
	default:
		return "CAST(NULL AS " + t.String() + ")"
	}
}

func (d dice) decimalLiteral(t datatype.Type) string {
	if d.chance(40) {
		return pick(d, "0.1", "1.5", "-2.5", "123.456", "0.05", "99999999999999999999.99", "1.0", "DECIMAL '7'", "12345678901234567.8", "0.00000000000000000000000000000000000001")
	}
	whole := t.Precision - t.Scale
	digits := strings.Repeat(pick(d, "9", "1", "5"), min(whole, pick(d, 1, 2, whole)))
	if digits == "" {
		digits = "0"
	}
	if t.Scale > 0 {
		digits += "." + strings.Repeat(pick(d, "9", "5", "0", "1"), t.Scale)
	}
	return fmt.Sprintf("CAST(DECIMAL '%s%s' AS %s)", pick(d, "", "-"), digits, t)
}

// nested returns an array, a map or a row whose parts part makes.
func (d dice) nested(t datatype.Type, part func(datatype.Type) string) string {
	parts := func(n int, t datatype.Type) string {
		list := make([]string, n)
		for i := range list {
			if list[i] = part(t); d.chance(8) {
				list[i] = "NULL"
			}
		}
		return strings.Join(list, ", ")
	}
	switch t.Kind {
	case datatype.Array:
		return "ARRAY[" + parts(pick(d, 0, 1, 2, 2, 3, 4), t.Elem()) + "]"
	case datatype.Map:
		n := pick(d, 0, 1, 1, 2)
		keys := make([]string, n)
		for i := range keys {
			keys[i] = part(t.Elems[0])
		}
		return "MAP(ARRAY[" + strings.Join(keys, ", ") + "], ARRAY[" + parts(n, t.Elems[1]) + "])"
	default:
		fields := make([]string, len(t.Elems))
		for i, elem := range t.Elems {
			fields[i] = part(elem)
		}
		return "ROW(" + strings.Join(fields, ", ") + ")"
	}
}
