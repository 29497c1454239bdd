package gateway_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/api/athenaapi"
	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/gateway"
)

// start is a call that changes something, list one that does not.
func start(query string) request {
	return awsJSON("athena", "AmazonAthena.StartQueryExecution", "1.1", `{"QueryString":"`+query+`"}`)
}

func get() request {
	return awsJSON("athena", "AmazonAthena.GetQueryExecution", "1.1", `{"QueryExecutionId":"a"}`)
}

func TestEveryRoutedCallIsRecorded(t *testing.T) {
	unsigned := func(q request) *http.Request { return q.http(t) }
	signed := func(q request) *http.Request { return q.signed(t) }
	stranger := func(q request) *http.Request {
		r := q.signed(t)
		otherKey(r)
		return r
	}
	forged := func(q request) *http.Request {
		r := q.signed(t)
		r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "Signature=", "Signature=00", 1))
		return r
	}
	for _, tt := range []struct {
		name string
		r    *http.Request
		want []string
	}{
		{"a read", signed(get()), []string{"done Root athena:GetQueryExecution"}},
		{"a change", signed(start("a")), []string{"begun Root athena:StartQueryExecution", "done Root athena:StartQueryExecution"}},
		{"a change that fails", signed(start("throttle")), []string{
			"begun Root athena:StartQueryExecution", "failed Root athena:StartQueryExecution TooManyRequestsException",
		}},
		{"a change that panics", signed(start("panic")), []string{
			"begun Root athena:StartQueryExecution", "failed Root athena:StartQueryExecution InternalFailure",
		}},
		{"broken constraints", signed(awsJSON("athena", "AmazonAthena.GetQueryExecution", "1.1", `{}`)), []string{
			"failed Root athena:GetQueryExecution InvalidRequestException",
		}},
		{"no JSON", signed(awsJSON("athena", "AmazonAthena.GetQueryExecution", "1.1", `{`)), []string{
			"failed Root athena:GetQueryExecution SerializationException",
		}},
		{"what nobody has written", signed(awsJSON("athena", "AmazonAthena.ListWorkGroups", "1.1", `{}`)), []string{
			"failed Root athena:ListWorkGroups UnsupportedOperation",
		}},
		{"no signature", unsigned(get()), []string{"refused Anonymous athena:GetQueryExecution MissingAuthenticationTokenException"}},
		{"an unknown key", stranger(start("a")), []string{"refused Anonymous athena:StartQueryExecution UnrecognizedClientException"}},
		{"a forged signature", forged(get()), []string{"refused Anonymous athena:GetQueryExecution InvalidSignatureException"}},
		{"a form", signed(form("sts", "Action=GetCallerIdentity&Version=2011-06-15")), []string{"done Root sts:GetCallerIdentity"}},
		{"a form of an unknown key", stranger(form("sts", "Action=GetCallerIdentity&Version=2011-06-15")), []string{
			"refused Anonymous sts: InvalidClientTokenId", // what it asks for was not read
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			journal := &ledger{}
			serve(open(t, config(journal), fakes()...), tt.r)
			if diff := cmp.Diff(tt.want, journal.lines()); diff != "" {
				t.Errorf("the journal (-want +got):\n%s", diff)
			}
		})
	}
}

