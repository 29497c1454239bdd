package format_test

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/sillok/sillok/internal/lake/format"
	"github.com/sillok/sillok/internal/lake/shadow"
)

// FuzzDecode gives any bytes to every format. A format may find no row in them,
// but it must neither fail nor write columns of different lengths.
func FuzzDecode(f *testing.F) {
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
		"a\x01b\\\x01c\n\xff\x00\r\r\n\\N", "\x1f\x8b\x08\x00", "BZh9", "\x28\xb5\x2f\xfd", "",
	} {
		f.Add([]byte(seed))
	}
	var formats []format.Format
	for _, name := range []string{"cloudtrail", "vpc_flow", "alb", "nlb", "clb", "s3_access", "alb_connection", "cloudfront", "waf", "route53_resolver", "guardduty", "config", "eventbridge", "json_lines"} {
		known, err := format.Named(name)
		if err != nil {
			f.Fatal(err)
		}
		formats = append(formats, known)
	}
	for _, properties := range []map[string]string{nil, {"field.delim": " ", "escape.delim": `\`}} {
		delimited, err := format.For(format.Table{Name: "t", SerDeProperties: properties})
		if err != nil {
			f.Fatal(err)
		}
		formats = append(formats, delimited)
	}
	columns := []format.Column{
		{Name: "a", Type: "string"}, {Name: "b", Type: "array<struct<c:map<string,array<int>>,d:timestamp>>"}, {Name: "e", Type: "struct<f:array<array<string>>>"},
	}
	for serde, properties := range map[string]map[string]string{
		"org.openx.data.jsonserde.JsonSerDe":         {"ignore.malformed.json": "true", "dots.in.keys": "true"},
		"org.apache.hadoop.hive.serde2.OpenCSVSerde": {"separatorChar": "|"},
	} {
		if strings.HasSuffix(serde, "OpenCSVSerde") {
			columns = columns[:1]
		}
		table, err := format.For(format.Table{Name: "t", SerDe: serde, SerDeProperties: properties, Columns: columns})
		if err != nil {
			f.Fatal(err)
		}
		formats = append(formats, table)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		src := &format.Source{Size: int64(len(body)), MaxExpanded: 1 << 20, Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }}
		if _, err := format.Sniff(t.Context(), src); err != nil {
			t.Fatalf("sniff: %v", err)
		}
		cache := shadow.New(shadow.Config{Dir: t.TempDir()})
		for _, each := range formats {
			entry, err := cache.Get(t.Context(), shadow.Name(each.Key()...), shadow.NewPress().Maker(func(start func(*shadow.Schema) *shadow.Writer) error {
				return each.Decode(t.Context(), src, start)
			}))
			if err != nil {
				t.Fatalf("%s: %v", each.Name(), err)
			}
			if _, err := shadow.Read(t.Context(), entry.Path); err != nil {
				t.Fatalf("%s: %v", each.Name(), err)
			}
		}
	})
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
