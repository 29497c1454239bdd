package gateway_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/gateway"
	"github.com/sillok/sillok/internal/wire"
)

// house is an S3 that browsers read: one bucket has rules and a website.
type house struct {
	shelf

	served []cloud.Served
}

func (h *house) CORS(_ context.Context, bucket, origin, method string, headers []string) (http.Header, bool) {
	switch {
	case bucket == "panics":
		panic("at the disco")
	case bucket != "pages":
		return nil, false
	case origin != "https://example.org" || method == http.MethodDelete || slices.Contains(headers, "x-secret"):
		return http.Header{}, false
	}
	header := http.Header{"Access-Control-Allow-Origin": {origin}, "Vary": {"Origin"}}
	if headers != nil {
		header.Set("Access-Control-Allow-Headers", strings.Join(headers, ", "))
	}
	return header, true
}

func (h *house) Served(_ context.Context, served func() cloud.Served) {
	h.served = append(h.served, served())
}

func (h *house) Website(_ context.Context, in *s3api.GetObjectInput, head bool) (int, http.Header, io.ReadCloser, error) {
	switch {
	case *in.Key == "":
		return 200, http.Header{"Content-Type": {"text/html"}}, io.NopCloser(strings.NewReader("index of " + *in.Bucket)), nil
	case *in.Key == "moved":
		return 301, http.Header{"Location": {"/"}}, nil, nil
	case *in.Key == "custom":
		return 404, http.Header{"Content-Type": {"text/html"}}, io.NopCloser(strings.NewReader("not here")), cloud.Errorf(cloud.NotFound, "NoSuchKey", "gone")
	case head:
		return 0, nil, nil, cloud.Errorf(cloud.NotFound, "NoSuchKey", "head of <%s>", *in.Key)
	case *in.Key == "internal":
		return 0, nil, nil, errors.New("the disk said /secret/path")
	}
	return 0, nil, nil, cloud.Errorf(cloud.NotFound, "NoSuchKey", "no <%s>", *in.Key)
}

func TestPreflights(t *testing.T) {
	page := func(headers ...string) map[string]string {
		h := map[string]string{"Origin": "https://example.org", "Access-Control-Request-Method": "PUT"}
		if headers != nil {
			h["Access-Control-Request-Headers"] = strings.Join(headers, ", ")
		}
		return h
	}
	const closed = "<Code>AccessForbidden</Code><Message>CORSResponse: CORS is not enabled for this bucket.</Message><Method>PUT</Method>"
	for _, tt := range []struct {
		name, target string
		header       map[string]string
		status       int
		want         string
		allow        string
	}{
		{"allowed", "/pages/key", page("x-amz-date", "content-type"), 200, "", "x-amz-date, content-type"},
		{"allowed without headers", "/pages/key", page(), 200, "", ""},
		{"not this header", "/pages/key", page("x-secret"), 403, "<Code>AccessForbidden</Code><Message>CORSResponse: This CORS request is not allowed.", ""},
		{"no rules", "/logs/key", page(), 403, closed + "<ResourceType>OBJECT</ResourceType>", ""},
		{"no rules of a bucket", "/logs", page(), 403, closed + "<ResourceType>BUCKET</ResourceType>", ""},
		{"rules that cannot be read", "/panics/key", page(), 403, closed, ""},
		{"no bucket", "/", page(), 403, "CORS is not enabled", ""},
		{"no origin", "/pages/key", nil, 400, "<Code>BadRequest</Code><Message>Insufficient information. Origin request header needed.<", ""},
		{"no method", "/pages/key", map[string]string{"Origin": "https://example.org"}, 400, "Invalid Access-Control-Request-Method: null", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			journal := &ledger{}
			w := serve(overS3(t, journal, &house{}), request{method: http.MethodOptions, target: tt.target, header: tt.header}.http(t))
			if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.want) || w.Header().Get("Access-Control-Allow-Headers") != tt.allow {
				t.Errorf("answered %d %v %s", w.Code, w.Header(), w.Body)
			}
			if line := journal.lines()[0]; !strings.Contains(line, "Anonymous s3:Preflight") {
				t.Errorf("recorded as %s", line)
			}
		})
	}
}

