package lake_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/lake"
)

func gz(tb testing.TB, parts ...string) string {
	tb.Helper()
	var b bytes.Buffer
	for _, p := range parts {
		z := gzip.NewWriter(&b)
		if _, err := z.Write([]byte(p)); err != nil {
			tb.Fatal(err)
		}
		if err := z.Close(); err != nil {
			tb.Fatal(err)
		}
	}
	return b.String()
}

func record(name string) string {
	return `{"eventVersion":"1.08","userIdentity":{"type":"Root"},"eventTime":"2024-05-01T00:00:00Z","eventName":"` + name + `","requestParameters":{"a":[1, 2]},"readOnly":true}`
}

func TestTrailDocuments(t *testing.T) {
	two := [][]string{{"A", "true"}, {"B", "true"}}
	for _, tt := range []struct {
		name, body string
		want       [][]string // event name and readOnly
		bad        int64
		damaged    bool
	}{
		{name: "records", body: `{"Records":[` + record("A") + `,` + record("B") + `]}`, want: two},
		{name: "records, spaced and in another case", body: "\n{ \"records\" : [ " + record("A") + " ,\n" + record("B") + " ] }\n", want: two},
		{name: "another member first", body: `{"version":1,"Records":[` + record("A") + `,` + record("B") + `],"more":{}}`, want: two},
		{name: "a bare array", body: `[` + record("A") + `,` + record("B") + `]`, want: two},
		{name: "JSON lines", body: record("A") + "\n" + record("B") + "\n", want: two},
		{name: "a document a line", body: `{"Records":[` + record("A") + `]}` + "\n" + `{"Records":[` + record("B") + "]}", want: two},
		{name: "gzip", body: gz(t, `{"Records":[`+record("A")+`,`+record("B")+`]}`), want: two},
		{name: "gzip in two members", body: gz(t, `{"Records":[`+record("A")+`,`, record("B")+`]}`), want: two},
		{name: "no records", body: `{"Records":[]}`},
		{name: "an empty record", body: `{"Records":[{}]}`, want: [][]string{{"NULL", "NULL"}}},
		{name: "a broken record among others", body: `{"Records":[` + record("A") + `,{"eventName":tru},` + record("B") + `]}`, want: [][]string{two[0], {"NULL", "NULL"}, two[1]}, bad: 1},
		{name: "a broken line among others", body: record("A") + "\n{\"eventName\":\"x\n" + record("B"), want: [][]string{two[0], {"NULL", "NULL"}, two[1]}, bad: 1},
		{name: "an element that is no object", body: `[` + record("A") + `,null,7,` + record("B") + `]`, want: [][]string{two[0], {"NULL", "NULL"}, {"NULL", "NULL"}, two[1]}, bad: 2},
		{name: "cut off in a record", body: `{"Records":[` + record("A") + `,` + record("B")[:50], want: [][]string{two[0], {"NULL", "NULL"}}, bad: 1},
		{name: "cut off after a record", body: `{"Records":[` + record("A"), want: two[:1], bad: 1},
		{name: "commas between records that are in no array", body: record("A") + ",\n" + record("B") + "\n", want: two},
		{name: "a comma behind the last record", body: record("A") + "," + record("B") + ",\n... and more\n", want: [][]string{two[0], two[1], {"NULL", "NULL"}, {"NULL", "NULL"}}, bad: 2},
		{name: "a comma is missing", body: `{"Records":[` + record("A") + record("B") + `]}`, want: two, bad: 1},
		{name: "a record without its last brace", body: "[\n" + record("A") + ",\n{\"eventName\": \"X\",\n" + record("B") + "\n]", want: [][]string{two[0], {"NULL", "NULL"}, two[1]}, bad: 1},
		{name: "a document behind a broken one", body: `{"Records":[` + record("A") + `,` + "\n" + `{"Records":[` + record("B") + "]}\n", want: two, bad: 1},
		{name: "documents in an array", body: `[{"Records":[` + record("A") + `]},{"Records":[` + record("B") + `]}]`, want: two},
		{name: "text that is no JSON", body: "hello\nworld\n", want: [][]string{{"NULL", "NULL"}, {"NULL", "NULL"}}, bad: 2},
		{name: "a digest", body: `{"digestStartTime":"x","logFiles":[]}`, bad: 1},
		{name: "gzip that is cut off", body: gz(t, `{"Records":[`+record("A")+`,`+record("B")+strings.Repeat(" ", 100)+`]}`)[:120], damaged: true, want: [][]string{two[0], {"NULL", "NULL"}}, bad: 2},
		{name: "a gzip header and nothing else", body: "\x1f\x8b", damaged: true},
		{name: "duplicate members", body: `[{"eventName":"X","readOnly":false,"EVENTNAME":"A","readOnly":true}]`, want: two[:1]},
		{name: "escapes", body: `[{"event\u004eame":"\u0041","readOnly":"true"}]`, want: two[:1]},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, files := load(t, open(t, memory{"a.json.gz": tt.body}), trail(texts("eventname", "readonly")...), nil)
			got := rows(t, files)
			if tt.damaged && tt.name == "gzip that is cut off" {
				// Where the data ends depends on the compressor; what must hold is that it is said and counted.
				if files.Stats.Damaged != 1 {
					t.Errorf("stats %+v", files.Stats)
				}
				return
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			if files.Stats.Bad != tt.bad || (files.Stats.Damaged == 1) != tt.damaged {
				t.Errorf("stats %+v", files.Stats)
			}
		})
	}
}

