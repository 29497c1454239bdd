package app

import (
	"context"
	"encoding/json"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/api/stsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/journal"
	"github.com/sillok/sillok/internal/trail/event"
)

// events returns the events of an event name, as they were recorded.
func (h *house) events(name string) []event.Event {
	h.Helper()
	h.must(h.app.journal.Record(h.ctx, cloud.Fact{})) // what was written before it is on disk then
	var all []event.Event
	for e, err := range journal.Read(context.WithoutCancel(h.ctx), filepath.Join(h.app.cfg.Data, CallsFolder), journal.Query{}) {
		h.must(err)
		events, err := event.Of(&e)
		h.must(err)
		for _, one := range events {
			if one.Name == name {
				all = append(all, one)
			}
		}
	}
	return all
}

// lines says of events in whose account they are, who called, and how it ended.
func lines(events []event.Event) []string {
	var all []string
	for _, e := range events {
		all = append(all, strings.TrimSpace(string(e.Account)+" "+e.Identity.Type+" of "+string(e.Identity.Account)+" "+e.ErrorCode))
	}
	return all
}

// shared says whether events are the same call in several accounts.
func shared(t *testing.T, events []event.Event) {
	t.Helper()
	var ids []string
	for _, e := range events {
		if e.SharedID == "" || e.SharedID != events[0].SharedID || e.RequestID != events[0].RequestID || slices.Contains(ids, e.ID) {
			t.Errorf("event %s of request %s shares %q", e.ID, e.RequestID, e.SharedID)
		}
		ids = append(ids, e.ID)
	}
}

// What one account does to what another owns is recorded in both; who is turned
// away leaves nothing with others.
func TestRecordsOfTwoAccounts(t *testing.T) {
	h := newHouse(t)
	h.bucket(ours, "logs", document(grant(`{"AWS":"`+string(theirs)+`"}`, "s3:*", "arn:aws:s3:::logs/a*")))
	h.must(h.root(ours).put("logs", "a"))
	guest := h.user(theirs, "guest", allow("s3:*", "*"), allow("sts:*", "*"))

	h.must(guest.get("logs", "a"))
	got := h.events("GetObject")
	if diff := cmp.Diff([]string{"444455556666 IAMUser of 444455556666", "111122223333 AWSAccount of 444455556666"}, lines(got)); diff != "" {
		t.Errorf("an object (-want +got):\n%s", diff)
	}
	shared(t, got)
	var record struct {
		UserIdentity map[string]string `json:"userIdentity"`
		Resources    []map[string]string
	}
	h.must(json.Unmarshal(got[1].JSON, &record))
	if diff := cmp.Diff(map[string]string{"type": "AWSAccount", "principalId": guest.principal.ID, "accountId": string(theirs)}, record.UserIdentity); diff != "" {
		t.Errorf("who reads, to the owner (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]map[string]string{
		{"type": "AWS::S3::Object", "ARN": "arn:aws:s3:::logs/a"}, {"accountId": string(ours), "type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::logs"},
	}, record.Resources); diff != "" {
		t.Errorf("what is read (-want +got):\n%s", diff)
	}

	_, err := guest.s3.DeleteObjects(h.ctx, &s3api.DeleteObjectsInput{Bucket: new("logs"), Delete: &s3api.Delete{Objects: []s3api.ObjectIdentifier{{Key: new("a")}, {Key: new("b")}}}})
	h.must(err)
	got = h.events("DeleteObjects")
	if diff := cmp.Diff([]string{"444455556666 IAMUser of 444455556666", "111122223333 AWSAccount of 444455556666"}, lines(got)); diff != "" {
		t.Errorf("a batch (-want +got):\n%s", diff)
	}
	if guest.put("logs", "b") == nil {
		t.Error("a guest may write what nobody let it")
	}
	if diff := cmp.Diff([]string{"111122223333 Root of 111122223333", "444455556666 IAMUser of 444455556666 AccessDenied"}, lines(h.events("PutObject"))); diff != "" {
		t.Errorf("objects that were written (-want +got):\n%s", diff)
	}

	role := h.role(ours, "deployer", trusting(`{"AWS":"`+string(theirs)+`"}`, ""))
	_, err = guest.assume(stsapi.AssumeRoleInput{RoleArn: &role})
	h.must(err)
	if _, err = guest.assume(stsapi.AssumeRoleInput{RoleArn: new(role + "-that-is-not-there")}); err == nil {
		t.Error("a role that is not there was assumed")
	}
	got = h.events("AssumeRole")
	if diff := cmp.Diff([]string{
		"444455556666 IAMUser of 444455556666", "111122223333 AWSAccount of 444455556666", "444455556666 IAMUser of 444455556666 AccessDenied",
	}, lines(got)); diff != "" {
		t.Errorf("a role (-want +got):\n%s", diff)
	}
	shared(t, got[:2])

	key := h.secrets(cloud.RootOf(ours)).key(document(
		`{"Effect":"Allow","Principal":{"AWS":["` + string(ours) + `","` + string(theirs) + `"]},"Action":"kms:*","Resource":"*"}`))
	_, err = h.secrets(cloud.RootOf(theirs)).encrypt(key, nil)
	h.must(err)
	if diff := cmp.Diff([]string{"444455556666 Root of 444455556666", "111122223333 AWSAccount of 444455556666"}, lines(h.events("Encrypt"))); diff != "" {
		t.Errorf("a key (-want +got):\n%s", diff)
	}
}

