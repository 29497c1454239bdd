package scalar_test

import (
	"strings"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/engine/scalar"
	"github.com/sillok/sillok/internal/engine/work"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
)

func TestJSONQuery(t *testing.T) {
	const (
		doc     = `'{"a": {"b": 1.50}, "c": [true, {"c": {"c": null}}], "s": "x\"y", "e": []}'`
		output  = "JSON_OUTPUT_CONVERSION_ERROR: conversion from JSON failed: "
		path    = "PATH_EVALUATION_ERROR: path evaluation failed: "
		refused = " is not supported by this version of Sillok"
	)
	for clauses, want := range map[string]string{
		`'lax $'`:                              `{"a":{"b":1.5},"c":[true,{"c":{"c":null}}],"s":"x\"y","e":[]}`,
		`'lax $.a.b'`:                          "1.5",
		`'lax $.s'`:                            `"x\"y"`,
		`'lax $.s' OMIT QUOTES`:                `x"y`,
		`'lax $.c[0]'`:                         "true",
		`'lax $.c[last]'`:                      `{"c":{"c":null}}`,
		`'lax $.c[last - 1]'`:                  "true",
		`'lax $.c[0 to 5]' WITH ARRAY WRAPPER`: `[true,{"c":{"c":null}}]`,
		`'lax $.c.c'`:                          `{"c":null}`,
		`'lax $.*' WITH CONDITIONAL ARRAY WRAPPER`:           `[{"b":1.5},[true,{"c":{"c":null}}],"x\"y",[]]`,
		`'lax $.a' WITH CONDITIONAL ARRAY WRAPPER`:           `{"b":1.5}`,
		`'lax $.s' WITH CONDITIONAL ARRAY WRAPPER`:           `["x\"y"]`,
		`'lax $..c' WITH ARRAY WRAPPER`:                      `[[true,{"c":{"c":null}}],{"c":null},null]`,
		`'lax $."a"."b"[0]'`:                                 "1.5",
		`'lax $.nope'`:                                       "null",
		`'lax $.nope' EMPTY OBJECT ON EMPTY`:                 "{}",
		`'lax $.nope' ERROR ON EMPTY`:                        output + "JSON path found no items",
		`'lax $.c[*]' ERROR ON ERROR`:                        output + "JSON path found multiple items",
		`'strict $.nope'`:                                    "null",
		`'strict $.nope' ERROR ON ERROR`:                     path + "structural error: missing member 'nope' in JSON object",
		`'strict $.e[0]' ERROR ON ERROR`:                     path + "structural error: invalid array subscript for empty array",
		`'strict $.s.x' ERROR ON ERROR`:                      path + "invalid item type. Expected: OBJECT, actual: TEXT",
		`'lax $.a' RETURNING varbinary`:                      "7b 22 62 22 3a 31 2e 35 7d",
		`'lax $.c.size()'`:                                   "2",
		`'lax $.a.b.type()'`:                                 `"number"`,
		`'lax $.a.b * 2 + 1'`:                                "4.0",
		`'lax $.c[1 - 1]'`:                                   "true",
		`'lax $.c[$at]' PASSING 1 AS "at"`:                   `{"c":{"c":null}}`,
		`'lax $.c ? (exists(@.c))'`:                          `{"c":{"c":null}}`,
		`'lax $.a ? (@.b > 1 && !(@.b == 2)).b'`:             "1.5",
		`'lax $.a ? (@.b > 2)'`:                              "null",
		`'lax $.s ? (@ starts with "x")'`:                    `"x\"y"`,
		`'lax $.s ? (@ == 1)'`:                               "null",
		`'lax $.s ? ((@ == 1) is unknown)'`:                  `"x\"y"`,
		`'strict $.s.abs()' ERROR ON ERROR`:                  path + "invalid item type. Expected: NUMBER, actual: TEXT",
		`'lax $.c[$at]' PASSING NULL AS "at" ERROR ON ERROR`: path + "invalid item type. Expected: NUMBER, actual: NULL",
		`'lax $.s * 2' ERROR ON ERROR`:                       path + "invalid item type. Expected: NUMBER, actual: TEXT",
		`'lax 5 / 0' ERROR ON ERROR`:                         path + "Division by zero",
		`'lax 2147483647 + 1'`:                               "SILLOK_NOT_SUPPORTED: arithmetic of large numbers or decimals in a JSON path" + refused,
		`'lax $.a ? (@.b like_regex "1")'`:                   "NOT_SUPPORTED: line 1:96: like_regex predicate in JSON path is not yet supported",
		`'lax $.c ? (@ > 1)'`:                                "null",
		`'lax $.a.size()'`:                                   "1",
		`'strict $.a.size()' ERROR ON ERROR`:                 path + "invalid item type. Expected: ARRAY, actual: OBJECT",
		`'lax $.*.type()' WITH ARRAY WRAPPER`:                `["object","array","string","array"]`,
		`'lax $.a.b.abs()'`:                                  "1.5",
	} {
		if got := evaluated(t, "json_query("+doc+", "+clauses+")"); got != want {
			t.Errorf("%s\n got %s\nwant %s", clauses, got, want)
		}
	}
}

