package event_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/journal"
	"github.com/sillok/sillok/internal/trail/event"
	"github.com/sillok/sillok/internal/wire"
)

const account cloud.Account = "111122223333"

// kept returns the entries of a journal to which facts were written: those that
// change something as an intent, whose end may be missing.
func kept(tb testing.TB, write func(ctx context.Context, j *journal.Journal) error) []journal.Entry {
	tb.Helper()
	dir := tb.TempDir()
	cfg := journal.Config{Dir: dir, Log: slog.New(slog.DiscardHandler), SegmentBytes: 4 << 20}
	j, err := journal.Open(tb.Context(), cfg)
	if err != nil {
		tb.Fatal(err)
	}
	if err := errors.Join(write(tb.Context(), j), j.Close()); err != nil {
		tb.Fatal(err)
	}
	if j, err = journal.Open(tb.Context(), cfg); err != nil { // which tells what did not end
		tb.Fatal(err)
	}
	if err := j.Close(); err != nil {
		tb.Fatal(err)
	}
	var entries []journal.Entry
	for e, err := range journal.Read(tb.Context(), dir, journal.Query{}) {
		if err != nil {
			tb.Fatal(err)
		}
		entries = append(entries, e)
	}
	return entries
}

// fact is a call of root that made a role.
func fact(change ...func(*cloud.Fact)) cloud.Fact {
	f := cloud.Fact{
		Call: cloud.Call{
			Service: "iam", Operation: "CreateRole", Account: account, Region: "eu-west-1", Principal: cloud.RootOf(account), AccessKeyID: "AKIAEXAMPLE",
			RequestID: "8d2f8b4e-0000-4000-8000-000000000001", SourceIP: "203.0.113.9", UserAgent: "aws-cli/2.30", Endpoint: "https://iam.example",
			TLS: "1.3", Cipher: "TLS_AES_128_GCM_SHA256", Time: time.Date(2026, 11, 30, 8, 0, 0, 900e6, time.UTC),
		},
		Action: "iam:CreateRole", Changes: true, Event: "Management", Outcome: cloud.Done, Took: 200 * time.Millisecond,
		Resources:  []cloud.Resource{{Action: "iam:CreateRole", Type: "role", ARN: "arn:aws:iam::111122223333:role/ci/deployer"}},
		Parameters: []byte(`{"roleName":"deployer","path":"/ci/"}`), Elements: []byte(`{"role":{"roleName":"deployer"}}`),
	}
	for _, c := range change {
		c(&f)
	}
	return f
}

// eventsOf are the events of a fact that was recorded.
func eventsOf(tb testing.TB, f cloud.Fact) []event.Event {
	tb.Helper()
	entries := kept(tb, func(ctx context.Context, j *journal.Journal) error { return j.Record(ctx, f) })
	events, err := event.Of(&entries[0])
	if err != nil {
		tb.Fatal(err)
	}
	return events
}

func TestARecordIsWhole(t *testing.T) {
	got := eventsOf(t, fact())
	want := `{"eventVersion":"1.11","userIdentity":{"type":"Root","principalId":"111122223333","arn":"arn:aws:iam::111122223333:root","accountId":"111122223333",` +
		`"accessKeyId":"AKIAEXAMPLE"},"eventTime":"2026-11-30T08:00:01Z","eventSource":"iam.amazonaws.com","eventName":"CreateRole","awsRegion":"us-east-1",` +
		`"sourceIPAddress":"203.0.113.9","userAgent":"aws-cli/2.30","requestParameters":{"roleName":"deployer","path":"/ci/"},` +
		`"responseElements":{"role":{"roleName":"deployer"}},"requestID":"8d2f8b4e-0000-4000-8000-000000000001","eventID":"` + got[0].ID + `","readOnly":false,` +
		`"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"111122223333","eventCategory":"Management",` +
		`"tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"iam.example"}}`
	if diff := cmp.Diff(want, string(got[0].JSON)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]event.Resource{
		{Type: "AWS::IAM::Role", Name: "deployer", ARN: "arn:aws:iam::111122223333:role/ci/deployer", Account: account},
	}, got[0].Resources); diff != "" {
		t.Errorf("what is found of it (-want +got):\n%s", diff)
	}
	if again := eventsOf(t, fact()); again[0].ID != got[0].ID || len(got[0].ID) != 36 {
		t.Errorf("the same call has the IDs %s and %s", got[0].ID, again[0].ID)
	}
	if other := eventsOf(t, fact(func(f *cloud.Fact) { f.Call.RequestID = "another" })); other[0].ID == got[0].ID {
		t.Errorf("two calls have the ID %s", got[0].ID)
	}
}

