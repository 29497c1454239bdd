package gentest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/function"
)

// column is something that an expression can name.
type column struct {
	name string
	t    datatype.Type
}

// writer writes expressions over what is in scope.
type writer struct {
	dice

	scope   []column
	lambdas int
}

// candidates are the functions that may be called, in the order of their names.
var candidates = sync.OnceValue(func() []*function.Function {
	var all []*function.Function
	names := function.Names(function.Scalar)
	slices.Sort(names)
	for _, name := range names {
		if avoided[name] || strings.HasPrefix(name, "st_") || strings.Contains(name, "geometry") || strings.Contains(name, "bing") {
			continue
		}
		for _, f := range function.Named(name) {
			if !opaque(f) {
				all = append(all, f)
			}
		}
	}
	return all
})

// opaque says whether a signature has types of which no literal can be written.
func opaque(f *function.Function) bool {
	params, _, result := f.Signature()
	for _, text := range append(params, result) {
		for _, name := range []string{"HyperLogLog", "digest", "Geometry", "BingTile", "color", "SetDigest", "KdbTree", "SphericalGeography", "P4", "unknown", "ipprefix", "Re2J"} {
			if strings.Contains(strings.ToLower(text), strings.ToLower(name)) {
				return true
			}
		}
	}
	return false
}

// expr returns an expression that is a t, or becomes one by coercion.
func (w *writer) expr(t datatype.Type, depth int) string {
	if depth <= 0 || w.chance(12) {
		return w.leaf(t)
	}
	if w.chance(4) {
		return "TRY(" + w.expr(t, depth-1) + ")"
	}
	switch w.IntN(11) {
	case 0:
		return w.conditional(t, depth)
	case 1:
		return w.cast(t, depth)
	case 10:
		return w.form(t, depth)
	case 2, 3:
		if s, ok := w.operator(t, depth); ok {
			return s
		}
	case 4:
		if len(t.Elems) > 0 {
			return w.nested(t, func(part datatype.Type) string { return w.expr(part, depth-1) })
		}
		if s, ok := w.part(t, depth); ok {
			return s
		}
	}
	if s, ok := w.call(t, depth); ok {
		return s
	}
	return w.leaf(t)
}

// leaf returns a column in scope or a literal.
func (w *writer) leaf(t datatype.Type) string {
	var fitting []string
	for _, c := range w.scope {
		if c.t.Kind == t.Kind && family(c.t) == family(t) {
			fitting = append(fitting, c.name)
		}
	}
	if len(fitting) > 0 && w.chance(75) {
		return pick(w.dice, fitting...)
	}
	return w.literal(t)
}

func (w *writer) conditional(t datatype.Type, depth int) string {
	sub := func() string { return w.expr(t, depth-1) }
	condition := func() string { return w.expr(datatype.Of(datatype.Boolean), depth-1) }
	switch w.IntN(6) {
	case 0:
		return "if(" + condition() + ", " + sub() + ", " + sub() + ")"
	case 1:
		return "CASE WHEN " + condition() + " THEN " + sub() + " WHEN " + condition() + " THEN " + sub() + " ELSE " + sub() + " END"
	case 2:
		x := w.scalarType()
		return "CASE " + w.expr(x, depth-1) + " WHEN " + w.literal(x) + " THEN " + sub() + pick(w.dice, "", " ELSE "+sub()) + " END"
	case 3:
		return "coalesce(" + sub() + ", " + sub() + ")"
	case 4:
		return "nullif(" + sub() + ", " + sub() + ")"
	default:
		return pick(w.dice, "greatest", "least") + "(" + sub() + ", " + sub() + ", " + w.leaf(t) + ")"
	}
}

// cast converts a value of another type that may often be converted.
func (w *writer) cast(t datatype.Type, depth int) string {
	from := datatype.Text()
	switch {
	case len(t.Elems) > 0:
		from = pick(w.dice, datatype.Of(datatype.JSON), t)
	case w.chance(50):
		from = w.scalarType()
	}
	return pick(w.dice, "CAST", "CAST", "TRY_CAST") + "(" + w.expr(from, depth-1) + " AS " + t.String() + ")"
}

