package s3

import (
	"context"
	"slices"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/objects"
)

// ownerEnforced is the ownership of a bucket that knows no ACLs.
const ownerEnforced = "BucketOwnerEnforced"

var ownerships = []string{ownerEnforced, "BucketOwnerPreferred", "ObjectWriter"}

// GetBucketOwnershipControls tells who owns what is put into a bucket.
func (s *Service) GetBucketOwnershipControls(ctx context.Context, in *s3api.GetBucketOwnershipControlsInput) (*s3api.GetBucketOwnershipControlsOutput, error) {
	c, err := needSetting[s3api.OwnershipControls](ctx, s, in.Bucket, in.ExpectedBucketOwner, ownershipSetting,
		"OwnershipControlsNotFoundError", "The bucket ownership controls were not found")
	return &s3api.GetBucketOwnershipControlsOutput{OwnershipControls: c}, err
}

// PutBucketOwnershipControls says who owns what is put into a bucket, and with
// that whether ACLs count.
func (s *Service) PutBucketOwnershipControls(ctx context.Context, in *s3api.PutBucketOwnershipControlsInput) (*s3api.PutBucketOwnershipControlsOutput, error) {
	return nil, s.changeBucket(ctx, in.Bucket, in.ExpectedBucketOwner, func(tx *objects.Tx, b *objects.Bucket) error {
		rules := in.OwnershipControls.Rules
		if len(rules) != 1 || !slices.Contains(ownerships, text(rules[0].ObjectOwnership)) {
			return errMalformed()
		}
		acl, err := tx.Setting(b, aclSetting)
		if err != nil {
			return err
		}
		if err := checkNewBucketACL(acl, *rules[0].ObjectOwnership); err != nil {
			return err
		}
		return setSetting(tx, b, ownershipSetting, in.OwnershipControls)
	})
}

// DeleteBucketOwnershipControls lets ACLs count, as in buckets from before 2023.
func (s *Service) DeleteBucketOwnershipControls(ctx context.Context, in *s3api.DeleteBucketOwnershipControlsInput) (*s3api.DeleteBucketOwnershipControlsOutput, error) {
	return nil, s.deleteSetting(ctx, in.Bucket, in.ExpectedBucketOwner, ownershipSetting)
}

func ownershipControls(ownership string) s3api.OwnershipControls {
	return s3api.OwnershipControls{Rules: []s3api.OwnershipControlsRule{{ObjectOwnership: &ownership}}}
}

// checkNewBucketACL refuses an ACL that gives something to others than the owner
// where ACLs do not count.
func checkNewBucketACL(acl []byte, ownership string) error {
	if acl != nil && ownership == ownerEnforced {
		return fail(cloud.Invalid, "InvalidBucketAclWithObjectOwnership",
			"Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting")
	}
	return nil
}
