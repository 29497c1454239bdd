package iam

import (
	"context"

	"github.com/sillok/sillok/internal/api/iamapi"
	"github.com/sillok/sillok/internal/resource"
)

// named returns the ARN of what a client names, or IAM's error where there is none.
type named func(r resource.Reader, name *string) (string, error)

func userARN(r resource.Reader, name *string) (string, error) {
	u, err := users.get(r, name)
	return users.arn(r, &u.entity), err
}

func roleARN(r resource.Reader, name *string) (string, error) {
	found, err := roles.get(r, name)
	if err == nil && found.Linked != "" {
		err = errProtected(found.Name)
	}
	return roles.arn(r, &found.entity), err
}

func readRoleARN(r resource.Reader, name *string) (string, error) {
	found, err := roles.get(r, name)
	return roles.arn(r, &found.entity), err
}

func policyARN(r resource.Reader, name *string) (string, error) {
	_, err := ownPolicy(r, *name)
	return *name, err
}

func profileARN(r resource.Reader, name *string) (string, error) {
	p, err := getProfile(r, name)
	return p.arn(r), err
}

func certificateARN(r resource.Reader, name *string) (string, error) {
	c, err := getServerCertificate(r, name)
	return c.arn(r), err
}

func deviceARN(r resource.Reader, serial *string) (string, error) {
	_, err := devices.Get(r, *serial)
	return *serial, err
}

func oidcARN(r resource.Reader, name *string) (string, error) {
	_, err := findProvider(r, *name)
	return *name, err
}

func samlARN(r resource.Reader, name *string) (string, error) {
	_, err := findSAML(r, *name)
	return *name, err
}

func (s *Service) tag(ctx context.Context, of named, name *string, added []iamapi.Tag) error {
	return s.update(ctx, func(tx resource.Tx) error {
		whole, err := of(tx, name)
		if err != nil {
			return err
		}
		return addTags(tx, whole, added)
	})
}

func (s *Service) untag(ctx context.Context, of named, name *string, keys []string) error {
	return s.update(ctx, func(tx resource.Tx) error {
		whole, err := of(tx, name)
		if err != nil {
			return err
		}
		return removeTags(tx, whole, keys)
	})
}

// tagPage returns a page of tags by key.
func (s *Service) tagPage(ctx context.Context, of named, name *string, p resource.Paging) (page []iamapi.Tag, marker *string, err error) {
	err = s.view(ctx, func(r resource.Reader) error {
		whole, err := of(r, name)
		if err != nil {
			return err
		}
		all, err := tagsOf(r, whole)
		if err != nil {
			return err
		}
		page, marker, err = resource.Page(ctx, p, listing(all, func(t iamapi.Tag) string { return *t.Key }), resource.Whole)
		return err
	})
	return page, marker, err
}

// TagUser gives a user tags.
func (s *Service) TagUser(ctx context.Context, in *iamapi.TagUserInput) (*iamapi.TagUserOutput, error) {
	return nil, s.tag(ctx, userARN, in.UserName, in.Tags)
}

// UntagUser takes tags from a user.
func (s *Service) UntagUser(ctx context.Context, in *iamapi.UntagUserInput) (*iamapi.UntagUserOutput, error) {
	return nil, s.untag(ctx, userARN, in.UserName, in.TagKeys)
}

// ListUserTags returns a page of the tags of a user.
func (s *Service) ListUserTags(ctx context.Context, in *iamapi.ListUserTagsInput) (*iamapi.ListUserTagsOutput, error) {
	page, marker, err := s.tagPage(ctx, userARN, in.UserName, paging(in, in.Marker, in.MaxItems))
	return &iamapi.ListUserTagsOutput{Tags: page, Marker: marker, IsTruncated: new(marker != nil)}, err
}

// TagRole gives a role tags.
func (s *Service) TagRole(ctx context.Context, in *iamapi.TagRoleInput) (*iamapi.TagRoleOutput, error) {
	return nil, s.tag(ctx, roleARN, in.RoleName, in.Tags)
}

