package scalar_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/engine/scalar"
	"github.com/sillok/sillok/internal/engine/work"
	"github.com/sillok/sillok/internal/sql/datatype"
)

func TestJSONExtract(t *testing.T) {
	const doc = `'{"a": {"b": [1.50, "x\ty\u00e9\ud83d\ude00", true, null, {"c d": 1e2}]}, "z": 0}'`
	runExpressions(t, []expression{
		{`json_extract_scalar(` + doc + `, '$.a.b[0]')`, "1.50"},
		{`json_extract_scalar(` + doc + `, '$.a.b[1]')`, "x\tyé😀"},
		{`json_extract_scalar(` + doc + `, '$.a.b[2]')`, "true"},
		{`json_extract_scalar(` + doc + `, '$.a.b[3]')`, "null"},
		{`json_extract_scalar(` + doc + `, '$.a.b[4]')`, "null"},
		{`json_extract_scalar(` + doc + `, '$.a.b[4]["c d"]')`, "1e2"},
		{`json_extract_scalar(` + doc + `, '$["a"]["b"][5]')`, "null"},
		{`json_extract_scalar(` + doc + `, '$.a[b].2')`, "true"},
		{`json_extract_scalar(` + doc + `, '$.z.y')`, "null"},
		{`json_extract(` + doc + `, '$.a.b')`, `[1.5,"x\tyé\uD83D\uDE00",true,null,{"c d":100.0}]`},
		{`json_extract(` + doc + `, '$.a.b[3]')`, "null"},
		{`json_extract(` + doc + `, '$.a.b[3]') IS NULL`, "false"},
		{`json_extract(JSON '"x"', '$')`, `"x"`},
		{`json_extract_scalar(JSON '[1.50]', '$[0]')`, "1.5"},
		// What stands behind the value is not looked at.
		{`json_extract_scalar('{"a": 1} rubbish', '$.a')`, "1"},
		{`json_extract_scalar('{"a": 1, "b"', '$.a')`, "1"},
		{`json_extract_scalar('{"b": [1,], "a": 1}', '$.a')`, "null"},
		{`json_extract_scalar('{"a": 1, "a": 2}', '$.a')`, "1"},
		{`json_extract_scalar('{"\u0061": 1}', '$.a')`, "1"},
		{`json_extract_scalar('{"a": 01}', '$.a')`, "null"},
		{`json_extract_scalar('{"a": truer}', '$.a')`, "null"},
		{`json_extract_scalar('1x', '$')`, "null"},
		{`json_extract_scalar('', '$')`, "null"},
		{`json_extract_scalar('{"a:b": 1}', '$.a:b')`, "1"},
		{`json_extract_scalar('{"\"": 1}', '$["\""]')`, "1"},
		{`json_extract_scalar('{}', '$.')`, argument + "Invalid JSON path: '$.'"},
		{`json_extract_scalar('{}', 'a')`, argument + "Invalid JSON path: 'a'"},
		{`json_extract_scalar('{}', '$[''a'']')`, argument + "Invalid JSON path: '$['a']'"},
		{`json_extract_scalar('{}', '$..a')`, argument + "Invalid JSON path: '$..a'"},
		{`json_extract_scalar('{}', '$.*')`, argument + "Invalid JSON path: '$.*'"},
		{`json_size('{"x": {"a": 1, "b": [1]}}', '$.x')`, "2"},
		{`json_size('[1, 2', '$')`, "null"},
		{`json_size('1', '$')`, "0"},
	})
}

func TestJSONFunctions(t *testing.T) {
	runExpressions(t, []expression{
		{`json_parse(' {"b": 1.50, "a": [1e3, -0, 1e400], "b": "\/\u0001"} ')`, `{"a":[1000.0,0,"Infinity"],"b":"/\u0001"}`},
		{`json_parse('{"é": 1, "z": 2, "Z": 3}')`, `{"Z":3,"z":2,"é":1}`},
		{`json_parse('[1] 2')`, argument + "Cannot convert value to JSON: '[1] 2'"},
		{`json_format(JSON '["a", "b"]')`, `["a","b"]`},
		{`json_array_length('[1, [2, 3]]')`, "2"},
		{`json_array_length('{}')`, "null"},
		{`json_array_get('["a", 1.50, {"b": 2, "a": 1.50}]', 0)`, "a"},
		{`json_array_get('["a", 1.50, {"b": 2, "a": 1.50}]', -2)`, "1.50"},
		{`json_array_get('["a", 1.50, {"b": 2, "a": 1.50}]', -1)`, `{"b":2,"a":1.5}`},
		{`json_array_get('["a"]', 1)`, "null"},
		{`json_array_get('["a"', 0)`, "a"},
		{`json_array_contains('[1, "1", 2.5]', 1)`, "true"},
		{`json_array_contains('[1, "1", 2.5]', 2.5e0)`, "true"},
		{`json_array_contains('[1.0]', 1)`, "false"},
		{`json_array_contains('[[true]]', true)`, "false"},
		{`json_array_contains('["a\u0062"]', 'ab')`, "true"},
		{`json_array_contains('[1, ', 2)`, "null"},
		{`is_json_scalar('[1, 2]')`, "false"},
		{`is_json_scalar(' "a" ')`, "true"},
		{`is_json_scalar('1 2')`, argument + "Invalid JSON value: 1 2"},
	})
}

