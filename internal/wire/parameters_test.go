package wire_test

import (
	"encoding/json"
	"io"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/api"
	"github.com/sillok/sillok/internal/api/athenaapi"
	"github.com/sillok/sillok/internal/api/cloudwatchapi"
	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/api/iamapi"
	"github.com/sillok/sillok/internal/api/kmsapi"
	"github.com/sillok/sillok/internal/api/lambdaapi"
	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/api/ssmapi"
	"github.com/sillok/sillok/internal/api/stsapi"
	"github.com/sillok/sillok/internal/wire"
	"github.com/sillok/sillok/internal/wire/snapshots"
)

const enough = 100 << 10

func TestParameters(t *testing.T) {
	when := time.Date(2026, 11, 21, 8, 0, 0, 250e6, time.UTC)
	long := strings.Repeat("é", 200)
	for _, tt := range []struct {
		name    string
		service *api.Service
		op      string
		in      any
		limit   int
		want    string
	}{
		{"nothing", stsapi.Service, "GetCallerIdentity", &stsapi.GetCallerIdentityInput{}, enough, `{}`},
		{
			"nested, and not more than given", glueapi.Service, "CreateTable", &glueapi.CreateTableInput{
				DatabaseName: new("d"), TableInput: &glueapi.TableInput{
					Name: new("t\n"), Parameters: map[string]string{"b": "2", "a": "1"}, PartitionKeys: []glueapi.Column{{Name: new("c")}, {}},
					Retention: new(int32(3)), LastAccessTime: &when,
				},
			}, enough,
			`{"databaseName":"d","tableInput":{"name":"t\n","lastAccessTime":"Nov 21, 2026, 8:00:00 AM","retention":3,` +
				`"partitionKeys":[{"name":"c"},{}],"parameters":{"a":"1","b":"2"}}}`,
		},
		{
			"a sensitive member that nothing constrains", ssmapi.Service, "PutParameter",
			&ssmapi.PutParameterInput{Name: new("/db"), Value: new("hunter2"), Overwrite: new(true)}, enough,
			`{"name":"/db","value":"HIDDEN_DUE_TO_SECURITY_REASONS","overwrite":true}`,
		},
		{
			"a sensitive member that is constrained", stsapi.Service, "AssumeRoleWithWebIdentity",
			&stsapi.AssumeRoleWithWebIdentityInput{RoleSessionName: new("s"), WebIdentityToken: new("hunter2")}, enough,
			`{"roleSessionName":"s"}`,
		},
		{
			"a sensitive map, and a sensitive blob", lambdaapi.Service, "CreateFunction", &lambdaapi.CreateFunctionInput{
				FunctionName: new("f"), Code: &lambdaapi.FunctionCode{ZipFile: []byte("PK")},
				Environment: &lambdaapi.Environment{Variables: map[string]string{"PASSWORD": "hunter2"}},
			}, enough,
			`{"functionName":"f","code":{},"environment":{}}`,
		},
		{
			"what is logged", logsapi.Service, "PutLogEvents",
			&logsapi.PutLogEventsInput{LogGroupName: new("g"), LogStreamName: new("s"), LogEvents: []logsapi.InputLogEvent{{Timestamp: new(int64(1)), Message: new("hunter2")}}}, enough,
			`{"logGroupName":"g","logStreamName":"s","logEvents":"HIDDEN_DUE_TO_SECURITY_REASONS"}`,
		},
		{
			"a stream, and a header that is a key", s3api.Service, "PutObject",
			&s3api.PutObjectInput{Bucket: new("b"), Key: new("k"), Body: strings.NewReader("hunter2"), SSECustomerKey: new("hunter2")}, enough,
			`{"bucketName":"b","key":"k"}`,
		},
		{
			"numbers", cloudwatchapi.Service, "PutMetricData", &cloudwatchapi.PutMetricDataInput{MetricData: []cloudwatchapi.MetricDatum{
				{Value: new(1.5), Values: []float64{1}},
			}}, enough, `{"metricData":[{"value":1.5,"values":[1.0]}]}`,
		},
		{
			"a text that is too long", athenaapi.Service, "StartQueryExecution",
			&athenaapi.StartQueryExecutionInput{QueryString: &long, WorkGroup: new("w")}, 80, `{"queryString":"ééééééééééééé…","_truncated":434}`,
		},
		{
			"a list that is too long", glueapi.Service, "BatchDeleteTable",
			&glueapi.BatchDeleteTableInput{DatabaseName: new("d"), TablesToDelete: []string{"table-1", "table-2", "table-3"}}, 85,
			`{"databaseName":"d","tablesToDelete":["table-1"],"_truncated":69}`,
		},
		{
			"no room at all", glueapi.Service, "GetTable", &glueapi.GetTableInput{DatabaseName: new("d")}, 0, `{"_truncated":20}`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := string(operation(t, tt.service, tt.op).Parameters(tt.in, tt.limit))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("parameters (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParametersOfS3AreAsOnTheWire(t *testing.T) {
	for _, tt := range []struct {
		op   string
		in   any
		want string
	}{
		{"GetBucketAcl", &s3api.GetBucketAclInput{Bucket: new("logs")}, `{"acl":"","bucketName":"logs"}`},
		{"ListBuckets", &s3api.ListBucketsInput{}, `{}`},
		{
			"ListObjectsV2", &s3api.ListObjectsV2Input{Bucket: new("logs"), Prefix: new("a/"), MaxKeys: new(int32(5)), FetchOwner: new(true)},
			`{"list-type":"2","bucketName":"logs","max-keys":"5","prefix":"a/","fetch-owner":"true"}`,
		},
		{
			"PutObject", &s3api.PutObjectInput{
				Bucket: new("logs"), Key: new("a b"), Body: strings.NewReader("hunter2"), ACL: new("private"), ContentType: new("text/plain"),
				ServerSideEncryption: new("aws:kms"), SSEKMSKeyId: new("hunter2"), SSECustomerKey: new("hunter2"), SSECustomerKeyMD5: new("hunter2"),
				ChecksumSHA256: new("sum"), Metadata: map[string]string{"k": "v"},
			}, `{"x-amz-acl":"private","bucketName":"logs","key":"a b","x-amz-server-side-encryption":"aws:kms"}`,
		},
		{
			"PutBucketTagging", &s3api.PutBucketTaggingInput{Bucket: new("logs"), Tagging: &s3api.Tagging{TagSet: []s3api.Tag{{Key: new("a"), Value: new("true")}}}},
			`{"tagging":"","bucketName":"logs","Tagging":{"xmlns":"http://s3.amazonaws.com/doc/2006-03-01/","TagSet":{"Tag":{"Key":"a","Value":true}}}}`,
		},
		{
			"PutBucketLifecycleConfiguration", &s3api.PutBucketLifecycleConfigurationInput{
				Bucket: new("logs"), LifecycleConfiguration: &s3api.BucketLifecycleConfiguration{Rules: []s3api.LifecycleRule{
					{ID: new("007"), Status: new("Enabled"), Expiration: &s3api.LifecycleExpiration{Days: new(int32(1))}}, {ID: new("12"), Status: new("Disabled")},
				}},
			},
			`{"lifecycle":"","bucketName":"logs","LifecycleConfiguration":{"xmlns":"http://s3.amazonaws.com/doc/2006-03-01/",` +
				`"Rule":[{"Expiration":{"Days":1},"ID":"007","Status":"Enabled"},{"ID":12,"Status":"Disabled"}]}}`,
		},
		{
			"PutBucketPolicy", &s3api.PutBucketPolicyInput{Bucket: new("logs"), Policy: new("{\n \"Version\": \"2012-10-17\" }")},
			`{"policy":"","bucketName":"logs","bucketPolicy":{"Version":"2012-10-17"}}`,
		},
		{"PutBucketPolicy", &s3api.PutBucketPolicyInput{Bucket: new("logs"), Policy: new("{")}, `{"policy":"","bucketName":"logs","bucketPolicy":"{"}`},
		{
			"DeleteObjects", &s3api.DeleteObjectsInput{Bucket: new("logs"), Delete: &s3api.Delete{Objects: []s3api.ObjectIdentifier{{Key: new("a")}}}},
			`{"delete":"","bucketName":"logs"}`,
		},
	} {
		got := string(operation(t, s3api.Service, tt.op).Parameters(tt.in, enough))
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.op, diff)
		}
	}
}

func TestElements(t *testing.T) {
	when := time.Date(2026, 11, 21, 18, 0, 0, 250e6, time.UTC)
	for _, tt := range []struct {
		name    string
		service *api.Service
		op      string
		out     any
		want    string
	}{
		{
			"what reads has none", glueapi.Service, "GetTable", &glueapi.GetTableOutput{Table: &glueapi.Table{Name: new("t")}}, "",
		},
		{"an answer that says nothing has none", glueapi.Service, "CreateTable", &glueapi.CreateTableOutput{}, ""},
		{"a call that failed has none", glueapi.Service, "CreateTable", nil, ""},
		{
			"a secret is left out", iamapi.Service, "CreateAccessKey", &iamapi.CreateAccessKeyOutput{AccessKey: &iamapi.AccessKey{
				AccessKeyId: new("AKIAEXAMPLE"), SecretAccessKey: new("hunter2"), Status: new("Active"), UserName: new("ann"), CreateDate: &when,
			}}, `{"accessKey":{"userName":"ann","accessKeyId":"AKIAEXAMPLE","status":"Active","createDate":"Nov 21, 2026 6:00:00 PM"}}`,
		},
		{
			"a session's token is hidden", stsapi.Service, "AssumeRole", &stsapi.AssumeRoleOutput{Credentials: &stsapi.Credentials{
				AccessKeyId: new("ASIAEXAMPLE"), SecretAccessKey: new("hunter2"), SessionToken: new("hunter2"), Expiration: &when,
			}}, `{"credentials":{"accessKeyId":"ASIAEXAMPLE","sessionToken":"HIDDEN_DUE_TO_SECURITY_REASONS","expiration":"Nov 21, 2026, 6:00:00 PM"}}`,
		},
		{
			"what KMS is used for is said to read only", kmsapi.Service, "GenerateDataKey",
			&kmsapi.GenerateDataKeyOutput{KeyId: new("k"), Plaintext: []byte("hunter2"), CiphertextBlob: []byte("c")}, "",
		},
		{
			"headers of S3", s3api.Service, "PutObject", &s3api.PutObjectOutput{ETag: new("e"), VersionId: new("v"), ServerSideEncryption: new("AES256")},
			`{"x-amz-server-side-encryption":"AES256","x-amz-version-id":"v"}`,
		},
		{"an answer of S3 without such", s3api.Service, "DeleteObject", &s3api.DeleteObjectOutput{}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := string(operation(t, tt.service, tt.op).Elements(tt.out, enough))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("elements (-want +got):\n%s", diff)
			}
		})
	}
}

