package iam_test

import (
	"bytes"
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sillok/sillok/internal/api/iamapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/service/iam"
	"github.com/sillok/sillok/internal/servicetest"
	"github.com/sillok/sillok/internal/store/state"
)

// account is an account with a user ann and a key of hers.
type account struct {
	*iam.Service
	t   *testing.T
	ctx context.Context //nolint:containedctx // a client's call, for as long as the test
	key iamapi.AccessKey
}

func withAnn(t *testing.T) account {
	t.Helper()
	s, ctx := open(t)
	a := account{Service: s, t: t, ctx: ctx}
	a.do("CreateUser", `{"UserName":"ann","Path":"/dev/","Tags":[{"Key":"team","Value":"red"}]}`)
	a.key = *servicetest.Must(s.CreateAccessKey(ctx, &iamapi.CreateAccessKeyInput{UserName: new("ann")}))(t).AccessKey
	return a
}

func (a account) do(operation, in string) {
	a.t.Helper()
	if _, err := servicetest.Do(a.ctx, a.t, a.Service, operation, in); err != nil {
		a.t.Fatal(operation, err)
	}
}

// ann is who ann is.
func (a account) ann() cloud.Principal {
	a.t.Helper()
	return servicetest.Must(a.Lookup(a.t.Context(), *a.key.AccessKeyId, ""))(a.t).Principal
}

func TestAKeyIsKnownByItsID(t *testing.T) {
	a := withAnn(t)
	got := servicetest.Must(a.Lookup(t.Context(), *a.key.AccessKeyId, ""))(t)
	u := servicetest.Must(a.GetUser(a.ctx, &iamapi.GetUserInput{UserName: new("ann")}))(t).User
	servicetest.Diff(t, cloud.Key{ID: *a.key.AccessKeyId, Secret: *a.key.SecretAccessKey, Principal: cloud.Principal{
		Type: cloud.IAMUser, Account: servicetest.Account, ARN: "arn:aws:iam::111122223333:user/dev/ann", ID: *u.UserId, Name: "ann",
		Tags: map[string]string{"team": "red"},
	}}, got)
	if owner, ok := cloud.AccountOfKey(got.ID); !ok || owner != servicetest.Account {
		t.Errorf("the key says that it is of %s", owner)
	}
	for _, tt := range []struct{ name, id, token string }{
		{"another ID", "AKIAMADEUPMADEUPMADE", ""},
		{"with a session token", got.ID, "token"},
		{"in lower case", "akia" + got.ID[4:], ""},
	} {
		_, err := a.Lookup(t.Context(), tt.id, tt.token)
		if err == nil || cloud.KindOf(err) != cloud.NotFound {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// What a user and its keys may no longer do, they may not with the very next call.
func TestAChangeHoldsWithTheNextCall(t *testing.T) {
	for _, tt := range []struct {
		name  string
		do    [][2]string
		known bool
	}{
		{"a key is made inactive", [][2]string{{"UpdateAccessKey", `{"UserName":"ann","AccessKeyId":"$","Status":"Inactive"}`}}, false},
		{"and active again", [][2]string{
			{"UpdateAccessKey", `{"UserName":"ann","AccessKeyId":"$","Status":"Inactive"}`},
			{"UpdateAccessKey", `{"UserName":"ann","AccessKeyId":"$","Status":"Active"}`},
		}, true},
		{"a key is deleted", [][2]string{{"DeleteAccessKey", `{"UserName":"ann","AccessKeyId":"$"}`}}, false},
		{"the user is deleted", [][2]string{{"DeleteAccessKey", `{"UserName":"ann","AccessKeyId":"$"}`}, {"DeleteUser", `{"UserName":"ann"}`}}, false},
		{"the user is renamed", [][2]string{{"UpdateUser", `{"UserName":"ann","NewUserName":"zoe"}`}}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := withAnn(t)
			a.ann() // it is in memory
			for _, step := range tt.do {
				a.do(step[0], string(bytes.ReplaceAll([]byte(step[1]), []byte("$"), []byte(*a.key.AccessKeyId))))
			}
			key, err := a.Lookup(t.Context(), *a.key.AccessKeyId, "")
			if known := err == nil; known != tt.known {
				t.Errorf("it is known: %t, %v", known, err)
			}
			if err != nil && cloud.KindOf(err) != cloud.NotFound {
				t.Error(err)
			}
			if tt.name == "the user is renamed" {
				servicetest.Diff(t, "arn:aws:iam::111122223333:user/dev/zoe", key.Principal.ARN)
			}
		})
	}
}

// A lookup that runs while a key is made inactive does not bring it back.
func TestAKeyStaysInactive(t *testing.T) {
	a := withAnn(t)
	for range 20 {
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() { _, _ = a.Lookup(context.WithoutCancel(a.ctx), *a.key.AccessKeyId, "") })
		}
		a.do("UpdateAccessKey", `{"UserName":"ann","AccessKeyId":"`+*a.key.AccessKeyId+`","Status":"Inactive"}`)
		group.Wait()
		if _, err := a.Lookup(t.Context(), *a.key.AccessKeyId, ""); err == nil {
			t.Fatal("it is known")
		}
		a.do("UpdateAccessKey", `{"UserName":"ann","AccessKeyId":"`+*a.key.AccessKeyId+`","Status":"Active"}`)
	}
}

