package wire_test

import (
	"math"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/api"
	"github.com/sillok/sillok/internal/api/athenaapi"
	"github.com/sillok/sillok/internal/api/cloudwatchapi"
	"github.com/sillok/sillok/internal/api/ec2api"
	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/api/iamapi"
	"github.com/sillok/sillok/internal/api/lambdaapi"
	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/api/sqsapi"
	"github.com/sillok/sillok/internal/api/stsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/wire"
	"github.com/sillok/sillok/internal/wire/awsjson"
	"github.com/sillok/sillok/internal/wire/awsquery"
	"github.com/sillok/sillok/internal/wire/cbor"
	"github.com/sillok/sillok/internal/wire/ec2query"
	"github.com/sillok/sillok/internal/wire/restjson"
	"github.com/sillok/sillok/internal/wire/restxml"
)

func operation(tb testing.TB, service *api.Service, name string) *wire.Operation {
	tb.Helper()
	op := wire.Compile(service).Operation(name)
	if op == nil {
		tb.Fatalf("%s has no operation %s", service.ID, name)
	}
	return op
}

func TestEncode(t *testing.T) {
	when := time.Date(2026, 11, 21, 8, 0, 0, 250e6, time.UTC)
	for _, tt := range []struct {
		name     string
		protocol wire.Protocol
		service  *api.Service
		op       string
		out      any
		body     string
	}{
		{
			"JSON: nothing", awsjson.Protocol{Version: "1.1"}, athenaapi.Service, "GetWorkGroup", &athenaapi.GetWorkGroupOutput{}, `{}`,
		},
		{
			"JSON: empty is not absent",
			awsjson.Protocol{Version: "1.1"},
			glueapi.Service, "GetTable",
			&glueapi.GetTableOutput{Table: &glueapi.Table{Name: new(""), PartitionKeys: []glueapi.Column{}, Parameters: map[string]string{}}},
			`{"Table":{"Name":"","PartitionKeys":[],"Parameters":{}}}`,
		},
		{
			"JSON: text as AWS escapes it",
			awsjson.Protocol{Version: "1.1"},
			glueapi.Service, "GetTable",
			&glueapi.GetTableOutput{Table: &glueapi.Table{Parameters: map[string]string{"b": "<&>\u2028\x00\xff\"\\\n", "a": "한"}}},
			"{\"Table\":{\"Parameters\":{\"a\":\"한\",\"b\":\"<&>\u2028\\u0000\uFFFD\\\"\\\\\\n\"}}}",
		},
		{
			"JSON: numbers and times",
			awsjson.Protocol{Version: "1.0"},
			cloudwatchapi.Service, "GetMetricStatistics",
			&cloudwatchapi.GetMetricStatisticsOutput{Datapoints: []cloudwatchapi.Datapoint{
				{Timestamp: &when, Sum: new(3.0), Average: new(0.1), Maximum: new(1e300), Minimum: new(math.Inf(-1)), SampleCount: new(-2e-9)},
			}},
			`{"Datapoints":[{"Timestamp":1795248000.25,"SampleCount":-2e-09,"Average":0.1,"Sum":3.0,"Minimum":"-Infinity","Maximum":1e+300}]}`,
		},
		{
			"query: lists, maps, times",
			awsquery.Protocol{},
			cloudwatchapi.Service, "GetMetricStatistics",
			&cloudwatchapi.GetMetricStatisticsOutput{Label: new("a<b"), Datapoints: []cloudwatchapi.Datapoint{
				{Timestamp: &when, ExtendedStatistics: map[string]float64{"p99": 1}},
			}},
			`<GetMetricStatisticsResponse xmlns="http://monitoring.amazonaws.com/doc/2010-08-01/"><GetMetricStatisticsResult><Label>a&lt;b</Label>` +
				`<Datapoints><member><Timestamp>2026-11-21T08:00:00.25Z</Timestamp><ExtendedStatistics><entry><key>p99</key><value>1.0</value></entry>` +
				`</ExtendedStatistics></member></Datapoints></GetMetricStatisticsResult><ResponseMetadata><RequestId>ID</RequestId></ResponseMetadata>` +
				`</GetMetricStatisticsResponse>`,
		},
		{
			"query: no output",
			awsquery.Protocol{},
			iamapi.Service, "DeleteUser", &iamapi.DeleteUserOutput{},
			`<DeleteUserResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><ResponseMetadata><RequestId>ID</RequestId></ResponseMetadata></DeleteUserResponse>`,
		},
		{
			"query: SQS of old",
			awsquery.Protocol{},
			sqsapi.Service, "ReceiveMessage",
			&sqsapi.ReceiveMessageOutput{Messages: []sqsapi.Message{{MessageId: new("1"), Attributes: map[string]string{"SentTimestamp": "5"}}, {MessageId: new("2")}}},
			`<ReceiveMessageResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><ReceiveMessageResult>` +
				`<Message><MessageId>1</MessageId><Attribute><Name>SentTimestamp</Name><Value>5</Value></Attribute></Message>` +
				`<Message><MessageId>2</MessageId></Message></ReceiveMessageResult><ResponseMetadata><RequestId>ID</RequestId></ResponseMetadata></ReceiveMessageResponse>`,
		},
		{
			"EC2",
			ec2query.Protocol{},
			ec2api.Service, "DescribeVpcs",
			&ec2api.DescribeVpcsOutput{Vpcs: []ec2api.Vpc{{VpcId: new("vpc-1"), Tags: []ec2api.Tag{{Key: new("k"), Value: new("v")}}}}},
			`<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<DescribeVpcsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>ID</requestId>` +
				`<vpcSet><item><tagSet><item><key>k</key><value>v</value></item></tagSet><vpcId>vpc-1</vpcId></item></vpcSet></DescribeVpcsResponse>`,
		},
		{
			"EC2: no output",
			ec2query.Protocol{},
			ec2api.Service, "DeleteVpc", &ec2api.DeleteVpcOutput{},
			`<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<DeleteVpcResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>ID</requestId>` +
				`<return>true</return></DeleteVpcResponse>`,
		},
		{
			"REST-JSON: payload",
			restjson.Protocol{},
			lambdaapi.Service, "Invoke",
			&lambdaapi.InvokeOutput{StatusCode: new(int32(202)), Payload: []byte(`"x"`), FunctionError: new("Unhandled")}, `"x"`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			resp, err := tt.protocol.Encode(operation(t, tt.service, tt.op), tt.out, "ID")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.body, string(resp.Body)); diff != "" {
				t.Errorf("body (-want +got):\n%s", diff)
			}
			if got := resp.Header.Get("X-Amzn-RequestId"); got != "ID" {
				t.Errorf("request ID %q", got)
			}
		})
	}
}

