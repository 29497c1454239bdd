package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/api"
	"github.com/sillok/sillok/internal/api/athenaapi"
	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/api/iamapi"
	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/api/stsapi"
	"github.com/sillok/sillok/internal/cloud"
)

// The accounts of a house.
const (
	ours   cloud.Account = "111122223333"
	theirs cloud.Account = "444455556666"
)

// house is a server whose calls are made by its inner door, as whoever is meant.
type house struct {
	testing.TB

	app *App
	ctx context.Context //nolint:containedctx // that of all calls of a test
}

func newHouse(tb testing.TB) *house { tb.Helper(); return openHouse(tb, Config{}) }

// openHouse returns a house with settings of its own.
func openHouse(tb testing.TB, cfg Config) *house {
	tb.Helper()
	cfg.Data, cfg.Listen = tb.TempDir(), "127.0.0.1:0"
	cfg.RootAccessKeyID, cfg.RootSecretAccessKey, cfg.RootAccountID = "AKIAROOT", "secret", string(ours)
	app, err := Open(tb.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		tb.Fatal(err)
	}
	ctx, stop := context.WithCancel(tb.Context())
	ended, ready := make(chan error, 1), make(chan struct{})
	go func() { ended <- app.Run(ctx, func() { close(ready) }) }()
	<-ready
	tb.Cleanup(func() {
		stop()
		if err := errors.Join(<-ended, app.Close()); err != nil {
			tb.Error(err)
		}
	})
	return &house{tb, app, cloud.WithCall(ctx, cloud.Call{Account: ours, Region: "ap-northeast-2", SourceIP: "192.0.2.7"})}
}

// caller is somebody who makes calls.
type caller struct {
	s3     s3api.Client
	iam    iamapi.Client
	sts    stsapi.Client
	glue   glueapi.Client
	athena athenaapi.Client

	principal cloud.Principal
	in        *house
}

func (h *house) as(p cloud.Principal) caller {
	door := api.DoorFunc(func(ctx context.Context, of *api.Service, operation string, in any) (any, error) {
		return h.app.gateway.Inside(p).Do(ctx, of, operation, in)
	})
	return caller{s3api.Client{Door: door}, iamapi.Client{Door: door}, stsapi.Client{Door: door}, glueapi.Client{Door: door}, athenaapi.Client{Door: door}, p, h}
}

func (h *house) root(account cloud.Account) caller { return h.as(cloud.RootOf(account)) }

// deliverer is a service of AWS's that works for a resource of an account.
func (h *house) deliverer(service, source string, account cloud.Account) (caller, context.Context) {
	call := cloud.CallOf(h.ctx)
	call.Account, call.SourceARN = account, source
	return h.as(cloud.ServiceOf(service)), cloud.WithCall(h.ctx, call)
}

// user makes a user of an account with an inline policy for each of the statements.
func (h *house) user(account cloud.Account, name string, statements ...string) caller {
	h.Helper()
	root := h.root(account)
	_, err := root.iam.CreateUser(h.ctx, &iamapi.CreateUserInput{UserName: &name})
	h.must(err)
	for i, statement := range statements {
		_, err := root.iam.PutUserPolicy(h.ctx, &iamapi.PutUserPolicyInput{
			UserName: &name, PolicyName: new(fmt.Sprintf("inline-%d", i)), PolicyDocument: new(document(statement)),
		})
		h.must(err)
	}
	made, err := root.iam.CreateAccessKey(h.ctx, &iamapi.CreateAccessKeyInput{UserName: &name})
	h.must(err)
	key, err := h.app.sts.Lookup(h.ctx, *made.AccessKey.AccessKeyId, "")
	h.must(err)
	return h.as(key.Principal)
}

// role makes a role with that trust and those inline policies.
func (h *house) role(account cloud.Account, name, trust string, statements ...string) string {
	h.Helper()
	root := h.root(account)
	made, err := root.iam.CreateRole(h.ctx, &iamapi.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: new(document(trust))})
	h.must(err)
	for i, statement := range statements {
		_, err := root.iam.PutRolePolicy(h.ctx, &iamapi.PutRolePolicyInput{
			RoleName: &name, PolicyName: new(fmt.Sprintf("inline-%d", i)), PolicyDocument: new(document(statement)),
		})
		h.must(err)
	}
	return *made.Role.Arn
}

