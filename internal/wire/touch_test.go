package wire_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/api"
	"github.com/sillok/sillok/internal/api/athenaapi"
	"github.com/sillok/sillok/internal/api/ec2api"
	"github.com/sillok/sillok/internal/api/eventsapi"
	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/api/lambdaapi"
	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/api/snsapi"
	"github.com/sillok/sillok/internal/api/sqsapi"
	"github.com/sillok/sillok/internal/api/ssmapi"
	"github.com/sillok/sillok/internal/api/stsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/wire"
)

// touched returns what a call touches, one line each.
func touched(t *testing.T, service *api.Service, op string, in any) []string {
	t.Helper()
	var lines []string
	for _, x := range operation(t, service, op).Touches(cloud.Call{Region: "eu-west-1", Account: "111122223333"}, in) {
		lines = append(lines, strings.TrimSpace(x.Action+" "+x.Type)+" "+x.ARN)
	}
	return lines
}

func TestTouchesGlue(t *testing.T) {
	const glue = "arn:aws:glue:eu-west-1:111122223333:"
	for _, tt := range []struct {
		op   string
		in   any
		want []string
	}{
		{"GetTable", &glueapi.GetTableInput{DatabaseName: new("Logs"), Name: new("ALB")}, []string{
			"glue:GetTable rootcatalog " + glue + "catalog", "glue:GetTable database " + glue + "database/logs",
			"glue:GetTable table " + glue + "table/logs/alb",
		}},
		{"GetTables", &glueapi.GetTablesInput{DatabaseName: new("logs")}, []string{
			"glue:GetTables rootcatalog " + glue + "catalog", "glue:GetTables database " + glue + "database/logs",
			"glue:GetTables table " + glue + "table/logs/*",
		}},
		{"CreateTable", &glueapi.CreateTableInput{DatabaseName: new("d"), TableInput: &glueapi.TableInput{Name: new("t")}}, []string{
			"glue:CreateTable rootcatalog " + glue + "catalog", "glue:CreateTable database " + glue + "database/d",
			"glue:CreateTable table " + glue + "table/d/t",
		}},
		{"CreateTable", &glueapi.CreateTableInput{DatabaseName: new("d"), Name: new("u")}, []string{
			"glue:CreateTable rootcatalog " + glue + "catalog", "glue:CreateTable database " + glue + "database/d",
			"glue:CreateTable table " + glue + "table/d/u",
		}},
		{"BatchDeleteTable", &glueapi.BatchDeleteTableInput{DatabaseName: new("d"), TablesToDelete: []string{"a", "B"}}, []string{
			"glue:BatchDeleteTable rootcatalog " + glue + "catalog", "glue:BatchDeleteTable database " + glue + "database/d",
			"glue:BatchDeleteTable table " + glue + "table/d/a", "glue:BatchDeleteTable table " + glue + "table/d/b",
		}},
		{"DeleteDatabase", &glueapi.DeleteDatabaseInput{Name: new("d")}, []string{
			"glue:DeleteDatabase rootcatalog " + glue + "catalog", "glue:DeleteDatabase database " + glue + "database/d",
			"glue:DeleteDatabase table " + glue + "table/d/*",
			"glue:DeleteDatabase userdefinedfunction " + glue + "userDefinedFunction/d/*",
		}},
		{"CreateDatabase", &glueapi.CreateDatabaseInput{DatabaseInput: &glueapi.DatabaseInput{Name: new("d")}, Tags: map[string]string{"k": "v"}}, []string{
			"glue:CreateDatabase rootcatalog " + glue + "catalog", "glue:CreateDatabase database " + glue + "database/d",
			"glue:TagResource database " + glue + "database/d",
		}},
		{"GetTags", &glueapi.GetTagsInput{ResourceArn: new(glue + "database/d")}, []string{"glue:GetTags " + glue + "database/d"}},
	} {
		if diff := cmp.Diff(tt.want, touched(t, glueapi.Service, tt.op, tt.in)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.op, diff)
		}
	}
}