// operator returns an operation whose result is a t.
func (w *writer) operator(t datatype.Type, depth int) (string, bool) {
	x := func(t datatype.Type) string { return w.expr(t, depth-1) }
	interval := func() datatype.Type {
		return datatype.Of(pick(w.dice, datatype.IntervalDayToSecond, datatype.IntervalYearToMonth))
	}
	switch {
	case t.Kind == datatype.Boolean:
		return "(" + w.predicate(depth) + ")", true
	case t.IsNumeric():
		if w.chance(12) {
			return "-(" + x(t) + ")", true
		}
		return "(" + x(t) + " " + pick(w.dice, "+", "-", "*", "/", "%") + " " + x(pick(w.dice, t, t, datatype.Of(datatype.Integer))) + ")", true
	case t.Kind == datatype.Varchar, t.Kind == datatype.Varbinary:
		return "(" + x(t) + " || " + x(t) + ")", true
	case t.Kind == datatype.Array:
		return "(" + x(t) + " || " + x(pick(w.dice, t, t.Elem())) + ")", true
	case t.Kind == datatype.Date, t.Kind == datatype.Timestamp, t.Kind == datatype.TimestampTZ:
		if t.Kind == datatype.TimestampTZ && w.chance(30) {
			return "(" + x(t) + " AT TIME ZONE '" + pick(w.dice, zones...) + "')", true
		}
		return "(" + x(t) + pick(w.dice, " + ", " - ") + x(interval()) + ")", true
	case t.Kind == datatype.Time, t.Kind == datatype.TimeTZ:
		return "(" + x(t) + pick(w.dice, " + ", " - ") + x(datatype.Of(datatype.IntervalDayToSecond)) + ")", true
	case t.Kind == datatype.IntervalDayToSecond:
		m := w.named("timestamp")
		return pick(w.dice, "("+x(m)+" - "+x(m)+")", "("+x(t)+" + "+x(t)+")", "("+x(t)+" * "+x(datatype.Of(datatype.Bigint))+")", "("+x(t)+" / "+x(datatype.Of(datatype.Double))+")"), true
	case t.Kind == datatype.IntervalYearToMonth:
		return "(" + x(t) + pick(w.dice, " + ", " - ") + x(t) + ")", true
	default:
		return "", false
	}
}

// predicate returns a condition.
func (w *writer) predicate(depth int) string {
	t := w.anyType(1)
	x := func(t datatype.Type) string { return w.expr(t, depth-1) }
	boolean := datatype.Of(datatype.Boolean)
	switch w.IntN(10) {
	case 0:
		return "(" + x(boolean) + pick(w.dice, " AND ", " OR ") + x(boolean) + ")"
	case 1:
		return "NOT " + "(" + x(boolean) + ")"
	case 2:
		return x(t) + pick(w.dice, " BETWEEN ", " NOT BETWEEN ") + x(t) + " AND " + x(t)
	case 3:
		// A NULL among several items is where Trino itself is wrong.
		return x(t) + pick(w.dice, " IN (", " NOT IN (") + x(t) + ", " + x(t) + ")"
	case 4:
		return x(datatype.Text()) + pick(w.dice, " LIKE ", " NOT LIKE ") + pick(w.dice, "'%a%'", "'_b%'", "'한%'", "'%'", "'x\\_%' ESCAPE '\\'", "''")
	case 5:
		return x(t) + pick(w.dice, " IS NULL", " IS NOT NULL")
	case 6:
		return x(t) + pick(w.dice, " IS DISTINCT FROM ", " IS NOT DISTINCT FROM ") + x(t)
	default:
		return x(t) + " " + pick(w.dice, "=", "<>", "<", "<=", ">", ">=") + " " + x(t)
	}
}

