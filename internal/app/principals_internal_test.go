package app

import (
	"testing"

	"github.com/sillok/sillok/internal/api/iamapi"
	"github.com/sillok/sillok/internal/api/kmsapi"
	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/service/organizations"
	"github.com/sillok/sillok/internal/store/state"
)

// A policy cannot name a user or role that is not there. Whether one of an account that is
// not of this server is there, nobody knows here.
func TestPoliciesNameWhoIsThere(t *testing.T) {
	h := newHouse(t)
	_, err := h.app.accounts.Open(h.ctx, organizations.Opening{ID: theirs, Name: "theirs", Alone: true}, func(state.Tx, cloud.Account) error { return nil })
	h.must(err)
	h.user(ours, "ann")
	h.user(theirs, "bob")
	h.role(ours, "reader", trusting(`{"Service":"ec2.amazonaws.com"}`, ""))
	h.bucket(ours, "shared", "")
	root := h.root(ours)
	keys := kmsapi.Client{Door: root.s3.Door}
	owner := grant(`{"AWS":"arn:aws:iam::111122223333:root"}`, "kms:*", "*")
	made, err := keys.CreateKey(h.ctx, &kmsapi.CreateKeyInput{})
	h.must(err)
	for _, tt := range []struct{ name, principal, nobody string }{
		{name: "a user", principal: `"arn:aws:iam::111122223333:user/ann"`},
		{name: "a role", principal: `"arn:aws:iam::111122223333:role/reader"`},
		{name: "one of another account", principal: `"arn:aws:iam::444455556666:user/bob"`},
		{name: "one of an account elsewhere", principal: `"arn:aws:iam::999900001111:user/carol"`},
		{name: "an account", principal: `"111122223333"`},
		{name: "an account elsewhere", principal: `"arn:aws:iam::999900001111:root"`},
		{name: "nobody", principal: `"arn:aws:iam::111122223333:user/nobody"`, nobody: "arn:aws:iam::111122223333:user/nobody"},
		{name: "a role that is none", principal: `"arn:aws:iam::111122223333:role/ann"`, nobody: "arn:aws:iam::111122223333:role/ann"},
		{name: "another path", principal: `"arn:aws:iam::111122223333:user/team/ann"`, nobody: "arn:aws:iam::111122223333:user/team/ann"},
		{name: "nobody of another account", principal: `"arn:aws:iam::444455556666:user/ann"`, nobody: "arn:aws:iam::444455556666:user/ann"},
		{name: "nobody beside others", principal: `["arn:aws:iam::111122223333:user/ann","arn:aws:iam::444455556666:role/bob"]`, nobody: "arn:aws:iam::444455556666:role/bob"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := &house{t, h.app, h.ctx}
			words := func(text string) string {
				if tt.nobody == "" {
					return ""
				}
				return text
			}
			trust := document(trusting(`{"AWS":`+tt.principal+`}`, ""))
			trusted := words(`MalformedPolicyDocument: Invalid principal in policy: "AWS":"` + tt.nobody + `"`)
			_, err := root.iam.UpdateAssumeRolePolicy(h.ctx, &iamapi.UpdateAssumeRolePolicyInput{RoleName: new("reader"), PolicyDocument: &trust})
			h.want("a role's trust", trusted, err)
			_, err = root.iam.CreateRole(h.ctx, &iamapi.CreateRoleInput{RoleName: new("made"), AssumeRolePolicyDocument: &trust})
			h.want("a new role's trust", trusted, err)
			if err == nil {
				_, err = root.iam.DeleteRole(h.ctx, &iamapi.DeleteRoleInput{RoleName: new("made")})
				h.must(err)
			}
			_, err = root.s3.PutBucketPolicy(h.ctx, &s3api.PutBucketPolicyInput{
				Bucket: new("shared"), Policy: new(document(grant(`{"AWS":`+tt.principal+`}`, "s3:GetObject", "arn:aws:s3:::shared/*"))),
			})
			h.want("a bucket's policy", words("MalformedPolicy: Invalid principal in policy"), err)
			policy := document(owner + "," + grant(`{"AWS":`+tt.principal+`}`, "kms:Encrypt", "*"))
			refused := words("MalformedPolicyDocumentException: Policy contains a statement with one or more invalid principals.")
			_, err = keys.PutKeyPolicy(h.ctx, &kmsapi.PutKeyPolicyInput{KeyId: made.KeyMetadata.KeyId, Policy: &policy})
			h.want("a key's policy", refused, err)
			_, err = keys.CreateKey(h.ctx, &kmsapi.CreateKeyInput{Policy: &policy})
			h.want("a new key's policy", refused, err)
		})
	}
}

// A condition on an ETag tells of the content, and so who uses one must be allowed to read it.
func TestConditionsOnETagsAskForReading(t *testing.T) {
	h := newHouse(t)
	h.bucket(ours, "shared", "")
	h.must(h.root(ours).put("shared", "k"))
	writes := h.user(ours, "writes", allow("s3:PutObject", "*"), allow("s3:DeleteObject", "*"))
	reads := h.user(ours, "reads", allow("s3:PutObject", "*"), allow("s3:DeleteObject", "*"), allow("s3:GetObject", "*"))
	const refused = `AccessDenied: User: arn:aws:iam::111122223333:user/writes is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::shared/k" because no identity-based policy allows the s3:GetObject action`
	const wrong = "PreconditionFailed: At least one of the pre-conditions you specified did not hold"
	remove := func(c caller, match *string) error {
		_, err := c.s3.DeleteObject(h.ctx, &s3api.DeleteObjectInput{Bucket: new("shared"), Key: new("k"), IfMatch: match})
		return err
	}
	other := new(`"00000000000000000000000000000000"`)
	h.want("a delete of one ETag", refused, remove(writes, other))
	h.want("a delete of one ETag by who reads", wrong, remove(reads, other))
	put := func(in *s3api.PutObjectInput) { in.IfMatch = other }
	h.want("a put over one ETag", refused, writes.put("shared", "k", put))
	h.want("a put over one ETag by who reads", wrong, reads.put("shared", "k", put))
	for who, want := range map[*caller]string{&writes: "AccessDenied", &reads: "PreconditionFailed"} {
		out, err := who.s3.DeleteObjects(h.ctx, &s3api.DeleteObjectsInput{
			Bucket: new("shared"), Delete: &s3api.Delete{Objects: []s3api.ObjectIdentifier{{Key: new("k"), ETag: other}}},
		})
		h.must(err)
		if len(out.Errors) != 1 || *out.Errors[0].Code != want {
			t.Errorf("a delete of many: %+v, want %s", out.Errors, want)
		}
	}
	h.want("a delete of what is there", "", remove(writes, new("*")))
}
