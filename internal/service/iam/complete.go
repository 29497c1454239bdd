package iam

import (
	"context"
	"slices"

	"github.com/sillok/sillok/internal/cloud"
)

// Complete gives the ARNs of a call their paths, which inputs leave out, before it is
// decided. Sessions that AWS keeps away from IAM are kept away here: those of federated
// users, and a user's own without a second factor.
func (s *Service) Complete(ctx context.Context, a cloud.Access) (cloud.Access, error) {
	p := &a.Call.Principal
	if p.Type == cloud.FederatedUser || p.Type == cloud.IAMUser && p.Session != nil && !p.MFA {
		return a, cloud.Errorf(cloud.Unauthenticated, "InvalidClientTokenId", "The security token included in the request is invalid")
	}
	a.Resources = slices.Clone(a.Resources)
	for i := range a.Resources {
		whole, err := s.ResourceARN(ctx, a.Resources[i].ARN)
		if err != nil {
			return a, err
		}
		a.Resources[i].ARN = whole
	}
	return a, nil
}