// UntagRole takes tags from a role.
func (s *Service) UntagRole(ctx context.Context, in *iamapi.UntagRoleInput) (*iamapi.UntagRoleOutput, error) {
	return nil, s.untag(ctx, roleARN, in.RoleName, in.TagKeys)
}

// ListRoleTags returns a page of the tags of a role.
func (s *Service) ListRoleTags(ctx context.Context, in *iamapi.ListRoleTagsInput) (*iamapi.ListRoleTagsOutput, error) {
	page, marker, err := s.tagPage(ctx, readRoleARN, in.RoleName, paging(in, in.Marker, in.MaxItems))
	return &iamapi.ListRoleTagsOutput{Tags: page, Marker: marker, IsTruncated: new(marker != nil)}, err
}

// TagPolicy gives a managed policy tags.
func (s *Service) TagPolicy(ctx context.Context, in *iamapi.TagPolicyInput) (*iamapi.TagPolicyOutput, error) {
	return nil, s.tag(ctx, policyARN, in.PolicyArn, in.Tags)
}

// UntagPolicy takes tags from a managed policy.
func (s *Service) UntagPolicy(ctx context.Context, in *iamapi.UntagPolicyInput) (*iamapi.UntagPolicyOutput, error) {
	return nil, s.untag(ctx, policyARN, in.PolicyArn, in.TagKeys)
}

// ListPolicyTags returns a page of the tags of a managed policy.
func (s *Service) ListPolicyTags(ctx context.Context, in *iamapi.ListPolicyTagsInput) (*iamapi.ListPolicyTagsOutput, error) {
	page, marker, err := s.tagPage(ctx, policyARN, in.PolicyArn, paging(in, in.Marker, in.MaxItems))
	return &iamapi.ListPolicyTagsOutput{Tags: page, Marker: marker, IsTruncated: new(marker != nil)}, err
}

// TagInstanceProfile gives an instance profile tags.
func (s *Service) TagInstanceProfile(ctx context.Context, in *iamapi.TagInstanceProfileInput) (*iamapi.TagInstanceProfileOutput, error) {
	return nil, s.tag(ctx, profileARN, in.InstanceProfileName, in.Tags)
}

// UntagInstanceProfile takes tags from an instance profile.
func (s *Service) UntagInstanceProfile(ctx context.Context, in *iamapi.UntagInstanceProfileInput) (*iamapi.UntagInstanceProfileOutput, error) {
	return nil, s.untag(ctx, profileARN, in.InstanceProfileName, in.TagKeys)
}

// ListInstanceProfileTags returns a page of the tags of an instance profile.
func (s *Service) ListInstanceProfileTags(ctx context.Context, in *iamapi.ListInstanceProfileTagsInput) (*iamapi.ListInstanceProfileTagsOutput, error) {
	page, marker, err := s.tagPage(ctx, profileARN, in.InstanceProfileName, paging(in, in.Marker, in.MaxItems))
	return &iamapi.ListInstanceProfileTagsOutput{Tags: page, Marker: marker, IsTruncated: new(marker != nil)}, err
}

// TagServerCertificate gives a certificate tags.
func (s *Service) TagServerCertificate(ctx context.Context, in *iamapi.TagServerCertificateInput) (*iamapi.TagServerCertificateOutput, error) {
	return nil, s.tag(ctx, certificateARN, in.ServerCertificateName, in.Tags)
}

// UntagServerCertificate takes tags from a certificate.
func (s *Service) UntagServerCertificate(ctx context.Context, in *iamapi.UntagServerCertificateInput) (*iamapi.UntagServerCertificateOutput, error) {
	return nil, s.untag(ctx, certificateARN, in.ServerCertificateName, in.TagKeys)
}

// ListServerCertificateTags returns a page of the tags of a certificate.
func (s *Service) ListServerCertificateTags(ctx context.Context, in *iamapi.ListServerCertificateTagsInput) (*iamapi.ListServerCertificateTagsOutput, error) {
	page, marker, err := s.tagPage(ctx, certificateARN, in.ServerCertificateName, paging(in, in.Marker, in.MaxItems))
	return &iamapi.ListServerCertificateTagsOutput{Tags: page, Marker: marker, IsTruncated: new(marker != nil)}, err
}

