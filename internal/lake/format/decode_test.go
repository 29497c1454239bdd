package format_test

import (
	"bytes"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/sillok/sillok/internal/lake/format"
	"github.com/sillok/sillok/internal/lake/shadow"
)

// FuzzDecode gives any bytes to any format. It may find no row in them,
// but must neither fail nor write columns of different lengths.
func FuzzDecode(f *testing.F) {
	formats := everyFormat(f)
	for _, seed := range []string{
		`{"Records":[{"eventName":"A","resources":[{"arn":"r"},null,{}],"userIdentity":{"sessionContext":{"webIdFederationData":{"attributes":{"a":"1","a":2,"b":null}}}},"x":{"y":1}}]}`,
		`[{"tlsDetails":{"tlsVersion":"1"},"tlsDetails":null},{"tlsDetails":null,"tlsDetails":{}},[],{"resources":[],"Resources":[1]}]`,
		"{\"eventName\":tru}\n{\"eventName\":\"B\"}\n{\"records\":[1,{\"eventName\":\"C\"}",
		"version srcaddr bytes\n2 1.1.1.1 7\nbytes version\n1 2\n\n2 3 4",
		"2 1 eni-1 - - - - - - - 1 1 - NODATA\r\n",
		`http t e 1.2.3.4:5 - -1 -1 -1 400 - 0 272 "- http://lb:80- -" "-" - - - "-" "-" "-" - t "-" "-" "-" "-" "-" "-" "-"`,
		`{"a":1,"b":[{"c":{"x":[1,null]},"d":1714525200},null],"e":{"f":[["x"],[],null]},"a.b":2}`,
		`{"messageType":"DATA_MESSAGE","logEvents":[{"id":"1","message":"2 1 eni-1 1.1.1.1 2.2.2.2 80 2 6 1 7 1 1 ACCEPT OK"}]}{"message":"{\"eventVersion\":\"1\"}"}`,
		`{"Events":[{"EventId":"e","CloudTrailEvent":"{\"eventVersion\":\"1\",\"eventTime\":\"2024-05-01T00:00:00Z\"}"}]}`,
		"2024-05-01T01:00:00.000Z {\"eventVersion\":\"1\"}\n", "Event name,Event ID,Event time\nA,e,2024-05-01\n\"", "#Fields: date time x-edge-location\n2024-05-01\t00:00:00\tLAX\n",
		"\xff\xfe{\x00}\x00", "PAR1", "\x04\x22\x4d\x18", "PK\x03\x04", "\xfd7zXZ\x00", "\xff\x06\x00\x00sNaPpY", "\x93\n\xf0F{\"Records\": [{\"eventVersion\"",
		`{"eventName":"A"},`, ",", "]", `[,]`, `[{"a":1}}{"a":2]`, `{"a":1},}`,
		"a\x01b\\\x01c\n\xff\x00\r\r\n\\N", "\x1f\x8b\x08\x00", "BZh9", "\x28\xb5\x2f\xfd", "", flowParquet(f),
	} {
		for which := range len(formats) {
			f.Add(byte(which), []byte(seed))
		}
	}
	f.Fuzz(func(t *testing.T, which byte, body []byte) {
		each := formats[int(which)%len(formats)]
		src := &format.Source{Size: int64(len(body)), MaxExpanded: 1 << 20, Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }}
		if _, err := format.Sniff(t.Context(), src); err != nil {
			t.Fatalf("sniff: %v", err)
		}
		path := filepath.Join(t.TempDir(), "x")
		if _, err := press.Write(shadow.Temp{Path: path}, func(start func(*shadow.Schema) *shadow.Writer) error {
			return each.Decode(t.Context(), src, start)
		}); err != nil {
			t.Fatalf("%s: %v", each.Name(), err)
		}
		if _, err := shadow.Read(t.Context(), path); err != nil {
			t.Fatalf("%s: %v", each.Name(), err)
		}
	})
}