func TestAnswersToPagesSaySo(t *testing.T) {
	for name, tt := range map[string]struct {
		r     *http.Request
		wants string
	}{
		"an answer":           {object(t, http.MethodGet, "/pages/key"), "https://example.org"},
		"an error":            {request{method: http.MethodGet, target: "/pages/key"}.http(t), "https://example.org"},
		"another bucket's":    {object(t, http.MethodGet, "/logs/key"), ""},
		"what is not allowed": {object(t, http.MethodDelete, "/pages/key"), ""},
	} {
		tt.r.Header.Set("Origin", "https://example.org")
		w := serve(overS3(t, &ledger{}, &house{}), tt.r)
		if got := w.Header().Get("Access-Control-Allow-Origin"); got != tt.wants || (w.Header().Get("Vary") != "") != (tt.wants != "") {
			t.Errorf("%s: allows %q: %d %s", name, got, w.Code, w.Body)
		}
	}
}

func TestServedIsToldOfAnswers(t *testing.T) {
	h := &house{}
	journal := &ledger{}
	g := overS3(t, journal, h)
	put := request{service: "s3", method: http.MethodPut, target: "/logs/a%20key", body: "hello", header: map[string]string{"Referer": "https://example.org/"}}
	serve(g, put.signed(t))
	serve(g, request{method: http.MethodGet, target: "/logs/key"}.http(t))
	serve(g, presigned(t, http.MethodGet, "/logs/key", nil))
	refused, later := h.served[1], h.served[2]
	if refused.Status != 403 || refused.Signature != "" || refused.Auth != "" || refused.Input == nil || refused.Fact.Code != "AccessDenied" || refused.Sent == 0 {
		t.Errorf("a refusal was served as %+v", refused)
	}
	if later.Auth != "QueryString" || later.Signature != "SigV4" || later.Status != 200 || later.Sent != 5 {
		t.Errorf("a presigned URL was served as %+v", later)
	}
	want := cloud.Served{
		Fact: journal.facts[1], HostID: wire.HostID(journal.facts[1].Call.RequestID), Method: http.MethodPut, URI: "/logs/a%20key", Host: "127.0.0.1:4566", Referer: "https://example.org/",
		Status: 200, Received: 5, Sent: 0, Signature: "SigV4", Auth: "AuthHeader",
	}
	got := h.served[0]
	got.URI = strings.TrimPrefix(got.URI, "http://127.0.0.1:4566") // as httptest has it
	in, ok := got.Input.(*s3api.PutObjectInput)
	if out, told := got.Output.(*s3api.PutObjectOutput); !ok || !told || *in.Key != "a key" || *out.ETag != `"e"` {
		t.Errorf("served with the input %+v and the output %+v", got.Input, got.Output)
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(cloud.Served{}, "Input", "Output", "Began", "Turnaround", "Total")); diff != "" {
		t.Errorf("served (-want +got):\n%s", diff)
	}
	if got.Began.IsZero() || got.Total < got.Turnaround || got.Turnaround < 0 || got.Total > time.Minute {
		t.Errorf("served in %v, %v", got.Turnaround, got.Total)
	}
}