func TestEncodeBindings(t *testing.T) {
	out := &lambdaapi.InvokeOutput{StatusCode: new(int32(202)), FunctionError: new("Unhandled")}
	resp, err := restjson.Protocol{}.Encode(operation(t, lambdaapi.Service, "Invoke"), out, "ID")
	if err != nil || resp.Status != 202 || resp.Header.Get("X-Amz-Function-Error") != "Unhandled" {
		t.Errorf("%+v %v", resp, err)
	}
}

func TestFailures(t *testing.T) {
	cborProtocol, err := cbor.New()
	if err != nil {
		t.Fatal(err)
	}
	noQueue := cloud.Errorf(cloud.NotFound, "QueueDoesNotExist", "no queue")
	for _, tt := range []struct {
		name     string
		service  *api.Service
		as       api.Protocol
		protocol wire.Protocol
		err      *cloud.Error
		status   int
		body     string
	}{
		{
			"undeclared error by kind", glueapi.Service, api.JSON,
			awsjson.Protocol{Version: "1.1"},
			cloud.Errorf(cloud.NotFound, "GhostException", "gone"), 400, `{"__type":"GhostException","message":"gone"}`,
		},
		{
			"undeclared error by kind, query", iamapi.Service, api.Query,
			awsquery.Protocol{},
			cloud.Errorf(cloud.Conflict, "Ghost", "gone"), 409,
			`<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type><Code>Ghost</Code><Message>gone</Message></Error><RequestId>ID</RequestId></ErrorResponse>`,
		},
		{
			"shape's name becomes its code", iamapi.Service, api.Query,
			awsquery.Protocol{},
			cloud.Errorf(cloud.NotFound, "NoSuchEntityException", "gone"), 404,
			`<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type><Code>NoSuchEntity</Code><Message>gone</Message></Error><RequestId>ID</RequestId></ErrorResponse>`,
		},
		{
			"denied", stsapi.Service, api.Query,
			awsquery.Protocol{},
			cloud.Errorf(cloud.Denied, "AccessDenied", "no"), 403,
			`<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message></Error><RequestId>ID</RequestId></ErrorResponse>`,
		},
		{"denied in JSON", glueapi.Service, api.JSON, awsjson.Protocol{Version: "1.1"}, cloud.Errorf(cloud.Denied, "AccessDenied", "no"), 400, `{"__type":"AccessDeniedException","Message":"no"}`},
		{
			"fault", athenaapi.Service, api.JSON,
			awsjson.Protocol{Version: "1.1"},
			cloud.Errorf(cloud.Internal, "InternalServerException", "oops"), 500,
			`{"__type":"InternalServerException","Message":"oops"}`,
		},
		{"full disk", athenaapi.Service, api.JSON, awsjson.Protocol{Version: "1.1"}, cloud.Errorf(cloud.Unavailable, "ServiceUnavailable", "disk full"), 503, `{"__type":"ServiceUnavailable","message":"disk full"}`},
		{
			"EC2", ec2api.Service, api.EC2,
			ec2query.Protocol{},
			cloud.Errorf(cloud.Invalid, "InvalidVpcID.NotFound", "no <vpc>"), 400,
			`<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<Response><Errors><Error><Code>InvalidVpcID.NotFound</Code><Message>no &lt;vpc&gt;</Message></Error></Errors><RequestID>ID</RequestID></Response>`,
		},
		{
			"REST-XML", s3api.Service, api.RESTXML,
			restxml.Protocol{},
			cloud.Errorf(cloud.Unauthenticated, "UnrecognizedClientException", "who"), 403,
			`<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<Error><Code>InvalidAccessKeyId</Code><Message>who</Message><RequestId>ID</RequestId><HostId>` + wire.HostID("ID") + `</HostId></Error>`,
		},
		{"JSON and query code", sqsapi.Service, api.JSON, awsjson.Protocol{Version: "1.0"}, noQueue, 400, `{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"no queue"}`},
		{"CBOR", cloudwatchapi.Service, api.CBOR, cborProtocol, cloud.Errorf(cloud.Invalid, "X", "m"), 400, "\xa2\x66__typex\x1acom.amazon.coral.service#X\x67message\x61m"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := wire.Compile(tt.service)
			resp := tt.protocol.EncodeError(m, m.Fail(tt.err, tt.as, "ID"))
			if resp.Status != tt.status {
				t.Errorf("status %d, want %d", resp.Status, tt.status)
			}
			if diff := cmp.Diff(tt.body, string(resp.Body)); diff != "" {
				t.Errorf("body (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSerializationErrors(t *testing.T) {
	for _, tt := range []struct{ body, want string }{
		{`{"QueryString":1}`, "NUMBER_VALUE can not be converted to a String"},
		{`{"QueryString":true}`, "TRUE_VALUE can not be converted to a String"},
		{`{"QueryString":{}}`, "Start of structure or map found where not expected."},
		{`{"QueryString":[]}`, "Start of list found where not expected"},
		{`{"ExecutionParameters":"a"}`, "Unexpected field type"},
		{`{"ExecutionParameters":{}}`, "Start of structure or map found where not expected."},
		{`{"ResultConfiguration":"a"}`, "Unexpected field type"},
		{`{"ResultReuseConfiguration":{"ResultReuseByAgeConfiguration":{"Enabled":"true"}}}`, "STRING_VALUE can not be converted to a Boolean"},
		{`{"EngineConfiguration":{"MaxConcurrentDpus":"4"}}`, "STRING_VALUE can not be converted to an Integer"},
		{`{"EngineConfiguration":{"MaxConcurrentDpus":4294967296}}`, "Numeric value (4294967296) out of range"},
		{`[]`, "Start of list found where not expected"},
		{`{"a":1`, "Could not parse request body into json"},
		{`{} {}`, "more than one value"},
	} {
		op := operation(t, athenaapi.Service, "StartQueryExecution")
		err := awsjson.Protocol{Version: "1.1"}.Decode(op, &wire.Request{Body: []byte(tt.body)}, op.NewInput())
		if err == nil || !strings.HasPrefix(err.Error(), "SerializationException: ") || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %s", tt.body, err, tt.want)
		}
	}
}

func TestDecodeJSON(t *testing.T) {
	got := &athenaapi.StartQueryExecutionInput{}
	op := operation(t, athenaapi.Service, "StartQueryExecution")
	body := `{"QueryString":"a","WorkGroup":null,"ExecutionParameters":["1",null],"EngineConfiguration":{"MaxConcurrentDpus":4.9,"AdditionalConfigs":{"k":"v","n":null}},"New":{}}`
	if err := (awsjson.Protocol{Version: "1.1"}).Decode(op, &wire.Request{Body: []byte(body)}, got); err != nil {
		t.Fatal(err)
	}
	want := &athenaapi.StartQueryExecutionInput{
		QueryString: new("a"), ExecutionParameters: []string{"1"},
		EngineConfiguration: &athenaapi.EngineConfiguration{MaxConcurrentDpus: new(int32(4)), AdditionalConfigs: map[string]string{"k": "v"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("input (-want +got):\n%s", diff)
	}
}

func TestDecodeQuery(t *testing.T) {
	for _, tt := range []struct {
		name    string
		service *api.Service
		op      string
		body    string
		want    any
		err     string
	}{
		{
			name: "gaps in a list close up", service: iamapi.Service, op: "TagUser",
			body: "UserName=u&Tags.member.10.Key=b&Tags.member.10.Value=&Tags.member.2.Key=a&Tags.member.2.Value=x",
			want: &iamapi.TagUserInput{UserName: new("u"), Tags: []iamapi.Tag{{Key: new("a"), Value: new("x")}, {Key: new("b"), Value: new("")}}},
		},
		{
			name: "SQS: flattened by the element's name", service: sqsapi.Service, op: "ReceiveMessage",
			body: "QueueUrl=q&AttributeName.1=All&MessageSystemAttributeName.1=All&MessageAttributeName.1=a&MessageAttributeName.2=b&MaxNumberOfMessages=10",
			want: &sqsapi.ReceiveMessageInput{
				QueueUrl: new("q"), AttributeNames: []string{"All"}, MessageSystemAttributeNames: []string{"All"},
				MessageAttributeNames: []string{"a", "b"}, MaxNumberOfMessages: new(int32(10)),
			},
		},
		{
			name: "SQS: flattened map", service: sqsapi.Service, op: "SetQueueAttributes",
			body: "QueueUrl=q&Attribute.1.Name=VisibilityTimeout&Attribute.1.Value=5&Attribute.2.Name=Policy&Attribute.2.Value=",
			want: &sqsapi.SetQueueAttributesInput{QueueUrl: new("q"), Attributes: map[string]string{"VisibilityTimeout": "5", "Policy": ""}},
		},
		{
			name: "empty list", service: iamapi.Service, op: "TagUser", body: "UserName=u&Tags=", want: &iamapi.TagUserInput{UserName: new("u"), Tags: []iamapi.Tag{}},
		},
		{name: "text for a list", service: iamapi.Service, op: "TagUser", body: "Tags=x", err: "Unexpected list element termination"},
		{name: "text for a number", service: iamapi.Service, op: "ListUsers", body: "MaxItems=many", err: `For input string: "many"`},
		{name: "structure for text", service: iamapi.Service, op: "ListUsers", body: "Marker.x=1", err: "Start of structure or map"},
		{name: "bad index", service: iamapi.Service, op: "TagUser", body: "Tags.member.x.Key=1", err: "Key must be a number"},
		{name: "bad escape", service: iamapi.Service, op: "TagUser", body: "a=%zz", err: "MalformedQueryString"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			op := operation(t, tt.service, tt.op)
			in := op.NewInput()
			err := awsquery.Protocol{}.Decode(op, &wire.Request{HTTP: post(t), Body: []byte(tt.body)}, in)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("error %v, want %s", err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, in); diff != "" {
				t.Errorf("input (-want +got):\n%s", diff)
			}
		})
	}
}

func post(tb testing.TB) *http.Request {
	tb.Helper()
	return httptest.NewRequestWithContext(tb.Context(), http.MethodPost, "/", nil)
}

func TestDecodeEC2(t *testing.T) {
	op := operation(t, ec2api.Service, "CreateFlowLogs")
	in := op.NewInput()
	body := "ResourceId.1=vpc-1&ResourceId.2=vpc-2&ResourceType=VPC&TagSpecification.1.ResourceType=vpc-flow-log&TagSpecification.1.Tag.1.Key=k&MaxAggregationInterval=60"
	if err := (ec2query.Protocol{}).Decode(op, &wire.Request{HTTP: post(t), Body: []byte(body)}, in); err != nil {
		t.Fatal(err)
	}
	want := &ec2api.CreateFlowLogsInput{
		ResourceIds: []string{"vpc-1", "vpc-2"}, ResourceType: new("VPC"), MaxAggregationInterval: new(int32(60)),
		TagSpecifications: []ec2api.TagSpecification{{ResourceType: new("vpc-flow-log"), Tags: []ec2api.Tag{{Key: new("k")}}}},
	}
	if diff := cmp.Diff(want, in); diff != "" {
		t.Errorf("input (-want +got):\n%s", diff)
	}
}

func TestValidate(t *testing.T) {
	long := strings.Repeat("x", 300)
	for _, tt := range []struct {
		name    string
		service *api.Service
		op      string
		in      any
		want    string
	}{
		{name: "right", service: logsapi.Service, op: "GetLogEvents", in: &logsapi.GetLogEventsInput{LogStreamName: new("s"), Limit: new(int32(10000))}},
		{
			"number", logsapi.Service, "GetLogEvents", &logsapi.GetLogEventsInput{LogStreamName: new("s"), Limit: new(int32(10001))},
			"InvalidParameterException: 1 validation error detected: Value '10001' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 10000",
		},
		{
			"null", stsapi.Service, "AssumeRoleWithWebIdentity",
			&stsapi.AssumeRoleWithWebIdentityInput{RoleArn: new("arn:aws:iam::111122223333:role/r"), WebIdentityToken: new("token")},
			"ValidationError: 1 validation error detected: Value null at 'roleSessionName' failed to satisfy constraint: Member must not be null",
		},
		{
			"structure in a list", glueapi.Service, "BatchCreatePartition",
			&glueapi.BatchCreatePartitionInput{DatabaseName: new("d"), TableName: new("t"), PartitionInputList: []glueapi.PartitionInput{
				{}, {StorageDescriptor: &glueapi.StorageDescriptor{Columns: []glueapi.Column{{Name: new("")}}}},
			}},
			"ValidationException: 1 validation error detected: Value '' at 'partitionInputList.2.member.storageDescriptor.columns.1.member.name' failed to satisfy constraint: Member must have length greater than or equal to 1",
		},
		{
			"list too long", athenaapi.Service, "BatchGetQueryExecution", &athenaapi.BatchGetQueryExecutionInput{QueryExecutionIds: []string{}},
			"InvalidRequestException: 1 validation error detected: Value '[]' at 'queryExecutionIds' failed to satisfy constraint: Member must have length greater than or equal to 1",
		},
		{
			"scalar in a list", athenaapi.Service, "UntagResource", &athenaapi.UntagResourceInput{ResourceARN: new("a"), TagKeys: []string{"ok", long}},
			"InvalidRequestException: 1 validation error detected: Value '[ok, " + long + "]' at 'tagKeys' failed to satisfy constraint: " +
				"Member must satisfy constraint: [Member must have length less than or equal to 128, Member must have length greater than or equal to 1]",
		},
		{
			"key and value of a map", glueapi.Service, "TagResource", &glueapi.TagResourceInput{ResourceArn: new("arn:aws:glue:r:1:x"), TagsToAdd: map[string]string{"": long}},
			"ValidationException: 2 validation errors detected: Value '{=" + long + "}' at 'tagsToAdd' failed to satisfy constraint: Map keys must satisfy constraint: " +
				"[Member must have length less than or equal to 128, Member must have length greater than or equal to 1]; Value '{=" + long +
				"}' at 'tagsToAdd' failed to satisfy constraint: Map value must satisfy constraint: [Member must have length less than or equal to 256, Member must have length greater than or equal to 0]",
		},
		{
			"pattern that looks behind", lambdaapi.Service, "UpdateFunctionCode",
			&lambdaapi.UpdateFunctionCodeInput{FunctionName: new("f"), S3Bucket: new("bucket.")},
			"ValidationException: 1 validation error detected: Value 'bucket.' at 's3Bucket' failed to satisfy constraint: Member must satisfy regular expression pattern: " +
				`[0-9A-Za-z\.\-_]*(?<!\.)`,
		},
		{name: "pattern beyond the basic plane", service: athenaapi.Service, op: "GetDatabase", in: &athenaapi.GetDatabaseInput{CatalogName: new("한글 😀"), DatabaseName: new("d")}},
		{
			"secret is not shown", firehoseSecret(t), "SetTheSecret", &secretInput{Secret: new("hunter2")},
			"ValidationException: 1 validation error detected: Value at 'secret' failed to satisfy constraint: Member must have length less than or equal to 3",
		},
		{
			"EC2 names what is missing", ec2api.Service, "DeleteVpc", &ec2api.DeleteVpcInput{},
			"MissingParameter: The request must contain the parameter VpcId.",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			if err := operation(t, tt.service, tt.op).Validate(tt.in); err != nil {
				got = err.Error()
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
		})
	}
}

// secretInput is what the generator makes of a sensitive member.
type secretInput struct {
	Secret *string `aws:",Secret"`
}

func firehoseSecret(t *testing.T) *api.Service {
	t.Helper()
	return &api.Service{
		ID: "secrets", Shapes: []api.Shape{{Name: "Secret", Limits: ":3", Sensitive: true}},
		Operations: []api.Operation{{Name: "SetTheSecret", In: (*secretInput)(nil), Out: (*secretInput)(nil)}},
	}
}

func FuzzDecodeJSON(f *testing.F) {
	f.Add([]byte(`{"TableInput":{"Name":"t","StorageDescriptor":{"Columns":[{"Name":"a","Type":"int"}],"Parameters":{"k":"v"}},"LastAccessTime":1.5}}`))
	f.Add([]byte(`{"TableInput":{"Retention":1e99}}`))
	op := operation(f, glueapi.Service, "CreateTable")
	f.Fuzz(func(t *testing.T, body []byte) {
		in := op.NewInput()
		if err := (awsjson.Protocol{Version: "1.1"}).Decode(op, &wire.Request{Body: body}, in); err != nil {
			return
		}
		text, err := wire.AppendJSON(nil, op.Input(), reflect.ValueOf(in).Elem())
		if err != nil {
			t.Fatal(err)
		}
		again := op.NewInput()
		if err := wire.DecodeJSON(op.Input(), text, again); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		_ = op.Validate(in)
	})
}

func FuzzDecodeQuery(f *testing.F) {
	f.Add("MetricData.member.1.MetricName=m&MetricData.member.1.Dimensions.member.1.Name=a&MetricData.member.1.Value=1&MetricData.member.1.Timestamp=2026-11-21T08:00:00Z&Namespace=n")
	f.Add("MetricData.member.1.Values.member.1=NaN&a.b.c.d=&MetricData=x")
	op := operation(f, cloudwatchapi.Service, "PutMetricData")
	f.Fuzz(func(t *testing.T, body string) {
		in := op.NewInput()
		if err := (awsquery.Protocol{}).Decode(op, &wire.Request{HTTP: post(t), Body: []byte(body)}, in); err == nil {
			_ = op.Validate(in)
		}
	})
}

func FuzzDecodeCBOR(f *testing.F) {
	f.Add([]byte("\xa2\x69Namespace\x61n\x6aMetricData\x81\xa1\x69Timestamp\xc1\x1a\x59\x68\x2f\x00"))
	f.Add([]byte("\xbf\x61a\x9f\xff\xff"))
	p, err := cbor.New()
	if err != nil {
		f.Fatal(err)
	}
	op := operation(f, cloudwatchapi.Service, "PutMetricData")
	f.Fuzz(func(_ *testing.T, body []byte) {
		in := op.NewInput()
		if err := p.Decode(op, &wire.Request{Body: body}, in); err == nil {
			_ = op.Validate(in)
		}
	})
}

func FuzzDecodeXML(f *testing.F) {
	f.Add([]byte(`<LifecycleConfiguration xmlns="x"><Rule><ID>a</ID><Expiration><Days>1</Days></Expiration></Rule></LifecycleConfiguration>`))
	f.Add([]byte(`<a><a><a/></a>`))
	op := operation(f, s3api.Service, "PutBucketLifecycleConfiguration")
	f.Fuzz(func(t *testing.T, body []byte) {
		_ = restxml.Protocol{}.Decode(op, &wire.Request{HTTP: post(t), Body: body}, op.NewInput())
	})
}

func FuzzParseTime(f *testing.F) {
	for _, seed := range []string{"2026-11-21T08:00:00Z", "1500000000.25", "Sat, 01 Jan 2000 00:00:00 GMT", "1e400", "2026-11-21"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		when, err := wire.ParseTime(text)
		if err != nil || when.Year() < 1 || when.Year() > 9999 {
			return
		}
		if _, err := wire.ParseTime(wire.FormatTime(when, wire.ISO8601)); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	})
}
