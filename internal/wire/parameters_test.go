package wire_test

import (
	"encoding/json"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/api"
	"github.com/sillok/sillok/internal/api/athenaapi"
	"github.com/sillok/sillok/internal/api/cloudwatchapi"
	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/api/lambdaapi"
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
			`{"DatabaseName":"d","TableInput":{"Name":"t\n","LastAccessTime":"2026-11-21T08:00:00.25Z","Retention":3,` +
				`"PartitionKeys":[{"Name":"c"},{}],"Parameters":{"a":"1","b":"2"}}}`,
		},
		{
			"a sensitive member that nothing constrains", ssmapi.Service, "PutParameter",
			&ssmapi.PutParameterInput{Name: new("/db"), Value: new("hunter2"), Overwrite: new(true)}, enough,
			`{"Name":"/db","Value":"***","Overwrite":true}`,
		},
		{
			"a sensitive member that is constrained", stsapi.Service, "AssumeRoleWithWebIdentity",
			&stsapi.AssumeRoleWithWebIdentityInput{RoleSessionName: new("s"), WebIdentityToken: new("hunter2")}, enough,
			`{"RoleSessionName":"s","WebIdentityToken":"***"}`,
		},
		{
			"a sensitive map, and a sensitive blob", lambdaapi.Service, "CreateFunction", &lambdaapi.CreateFunctionInput{
				FunctionName: new("f"), Code: &lambdaapi.FunctionCode{ZipFile: []byte("PK")},
				Environment: &lambdaapi.Environment{Variables: map[string]string{"PASSWORD": "hunter2"}},
			}, enough,
			`{"FunctionName":"f","Code":{"ZipFile":"***"},"Environment":{"Variables":"***"}}`,
		},
		{
			"a stream, and a header that is a key", s3api.Service, "PutObject",
			&s3api.PutObjectInput{Bucket: new("b"), Key: new("k"), Body: strings.NewReader("hunter2"), SSECustomerKey: new("hunter2")}, enough,
			`{"Bucket":"b","Key":"k","SSECustomerKey":"***"}`,
		},
		{
			"numbers", cloudwatchapi.Service, "PutMetricData", &cloudwatchapi.PutMetricDataInput{MetricData: []cloudwatchapi.MetricDatum{
				{Value: new(1.5), Values: []float64{1}},
			}}, enough, `{"MetricData":[{"Value":1.5,"Values":[1.0]}]}`,
		},
		{
			"a text that is too long", athenaapi.Service, "StartQueryExecution",
			&athenaapi.StartQueryExecutionInput{QueryString: &long, WorkGroup: new("w")}, 60, `{"QueryString":"éééééééééé…","_truncated":true}`,
		},
		{
			"a list that is too long", glueapi.Service, "BatchDeleteTable",
			&glueapi.BatchDeleteTableInput{DatabaseName: new("d"), TablesToDelete: []string{"table-1", "table-2", "table-3"}}, 74,
			`{"DatabaseName":"d","TablesToDelete":["table-1","t…"],"_truncated":true}`,
		},
		{
			"no room at all", glueapi.Service, "GetTable", &glueapi.GetTableInput{DatabaseName: new("d")}, 0, `{"_truncated":true}`,
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

type blobInput struct {
	Data  []byte
	Body  io.Reader
	Group map[string][]map[string]string
}

func TestParametersBlob(t *testing.T) {
	service := &api.Service{ID: "blobs", Operations: []api.Operation{{Name: "Put", In: (*blobInput)(nil), Out: (*blobInput)(nil)}}}
	got := string(operation(t, service, "Put").Parameters(&blobInput{Data: make([]byte, 12), Body: strings.NewReader("x")}, enough))
	if diff := cmp.Diff(`{"Data":"(12 bytes)"}`, got); diff != "" {
		t.Errorf("parameters (-want +got):\n%s", diff)
	}
}

// TestParametersKeepTheirLimit cuts every recorded input at many lengths.
func TestParametersKeepTheirLimit(t *testing.T) {
	const least = len(`{"_truncated":true}`)
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
			if cut := strings.HasSuffix(string(got), `"_truncated":true}`); !cut && !reflect.DeepEqual(got, whole) {
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
		limit = min(max(limit, 19), enough)
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