func TestJSONCasts(t *testing.T) {
	const cannot = "INVALID_CAST_ARGUMENT: Cannot cast"
	runExpressions(t, []expression{
		{`CAST('a"b' AS json)`, `"a\"b"`},
		{`CAST(1.50 AS json)`, "1.50"},
		{`CAST(0.00000001 AS json)`, "1E-8"},
		{`CAST(1e10 AS json)`, "1.0E10"},
		{`CAST(nan() AS json)`, `"NaN"`},
		{`CAST(DATE '2020-01-02' AS json)`, `"2020-01-02"`},
		{`CAST(TIMESTAMP '2020-01-02 03:04:05.60' AS json)`, `"2020-01-02 03:04:05.60"`},
		{`CAST(ARRAY[1, NULL] AS json)`, "[1,null]"},
		{`CAST(MAP(ARRAY['b', 'a'], ARRAY[1, 2]) AS json)`, `{"a":2,"b":1}`},
		{`CAST(ROW(1, 'x') AS json)`, `{"":1,"":"x"}`},
		{`CAST(CAST(ROW(1, 'x') AS ROW(a bigint, b varchar)) AS json)`, `{"a":1,"b":"x"}`},
		{`CAST(ARRAY[JSON '{"b": 1, "a": 2}'] AS json)`, `[{"a":2,"b":1}]`},
		{`CAST(JSON 'null' AS bigint)`, "null"},
		{`CAST(JSON '128.9' AS bigint)`, "129"},
		{`CAST(JSON '"128"' AS integer)`, "128"},
		{`CAST(JSON 'true' AS double)`, "1.0"},
		{`CAST(JSON '1.5' AS varchar)`, "1.5E0"},
		{`CAST(JSON '"a\tb"' AS varchar)`, "a\tb"},
		{`CAST(JSON '12345678901' AS integer)`, cannot + " '12345678901' to integer"},
		{`CAST(JSON '"x"' AS bigint)`, cannot + " 'x' to BIGINT"},
		{`CAST(JSON '[1]' AS bigint)`, cannot + " '[1]' to bigint"},
		{`CAST(JSON '1.005' AS decimal(5,2))`, "1.01"},
		{`CAST(JSON '-1.005' AS decimal(5,2))`, "-1.01"},
		{`CAST(JSON '12345' AS decimal(4,0))`, "INVALID_CAST_ARGUMENT: Cannot cast input json to DECIMAL(4,0)"},
		{`CAST(JSON '"1e2"' AS decimal(4,0))`, "100"},
		{`CAST(JSON '[1, "2", null]' AS array(integer))`, "[1, 2, null]"},
		{`CAST(JSON '{"1": [true], "2": null}' AS map(bigint, array(boolean)))`, "{1=[true], 2=null}"},
		{`CAST(JSON '{"B": "x", "a": 1, "c": 2}' AS ROW(a bigint, b varchar, d double))`, "{a=1, b=x, d=null}"},
		{`CAST(JSON '[1, "x"]' AS ROW(a bigint, b varchar))`, "{a=1, b=x}"},
		{`CAST(JSON '[{"b": 1, "a": [2]}]' AS array(json))`, `[{"a":[2],"b":1}]`},
		{`CAST(JSON '1' AS array(bigint))`, cannot + " to array(bigint). Expected a json array, but got 1\n1"},
		{`CAST(JSON '[[1]]' AS array(bigint))`, cannot + " to array(bigint). Unexpected token when cast to bigint: [\n[[1]]"},
		{`CAST(JSON '{"1": 1, "01": 2}' AS map(bigint, bigint))`, cannot + " to map(bigint, bigint). Duplicate keys are not allowed\n" + `{"01":2,"1":1}`},
		{`CAST(JSON '[1]' AS ROW(a bigint, b bigint))`, cannot + " to row(a bigint, b bigint). Unexpected token when cast to bigint: ]\n[1]"},
		{`TRY_CAST(JSON '[1, "x"]' AS array(bigint))`, "null"},
		{`CAST(json_parse('{"a": {"b": "c"}}') AS map(varchar, json))`, `{a={"b":"c"}}`},
	})
}

func lookupJSON(tb testing.TB, name string, result datatype.Type, params ...datatype.Type) scalar.Function {
	tb.Helper()
	f, ok := scalar.Lookup(name, params, result)
	if !ok {
		tb.Fatal("no form")
	}
	return f
}