// everyFormat returns every format that is known, and those of the SerDes.
func everyFormat(tb testing.TB) []format.Format {
	tb.Helper()
	var formats []format.Format
	for _, name := range format.Names() {
		known, err := format.Named(name)
		if err != nil {
			tb.Fatal(err)
		}
		formats = append(formats, known)
	}
	for _, properties := range []map[string]string{nil, {"field.delim": " ", "escape.delim": `\`}} {
		delimited, err := format.For(format.Table{Name: "t", SerDeProperties: properties})
		if err != nil {
			tb.Fatal(err)
		}
		formats = append(formats, delimited)
	}
	columns := []format.Column{
		{Name: "a", Type: "string"}, {Name: "b", Type: "array<struct<c:map<string,array<int>>,d:timestamp>>"}, {Name: "e", Type: "struct<f:array<array<string>>>"},
	}
	for _, serde := range []struct {
		name       string
		properties map[string]string
		columns    []format.Column
	}{
		{"com.amazon.emr.hive.serde.CloudTrailSerde", nil, []format.Column{{Name: "useridentity", Type: "struct<type:string,other:map<string,string>>"}, {Name: "resources", Type: "string"}}},
		{"org.openx.data.jsonserde.JsonSerDe", map[string]string{"ignore.malformed.json": "true", "dots.in.keys": "true"}, columns},
		{"org.apache.hadoop.hive.serde2.RegexSerDe", map[string]string{"input.regex": `([^ ]*) "(.*)"`}, append(columns[:1:1], format.Column{Name: "b", Type: "int"})},
		{"org.apache.hadoop.hive.serde2.OpenCSVSerde", map[string]string{"separatorChar": "|"}, columns[:1]},
	} {
		table, err := format.For(format.Table{Name: "t", SerDe: serde.name, SerDeProperties: serde.properties, Columns: serde.columns})
		if err != nil {
			tb.Fatal(err)
		}
		formats = append(formats, table)
	}
	return formats
}

// flowParquet returns a flow log as Parquet.
func flowParquet(tb testing.TB) string {
	tb.Helper()
	type flow struct {
		Version int32  `parquet:"version"`
		Source  string `parquet:"srcaddr"`
		Bytes   *int64 `parquet:"bytes,optional"`
	}
	var out bytes.Buffer
	w := parquet.NewGenericWriter[flow](&out)
	for range 2 {
		if _, err := w.Write([]flow{{2, "192.0.2.1", new(int64(7))}, {2, "192.0.2.2", nil}}); err != nil {
			tb.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			tb.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return out.String()
}

// FuzzHiveType gives any text as a column's type.
func FuzzHiveType(f *testing.F) {
	for _, seed := range []string{"string", "struct<a:int,b:array<map<string,decimal(10,2)>>>", "struct<`a b`:int>", "array<", "map<string>", "struct<a>", "struct<a:string,a:int>", "struct<type:map<string,string>,new:string,new:map<int,string>>", "array<struct<arn:struct<x:int>>>", "map<array<int>,struct<``:int>>"} {
		f.Add(seed)
	}
	columns := []string{"useridentity", "resources", "eventname", "tlsdetails", "other"}
	body := []byte(trailRecord("x"))
	f.Fuzz(func(t *testing.T, hiveType string) {
		for _, name := range columns {
			table := format.Table{Name: "t", SerDe: "com.amazon.emr.hive.serde.CloudTrailSerde", Columns: []format.Column{{Name: name, Type: hiveType}}}
			trail, err := format.For(table)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := trail.Bind(table.Columns, shadow.Info{}); err != nil {
				if !strings.Contains(err.Error(), "is not a Hive type") {
					t.Errorf("%s %s: %v", name, hiveType, err)
				}
				continue
			}
			if got := decode(t, trail, body, "eventid"); len(got) != 1 || got[0] != "x" {
				t.Errorf("%s %s: %v", name, hiveType, got)
			}
		}
	})
}
