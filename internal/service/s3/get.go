package s3

import (
	"context"
	"net/http"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/seal"
	"github.com/sillok/sillok/internal/store/objects"
)

// GetObject returns an object, or some of its bytes.
func (s *Service) GetObject(ctx context.Context, in *s3api.GetObjectInput) (*s3api.GetObjectOutput, error) {
	return s.read(ctx, in, http.MethodGet, func(v *objects.View, key *seal.Sealer, version *objects.Version, part span, out *s3api.GetObjectOutput) (err error) {
		out.Body, err = v.ReadBy(ctx, key, version, part.offset, part.size)
		return err
	})
}

// HeadObject tells all that GetObject does, without the content.
func (s *Service) HeadObject(ctx context.Context, in *s3api.HeadObjectInput) (*s3api.HeadObjectOutput, error) {
	get := &s3api.GetObjectInput{}
	fill(get, in)
	out, err := s.read(ctx, get, http.MethodHead, nil)
	if err != nil {
		return nil, err
	}
	head := &s3api.HeadObjectOutput{}
	fill(head, out)
	return head, nil
}

// read answers a request to read. open, which may be nil, opens the content.
func (s *Service) read(ctx context.Context, in *s3api.GetObjectInput, method string,
	open func(*objects.View, *seal.Sealer, *objects.Version, span, *s3api.GetObjectOutput) error,
) (out *s3api.GetObjectOutput, err error) {
	customer, err := customerKeyOf(ctx, customerHeader, in.SSECustomerAlgorithm, in.SSECustomerKey, in.SSECustomerKeyMD5)
	if err != nil {
		return nil, err
	}
	if overrides(in) && cloud.CallOf(ctx).Principal.Type == cloud.Anonymous {
		return nil, errInvalidRequest("Request specific response headers cannot be used for anonymous GET requests.")
	}
	err = s.inBucket(ctx, in.Bucket, in.ExpectedBucketOwner, func(v *objects.View, b *objects.Bucket) error {
		r := &reading{in: in, method: method, now: s.cfg.Now(), view: v, bucket: b, customer: customer}
		version, err := r.version()
		if err != nil {
			return err
		}
		var part span
		if out, part, err = r.represent(version); err != nil {
			return err
		}
		switch {
		case open == nil && !r.sums():
			return nil
		case open != nil:
			if err := checkReadable(version, r.now); err != nil {
				return err
			}
		}
		key, err := s.openKey(ctx, b, &version.Encryption, customer)
		if err != nil || open == nil {
			return err
		}
		return open(v, key, version, part, out)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
