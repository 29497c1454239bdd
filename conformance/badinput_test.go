package conformance_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"
)

// logKind is a kind of log as both doors know it.
type logKind struct {
	discovered string // the table's name for sillok query
	ddl        string // of the same for the server, with NAME and PLACE
	key        string // of an object, with %s for what makes it its own
}

func trailKind() logKind {
	return logKind{"cloudtrail", `CREATE EXTERNAL TABLE NAME (eventversion string, useridentity struct<type:string,arn:string>, eventtime string,
		eventname string, sourceipaddress string, useragent string, requestparameters string, readonly string)
		ROW FORMAT SERDE 'com.amazon.emr.hive.serde.CloudTrailSerde'
		STORED AS INPUTFORMAT 'com.amazon.emr.cloudtrail.CloudTrailInputFormat'
		OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat'
		LOCATION 'PLACE'`, "AWSLogs/111122223333/CloudTrail/us-east-1/2026/03/01/111122223333_CloudTrail_us-east-1_20260301T0005Z_%s.json"}
}

const flowHeader = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"

func flowKind() logKind {
	return logKind{
		"vpc_flow", `CREATE EXTERNAL TABLE NAME (version int, account_id string, interface_id string, srcaddr string, dstaddr string,
		srcport int, dstport int, protocol bigint, packets bigint, bytes bigint, start bigint, ` + "`end`" + ` bigint, action string, log_status string)
		ROW FORMAT DELIMITED FIELDS TERMINATED BY ' ' LOCATION 'PLACE' TBLPROPERTIES ('skip.header.line.count'='1')`,
		"AWSLogs/111122223333/vpcflowlogs/us-east-1/2026/03/01/111122223333_vpcflowlogs_us-east-1_fl-0_20260301T0005Z_%s.log",
	}
}

// balancerKind takes the table from the demo, which has AWS's DDL and is lenient.
func balancerKind(t *testing.T) logKind {
	t.Helper()
	text, err := os.ReadFile("../cmd/sillok/demo/alb.sql")
	if err != nil {
		t.Fatal(err)
	}
	ddl, _, _ := strings.Cut(string(text), ";")
	ddl = regexp.MustCompile(`(?s)TBLPROPERTIES.*`).ReplaceAllString(ddl, "TBLPROPERTIES ('sillok.lenient' = 'true')")
	ddl = regexp.MustCompile(`(?s)PARTITIONED BY \(.*?\)`).ReplaceAllString(ddl, "")
	ddl = regexp.MustCompile(`LOCATION '.*?'`).ReplaceAllString(ddl, "LOCATION 'PLACE'")
	return logKind{
		"alb", strings.Replace(ddl, "IF NOT EXISTS alb_logs", "NAME", 1),
		"AWSLogs/111122223333/elasticloadbalancing/us-east-1/2026/03/01/111122223333_elasticloadbalancing_us-east-1_app.a.0_20260301T0005Z_192.0.2.1_%s.log",
	}
}

// badInput is a log that is not as it should be.
type badInput struct {
	name    string
	kind    logKind
	objects map[string]string // by what makes the key its own; a name that ends in a slash is a key as it is
	columns string
	want    [][]string
	table   [][]string // of the table, where the SerDe yields something else than sillok query
	told    string     // what sillok query says, a regular expression; "" is nothing about the input
}