// A call that a service makes for a caller, and one that it makes by itself.
func TestRecordsOfServices(t *testing.T) {
	h := newHouse(t)
	h.bucket(ours, "logs", document(grant(`{"Service":"logging.s3.amazonaws.com"}`, "s3:PutObject", "arn:aws:s3:::logs/*")))
	ann := h.user(ours, "ann", allow("s3:*", "*"))
	h.must(ann.put("logs", "a"))
	worked := cloud.WithCall(h.ctx, cloud.Call{
		Account: ours, Region: "ap-northeast-2", Principal: ann.principal, AccessKeyID: "AKIAANN", SourceIP: "192.0.2.7", UserAgent: "aws-cli/2",
		Endpoint: "https://athena.example", TLS: "1.3", Cipher: "TLS_AES_128_GCM_SHA256",
	})
	out, err := h.as(cloud.ServiceOf("athena.amazonaws.com")).s3.GetObject(worked, &s3api.GetObjectInput{Bucket: new("logs"), Key: new("a")})
	h.must(err)
	_, err = io.Copy(io.Discard, out.Body)
	h.must(err)
	h.must(out.Body.Close())
	deliverer, ctx := h.deliverer("logging.s3.amazonaws.com", "arn:aws:s3:::source", ours)
	_, err = deliverer.s3.PutObject(ctx, &s3api.PutObjectInput{Bucket: new("logs"), Key: new("log"), Body: strings.NewReader("line")})
	h.must(err)

	type told struct {
		UserIdentity map[string]string `json:"userIdentity"`
		SourceIP     string            `json:"sourceIPAddress"`
		UserAgent    string            `json:"userAgent"`
		TLS          *struct{}         `json:"tlsDetails"`
		Parameters   map[string]string `json:"requestParameters"`
	}
	for name, want := range map[string]told{
		"GetObject": {
			UserIdentity: map[string]string{
				"type": "IAMUser", "principalId": ann.principal.ID, "arn": ann.principal.ARN, "accountId": string(ours), "accessKeyId": "AKIAANN", "userName": "ann",
				"invokedBy": "athena.amazonaws.com",
			},
			SourceIP: "athena.amazonaws.com", UserAgent: "athena.amazonaws.com",
			Parameters: map[string]string{"bucketName": "logs", "key": "a", "Host": "logs.s3.ap-northeast-2.amazonaws.com"},
		},
		"PutObject": {
			UserIdentity: map[string]string{"type": "AWSService", "invokedBy": "logging.s3.amazonaws.com"},
			SourceIP:     "logging.s3.amazonaws.com", UserAgent: "logging.s3.amazonaws.com",
			Parameters: map[string]string{"bucketName": "logs", "key": "log", "Host": "logs.s3.ap-northeast-2.amazonaws.com"},
		},
	} {
		events := h.events(name)
		var got told
		h.must(json.Unmarshal(events[len(events)-1].JSON, &got))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