// assume opens a session of a role, or says why not.
func (c caller) assume(in stsapi.AssumeRoleInput) (caller, error) {
	if in.RoleSessionName == nil {
		in.RoleSessionName = new("session")
	}
	out, err := c.sts.AssumeRole(c.in.ctx, &in)
	if err != nil {
		return caller{}, err
	}
	key, err := c.in.app.sts.Lookup(c.in.ctx, *out.Credentials.AccessKeyId, *out.Credentials.SessionToken)
	if err != nil {
		return caller{}, err
	}
	return c.in.as(key.Principal), nil
}

// bucket makes a bucket of an account with that policy, "" for none.
func (h *house) bucket(account cloud.Account, name, policy string) {
	h.Helper()
	_, err := h.root(account).s3.CreateBucket(h.ctx, &s3api.CreateBucketInput{
		Bucket: &name, CreateBucketConfiguration: &s3api.CreateBucketConfiguration{LocationConstraint: new("ap-northeast-2")},
	})
	h.must(err)
	if policy == "" {
		return
	}
	_, err = h.root(account).s3.DeletePublicAccessBlock(h.ctx, &s3api.DeletePublicAccessBlockInput{Bucket: &name})
	h.must(err)
	_, err = h.root(account).s3.PutBucketPolicy(h.ctx, &s3api.PutBucketPolicyInput{Bucket: &name, Policy: &policy})
	h.must(err)
}

func (c caller) put(bucket, key string, change ...func(*s3api.PutObjectInput)) error {
	in := &s3api.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader("content")}
	for _, c := range change {
		c(in)
	}
	_, err := c.s3.PutObject(c.in.ctx, in)
	return err
}

func (c caller) get(bucket, key string) error {
	out, err := c.s3.GetObject(c.in.ctx, &s3api.GetObjectInput{Bucket: &bucket, Key: &key})
	if err == nil {
		_, err = io.Copy(io.Discard, out.Body)
		err = errors.Join(err, out.Body.Close())
	}
	return err
}

func (h *house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

// want compares an error, as its caller sees it, with "Code: message"; "" is none.
func (h *house) want(what, want string, err error) {
	h.Helper()
	got := ""
	if err != nil {
		got = err.Error()
	}
	if e, ok := errors.AsType[*cloud.Error](err); ok {
		got = e.Code + ": " + e.Message
	}
	if diff := cmp.Diff(want, got); diff != "" {
		h.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// document is a policy of those statements.
func document(statements string) string {
	return `{"Version":"2012-10-17","Statement":[` + statements + `]}`
}

// allow is a statement for an identity.
func allow(action, resource string) string { return identityStatement("Allow", action, resource) }

func deny(action, resource string) string { return identityStatement("Deny", action, resource) }

func identityStatement(effect, action, resource string) string {
	return fmt.Sprintf(`{"Effect":%q,"Action":%q,"Resource":%q}`, effect, action, resource)
}

// grant is a statement of a resource's policy.
func grant(principal, action, resource string) string {
	return fmt.Sprintf(`{"Effect":"Allow","Principal":%s,"Action":%q,"Resource":%q}`, principal, action, resource)
}

// trusting is a statement of a role's trust policy.
func trusting(principal, condition string) string {
	if condition != "" {
		condition = `,"Condition":` + condition
	}
	return fmt.Sprintf(`{"Effect":"Allow","Principal":%s,"Action":["sts:AssumeRole","sts:TagSession"]%s}`, principal, condition)
}

// trustedBy makes a role of ours with that trust policy.
func (h *house) trustedBy(name, trust string) string {
	h.Helper()
	made, err := h.root(ours).iam.CreateRole(h.ctx, &iamapi.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: &trust})
	h.must(err)
	return *made.Role.Arn
}