type blobInput struct {
	Data  []byte
	Body  io.Reader
	Group map[string][]map[string]string
}

func TestParametersBlob(t *testing.T) {
	service := &api.Service{ID: "blobs", Operations: []api.Operation{{Name: "Put", In: (*blobInput)(nil), Out: (*blobInput)(nil)}}}
	got := string(operation(t, service, "Put").Parameters(&blobInput{Data: make([]byte, 12), Body: strings.NewReader("x")}, enough))
	if diff := cmp.Diff(`{}`, got); diff != "" {
		t.Errorf("parameters (-want +got):\n%s", diff)
	}
}

// truncated is how a record ends that was cut.
var truncated = regexp.MustCompile(`[{,]"_truncated":\d+}$`)

// TestParametersKeepTheirLimit cuts every recorded input at many lengths.
func TestParametersKeepTheirLimit(t *testing.T) {
	const least = len(`{"_truncated":9223372036854775807}`)
	models := map[string]*wire.Model{}
	for _, service := range services() {
		models[service.ID] = wire.Compile(service)
	}
	for _, snap := range snapshots.Load(t) {
		op := models[snap.Service].Operation(snap.Operation)
		if op == nil || op.In == nil {
			continue
		}
		in := op.NewInput()
		req := &wire.Request{HTTP: snap.Request(t, "example"), Body: snap.Body, Labels: labels(op, snap)}
		if err := protocolOf(t, op.Model, snap).Decode(op, req, in); err != nil {
			continue // TestRecordedRequestsAreDecoded has said so
		}
		whole := op.Parameters(in, enough)
		for limit := 0; limit < len(whole)+least+2; limit += 1 + len(whole)/200 {
			got := op.Parameters(in, limit)
			if !json.Valid(got) || len(got) > max(limit, least) {
				t.Fatalf("%s.%s within %d bytes: %d bytes, valid %v: %s", snap.Service, snap.Operation, limit, len(got), json.Valid(got), got)
			}
			if cut := truncated.Match(got); !cut && !reflect.DeepEqual(got, whole) {
				t.Fatalf("%s.%s within %d bytes: less is there and nothing says so: %s", snap.Service, snap.Operation, limit, got)
			}
		}
	}
}

func FuzzParameters(f *testing.F) {
	f.Add("SELECT 1", "w", 50)
	f.Add("\x00\xff\"\\\u2028", "", 30)
	op := operation(f, athenaapi.Service, "StartQueryExecution")
	f.Fuzz(func(t *testing.T, query, group string, limit int) {
		in := &athenaapi.StartQueryExecutionInput{QueryString: &query, WorkGroup: &group, ExecutionParameters: []string{group, query}}
		limit = min(max(limit, 36), enough)
		if got := op.Parameters(in, limit); !json.Valid(got) || len(got) > limit {
			t.Errorf("%d bytes within %d: %s", len(got), limit, got)
		}
	})
}

func BenchmarkParameters(b *testing.B) {
	op := operation(b, glueapi.Service, "GetTable")
	in := &glueapi.GetTableInput{CatalogId: new("111122223333"), DatabaseName: new("logs"), Name: new("alb"), IncludeStatusDetails: new(true)}
	b.ReportAllocs()
	for b.Loop() {
		op.Parameters(in, enough)
	}
}
