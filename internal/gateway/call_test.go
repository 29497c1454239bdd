package gateway_test

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	codec "github.com/fxamacker/cbor/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/api/athenaapi"
	"github.com/sillok/sillok/internal/api/cloudwatchapi"
	"github.com/sillok/sillok/internal/api/lambdaapi"
	"github.com/sillok/sillok/internal/api/sqsapi"
	"github.com/sillok/sillok/internal/api/stsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/gateway"
	"github.com/sillok/sillok/internal/wire"
)

// The fake services keep nothing: each operation answers from its input.

type fakeSTS struct{}

func (fakeSTS) GetCallerIdentity(ctx context.Context, _ *stsapi.GetCallerIdentityInput) (*stsapi.GetCallerIdentityOutput, error) {
	call := cloud.CallOf(ctx)
	return &stsapi.GetCallerIdentityOutput{Account: new(string(call.Account)), Arn: &call.Principal.ARN, UserId: &call.Principal.ID}, nil
}

func (fakeSTS) AssumeRoleWithWebIdentity(context.Context, *stsapi.AssumeRoleWithWebIdentityInput) (*stsapi.AssumeRoleWithWebIdentityOutput, error) {
	return nil, nil
}

type fakeAthena struct{}

func (fakeAthena) StartQueryExecution(ctx context.Context, in *athenaapi.StartQueryExecutionInput) (*athenaapi.StartQueryExecutionOutput, error) {
	switch *in.QueryString {
	case "panic":
		panic("at the disco")
	case "internal":
		return nil, errors.New("the disk said /secret/path")
	case "throttle":
		return nil, &cloud.Error{
			Kind: cloud.Throttled, Code: "TooManyRequestsException", Message: "slow down",
			Fields: map[string]any{"Reason": "CONCURRENT_QUERY_LIMIT_EXCEEDED"},
		}
	}
	return &athenaapi.StartQueryExecutionOutput{QueryExecutionId: new(string(cloud.CallOf(ctx).Region) + " " + *in.QueryString)}, nil
}

func (fakeAthena) GetQueryExecution(context.Context, *athenaapi.GetQueryExecutionInput) (*athenaapi.GetQueryExecutionOutput, error) {
	return &athenaapi.GetQueryExecutionOutput{QueryExecution: &athenaapi.QueryExecution{
		Status: &athenaapi.QueryExecutionStatus{SubmissionDateTime: new(time.Unix(1500000000, 250e6))},
	}}, nil
}

// Run is no operation and must be left alone.
func (fakeAthena) Run(context.Context) error { return nil }

type fakeCloudWatch struct{}

func (fakeCloudWatch) SetAlarmState(_ context.Context, in *cloudwatchapi.SetAlarmStateInput) (*cloudwatchapi.SetAlarmStateOutput, error) {
	return nil, cloud.Errorf(cloud.NotFound, "ResourceNotFound", "no alarm %s", *in.AlarmName)
}

func (fakeCloudWatch) GetMetricStatistics(_ context.Context, in *cloudwatchapi.GetMetricStatisticsInput) (*cloudwatchapi.GetMetricStatisticsOutput, error) {
	return &cloudwatchapi.GetMetricStatisticsOutput{
		Label:      in.MetricName,
		Datapoints: []cloudwatchapi.Datapoint{{Timestamp: in.StartTime, Sum: new(3.0)}},
	}, nil
}

type fakeSQS struct{}

//nolint:revive,staticcheck // the name is AWS's
func (fakeSQS) GetQueueUrl(_ context.Context, _ *sqsapi.GetQueueUrlInput) (*sqsapi.GetQueueUrlOutput, error) {
	return nil, cloud.Errorf(cloud.NotFound, "QueueDoesNotExist", "The specified queue does not exist.")
}

// ListQueueTags tells which queue was asked about.
func (fakeSQS) ListQueueTags(_ context.Context, in *sqsapi.ListQueueTagsInput) (*sqsapi.ListQueueTagsOutput, error) {
	return &sqsapi.ListQueueTagsOutput{Tags: map[string]string{"url": *in.QueueUrl}}, nil
}

type fakeLambda struct{}