// TagMFADevice gives a device tags.
func (s *Service) TagMFADevice(ctx context.Context, in *iamapi.TagMFADeviceInput) (*iamapi.TagMFADeviceOutput, error) {
	return nil, s.tag(ctx, deviceARN, in.SerialNumber, in.Tags)
}

// UntagMFADevice takes tags from a device.
func (s *Service) UntagMFADevice(ctx context.Context, in *iamapi.UntagMFADeviceInput) (*iamapi.UntagMFADeviceOutput, error) {
	return nil, s.untag(ctx, deviceARN, in.SerialNumber, in.TagKeys)
}

// ListMFADeviceTags returns a page of the tags of a device.
func (s *Service) ListMFADeviceTags(ctx context.Context, in *iamapi.ListMFADeviceTagsInput) (*iamapi.ListMFADeviceTagsOutput, error) {
	page, marker, err := s.tagPage(ctx, deviceARN, in.SerialNumber, paging(in, in.Marker, in.MaxItems))
	return &iamapi.ListMFADeviceTagsOutput{Tags: page, Marker: marker, IsTruncated: new(marker != nil)}, err
}

// TagOpenIDConnectProvider gives a provider of web identities tags.
func (s *Service) TagOpenIDConnectProvider(ctx context.Context, in *iamapi.TagOpenIDConnectProviderInput) (*iamapi.TagOpenIDConnectProviderOutput, error) {
	return nil, s.tag(ctx, oidcARN, in.OpenIDConnectProviderArn, in.Tags)
}

// UntagOpenIDConnectProvider takes tags from a provider of web identities.
func (s *Service) UntagOpenIDConnectProvider(ctx context.Context, in *iamapi.UntagOpenIDConnectProviderInput) (*iamapi.UntagOpenIDConnectProviderOutput, error) {
	return nil, s.untag(ctx, oidcARN, in.OpenIDConnectProviderArn, in.TagKeys)
}

// ListOpenIDConnectProviderTags returns a page of the tags of a provider of web identities.
func (s *Service) ListOpenIDConnectProviderTags(ctx context.Context, in *iamapi.ListOpenIDConnectProviderTagsInput) (*iamapi.ListOpenIDConnectProviderTagsOutput, error) {
	page, marker, err := s.tagPage(ctx, oidcARN, in.OpenIDConnectProviderArn, paging(in, in.Marker, in.MaxItems))
	return &iamapi.ListOpenIDConnectProviderTagsOutput{Tags: page, Marker: marker, IsTruncated: new(marker != nil)}, err
}

// TagSAMLProvider gives a SAML provider tags.
func (s *Service) TagSAMLProvider(ctx context.Context, in *iamapi.TagSAMLProviderInput) (*iamapi.TagSAMLProviderOutput, error) {
	return nil, s.tag(ctx, samlARN, in.SAMLProviderArn, in.Tags)
}

// UntagSAMLProvider takes tags from a SAML provider.
func (s *Service) UntagSAMLProvider(ctx context.Context, in *iamapi.UntagSAMLProviderInput) (*iamapi.UntagSAMLProviderOutput, error) {
	return nil, s.untag(ctx, samlARN, in.SAMLProviderArn, in.TagKeys)
}

// ListSAMLProviderTags returns a page of the tags of a SAML provider.
func (s *Service) ListSAMLProviderTags(ctx context.Context, in *iamapi.ListSAMLProviderTagsInput) (*iamapi.ListSAMLProviderTagsOutput, error) {
	page, marker, err := s.tagPage(ctx, samlARN, in.SAMLProviderArn, paging(in, in.Marker, in.MaxItems))
	return &iamapi.ListSAMLProviderTagsOutput{Tags: page, Marker: marker, IsTruncated: new(marker != nil)}, err
}
