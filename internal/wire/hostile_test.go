package wire_test

import (
	"bytes"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/api"
	"github.com/sillok/sillok/internal/api/cloudwatchapi"
	"github.com/sillok/sillok/internal/api/ec2api"
	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/api/iamapi"
	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/wire"
	"github.com/sillok/sillok/internal/wire/awsjson"
	"github.com/sillok/sillok/internal/wire/awsquery"
	"github.com/sillok/sillok/internal/wire/cbor"
	"github.com/sillok/sillok/internal/wire/ec2query"
	"github.com/sillok/sillok/internal/wire/restxml"
)

// TestHostileBodies decodes bodies that were made to do harm. Each must end at
// a limit, before much memory is taken.
func TestHostileBodies(t *testing.T) {
	cborProtocol, err := cbor.New()
	if err != nil {
		t.Fatal(err)
	}
	many := func(n int, text string) string { return strings.Repeat(text, n) }
	complete := func(inner string) string {
		return "<CompleteMultipartUpload>" + inner + "</CompleteMultipartUpload>"
	}
	const (
		malformedXML = "MalformedXML: The XML you provided"
		badJSON      = "SerializationException: Could not parse request body into json: "
		badCBOR      = "SerializationException: Could not parse request body into cbor: "
	)
	for _, tt := range []struct {
		name     string
		protocol wire.Protocol
		service  *api.Service
		op       string
		body     string
		want     string // how the error begins; empty for none
	}{
		{"XML: a million nested elements", restxml.Protocol{}, s3api.Service, "CompleteMultipartUpload", many(1e6, "<a>"), malformedXML},
		{"XML: nested 65 deep", restxml.Protocol{}, s3api.Service, "CompleteMultipartUpload", many(65, "<a>") + many(65, "</a>"), malformedXML},
		{"XML: nested 64 deep", restxml.Protocol{}, s3api.Service, "CompleteMultipartUpload", many(64, "<a>") + many(64, "</a>"), ""},
		{"XML: a million elements", restxml.Protocol{}, s3api.Service, "CompleteMultipartUpload", complete(many(1e6, "<Part/>")), malformedXML},
		{"XML: a million unknown elements", restxml.Protocol{}, s3api.Service, "CompleteMultipartUpload", complete(many(1e6, "<x/>")), malformedXML},
		{"XML: a million attributes", restxml.Protocol{}, s3api.Service, "CompleteMultipartUpload", "<a " + many(1e6, "b='' ") + "/>", malformedXML},
		{"XML: 190,000 attributes", restxml.Protocol{}, s3api.Service, "CompleteMultipartUpload", "<a " + many(190_000, "b='' ") + "/>", ""},
		{"XML: a million comments", restxml.Protocol{}, s3api.Service, "CompleteMultipartUpload", complete(many(1e6, "<!---->")), malformedXML},
		{"XML: a text in 100,000 pieces", restxml.Protocol{}, s3api.Service, "CompleteMultipartUpload", complete("<Part><ETag>" + many(1e5, "a<!---->") + "</ETag></Part>"), malformedXML},
		{"XML: a text in 90,000 pieces", restxml.Protocol{}, s3api.Service, "CompleteMultipartUpload", complete("<Part><ETag>" + many(9e4, "a<!---->") + "</ETag></Part>"), ""},
		{"XML: entity", restxml.Protocol{}, s3api.Service, "CompleteMultipartUpload", complete("<Part><ETag>&x;</ETag></Part>"), malformedXML},
		{"XML: document type", restxml.Protocol{}, s3api.Service, "CompleteMultipartUpload", `<!DOCTYPE a [<!ENTITY x "y">]>` + complete(""), malformedXML},
		{"XML: other encoding", restxml.Protocol{}, s3api.Service, "CompleteMultipartUpload", `<?xml version="1.0" encoding="UTF-16"?>` + complete(""), malformedXML},
		{"XML: two roots", restxml.Protocol{}, s3api.Service, "CompleteMultipartUpload", complete("") + complete(""), malformedXML},
		{"XML: text before the root", restxml.Protocol{}, s3api.Service, "CompleteMultipartUpload", "x" + complete(""), malformedXML},
		{"XML: comment alone", restxml.Protocol{}, s3api.Service, "CompleteMultipartUpload", "<!-- -->", malformedXML},
		{"XML: no end", restxml.Protocol{}, s3api.Service, "CompleteMultipartUpload", "<CompleteMultipartUpload><Part>", malformedXML},
		{"XML: member twice", restxml.Protocol{}, s3api.Service, "CompleteMultipartUpload", complete("<Part><ETag>a</ETag><ETag>b</ETag></Part>"), malformedXML},
		{"XML: element in a text", restxml.Protocol{}, s3api.Service, "CompleteMultipartUpload", complete("<Part><ETag>a<b/></ETag></Part>"), malformedXML},
		{"XML: text for a number", restxml.Protocol{}, s3api.Service, "CompleteMultipartUpload", complete("<Part><PartNumber>" + many(1e6, "9") + "</PartNumber></Part>"), malformedXML},
		{"XML: no UTF-8", restxml.Protocol{}, s3api.Service, "CompleteMultipartUpload", complete("<Part><ETag>\xff</ETag></Part>"), malformedXML},

		{"JSON: nested 101 deep", awsjson.Protocol{}, glueapi.Service, "CreateTable", `{"x":` + many(100, "[") + many(100, "]") + "}", badJSON + "values nest deeper"},
		{"JSON: nested 100 deep", awsjson.Protocol{}, glueapi.Service, "CreateTable", `{"x":` + many(99, "[") + many(99, "]") + "}", ""},
		{"JSON: a million nested lists", awsjson.Protocol{}, glueapi.Service, "CreateTable", many(1e6, "["), badJSON + "values nest deeper"},
		{"JSON: a million empty lists", awsjson.Protocol{}, glueapi.Service, "CreateTable", `{"x":[` + many(1e6, "[],") + "[]]}", badJSON + "more than"},
		{"JSON: a million numbers", awsjson.Protocol{}, glueapi.Service, "CreateTable", `{"x":[` + many(1e6, "0,") + "0]}", badJSON + "more than"},
		{"JSON: a million members", awsjson.Protocol{}, glueapi.Service, "CreateTable", `{` + many(1e6, `"":0,`) + `"":0}`, badJSON + "more than"},
		{"JSON: brackets in a text", awsjson.Protocol{}, glueapi.Service, "CreateTable", `{"x":"\"` + many(1e6, "[{,:") + `"}`, ""},
		{"JSON: number of a million digits", awsjson.Protocol{}, glueapi.Service, "CreateTable", `{"TableInput":{"Retention":` + many(1e6, "9") + "}}", "SerializationException: Numeric value (9999999999999999999999999999999999999999) out of range"},
		{"JSON: huge exponent", awsjson.Protocol{}, glueapi.Service, "CreateTable", `{"TableInput":{"Retention":1e999999999}}`, "SerializationException: Numeric value (1e999999999) out of range"},
		{"JSON: no UTF-8", awsjson.Protocol{}, glueapi.Service, "CreateTable", "{\"TableInput\":{\"Name\":\"\xff\"}}", badJSON + "invalid UTF-8"},

		{"CBOR: nested 101 deep", cborProtocol, cloudwatchapi.Service, "PutMetricData", "\xa1\x61x" + many(100, "\x81") + "\x00", badCBOR + "cbor: exceeded max nested level"},
		{"CBOR: a million nested lists", cborProtocol, cloudwatchapi.Service, "PutMetricData", many(1e6, "\x81"), badCBOR + "more than"},
		{"CBOR: a million nested tags", cborProtocol, cloudwatchapi.Service, "PutMetricData", many(1e6, "\xc1"), badCBOR + "more than"},
		{"CBOR: a million empty lists", cborProtocol, cloudwatchapi.Service, "PutMetricData", "\xa1\x61x\x9a\x00\x0f\x42\x40" + many(1e6, "\x80"), badCBOR + "more than"},
		{"CBOR: lists of lists", cborProtocol, cloudwatchapi.Service, "PutMetricData", "\xa1\x61x\x99\x03\xe8" + many(1000, "\x99\x03\xe8"+many(1000, "\x80")), badCBOR + "more than"},
		{"CBOR: list longer than the body", cborProtocol, cloudwatchapi.Service, "PutMetricData", "\xa1\x61x\x9a\x00\x07\xff\xff\x80", badCBOR + "unexpected EOF"},
		{"CBOR: text longer than the body", cborProtocol, cloudwatchapi.Service, "PutMetricData", "\xa1\x61x\x7b\x7f\xff\xff\xff\xff\xff\xff\xffa", badCBOR + "unexpected EOF"},
		{"CBOR: no UTF-8", cborProtocol, cloudwatchapi.Service, "PutMetricData", "\xa1\x69Namespace\x61\xff", badCBOR + "cbor: invalid UTF-8"},
		{"CBOR: number of 100,000 digits", cborProtocol, cloudwatchapi.Service, "PutMetricData", "\xa1\x69Namespace\xc2\x5a\x00\x00\xa0\x00" + many(40960, "\xff"), "SerializationException: NUMBER_VALUE can not be converted to a String"},
		{"CBOR: key is no text", cborProtocol, cloudwatchapi.Service, "PutMetricData", "\xa1\x00\x00", badCBOR},
		{"CBOR: bytes after the end", cborProtocol, cloudwatchapi.Service, "PutMetricData", "\xa0\xa0", badCBOR + "cbor: 1 bytes of extraneous data"},

		{"query: 50,001 parameters", awsquery.Protocol{}, iamapi.Service, "TagUser", many(50000, "a=b&") + "a=b", "MalformedQueryString: The request has more than 50000 parameters"},
		{"query: a million separators", awsquery.Protocol{}, iamapi.Service, "TagUser", many(1e6, "&"), "MalformedQueryString: "},
		{"query: name of a million dots", awsquery.Protocol{}, iamapi.Service, "TagUser", "Tags" + many(1e6, ".a") + "=b", "MalformedInput: parameter name"},
		{"query: 32 dots in each name", awsquery.Protocol{}, iamapi.Service, "TagUser", numbered(40000, func(i string) string { return i + many(32, ".a") + "=&" }), ""},
		{"query: number far beyond", awsquery.Protocol{}, iamapi.Service, "TagUser", "Tags.member.999999999.Key=a", ""},
		{"query: number that overflows", awsquery.Protocol{}, iamapi.Service, "TagUser", "Tags.member.99999999999999999999.Key=a", "MalformedInput: Key must be a number"},
		{"query: negative number", awsquery.Protocol{}, iamapi.Service, "TagUser", "Tags.member.-1.Key=a", "MalformedInput: Key must be a number"},
		{"query: number with a tail", awsquery.Protocol{}, iamapi.Service, "TagUser", "Tags.member.1=&Tags.member.1-=&Tags.member.1.Key=a", "MalformedInput: Key must be a number"},
		{"query: 49,999 elements", awsquery.Protocol{}, iamapi.Service, "TagUser", numbered(49999, func(i string) string { return "Tags.member." + i + ".Key=&" }), ""},
		{"EC2: 49,999 elements", ec2query.Protocol{}, ec2api.Service, "CreateFlowLogs", numbered(49999, func(i string) string { return "TagSpecification." + i + ".ResourceType=&" }), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			op := operation(t, tt.service, tt.op)
			in := op.NewInput()
			req := &wire.Request{HTTP: post(t), Body: []byte(tt.body)}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			err := tt.protocol.Decode(op, req, in)
			runtime.ReadMemStats(&after)
			got := ""
			if err != nil {
				got = err.Error()
			}
			if !strings.HasPrefix(got, tt.want) || tt.want == "" && got != "" {
				t.Errorf("error %.200q, want %q", got, tt.want)
			}
			if len(got) > 1000 {
				t.Errorf("the error has %d bytes", len(got))
			}
			if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 128<<20 {
				t.Errorf("%d bytes took %d bytes of memory", len(tt.body), allocated)
			}
		})
	}
}

