package lake_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/lake"
)

const (
	openX    = "org.openx.data.jsonserde.JsonSerDe"
	hcatalog = "org.apache.hive.hcatalog.data.JsonSerDe"
	openCSV  = "org.apache.hadoop.hive.serde2.OpenCSVSerde"
)

func TestSerDes(t *testing.T) {
	column := func(name, hive string) lake.Column { return lake.Column{Name: name, Type: hive} }
	for _, tt := range []struct {
		name, serde string
		properties  map[string]string
		columns     []lake.Column
		body        string
		want        [][]string
		bad         int64
		fails       string // the error's code
	}{
		{
			name: "scalars as their text", serde: openX, columns: append(texts("a", "b", "c"), column("d", "bigint")),
			body: `{"a":"x","b":1.50,"c":true,"d":7}` + "\n" + `{"d":null,"a":{"k": [1, 2]}}`,
			want: [][]string{{"x", "1.50", "true", "7"}, {`{"k":[1,2]}`, "NULL", "NULL", "NULL"}},
		},
		{
			name: "nested columns", serde: openX,
			columns: []lake.Column{
				column("s", "struct<a:string,t:struct<b:int>>"), column("l", "array<struct<n:string,v:int>>"), column("m", "map<string,string>"),
			},
			body: `{"s":{"A":"x","t":{"b":1}},"l":[{"n":"one","v":1},null,{"v":"2"}],"m":{"k":1,"e":"x"}}` + "\n" + `{"s":{},"l":[],"m":{}}` + "\n" + `{"s":"no","l":7,"m":[]}`,
			want: [][]string{
				{"{x, {1}}", "[{one, 1}, NULL, {NULL, 2}]", "{e=x, k=1}"}, {"{NULL, NULL}", "[]", "{}"}, {"NULL", "NULL", "NULL"},
			},
		},
		{
			name: "names in any case, and paths say nothing", serde: openX, properties: map[string]string{"paths": "eventname,other"}, columns: texts("eventname"),
			body: `{"eventName":"A"}`, want: [][]string{{"A"}},
		},
		{
			name: "names in their own case", serde: openX, properties: map[string]string{"case.insensitive": "false", "mapping.eventname": "eventName"}, columns: texts("eventname", "b"),
			body: `{"eventName":"A","eventname":"no","B":1}`, want: [][]string{{"A", "NULL"}},
		},
		{
			name: "a member of another name", serde: openX, properties: map[string]string{"mapping.ts": "timestamp"}, columns: texts("ts"),
			body: `{"timestamp":5,"ts":6}`, want: [][]string{{"5"}},
		},
		{
			name: "dots in names", serde: openX, properties: map[string]string{"dots.in.keys": "true"}, columns: texts("a_b"), body: `{"a.b":1}`, want: [][]string{{"1"}},
		},
		{
			name: "times in their forms", serde: openX, columns: []lake.Column{column("a", "timestamp"), column("b", "timestamp"), column("c", "date")},
			body: `{"a":"2024-05-01T10:02:03+09:00","b":1714525323500,"c":"2024-05-01"}`, want: [][]string{{"2024-05-01 01:02:03", "2024-05-01 01:02:03.5", "2024-05-01"}},
		},
		{
			name: "a broken line is a row of NULLs when the table says so", serde: openX, properties: map[string]string{"ignore.malformed.json": "TRUE"}, columns: texts("a"),
			body: "{\"a\":1}\nnot JSON\n{\"a\":2}", want: [][]string{{"1"}, {"NULL"}, {"2"}}, bad: 1,
		},
		{name: "a broken line fails", serde: openX, columns: texts("a"), body: "{\"a\":1}\nnot JSON\n", fails: "HIVE_CURSOR_ERROR"},
		{name: "two objects on a line fail", serde: hcatalog, columns: texts("a"), body: `{"a":1}{"a":2}`, fails: "HIVE_CURSOR_ERROR"},
		{name: "Hive's own", serde: hcatalog, columns: texts("a"), body: "{\"A\":\"x\"}\n\n{\"a\":\"y\"}\n", want: [][]string{{"x"}, {"y"}}},
		{name: "the last of doubles", serde: hcatalog, columns: texts("a"), body: `{"a":1,"A":2}`, want: [][]string{{"2"}}},
		{
			name: "CSV in quotes", serde: openCSV, columns: texts("a", "b", "c"), body: `"x, y","say ""hi""",` + "\n" + `one` + "\n" + `a\"b,'c',"d`,
			want: [][]string{{"x, y", `say "hi"`, ""}, {"one", "NULL", "NULL"}, {`a"b`, "'c'", "d"}},
		},
		{
			name: "CSV with its own characters", serde: openCSV, properties: map[string]string{"separatorChar": `\t`, "quoteChar": "'", "escapeChar": `\`}, columns: texts("a", "b"),
			body: "'x\ty'\tz", want: [][]string{{"x\ty", "z"}},
		},
		{
			name: "CSV with types", serde: openCSV, columns: []lake.Column{column("a", "int"), column("b", "date"), column("c", "timestamp"), column("d", "boolean"), column("e", "decimal(5,2)")},
			body: `"7","19844","1714525323500","TRUE","1.5"`, want: [][]string{{"7", "2024-05-01", "2024-05-01 01:02:03.500", "TRUE", "1.5"}},
		},
		{name: "an empty number fails", serde: openCSV, columns: []lake.Column{column("a", "int")}, body: `""`, fails: "HIVE_BAD_DATA"},
		{name: "a date that is none fails", serde: openCSV, columns: []lake.Column{column("a", "date")}, body: `2024-05-01`, fails: "HIVE_BAD_DATA"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := open(t, memory{"x": tt.body})
			table := lake.Table{Name: "t", Location: "s3://logs/", SerDe: tt.serde, SerDeProperties: tt.properties, Columns: tt.columns}
			if tt.fails != "" {
				scan, err := l.Plan(t.Context(), table, nil)
				if err != nil {
					t.Fatal(err)
				}
				_, err = l.Load(t.Context(), scan, nil)
				if e, ok := errors.AsType[*cloud.Error](err); !ok || e.Code != tt.fails || cloud.KindOf(err) != cloud.Invalid {
					t.Errorf("error %v, want %s", err, tt.fails)
				}
				return
			}
			_, files := load(t, l, table, nil)
			if diff := cmp.Diff(tt.want, rows(t, files)); diff != "" {
				t.Error(diff)
			}
			if files.Stats.Bad != tt.bad {
				t.Errorf("%d lines did not parse", files.Stats.Bad)
			}
		})
	}
}

// A line that AWS's expression does not match is a row of NULLs, unless the table
// is lenient.
func TestTablesAnswerAsAthena(t *testing.T) {
	ordinary := albHead + `"GET https://h:443/ HTTP/1.1" "curl"` + albMid + albTail
	for _, tt := range []struct {
		name, line, expression string
		strict, lenient        string // the user agent
	}{
		{name: "an ordinary line", line: ordinary, expression: albRegex2026, strict: "curl", lenient: "curl"},
		{name: "later fields that the expression lets follow", line: ordinary + ` TID_1 "h" "/u" "-" 3.34.116.99 "-" "-"`, expression: albRegex2026, strict: "curl", lenient: "curl"},
		{name: "a later field that it does not", line: ordinary + ` TID_1`, expression: albRegex2023, strict: "NULL", lenient: "curl"},
		{name: "an older line", line: albHead + `"GET https://h:443/ HTTP/1.1" "curl"` + albMid, expression: albRegex2026, strict: "NULL", lenient: "curl"},
		{name: "quotes in the user agent", line: strings.Replace(ordinary, `"curl"`, `"a \"b\" c"`, 1), expression: albRegex2026, strict: "NULL", lenient: `a \"b\" c`},
		{name: "a cipher in small letters", line: strings.Replace(ordinary, "ECDHE-RSA", "ecdhe-rsa", 1), expression: albRegex2026, strict: "NULL", lenient: "curl"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, lenient := range []string{"", "true"} {
				table := regexTable(hive(tt.expression), numbered(33))
				table.Properties = map[string]string{"sillok.lenient": lenient}
				_, files := load(t, open(t, memory{"a.log": tt.line + "\n"}), table, nil)
				const userAgent = 17
				got = append(got, rows(t, files)[0][userAgent])
			}
			if diff := cmp.Diff([]string{tt.strict, tt.lenient}, got); diff != "" {
				t.Errorf("(-want +got) strict, lenient\n%s", diff)
			}
		})
	}
}
