package format_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/sillok/sillok/internal/lake/format"
	"github.com/sillok/sillok/internal/lake/shadow"
)

// press is one for all: what it needs for a schema takes a while to make.
var press = shadow.NewPress()

// decode returns the values of a column of what a format makes of a body; of all
// columns, for no name.
func decode(tb testing.TB, f format.Format, body []byte, column string) []string {
	tb.Helper()
	src := &format.Source{Size: int64(len(body)), MaxExpanded: 1 << 24, Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }}
	entry, err := shadow.New(shadow.Config{Dir: tb.TempDir()}).Get(tb.Context(), shadow.Name(f.Key()...), press.Maker(func(start func(*shadow.Schema) *shadow.Writer) error {
		return f.Decode(tb.Context(), src, start)
	}))
	if err != nil {
		tb.Fatal(err)
	}
	raw, err := os.ReadFile(entry.Path)
	if err != nil {
		tb.Fatal(err)
	}
	file, err := parquet.OpenFile(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		tb.Fatal(err)
	}
	r := parquet.NewReader(file)
	var out []string
	for {
		row := map[string]any{}
		if err := r.Read(&row); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			tb.Fatal(err)
		}
		if column == "" {
			out = append(out, fmt.Sprint(row))
		} else if v := row[column]; v != nil {
			out = append(out, fmt.Sprint(v))
		}
	}
	if err := r.Close(); err != nil {
		tb.Fatal(err)
	}
	return out
}

// layout puts records into a file.
type layout func(records []string) string

func document(begin, end string) layout {
	return func(r []string) string { return begin + strings.Join(r, ",") + end }
}

func documentOfLines(begin, end string) layout {
	return func(r []string) string { return begin + "\n" + strings.Join(r, ",\n") + "\n" + end + "\n" }
}

func lines(header string) layout {
	return func(r []string) string { return header + strings.Join(r, "\n") + "\n" }
}

func together(r []string) string { return strings.Join(r, "") }

// sample is a log: a record, in which @ID@ is to be told from others, and the ways in
// which records lie in a file.
type sample struct {
	name    string // of the format, or for messages
	table   *format.Table
	record  string
	layouts []layout
}

const trail = `{"eventVersion":"1.11","eventTime":"2024-05-01T00:00:00Z","eventID":"@ID@","userIdentity":{"type":"IAMUser","sessionContext":{"attributes":{}}},"requestParameters":{"a":[1,{"b":"c \" d"}]},"resources":[{"arn":"x"}]}`

func trailRecord(id string) string { return strings.ReplaceAll(trail, "@ID@", id) }