// What differs from the call above, in one member each.
func TestMembersOfRecords(t *testing.T) {
	long := strings.Repeat("x", 200)
	for _, tt := range []struct {
		name   string
		change func(*cloud.Fact)
		member string
		want   string
	}{
		{"no parameters are null", func(f *cloud.Fact) { f.Parameters = []byte(`{}`) }, "requestParameters", `null`},
		{"so are none that were read", func(f *cloud.Fact) { f.Parameters = nil }, "requestParameters", `null`},
		{"no elements are null", func(f *cloud.Fact) { f.Elements = nil }, "responseElements", `null`},
		{
			"parameters that were cut are omitted", func(f *cloud.Fact) { f.Parameters = []byte(`{"roleName":"` + long + `…","_truncated":123456}`) },
			"requestParameters", `{"reason":"requestParameters too large","omitted":true,"originalSize":123456}`,
		},
		{
			"a client cannot make them so", func(f *cloud.Fact) { f.Parameters = []byte(`{"roleName":"\",\"_truncated\":1}"}`) },
			"requestParameters", `{"roleName":"\",\"_truncated\":1}"}`,
		},
		{
			"elements that were cut", func(f *cloud.Fact) { f.Elements = []byte(`{"_truncated":7}`) },
			"responseElements", `{"reason":"responseElements too large","omitted":true,"originalSize":7}`,
		},
		{"IAM tells no parameters of what it refuses", func(f *cloud.Fact) {
			f.Outcome, f.Code, f.Message, f.Elements = cloud.Refused, "AccessDenied", "no", nil
		}, "requestParameters", `null`},
		{"Glue does", func(f *cloud.Fact) {
			f.Call.Service, f.Outcome, f.Code, f.EventCode = "glue", cloud.Refused, "AccessDeniedException", "AccessDenied"
		}, "requestParameters", `{"roleName":"deployer","path":"/ci/"}`},
		{"an error has CloudTrail's code", func(f *cloud.Fact) {
			f.Outcome, f.Code, f.EventCode = cloud.Failed, "NoSuchEntity", "NoSuchEntityException"
		}, "errorCode", `"NoSuchEntityException"`},
		{"what is throttled was not read", func(f *cloud.Fact) { f.Outcome, f.Code = cloud.Failed, "ThrottlingException" }, "requestParameters", `null`},
		{"an operation of another name", func(f *cloud.Fact) { f.EventName = "CreateFunction20150331" }, "eventName", `"CreateFunction20150331"`},
		{"a change that is said to read", func(f *cloud.Fact) { f.EventReads = true }, "readOnly", `true`},
		{"an operation that is not supported", func(f *cloud.Fact) { f.Event, f.Call.Operation = "", "GetNothing" }, "readOnly", `true`},
		{"a data event", func(f *cloud.Fact) { f.Event = "Data" }, "managementEvent", `false`},
		{"its category", func(f *cloud.Fact) { f.Event = "Data" }, "eventCategory", `"Data"`},
		{"a service that tells its version", func(f *cloud.Fact) { f.Call.Service = "logs" }, "apiVersion", `"20140328"`},
		{"a region", func(f *cloud.Fact) { f.Call.Service = "ssm" }, "awsRegion", `"eu-west-1"`},
		{"HTML stands as it is", func(f *cloud.Fact) { f.Call.UserAgent = "<a&b>" }, "userAgent", `"<a&b>"`},
		{"no agent", func(f *cloud.Fact) { f.Call.UserAgent = "" }, "userAgent", `"-"`},
		{"S3's agents stand in brackets", func(f *cloud.Fact) { f.Call.Service = "s3" }, "userAgent", `"[aws-cli/2.30]"`},
		{"a cipher of TLS 1.2", func(f *cloud.Fact) {
			f.Call.TLS, f.Call.Cipher = "1.2", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
		}, "tlsDetails", `{"tlsVersion":"TLSv1.2","cipherSuite":"ECDHE-RSA-AES128-GCM-SHA256","clientProvidedHostHeader":"iam.example"}`},
		{"without TLS", func(f *cloud.Fact) {
			f.Call.TLS, f.Call.Cipher, f.Call.Endpoint = "", "", "http://iam.example"
		}, "tlsDetails", `{"clientProvidedHostHeader":"iam.example"}`},
		{"a browser that is signed in", func(f *cloud.Fact) { f.Call.Principal.Session = &cloud.Session{Console: true} }, "sessionCredentialFromConsole", `"true"`},
		{"a session with a second factor", func(f *cloud.Fact) {
			f.Call.Principal.MFA, f.Call.Principal.Session = true, &cloud.Session{Issued: f.Call.Time, SourceIdentity: "eve", Provider: "accounts.google.com"}
		}, "userIdentity", `{"type":"Root","principalId":"111122223333","arn":"arn:aws:iam::111122223333:root","accountId":"111122223333","accessKeyId":"AKIAEXAMPLE",` +
			`"sessionContext":{"webIdFederationData":{"federatedProvider":"accounts.google.com","attributes":{}},` +
			`"attributes":{"creationDate":"2026-11-30T08:00:00Z","mfaAuthenticated":"true"},"sourceIdentity":"eve"}}`},
		{"whom a provider vouches for", func(f *cloud.Fact) {
			webIdentity(f)
			f.Elements = []byte(`{"subjectFromWebIdentityToken":"ann","provider":"accounts.google.com","audience":"app"}`)
		}, "userIdentity", `{"type":"WebIdentityUser","principalId":"accounts.google.com:app:ann","userName":"ann","identityProvider":"accounts.google.com"}`},
		{"whom a role does not trust", func(f *cloud.Fact) {
			webIdentity(f)
			f.Outcome, f.Code, f.Elements = cloud.Refused, "AccessDenied", nil
		}, "userIdentity", `{"type":"AWSAccount","principalId":"","accountId":"anonymous"}`},
		{"a role is listed", webIdentity, "resources", `[{"accountId":"111122223333","type":"AWS::IAM::Role","ARN":"arn:aws:iam::111122223333:role/ci/deployer"}]`},
		{"an algorithm of KMS that is the usual one", func(f *cloud.Fact) {
			f.Call.Service, f.Call.Operation, f.Parameters = "kms", "Decrypt", []byte(`{"encryptionContext":{"encryptionAlgorithm":"x"}}`)
		}, "requestParameters", `{"encryptionContext":{"encryptionAlgorithm":"x"},"encryptionAlgorithm":"SYMMETRIC_DEFAULT"}`},
		{"one that the caller names", func(f *cloud.Fact) {
			f.Call.Service, f.Call.Operation, f.Parameters = "kms", "Decrypt", []byte(`{"encryptionAlgorithm":"RSAES_OAEP_SHA_256"}`)
		}, "requestParameters", `{"encryptionAlgorithm":"RSAES_OAEP_SHA_256"}`},
		{"what S3 moved, and how it was signed", func(f *cloud.Fact) {
			f.Call.Service, f.Received, f.Sent = "s3", 5, 7
			f.Call.Signature = cloud.Signature{Version: "AWS4-HMAC-SHA256", Way: "REST-QUERY-STRING"}
		}, "additionalEventData", `{"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":5,"AuthenticationMethod":"QueryString",` +
			`"x-amz-id-2":"` + wire.HostID(fact().Call.RequestID) + `","bytesTransferredOut":7}`},
		{"a list of objects", func(f *cloud.Fact) {
			f.Call.Service, f.Call.Operation, f.Event = "s3", "ListObjectsV2", "Data"
			f.Resources = []cloud.Resource{{Type: "bucket", ARN: "arn:aws:s3:::logs"}}
		}, "resources", `[{"type":"AWS::S3::Object","ARNPrefix":"arn:aws:s3:::logs/"},{"accountId":"111122223333","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::logs"}]`},
		{"a copy is about where it goes", func(f *cloud.Fact) {
			f.Call.Service, f.Call.Operation, f.Event = "s3", "CopyObject", "Data"
			f.Resources = []cloud.Resource{{ARN: "arn:aws:s3:::new/b"}, {ARN: "arn:aws:s3:::old/a"}, {ARN: "arn:aws:s3:::new/b"}}
		}, "resources", `[{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::new/b"},{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::old/a"},` +
			`{"accountId":"111122223333","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::new"}]`},
		{"a function that is invoked", func(f *cloud.Fact) {
			f.Call.Service, f.Call.Operation, f.Event = "lambda", "Invoke", "Data"
			f.Resources = []cloud.Resource{{Type: "function", ARN: "arn:aws:lambda:eu-west-1:111122223333:function:f"}}
		}, "resources", `[{"accountId":"111122223333","type":"AWS::Lambda::Function","ARN":"arn:aws:lambda:eu-west-1:111122223333:function:f"}]`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			events := eventsOf(t, fact(tt.change))
			if len(events) != 1 {
				t.Fatalf("%d events", len(events))
			}
			var record map[string]json.RawMessage
			if err := json.Unmarshal(events[0].JSON, &record); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, string(record[tt.member])); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.member, diff)
			}
		})
	}
}