func TestTouchesS3(t *testing.T) {
	const (
		key    = "arn:aws:s3:::b/k"
		source = "arn:aws:s3:::src/a key"
	)
	for _, tt := range []struct {
		op   string
		in   any
		want []string
	}{
		{"ListBuckets", &s3api.ListBucketsInput{}, nil},
		{"HeadBucket", &s3api.HeadBucketInput{Bucket: new("b")}, []string{"s3:ListBucket bucket arn:aws:s3:::b"}},
		{"GetObject", &s3api.GetObjectInput{Bucket: new("b"), Key: new("k")}, []string{"s3:GetObject object " + key}},
		{"GetObject", &s3api.GetObjectInput{Bucket: new("b"), Key: new("k"), VersionId: new("1")}, []string{"s3:GetObjectVersion object " + key}},
		{"GetObject", &s3api.GetObjectInput{Bucket: new("b"), Key: new("arn:aws:s3:::c/k")}, []string{"s3:GetObject object arn:aws:s3:::b/arn:aws:s3:::c/k"}},
		{"PutObject", &s3api.PutObjectInput{Bucket: new("b"), Key: new("k"), GrantReadACP: new("id=x"), Tagging: new("k=v")}, []string{
			"s3:PutObject object " + key, "s3:PutObjectAcl object " + key, "s3:PutObjectTagging object " + key,
		}},
		{"CopyObject", &s3api.CopyObjectInput{Bucket: new("b"), Key: new("k"), CopySource: new("/src/a%20key")}, []string{
			"s3:PutObject object " + key, "s3:GetObject object " + source,
		}},
		{"UploadPartCopy", &s3api.UploadPartCopyInput{Bucket: new("b"), Key: new("k"), CopySource: new("src/a%20key?versionId=7")}, []string{
			"s3:PutObject object " + key, "s3:GetObjectVersion object " + source,
		}},
		{"DeleteObjects", &s3api.DeleteObjectsInput{Bucket: new("b"), Delete: &s3api.Delete{Objects: []s3api.ObjectIdentifier{
			{Key: new("x")}, {Key: new("y"), VersionId: new("1")},
		}}}, []string{"s3:DeleteObject object arn:aws:s3:::b/x", "s3:DeleteObjectVersion object arn:aws:s3:::b/y"}},
		{"DeleteObject", &s3api.DeleteObjectInput{Bucket: new("b"), Key: new("k"), BypassGovernanceRetention: new(true)}, []string{
			"s3:DeleteObject object " + key, "s3:BypassGovernanceRetention object " + key,
		}},
		{"DeleteObject", &s3api.DeleteObjectInput{Bucket: new("b"), Key: new("k"), BypassGovernanceRetention: new(false)}, []string{
			"s3:DeleteObject object " + key,
		}},
	} {
		if diff := cmp.Diff(tt.want, touched(t, s3api.Service, tt.op, tt.in)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.op, diff)
		}
	}
}

func TestTouchesOthers(t *testing.T) {
	const (
		parameter = "arn:aws:ssm:eu-west-1:111122223333:parameter/"
		function  = "arn:aws:lambda:eu-west-1:111122223333:function:"
		group     = "arn:aws:logs:us-east-1:444455556666:log-group:g"
	)
	for _, tt := range []struct {
		service *api.Service
		op      string
		in      any
		want    []string
	}{
		{athenaapi.Service, "StartQueryExecution", &athenaapi.StartQueryExecutionInput{}, []string{
			"athena:StartQueryExecution workgroup arn:aws:athena:eu-west-1:111122223333:workgroup/primary",
		}},
		{athenaapi.Service, "GetQueryExecution", &athenaapi.GetQueryExecutionInput{QueryExecutionId: new("id")}, []string{
			"athena:GetQueryExecution workgroup arn:aws:athena:eu-west-1:111122223333:workgroup/*",
		}},
		{athenaapi.Service, "TagResource", &athenaapi.TagResourceInput{}, []string{"athena:TagResource *"}},
		{stsapi.Service, "GetCallerIdentity", &stsapi.GetCallerIdentityInput{}, nil},
		{ssmapi.Service, "GetParameters", &ssmapi.GetParametersInput{Names: []string{"/a/b:3", "c", parameter + "d:prod", "/"}}, []string{
			"ssm:GetParameters parameter " + parameter + "a/b", "ssm:GetParameters parameter " + parameter + "c",
			"ssm:GetParameters parameter " + parameter + "d", "ssm:GetParameters parameter " + parameter + "*",
		}},
		{ssmapi.Service, "AddTagsToResource", &ssmapi.AddTagsToResourceInput{ResourceType: new("Parameter"), ResourceId: new("/a")}, []string{
			"ssm:AddTagsToResource parameter " + parameter + "a",
		}},
		{ssmapi.Service, "AddTagsToResource", &ssmapi.AddTagsToResourceInput{ResourceType: new("Document"), ResourceId: new("a")}, []string{}},
		{ssmapi.Service, "DescribeParameters", &ssmapi.DescribeParametersInput{}, nil},
		{sqsapi.Service, "SendMessage", &sqsapi.SendMessageInput{QueueUrl: new("http://localhost:4566/444455556666/q")}, []string{
			"sqs:SendMessage queue arn:aws:sqs:eu-west-1:444455556666:q",
		}},
		{sqsapi.Service, "SendMessage", &sqsapi.SendMessageInput{QueueUrl: new("q")}, []string{"sqs:SendMessage queue arn:aws:sqs:eu-west-1:*"}},
		{sqsapi.Service, "GetQueueUrl", &sqsapi.GetQueueUrlInput{QueueName: new("q")}, []string{
			"sqs:GetQueueUrl queue arn:aws:sqs:eu-west-1:111122223333:q",
		}},
		{snsapi.Service, "Publish", &snsapi.PublishInput{TargetArn: new("arn:aws:sns:a:1:t")}, []string{"sns:Publish topic arn:aws:sns:a:1:t"}},
		{snsapi.Service, "Publish", &snsapi.PublishInput{PhoneNumber: new("+1")}, []string{}},
		{lambdaapi.Service, "Invoke", &lambdaapi.InvokeInput{FunctionName: new("f")}, []string{"lambda:InvokeFunction function " + function + "f"}},
		{lambdaapi.Service, "Invoke", &lambdaapi.InvokeInput{FunctionName: new(function + "f:live")}, []string{
			"lambda:InvokeFunction function " + function + "f:live",
		}},
		{logsapi.Service, "GetLogEvents", &logsapi.GetLogEventsInput{LogGroupIdentifier: new(group), LogStreamName: new("s")}, []string{
			"logs:GetLogEvents log-stream " + group + ":log-stream:s",
		}},
		{eventsapi.Service, "PutEvents", &eventsapi.PutEventsInput{Entries: []eventsapi.PutEventsRequestEntry{{}, {EventBusName: new("b")}}}, []string{
			"events:PutEvents event-bus arn:aws:events:eu-west-1:111122223333:event-bus/default",
			"events:PutEvents event-bus arn:aws:events:eu-west-1:111122223333:event-bus/b",
		}},
		{ec2api.Service, "CreateFlowLogs", &ec2api.CreateFlowLogsInput{ResourceType: new("Subnet"), ResourceIds: []string{"subnet-1"}}, []string{
			"ec2:CreateFlowLogs subnet arn:aws:ec2:eu-west-1:111122223333:subnet/subnet-1",
			"ec2:CreateFlowLogs vpc-flow-log arn:aws:ec2:eu-west-1:111122223333:vpc-flow-log/*",
		}},
	} {
		got := touched(t, tt.service, tt.op, tt.in)
		if len(tt.want)+len(got) == 0 {
			continue
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.op, diff)
		}
	}
}