// samples has every format that is known, and those of the SerDes under which a bad
// record costs no query.
func samples() []sample {
	two := []format.Column{{Name: "a", Type: "string"}, {Name: "b", Type: "string"}}
	of := func(serde string, properties map[string]string) *format.Table {
		return &format.Table{Name: "t", SerDe: serde, SerDeProperties: properties, Columns: two}
	}
	return []sample{
		{"cloudtrail", nil, trail, []layout{document(`{"Records":[`, `]}`), documentOfLines(`{"Records": [`, `]}`), lines(""), together}},
		{"a table of CloudTrail's SerDe", of("com.amazon.emr.hive.serde.CloudTrailSerde", nil), trail, []layout{document(`{"Records":[`, `]}`), lines("")}},
		{"cloudtrail_lake", nil, trail, []layout{lines("")}},
		{
			"waf", nil,
			`{"timestamp":1714525200000,"formatVersion":1,"webaclId":"arn:aws:wafv2:us-east-1:111122223333:regional/webacl/a/b","terminatingRuleId":"@ID@","httpRequest":{"clientIp":"192.0.2.1","headers":[{"name":"Host","value":"x"}],"uri":"/"},"labels":[]}`,
			[]layout{lines(""), together},
		},
		{
			"route53_resolver", nil,
			`{"version":"1.1","account_id":"111122223333","region":"us-east-1","query_timestamp":"2024-05-01T00:00:00Z","query_name":"@ID@","query_type":"A","answers":[{"Rdata":"192.0.2.1","Type":"A"}],"srcids":{"instance":"i-1"}}`,
			[]layout{lines(""), together},
		},
		{
			"guardduty", nil,
			`{"schemaVersion":"2.0","accountId":"111122223333","region":"us-east-1","id":"@ID@","type":"Recon","resource":{"a":1},"service":{"b":[{}]},"severity":2,"updatedAt":"2024-05-01T00:00:00Z"}`,
			[]layout{lines(""), together, document(`{"Findings":[`, `]}`)},
		},
		{
			"config", nil,
			`{"resourceType":"AWS::S3::Bucket","resourceId":"@ID@","configurationItemCaptureTime":"2024-05-01T00:00:00Z","awsAccountId":"111122223333","tags":{"a":"b"},"configuration":{"x":[{}]}}`,
			[]layout{document(`{"fileVersion":"1.0","configurationItems":[`, `]}`), documentOfLines(`{"fileVersion":"1.0","configurationItems":[`, `]}`)},
		},
		{
			"eventbridge", nil,
			`{"version":"0","id":"@ID@","detail-type":"T","source":"s","account":"111122223333","time":"2024-05-01T00:00:00Z","region":"us-east-1","resources":["r"],"detail":{"a":[{"b":"c"}]}}`,
			[]layout{lines(""), together},
		},
		{"json_lines", nil, `{"id":"@ID@","at":"2024","more":{"a":[1,{"b":"c"}]}}`, []layout{lines("")}},
		{"vpc_flow", nil, "2 @ID@ 7", []layout{lines("version srcaddr bytes\n")}},
		{"cloudfront", nil, "2024-05-01\t@ID@\tLAX", []layout{lines("#Fields: date c-ip x-edge-location\n")}},
		{
			"alb", nil,
			`http 2024-05-01T00:00:00.000000Z app/x/1 192.0.2.1:5 10.0.0.1:80 0.000 0.001 0.000 200 200 34 366 "GET http://@ID@.example:80/ HTTP/1.1" "curl/7.46.0" - - arn:aws:x "Root=1-2" "-" "-" 0 2024-05-01T00:00:00.000000Z "forward" "-" "-" "10.0.0.1:80" "200" "-" "-" TID_1`,
			[]layout{lines("")},
		},
		{"nlb", nil, `tls 2.0 2020-04-01T08:51:42 net/n/c6 @ID@ 72.21.218.154:51341 172.100.100.185:443 5 2 98 246 - arn - E tlsv12 - d h2 h2 "h2","http/1.1" 2020-04-01T08:51:20`, []layout{lines("")}},
		{"clb", nil, `2015-05-13T23:39:43.945958Z @ID@ 192.168.131.39:2817 10.0.0.1:80 0.000086 0.001048 0.001337 200 200 0 57 "GET https://h:443/ HTTP/1.1" "curl/7.38.0" D TLSv1.2`, []layout{lines("")}},
		{"alb_connection", nil, `2023-10-04T17:05:15.514108Z 203.0.113.1 36280 443 TLSv1.2 ECDHE-RSA-AES128-GCM-SHA256 4.036 "CN=@ID@" NotBefore=2023-09-21T22:43:21Z;NotAfter=2026-06-17T22:43:21Z FEF257372D5C14D4 Success TID_1`, []layout{lines("")}},
		{"s3_access", nil, `64a bucket [16/Feb/2019:11:23:45 +0000] 192.0.2.132 - @ID@ REST.GET.OBJECT a/b "GET /a/b HTTP/1.1" 200 - 7 7 7 - "-" "curl" -`, []layout{lines("")}},
		{"LazySimpleSerDe", of("", map[string]string{"field.delim": ","}), "@ID@,b", []layout{lines("")}},
		{"RegexSerDe", of("org.apache.hadoop.hive.serde2.RegexSerDe", map[string]string{"input.regex": `([^ ]*) "([^"]*)"`}), `@ID@ "b"`, []layout{lines("")}},
		{"OpenCSVSerde", of("org.apache.hadoop.hive.serde2.OpenCSVSerde", nil), `"@ID@","b"`, []layout{lines("")}},
		{"OpenX", of("org.openx.data.jsonserde.JsonSerDe", map[string]string{"ignore.malformed.json": "true"}), `{"a":"@ID@","b":"x"}`, []layout{lines("")}},
	}
}

