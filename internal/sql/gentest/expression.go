package gentest

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/sillok/sillok/internal/sql/function"
)

// literals are values of each type, the odd ones among them.
var literals = map[string][]string{
	"boolean":                  {"true", "false"},
	"tinyint":                  {"TINYINT '-128'", "TINYINT '7'"},
	"smallint":                 {"SMALLINT '-32768'", "SMALLINT '9'"},
	"integer":                  {"0", "1", "-1", "2", "7", "2147483647", "-2147483648"},
	"bigint":                   {"BIGINT '0'", "BIGINT '3'", "BIGINT '-9223372036854775808'", "9007199254740993"},
	"real":                     {"REAL '1.5'", "REAL 'NaN'", "REAL '-0.0'"},
	"double":                   {"0e0", "-1.5e0", "nan()", "infinity()", "1e308"},
	"decimal":                  {"1.5", "-0.05", "DECIMAL '99999999999999999999999999999999999999'", "DECIMAL '0'"},
	"varchar":                  {"''", "'x'", "'10.0.1.11'", "'日本語'", "'a,b,,c'", `'{"k": [1, null]}'`, "'2024-05-01'"},
	"char":                     {"CHAR 'x '", "CAST('ab' AS char(4))"},
	"varbinary":                {"X''", "X'00ff'", "to_utf8('x')"},
	"date":                     {"DATE '2024-02-29'", "DATE '0001-01-01'", "DATE '9999-12-31'"},
	"time":                     {"TIME '23:59:59.999'", "TIME '00:00:00'"},
	"time with time zone":      {"TIME '10:00:00 +09:00'"},
	"timestamp":                {"TIMESTAMP '2024-05-01 12:34:56.789'", "TIMESTAMP '1969-12-31 23:59:59.999999'"},
	"timestamp with time zone": {"TIMESTAMP '2024-05-01 12:34:56 UTC'", "TIMESTAMP '2024-07-01 00:00:00.123 Europe/Berlin'"},
	"interval day to second":   {"INTERVAL '36' HOUR", "INTERVAL '-1' SECOND"},
	"interval year to month":   {"INTERVAL '13' MONTH"},
	"json":                     {`JSON '{"a": [1, "x", null]}'`, "JSON 'null'", "JSON '7'"},
	"uuid":                     {"UUID '12151fd2-7586-11e9-8f9e-2a86e4085a59'"},
	"ipaddress":                {"IPADDRESS '10.0.0.1'", "IPADDRESS '2001:db8::1'"},
	"unknown":                  {"NULL"},
	"array(integer)":           {"ARRAY[1, 2, 2]", "ARRAY[NULL, 3]", "CAST(ARRAY[] AS array(integer))"},
	"array(varchar)":           {"ARRAY['a', 'b']", "ARRAY['']"},
	"map(varchar, integer)":    {"MAP(ARRAY['a', 'b'], ARRAY[1, NULL])", "CAST(MAP() AS map(varchar, integer))"},
	"row(integer, varchar)":    {"CAST(ROW(1, 'x') AS row(integer, varchar))"},
}

// kindOf names the list of literals that a type's values are in, and a type to cast to.
func kindOf(t string) string {
	base, _, _ := strings.Cut(t, "(")
	switch {
	case literals[t] != nil:
		return t
	case literals[base] != nil:
		return base
	}
	return ""
}

// of returns an expression of a type: a column, a literal, or a call cast to it.
func (g *Generator) of(t string, columns []column, depth int) string {
	if fitting := slices.DeleteFunc(slices.Clone(columns), func(c column) bool { return c.kind != t }); len(fitting) > 0 && !g.chance(4) {
		return pick(g, fitting...).name
	}
	if depth > 0 && g.chance(3) {
		return pick(g, "CAST(", "TRY_CAST(") + g.anything(columns, depth-1) + " AS " + t + ")"
	}
	if g.chance(8) {
		return "CAST(NULL AS " + t + ")"
	}
	kind := kindOf(t)
	if kind == "" {
		return "NULL"
	}
	return pick(g, literals[kind]...)
}