func TestJSONForms(t *testing.T) {
	runExpressions(t, []expression{
		{`json_query('[', 'lax $' EMPTY ARRAY ON ERROR)`, "[]"},
		{`json_query('[', 'lax $' ERROR ON ERROR)`, "JSON_INPUT_CONVERSION_ERROR: conversion to JSON failed: "},
		{`json_query(NULL, 'lax $')`, "null"},
		{`json_query('', 'lax $')`, "null"},
		{`json_query(' ', 'lax $[0]' WITH ARRAY WRAPPER)`, "[null]"},
		{`json_exists('', 'lax $.a' TRUE ON ERROR)`, "false"},
		{`json_value('', 'lax $' DEFAULT 'x' ON ERROR)`, "x"},
		{`json_value('{"a": "hello"}', 'lax $.a' RETURNING varchar(3))`, "hel"},
		{`json_array(JSON '1', JSON '"x"', JSON 'null' NULL ON NULL)`, `["1","x",null]`},
		{`json_array(JSON 'null')`, "[]"},
		{`json_object('k' : JSON '{}')`, "INVALID_CAST_ARGUMENT: Cannot cast '{}' to varchar"},
		{`json_value('{"a": "x"}', 'lax $.a')`, "x"},
		{`json_value('{"a": 1.50}', 'lax $.a')`, "1.5E0"},
		{`json_value('{"a": "12"}', 'lax $.a' RETURNING bigint)`, "12"},
		{`json_value('{"a": null}', 'lax $.a' RETURNING bigint)`, "null"},
		{`json_value('{}', 'lax $.a' RETURNING bigint DEFAULT 7 ON EMPTY)`, "7"},
		{`json_value('{}', 'lax $' RETURNING bigint DEFAULT 8 ON ERROR)`, "8"},
		{
			`json_value('{"a": "x"}', 'lax $.a' RETURNING bigint ERROR ON ERROR)`,
			"JSON_VALUE_RESULT_ERROR: cannot extract SQL scalar from JSON: JSON path found an item that cannot be converted to an SQL value",
		},
		{`json_value('[true]', 'lax $[0]' RETURNING boolean)`, "true"},
		{`json_exists('[1, 2]', 'lax $[1]')`, "true"},
		{`json_exists('[1, 2]', 'lax $[2]')`, "false"},
		{`json_exists('[1, 2]', 'strict $[2]')`, "false"},
		{`json_exists('[1, 2]', 'strict $[2]' UNKNOWN ON ERROR)`, "null"},
		{`json_exists('[1, 2]', 'lax $.a')`, "false"},
		{`json_array(true, 12e-1, 'text', NULL, 1.50)`, `[true,1.2,"text",1.50]`},
		{`json_array(NULL NULL ON NULL)`, "[null]"},
		{`json_array('{"a" : 1}' FORMAT JSON, json_array(1))`, `[{"a":1},[1]]`},
		{`json_array('[...' FORMAT JSON)`, "JSON_INPUT_CONVERSION_ERROR: conversion to JSON failed: "},
		{`json_array(true RETURNING varbinary FORMAT JSON ENCODING UTF16)`, "5b 00 74 00 72 00 75 00 65 00 5d 00"},
		{`json_object('key_1' : 1, 'key_2' : 2)`, `{"key_2":2,"key_1":1}`},
		{
			`json_object('x' : DATE '2001-01-31', 'y' : UUID '12151fd2-7586-11e9-8f9e-2a86e4085a59')`,
			`{"x":"2001-01-31","y":"12151fd2-7586-11e9-8f9e-2a86e4085a59"}`,
		},
		{`json_object('x' : NULL ABSENT ON NULL)`, "{}"},
		{`json_object()`, "{}"},
		{`json_object('x' : 1, 'x' : 2)`, "NOT_SUPPORTED: cannot construct a JSON object with duplicate key"},
		{`json_object('x' : 1, 'x' : 2 WITH UNIQUE KEYS)`, argument + "duplicate key passed to JSON_OBJECT function"},
	})
}

func FuzzJSONPath(f *testing.F) {
	for _, seed := range []string{"lax $.a[*]", `strict $."x""y"..b`, "lax $[0, 1 to last - 1]", "lax $ ? (@.a == 1)", "$", "lax -(1 + $.a) * 2", "lax ((1 < 2) is unknown)", "lax $ ? (((((@ > 1)))))"} {
		f.Add(seed, `{"a": [1, {"b": null}]}`)
	}
	f.Fuzz(func(t *testing.T, path, doc string) {
		exists, err := scalar.JSONPath(&plan.JSONPathCall{
			Name: "json_exists", Path: path, Input: &plan.Const{T: datatype.Text()}, OnError: plan.JSONBehavior{Kind: "ERROR"}, T: datatype.Of(datatype.Boolean),
		})
		if err != nil {
			return
		}
		v, err := exists(work.New(t.Context(), time.Time{}), doc, nil, nil, nil)
		if err == nil && v != true && !strings.ContainsAny(path, ".[?") {
			t.Errorf("%q finds nothing in %q", path, doc)
		}
	})
}
