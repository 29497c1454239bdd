// Package sts is the AWS Security Token Service: who is calling, and credentials
// that end by themselves.
//
// Nothing is kept of a session: its token holds, sealed, who it is of, its secret and
// its end. So it cannot be forged, and holds in any server with the same master key.
// What it may do is decided at each call, by the policies that its role or user has
// then. Whether a caller may assume a role is decided before AssumeRole is called, as
// every call is; for a web identity, which signs nothing, it is decided here.
package sts

import (
	"context"
	"sync"

	"github.com/sillok/sillok/internal/api/stsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/service/sts/webidentity"
)

// Identities knows users and roles.
type Identities interface {
	// Lookup returns an access key that does not end. An unknown one is an error of
	// kind NotFound.
	Lookup(ctx context.Context, id, token string) (cloud.Key, error)
	// Tags returns the tags of the user or role that a principal is, or is a session
	// of, and whether it exists.
	Tags(ctx context.Context, p cloud.Principal) (tags map[string]string, exists bool, err error)
	// AssumableRole returns a role of any account; the error is of kind NotFound
	// where there is none.
	AssumableRole(ctx context.Context, arn string) (Role, error)
	// PolicyText returns the document that is in force of a managed policy that an
	// account can use; the error is of kind NotFound where there is none.
	PolicyText(ctx context.Context, account cloud.Account, arn string) (string, error)
	// Issuer returns the provider by which an account trusts an issuer of web
	// identities, and the applications that its tokens may be made for; the error is
	// of kind NotFound where it does not.
	Issuer(ctx context.Context, account cloud.Account, issuer string) (arn string, clients []string, err error)
	// CheckMFA says whether a code is of a device that a user has; VerifyMFA says so
	// too, and takes a code once.
	CheckMFA(ctx context.Context, p cloud.Principal, serial, code string) error
	VerifyMFA(ctx context.Context, p cloud.Principal, serial, code string) error
}

// Sealer keeps what is secret unreadable. What was sealed can be opened only in the
// same context.
type Sealer interface {
	Seal(plaintext, context []byte) ([]byte, error)
	Open(sealed, context []byte) ([]byte, error)
}

// Config is what a Service needs to know.
type Config struct {
	// AnyKey has GetAccessKeyInfo answer the caller's account for keys that say none.
	AnyKey bool
	// RootAssumes lets root users assume roles, which AWS refuses.
	RootAssumes bool
	// WebIdentities checks tokens of web identities; nil refuses all.
	WebIdentities *webidentity.Verifier
}

// Service answers AWS STS's operations. It finds the keys of its sessions and those
// that do not end, for whoever verifies signatures.
type Service struct {
	cfg        Config
	sealer     Sealer
	identities Identities

	mu     sync.Mutex
	opened map[string]*token // what tokens say, by token
}

// New returns a Service whose sessions are of identities, and sealed by sealer.
func New(cfg Config, sealer Sealer, identities Identities) *Service {
	return &Service{cfg: cfg, sealer: sealer, identities: identities, opened: map[string]*token{}}
}

// GetCallerIdentity returns the account and the principal that signed the call.
func (s *Service) GetCallerIdentity(ctx context.Context, _ *stsapi.GetCallerIdentityInput) (*stsapi.GetCallerIdentityOutput, error) {
	call := cloud.CallOf(ctx)
	return &stsapi.GetCallerIdentityOutput{
		Account: new(string(call.Account)),
		Arn:     new(call.Principal.ARN),
		UserId:  new(call.Principal.ID),
	}, nil
}

// GetAccessKeyInfo returns the account that an access key belongs to. Temporary ones say
// it themselves: that there is such a key is not said.
func (s *Service) GetAccessKeyInfo(ctx context.Context, in *stsapi.GetAccessKeyInfoInput) (*stsapi.GetAccessKeyInfoOutput, error) {
	key, err := s.identities.Lookup(ctx, *in.AccessKeyId, "")
	if err == nil {
		return &stsapi.GetAccessKeyInfoOutput{Account: new(string(key.Principal.Account))}, nil
	}
	if cloud.KindOf(err) != cloud.NotFound {
		return nil, err
	}
	if account, ok := cloud.AccountOfKey(*in.AccessKeyId); ok && (*in.AccessKeyId)[:4] == cloud.TemporaryKey {
		return &stsapi.GetAccessKeyInfoOutput{Account: new(string(account))}, nil
	}
	if s.cfg.AnyKey {
		return &stsapi.GetAccessKeyInfoOutput{Account: new(string(cloud.CallOf(ctx).Account))}, nil
	}
	return nil, errValidation("The access key %s is not of this server.", *in.AccessKeyId)
}

func errValidation(format string, args ...any) error {
	return cloud.Errorf(cloud.Invalid, "ValidationError", format, args...)
}
