package s3

import (
	"context"
	"net/http"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/objects"
)

// GetObjectAcl tells the ACL of an object.
//
//nolint:staticcheck,revive // the operation's name
func (s *Service) GetObjectAcl(ctx context.Context, in *s3api.GetObjectAclInput) (*s3api.GetObjectAclOutput, error) {
	out := &s3api.GetObjectAclOutput{}
	err := s.inBucket(ctx, in.Bucket, in.ExpectedBucketOwner, func(v *objects.View, b *objects.Bucket) error {
		version, err := find(v, b, *in.Key, in.VersionId, http.MethodGet)
		if err != nil {
			return err
		}
		acl := version.ACL
		if aclsOff(v, b) {
			acl = nil
		}
		policy := readACL(acl, cloud.Account(version.Owner))
		out.Owner, out.Grants = policy.Owner, policy.Grants
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// PutObjectAcl replaces the ACL of an object.
//
//nolint:staticcheck,revive // the operation's name
func (s *Service) PutObjectAcl(ctx context.Context, in *s3api.PutObjectAclInput) (*s3api.PutObjectAclOutput, error) {
	g := grants{in.GrantFullControl, in.GrantRead, in.GrantReadACP, in.GrantWrite, in.GrantWriteACP}
	if err := checkACLGiven(in.ACL, g, in.AccessControlPolicy); err != nil {
		return nil, err
	}
	err := s.changeBucket(ctx, in.Bucket, in.ExpectedBucketOwner, func(tx *objects.Tx, b *objects.Bucket) error {
		version, err := find(&tx.View, b, *in.Key, in.VersionId, http.MethodPut)
		if err != nil {
			return err
		}
		acl, err := newACL(in.ACL, g, in.AccessControlPolicy, cloud.Account(version.Owner))
		switch {
		case err != nil:
			return err
		case acl != nil && aclsOff(&tx.View, b):
			return errACLsOff()
		}
		if err := checkPublicACL(&tx.View, b, acl, func() *cloud.Error {
			return errBlocked(ctx, objectARN(b.Name, *in.Key), "s3:PutObjectAcl", "ACLs", "BlockPublicAcls")
		}); err != nil {
			return err
		}
		return tx.Amend(version, false, "ObjectAcl:Put", func(v *objects.Version) error {
			v.ACL = acl
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	return &s3api.PutObjectAclOutput{}, nil
}
