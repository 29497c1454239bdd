package iam

import (
	"context"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/api/iamapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
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
	if to := moved(&a); to != "" {
		a.Resources = append(a.Resources, cloud.Resource{Action: a.Action, Type: a.Resources[0].Type, ARN: to})
	}
	return a, nil
}

// moved returns the ARN that a call gives somebody in the place of the one that he has,
// for which its caller needs the same permission; "" for calls that do not.
//
// See https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateUser.html.
func moved(a *cloud.Access) string {
	var path, name *string
	switch in := a.Input.(type) {
	case *iamapi.UpdateUserInput:
		path, name = in.NewPath, in.NewUserName
	case *iamapi.UpdateGroupInput:
		path, name = in.NewPath, in.NewGroupName
	case *iamapi.UpdateServerCertificateInput:
		path, name = in.NewPath, in.NewServerCertificateName
	}
	if path == nil && name == nil || len(a.Resources) == 0 {
		return ""
	}
	before, err := cloud.ParseARN(a.Resources[0].ARN)
	if err != nil {
		return ""
	}
	noun, rest, _ := strings.Cut(before.Resource, "/")
	old := rest[strings.LastIndexByte(rest, '/')+1:]
	return arn(before.Account, noun, resource.Or(path, "/"+strings.TrimSuffix(rest, old)), resource.Or(name, old))
}
