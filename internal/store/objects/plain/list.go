package plain

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// list calls f for each object, in the order of keys, and with Versions for each
// version, of one key the latest first.
func (r *run) list(ctx context.Context, f func(listed) error) error {
	if r.Versions {
		return r.listVersions(ctx, r.Prefix, f)
	}
	return r.listLatest(ctx, f)
}

func (r *run) listLatest(ctx context.Context, f func(listed) error) error {
	pages := s3.NewListObjectsV2Paginator(r.Client, &s3.ListObjectsV2Input{
		Bucket: &r.Bucket, Prefix: some(r.Prefix), EncodingType: types.EncodingTypeUrl,
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("list %s: %w", r.Bucket, failure{err})
		}
		for _, o := range page.Contents {
			key, err := decoded(value(o.Key), page.EncodingType)
			if err != nil {
				return err
			}
			l := listed{key: key, latest: true, size: value(o.Size), etag: strings.Trim(value(o.ETag), `"`), modified: value(o.LastModified)}
			if err := f(l); err != nil {
				return err
			}
		}
	}
	return nil
}

// decoded returns a key as it is: XML cannot carry every key, so keys come
// URL-encoded.
func decoded(key string, encoding types.EncodingType) (string, error) {
	if encoding != types.EncodingTypeUrl {
		return key, nil
	}
	return url.QueryUnescape(key)
}

func (r *run) listVersions(ctx context.Context, prefix string, f func(listed) error) error {
	in := &s3.ListObjectVersionsInput{Bucket: &r.Bucket, Prefix: some(prefix), EncodingType: types.EncodingTypeUrl}
	for {
		var order []string
		page, err := r.Client.ListObjectVersions(ctx, in, s3.WithAPIOptions(readOrder(&order)))
		if err != nil {
			return fmt.Errorf("list %s: %w", r.Bucket, failure{err})
		}
		all, err := versionsOf(page, order)
		if err != nil {
			return err
		}
		for _, l := range all {
			if err := f(l); err != nil {
				return err
			}
		}
		if !value(page.IsTruncated) {
			return nil
		}
		next, err := decoded(value(page.NextKeyMarker), page.EncodingType)
		if err != nil {
			return err
		}
		if next == value(in.KeyMarker) && value(page.NextVersionIdMarker) == value(in.VersionIdMarker) {
			return fmt.Errorf("list %s: the listing goes round in circles at %q", r.Bucket, next)
		}
		in.KeyMarker, in.VersionIdMarker = &next, page.NextVersionIdMarker
	}
}
