package s3

import (
	"context"
	"slices"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/seal"
	"github.com/sillok/sillok/internal/store/objects"
)

const standardClass = "STANDARD"

// storageClasses are those that a bucket takes. All of them are kept in the same
// place.
var storageClasses = []string{
	standardClass, "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER", "DEEP_ARCHIVE", "GLACIER_IR",
}

// draft is a version before it is written: what its request says of it, and
// what the bucket adds to that.
type draft struct {
	version  objects.Version
	rules    []s3api.LifecycleRule
	customer *customerKey // that the request brings; nil for none
	bucket   *objects.Bucket
}

// created returns what a request says of the object that it makes as if it put
// that object: the requests that make objects share these members.
func created(in any) *s3api.PutObjectInput {
	put := &s3api.PutObjectInput{}
	fill(put, in)
	return put
}

// draft checks all that a request says of the object that it makes, but for its
// content, before that is read. asked says whether it sends a checksum.
func (s *Service) draft(ctx context.Context, in *s3api.PutObjectInput, asked bool) (*draft, error) {
	account := cloud.CallOf(ctx).Account
	d := &draft{version: objects.Version{Owner: string(account)}}
	var err error
	if d.customer, err = s.outline(ctx, &d.version, in); err != nil {
		return nil, err
	}
	if d.version.ACL, err = newACL(in.ACL, objectGrants(in), nil, account); err != nil {
		return nil, err
	}
	return d, s.inBucket(ctx, in.Bucket, in.ExpectedBucketOwner, func(v *objects.View, b *objects.Bucket) (err error) {
		if err := checkLockAsked(b, in, asked); err != nil {
			return err
		}
		if err := own(ctx, v, b, &d.version, in); err != nil {
			return err
		}
		if err := d.settle(v, b, in); err != nil {
			return err
		}
		d.bucket = b
		d.rules, err = lifecycleRules(v, b)
		return err
	})
}

// outline sets what a request alone says of a version, and returns the key that it
// brings.
func (s *Service) outline(ctx context.Context, v *objects.Version, in *s3api.PutObjectInput) (customer *customerKey, err error) {
	if err := checkKey(*in.Key); err != nil {
		return nil, err
	}
	if err := describe(v, in); err != nil {
		return nil, err
	}
	if class := text(in.StorageClass); class != "" && class != standardClass {
		if !slices.Contains(storageClasses, class) {
			return nil, fail(cloud.Invalid, "InvalidStorageClass", "The storage class you specified is not valid", "StorageClassRequested", class)
		}
		v.StorageClass = class
	}
	if v.Encryption, customer, err = encryptionAsked(ctx, in); err != nil {
		return nil, err
	}
	if v.Tags, err = headerTags(in.Tagging); err != nil {
		return nil, err
	}
	return customer, lock(v, in, s.cfg.Now())
}

// newKey makes the key of the content that the draft is to have; nil for the
// server's own.
func (s *Service) newKeyOf(ctx context.Context, d *draft, key string) (*seal.Sealer, error) {
	return s.newKey(ctx, d.bucket, key, &d.version.Encryption, d.customer)
}

// told is what answers tell of how the draft is encrypted.
func (d *draft) encrypted() *encryptionTold { return toldEncryption(d.version.Encryption, d.customer) }

// make returns the version as it is written now. The draft stays as it is.
func (d *draft) make(tx *objects.Tx, b *objects.Bucket) (*objects.Version, error) {
	v := d.version
	return &v, retain(&v, tx, b)
}

// expiration is the header that says when the bucket's rules end a version.
func (d *draft) expiration(v *objects.Version) *string { return optional(expiration(d.rules, v)) }

// optional is a member that is left out where it is empty.
func optional(member string) *string {
	if member == "" {
		return nil
	}
	return &member
}

func objectGrants(in *s3api.PutObjectInput) grants {
	return grants{FullControl: in.GrantFullControl, Read: in.GrantRead, ReadACP: in.GrantReadACP, WriteACP: in.GrantWriteACP}
}
