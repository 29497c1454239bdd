package gateway_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/gateway"
)

// fakeLogs takes what is of OpenTelemetry, and answers by the group that is meant.
type fakeLogs struct{ taken *[]string }

func (f fakeLogs) PutOpenTelemetryLogs(_ context.Context, in *logsapi.PutLogEventsInput) (*logsapi.PutLogEventsOutput, error) {
	switch *in.LogGroupName {
	case "missing":
		return nil, cloud.Errorf(cloud.NotFound, "ResourceNotFoundException", "The specified log group does not exist.")
	case "busy":
		return nil, cloud.Errorf(cloud.Throttled, "ThrottlingException", "Rate exceeded")
	case "full":
		return nil, cloud.Errorf(cloud.Unavailable, "ServiceUnavailableException", "Log events cannot be stored.")
	case "broken":
		return nil, fmt.Errorf("the disk said /secret/path")
	}
	*f.taken = append(*f.taken, fmt.Sprintf("%s %s %d", *in.LogGroupName, *in.LogStreamName, len(in.LogEvents)))
	return &logsapi.PutLogEventsOutput{}, nil
}

const oneRecord = `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"a"}}]}]}]}`

// export is a request of an exporter of logs.
func export(group, body string) request {
	return request{service: "logs", method: http.MethodPost, target: "/v1/logs", body: body, header: map[string]string{
		"Content-Type": "application/json", "X-Aws-Log-Group": group, "X-Aws-Log-Stream": "s",
	}}
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

// A request of telemetry is the call that it means: decided and recorded so, and answered as
// exporters read it.
func TestTelemetry(t *testing.T) {
	forged := func(r *http.Request) {
		r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "Signature=", "Signature=00", 1))
	}
	plain := export("g", oneRecord)
	plain.header["Content-Type"] = "text/plain"
	for _, tt := range []struct {
		name       string
		q          request
		change     func(*http.Request)
		status     int
		retryAfter string
		want       string
		taken      string
		journal    string
	}{
		{name: "records", q: export("g", oneRecord), status: 200, want: "{}", taken: "g s 1", journal: "done Root logs:PutLogEvents"},
		{name: "compressed", q: export("g", gzipped(t, oneRecord)).with("Content-Encoding", "gzip"), status: 200, want: "{}", taken: "g s 1", journal: "done Root logs:PutLogEvents"},
		{name: "nothing", q: export("g", "{}"), status: 200, want: "{}", taken: "g s 0", journal: "done Root logs:PutLogEvents"},
		{name: "a group that is not there", q: export("missing", oneRecord), status: 400, want: `{"code":3,"message":"ResourceNotFoundException: The specified log group does not exist."}`, journal: "failed Root logs:PutLogEvents ResourceNotFoundException"},
		{name: "a group whose name is none", q: export("a b", oneRecord), status: 400, want: `{"code":3,"message":"InvalidParameterException: 1 validation error detected: Value 'a b' at 'logGroupName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+"}`, journal: "failed Root logs:PutLogEvents InvalidParameterException"},
		{name: "too much at once", q: export("busy", oneRecord), status: 429, retryAfter: "1", want: `{"code":8,"message":"ThrottlingException: Rate exceeded"}`, journal: "failed Root logs:PutLogEvents ThrottlingException"},
		{name: "a full disk", q: export("full", oneRecord), status: 503, retryAfter: "1", want: `{"code":14,"message":"ServiceUnavailableException: Log events cannot be stored."}`, journal: "failed Root logs:PutLogEvents ServiceUnavailableException"},
		{name: "a fault of ours", q: export("broken", oneRecord), status: 500, want: `{"code":13,"message":"InternalFailure: The request processing has failed because of an internal error. Request ID: ID"}`, journal: "failed Root logs:PutLogEvents InternalFailure"},
		{name: "no JSON", q: export("g", "{"), status: 400, want: `{"code":3,"message":"InvalidParameterException: The body is not OpenTelemetry's JSON."}`, journal: "failed Root logs:PutLogEvents InvalidParameterException"},
		{name: "another form", q: plain, status: 400, want: "\x08\x03\x12\x84\x01InvalidParameterException: The Content-Type is neither application/x-protobuf nor application/json, in which OpenTelemetry is taken.", journal: "failed Anonymous logs:PutLogEvents InvalidParameterException"},
		{name: "20 MB and a byte", q: export("g", strings.Repeat(" ", 20<<20+1)), status: 413, want: `{"code":3,"message":"RequestEntityTooLargeException: Request must be smaller than 20971520 bytes"}`, journal: "failed Anonymous logs:PutLogEvents RequestEntityTooLargeException"},
		{name: "a bomb", q: export("g", gzipped(t, strings.Repeat(" ", 64<<20))).with("Content-Encoding", "gzip"), status: 413, want: `{"code":3,"message":"RequestEntityTooLargeException: Request must be smaller than 20971520 bytes"}`, journal: "failed Root logs:PutLogEvents RequestEntityTooLargeException"},
		{name: "broken gzip", q: export("g", gzipped(t, oneRecord)[:20]).with("Content-Encoding", "gzip"), status: 400, want: `{"code":3,"message":"SerializationException: The body's gzip is damaged"}`, journal: "failed Root logs:PutLogEvents SerializationException"},
		{name: "zstd", q: export("g", oneRecord).with("Content-Encoding", "zstd"), status: 400, want: `{"code":3,"message":"SerializationException: Content-Encoding \"zstd\" is not supported"}`, journal: "failed Root logs:PutLogEvents SerializationException"},
		{name: "nobody's", q: export("g", oneRecord), change: func(r *http.Request) { r.Header.Del("Authorization") }, status: 401, want: `{"code":16,"message":"MissingAuthenticationTokenException: Missing Authentication Token"}`, journal: "refused Anonymous logs:PutLogEvents MissingAuthenticationTokenException"},
		{name: "forged", q: export("g", oneRecord), change: forged, status: 401, want: `{"code":16,"message":"InvalidSignatureException: `, journal: "refused Anonymous logs:PutLogEvents InvalidSignatureException"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var taken []string
			journal := &ledger{}
			r := tt.q.signed(t)
			if tt.change != nil {
				tt.change(r)
			}
			w := serve(open(t, config(journal), gateway.Service{Model: logsapi.Service, Handler: fakeLogs{&taken}}), r)
			got := strings.ReplaceAll(w.Body.String(), w.Header().Get("X-Amzn-Requestid"), "ID")
			if w.Code != tt.status || got != tt.want && (!strings.HasSuffix(tt.want, ": ") || !strings.HasPrefix(got, tt.want)) {
				t.Errorf("%d %q, want %d %q", w.Code, got, tt.status, tt.want)
			}
			if got := w.Header().Get("Retry-After"); got != tt.retryAfter {
				t.Errorf("it says to retry after %q", got)
			}
			if got := strings.Join(taken, ", "); got != tt.taken {
				t.Errorf("it took %q, want %q", got, tt.taken)
			}
			lines := journal.lines()
			if got := lines[len(lines)-1]; got != tt.journal {
				t.Errorf("the journal says %q, want %q", got, tt.journal)
			}
		})
	}
}