func (fakeLambda) GetFunction(_ context.Context, in *lambdaapi.GetFunctionInput) (*lambdaapi.GetFunctionOutput, error) {
	if in.Qualifier == nil {
		return nil, cloud.Errorf(cloud.NotFound, "ResourceNotFoundException", "Function not found: %s", *in.FunctionName)
	}
	return &lambdaapi.GetFunctionOutput{Tags: map[string]string{"name": *in.FunctionName, "qualifier": *in.Qualifier}}, nil
}

func fakes() []gateway.Service {
	return []gateway.Service{
		{Model: stsapi.Service, Handler: fakeSTS{}},
		{Model: athenaapi.Service, Handler: fakeAthena{}},
		{Model: cloudwatchapi.Service, Handler: fakeCloudWatch{}},
		{Model: sqsapi.Service, Handler: fakeSQS{}},
		{Model: lambdaapi.Service, Handler: fakeLambda{}},
	}
}

// request is a call before it is signed.
type request struct {
	service, method, target, body string
	header                        map[string]string
}

func awsJSON(service, target, version, body string) request {
	return request{service: service, body: body, header: map[string]string{
		"X-Amz-Target": target, "Content-Type": "application/x-amz-json-" + version,
	}}
}

func form(service, body string) request {
	return request{service: service, body: body, header: map[string]string{"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}}
}

func (q request) with(name, value string) request {
	header := map[string]string{name: value}
	maps.Copy(header, q.header)
	q.header = header
	return q
}

func (q request) http(t *testing.T) *http.Request {
	t.Helper()
	method, target := q.method, q.target
	if method == "" {
		method = http.MethodPost
	}
	if target == "" {
		target = "/"
	}
	r := httptest.NewRequestWithContext(t.Context(), method, "http://127.0.0.1:4566"+target, strings.NewReader(q.body))
	for name, value := range q.header {
		r.Header.Set(name, value)
	}
	return r
}

func (q request) signed(t *testing.T) *http.Request {
	t.Helper()
	r := q.http(t)
	sign(t, r, []byte(q.body), q.service, "ap-northeast-2")
	return r
}

func TestCalls(t *testing.T) {
	const (
		start = "AmazonAthena.StartQueryExecution"
		stsNS = `xmlns="https://sts.amazonaws.com/doc/2011-06-15/"`
		cwNS  = `xmlns="http://monitoring.amazonaws.com/doc/2010-08-01/"`
		sqsNS = `xmlns="http://queue.amazonaws.com/doc/2012-11-05/"`
	)
	for _, tt := range []struct {
		name   string
		req    request
		status int
		body   string            // with ID for the request ID
		header map[string]string // of the answer
	}{
		{
			name: "JSON", req: awsJSON("athena", start, "1.1", `{"QueryString":"SELECT 1","Unknown":{"a":[1]}}`),
			status: 200, body: `{"QueryExecutionId":"ap-northeast-2 SELECT 1"}`,
			header: map[string]string{"Content-Type": "application/x-amz-json-1.1"},
		},
		{
			name: "JSON timestamps are seconds", req: awsJSON("athena", "AmazonAthena.GetQueryExecution", "1.1", `{"QueryExecutionId":"a"}`),
			status: 200, body: `{"QueryExecution":{"Status":{"SubmissionDateTime":1500000000.25}}}`,
		},
		{
			name: "JSON constraint", req: awsJSON("athena", start, "1.1", `{"QueryString":"","WorkGroup":"no blanks"}`), status: 400,
			body: `{"__type":"InvalidRequestException","Message":"2 validation errors detected: ` +
				`Value '' at 'queryString' failed to satisfy constraint: Member must have length greater than or equal to 1; ` +
				`Value 'no blanks' at 'workGroup' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9._-]{1,128}"}`,
		},
		{
			name: "JSON wrong type", req: awsJSON("athena", start, "1.1", `{"QueryString":1}`), status: 400,
			body: `{"__type":"SerializationException","message":"NUMBER_VALUE can not be converted to a String"}`,
		},
		{
			name: "error with fields", req: awsJSON("athena", start, "1.1", `{"QueryString":"throttle"}`), status: 400,
			body: `{"__type":"TooManyRequestsException","Message":"slow down","Reason":"CONCURRENT_QUERY_LIMIT_EXCEEDED"}`,
		},
		{
			name: "internal error shows the request ID alone", req: awsJSON("athena", start, "1.1", `{"QueryString":"internal"}`), status: 500,
			body: `{"__type":"InternalServerException","Message":"The request processing has failed because of an internal error. Request ID: ID"}`,
		},
		{
			name: "panic", req: awsJSON("athena", start, "1.1", `{"QueryString":"panic"}`), status: 500,
			body: `{"__type":"InternalServerException","Message":"The request processing has failed because of an internal error. Request ID: ID"}`,
		},
		{
			name: "operation nobody wrote", req: awsJSON("athena", "AmazonAthena.CreateNotebook", "1.1", `{}`), status: 501,
			body: `{"__type":"UnsupportedOperation","message":"Sillok does not support athena:CreateNotebook yet. docs/compat.md lists what it supports."}`,
		},
		{
			name: "operation nobody knows", req: awsJSON("athena", "AmazonAthena.Dance", "1.1", `{}`), status: 400,
			body: `{"__type":"UnknownOperationException","message":"Unknown operation: Dance"}`,
		},
		{
			name: "service nobody knows", req: awsJSON("dynamodb", "DynamoDB_20120810.ListTables", "1.0", `{}`), status: 400,
			body: `{"__type":"com.amazon.coral.service#UnknownOperationException","message":"Unknown operation: DynamoDB_20120810.ListTables"}`,
		},
		{
			name: "query", req: form("sts", "Action=GetCallerIdentity&Version=2011-06-15"), status: 200,
			body: `<GetCallerIdentityResponse ` + stsNS + `><GetCallerIdentityResult><UserId>111122223333</UserId>` +
				`<Account>111122223333</Account><Arn>arn:aws:iam::111122223333:root</Arn></GetCallerIdentityResult>` +
				`<ResponseMetadata><RequestId>ID</RequestId></ResponseMetadata></GetCallerIdentityResponse>`,
			header: map[string]string{"Content-Type": "text/xml"},
		},
		{
			name: "query by GET", req: request{service: "sts", method: http.MethodGet, target: "/?Action=GetCallerIdentity&Version=2011-06-15"}, status: 200,
			body: `<GetCallerIdentityResponse ` + stsNS + `><GetCallerIdentityResult><UserId>111122223333</UserId>` +
				`<Account>111122223333</Account><Arn>arn:aws:iam::111122223333:root</Arn></GetCallerIdentityResult>` +
				`<ResponseMetadata><RequestId>ID</RequestId></ResponseMetadata></GetCallerIdentityResponse>`,
		},
		{
			name: "query action nobody knows", req: form("sts", "Action=Dance&Version=2011-06-15"), status: 400,
			body: `<ErrorResponse ` + stsNS + `><Error><Type>Sender</Type><Code>InvalidAction</Code>` +
				`<Message>The action Dance is not valid for this web service.</Message></Error><RequestId>ID</RequestId></ErrorResponse>`,
		},
		{
			name: "query constraint", req: form("monitoring", "Action=SetAlarmState&Version=2010-08-01&StateReason=&StateValue=GREEN"), status: 400,
			body: `<ErrorResponse ` + cwNS + `><Error><Type>Sender</Type><Code>ValidationError</Code><Message>2 validation errors detected: ` +
				`Value null at 'alarmName' failed to satisfy constraint: Member must not be null; Value 'GREEN' at 'stateValue' failed to satisfy constraint: ` +
				`Member must satisfy enum value set: [INSUFFICIENT_DATA, ALARM, OK]</Message></Error><RequestId>ID</RequestId></ErrorResponse>`,
		},
		{
			name: "query error code of the model", req: form("monitoring", "Action=SetAlarmState&Version=2010-08-01&AlarmName=a&StateReason=r&StateValue=OK"),
			status: 404,
			body: `<ErrorResponse ` + cwNS + `><Error><Type>Sender</Type><Code>ResourceNotFound</Code><Message>no alarm a</Message></Error>` +
				`<RequestId>ID</RequestId></ErrorResponse>`,
		},
		{
			name: "awsQueryCompatible", status: 400,
			req:  awsJSON("sqs", "AmazonSQS.GetQueueUrl", "1.0", `{"QueueName":"q"}`).with("X-Amzn-Query-Mode", "true"),
			body: `{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"The specified queue does not exist."}`,
			header: map[string]string{
				"X-Amzn-Query-Error": "AWS.SimpleQueueService.NonExistentQueue;Sender", "Content-Type": "application/x-amz-json-1.0",
			},
		},
		{
			name: "SQS of old", req: form("sqs", "Action=GetQueueUrl&Version=2012-11-05&QueueName=q"), status: 400,
			body: `<ErrorResponse ` + sqsNS + `><Error><Type>Sender</Type><Code>AWS.SimpleQueueService.NonExistentQueue</Code>` +
				`<Message>The specified queue does not exist for this wsdl version.</Message></Error><RequestId>ID</RequestId></ErrorResponse>`,
		},
		{
			name: "SQS at a queue's own URL", status: 200,
			req: request{service: "sqs", method: http.MethodPost, target: "/111122223333/q", body: "Action=ListQueueTags&Version=2012-11-05", header: map[string]string{
				"Content-Type": "application/x-www-form-urlencoded",
			}},
			body: `<ListQueueTagsResponse ` + sqsNS + `><ListQueueTagsResult><Tag><Key>url</Key><Value>/111122223333/q</Value></Tag></ListQueueTagsResult>` +
				`<ResponseMetadata><RequestId>ID</RequestId></ResponseMetadata></ListQueueTagsResponse>`,
		},
		{
			name: "SQS at the URL of one queue about another", status: 200,
			req: request{service: "sqs", method: http.MethodPost, target: "/111122223333/q", body: "Action=ListQueueTags&Version=2012-11-05&QueueUrl=x", header: map[string]string{
				"Content-Type": "application/x-www-form-urlencoded",
			}},
			body: `<ListQueueTagsResponse ` + sqsNS + `><ListQueueTagsResult><Tag><Key>url</Key><Value>x</Value></Tag></ListQueueTagsResult>` +
				`<ResponseMetadata><RequestId>ID</RequestId></ResponseMetadata></ListQueueTagsResponse>`,
		},
		{
			name: "SQS parameter missing", req: form("sqs", "Action=GetQueueUrl&Version=2012-11-05"), status: 400,
			body: `<ErrorResponse ` + sqsNS + `><Error><Type>Sender</Type><Code>MissingParameter</Code>` +
				`<Message>The request must contain the parameter QueueName.</Message></Error><RequestId>ID</RequestId></ErrorResponse>`,
		},
		{
			name: "REST-JSON", req: request{service: "lambda", method: http.MethodGet, target: "/2015-03-31/functions/my-fn?Qualifier=v1"}, status: 200,
			body: `{"Tags":{"name":"my-fn","qualifier":"v1"}}`, header: map[string]string{"Content-Type": "application/json"},
		},
		{
			name: "REST-JSON error", req: request{service: "lambda", method: http.MethodGet, target: "/2015-03-31/functions/my-fn"}, status: 404,
			body:   `{"Message":"Function not found: my-fn"}`,
			header: map[string]string{"X-Amzn-Errortype": "ResourceNotFoundException"},
		},
		{
			name: "S3 takes what is left", req: request{service: "s3", method: http.MethodGet, target: "/bucket/a/b%20c?acl"}, status: 501,
			body: `<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<Error><Code>NotImplemented</Code><Message>Sillok does not support s3:GetObjectAcl yet. docs/compat.md lists what it supports.</Message><RequestId>ID</RequestId><HostId>HOST</HostId></Error>`,
		},
		{
			name: "signed for a service that is not here", req: request{service: "states", method: http.MethodGet, target: "/"}, status: 501,
			body: `{"__type":"UnsupportedOperation","message":"Sillok does not offer the service \"states\"."}`,
		},
		{
			name: "signed for a service of the query protocol that is not here", req: form("rds", "Action=DescribeDBInstances&Version=2014-10-31"), status: 501,
			body: `<ErrorResponse xmlns=""><Error><Type>Receiver</Type><Code>UnsupportedOperation</Code><Message>Sillok does not offer the service &quot;rds&quot;.</Message></Error><RequestId>ID</RequestId></ErrorResponse>`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g, _ := newGateway(t, fakes()...)
			w := serve(g, tt.req.signed(t))
			id := requestID(w)
			if id == "" {
				t.Error("the answer has no request ID")
			}
			if w.Code != tt.status {
				t.Errorf("status %d, want %d", w.Code, tt.status)
			}
			if diff := cmp.Diff(tt.body, strings.NewReplacer(id, "ID", wire.HostID(id), "HOST").Replace(w.Body.String())); diff != "" {
				t.Errorf("body (-want +got):\n%s", diff)
			}
			for name, want := range tt.header {
				if got := w.Header().Get(name); got != want {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}
		})
	}
}

func TestCBORCall(t *testing.T) {
	g, _ := newGateway(t, fakes()...)
	body, err := codec.Marshal(map[string]any{
		"Namespace": "n", "MetricName": "m", "Period": 60, "Statistics": []string{"Sum"},
		"StartTime": codec.Tag{Number: 1, Content: 1500000000.5}, "EndTime": codec.Tag{Number: 1, Content: 1500000060},
	})
	if err != nil {
		t.Fatal(err)
	}
	call := request{
		service: "monitoring", target: "/service/GraniteServiceVersion20100801/operation/GetMetricStatistics", body: string(body),
		header: map[string]string{"Smithy-Protocol": "rpc-v2-cbor", "Content-Type": "application/cbor"},
	}
	w := serve(g, call.signed(t))
	var got map[string]any
	if err := codec.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != 200 || w.Header().Get("Smithy-Protocol") != "rpc-v2-cbor" {
		t.Fatalf("%d %v %x: %v", w.Code, w.Header(), w.Body, err)
	}
	want := map[string]any{"Label": "m", "Datapoints": []any{map[any]any{
		"Sum": 3.0, "Timestamp": time.Unix(1500000000, 500e6).UTC(),
	}}}
	if diff := cmp.Diff(want, got, cmp.Transformer("utc", time.Time.UTC)); diff != "" {
		t.Errorf("output (-want +got):\n%s", diff)
	}
	call.target = strings.Replace(call.target, "GetMetricStatistics", "Dance", 1)
	w = serve(g, call.signed(t))
	got = nil
	if err := codec.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != 400 || got["__type"] != "com.amazon.coral.service#UnknownOperationException" {
		t.Errorf("unknown operation: %d %v %v", w.Code, got, err)
	}
}

func TestUnsignedCalls(t *testing.T) {
	for _, tt := range []struct {
		name   string
		req    request
		status int
		code   string
	}{
		{"JSON", awsJSON("athena", "AmazonAthena.ListWorkGroups", "1.1", "{}"), 400, `"__type":"MissingAuthenticationTokenException"`},
		{"query", form("", "Action=GetCallerIdentity&Version=2011-06-15"), 403, "<Code>MissingAuthenticationToken</Code>"},
		{
			"one that AWS leaves unsigned",
			form("", "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn:aws:iam::111122223333:role/a&RoleSessionName=abc&WebIdentityToken=abcd"),
			200, "<AssumeRoleWithWebIdentityResult>",
		},
		{"S3", request{method: http.MethodGet, target: "/bucket"}, 403, "<Code>AccessDenied</Code>"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g, _ := newGateway(t, fakes()...)
			w := serve(g, tt.req.http(t))
			if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.code) {
				t.Errorf("%d %s, want %d %s", w.Code, w.Body, tt.status, tt.code)
			}
		})
	}
}