// The answer to a wrong signature shows the headers that were signed; the
// journal must not keep them.
func TestWrongSignaturesAreRecordedWithoutHeaders(t *testing.T) {
	journal := &ledger{}
	r := request{service: "s3", method: http.MethodGet, target: "/logs/key", header: map[string]string{
		"X-Amz-Server-Side-Encryption-Customer-Key": "c2VjcmV0",
	}}.signed(t)
	r.URL.Path = "/logs/other"
	w := serve(open(t, config(journal), gateway.Service{Model: s3api.Service, Handler: &fakeS3{}}), r)
	if !strings.Contains(w.Body.String(), "c2VjcmV0") {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
	want := "The request signature we calculated does not match the signature you provided. Check your key and signing method."
	if diff := cmp.Diff(want, journal.facts[0].Message); diff != "" {
		t.Errorf("the recorded message (-want +got):\n%s", diff)
	}
}

func TestFactsTellTheCall(t *testing.T) {
	journal := &ledger{}
	r := start("SELECT 1").with("User-Agent", "aws-cli/1.46").signed(t)
	r.RemoteAddr = "192.0.2.7:4711"
	w := serve(open(t, config(journal), fakes()...), r)
	got := journal.facts[1]
	got.Call.Time, got.Took = got.Call.Time.Truncate(1<<62), 0
	if age := time.Since(got.Call.Signature.At); age < 0 || age > time.Hour {
		t.Errorf("it was signed %s ago", age)
	}
	want := cloud.Fact{
		Call: cloud.Call{
			Service: "athena", Operation: "StartQueryExecution", Account: testAccount, Region: "ap-northeast-2",
			Principal: cloud.RootOf(testAccount), AccessKeyID: testKey, RequestID: w.Header().Get("X-Amzn-Requestid"),
			SourceIP: "192.0.2.7", UserAgent: "aws-cli/1.46", Endpoint: "http://127.0.0.1:4566", Time: got.Call.Time,
			Signature: cloud.Signature{Version: "AWS4-HMAC-SHA256", Way: "REST-HEADER", At: got.Call.Signature.At},
		},
		Action: "athena:StartQueryExecution", Changes: true, Event: "Management", Outcome: cloud.Done,
		Resources:  got.Resources,
		Parameters: []byte(`{"queryString":"SELECT 1"}`),
		Elements:   []byte(`{"queryExecutionId":"ap-northeast-2 SELECT 1"}`),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the fact (-want +got):\n%s", diff)
	}
}

func TestAFullJournalRefusesChanges(t *testing.T) {
	journal := &ledger{full: errors.New("no space left on device")}
	var log bytes.Buffer
	cfg := config(journal)
	cfg.Log = slog.New(slog.NewTextHandler(&log, nil))
	g := open(t, cfg, fakes()...)
	if w := serve(g, get().http(t)); w.Code != http.StatusBadRequest || log.Len() > 0 {
		t.Errorf("a stranger: %d %s, logged:\n%s", w.Code, w.Body, &log)
	}
	if w := serve(g, start("a").signed(t)); w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "journal of calls cannot be written") {
		t.Errorf("a change: %d %s", w.Code, w.Body)
	}
	if w := serve(g, get().signed(t)); w.Code != http.StatusOK {
		t.Errorf("a read: %d %s", w.Code, w.Body)
	}
	journal.full, journal.stuck = nil, errors.New("input/output error")
	if w := serve(g, start("a").signed(t)); w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "The call was done") {
		t.Errorf("a change whose end cannot be written: %d %s", w.Code, w.Body)
	}
}

func TestAuthorizeDecides(t *testing.T) {
	journal := &ledger{}
	cfg := config(journal)
	var asked []string
	cfg.Authorize = func(_ context.Context, a cloud.Access) error {
		asked = append(asked, string(a.Call.Account)+" "+a.Action)
		for _, r := range a.Resources {
			asked = append(asked, r.Type+" "+r.ARN)
		}
		return cloud.Errorf(cloud.Denied, "AccessDeniedException", "you may not")
	}
	g := open(t, cfg, gateway.Service{Model: glueapi.Service, Handler: fakeGlue{}})
	w := serve(g, awsJSON("glue", "AWSGlue.GetTable", "1.1", `{"DatabaseName":"logs","Name":"flows"}`).signed(t))
	if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "you may not") {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
	want := []string{
		"111122223333 glue:GetTable",
		"rootcatalog arn:aws:glue:ap-northeast-2:111122223333:catalog",
		"database arn:aws:glue:ap-northeast-2:111122223333:database/logs",
		"table arn:aws:glue:ap-northeast-2:111122223333:table/logs/flows",
	}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"refused Root glue:GetTable AccessDeniedException"}, journal.lines()); diff != "" {
		t.Errorf("the journal (-want +got):\n%s", diff)
	}
}

type fakeGlue struct{}

func (fakeGlue) GetTable(context.Context, *glueapi.GetTableInput) (*glueapi.GetTableOutput, error) {
	return &glueapi.GetTableOutput{}, nil
}

func (fakeGlue) DeleteTable(context.Context, *glueapi.DeleteTableInput) (*glueapi.DeleteTableOutput, error) {
	return nil, cloud.Errorf(cloud.NotFound, "EntityNotFoundException", "no table")
}

// leaving is an Athena whose callers hang up while they are answered.
type leaving struct{ hangUp context.CancelFunc }

func (l leaving) GetQueryExecution(ctx context.Context, _ *athenaapi.GetQueryExecutionInput) (*athenaapi.GetQueryExecutionOutput, error) {
	l.hangUp()
	return nil, fmt.Errorf("read the state: %w", ctx.Err())
}

func TestAClientThatHangsUpIsNoFaultOfOurs(t *testing.T) {
	ctx, hangUp := context.WithCancel(t.Context())
	journal := &ledger{}
	serve(open(t, config(journal), gateway.Service{Model: athenaapi.Service, Handler: leaving{hangUp}}), get().signed(t).WithContext(ctx))
	if diff := cmp.Diff([]string{"failed Root athena:GetQueryExecution RequestTimeout"}, journal.lines()); diff != "" {
		t.Errorf("the journal (-want +got):\n%s", diff)
	}
}

// unread is a body that must not be read.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body was read")
	return 0, io.EOF
}