func gzipped(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func trailRecord(name string) string {
	return fmt.Sprintf(`{"eventVersion":"1.11","userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/%[1]s"},"eventTime":"2026-03-01T00:00:00Z",`+
		`"eventName":"%[1]s","sourceIPAddress":"2001:db8::7","userAgent":"a \"quoted\" agent","requestParameters":{"n": [1, 2]},"readOnly":true}`, name)
}

func trailInputs(t *testing.T) []badInput {
	t.Helper()
	one := func(name, body, told string, want ...string) badInput {
		b := badInput{name: name, kind: trailKind(), objects: map[string]string{"a": body}, columns: "eventname", told: told}
		for _, w := range want {
			b.want = append(b.want, []string{w})
		}
		return b
	}
	a, b := trailRecord("A"), trailRecord("B")
	whole := `{"Records":[` + a + "," + b + "]}"
	many := make([]string, 3000)
	for i := range many {
		many[i] = strings.Replace(trailRecord("A"), "00:00:00", fmt.Sprintf("%02d:%02d:%02d", i%24, i*7%60, i*13%60), 1)
	}
	long := gzipped(t, `{"Records":[`+strings.Join(many, ",")+"]}")
	cut := one("gzip that is cut off", long[:len(long)/2], "compressed data is cut off", "true")
	cut.columns = "count(eventname) BETWEEN 500 AND 2900"
	inputs := []badInput{
		one("Records", whole, "", "A", "B"),
		one("a bare array", "["+a+",\n"+b+"]\n", "", "A", "B"),
		one("JSON lines", a+"\n"+b+"\n", "", "A", "B"),
		one("gzip in two members", gzipped(t, whole[:100])+gzipped(t, whole[100:]), "", "A", "B"),
		one("a broken record in the middle", `{"Records":[`+a+`,{"eventVersion":"1.11","eventTime":"x","eventName":tru},`+b+"]}",
			`_a\.json: 1.*\b2: true was expected at byte \d+`, "A", "NULL", "B"),
		one("a broken line in the middle", a+"\n{\"eventName\":\"x\n"+b, `_a\.json: 1.*\b2: `, "A", "NULL", "B"),
		one("a document that ends early", `{"Records":[`+a+","+b[:60], `_a\.json: \d.*\b2: the record is cut off`, "A", "NULL"),
		cut,
		one("a gzip header and nothing else", "\x1f\x8b", "compressed data"),
		{name: "empty objects and directory markers", kind: trailKind(), columns: "eventname", want: [][]string{{"A"}, {"B"}}, objects: map[string]string{
			"a": whole, "empty": "", "AWSLogs/": "", "AWSLogs/111122223333/CloudTrail/us-east-1/2026/03/01/": "",
		}},
		{
			name: "IPv6, escapes and nested values", kind: trailKind(), objects: map[string]string{"a": a},
			columns: "sourceipaddress, useragent, requestparameters, readonly, useridentity.arn",
			want:    [][]string{{"2001:db8::7", `a "quoted" agent`, `{"n":[1,2]}`, "true", "arn:aws:iam::111122223333:user/A"}},
		},
	}
	return inputs
}

func flowInputs() []badInput {
	line := func(eni, from, to string) string {
		return "2 111122223333 " + eni + " " + from + " " + to + " 443 51000 6 10 840 1772323200 1772323260 ACCEPT OK\n"
	}
	no := "2 111122223333 eni-2 - - - - - - - 1772323200 1772323260 - NODATA\n"
	return []badInput{
		{
			name: "IPv6 and hyphens for what there is not", kind: flowKind(), objects: map[string]string{"a": flowHeader + "\n" + line("eni-1", "2001:db8::1", "fe80::1") + no},
			columns: "interface_id, srcaddr, dstaddr, srcport, packets, log_status",
			want:    [][]string{{"eni-1", "2001:db8::1", "fe80::1", "443", "10", "OK"}, {"eni-2", "-", "-", "NULL", "NULL", "NODATA"}},
		},
		{
			name: "a header again in the middle", kind: flowKind(), columns: "interface_id, srcport",
			objects: map[string]string{"a": flowHeader + "\n" + line("eni-1", "192.0.2.1", "192.0.2.2") + flowHeader + "\n" + line("eni-2", "192.0.2.1", "192.0.2.2")},
			want:    [][]string{{"eni-1", "443"}, {"eni-2", "443"}},
			table:   [][]string{{"eni-1", "443"}, {"eni-2", "443"}, {"interface-id", "NULL"}},
		},
		{
			name: "a line with too few fields", kind: flowKind(), columns: "interface_id, srcaddr, action",
			objects: map[string]string{"a": flowHeader + "\n" + line("eni-1", "192.0.2.1", "192.0.2.2") + "2 111122223333 eni-3 192.0.2.9\n"},
			want:    [][]string{{"NULL", "NULL", "NULL"}, {"eni-1", "192.0.2.1", "ACCEPT"}},
			table:   [][]string{{"eni-1", "192.0.2.1", "ACCEPT"}, {"eni-3", "192.0.2.9", "NULL"}},
			told:    `_a\.log: 1.*line 3: the line has not as many fields as its header`,
		},
		{name: "an empty object beside a log", kind: flowKind(), columns: "interface_id", want: [][]string{{"eni-1"}}, objects: map[string]string{
			"a": flowHeader + "\n" + line("eni-1", "192.0.2.1", "192.0.2.2"), "empty": "", "AWSLogs/111122223333/vpcflowlogs/": "",
		}},
		{
			name: "a header and no lines", kind: flowKind(), columns: "interface_id", objects: map[string]string{"a": flowHeader + "\n"},
		},
	}
}

func balancerInputs(t *testing.T) []badInput {
	t.Helper()
	line := func(client, agent string) string {
		return `https 2026-03-01T00:00:00.000000Z app/a/0 ` + client + `:51000 192.0.2.9:80 0.001 0.002 0.003 200 200 34 366 ` +
			`"GET https://made-up.example:443/a?b=\"c\" HTTP/1.1" "` + agent + `" TLS_AES_128_GCM_SHA256 TLSv1.3 ` +
			`arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/a/0 "Root=1-0-0" "made-up.example" "-" 0 2026-03-01T00:00:00.000000Z ` +
			`"forward" "-" "-" "192.0.2.9:80" "200" "-" "-"`
	}
	plain := strings.NewReplacer(`?b=\"c\"`, "")
	kind := balancerKind(t)
	return []badInput{
		{
			name: "IPv6 clients", kind: kind, objects: map[string]string{"a": plain.Replace(line("2001:db8::1", "agent")) + "\n"},
			columns: "client_ip, client_port, target_ip, user_agent", want: [][]string{{"2001:db8::1", "51000", "192.0.2.9", "agent"}},
		},
		{
			// AWS's expression ends a quoted field at the next quote and gives up such a line; the table keeps it, as it
			// keeps lines with fields that were added since.
			name: "a user agent with escaped quotes", kind: kind, objects: map[string]string{"a": line("192.0.2.1", `a \"quoted\" agent`) + "\n"},
			columns: "client_ip, user_agent", want: [][]string{{"192.0.2.1", `a \"quoted\" agent`}},
		},
		{
			name: "fields that a later version added, and lines of an older one", kind: kind,
			objects: map[string]string{"a": plain.Replace(line("192.0.2.1", "new")) + ` TID_0123456789 "-" "-"` + "\n" +
				regexp.MustCompile(` "192\.0\.2\.9:80".*`).ReplaceAllString(plain.Replace(line("192.0.2.2", "old")), "") + "\n"},
			columns: "client_ip, lambda_error_reason, classification_reason", want: [][]string{{"192.0.2.1", "-", "-"}, {"192.0.2.2", "-", "NULL"}},
		},
		{
			name: "a line that is none", kind: kind, objects: map[string]string{"a": plain.Replace(line("192.0.2.1", "x")) + "\nnot a line of this log\n"},
			columns: "client_ip, elb_status_code", want: [][]string{{"192.0.2.1", "200"}, {"NULL", "NULL"}}, told: `_a\.log: 1.*line 2: `,
		},
	}
}

// TestBadInput puts what is wrong with logs through both doors: sillok query
// over a folder, and a table over the same objects in S3.
func TestBadInput(t *testing.T) {
	inputs := slices.Concat(trailInputs(t), flowInputs(), balancerInputs(t))
	s := serve(t, t.TempDir())
	a := newAsker(t, s)
	a.bucket("bad-input")
	for i, in := range inputs {
		t.Run(in.kind.discovered+"/"+in.name, func(t *testing.T) {
			place := fmt.Sprintf("%02d/", i)
			contents := map[string]string{}
			for name, body := range in.objects {
				key := name
				if !strings.HasSuffix(name, "/") {
					key = fmt.Sprintf(in.kind.key, name)
				}
				contents[key] = body
				a.put("bad-input", place+key, body)
			}
			got := query(t, files(t, contents), "SELECT "+in.columns+" FROM "+in.kind.discovered+" ORDER BY 1")
			if diff := cmp.Diff(sorted(in.want), sorted(got.rows)); got.code != 0 || diff != "" {
				t.Errorf("sillok query, exit %d: %s\n%s", got.code, diff, got.told)
			}
			if about := regexp.MustCompile(`(?s)did not parse|damaged|.*_a\.`).MatchString(got.told); in.told == "" && about {
				t.Errorf("told of good input:\n%s", got.told)
			}
			if !regexp.MustCompile(in.told).MatchString(got.told) {
				t.Errorf("told\n%s\nwant %s", got.told, in.told)
			}
			want := in.table
			if want == nil {
				want = in.want
			}
			name := fmt.Sprintf("bad_%02d", i)
			a.do(strings.NewReplacer("NAME", name, "PLACE", "s3://bad-input/"+place).Replace(in.kind.ddl))
			if diff := cmp.Diff(sorted(want), sorted(a.do("SELECT "+in.columns+" FROM "+name).texts())); diff != "" {
				t.Errorf("through a table: %s", diff)
			}
		})
	}
}

// put stores one object.
func (a *asker) put(bucket, key, body string) {
	a.t.Helper()
	if _, err := a.s3.PutObject(a.t.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: aws.String(key), Body: strings.NewReader(body)}); err != nil {
		a.t.Fatal(err)
	}
}

