package sts_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sillok/sillok/internal/api/stsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/service/sts"
	"github.com/sillok/sillok/internal/servicetest"
)

// root is a keyring with one key of the account that tests call as.
type root struct{}

func (root) Lookup(_ context.Context, id, _ string) (cloud.Key, error) {
	if id != "AKIAROOTROOTROOTROOT" {
		return cloud.Key{}, cloud.Errorf(cloud.NotFound, "InvalidClientTokenId", "access key %s is not known", id)
	}
	return cloud.Key{ID: id, Secret: "secret", Principal: cloud.RootOf(servicetest.Account)}, nil
}

func open(t *testing.T) (*sts.Service, context.Context) {
	t.Helper()
	return sts.New(sts.Config{}, servicetest.Store(t), root{}), servicetest.Call(t)
}

func TestTheCallerIsWhoSigned(t *testing.T) {
	s, _ := open(t)
	got, err := s.GetCallerIdentity(servicetest.As(t, "444455556666", "us-east-1"), &stsapi.GetCallerIdentityInput{})
	if err != nil {
		t.Fatal(err)
	}
	servicetest.Diff(t, &stsapi.GetCallerIdentityOutput{
		Account: new("444455556666"), Arn: new("arn:aws:iam::444455556666:root"), UserId: new("444455556666"),
	}, got)
}

func TestWhoseAKeyIs(t *testing.T) {
	s, ctx := open(t)
	opened := servicetest.Must(s.GetSessionToken(ctx, &stsapi.GetSessionTokenInput{}))(t).Credentials
	for _, id := range []string{"AKIAROOTROOTROOTROOT", *opened.AccessKeyId} {
		got := servicetest.Must(s.GetAccessKeyInfo(servicetest.As(t, "444455556666", "us-east-1"), &stsapi.GetAccessKeyInfoInput{AccessKeyId: &id}))(t)
		servicetest.Diff(t, &stsapi.GetAccessKeyInfoOutput{Account: new("111122223333")}, got)
	}
	unknown := &stsapi.GetAccessKeyInfoInput{AccessKeyId: new("AKIAIOSFODNN7EXAMPLE")}
	_, err := s.GetAccessKeyInfo(ctx, unknown)
	servicetest.WantCode(t, err, "ValidationError", "AKIAIOSFODNN7EXAMPLE")
	lenient := sts.New(sts.Config{AnyKey: true}, servicetest.Store(t), root{})
	servicetest.Diff(t, new("111122223333"), servicetest.Must(lenient.GetAccessKeyInfo(ctx, unknown))(t).Account)
}

func TestSessions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) // of every bubble
		for name, tt := range map[string]struct {
			user  bool
			asked *int32
			lasts time.Duration
		}{
			"root":                  {lasts: time.Hour},
			"root, shorter":         {asked: new(int32(900)), lasts: 15 * time.Minute},
			"root, longer than may": {asked: new(int32(129600)), lasts: time.Hour},
			"user":                  {user: true, lasts: 12 * time.Hour},
			"user, longer":          {user: true, asked: new(int32(129600)), lasts: 36 * time.Hour},
		} {
			s, ctx := open(t)
			call := cloud.CallOf(ctx)
			if tt.user {
				call.Principal = cloud.Principal{Type: cloud.IAMUser, Account: servicetest.Account, ARN: "arn:aws:iam::111122223333:user/ann", ID: "AIDAANN", Name: "ann"}
			}
			got := servicetest.Must(s.GetSessionToken(cloud.WithCall(ctx, call), &stsapi.GetSessionTokenInput{DurationSeconds: tt.asked}))(t).Credentials
			servicetest.Diff(t, start.Add(tt.lasts), *got.Expiration)
			want := cloud.Key{ID: *got.AccessKeyId, Secret: *got.SecretAccessKey, SessionToken: *got.SessionToken, Principal: call.Principal}
			want.Principal.Expires = *got.Expiration
			key, err := s.Lookup(ctx, *got.AccessKeyId, *got.SessionToken)
			if err != nil || len(key.ID) != 20 || len(key.Secret) != 40 || len(key.SessionToken) != 256 {
				t.Errorf("%s: %v %v", name, key, err)
			}
			servicetest.Diff(t, want, key)
		}
	})
}

func TestSessionsThatCannotBe(t *testing.T) {
	s, ctx := open(t)
	_, err := s.GetSessionToken(ctx, &stsapi.GetSessionTokenInput{SerialNumber: new("arn:aws:iam::111122223333:mfa/ann"), TokenCode: new("123456")})
	servicetest.WantCode(t, err, "AccessDenied", "MultiFactorAuthentication")
	call := cloud.CallOf(ctx)
	call.Principal.Expires = time.Now().Add(time.Hour)
	_, err = s.GetSessionToken(cloud.WithCall(ctx, call), &stsapi.GetSessionTokenInput{})
	servicetest.WantCode(t, err, "AccessDenied", "session credentials")
	_, err = s.Lookup(ctx, "ASIANOBODYNOBODYNOBO", "")
	servicetest.WantKind(t, err, cloud.NotFound)
}

func TestSessionsThatHaveEndedAreRemoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, ctx := open(t)
		opened := func() string {
			return *servicetest.Must(s.GetSessionToken(ctx, &stsapi.GetSessionTokenInput{}))(t).Credentials.AccessKeyId
		}
		var old []string
		for range 20 {
			old = append(old, opened())
		}
		<-time.After(2 * time.Hour)
		for range 60 {
			opened()
		}
		left := 0
		for _, id := range old {
			if _, err := s.Lookup(ctx, id, ""); err == nil {
				left++
			}
		}
		if left > 5 {
			t.Errorf("%d of 20 that have ended are left", left)
		}
	})
}
