package app

import (
	"strings"
	"testing"

	"github.com/sillok/sillok/internal/api/iamapi"
	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/api/stsapi"
	"github.com/sillok/sillok/internal/cloud"
)

// notAuthorized is how a refusal reads to an identity of the resource's account.
func notAuthorized(who, action, resource, why string) string {
	return "AccessDenied: User: " + who + " is not authorized to perform: " + action + " on resource: " + resource + " " + why
}

func noIdentityPolicy(action string) string {
	return "because no identity-based policy allows the " + action + " action"
}

const annARN = "arn:aws:iam::111122223333:user/ann"

func TestDenialIsOnByDefault(t *testing.T) {
	h := newHouse(t)
	h.bucket(ours, "logs", "")
	h.must(h.root(ours).put("logs", "a/1"))
	ann := h.user(ours, "ann")
	h.want("without a policy", notAuthorized(annARN, "s3:GetObject", `"arn:aws:s3:::logs/a/1"`, noIdentityPolicy("s3:GetObject")), ann.get("logs", "a/1"))
	_, err := ann.s3.ListBuckets(h.ctx, &s3api.ListBucketsInput{})
	h.want("an action on no resource", "AccessDenied: User: "+annARN+" is not authorized to perform: s3:ListAllMyBuckets "+noIdentityPolicy("s3:ListAllMyBuckets"), err)
	ben := h.user(ours, "ben", allow("s3:GetObject", "arn:aws:s3:::logs/a/*"))
	h.want("with one", "", ben.get("logs", "a/1"))
	h.want("beside it", notAuthorized(ben.principal.ARN, "s3:GetObject", `"arn:aws:s3:::logs/b"`, noIdentityPolicy("s3:GetObject")), ben.get("logs", "b"))
	cid := h.user(ours, "cid", allow("s3:*", "*"), deny("s3:GetObject", "*"))
	h.want("explicit deny", notAuthorized(cid.principal.ARN, "s3:GetObject", `"arn:aws:s3:::logs/a/1"`, "with an explicit deny in an identity-based policy"), cid.get("logs", "a/1"))
	_, err = ann.sts.GetCallerIdentity(h.ctx, &stsapi.GetCallerIdentityInput{})
	h.want("who one is, everybody may know", "", err)
}

// A missing key is told to those who may list the bucket, and only to them.
func TestMissingKeysAreHidden(t *testing.T) {
	h := newHouse(t)
	h.bucket(ours, "logs", "")
	h.must(h.root(ours).put("logs", "there"))
	reader := h.user(ours, "reader", allow("s3:GetObject", "*"))
	lister := h.user(ours, "lister", allow("s3:GetObject", "*"), allow("s3:ListBucket", "*"))
	h.want("who may list", "NoSuchKey: The specified key does not exist.", lister.get("logs", "missing"))
	h.want("who may not", notAuthorized(reader.principal.ARN, "s3:ListBucket", `"arn:aws:s3:::logs"`, noIdentityPolicy("s3:ListBucket")), reader.get("logs", "missing"))
	copier := h.user(ours, "copier", allow("s3:GetObject", "*"), allow("s3:PutObject", "*"), allow("s3:ListBucket", "arn:aws:s3:::target"))
	h.bucket(ours, "target", "")
	_, err := copier.s3.CopyObject(h.ctx, &s3api.CopyObjectInput{Bucket: new("target"), Key: new("k"), CopySource: new("logs/missing")})
	h.want("of a copy the source's bucket counts", notAuthorized(copier.principal.ARN, "s3:ListBucket", `"arn:aws:s3:::logs"`, noIdentityPolicy("s3:ListBucket")), err)
}

func TestCopyNeedsBothSides(t *testing.T) {
	h := newHouse(t)
	h.bucket(ours, "source", "")
	h.bucket(ours, "target", "")
	for _, key := range []string{"a+b", "a b", "secret"} {
		h.must(h.root(ours).put("source", key))
	}
	ann := h.user(ours, "ann", allow("s3:PutObject", "arn:aws:s3:::target/*"), allow("s3:GetObject", "arn:aws:s3:::source/a+b"), allow("s3:ListBucket", "*"))
	for source, want := range map[string]string{
		"source/a%2Bb":   "",
		"/source/a%2Bb":  "",
		"source/secret":  notAuthorized(annARN, "s3:GetObject", `"arn:aws:s3:::source/secret"`, noIdentityPolicy("s3:GetObject")),
		"source/a+b":     notAuthorized(annARN, "s3:GetObject", `"arn:aws:s3:::source/a b"`, noIdentityPolicy("s3:GetObject")), // a space, to S3
		"source%2Fa%2Bb": "",
		"source/a%2Bb?x": notAuthorized(annARN, "s3:GetObject", `"arn:aws:s3:::source/a+b?x"`, noIdentityPolicy("s3:GetObject")),
	} {
		_, err := ann.s3.CopyObject(h.ctx, &s3api.CopyObjectInput{Bucket: new("target"), Key: new("k"), CopySource: &source})
		h.want(source, want, err)
	}
}

