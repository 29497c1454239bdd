package s3

import (
	"context"
	"net/url"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/objects"
)

// CompleteMultipartUpload makes an object of the parts of an upload. Asked again
// by a client that has not heard the answer, it answers the same.
func (s *Service) CompleteMultipartUpload(ctx context.Context, in *s3api.CompleteMultipartUploadInput) (*s3api.CompleteMultipartUploadOutput, error) {
	conditions := writeConditions{in.IfMatch, in.IfNoneMatch}
	if err := conditions.check(); err != nil {
		return nil, err
	}
	if err := s.mayMatch(ctx, *in.Bucket, *in.Key, in.IfMatch); err != nil {
		return nil, err
	}
	c, err := newCompletion(in)
	if err != nil {
		return nil, err
	}
	customer, err := customerKeyOf(ctx, customerHeader, in.SSECustomerAlgorithm, in.SSECustomerKey, in.SSECustomerKeyMD5)
	if err != nil {
		return nil, err
	}
	if err := s.mayComplete(ctx, in, customer); err != nil {
		return nil, err
	}
	var out *s3api.CompleteMultipartUploadOutput
	err = s.changeBucket(ctx, in.Bucket, in.ExpectedBucketOwner, func(tx *objects.Tx, b *objects.Bucket) error {
		rules, err := lifecycleRules(&tx.View, b)
		if err != nil {
			return err
		}
		u, err := tx.Upload(b, *in.Key, *in.UploadId)
		if err != nil {
			done, again := completedAs(&tx.View, b, in)
			if !again {
				return err
			}
			out = completed(ctx, b, done, rules)
			return nil
		}
		if err := conditions.hold(&tx.View, b, *in.Key); err != nil {
			return err
		}
		v, err := c.do(tx, b, u)
		if err != nil {
			return err
		}
		out = completed(ctx, b, v, rules)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// mayComplete refuses to complete an upload whose key its caller may not use.
// What is not there is for the change to tell.
func (s *Service) mayComplete(ctx context.Context, in *s3api.CompleteMultipartUploadInput, customer *customerKey) error {
	return s.inBucket(ctx, in.Bucket, in.ExpectedBucketOwner, func(v *objects.View, b *objects.Bucket) error {
		u, err := v.Upload(b, *in.Key, *in.UploadId)
		switch {
		case err != nil:
			return ifThere(err)
		case customer != nil:
			return customer.checkPart(&u.Object.Encryption)
		case len(u.Object.Encryption.Sealed) == 0:
			return nil
		}
		_, err = s.openKey(ctx, b, &u.Object.Encryption, nil)
		return err
	})
}

// completedAs returns the object that an upload has become, while it is the
// latest version.
func completedAs(v *objects.View, b *objects.Bucket, in *s3api.CompleteMultipartUploadInput) (*objects.Version, bool) {
	latest, err := v.Latest(b, *in.Key)
	return latest, err == nil && latest.UploadID == *in.UploadId
}

// completed says what an upload has become.
func completed(ctx context.Context, b *objects.Bucket, v *objects.Version, rules []s3api.LifecycleRule) *s3api.CompleteMultipartUploadOutput {
	out := &s3api.CompleteMultipartUploadOutput{
		Bucket: &b.Name, Key: &v.Key, ETag: new(quoted(v.ETag)), VersionId: newVersionOf(b, v),
		Location:   new(address(ctx, b.Name) + "/" + url.QueryEscape(v.Key)),
		Expiration: optional(expiration(rules, v)),
	}
	fill(out, told(v.Checksum))
	fill(out, toldEncryption(v.Encryption, nil))
	return out
}

// completion is one completion of an upload.
type completion struct {
	in      *s3api.CompleteMultipartUploadInput
	list    []s3api.CompletedPart
	claimed []objects.Checksum // of the whole, as the client says
}

// newCompletion checks what a request to complete says.
func newCompletion(in *s3api.CompleteMultipartUploadInput) (*completion, error) {
	c := &completion{in: in, claimed: given(in)}
	switch {
	case in.MultipartUpload == nil:
		return nil, errInvalidRequest("You must specify at least one part")
	case len(in.MultipartUpload.Parts) == 0:
		return nil, errMalformed()
	case len(c.claimed) > 1:
		return nil, errInvalidRequest("Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
	}
	c.list = in.MultipartUpload.Parts
	for i := range c.list {
		if c.list[i].PartNumber == nil || c.list[i].ETag == nil {
			return nil, errMalformed()
		}
		if err := checkPartNumber(*c.list[i].PartNumber); err != nil {
			return nil, err
		}
	}
	if !ascends(c.list) {
		return nil, fail(cloud.Invalid, "InvalidPartOrder",
			"The list of parts was not in ascending order. The parts list must be specified in order by part number.", "UploadId", *in.UploadId)
	}
	return c, nil
}

// ascends says whether every part has a greater number than the one before it.
func ascends(list []s3api.CompletedPart) bool {
	for i := 1; i < len(list); i++ {
		if *list[i].PartNumber <= *list[i-1].PartNumber {
			return false
		}
	}
	return true
}

// do completes an upload.
func (c *completion) do(tx *objects.Tx, b *objects.Bucket, u *objects.Upload) (*objects.Version, error) {
	sum := partChecksum(u)
	if c.in.ChecksumType != nil && *c.in.ChecksumType != sum.Type {
		return nil, errInvalidRequest("The upload was created using the %s checksum mode. The complete request must use the same checksum mode.", sum.Type)
	}
	parts, err := c.parts(tx, u)
	if err != nil {
		return nil, err
	}
	v := u.Object
	if v.ETag, err = etagOf(parts); err != nil {
		return nil, err
	}
	if v.Checksum, err = checksumOfParts(sum, parts); err != nil {
		return nil, err
	}
	if err := c.checkWhole(v.Checksum, parts); err != nil {
		return nil, err
	}
	if err := retain(&v, tx, b); err != nil {
		return nil, err
	}
	numbers := make([]int32, len(parts))
	for i, p := range parts {
		numbers[i] = p.Number
	}
	return &v, tx.CompleteUpload(b, u, numbers, &v, "ObjectCreated:CompleteMultipartUpload")
}