func TestWebsites(t *testing.T) {
	const host = "pages.s3-website.localhost:4566"
	get := func(method, path, host string, unsigned bool) *http.Request {
		r := request{method: method, target: path}.http(t)
		r.Host = host
		if !unsigned {
			sign(t, r, nil, "s3", "us-east-1")
		}
		return r
	}
	for _, tt := range []struct {
		name   string
		r      *http.Request
		status int
		want   string
		line   string
	}{
		{"index", get("GET", "/", host, false), 200, "index of pages", "done Root s3:GetObject"},
		{"of a region", get("GET", "/", "pages.s3-website-eu-west-1.amazonaws.com", false), 200, "index of pages", "done Root s3:GetObject"},
		{"of a region with a dot", get("GET", "/", "my.pages.s3-website.eu-west-1.amazonaws.com", false), 200, "index of my.pages", "done Root s3:GetObject"},
		{"a redirection", get("GET", "/moved", host, false), 301, "", "done Root s3:GetObject"},
		{"its own page of an error", get("GET", "/custom?acl", host, false), 404, "not here", "failed Root s3:GetObject NoSuchKey"},
		{"an error", get("GET", "/a/b", host, false), 404, "<li>Code: NoSuchKey</li>\n<li>Message: no &lt;a/b&gt;</li>\n<li>RequestId: ", "failed Root s3:GetObject NoSuchKey"},
		{"a fault", get("GET", "/internal", host, false), 500, "<li>Code: InternalError</li>", "failed Root s3:GetObject InternalError"},
		{"HEAD", get("HEAD", "/a", host, false), 404, "", "failed Root s3:GetObject NoSuchKey"},
		{"nobody", get("GET", "/", host, true), 403, "<h1>403 Forbidden</h1>\n<ul>\n<li>Code: AccessDenied</li>\n<li>Message: Access Denied</li>", "refused Anonymous s3:GetObject AccessDenied"},
		{"nobody of an action", get("GET", "/?Action=ListUsers", host, true), 403, "<li>Code: AccessDenied</li>", "refused Anonymous s3:GetObject AccessDenied"},
		{"another method", get("PUT", "/a", host, false), 405, "<li>Code: MethodNotAllowed</li>", "failed Anonymous s3: MethodNotAllowed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			journal := &ledger{}
			w := serve(overS3(t, journal, &house{}), tt.r)
			if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.want) || strings.Contains(w.Body.String(), "<Error>") {
				t.Errorf("answered %d %s", w.Code, w.Body)
			}
			if w.Code >= 400 && !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
				t.Errorf("answered as %s", w.Header().Get("Content-Type"))
			}
			if diff := cmp.Diff([]string{tt.line}, journal.lines()); diff != "" {
				t.Errorf("the journal (-want +got):\n%s", diff)
			}
		})
	}
	if w := serve(overS3(t, &ledger{}, &shelf{}), get("GET", "/", host, false)); w.Code != http.StatusNotImplemented {
		t.Errorf("without websites: answered %d %s", w.Code, w.Body)
	}
}

type oddHouse struct{}

func (oddHouse) CORS(string) bool { return false }
func (oddHouse) Served()          {}

func TestHooksThatDoNotFitAreFound(t *testing.T) {
	_, err := gateway.New(config(&ledger{}), gateway.Service{Model: s3api.Service, Handler: oddHouse{}})
	if err == nil || !strings.Contains(err.Error(), "oddHouse.CORS") || !strings.Contains(err.Error(), "oddHouse.Served") {
		t.Errorf("error %v", err)
	}
}

// What is told of an answer is told once its client has all of it.
func TestCallersDoNotWaitForServed(t *testing.T) {
	h := &waiting{got: make(chan struct{})}
	server := httptest.NewServer(overS3(t, &ledger{}, h))
	defer server.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, server.URL+"/logs/key", nil)
	if err != nil {
		t.Fatal(err)
	}
	sign(t, r, nil, "s3", "us-east-1")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(answer.Body); err != nil {
		t.Error(err)
	}
	close(h.got)
	if err := answer.Body.Close(); err != nil {
		t.Error(err)
	}
}

// waiting is told of an answer, and waits until its client has it.
type waiting struct {
	shelf

	got chan struct{}
}

func (w *waiting) Served(_ context.Context, served func() cloud.Served) {
	served()
	<-w.got
}