func TestTrailTexts(t *testing.T) {
	columns := append(texts("requestparameters", "responseelements", "apiversion", "additionaleventdata", "errormessage", "tlsdetails"),
		lake.Column{Name: "useridentity", Type: "struct<type:string,invokedby:string,sessioncontext:struct<webidfederationdata:struct<federatedprovider:string,attributes:map<string,string>>>>"},
		lake.Column{Name: "resources", Type: "array<struct<arn:string,type:string>>"})
	body := `[{"requestParameters": {"b": [1, 2.50], "a": {"k": "v w"}}, "responseElements": null, "apiVersion": 2.10, "additionalEventData": "text",
		"errorMessage": "a\n\"b\" \ud83d\ude00 한", "tlsDetails": {"tlsVersion": "TLSv1.2"}, "userIdentity": {"type": "X", "sessionContext": {"webIdFederationData": {"federatedProvider": "p", "attributes": {"a": "1", "b": 2}}}},
		"resources": [{"ARN": "r1", "accountId": "1"}, null, {"type": "t", "arn": "r2"}]},
		{"userIdentity": {"type": "Y", "sessionContext": {"webIdFederationData": {}}}, "resources": [], "tlsDetails": "-"},
		{"userIdentity": null, "resources": "none"}]`
	_, files := load(t, open(t, memory{"a.json": body}), trail(columns...), nil)
	want := [][]string{
		{
			`{"b":[1,2.50],"a":{"k":"v w"}}`, "NULL", "2.10", "text", "a\n\"b\" 😀 한", `{"tlsVersion":"TLSv1.2"}`,
			"{X, NULL, {{p, {a=1, b=2}}}}", "[{r1, NULL}, NULL, {r2, t}]",
		},
		{"NULL", "NULL", "NULL", "NULL", "NULL", "-", "{Y, NULL, {{NULL, {}}}}", "[]"},
		{"NULL", "NULL", "NULL", "NULL", "NULL", "NULL", "NULL", "NULL"},
	}
	got := rows(t, files)
	// A map or list that is not there and one that is empty read alike through parquet-go's maps.
	for _, row := range got {
		row[6] = strings.ReplaceAll(row[6], "{NULL, NULL}", "{NULL, {}}")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	rest := records(t, files.Groups[0].Files[0].Path)
	if got := spell(rest[2]["_rest"]); got != `{"resources":"none"}` {
		t.Errorf("what does not fit is kept, got %s", got)
	}
}

// A document of one line and 40 MB, with one record of half that size.
func TestLargeTrailDocumentNeedsLittleMemory(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{"Records":[`)
	n := 0
	for b.Len() < 20<<20 {
		b.WriteString(record(fmt.Sprintf("Event%d", n)) + ",")
		n++
	}
	b.WriteString(`{"eventName":"Large","requestParameters":{"x":"` + strings.Repeat("y", 20<<20) + `"}}]}`)
	body := memory{"large.json.gz": gz(t, b.String())}
	l := open(t, body)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	_, files := load(t, l, trail(), nil)
	runtime.ReadMemStats(&after)
	if files.Stats.Rows != int64(n+1) || files.Stats.Bad != 0 {
		t.Errorf("stats %+v, want %d rows", files.Stats, n+1)
	}
	if grown := int64(after.Sys) - int64(before.Sys); grown > 600<<20 {
		t.Errorf("took %d MB", grown>>20)
	}
}

func TestDelimitedLines(t *testing.T) {
	properties := func(kv ...string) map[string]string {
		out := map[string]string{}
		for i := 0; i < len(kv); i += 2 {
			out[kv[i]] = kv[i+1]
		}
		return out
	}
	for _, tt := range []struct {
		name       string
		properties map[string]string
		header     string
		body       string
		want       [][]string
	}{
		{name: "control-A by default", body: "a\x01b\n", want: [][]string{{"a", "b", "NULL"}}},
		{name: "a blank", properties: properties("field.delim", " "), body: "a  c", want: [][]string{{"a", "", "c"}}},
		{name: "a code", properties: properties("field.delim", "9"), body: "a\tb", want: [][]string{{"a", "b", "NULL"}}},
		{name: "numbers keep their text", properties: properties("field.delim", ","), body: "7,07,-0\n-9223372036854775808,9223372036854775807,9223372036854775808\n+1,1.0, 1", want: [][]string{
			{"7", "07", "-0"}, {"-9223372036854775808", "9223372036854775807", "9223372036854775808"}, {"+1", "1.0", " 1"},
		}},
		{name: "NULL", properties: properties("field.delim", ","), body: `\N,,x`, want: [][]string{{"NULL", "", "x"}}},
		{name: "its own NULL", properties: properties("field.delim", ",", "serialization.null.format", "-"), body: `-,--,x`, want: [][]string{{"NULL", "--", "x"}}},
		{name: "escapes", properties: properties("field.delim", ",", "escape.delim", `\`), body: `a\,b,c\\,\N`, want: [][]string{{"a,b", `c\`, "NULL"}}},
		{name: "a header", properties: properties("field.delim", ","), header: "1", body: "h,h\n1,2\nh,h\n", want: [][]string{{"1", "2", "NULL"}, {"h", "h", "NULL"}}},
		{name: "line ends", properties: properties("field.delim", ","), body: "1,2\r\n3,4\r5,6\n\n7", want: [][]string{{"1", "2", "NULL"}, {"3", "4", "NULL"}, {"5", "6", "NULL"}, {"", "NULL", "NULL"}, {"7", "NULL", "NULL"}}},
		{name: "more fields than columns", properties: properties("field.delim", ","), body: "1,2,3,4,5", want: [][]string{{"1", "2", "3"}}},
		{name: "not UTF-8", properties: properties("field.delim", ","), body: "a\xff,b", want: [][]string{{"a\uFFFD", "b", "NULL"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			table := lake.Table{Name: "t", Location: "s3://logs/", Columns: texts("a", "b", "c"), SerDeProperties: tt.properties}
			if tt.header != "" {
				table.Properties = properties("skip.header.line.count", tt.header)
			}
			_, files := load(t, open(t, memory{"x": tt.body}), table, nil)
			if diff := cmp.Diff(tt.want, rows(t, files)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A line near the end has more fields than all before it.
func TestDelimitedWidens(t *testing.T) {
	body := strings.Repeat("1,"+strings.Repeat("2", 200)+"\n", 10_000) + "1,2,3,4,5,6\n"
	table := lake.Table{Name: "t", Location: "s3://logs/", Columns: texts("a", "b", "c", "d", "e", "f"), SerDeProperties: map[string]string{"field.delim": ","}}
	_, files := load(t, open(t, memory{"x": body}), table, nil)
	if files.Stats.Rows != 10_001 {
		t.Fatalf("stats %+v", files.Stats)
	}
	all := rows(t, files)
	if diff := cmp.Diff([]string{"1", "2", "3", "4", "5", "6"}, all[10_000]); diff != "" {
		t.Error(diff)
	}
}

func TestObjectsThatAreNoLogs(t *testing.T) {
	objects := memory{
		"t/": "", "t/empty": "", "t/_SUCCESS": "x", "t/.hidden": "x", "t/_temporary/a": "x", "t/a": "1", "t/sub/b": "2", "tt/c": "3",
	}
	table := lake.Table{Name: "t", Location: "s3://logs/t", Columns: texts("a")}
	scan, files := load(t, open(t, objects), table, nil)
	if scan.Objects != 2 || scan.Bytes != 2 {
		t.Errorf("%d objects of %d bytes", scan.Objects, scan.Bytes)
	}
	if diff := cmp.Diff([][]string{{"1"}, {"2"}}, rows(t, files)); diff != "" {
		t.Error(diff)
	}
}

func TestTruncatedGzipKeepsItsRows(t *testing.T) {
	var b strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&b, "%d,%x\n", i, i*7919)
	}
	whole := gz(t, b.String())
	table := lake.Table{Name: "t", Location: "s3://logs/", Columns: texts("a", "b"), SerDeProperties: map[string]string{"field.delim": ","}}
	_, files := load(t, open(t, memory{"x.gz": whole[:len(whole)/2]}), table, nil)
	f := files.Groups[0].Files[0]
	if files.Stats.Damaged != 1 || f.Damaged == "" || f.Rows < 1000 || f.Bad > 1 {
		t.Errorf("%d rows, %d bad, damaged %q", f.Rows, f.Bad, f.Damaged)
	}
	all := rows(t, files)
	if all[1000][0] != "1000" {
		t.Errorf("row 1000 is %v", all[1000])
	}
}
