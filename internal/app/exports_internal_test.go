package app

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/api/athenaapi"
	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
)

// Log events are exported where the bucket's policy lets CloudWatch Logs of the region
// put them for the account's groups, as AWS's guide has it, and Athena reads them.
func TestLogEventsAreExported(t *testing.T) {
	h := newHouse(t)
	const policy = `{"Effect":"Allow","Principal":{"Service":"logs.ap-northeast-2.amazonaws.com"},"Action":"s3:GetBucketAcl","Resource":"arn:aws:s3:::%[1]s",
			"Condition":{"StringEquals":{"aws:SourceAccount":["111122223333"]},"ArnLike":{"aws:SourceArn":["arn:aws:logs:ap-northeast-2:111122223333:log-group:*"]}}},
		{"Effect":"Allow","Principal":{"Service":"logs.ap-northeast-2.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::%[1]s/*",
			"Condition":{"StringEquals":{"s3:x-amz-acl":"bucket-owner-full-control","aws:SourceAccount":["%[2]s"]},"ArnLike":{"aws:SourceArn":["arn:aws:logs:ap-northeast-2:111122223333:log-group:*"]}}}`
	h.bucket(ours, "exports", document(fmt.Sprintf(policy, "exports", ours)))
	h.bucket(ours, "others", document(fmt.Sprintf(policy, "others", theirs)))
	h.bucket(ours, "without", "")
	root := h.root(ours)
	logs := logsapi.Client{Door: h.door(root)}
	_, err := logs.CreateLogGroup(h.ctx, &logsapi.CreateLogGroupInput{LogGroupName: new("g")})
	h.must(err)
	_, err = logs.CreateLogStream(h.ctx, &logsapi.CreateLogStreamInput{LogGroupName: new("g"), LogStreamName: new("app/one")})
	h.must(err)
	at := time.Now().Truncate(time.Millisecond)
	in := &logsapi.PutLogEventsInput{LogGroupName: new("g"), LogStreamName: new("app/one")}
	for i := range 1000 {
		in.LogEvents = append(in.LogEvents, logsapi.InputLogEvent{Timestamp: new(at.UnixMilli() + int64(i)), Message: new(fmt.Sprintf("event %04d", i))})
	}
	_, err = logs.PutLogEvents(h.ctx, in)
	h.must(err)
	export := func(c caller, bucket string) (string, error) {
		out, err := logsapi.Client{Door: h.door(c)}.CreateExportTask(h.ctx, &logsapi.CreateExportTaskInput{
			LogGroupName: new("g"), From: new(at.UnixMilli()), To: new(at.UnixMilli() + 899), Destination: &bucket,
		})
		if err != nil {
			return "", err
		}
		return *out.TaskId, nil
	}
	const denied = "InvalidParameterException: %s call on the given bucket failed. Please check if CloudWatch Logs has been granted permission to perform this operation. (AccessDenied: %s)"
	_, err = export(root, "nowhere")
	h.want("a bucket that is not there", "InvalidParameterException: The given bucket does not exist. Please make sure the bucket is valid.", err)
	_, err = export(root, "without")
	if err == nil || !strings.HasPrefix(err.Error(), fmt.Sprintf(denied[:len("InvalidParameterException: %s call on the given bucket failed.")], "GetBucketAcl")) {
		t.Errorf("a bucket without a policy: %v", err)
	}
	_, err = export(root, "others")
	if err == nil || !strings.Contains(err.Error(), "PutObject call on the given bucket failed.") {
		t.Errorf("a bucket for another account: %v", err)
	}
	limited := h.user(ours, "limited", allow("logs:CreateExportTask", "*"))
	_, err = export(limited, "exports")
	if err == nil || !strings.Contains(err.Error(), "is not authorized to perform: s3:PutObject on resource: \"arn:aws:s3:::exports/aws-logs-write-test\"") {
		t.Errorf("one who may not write into the bucket: %v", err)
	}
	task, err := export(root, "exports")
	h.must(err)
	code := ""
	for end := time.Now().Add(20 * time.Second); code != "COMPLETED" && time.Now().Before(end); {
		out, err := logs.DescribeExportTasks(h.ctx, &logsapi.DescribeExportTasksInput{TaskId: &task})
		h.must(err)
		code = *out.ExportTasks[0].Status.Code
	}
	if code != "COMPLETED" {
		t.Fatal(code)
	}
	listed, err := root.s3.ListObjectsV2(h.ctx, &s3api.ListObjectsV2Input{Bucket: new("exports")})
	h.must(err)
	var keys []string
	for _, object := range listed.Contents {
		keys = append(keys, strings.Replace(*object.Key, task, "TASK", 1))
	}
	if got := fmt.Sprint(keys); got != "[aws-logs-write-test exportedlogs/TASK/app-one/000000.gz]" {
		t.Error(got)
	}
	_, err = root.glue.CreateDatabase(h.ctx, &glueapi.CreateDatabaseInput{DatabaseInput: &glueapi.DatabaseInput{Name: new("exported")}})
	h.must(err)
	h.bucket(ours, "answers", "")
	ask := func(sql string) *athenaapi.GetQueryResultsOutput {
		t.Helper()
		ctx := cloud.WithCall(h.ctx, cloud.Call{Account: ours, Region: "ap-northeast-2"})
		started, err := root.athena.StartQueryExecution(ctx, &athenaapi.StartQueryExecutionInput{
			QueryString: &sql, ResultConfiguration: &athenaapi.ResultConfiguration{OutputLocation: new("s3://answers/")},
			QueryExecutionContext: &athenaapi.QueryExecutionContext{Database: new("exported")},
		})
		h.must(err)
		for end := time.Now().Add(30 * time.Second); time.Now().Before(end); {
			q, err := root.athena.GetQueryExecution(ctx, &athenaapi.GetQueryExecutionInput{QueryExecutionId: started.QueryExecutionId})
			h.must(err)
			switch *q.QueryExecution.Status.State {
			case "SUCCEEDED":
				out, err := root.athena.GetQueryResults(ctx, &athenaapi.GetQueryResultsInput{QueryExecutionId: started.QueryExecutionId})
				h.must(err)
				return out
			case "FAILED", "CANCELLED":
				t.Fatalf("%s: %s", sql, *q.QueryExecution.Status.StateChangeReason)
			}
		}
		t.Fatalf("%s goes on", sql)
		return nil
	}
	ask(`CREATE EXTERNAL TABLE lines (at string, message string) ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.RegexSerDe'
		WITH SERDEPROPERTIES ('input.regex' = '^(\\S+) (.*)$') LOCATION 's3://exports/exportedlogs/` + task + `/app-one/'`)
	out := ask(`SELECT count(*), min(message), max(message), min(from_iso8601_timestamp(at)) FROM lines`)
	var row []string
	for _, datum := range out.ResultSet.Rows[1].Data {
		row = append(row, *datum.VarCharValue)
	}
	want := fmt.Sprint([]string{"900", "event 0000", "event 0899", at.UTC().Format("2006-01-02 15:04:05.000") + " UTC"})
	if got := fmt.Sprint(row); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