func TestBodiesOfTheUnverifiedAreNotRead(t *testing.T) {
	for name, spoil := range map[string]func(*http.Request){
		"no signature":   func(r *http.Request) { r.Header.Del("Authorization") },
		"an unknown key": otherKey,
		"too large":      func(r *http.Request) { r.ContentLength = 69 << 20 },
		"a signed hash":  func(r *http.Request) { r.Header.Set("X-Amz-Target", "AmazonAthena.GetWorkGroup") },
		"another service": func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "/athena/", "/glue/", 1))
		},
		"a made-up region": func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "/ap-northeast-2/", "/../", 1))
		},
	} {
		t.Run(name, func(t *testing.T) {
			q := start("a")
			r := q.http(t)
			if name == "a signed hash" {
				r.Header.Set("X-Amz-Content-Sha256", strings.Repeat("0", 64))
			}
			sign(t, r, []byte(q.body), "athena", "ap-northeast-2")
			spoil(r)
			r.Body = io.NopCloser(unread{t})
			g, _ := newGateway(t, fakes()...)
			if w := serve(g, r); w.Code < 400 || w.Code >= 500 {
				t.Errorf("answered %d %s", w.Code, w.Body)
			}
		})
	}
}

// stalled is a body of which the last byte does not come until it is told to.
type stalled struct {
	left int
	end  <-chan struct{}
}

func (s *stalled) Read(p []byte) (int, error) {
	if s.left == 0 {
		<-s.end
		return 0, io.ErrUnexpectedEOF
	}
	n := min(len(p), s.left)
	s.left -= n
	return n, nil
}

func TestUnsignedBodiesDoNotStopSignedOnes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, _ := newGateway(t, fakes()...)
		end := make(chan struct{})
		var strangers sync.WaitGroup
		for range 600 {
			strangers.Go(func() {
				r := form("sts", "").http(t)
				r.Body, r.ContentLength = io.NopCloser(&stalled{left: 64<<10 - 1, end: end}), 64<<10
				serve(g, r)
			})
		}
		synctest.Wait()
		began := time.Now()
		if w := serve(g, get().signed(t)); w.Code != http.StatusOK || time.Since(began) != 0 {
			t.Errorf("answered %d %s after %v", w.Code, w.Body, time.Since(began))
		}
		close(end)
		strangers.Wait()
	})
}

type fakeS3 struct{ put bytes.Buffer }

func (s *fakeS3) PutObject(_ context.Context, in *s3api.PutObjectInput) (*s3api.PutObjectOutput, error) {
	s.put.Reset()
	if _, err := io.Copy(&s.put, in.Body); err != nil {
		return nil, err
	}
	return &s3api.PutObjectOutput{ETag: new(`"e"`)}, nil
}

func (s *fakeS3) GetObject(context.Context, *s3api.GetObjectInput) (*s3api.GetObjectOutput, error) {
	return &s3api.GetObjectOutput{Body: io.NopCloser(bytes.NewReader(s.put.Bytes())), ContentLength: new(int64(s.put.Len()))}, nil
}

func (s *fakeS3) SelectObjectContent(context.Context, *s3api.SelectObjectContentInput) (*s3api.SelectObjectContentOutput, error) {
	events := func(yield func(s3api.SelectObjectContentEventStream, error) bool) {
		for _, part := range []string{"one", "two"} {
			if !yield(s3api.SelectObjectContentEventStream{Records: &s3api.RecordsEvent{Payload: []byte(part)}}, nil) {
				return
			}
		}
		yield(s3api.SelectObjectContentEventStream{End: &s3api.EndEvent{}}, nil)
	}
	return &s3api.SelectObjectContentOutput{Payload: iter.Seq2[s3api.SelectObjectContentEventStream, error](events)}, nil
}

// selection is a request to select from an object.
const selection = `<SelectObjectContentRequest xmlns="http://s3.amazonaws.com/doc/2006-03-01/">` +
	`<Expression>SELECT * FROM S3Object</Expression><ExpressionType>SQL</ExpressionType><InputSerialization><JSON/></InputSerialization>` +
	`<OutputSerialization><JSON/></OutputSerialization></SelectObjectContentRequest>`

// overS3 returns a gateway over an S3.
func overS3(t *testing.T, journal gateway.Journal, handler any) *gateway.Gateway {
	t.Helper()
	return open(t, config(journal), gateway.Service{Model: s3api.Service, Handler: handler})
}

func object(t *testing.T, method, target string) *http.Request {
	t.Helper()
	return request{service: "s3", method: method, target: target}.signed(t)
}