func TestEachKeyOfABatchIsDecided(t *testing.T) {
	h := newHouse(t)
	h.bucket(ours, "logs", "")
	h.must(h.root(ours).put("logs", "mine"))
	h.must(h.root(ours).put("logs", "kept"))
	ann := h.user(ours, "ann", allow("s3:DeleteObject", "arn:aws:s3:::logs/mine"))
	out, err := ann.s3.DeleteObjects(h.ctx, &s3api.DeleteObjectsInput{Bucket: new("logs"), Delete: &s3api.Delete{Objects: []s3api.ObjectIdentifier{
		{Key: new("mine")}, {Key: new("kept")}, {Key: new("mine"), VersionId: new("null")},
	}}})
	h.must(err)
	if len(out.Deleted) != 1 || *out.Deleted[0].Key != "mine" || len(out.Errors) != 2 {
		t.Fatalf("deleted %+v, refused %+v", out.Deleted, out.Errors)
	}
	for i, action := range []string{"s3:DeleteObject", "s3:DeleteObjectVersion"} {
		key := []string{"kept", "mine"}[i]
		want := notAuthorized(annARN, action, `"arn:aws:s3:::logs/`+key+`"`, noIdentityPolicy(action))
		if got := *out.Errors[i].Code + ": " + *out.Errors[i].Message; got != want {
			t.Errorf("%s: %s, want %s", key, got, want)
		}
	}
	h.want("what was refused is there", "", h.root(ours).get("logs", "kept"))
}

func TestBucketPolicies(t *testing.T) {
	h := newHouse(t)
	const all = `"arn:aws:s3:::shared","arn:aws:s3:::shared/*"`
	h.bucket(ours, "shared", document(
		grant(`{"AWS":"`+string(theirs)+`"}`, "s3:GetObject", "arn:aws:s3:::shared/theirs/*")+`,`+
			`{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":[`+all+`],"Condition":{"StringEquals":{"s3:ExistingObjectTag/class":"secret"}}},`+
			`{"Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::shared/plain/*","Condition":{"Null":{"s3:x-amz-server-side-encryption":"true"}}}`,
	))
	root := h.root(ours)
	for _, key := range []string{"theirs/1", "ours/1"} {
		h.must(root.put("shared", key))
	}
	h.must(root.put("shared", "theirs/secret", func(in *s3api.PutObjectInput) { in.Tagging = new("class=secret") }))
	h.must(root.put("shared", "theirs/s*", func(in *s3api.PutObjectInput) { in.Tagging = new("class=secret") }))
	stranger := h.user(theirs, "stranger")
	friend := h.user(theirs, "friend", allow("s3:*", "*"))
	h.want("another account needs both", "AccessDenied: Access Denied", stranger.get("shared", "theirs/1"))
	h.want("and has both", "", friend.get("shared", "theirs/1"))
	h.want("what the policy does not give", "AccessDenied: Access Denied", friend.get("shared", "ours/1"))
	h.want("what it denies reads the same", "AccessDenied: Access Denied", friend.get("shared", "theirs/secret"))
	h.want("a star in a key is the key's own", "AccessDenied: Access Denied", friend.get("shared", "theirs/s*"))
	h.want("what is not there reads the same", "AccessDenied: Access Denied", friend.get("shared", "theirs/none"))
	h.want("the owner's root is denied too", notAuthorized(root.principal.ARN, "s3:GetObject", `"arn:aws:s3:::shared/theirs/secret"`, "with an explicit deny in a resource-based policy"), root.get("shared", "theirs/secret"))
	h.want("condition on a header", notAuthorized(root.principal.ARN, "s3:PutObject", `"arn:aws:s3:::shared/plain/1"`, "with an explicit deny in a resource-based policy"), root.put("shared", "plain/1"))
	h.want("with the header", "", root.put("shared", "plain/1", func(in *s3api.PutObjectInput) { in.ServerSideEncryption = new("AES256") }))
	h.want("a bucket of another account may not be made again", "BucketAlreadyExists: The requested bucket name is not available. "+
		"The bucket namespace is shared by all users of the system. Please select a different name and try again.", func() error {
		_, err := friend.s3.CreateBucket(h.ctx, &s3api.CreateBucketInput{Bucket: new("shared"), CreateBucketConfiguration: &s3api.CreateBucketConfiguration{LocationConstraint: new("ap-northeast-2")}})
		return err
	}())
}