// webIdentity makes a fact one of somebody who has no credentials of AWS yet.
func webIdentity(f *cloud.Fact) {
	f.Call.Service, f.Call.Operation, f.Call.Principal, f.Call.AccessKeyID, f.Call.Account = "sts", "AssumeRoleWithWebIdentity", cloud.Principal{Type: cloud.Anonymous}, "", ""
}

func TestWhatIsNotRecorded(t *testing.T) {
	for name, change := range map[string]func(*cloud.Fact){
		"what no trail records":        func(f *cloud.Fact) { f.Event = journal.Unrecorded },
		"a caller that was never read": func(f *cloud.Fact) { f.Call.Operation = "" },
		"a key that is claimed": func(f *cloud.Fact) {
			f.Call.Principal, f.Outcome = cloud.Principal{Type: cloud.Anonymous}, cloud.Refused
		},
		"nobody where nobody may be": func(f *cloud.Fact) { webIdentity(f); f.Outcome, f.Code = cloud.Refused, "MissingAuthenticationToken" },
		"a token that is none": func(f *cloud.Fact) {
			webIdentity(f)
			f.Outcome, f.Code, f.Elements = cloud.Failed, "InvalidIdentityToken", nil
		},
		"nobody, of whom nothing is had": func(f *cloud.Fact) { webIdentity(f); f.Resources = nil },
	} {
		if events := eventsOf(t, fact(change)); len(events) > 0 {
			t.Errorf("%s: %s", name, events[0].JSON)
		}
	}
}