func TestBodiesStream(t *testing.T) {
	s3 := &fakeS3{}
	server := httptest.NewServer(open(t, config(&ledger{}), gateway.Service{Model: s3api.Service, Handler: s3}))
	defer server.Close()
	content := bytes.Repeat([]byte("0123456789abcdef"), 1<<20)
	send := func(method, target string, body []byte) (int, []byte) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, server.URL+target, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		sign(t, r, body, "s3", "us-east-1")
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(answer.Body)
		if err := errors.Join(err, answer.Body.Close()); err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode, text
	}
	if status, text := send(http.MethodPut, "/bucket/key", content); status != http.StatusOK {
		t.Fatalf("put: %d %s", status, text)
	}
	if status, text := send(http.MethodGet, "/bucket/key", nil); status != http.StatusOK || !bytes.Equal(text, content) {
		t.Errorf("get: %d, %d bytes", status, len(text))
	}
	status, text := send(http.MethodPost, "/bucket/key?select&select-type=2", []byte(selection))
	if status != http.StatusOK || !bytes.Contains(text, []byte("one")) || !bytes.Contains(text, []byte("two")) {
		t.Errorf("events: %d %q", status, text)
	}
}

func TestInnerDoor(t *testing.T) {
	journal := &ledger{}
	g := open(t, config(journal), gateway.Service{Model: glueapi.Service, Handler: fakeGlue{}}, gateway.Service{Model: athenaapi.Service, Handler: fakeAthena{}})
	outer := cloud.Call{Service: "athena", Operation: "StartQueryExecution", Account: testAccount, Region: "us-east-1", Principal: cloud.RootOf(testAccount)}
	ctx := cloud.WithSource(cloud.WithCall(t.Context(), outer), "arn:aws:athena:us-east-1:111122223333:workgroup/primary")
	client := glueapi.Client{Door: g.Inside(cloud.ServiceOf("athena.amazonaws.com"))}

	if _, err := client.GetTable(ctx, &glueapi.GetTableInput{DatabaseName: new("d"), Name: new("t")}); err != nil {
		t.Error(err)
	}
	_, err := client.DeleteTable(ctx, &glueapi.DeleteTableInput{DatabaseName: new("d"), Name: new("t")})
	if err == nil || cloud.KindOf(err) != cloud.NotFound {
		t.Errorf("DeleteTable = %v", err)
	}
	_, err = client.GetTable(ctx, &glueapi.GetTableInput{Name: new("t")})
	if err == nil || cloud.KindOf(err) != cloud.Invalid {
		t.Errorf("GetTable without what the model requires = %v", err)
	}
	_, err = client.GetDatabase(ctx, &glueapi.GetDatabaseInput{Name: new("d")})
	if err == nil || cloud.KindOf(err) != cloud.Unsupported {
		t.Errorf("GetDatabase, which nobody has written, = %v", err)
	}
	want := []string{
		"done Root glue:GetTable", "begun Root glue:DeleteTable", "failed Root glue:DeleteTable EntityNotFoundException",
		"failed Root glue:GetTable ValidationException", "failed Root glue:GetDatabase UnsupportedOperation",
	}
	if diff := cmp.Diff(want, journal.lines()); diff != "" {
		t.Errorf("the journal (-want +got):\n%s", diff)
	}
	if call := journal.facts[0].Call; call.InvokedBy != "athena.amazonaws.com" || call.SourceARN != "arn:aws:athena:us-east-1:111122223333:workgroup/primary" {
		t.Errorf("recorded as invoked by %q for %q", call.InvokedBy, call.SourceARN)
	}
	if journal.noted != 4 {
		t.Errorf("%d ends were noted without waiting, want all 4", journal.noted)
	}

	// Work by the clock is the service's own; a role's session is the role's.
	alone := cloud.WithCall(t.Context(), cloud.Call{Account: testAccount, Region: "us-east-1"})
	if _, err := client.GetTable(alone, &glueapi.GetTableInput{DatabaseName: new("d"), Name: new("t")}); err != nil {
		t.Error(err)
	}
	session := cloud.Principal{
		Type: cloud.AssumedRole, Account: "444455556666", ARN: "arn:aws:sts::444455556666:assumed-role/rule/session",
		InvokedBy: "events.amazonaws.com",
	}
	client.Door = g.Inside(session)
	if _, err := client.GetTable(ctx, &glueapi.GetTableInput{DatabaseName: new("d"), Name: new("t")}); err != nil {
		t.Error(err)
	}
	last := journal.facts[len(journal.facts)-2:]
	if got := last[0].Call.Principal; got.Type != cloud.AWSService || got.Name != "athena.amazonaws.com" {
		t.Errorf("work by the clock was done as %+v", got)
	}
	if got := last[1].Call; got.Account != session.Account || got.InvokedBy != "events.amazonaws.com" || got.Principal.ARN != session.ARN {
		t.Errorf("a session's call was recorded as %+v", got)
	}
}
