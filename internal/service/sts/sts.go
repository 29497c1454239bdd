// Package sts is the AWS Security Token Service: who is calling, and credentials
// that end by themselves.
//
// A session is durable before its credentials are answered. It may do what its
// principal may.
package sts

import (
	"context"

	"github.com/sillok/sillok/internal/api/stsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/state"
)

// Keys finds the access keys that do not end. An unknown one is an error of kind NotFound.
type Keys interface {
	Lookup(ctx context.Context, id, token string) (cloud.Key, error)
}

// Config is what a Service needs to know.
type Config struct {
	// AnyKey has GetAccessKeyInfo answer the caller's account for keys that are
	// not known, as moto does.
	AnyKey bool
}

// Service answers AWS STS's operations. It finds the keys of its sessions and
// those that do not end, for whoever verifies signatures.
type Service struct {
	cfg   Config
	store state.Store
	keys  Keys
}

// New returns a Service that keeps sessions in store, of principals whose keys
// are among keys.
func New(cfg Config, store state.Store, keys Keys) *Service { return &Service{cfg, store, keys} }

// GetCallerIdentity returns the account and the principal that signed the call.
func (s *Service) GetCallerIdentity(ctx context.Context, _ *stsapi.GetCallerIdentityInput) (*stsapi.GetCallerIdentityOutput, error) {
	call := cloud.CallOf(ctx)
	return &stsapi.GetCallerIdentityOutput{
		Account: new(string(call.Account)),
		Arn:     new(call.Principal.ARN),
		UserId:  new(call.Principal.ID),
	}, nil
}

// GetAccessKeyInfo returns the account that an access key belongs to.
func (s *Service) GetAccessKeyInfo(ctx context.Context, in *stsapi.GetAccessKeyInfoInput) (*stsapi.GetAccessKeyInfoOutput, error) {
	key, err := s.Lookup(ctx, *in.AccessKeyId, "")
	switch {
	case err == nil:
		return &stsapi.GetAccessKeyInfoOutput{Account: new(string(key.Principal.Account))}, nil
	case cloud.KindOf(err) != cloud.NotFound:
		return nil, err
	case s.cfg.AnyKey:
		return &stsapi.GetAccessKeyInfoOutput{Account: new(string(cloud.CallOf(ctx).Account))}, nil
	}
	return nil, cloud.Errorf(cloud.Invalid, "ValidationError", "The access key %s is not of this server.", *in.AccessKeyId)
}
