package app

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/access"
	"github.com/sillok/sillok/internal/api/iamapi"
	"github.com/sillok/sillok/internal/cloud"
)

// explanation asks the server, signed with a key.
func (h *house) explanation(key aws.Credentials, question url.Values) (status int, answer access.Explanation) {
	h.Helper()
	r, err := http.NewRequestWithContext(h.ctx, http.MethodGet, h.app.Endpoint()+ExplainPath+"?"+question.Encode(), http.NoBody)
	h.must(err)
	none := sha256.Sum256(nil)
	if key.AccessKeyID != "" {
		h.must(v4.NewSigner().SignHTTP(h.ctx, key, r, hex.EncodeToString(none[:]), ExplainService, "us-east-1", time.Now()))
	}
	got, err := http.DefaultClient.Do(r)
	h.must(err)
	err = json.NewDecoder(got.Body).Decode(&answer)
	h.must(errors.Join(err, got.Body.Close()))
	return got.StatusCode, answer
}

func TestExplain(t *testing.T) {
	h := newHouse(t)
	h.user(ours, "ann", `{"Sid":"ReadLogs", "Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::logs/*"}`+",\n  "+deny("s3:*", "arn:aws:s3:::logs/secret/*"))
	h.bucket(ours, "logs", "")
	root := aws.Credentials{AccessKeyID: "AKIAROOT", SecretAccessKey: "secret"}
	ask := func(resource string) url.Values {
		return url.Values{"principal": {annARN}, "action": {"s3:GetObject"}, "resource": {resource}}
	}
	reads := access.Statement{
		Kind: "identity-based policy", Policy: "inline-0", Number: 1, Sid: "ReadLogs", Effect: "Allow",
		Text: `{"Sid":"ReadLogs", "Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::logs/*"}`,
	}
	denies := access.Statement{
		Kind: "identity-based policy", Policy: "inline-0", Number: 2, Effect: "Deny", Text: deny("s3:*", "arn:aws:s3:::logs/secret/*"),
	}
	for resource, want := range map[string]access.Explanation{
		"arn:aws:s3:::logs/a": {Decision: "allowed", Reason: "identity-based policy", By: &reads, Matched: []access.Statement{reads}},
		"arn:aws:s3:::logs/secret/a": {
			Decision: "explicitDeny", Reason: "identity-based policy", By: &denies, Matched: []access.Statement{reads, denies},
			Message: "User: " + annARN + " is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::logs/secret/a with an explicit deny in an identity-based policy",
		},
		"arn:aws:s3:::other/a": {
			Decision: "implicitDeny", Reason: "identity-based policy", Matched: []access.Statement{},
			Message: "User: " + annARN + " is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::other/a " + noIdentityPolicy("s3:GetObject"),
		},
	} {
		want.Principal, want.Action, want.Resource, want.Owner = annARN, "s3:GetObject", resource, string(ours)
		status, got := h.explanation(root, ask(resource))
		if diff := cmp.Diff(want, got); diff != "" || status != http.StatusOK {
			t.Errorf("%s: status %d (-want +got):\n%s", resource, status, diff)
		}
	}
	made, err := h.root(ours).iam.CreateAccessKey(h.ctx, &iamapi.CreateAccessKeyInput{UserName: new("ann")})
	h.must(err)
	for name, key := range map[string]aws.Credentials{
		"nobody": {}, "a user": {AccessKeyID: *made.AccessKey.AccessKeyId, SecretAccessKey: *made.AccessKey.SecretAccessKey},
		"a wrong secret": {AccessKeyID: "AKIAROOT", SecretAccessKey: "guess"},
	} {
		if status, _ := h.explanation(key, ask("arn:aws:s3:::logs/a")); status == http.StatusOK {
			t.Errorf("%s was answered", name)
		}
	}
}

// The policies of another account's resource are not shown.
func TestExplainHidesOthersPolicies(t *testing.T) {
	h := newHouse(t)
	h.bucket(theirs, "foreign", document(grant(`{"AWS":"`+string(ours)+`"}`, "s3:GetObject", "arn:aws:s3:::foreign/*")+
		`,{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::foreign/secret"}`))
	for resource, want := range map[string]string{"arn:aws:s3:::foreign/a": "allowed", "arn:aws:s3:::foreign/secret": "implicitDeny"} {
		got, err := h.app.access.Explain(h.ctx, cloud.Access{Action: "s3:GetObject", Call: cloud.Call{Account: ours, Principal: cloud.RootOf(ours)}},
			cloud.Resource{Action: "s3:GetObject", ARN: resource}, ours)
		h.must(err)
		if got.Decision != want || len(got.Matched) > 0 || got.By != nil {
			t.Errorf("%s: %+v, want %s and no statement", resource, got, want)
		}
	}
}
