package s3

import (
	"context"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/store/objects"
)

// maxBuckets is how many buckets a page has at most.
const maxBuckets = 10_000

// ListBuckets lists the account's buckets in all regions, by name.
func (s *Service) ListBuckets(ctx context.Context, in *s3api.ListBucketsInput) (*s3api.ListBucketsOutput, error) {
	account, of := cloud.CallOf(ctx).Account, tokenOf("buckets", text(in.Prefix), text(in.BucketRegion))
	most, after, err := checkListBuckets(in, of)
	if err != nil {
		return nil, err
	}
	out := &s3api.ListBucketsOutput{Buckets: []s3api.Bucket{}, Owner: ownerOf(account), Prefix: in.Prefix}
	return out, s.db.View(ctx, func(v *objects.View) error {
		for b, err := range v.Buckets(max(after, text(in.Prefix))) {
			switch {
			case err != nil:
				return err
			case ctx.Err() != nil:
				return ctx.Err()
			case !strings.HasPrefix(b.Name, text(in.Prefix)):
				return nil
			case b.Name == after || b.Account != account || in.BucketRegion != nil && cloud.Region(*in.BucketRegion) != b.Region:
				continue
			case len(out.Buckets) == most:
				out.ContinuationToken = new(of.next(*out.Buckets[most-1].Name))
				return nil
			}
			told := s3api.Bucket{Name: &b.Name, CreationDate: whole(b.Created), BucketArn: new(bucketARN(b.Name))}
			if in.Prefix != nil || in.BucketRegion != nil || in.MaxBuckets != nil || in.ContinuationToken != nil {
				told.BucketRegion = new(string(b.Region)) // S3 tells it to whoever asks for some of the buckets
			}
			out.Buckets = append(out.Buckets, told)
		}
		return nil
	})
}

// checkListBuckets returns how many buckets a page has at most, and the name
// that it begins after.
func checkListBuckets(in *s3api.ListBucketsInput, of tokens) (most int, after string, err error) {
	most = int(resource.Or(in.MaxBuckets, maxBuckets))
	if in.MaxBuckets != nil && (*in.MaxBuckets < 1 || *in.MaxBuckets > maxBuckets) {
		return 0, "", errArgument("max-buckets", number(*in.MaxBuckets), "Argument max-buckets must be an integer between 1 and 10000")
	}
	if r := in.BucketRegion; r != nil && *r != string(firstRegion) && (*r == europe || !slices.Contains(locationConstraints, *r)) {
		return 0, "", fail(cloud.Invalid, "InvalidArgument", "Argument value "+*r+" is not a valid AWS Region", "ArgumentName", "bucket-region")
	}
	if in.ContinuationToken != nil {
		after, err = of.after(*in.ContinuationToken)
	}
	return most, after, err
}