// No secret lies in the store as it is.
func TestSecretsAreSealed(t *testing.T) {
	store := servicetest.Store(t)
	s, ctx := iam.New(store, sealer(t), nil), servicetest.Call(t)
	secrets := []string{"Correct-horse-1"}
	servicetest.Must(s.CreateUser(ctx, &iamapi.CreateUserInput{UserName: new("ann")}))(t)
	key := servicetest.Must(s.CreateAccessKey(ctx, &iamapi.CreateAccessKeyInput{UserName: new("ann")}))(t).AccessKey
	servicetest.Must(s.CreateLoginProfile(ctx, &iamapi.CreateLoginProfileInput{UserName: new("ann"), Password: new("Correct-horse-1")}))(t)
	device := servicetest.Must(s.CreateVirtualMFADevice(ctx, &iamapi.CreateVirtualMFADeviceInput{VirtualMFADeviceName: new("phone")}))(t).VirtualMFADevice
	specific := servicetest.Must(s.CreateServiceSpecificCredential(ctx, &iamapi.CreateServiceSpecificCredentialInput{
		UserName: new("ann"), ServiceName: new("codecommit.amazonaws.com"),
	}))(t).ServiceSpecificCredential
	secrets = append(secrets, *key.SecretAccessKey, string(device.Base32StringSeed), *specific.ServicePassword)
	err := store.View(t.Context(), func(r state.Reader) error {
		n := 0
		for _, kind := range []string{"iam/user", "iam/key", "iam/mfa"} {
			for document, err := range r.All(kind) {
				if err != nil {
					return err
				}
				n++
				for _, secret := range secrets {
					if bytes.Contains(document.Value, []byte(secret)) {
						t.Errorf("%s holds %q", kind, secret)
					}
				}
			}
		}
		if n != 3 {
			t.Errorf("%d documents were looked at", n)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// What was used is told at once, and written down within a minute.
func TestLastUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := servicetest.Store(t)
		s, ctx := iam.New(store, sealer(t), nil), servicetest.Call(t)
		a := account{Service: s, t: t, ctx: ctx}
		a.do("CreateUser", `{"UserName":"ann"}`)
		a.do("CreateRole", `{"RoleName":"app","AssumeRolePolicyDocument":`+quoted(trusting)+`}`)
		key := servicetest.Must(s.CreateAccessKey(ctx, &iamapi.CreateAccessKeyInput{UserName: new("ann")}))(t).AccessKey
		run, stop := context.WithCancel(ctx)
		ended := make(chan error)
		go func() { ended <- s.Run(run) }()
		at := time.Now().UTC().Truncate(time.Second)
		s.Used(&cloud.Call{Service: "s3", Region: "eu-west-1", Time: at, AccessKeyID: *key.AccessKeyId, Principal: cloud.Principal{Type: cloud.IAMUser}})
		role := servicetest.Must(s.AssumableRole(ctx, "arn:aws:iam::111122223333:role/app"))(t).Principal
		s.Used(&cloud.Call{Service: "s3", Region: "eu-west-1", Time: at, AccessKeyID: "ASIA", Principal: cloud.Principal{
			Type: cloud.AssumedRole, Issuer: &role, Session: &cloud.Session{},
		}})
		want := &iamapi.AccessKeyLastUsed{LastUsedDate: &at, ServiceName: new("s3"), Region: new("eu-west-1")}
		wantRole := &iamapi.RoleLastUsed{LastUsedDate: &at, Region: new("eu-west-1")}
		check := func(s *iam.Service, when string) {
			t.Log(when)
			servicetest.Diff(t, want, servicetest.Must(s.GetAccessKeyLastUsed(ctx, &iamapi.GetAccessKeyLastUsedInput{AccessKeyId: key.AccessKeyId}))(t).AccessKeyLastUsed)
			servicetest.Diff(t, wantRole, servicetest.Must(s.GetRole(ctx, &iamapi.GetRoleInput{RoleName: new("app")}))(t).Role.RoleLastUsed)
		}
		check(s, "at once")
		<-time.After(61 * time.Second)
		check(iam.New(store, sealer(t), nil), "after a minute, in another server")
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