func TestTouchesIsBounded(t *testing.T) {
	in := &s3api.DeleteObjectsInput{Bucket: new("b"), Delete: &s3api.Delete{}}
	for i := range 1001 {
		in.Delete.Objects = append(in.Delete.Objects, s3api.ObjectIdentifier{Key: new(fmt.Sprint(i))})
	}
	got := touched(t, s3api.Service, "DeleteObjects", in)
	want := []string{
		"s3:DeleteObject object arn:aws:s3:::b/999",
		"s3:DeleteObject object arn:aws:s3:::b/*", "s3:DeleteObjectVersion object arn:aws:s3:::b/*",
	}
	if diff := cmp.Diff(want, got[len(got)-3:]); len(got) != 1002 || diff != "" {
		t.Errorf("%d ARNs, the last (-want +got):\n%s", len(got), diff)
	}
}

// TestEveryListedOperationIsTold checks the tables' own promises: who authorizes
// a call is known of every operation that can be done, and no template is left
// half filled, whether the input has all members or none.
func TestEveryListedOperationIsTold(t *testing.T) {
	for _, service := range services() {
		model := wire.Compile(service)
		for i := range service.Operations {
			row := &service.Operations[i]
			if row.In == nil {
				if row.Action != "" || row.Resources != nil || row.Access != "" || row.Event != "" || row.MaxBody != 0 {
					t.Errorf("%s:%s: not listed, and yet more than a name: %+v", service.ID, row.Name, row)
				}
				continue
			}
			if row.Action == "" || row.Access == "" || row.Event == "" {
				t.Errorf("%s:%s: action %q, access %q, event %q", service.ID, row.Name, row.Action, row.Access, row.Event)
			}
			op := model.Operation(row.Name)
			for _, x := range op.Touches(cloud.Call{Region: "eu-west-1", Account: "111122223333"}, op.NewInput()) {
				if strings.ContainsAny(x.ARN, "{}'|") || x.Action == "" {
					t.Errorf("%s:%s touches %+v", service.ID, row.Name, x)
				}
			}
		}
	}
}

func BenchmarkTouches(b *testing.B) {
	op := operation(b, glueapi.Service, "GetTable")
	in := &glueapi.GetTableInput{DatabaseName: new("logs"), Name: new("alb")}
	b.ReportAllocs()
	for b.Loop() {
		op.Touches(cloud.Call{Region: "eu-west-1", Account: "111122223333"}, in)
	}
}
