package conformance_test

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/kit/material"
	"github.com/sillok/sillok/internal/sql/parse"
)

// answer is what testdata/ask.py prints of a statement.
type answer struct {
	State   string      `json:"state"`
	Reason  string      `json:"reason"`
	Columns [][2]string `json:"columns"`
	Rows    [][]*string `json:"rows"`
	Scanned int64       `json:"scanned"`
}

const resultsBucket = "aws-athena-query-result"

// ask runs statements through boto3.
func (s *server) ask(database string, statements ...string) []answer {
	s.t.Helper()
	request, err := json.Marshal(map[string]any{"database": database, "output": "s3://" + resultsBucket + "/", "statements": statements})
	if err != nil {
		s.t.Fatal(err)
	}
	var answers []answer
	if err := json.Unmarshal([]byte(s.python(string(request), "testdata/ask.py")), &answers); err != nil {
		s.t.Fatal(err)
	}
	return answers
}

// must runs statements that must succeed, and returns the last one's answer.
func (s *server) must(database string, statements ...string) answer {
	s.t.Helper()
	answers := s.ask(database, statements...)
	for i, a := range answers {
		if a.State != "SUCCEEDED" {
			s.t.Fatalf("%s: %s\n%s", a.State, a.Reason, statements[i])
		}
	}
	return answers[len(answers)-1]
}

// scenario returns the statements of a scenario, its comments and placeholders
// as they stand there unless replaced.
func scenario(t *testing.T, name string, replace ...string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(material.Dir(t), "scenarios", name))
	if err != nil {
		t.Fatal(err)
	}
	return parse.Split(strings.NewReplacer(replace...).Replace(string(text)))
}

// lines returns the lines of a gzipped file.
func lines(t *testing.T, path string) []string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // only read
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		t.Fatalf("nothing matches %s: %v", pattern, err)
	}
	return paths
}

// TestScenarios copies the recorded logs into S3 with aws s3 sync, makes the
// tables with the published DDL, asks the published questions through boto3,
// and compares with counts made from the files. The server is killed after the
// copy and after the tables.
func TestScenarios(t *testing.T) {
	data := material.Data(t)
	s := serve(t, t.TempDir())
	for _, bucket := range []string{"scenario-logs", "cwchoiit-vpc-flow-logs", "flow-log-buckets", resultsBucket} {
		s.aws("s3", "mb", "s3://"+bucket)
	}
	trails := filepath.Join(data, "cloudtrail", "invictus-ir_aws_dataset", "s3")
	flows := filepath.Join(data, "vpcflow", "criblpacks_vpc-flow", "s3", "AWSLogs", "216782312663", "vpcflowlogs", "us-east-1", "2021", "09", "02")
	requests := filepath.Join(data, "elb", "jSherz_alb-logs-parser", "raw")
	s.aws("s3", "sync", "--quiet", trails, "s3://scenario-logs/")
	s.aws("s3", "sync", "--quiet", flows, "s3://cwchoiit-vpc-flow-logs/AWSLogs/135149110460/vpcflowlogs/ap-northeast-2/2023/01/28")
	s.aws("s3", "sync", "--quiet", requests, "s3://scenario-logs/AWSLogs/123456789012/elasticloadbalancing/eu-west-2/")
	s.killAndRestart()
	t.Run("alb", func(t *testing.T) { albScenario(t, s, glob(t, filepath.Join(requests, "*.gz"))[0]) })
	t.Run("cloudtrail", func(t *testing.T) { cloudtrailScenario(t, s, trails) })
	t.Run("vpcflow", func(t *testing.T) { vpcflowScenario(t, s, glob(t, filepath.Join(flows, "*.gz"))[0]) })
	t.Run("faults", func(t *testing.T) { faultyScenario(t, s) })
	t.Run("partition lambda", func(t *testing.T) { lambdaScenario(t, s) })
	s.killAndRestart()
	t.Run("after a kill", func(t *testing.T) { afterKill(t, s) })
	if err := s.stop(); err != nil {
		t.Errorf("SIGTERM: %v", err)
	}
}