// The owner's root user can always mend a policy that locks everybody out.
func TestRootMendsABucketPolicy(t *testing.T) {
	h := newHouse(t)
	h.bucket(ours, "locked", document(`{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::locked","arn:aws:s3:::locked/*"]}`))
	root, admin := h.root(ours), h.user(ours, "admin", allow("*", "*"))
	_, err := admin.s3.DeleteBucketPolicy(h.ctx, &s3api.DeleteBucketPolicyInput{Bucket: new("locked")})
	h.want("an administrator", notAuthorized(admin.principal.ARN, "s3:DeleteBucketPolicy", `"arn:aws:s3:::locked"`, "with an explicit deny in a resource-based policy"), err)
	h.want("root itself", notAuthorized(root.principal.ARN, "s3:PutObject", `"arn:aws:s3:::locked/k"`, "with an explicit deny in a resource-based policy"), root.put("locked", "k"))
	_, err = root.s3.DeleteBucketPolicy(h.ctx, &s3api.DeleteBucketPolicyInput{Bucket: new("locked")})
	h.want("root mends", "", err)
	h.want("and writes", "", root.put("locked", "k"))
}

func TestObjectsOfSeveralOwners(t *testing.T) {
	h := newHouse(t)
	h.bucket(ours, "inbox", document(grant(`{"AWS":"`+string(theirs)+`"}`, "s3:PutObject", "arn:aws:s3:::inbox/*")+`,`+
		grant(`{"AWS":"`+string(theirs)+`"}`, "s3:PutObjectAcl", "arn:aws:s3:::inbox/*")))
	own := func(ownership string) {
		_, err := h.root(ours).s3.PutBucketOwnershipControls(h.ctx, &s3api.PutBucketOwnershipControlsInput{
			Bucket: new("inbox"), OwnershipControls: &s3api.OwnershipControls{Rules: []s3api.OwnershipControlsRule{{ObjectOwnership: &ownership}}},
		})
		h.must(err)
	}
	handOver := func(in *s3api.PutObjectInput) { in.ACL = new("bucket-owner-full-control") }
	writer := h.root(theirs)
	h.want("enforced: put", "", writer.put("inbox", "enforced"))
	h.want("enforced: the bucket's owner reads", "", h.root(ours).get("inbox", "enforced"))
	own("ObjectWriter")
	h.want("writer: put", "", writer.put("inbox", "kept"))
	h.want("writer: the bucket's owner does not read", "AccessDenied: Access Denied", h.root(ours).get("inbox", "kept"))
	h.want("writer: the writer does", "", writer.get("inbox", "kept"))
	h.want("writer: put for both", "", writer.put("inbox", "both", handOver))
	h.want("writer: the bucket's owner reads", "", h.root(ours).get("inbox", "both"))
	own("BucketOwnerPreferred")
	h.want("preferred: put for the owner", "", writer.put("inbox", "given", handOver))
	h.want("preferred: the bucket's owner reads", "", h.root(ours).get("inbox", "given"))
	h.want("preferred: the writer does not any more", "AccessDenied: Access Denied", writer.get("inbox", "given"))
}

// A bucket is in its own region, and what is one for all regions in the first, whatever
// region a caller signs for.
func TestTheRequestedRegionIsNotTheCallersToChoose(t *testing.T) {
	h := newHouse(t)
	h.bucket(ours, "seoul", "")
	h.must(h.root(ours).put("seoul", "k"))
	only := func(region string) string {
		return `{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringNotEquals":{"aws:RequestedRegion":"` + region + `"}}}`
	}
	here, there := h.user(ours, "here", allow("*", "*"), only("ap-northeast-2")), h.user(ours, "there", allow("*", "*"), only("eu-west-1"))
	first := h.user(ours, "first", allow("*", "*"), only("us-east-1"))
	denied := func(c caller, action, resource string) string {
		return notAuthorized(c.principal.ARN, action, resource, "with an explicit deny in an identity-based policy")
	}
	for _, region := range []cloud.Region{"ap-northeast-2", "eu-west-1"} {
		call := cloud.CallOf(h.ctx)
		call.Region = region
		*h = house{h.TB, h.app, cloud.WithCall(h.ctx, call)}
		h.want("read where the bucket is, from "+string(region), "", here.get("seoul", "k"))
		h.want("read elsewhere, from "+string(region), denied(there, "s3:GetObject", `"arn:aws:s3:::seoul/k"`), there.get("seoul", "k"))
		_, err := first.iam.ListUsers(h.ctx, &iamapi.ListUsersInput{})
		h.want("IAM is in the first, from "+string(region), "", err)
		_, err = there.iam.ListUsers(h.ctx, &iamapi.ListUsersInput{})
		h.want("and in no other, from "+string(region), strings.Replace(denied(there, "iam:ListUsers", "*"), " on resource: *", "", 1), err)
	}
}