func sorted(rows [][]string) [][]string {
	rows = append([][]string{}, rows...)
	slices.SortFunc(rows, slices.Compare)
	return rows
}

// TestLargeDocument reads one CloudTrail document of one line and 40 MB.
func TestLargeDocument(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{"Records":[`)
	n := 0
	for ; b.Len() < 40<<20; n++ {
		b.WriteString(trailRecord(fmt.Sprintf("Event%d", n)) + ",")
	}
	b.WriteString(trailRecord("Last") + "]}")
	key := fmt.Sprintf(trailKind().key, "a")
	const question = "SELECT count(*), count(DISTINCT eventname), count(readonly) FROM "
	want := [][]string{{fmt.Sprint(n + 1), fmt.Sprint(n + 1), fmt.Sprint(n + 1)}}
	got := query(t, files(t, map[string]string{key: b.String()}), question+"cloudtrail")
	if diff := cmp.Diff(want, got.rows); diff != "" {
		t.Errorf("sillok query: %s\n%s", diff, got.told)
	}
	a := newAsker(t, serve(t, t.TempDir()))
	a.bucket("large")
	a.put("large", key, b.String())
	a.do(strings.NewReplacer("NAME", "large", "PLACE", "s3://large/").Replace(trailKind().ddl))
	if diff := cmp.Diff(want, a.do(question+"large").texts()); diff != "" {
		t.Errorf("through a table: %s", diff)
	}
}

// flowFields are 40 fields of a flow log and whether they are numbers.
const flowFields = "version:n account-id interface-id srcaddr dstaddr srcport:n dstport:n protocol:n packets:n bytes:n start:n end:n action log-status " +
	"vpc-id subnet-id instance-id tcp-flags:n type pkt-srcaddr pkt-dstaddr region az-id sublocation-type sublocation-id " +
	"pkt-src-aws-service pkt-dst-aws-service flow-direction traffic-path:n ecs-cluster-arn ecs-cluster-name ecs-container-instance-arn " +
	"ecs-container-instance-id ecs-container-id ecs-second-container-id ecs-service-name ecs-task-definition-arn ecs-task-arn ecs-task-id reject-reason"

// TestFlowLogFields reads flow logs of 14 to 40 fields, each in an order of its
// own, as their headers say.
func TestFlowLogFields(t *testing.T) {
	fields := strings.Fields(flowFields)
	contents := map[string]string{}
	var want [][]string
	var columns []string
	for _, f := range fields {
		name, _, _ := strings.Cut(f, ":")
		name = strings.ReplaceAll(name, "-", "_")
		if name == "region" {
			name = "log_region"
		}
		columns = append(columns, `"`+name+`"`)
	}
	for n := 14; n <= len(fields); n++ {
		// The order is turned and mirrored; the account stays, as it names the row.
		order := append([]string{}, fields[:n]...)
		slices.Reverse(order)
		order = append(order[n/3:], order[:n/3]...)
		var header, line []string
		row := make([]string, len(fields))
		for i := range row {
			row[i] = "NULL"
		}
		for i, f := range order {
			name, number, _ := strings.Cut(f, ":")
			value := fmt.Sprintf("%s/%d", name, n)
			switch {
			case number != "":
				value = fmt.Sprint(1000*n + i)
			case name == "account-id":
				value = fmt.Sprintf("%012d", n)
			}
			header, line = append(header, name), append(line, value)
			row[slices.Index(fields, f)] = value
		}
		want = append(want, row)
		contents[fmt.Sprintf(flowKind().key, fmt.Sprint(n))] = strings.Join(header, " ") + "\n" + strings.Join(line, " ") + "\n"
	}
	got := query(t, files(t, contents), "SELECT "+strings.Join(columns, ", ")+" FROM vpc_flow ORDER BY account_id")
	if diff := cmp.Diff(want, got.rows); diff != "" {
		t.Errorf("%s\n%s", diff, got.told)
	}
	if strings.Contains(got.told, "did not parse") {
		t.Error(got.told)
	}
}