// A change that the server did not live to end is a record that says so.
func TestAChangeWithoutAnEndIsRecorded(t *testing.T) {
	entries := kept(t, func(ctx context.Context, j *journal.Journal) error {
		f := fact()
		f.Outcome, f.Elements = cloud.Begun, nil
		_, err := j.Begin(ctx, f)
		return err
	})
	events, err := event.Of(&entries[0])
	if err != nil || len(events) != 1 {
		t.Fatalf("%d events, %v", len(events), err)
	}
	if e := events[0]; e.ErrorCode != "ServerStopped" || !strings.Contains(e.ErrorMessage, "may be changed or not") || e.Name != "CreateRole" {
		t.Errorf("it is recorded as %s", e.JSON)
	}
}

// FuzzOf holds Of to what it promises of any entry.
func FuzzOf(f *testing.F) {
	f.Add("s3", "GetObject", "arn:aws:s3:::b/k", `{"bucketName":"b"}`, "Data", "444455556666", "403")
	f.Add("kms", "Decrypt", "arn:aws:kms:::", `{"a":{}}`, "Management", "", "")
	f.Add("sts", "AssumeRoleWithWebIdentity", "arn:aws:iam::111122223333:role/", `{"_truncated":9}`, "", "x", "\xff")
	f.Fuzz(func(t *testing.T, service, operation, arn, parameters, kind, owner, code string) {
		if !json.Valid([]byte(parameters)) || parameters[0] != '{' {
			return
		}
		var b bytes.Buffer
		if err := json.Compact(&b, []byte(parameters)); err != nil {
			t.Fatal(err)
		}
		e := journal.Entry{
			Number: 7, Service: service, Operation: operation, Account: account, Principal: cloud.RootOf(account), Event: kind, RequestID: code,
			Resources: []cloud.Resource{{Type: kind, ARN: arn, Owner: cloud.Account(owner)}, {ARN: arn}}, Parameters: b.Bytes(),
		}
		e.Outcome, e.Code, e.Elements = cloud.Done, code, b.Bytes()
		events, err := event.Of(&e)
		if err != nil {
			t.Fatal(err)
		}
		facts, err := event.Facts(&e)
		if err != nil {
			t.Fatal(err)
		}
		for i := range facts {
			facts[i].JSON = events[i].JSON
		}
		if diff := cmp.Diff(events, facts); diff != "" {
			t.Errorf("it is found by something else:\n%s", diff)
		}
		for _, one := range events {
			if _, err := event.Parse(one.JSON); err != nil && operation != "" {
				t.Errorf("%s: %v", one.JSON, err)
			}
		}
	})
}

func BenchmarkOf(b *testing.B) { benchmark(b, event.Of) }

func BenchmarkFacts(b *testing.B) { benchmark(b, event.Facts) }

func benchmark(b *testing.B, of func(*journal.Entry) ([]event.Event, error)) {
	b.Helper()
	entries := kept(b, func(ctx context.Context, j *journal.Journal) error { return j.Record(ctx, fact()) })
	b.ReportAllocs()
	for b.Loop() {
		if _, err := of(&entries[0]); err != nil {
			b.Fatal(err)
		}
	}
}