func albScenario(t *testing.T, s *server, file string) {
	t.Helper()
	statements := scenario(t, "alb.sql", "DOC-EXAMPLE-BUCKET", "scenario-logs", "<ACCOUNT-ID>", "123456789012",
		// The lines are of 2019 and have not all fields that the expression wants.
		"<REGION>/';", "eu-west-2/' TBLPROPERTIES ('sillok.lenient' = 'true');")
	got := counts(s.must("", statements...).Rows, 1, 2, 0)
	want := map[string]string{}
	n := map[string]int{}
	for _, line := range lines(t, file) {
		fields := strings.Split(line, " ")
		_, request, _ := strings.Cut(line, `"`)
		verb, _, _ := strings.Cut(request, " ")
		ip, _, _ := strings.Cut(fields[3], ":")
		n[verb+" "+ip]++
		want[verb+" "+ip] = strconv.Itoa(n[verb+" "+ip])
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// counts maps the cells a and b of each row to its cell n.
func counts(rows [][]*string, a, b, n int) map[string]string {
	m := map[string]string{}
	for _, row := range rows {
		m[shown(row[a])+" "+shown(row[b])] = shown(row[n])
	}
	return m
}

func shown(cell *string) string {
	if cell == nil {
		return "NULL"
	}
	return *cell
}

// consoleTable is the table that CloudTrail's console makes for Athena.
const consoleTable = `CREATE EXTERNAL TABLE cloudtrail_logs_cwchoiit_cloudtrail (
    eventVersion STRING,
    userIdentity STRUCT<type: STRING, principalId: STRING, arn: STRING, accountId: STRING, invokedBy: STRING,
        accessKeyId: STRING, userName: STRING, sessionContext: STRUCT<
            attributes: STRUCT<mfaAuthenticated: STRING, creationDate: STRING>,
            sessionIssuer: STRUCT<type: STRING, principalId: STRING, arn: STRING, accountId: STRING, userName: STRING>>>,
    eventTime STRING, eventSource STRING, eventName STRING, awsRegion STRING, sourceIpAddress STRING, userAgent STRING,
    errorCode STRING, errorMessage STRING, requestParameters STRING, responseElements STRING, additionalEventData STRING,
    requestId STRING, eventId STRING, resources ARRAY<STRUCT<arn: STRING, accountId: STRING, type: STRING>>,
    eventType STRING, apiVersion STRING, readOnly STRING, recipientAccountId STRING, serviceEventDetails STRING,
    sharedEventID STRING, vpcEndpointId STRING)
COMMENT 'CloudTrail table for scenario-logs bucket'
ROW FORMAT SERDE 'com.amazon.emr.hive.serde.CloudTrailSerde'
STORED AS INPUTFORMAT 'com.amazon.emr.cloudtrail.CloudTrailInputFormat'
OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat'
LOCATION 's3://scenario-logs/AWSLogs/218007301253/CloudTrail/'
TBLPROPERTIES ('classification'='cloudtrail')`

func cloudtrailScenario(t *testing.T, s *server, folder string) {
	t.Helper()
	table := "cloudtrail_logs_cwchoiit_cloudtrail"
	s.must("", consoleTable)
	question := scenario(t, "cloudtrail.sql")
	if got := s.must("", question...); len(got.Rows) != 100 || len(got.Columns) != 4 {
		t.Errorf("%d rows of %d columns, want 100 of 4", len(got.Rows), len(got.Columns))
	}
	events, buckets, records, size := rawTrail(t, folder)
	all := s.must("", "SELECT eventname, coalesce(useridentity.arn, 'NULL'), count(*) FROM "+table+" GROUP BY 1, 2")
	if diff := cmp.Diff(events, counts(all.Rows, 0, 1, 2)); diff != "" {
		t.Error(diff)
	}
	if all.Scanned != size {
		t.Errorf("%d bytes scanned, the objects have %d", all.Scanned, size)
	}
	total := s.must("", "SELECT count(*), count(json_extract_scalar(requestparameters, '$.bucketName')) FROM "+table)
	if got := shown(total.Rows[0][0]) + " " + shown(total.Rows[0][1]); got != fmt.Sprintf("%d %d", records, buckets) {
		t.Errorf("records and bucket names: %s, want %d %d", got, records, buckets)
	}
}

// rawTrail counts the records of a folder by event name and principal.
func rawTrail(t *testing.T, folder string) (events map[string]string, buckets, records int, size int64) {
	t.Helper()
	n := map[string]int{}
	for _, path := range glob(t, filepath.Join(folder, "AWSLogs/*/CloudTrail/*/*/*/*/*.json.gz")) {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		size += info.Size()
		var file struct {
			Records []struct {
				EventName         string
				UserIdentity      struct{ Arn *string }
				RequestParameters map[string]any
			}
		}
		if err := json.Unmarshal([]byte(strings.Join(lines(t, path), "\n")), &file); err != nil {
			t.Fatal(err)
		}
		for _, r := range file.Records {
			records++
			n[r.EventName+" "+shown(r.UserIdentity.Arn)]++
			if _, ok := r.RequestParameters["bucketName"].(string); ok {
				buckets++
			}
		}
	}
	events = map[string]string{}
	for k, v := range n {
		events[k] = strconv.Itoa(v)
	}
	return events, buckets, records, size
}

func vpcflowScenario(t *testing.T, s *server, file string) {
	t.Helper()
	// The table's own location is never read, as every partition has one.
	statements := scenario(t, "vpcflow.sql", "DOC-EXAMPLE-BUCKET", "cwchoiit-vpc-flow-logs")
	answers := s.ask("", statements...)
	for i, a := range answers {
		if a.State != "SUCCEEDED" {
			t.Fatalf("%s: %s\n%s", a.State, a.Reason, statements[i])
		}
	}
	var rejected []string
	start := map[string]string{}
	for _, line := range lines(t, file)[1:] {
		f := strings.Fields(line)
		if f[12] == "REJECT" {
			rejected = append(rejected, strings.Join([]string{f[2], f[3], f[4], f[6], f[12], f[7]}, " "))
		}
		seconds, err := strconv.ParseInt(f[10], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		start[f[2]+" "+f[3]+" "+f[4]+" "+f[5]+" "+f[6]] = time.Unix(seconds, 0).UTC().Add(9*time.Hour).Format("2006-01-02 15:04:05.000") + " UTC"
	}
	if n := len(answers[2].Rows); n != 0 {
		t.Errorf("%d rows of a day without a partition, want none", n)
	}
	if diff := cmp.Diff(slices.Sorted(slices.Values(rejected[:min(100, len(rejected))])), joined(answers[3].Rows)); diff != "" {
		t.Error(diff)
	}
	kst := s.must("", `SELECT interface_id, srcaddr, dstaddr, srcport, dstport, "start" FROM vpc_flow_logs_kst`)
	got := map[string]string{}
	for _, row := range kst.Rows {
		got[shown(row[0])+" "+shown(row[1])+" "+shown(row[2])+" "+shown(row[3])+" "+shown(row[4])] = shown(row[5])
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(start)), slices.Sorted(maps.Keys(got))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(start, got); diff != "" {
		t.Error(diff)
	}
}

// joined returns the rows as lines, sorted.
func joined(rows [][]*string) []string {
	var out []string
	for _, row := range rows {
		var cells []string
		for _, cell := range row {
			cells = append(cells, shown(cell))
		}
		out = append(out, strings.Join(cells, " "))
	}
	slices.Sort(out)
	return out
}

func faultyScenario(t *testing.T, s *server) {
	t.Helper()
	answers := s.ask("", scenario(t, "vpcflow_with_faults.sql")...)
	for i, want := range []struct{ start, hint string }{
		{"FAILED: ParseException line 15:4 ", "`end`"},
		{"SYNTAX_ERROR: line 1:74: ", "INTERVAL '1' DAY"},
	} {
		a := answers[i]
		if a.State != "FAILED" || !strings.HasPrefix(a.Reason, want.start) || !strings.Contains(a.Reason, want.hint) {
			t.Errorf("statement %d: %s %s\nwant %s… naming %s", i, a.State, a.Reason, want.start, want.hint)
		}
	}
}

func lambdaScenario(t *testing.T, s *server) {
	t.Helper()
	s.aws("athena", "create-work-group", "--name", "athena-vpc-flow-log")
	s.must("", "CREATE DATABASE vpcflowlogs")
	table := scenario(t, "vpcflow.sql", "DOC-EXAMPLE-BUCKET", "flow-log-buckets")[0]
	s.must("vpcflowlogs", table)
	s.python("", "testdata/partition_lambda.py", filepath.Join(material.Dir(t), "scenarios", "partition_lambda.py"))
	got := s.must("vpcflowlogs", "SHOW PARTITIONS vpc_flow_logs")
	if want := "date=" + time.Now().UTC().Format(time.DateOnly); len(got.Rows) != 1 || shown(got.Rows[0][0]) != want {
		t.Errorf("partitions are %v, want %s", joined(got.Rows), want)
	}
}

func afterKill(t *testing.T, s *server) {
	t.Helper()
	got := s.must("", "SELECT count(*) FROM cloudtrail_logs_cwchoiit_cloudtrail")
	if n := shown(got.Rows[0][0]); n != "2900" {
		t.Errorf("%s records after a kill, want 2900", n)
	}
	got = s.must("", "SHOW TABLES")
	want := []string{"alb_logs", "cloudtrail_logs_cwchoiit_cloudtrail", "vpc_flow_logs", "vpc_flow_logs_kst"}
	if diff := cmp.Diff(want, joined(got.Rows)); diff != "" {
		t.Error(diff)
	}
}