// signature is a function and the types of its arguments, type variables made integers.
type signature struct {
	name   string
	params []string
}

// signatures are those of the functions whose arguments the generator can make.
var signatures = sync.OnceValue(func() []signature {
	var list []signature
	for _, name := range function.Names(function.Scalar) {
		if strings.HasPrefix(name, "$") || slices.Contains(unsteady, name) {
			continue
		}
		for _, f := range function.Named(name) {
			if s, ok := read(f.String()); ok {
				list = append(list, s)
			}
		}
	}
	return list
})

// unsteady are functions whose values differ from one moment to the next, and those
// whose arguments are written in a way of their own.
var unsteady = []string{"normalize", "now", "random", "rand", "uuid", "current_timezone", "version", "shuffle", "fail"}

// read takes the text of a signature apart.
func read(text string) (signature, bool) {
	name, rest, ok := strings.Cut(text, "(")
	if !ok {
		return signature{}, false
	}
	s := signature{name: name}
	depth, start := 0, 0
	for i, c := range rest {
		switch {
		case c == '(':
			depth++
		case c == ')' && depth > 0:
			depth--
		case (c == ',' || c == ')') && depth == 0:
			if param := strings.TrimSpace(rest[start:i]); param != "" {
				param, ok = concrete(strings.TrimSuffix(param, "..."))
				if !ok {
					return s, false
				}
				s.params = append(s.params, param)
			}
			if start = i + 1; c == ')' {
				return s, true
			}
		}
	}
	return s, false
}

// concrete returns a type for a parameter as a signature writes it.
func concrete(param string) (string, bool) {
	param = strings.ToLower(param)
	base, inner, nested := strings.Cut(strings.TrimSuffix(param, ")"), "(")
	switch {
	case len(param) == 1, param == "t1", param == "t2":
		return "integer", true
	case base == "array":
		if strings.HasPrefix(inner, "varchar") {
			return "array(varchar)", true
		}
		return "array(integer)", !strings.Contains(inner, "(")
	case base == "map":
		return "map(varchar, integer)", true
	case base == "function":
		parts := strings.Count(inner, ",")
		return fmt.Sprintf("function %d", parts), !strings.Contains(inner, "(") && parts > 0
	case strings.HasSuffix(param, "with time zone"):
		return strings.Split(param, "(")[0] + " with time zone", true
	case nested:
		return base, literals[base] != nil
	default:
		return param, literals[param] != nil
	}
}

// anything returns an expression of any type.
func (g *Generator) anything(columns []column, depth int) string {
	if len(columns) > 0 && g.chance(4) {
		return pick(g, columns...).name
	}
	switch g.rand.IntN(6) {
	case 0:
		t := pick(g, "integer", "bigint", "double", "decimal", "date", "timestamp", "varchar")
		return "(" + g.of(t, columns, depth) + pick(g, " + ", " - ", " * ", " / ", " % ", " || ", " = ", " < ") + g.of(t, columns, depth) + ")"
	case 1:
		t := pick(g, "integer", "varchar", "double", "date")
		return fmt.Sprintf("CASE WHEN %s IS NULL THEN %s ELSE %s END", g.of(t, columns, depth), g.of(t, columns, depth), g.of(t, columns, depth))
	case 2:
		t := pick(g, "integer", "varchar", "decimal", "array(integer)")
		return fmt.Sprintf("%s(%s, %s)", pick(g, "coalesce", "nullif", "greatest", "least"), g.of(t, columns, depth), g.of(t, columns, depth))
	}
	s := pick(g, signatures()...)
	args := make([]string, len(s.params))
	for i, param := range s.params {
		if n, ok := strings.CutPrefix(param, "function "); ok {
			args[i] = map[string]string{"1": "x -> x", "2": "(x, y) -> x", "3": "(x, y, z) -> x"}[n]
			continue
		}
		args[i] = g.of(param, columns, max(0, depth-1))
	}
	return s.name + "(" + strings.Join(args, ", ") + ")"
}
