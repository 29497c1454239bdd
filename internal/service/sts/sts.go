// Package sts is the AWS Security Token Service: who is calling.
package sts

import (
	"context"

	"github.com/sillok/sillok/internal/api/stsapi"
	"github.com/sillok/sillok/internal/cloud"
)

// Service answers AWS STS's operations.
type Service struct{}

// New returns a Service.
func New() *Service { return &Service{} }

// GetCallerIdentity returns the account and the principal that signed the call.
func (s *Service) GetCallerIdentity(ctx context.Context, _ *stsapi.GetCallerIdentityInput) (*stsapi.GetCallerIdentityOutput, error) {
	call := cloud.CallOf(ctx)
	return &stsapi.GetCallerIdentityOutput{
		Account: new(string(call.Account)),
		Arn:     new(call.Principal.ARN),
		UserId:  new(call.Principal.ID),
	}, nil
}