// numbered returns the texts for "1" to n, joined.
func numbered(n int, text func(i string) string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(text(strconv.Itoa(i + 1)))
	}
	return b.String()
}

// TestLargestBodies decodes what AWS's limits allow.
func TestLargestBodies(t *testing.T) {
	complete := operation(t, s3api.Service, "CompleteMultipartUpload")
	in, ok := complete.NewInput().(*s3api.CompleteMultipartUploadInput)
	if err := (restxml.Protocol{}).Decode(complete, &wire.Request{HTTP: post(t), Body: indented(parts(10000))}, in); err != nil || !ok {
		t.Fatal(err)
	}
	last := s3api.CompletedPart{ETag: new(`"0000000000000000000000000000270f"`), ChecksumCRC32: new("AAAAAA=="), PartNumber: new(int32(10000))}
	if diff := cmp.Diff(last, in.MultipartUpload.Parts[9999]); diff != "" {
		t.Errorf("last part (-want +got):\n%s", diff)
	}

	metrics := operation(t, cloudwatchapi.Service, "PutMetricData")
	put, ok := metrics.NewInput().(*cloudwatchapi.PutMetricDataInput)
	datum := `{"MetricName":"m","Values":[` + strings.Repeat("1,", 149) + `1],"Counts":[` + strings.Repeat("1,", 149) + "1]},"
	body := `{"Namespace":"n","MetricData":[` + strings.TrimSuffix(strings.Repeat(datum, 1000), ",") + "]}"
	if err := (awsjson.Protocol{Version: "1.0"}).Decode(metrics, &wire.Request{Body: []byte(body)}, put); err != nil || !ok {
		t.Fatal(err)
	}
	if n := len(put.MetricData); n != 1000 || len(put.MetricData[999].Counts) != 150 {
		t.Errorf("%d metrics", n)
	}

	put = &cloudwatchapi.PutMetricDataInput{}
	form := "Namespace=n" + numbered(1000, func(i string) string {
		return numbered(20, func(j string) string { return "&MetricData.member." + i + ".Values.member." + j + "=1" })
	})
	if err := (awsquery.Protocol{}).Decode(metrics, &wire.Request{HTTP: post(t), Body: []byte(form)}, put); err != nil {
		t.Fatal(err)
	}
	if n := len(put.MetricData); n != 1000 || len(put.MetricData[999].Values) != 20 {
		t.Errorf("%d metrics", n)
	}
}

// indented puts each element on a line of its own.
func indented(body []byte) []byte { return bytes.ReplaceAll(body, []byte("><"), []byte(">\n  <")) }

func TestLastOfEqualMembersCounts(t *testing.T) {
	op := operation(t, glueapi.Service, "GetTable")
	in := op.NewInput()
	if err := (awsjson.Protocol{}).Decode(op, &wire.Request{Body: []byte(`{"Name":"a","Name":"b"}`)}, in); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&glueapi.GetTableInput{Name: new("b")}, in); diff != "" {
		t.Errorf("input (-want +got):\n%s", diff)
	}
}
