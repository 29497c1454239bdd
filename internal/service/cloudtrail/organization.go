package cloudtrail

import (
	"context"

	"github.com/sillok/sillok/internal/cloud"
)

// organization returns the organization of the caller's account.
func (s *Service) organization(ctx context.Context) (Organization, error) {
	if s.cfg.Organizations == nil {
		return Organization{}, nil
	}
	return s.cfg.Organizations.Organization(ctx, cloud.CallOf(ctx).Account)
}

// managed returns the ID of the organization that the caller's account manages.
func (s *Service) managed(ctx context.Context) (string, error) {
	org, err := s.organization(ctx)
	switch account := cloud.CallOf(ctx).Account; {
	case err != nil:
		return "", err
	case org.ID == "":
		return "", cloud.Errorf(cloud.Invalid, "OrganizationsNotInUseException",
			"Account %s is not in an organization, so it cannot have a trail of one.", account)
	case org.Management != account:
		return "", cloud.Errorf(cloud.Denied, "NotOrganizationMasterAccountException",
			"Only account %s, the organization's management account, may have a trail of the organization.", org.Management)
	}
	return org.ID, nil
}