// The canonical form must mean what the text means, and be its own.
func FuzzJSONParse(f *testing.F) {
	for _, seed := range []string{`{}`, `[1, -0.5e-3, "\ud83d\ude00\/", null]`, `{"b": {"a": []}, "a": true}`, `01`, `"\u12"`, `[1,]`, "\"\x01\""} {
		f.Add(seed)
	}
	parse := lookupJSON(f, "json_parse", datatype.Of(datatype.JSON), datatype.Text())
	f.Fuzz(func(t *testing.T, text string) {
		got, err := parse.Call(work.New(t.Context(), time.Time{}), []any{text})
		if (err == nil) != json.Valid([]byte(text)) {
			t.Fatalf("%q: %v, but it is valid: %v", text, err, json.Valid([]byte(text)))
		}
		if err != nil {
			return
		}
		var want, have any
		canonical, _ := got.(string)
		if err := json.Unmarshal([]byte(canonical), &have); err != nil {
			t.Fatalf("%q became %q: %v", text, canonical, err)
		}
		// Half a surrogate pair, broken UTF-8 and infinite numbers change.
		if err := json.Unmarshal([]byte(text), &want); err == nil && !strings.ContainsAny(text, "\\\ufffdeE") && !reflect.DeepEqual(want, have) {
			t.Errorf("%q became %q", text, canonical)
		}
		if again, err := parse.Call(work.New(t.Context(), time.Time{}), []any{canonical}); err != nil || again != canonical {
			t.Errorf("%q became %v (%v)", canonical, again, err)
		}
	})
}

// The extractor must find what decoding the whole finds.
func FuzzJSONExtract(f *testing.F) {
	for _, seed := range [][2]string{{`{"a": [1, {"b": "x"}]}`, "$.a[1].b"}, {`[[], 2]`, `$[1]`}, {`{"": 1}`, `$[""]`}, {`{"a":`, "$.a"}, {"[1", "$.x[\"\\\"\"]"}} {
		f.Add(seed[0], seed[1])
	}
	extract := lookupJSON(f, "json_extract_scalar", datatype.Text(), datatype.Text(), datatype.Of(datatype.JSONPath))
	f.Fuzz(func(t *testing.T, text, path string) {
		got, err := extract.Call(work.New(t.Context(), time.Time{}), []any{text, path})
		if err != nil || got == nil {
			return
		}
		if path == "$" && json.Valid([]byte(text)) {
			var whole any
			numbers := json.NewDecoder(strings.NewReader(text))
			numbers.UseNumber() // one that no float64 can be is none of ours to judge
			if err := numbers.Decode(&whole); err != nil {
				t.Fatal(err)
			}
			if s, ok := whole.(string); ok && s != got && !strings.Contains(s, "\ufffd") {
				t.Errorf("%q is %q", text, got)
			}
		}
	})
}

func BenchmarkJSONExtractScalar(b *testing.B) {
	extract := lookupJSON(b, "json_extract_scalar", datatype.Text(), datatype.Text(), datatype.Of(datatype.JSONPath))
	doc := `{"userIdentity": {"type": "AssumedRole", "arn": "arn:aws:sts::1:assumed-role/x/y", "sessionContext": {"attributes": ` +
		`{"mfaAuthenticated": "false", "creationDate": "2020-01-01T00:00:00Z"}}}, "requestParameters": {"bucketName": "b", "key": "` +
		strings.Repeat("k", 200) + `"}, "instancesSet": {"items": [{"instanceId": "i-0"}, {"instanceId": "i-1"}]}}`
	b.SetBytes(int64(len(doc)))
	for b.Loop() {
		if v, err := extract.Call(work.New(b.Context(), time.Time{}), []any{doc, "$.instancesSet.items[1].instanceId"}); err != nil || v != "i-1" {
			b.Fatal(v, err)
		}
	}
}

// Casts of maps whose keys are no names of a JSON object are known, and always fail.
func TestMapsThatAreNoJSON(t *testing.T) {
	const failed = "INVALID_CAST_ARGUMENT: Cannot cast "
	runExpressions(t, []expression{
		{`CAST(JSON '{}' AS map(date, integer))`, failed + "JSON to map(date, integer)"},
		{`TRY_CAST(JSON '[]' AS array(map(uuid, integer)))`, failed + "JSON to array(map(uuid, integer))"},
		{`CAST(CAST(NULL AS json) AS row(a map(json, integer)))`, failed + "JSON to row(a map(json, integer))"},
		{`CAST(MAP(ARRAY[DATE '2024-01-01'], ARRAY[1]) AS json)`, failed + "map(date, integer) to JSON"},
		{`TRY_CAST(CAST(NULL AS map(date, integer)) AS json)`, "null"},
		{`TRY_CAST(CAST(NULL AS json) AS map(date, integer))`, "null"},
		{`CAST(MAP() AS json)`, "{}"},
		{`CAST(JSON '{}' AS map(array(integer), integer))`, "TYPE_MISMATCH: line 1:8: Cannot cast json to map(array(integer), integer)"},
	})
}
