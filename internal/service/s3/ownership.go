package s3

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/objects"
)

// ownerEnforced is the ownership of a bucket that knows no ACLs.
const ownerEnforced = "BucketOwnerEnforced"

// ownerPreferred is the ownership of a bucket whose owner gets what its writers
// leave to him.
const ownerPreferred = "BucketOwnerPreferred"

var ownerships = []string{ownerEnforced, ownerPreferred, "ObjectWriter"}

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

// own says in a version that a call is about to write whose it is and who else
// may do what with it, as the bucket's ownership has it: where ACLs are off,
// and of what nobody signed, the bucket's owner's; else the writer's, unless he
// leaves it to the bucket's owner.
func own(ctx context.Context, v *objects.View, b *objects.Bucket, version *objects.Version, in *s3api.PutObjectInput) error {
	off := aclsOff(v, b)
	if off && version.ACL != nil {
		return errACLsOff()
	}
	if err := checkPublicACL(v, b, version.ACL, func() *cloud.Error {
		return errBlocked(ctx, objectARN(b.Name, *in.Key), "s3:PutObject", "ACLs", "BlockPublicAcls")
	}); err != nil {
		return err
	}
	writer := cloud.Account(version.Owner)
	if off || writer == "" {
		version.Owner = string(b.Account)
		return nil
	}
	if writer == b.Account {
		return nil
	}
	shared := map[string]string{"bucket-owner-full-control": fullControl, "bucket-owner-read": "READ"}[text(in.ACL)]
	if shared == fullControl && ownershipOf(v, b) == ownerPreferred {
		version.Owner = string(b.Account)
		return nil
	}
	if shared == "" {
		return nil
	}
	grants := append(ownerGrants(writer), toID(canonicalID(b.Account), shared))
	acl, err := json.Marshal(s3api.AccessControlPolicy{Owner: ownerOf(writer), Grants: grants})
	version.ACL = acl
	return err
}

// ownershipOf returns a bucket's ownership; that of buckets from before 2023 is
// the writer's.
func ownershipOf(v *objects.View, b *objects.Bucket) string {
	controls, err := setting[s3api.OwnershipControls](v, b, ownershipSetting)
	if err != nil || controls == nil || len(controls.Rules) == 0 {
		return "ObjectWriter"
	}
	return text(controls.Rules[0].ObjectOwnership)
}