// opened returns the format of a sample.
func (s sample) opened(tb testing.TB) format.Format {
	tb.Helper()
	var of format.Format
	var err error
	if s.table != nil {
		of, err = format.For(*s.table)
	} else {
		of, err = format.Named(s.name)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return of
}

// keeps fails where a good record is lost beside a bad one.
func (s sample) keeps(t *testing.T, of format.Format, bad string) {
	t.Helper()
	goods := []string{"good1", "good2", "good3", "good4"}
	var records []string
	for _, id := range goods {
		records = append(records, strings.ReplaceAll(s.record, "@ID@", id))
	}
	for i, l := range s.layouts {
		body := l(slices.Insert(slices.Clone(records), 2, bad))
		got := strings.Join(decode(t, of, []byte(body), ""), "\n")
		for _, want := range goods {
			if !strings.Contains(got, want) {
				t.Errorf("%s, layout %d: %s is lost: %s\n%s", s.name, i, want, got, body)
			}
		}
	}
}

// TestEveryFormatHasASample keeps the table of samples whole.
func TestEveryFormatHasASample(t *testing.T) {
	have := map[string]bool{}
	for _, s := range samples() {
		have[s.name] = true
		s.keeps(t, s.opened(t), strings.ReplaceAll(s.record, "@ID@", "other"))
	}
	for _, name := range format.Names() {
		if !have[name] {
			t.Errorf("%s has no sample, so that no bad record was tried beside a good one", name)
		}
	}
}

// FuzzGoodBesideBad puts a record with a byte changed, taken out or put in between
// good ones: none of those is lost, in whatever way they lie in the file.
func FuzzGoodBesideBad(f *testing.F) {
	all := samples()
	formats := make([]format.Format, len(all))
	for which, s := range all {
		formats[which] = s.opened(f)
		for at := range 40 {
			f.Add(byte(which), uint16(at*7), byte(at%3), `"{}[],:\x`[at%9])
		}
	}
	f.Fuzz(func(t *testing.T, which byte, at uint16, how, with byte) {
		n := int(which) % len(all)
		s := all[n]
		bad := []byte(strings.ReplaceAll(s.record, "@ID@", "bad"))
		i := int(at) % len(bad)
		switch how % 3 {
		case 0:
			bad[i] = with
		case 1:
			bad = slices.Delete(bad, i, i+1)
		default:
			bad = slices.Insert(bad, i, with)
		}
		s.keeps(t, formats[n], string(bad))
	})
}

// FuzzLinesBesideBad puts any bytes as a line of a log whose records are lines.
func FuzzLinesBesideBad(f *testing.F) {
	var all []sample
	var formats []format.Format
	for _, s := range samples() {
		if strings.HasPrefix(s.record, "{") {
			continue // a line of JSON may hold what spans lines
		}
		for _, seed := range []string{"x", `"`, "2 1 eni", "\x00\\\"", s.record} {
			f.Add(byte(len(all)), []byte(seed))
		}
		all, formats = append(all, s), append(formats, s.opened(f))
	}
	f.Fuzz(func(t *testing.T, which byte, bad []byte) {
		line := bytes.Map(func(r rune) rune {
			if r == '\n' || r == '\r' {
				return 'x'
			}
			return r
		}, bad)
		if bytes.HasPrefix(line, []byte("#Fields:")) || len(bytes.Fields(line)) > 1 && line[0] >= 'a' && line[0] <= 'z' {
			return // it may be a header, which changes what follows
		}
		n := int(which) % len(all)
		all[n].keeps(t, formats[n], string(line))
	})
}
