package gentest

import (
	"strings"

	"github.com/sillok/sillok/internal/sql/datatype"
)

// docs are rows of JSON as text, one of which is none.
const docs = `(VALUES (1, '{"a":1,"b":[1,2,{"c":null}],"k":"v"}'), (2, '[{"a":1,"b":["x"]},{"a":2,"b":[]},{"a":"z"}]'), (3, '{"a":{"a":[3,4]},"n":1.50,"t":true}'), (4, 'null'), (5, '[1,[2,3],"s"]'), (6, '{'), (7, NULL), (8, '"한글"')) AS j(i, doc)`

func (q *query) docPath() string {
	mode := pick(q.dice, "lax ", "lax ", "strict ", "")
	return mode + pick(q.dice, "$", "$.a", "$.b", "$[*]", "$[*].a", "$.b[*]", "$.b[0 to 1]", "$.b[last]", "$.*", "$..a", "$.a.a[1]", "$[0]", "$.b.size()", "$.n.ceiling()", "$.a.type()", "$[*]?(@.a > 1)",
		"$.b[*]?(@ < 2)", "$?(exists(@.a))", "$.k ? (@ starts with \"v\")", "$.n + 1", "-$.n", "$.t", "$[*].b[*]", "$.a.double()", "$.n.floor()", "$.keyvalue().name", "$.b[1].abs()")
}

// documents asks functions of JSON about rows of it.
func (q *query) documents() selected {
	path := func() string { return quoted(q.docPath()) }
	old := func() string {
		return quoted(pick(q.dice, "$", "$.a", "$.b[0]", "$[1]", "$[0].a", "$.a.a", "$[\"k\"]", "$.b[2].c", "$..a", "$.*", "$[*].a", "$.n", "$.t"))
	}
	call := func() string {
		switch q.IntN(9) {
		case 0:
			return "json_extract(doc, " + old() + ")"
		case 1:
			return "json_extract_scalar(doc, " + old() + ")"
		case 2:
			return "json_query(doc, " + path() + pick(q.dice, "", " WITH WRAPPER", " WITH CONDITIONAL WRAPPER", " WITHOUT WRAPPER", " KEEP QUOTES", " OMIT QUOTES ON SCALAR STRING") + pick(q.dice, "", " EMPTY ARRAY ON EMPTY", " EMPTY OBJECT ON EMPTY", " NULL ON EMPTY") + pick(q.dice, "", " EMPTY ARRAY ON ERROR", " NULL ON ERROR") + ")"
		case 3:
			return "json_value(doc, " + path() + pick(q.dice, "", " RETURNING bigint", " RETURNING double", " RETURNING boolean", " RETURNING varchar(2)") + pick(q.dice, "", " NULL ON EMPTY") + pick(q.dice, "", " NULL ON ERROR") + ")"
		case 4:
			return "json_exists(doc, " + path() + pick(q.dice, "", " TRUE ON ERROR", " UNKNOWN ON ERROR") + ")"
		case 5:
			return "json_query(doc, " + pick(q.dice, "'lax $?(@.a == $x)' PASSING i AS \"x\"", "'lax $[$x]' PASSING i - 1 AS \"x\"", "'lax $.b[*]?(@ == $x)' PASSING 1 AS \"x\" WITH WRAPPER") + ")"
		case 6:
			return "TRY(json_size(json_parse(doc), " + old() + "))"
		case 7:
			return "TRY(CAST(json_parse(doc) AS " + pick(q.dice, "map(varchar, json)", "array(json)", "varchar", "row(a json, k varchar)", "array(row(a integer, b array(varchar)))") + "))"
		default:
			return pick(q.dice, "json_object('i' : i, 'd' : doc)", "json_array(i, doc, NULL ABSENT ON NULL)", "json_object(KEY 'd' VALUE doc FORMAT JSON)", "json_array(doc FORMAT JSON)", "json_array_length(TRY(json_parse(doc)))",
				"json_array_contains(doc, 1)", "json_format(TRY(json_parse(doc)))", "is_json_scalar(doc)", "json_array_get(TRY(json_parse(doc)), 0)", "json_object('i' : i WITH UNIQUE KEYS)", "json_object('a' : json_query(doc, 'lax $.b') FORMAT JSON)")
		}
	}
	items, types := []string{"i"}, []datatype.Type{datatype.Of(datatype.Integer)}
	for range 1 + q.IntN(2) {
		items, types = append(items, call()), append(types, datatype.Of(datatype.Unknown))
	}
	where := pick(q.dice, "", " WHERE i <> 6", " WHERE i < 6", " WHERE i IN (1, 2, 3)")
	return selected{"SELECT " + strings.Join(items, ", ") + " FROM " + docs + where, types}
}

// jsonTable makes rows of parts of JSON.
func (q *query) jsonTable() selected {
	columns := func(prefix string) string {
		all := []string{
			prefix + "o FOR ORDINALITY", prefix + "a integer PATH 'lax $.a'", prefix + "v varchar PATH 'lax $'", prefix + "t varchar(3) PATH 'lax $.a' DEFAULT 'e' ON EMPTY NULL ON ERROR",
			prefix + "j varchar FORMAT JSON PATH 'lax $.b' WITH WRAPPER", prefix + "e boolean PATH 'lax $.t'", prefix + "d double PATH 'lax $.n' NULL ON EMPTY", prefix + "b bigint PATH 'lax $.b[0]' DEFAULT 0 ON ERROR",
			prefix + "q varchar FORMAT JSON PATH 'lax $' OMIT QUOTES",
		}
		q.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		return strings.Join(all[:1+q.IntN(3)], ", ")
	}
	nested := ""
	switch q.IntN(4) {
	case 0:
		nested = ", NESTED PATH 'lax $.b[*]' COLUMNS (" + columns("n") + ")"
	case 1:
		nested = ", NESTED PATH 'lax $.b[*]' AS n COLUMNS (" + columns("n") + "), NESTED PATH 'lax $.a[*]' AS m COLUMNS (" + columns("m") + ")"
	}
	plan := ""
	if strings.Count(nested, "NESTED") == 2 {
		plan = pick(q.dice, "", " PLAN DEFAULT (OUTER, UNION)", " PLAN DEFAULT (INNER, CROSS)", " PLAN (p OUTER (n UNION m))", " PLAN (p INNER (m CROSS n))")
	}
	name := ""
	if strings.Contains(plan, "(p ") {
		name = " AS p"
	}
	table := "JSON_TABLE(doc, " + quoted(pick(q.dice, "lax $", "lax $[*]", "lax $", "strict $", "lax $.b[*]", "lax $[*].b[*]")) + name + " COLUMNS (" + columns("c") + nested + ")" + plan + pick(q.dice, "", " EMPTY ON ERROR", " ERROR ON ERROR") + ") x"
	join := pick(q.dice, " CROSS JOIN "+table, ", "+table, " LEFT JOIN "+table+" ON true", " JOIN "+table+" ON true")
	where := pick(q.dice, "", " WHERE i <> 6", " WHERE i < 6", " WHERE i IN (1, 2, 3)")
	return selected{"SELECT i, x.* FROM " + docs + join + where, []datatype.Type{datatype.Of(datatype.Integer), datatype.Of(datatype.Unknown)}}
}
