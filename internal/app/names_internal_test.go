package app

import (
	"testing"

	"github.com/sillok/sillok/internal/api/iamapi"
	"github.com/sillok/sillok/internal/api/kmsapi"
	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/api/stsapi"
	"github.com/sillok/sillok/internal/cloud"
)

// again removes a user and makes another one of its name.
func (h *house) again(account cloud.Account, name string, statements ...string) caller {
	h.Helper()
	root := h.root(account)
	keys, err := root.iam.ListAccessKeys(h.ctx, &iamapi.ListAccessKeysInput{UserName: &name})
	h.must(err)
	for _, key := range keys.AccessKeyMetadata {
		_, err := root.iam.DeleteAccessKey(h.ctx, &iamapi.DeleteAccessKeyInput{UserName: &name, AccessKeyId: key.AccessKeyId})
		h.must(err)
	}
	policies, err := root.iam.ListUserPolicies(h.ctx, &iamapi.ListUserPoliciesInput{UserName: &name})
	h.must(err)
	for i := range policies.PolicyNames {
		_, err := root.iam.DeleteUserPolicy(h.ctx, &iamapi.DeleteUserPolicyInput{UserName: &name, PolicyName: &policies.PolicyNames[i]})
		h.must(err)
	}
	_, err = root.iam.DeleteUser(h.ctx, &iamapi.DeleteUserInput{UserName: &name})
	h.must(err)
	return h.user(account, name, statements...)
}

// Whoever takes the name of a user who is gone does not get what others had given that
// one: by a role's trust policy, a bucket's policy, a key's policy or a grant. To name it
// again gives it anew.
func TestANameIsNotItsFormerBearer(t *testing.T) {
	h := newHouse(t)
	all := []string{allow("s3:*", "*"), allow("sts:*", "*"), allow("kms:*", "*")}
	h.user(theirs, "ann", all...)
	const ann = "arn:aws:iam::444455556666:user/ann"
	role := h.role(ours, "reader", trusting(`{"AWS":"`+ann+`"}`, ""))
	h.bucket(ours, "shared", document(grant(`{"AWS":"`+ann+`"}`, "s3:GetObject", "arn:aws:s3:::shared/*")))
	h.must(h.root(ours).put("shared", "k"))
	keys := func(c caller) kmsapi.Client { return kmsapi.Client{Door: c.s3.Door} }
	root := keys(h.root(ours))
	keyPolicy := document(grant(`{"AWS":"arn:aws:iam::111122223333:root"}`, "kms:*", "*") + "," + grant(`{"AWS":"`+ann+`"}`, "kms:Encrypt", "*"))
	made, err := root.CreateKey(h.ctx, &kmsapi.CreateKeyInput{Policy: &keyPolicy})
	h.must(err)
	key := made.KeyMetadata.Arn
	give := func() {
		_, err := root.CreateGrant(h.ctx, &kmsapi.CreateGrantInput{KeyId: key, GranteePrincipal: new(ann), Operations: []string{"GenerateDataKey"}})
		h.must(err)
	}
	give()
	uses := map[string]func(c caller) error{
		"assumes the role": func(c caller) error {
			_, err := c.assume(stsapi.AssumeRoleInput{RoleArn: &role})
			return err
		},
		"reads the bucket": func(c caller) error { return c.get("shared", "k") },
		"uses the key": func(c caller) error {
			_, err := keys(c).Encrypt(h.ctx, &kmsapi.EncryptInput{KeyId: key, Plaintext: []byte("x")})
			return err
		},
		"uses the grant": func(c caller) error {
			_, err := keys(c).GenerateDataKey(h.ctx, &kmsapi.GenerateDataKeyInput{KeyId: key, KeySpec: new("AES_256")})
			return err
		},
	}
	try := func(who string, c caller, allowed bool) {
		t.Helper()
		for what, use := range uses {
			if err := use(c); (err == nil) != allowed || err != nil && cloud.KindOf(err) != cloud.Denied {
				t.Errorf("%s %s: %v", who, what, err)
			}
		}
	}
	first := h.as(mustKey(h, theirs, "ann"))
	try("whom they name", first, true)
	second := h.again(theirs, "ann", all...)
	try("who is called so now", second, false)
	_, err = h.root(ours).iam.UpdateAssumeRolePolicy(h.ctx, &iamapi.UpdateAssumeRolePolicyInput{
		RoleName: new("reader"), PolicyDocument: new(document(trusting(`{"AWS":"`+ann+`"}`, ""))),
	})
	h.must(err)
	_, err = h.root(ours).s3.PutBucketPolicy(h.ctx, &s3api.PutBucketPolicyInput{
		Bucket: new("shared"), Policy: new(document(grant(`{"AWS":"`+ann+`"}`, "s3:GetObject", "arn:aws:s3:::shared/*"))),
	})
	h.must(err)
	_, err = root.PutKeyPolicy(h.ctx, &kmsapi.PutKeyPolicyInput{KeyId: key, Policy: &keyPolicy})
	h.must(err)
	give()
	try("who is named anew", second, true)
}

// mustKey is the principal of a user that is there.
func mustKey(h *house, account cloud.Account, name string) cloud.Principal {
	h.Helper()
	keys, err := h.root(account).iam.ListAccessKeys(h.ctx, &iamapi.ListAccessKeysInput{UserName: &name})
	h.must(err)
	key, err := h.app.sts.Lookup(h.ctx, *keys.AccessKeyMetadata[0].AccessKeyId, "")
	h.must(err)
	return key.Principal
}