// requestID returns the ID that an answer tells, which has one name alone.
func requestID(w *httptest.ResponseRecorder) string {
	if id := w.Header().Get("X-Amz-Request-Id"); id != "" && w.Header().Get(wire.RequestIDHeader) == "" {
		return id
	}
	return w.Header().Get(wire.RequestIDHeader)
}

func TestWrongSignatures(t *testing.T) {
	for _, tt := range []struct {
		name   string
		req    request
		spoil  func(*http.Request)
		status int
		code   string
	}{
		{
			"wrong secret in JSON", awsJSON("athena", "AmazonAthena.ListWorkGroups", "1.1", "{}"),
			func(r *http.Request) { r.Header.Set("X-Amz-Target", "AmazonAthena.GetWorkGroup") }, 400, "InvalidSignatureException",
		},
		{
			"changed body in query", form("sts", "Action=GetCallerIdentity&Version=2011-06-15"),
			func(r *http.Request) {
				r.Body = http.NoBody
				r.URL.RawQuery = "Action=GetCallerIdentity&Version=2011-06-15"
			}, 403, "<Code>SignatureDoesNotMatch</Code>",
		},
		{
			"unknown key in JSON", awsJSON("athena", "AmazonAthena.ListWorkGroups", "1.1", "{}"), otherKey, 400, "UnrecognizedClientException",
		},
		{"unknown key in query", form("sts", "Action=GetCallerIdentity&Version=2011-06-15"), otherKey, 403, "<Code>InvalidClientTokenId</Code>"},
		{"unknown key in EC2", form("ec2", "Action=DescribeVpcs&Version=2016-11-15"), otherKey, 401, "<Code>AuthFailure</Code>"},
		{
			"signed for another service", awsJSON("glue", "AmazonAthena.ListWorkGroups", "1.1", "{}"),
			func(*http.Request) {}, 400, "Credential should be scoped to correct service: 'athena'. ",
		},
		{
			"version 2 elsewhere", get(),
			func(r *http.Request) { r.Header.Set("Authorization", "AWS "+testKey+":c2lnbmF0dXJl") }, 400, "Please use AWS4-HMAC-SHA256.",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g, _ := newGateway(t, fakes()...)
			r := tt.req.signed(t)
			tt.spoil(r)
			w := serve(g, r)
			if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.code) {
				t.Errorf("%d %s, want %d %s", w.Code, w.Body, tt.status, tt.code)
			}
		})
	}
}

