package s3

import (
	"context"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/store/objects"
)

// ListParts lists the parts of an upload that have come so far.
func (s *Service) ListParts(ctx context.Context, in *s3api.ListPartsInput) (*s3api.ListPartsOutput, error) {
	most, after := resource.Value(in.MaxParts), resource.Value(in.PartNumberMarker)
	switch {
	case in.MaxParts == nil || most > maxListed:
		most = maxListed
	case most < 0:
		return nil, errArgument("max-parts", number(most), "Argument max-parts must be an integer between 0 and 2147483647")
	}
	if after < 0 {
		return nil, errArgument("part-number-marker", number(after), "Argument part-number-marker must be an integer between 0 and 2147483647")
	}
	out := &s3api.ListPartsOutput{
		Bucket: in.Bucket, Key: in.Key, UploadId: in.UploadId,
		MaxParts: &most, PartNumberMarker: &after, NextPartNumberMarker: new(int32(0)), IsTruncated: new(false),
	}
	err := s.inBucket(ctx, in.Bucket, in.ExpectedBucketOwner, func(v *objects.View, b *objects.Bucket) error {
		u, err := v.Upload(b, *in.Key, *in.UploadId)
		if err != nil {
			return err
		}
		owner := uploadOwner(u)
		out.Owner, out.Initiator = owner, &s3api.Initiator{ID: owner.ID}
		out.StorageClass = new(storageClassOf(&u.Object))
		out.ChecksumAlgorithm, out.ChecksumType = optional(u.Checksum.Algorithm), optional(u.Checksum.Type)
		rules, err := lifecycleRules(v, b)
		if err != nil {
			return err
		}
		if date, id, ok := abortRule(rules, u.Key, u.Initiated); ok {
			out.AbortDate, out.AbortRuleId = &date, &id
		}
		return addParts(out, v, u)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func addParts(out *s3api.ListPartsOutput, v *objects.View, u *objects.Upload) error {
	for p, err := range v.Parts(u, *out.PartNumberMarker) {
		if err != nil {
			return err
		}
		if len(out.Parts) == int(*out.MaxParts) {
			out.IsTruncated = new(true)
			break
		}
		out.Parts, out.NextPartNumberMarker = append(out.Parts, listedPart(u, p)), new(p.Number)
	}
	return nil
}
