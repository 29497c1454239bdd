package s3

import (
	"context"
	"slices"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/objects"
)

// GetBucketAcl tells a bucket's ACL.
func (s *Service) GetBucketAcl(ctx context.Context, in *s3api.GetBucketAclInput) (*s3api.GetBucketAclOutput, error) { //nolint:revive,staticcheck // named as the operation is
	out := &s3api.GetBucketAclOutput{}
	return out, s.inBucket(ctx, in.Bucket, in.ExpectedBucketOwner, func(v *objects.View, b *objects.Bucket) error {
		doc, err := v.Setting(b, aclSetting)
		if err != nil {
			return err
		}
		acl := readACL(doc, b.Account)
		out.Owner, out.Grants = acl.Owner, acl.Grants
		return nil
	})
}

// PutBucketAcl keeps an ACL of a bucket that takes ACLs.
func (s *Service) PutBucketAcl(ctx context.Context, in *s3api.PutBucketAclInput) (*s3api.PutBucketAclOutput, error) { //nolint:revive,staticcheck // named as the operation is
	g := grants{in.GrantFullControl, in.GrantRead, in.GrantReadACP, in.GrantWrite, in.GrantWriteACP}
	return nil, s.changeBucket(ctx, in.Bucket, in.ExpectedBucketOwner, func(tx *objects.Tx, b *objects.Bucket) error {
		if err := checkACLGiven(in.ACL, g, in.AccessControlPolicy); err != nil {
			return err
		}
		doc, err := newACL(in.ACL, g, in.AccessControlPolicy, b.Account)
		if err != nil {
			return err
		}
		if aclsOff(&tx.View, b) {
			return errACLsOff()
		}
		if err := checkPublicACL(&tx.View, b, doc, func() *cloud.Error {
			return errBlocked(ctx, bucketARN(b.Name), "s3:PutBucketAcl", "ACLs", "BlockPublicAcls")
		}); err != nil {
			return err
		}
		return tx.SetSetting(b, aclSetting, doc)
	})
}

// checkPublicACL refuses an ACL for everybody, of a bucket or of an object in it,
// where the bucket blocks those.
func checkPublicACL(v *objects.View, b *objects.Bucket, doc []byte, refusal func() *cloud.Error) error {
	if !isPublicACL(readACL(doc, b.Account)) {
		return nil
	}
	blocked, err := blocks(v, b, func(c *s3api.PublicAccessBlockConfiguration) *bool { return c.BlockPublicAcls })
	if err == nil && blocked {
		return refusal()
	}
	return err
}

// isPublicACL says whether an ACL gives something to everybody, or to everybody
// who has an account.
func isPublicACL(acl s3api.AccessControlPolicy) bool {
	return slices.ContainsFunc(acl.Grants, func(g s3api.Grant) bool {
		uri := text(g.Grantee.URI)
		return uri == allUsers || uri == authenticated
	})
}

// errBlockedBucketACL refuses an ACL for everybody at a bucket's creation.
func errBlockedBucketACL() *cloud.Error {
	return fail(cloud.Invalid, "InvalidBucketAclWithBlockPublicAccessError", "Bucket cannot have public ACLs set with BlockPublicAccess enabled")
}