// part returns a part of a value that has parts.
func (w *writer) part(t datatype.Type, depth int) (string, bool) {
	switch w.IntN(5) {
	case 0:
		return w.expr(datatype.ArrayOf(t), depth-1) + "[" + pick(w.dice, "1", "2", "1", "-1", "0") + "]", true
	case 1:
		key := w.keyType()
		return "element_at(" + w.expr(datatype.MapOf(key, t), depth-1) + ", " + w.literal(key) + ")", true
	case 2:
		return "CAST(ROW(" + w.expr(t, depth-1) + ", 1) AS row(x " + t.String() + ", y integer)).x", true
	case 3:
		if t.IsInteger() {
			unit := pick(w.dice, "YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND", "WEEK", "DOY", "DOW", "QUARTER")
			return "extract(" + unit + " FROM " + w.expr(w.temporal(pick(w.dice, datatype.Timestamp, datatype.TimestampTZ)), depth-1) + ")", true
		}
	}
	switch t.Kind {
	case datatype.Varchar:
		return pick(w.dice,
			fmt.Sprintf("json_value(%s, '%s')", w.text(), pick(w.dice, sqlPaths...)),
			fmt.Sprintf("json_query(%s, '%s')", w.text(), pick(w.dice, sqlPaths...)),
			fmt.Sprintf("format('%s', %s)", pick(w.dice, "%s", "[%s]", "%10s|", "%-5s|"), w.expr(w.scalarType(), depth-1)),
			fmt.Sprintf("trim(%s %s FROM %s)", pick(w.dice, "BOTH", "LEADING", "TRAILING"), w.text(), w.expr(t, depth-1)),
		), true
	case datatype.Boolean:
		return fmt.Sprintf("json_exists(%s, '%s')", w.text(), pick(w.dice, sqlPaths...)), true
	default:
		return "", false
	}
}

// call returns a call of a function whose result is a t.
func (w *writer) call(t datatype.Type, depth int) (string, bool) {
	all := candidates()
	start := w.IntN(len(all))
	for i := range all {
		f := all[(start+i*7)%len(all)] // steps, so that neighbours in the alphabet do not win
		b := bindings{}
		params, variadic, result := f.Signature()
		if !shapeOf(result).fits(t, b) {
			continue
		}
		if b["K"].Kind == datatype.Map {
			continue // as the key of another, in which Trino's planner fails
		}
		if isVariable(result) && !w.chance(30) {
			continue // many of these fit everything
		}
		if s, ok := w.arguments(f.Name, params, variadic, b, depth); ok {
			return s, true
		}
	}
	return "", false
}

func (w *writer) arguments(name string, params []string, variadic bool, b bindings, depth int) (string, bool) {
	if variadic {
		last := params[len(params)-1]
		params = slices.Clone(params[:len(params)-1])
		for range pick(w.dice, 1, 2, 2, 3) {
			params = append(params, last)
		}
	}
	args := make([]string, len(params))
	for i, p := range params {
		if arg, ok := w.special(name, i, p); ok {
			args[i] = arg
			continue
		}
		var ok bool
		if args[i], ok = w.argument(shapeOf(p), b, depth); !ok {
			return "", false
		}
	}
	return name + "(" + strings.Join(args, ", ") + ")", true
}

// special returns an argument that means something to the function.
func (w *writer) special(name string, place int, param string) (string, bool) {
	list := special[name][place]
	if name == "normalize" && place == 1 {
		return pick(w.dice, "NFC", "NFD", "NFKC", "NFKD"), true
	}
	if len(list) == 0 || w.chance(8) {
		return "", false
	}
	arg := pick(w.dice, list...)
	if strings.HasPrefix(param, "varchar") || strings.HasPrefix(param, "Joni") || strings.HasPrefix(param, "JsonPath") {
		return quoted(arg), true
	}
	_, err := strconv.ParseFloat(arg, 64)
	return arg, err == nil
}

func (w *writer) argument(s shape, b bindings, depth int) (string, bool) {
	switch s.name {
	case "function":
		return w.lambda(s, b, depth)
	case "JoniRegExp":
		return quoted(pick(w.dice, regexes...)), true
	case "JsonPath":
		return quoted(pick(w.dice, jsonPaths...)), true
	case "CodePoints":
		return w.text(), true
	}
	t, ok := s.typed(b, w.named)
	if !ok {
		return "", false
	}
	return w.expr(t, depth-1), true
}

func (w *writer) lambda(s shape, b bindings, depth int) (string, bool) {
	outer := w.scope
	defer func() { w.scope = outer }()
	w.scope = slices.Clone(outer)
	names := make([]string, len(s.args)-1)
	for i := range names {
		t, ok := s.args[i].typed(b, w.named)
		if !ok {
			return "", false
		}
		w.lambdas++
		names[i] = fmt.Sprintf("p%d", w.lambdas)
		w.scope = append(w.scope, column{names[i], t})
	}
	t, ok := s.args[len(s.args)-1].typed(b, w.named)
	if !ok {
		return "", false
	}
	return "(" + strings.Join(names, ", ") + ") -> " + w.expr(t, min(depth-1, 2)), true
}