// A role that is made anew is another one too, to whoever trusted its sessions.
func TestARoleIsNotItsFormerBearer(t *testing.T) {
	h := newHouse(t)
	trust := trusting(`{"AWS":"111122223333"}`, "")
	h.role(ours, "worker", trust)
	h.bucket(ours, "shared", document(grant(`{"AWS":"arn:aws:iam::111122223333:role/worker"}`, "s3:GetObject", "arn:aws:s3:::shared/*")))
	h.must(h.root(ours).put("shared", "k"))
	ann := h.user(ours, "ann", allow("sts:AssumeRole", "*"))
	session := func() caller {
		c, err := ann.assume(stsapi.AssumeRoleInput{RoleArn: new("arn:aws:iam::111122223333:role/worker")})
		h.must(err)
		return c
	}
	h.want("the role that is named", "", session().get("shared", "k"))
	_, err := h.root(ours).iam.DeleteRole(h.ctx, &iamapi.DeleteRoleInput{RoleName: new("worker")})
	h.must(err)
	h.role(ours, "worker", trust)
	c := session()
	h.want("another of its name", notAuthorized(c.principal.ARN, "s3:GetObject", `"arn:aws:s3:::shared/k"`, noIdentityPolicy("s3:GetObject")), c.get("shared", "k"))
}

// Who may change somebody's name or path needs the permission for both.
func TestNobodyIsMovedOutOfReach(t *testing.T) {
	h := newHouse(t)
	root := h.root(ours)
	for _, name := range []string{"dev", "boss"} {
		_, err := root.iam.CreateUser(h.ctx, &iamapi.CreateUserInput{UserName: &name, Path: map[string]*string{"dev": new("/dev/")}[name]})
		h.must(err)
		_, err = root.iam.CreateGroup(h.ctx, &iamapi.CreateGroupInput{GroupName: &name, Path: map[string]*string{"dev": new("/dev/")}[name]})
		h.must(err)
	}
	lead := h.user(ours, "lead", allow("iam:*", "arn:aws:iam::111122223333:user/dev/*"), allow("iam:*", "arn:aws:iam::111122223333:group/dev/*"))
	user := func(name string, path, newName *string) error {
		_, err := lead.iam.UpdateUser(h.ctx, &iamapi.UpdateUserInput{UserName: &name, NewPath: path, NewUserName: newName})
		return err
	}
	group := func(name string, path, newName *string) error {
		_, err := lead.iam.UpdateGroup(h.ctx, &iamapi.UpdateGroupInput{GroupName: &name, NewPath: path, NewGroupName: newName})
		return err
	}
	refusal := func(action, resource string) string {
		return notAuthorized(lead.principal.ARN, action, "arn:aws:iam::111122223333:"+resource, noIdentityPolicy(action))
	}
	h.want("a user out", refusal("iam:UpdateUser", "user/dev"), user("dev", new("/"), nil))
	h.want("a user in", refusal("iam:UpdateUser", "user/boss"), user("boss", new("/dev/"), nil))
	h.want("a user into another name elsewhere", refusal("iam:UpdateUser", "user/ops/root"), user("dev", new("/ops/"), new("root")))
	h.want("a group out", refusal("iam:UpdateGroup", "group/dev"), group("dev", new("/"), nil))
	h.want("another name within reach", "", user("dev", nil, new("dev2")))
	h.want("another path within reach", "", user("dev2", new("/dev/a/"), nil))
	h.want("a group within reach", "", group("dev", new("/dev/b/"), new("dev3")))
}

// A bucket's policy is its account's alone, whatever it gives to others.
func TestABucketsPolicyIsItsAccounts(t *testing.T) {
	h := newHouse(t)
	open := document(grant(`{"AWS":"`+string(theirs)+`"}`, "s3:*", "arn:aws:s3:::shared") + "," + grant(`{"AWS":"`+string(ours)+`"}`, "s3:GetBucketPolicy", "arn:aws:s3:::shared"))
	h.bucket(ours, "shared", open)
	friend := h.root(theirs)
	const want = "MethodNotAllowed: The specified method is not allowed against this resource."
	_, err := friend.s3.GetBucketPolicy(h.ctx, &s3api.GetBucketPolicyInput{Bucket: new("shared")})
	h.want("get", want, err)
	_, err = friend.s3.GetBucketPolicyStatus(h.ctx, &s3api.GetBucketPolicyStatusInput{Bucket: new("shared")})
	h.want("get its status", want, err)
	_, err = friend.s3.PutBucketPolicy(h.ctx, &s3api.PutBucketPolicyInput{Bucket: new("shared"), Policy: &open})
	h.want("put", want, err)
	_, err = friend.s3.DeleteBucketPolicy(h.ctx, &s3api.DeleteBucketPolicyInput{Bucket: new("shared")})
	h.want("delete", want, err)
	_, err = friend.s3.GetBucketVersioning(h.ctx, &s3api.GetBucketVersioningInput{Bucket: new("shared")})
	h.want("and what else is given holds", "", err)
}

// Whoever may only write is not told by a condition what is there.
func TestAConditionIsForThoseWhoMayRead(t *testing.T) {
	h := newHouse(t)
	h.bucket(ours, "logs", "")
	h.must(h.root(ours).put("logs", "k"))
	writer, both := h.user(ours, "writer", allow("s3:PutObject", "*")), h.user(ours, "both", allow("s3:PutObject", "*"), allow("s3:GetObject", "*"))
	matching := func(in *s3api.PutObjectInput) { in.IfMatch = new(`"00000000000000000000000000000000"`) }
	h.want("put", "", writer.put("logs", "k"))
	h.want("put if it matches", notAuthorized(writer.principal.ARN, "s3:GetObject", `"arn:aws:s3:::logs/k"`, noIdentityPolicy("s3:GetObject")), writer.put("logs", "k", matching))
	h.want("put by who may read", "PreconditionFailed: At least one of the pre-conditions you specified did not hold", both.put("logs", "k", matching))
}