func otherKey(r *http.Request) {
	r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), testKey, "AKIAOTHER", 1))
}

func TestInternalErrorsAreLoggedInFull(t *testing.T) {
	for _, tt := range []struct{ query, logged string }{
		{"internal", "the disk said /secret/path"},
		{"panic", "at the disco"},
	} {
		g, log := newGateway(t, fakes()...)
		w := serve(g, awsJSON("athena", "AmazonAthena.StartQueryExecution", "1.1", `{"QueryString":"`+tt.query+`"}`).signed(t))
		if id := w.Header().Get("X-Amzn-Requestid"); !strings.Contains(log.String(), tt.logged) || !strings.Contains(log.String(), id) {
			t.Errorf("%s: the log %q lacks the cause or the request ID %s", tt.query, log, id)
		}
	}
}

func TestBodyLimit(t *testing.T) {
	g, _ := newGateway(t, fakes()...)
	body := `{"NextToken":"` + strings.Repeat("x", 5<<20) + `"}`
	w := serve(g, awsJSON("athena", "AmazonAthena.ListWorkGroups", "1.1", body).signed(t))
	if w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
}

func TestLocalPaths(t *testing.T) {
	cfg := config(&ledger{})
	cfg.Local = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	g := open(t, cfg)
	if w := serve(g, request{method: http.MethodGet, target: "/_sillok/health"}.http(t)); w.Code != http.StatusTeapot {
		t.Errorf("status %d", w.Code)
	}
}

type misfit struct{}

func (misfit) GetDatabase(context.Context, *athenaapi.GetWorkGroupInput) (*athenaapi.GetDatabaseOutput, error) {
	return nil, nil
}

func TestNewRefusesWhatDoesNotFit(t *testing.T) {
	for name, tt := range map[string]struct {
		services []gateway.Service
		want     string
	}{
		"wrong types": {[]gateway.Service{{Model: athenaapi.Service, Handler: misfit{}}}, "misfit.GetDatabase is a func"},
		"twice":       {[]gateway.Service{{Model: athenaapi.Service}, {Model: athenaapi.Service}}, "athena is given twice"},
	} {
		_, err := gateway.New(config(&ledger{}), tt.services...)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
}

func TestCompat(t *testing.T) {
	g, _ := newGateway(t, fakes()...)
	var b bytes.Buffer
	if err := g.Compat(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| [Amazon Athena](#athena) | `athena` | json | 2 | 70 |",
		"Supported: GetQueryExecution, StartQueryExecution.",
		"| [Amazon CloudWatch](#cloudwatch) | `monitoring` | smithy-rpc-v2-cbor, json, query | 2 | 46 |",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no line %q", want)
		}
	}
}