// Who may not put events is refused in a way in which exporters give up.
func TestTelemetryIsDecided(t *testing.T) {
	var asked []string
	cfg := config(&ledger{})
	cfg.Authorize = func(_ context.Context, a cloud.Access) error {
		for _, r := range a.Resources {
			asked = append(asked, a.Action+" "+r.ARN)
		}
		return cloud.Errorf(cloud.Denied, "AccessDeniedException", "no")
	}
	var taken []string
	w := serve(open(t, cfg, gateway.Service{Model: logsapi.Service, Handler: fakeLogs{&taken}}), export("g", oneRecord).signed(t))
	if w.Code != http.StatusForbidden || w.Body.String() != `{"code":7,"message":"AccessDeniedException: no"}` || taken != nil {
		t.Errorf("%d %s, taken %v", w.Code, w.Body, taken)
	}
	if diff := cmp.Diff([]string{"logs:PutLogEvents arn:aws:logs:ap-northeast-2:111122223333:log-group:g:log-stream:s"}, asked); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Signals that are not taken are refused by name, and a bucket with such a key is a bucket.
func TestWhatIsNoTelemetryOfLogs(t *testing.T) {
	unsigned := func(target string) *http.Request {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, target, strings.NewReader("{}"))
		r.Header.Set("Content-Type", "application/json")
		return r
	}
	traces := export("g", "{}")
	traces.service, traces.target = "xray", "/v1/traces"
	elsewhere := export("g", "{}")
	elsewhere.target = "/v1/other"
	for _, tt := range []struct {
		name, want string
		status     int
		r          *http.Request
	}{
		{"traces", `{"code":12,"message":"UnsupportedOperation: Sillok does not take OpenTelemetry at /v1/traces yet, but at /v1/logs and /v1/metrics."}`, 501, traces.signed(t)},
		{"traces of nobody", `{"code":12,"message":"UnsupportedOperation: Sillok does not take OpenTelemetry at /v1/traces yet, but at /v1/logs and /v1/metrics."}`, 501, unsigned("/v1/traces")},
		{"another path of logs", `{"__type":"UnknownOperationException","message":"The request names no operation"}`, 400, elsewhere.signed(t)},
		{"a key in a bucket of that host", "<Code>MethodNotAllowed</Code>", 405, unsigned("http://bucket.localhost:4566/v1/logs")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := serve(open(t, config(&ledger{}), append(fakes(), gateway.Service{Model: logsapi.Service, Handler: fakeLogs{}})...), tt.r)
			if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.want) {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		})
	}
}
