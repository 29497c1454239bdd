package s3

import (
	"context"

	"github.com/sillok/sillok/internal/api/s3api"
)

// What the tests of objects reach from outside.
var (
	Fill     = fill
	Given    = given
	ToldPart = toldPart
)

// The limits that tests go beyond.
const (
	MaxKey      = maxKey
	MaxObject   = maxObject
	MaxMetadata = maxMetadata
	MaxRedirect = maxRedirect
	MaxTagKey   = maxTagKey
	MaxTagValue = maxTagValue
	MaxDeleted  = maxDeleted
	MinPart     = minPart
)

// What the tests of objects spell as it is here.
const (
	IfMatch           = ifMatch
	IfNoneMatch       = ifNoneMatch
	IfModifiedSince   = ifModifiedSince
	IfUnmodifiedSince = ifUnmodifiedSince
)

// ParseRange reads the header Range; ok is false where it is passed over.
func ParseRange(header string, size int64) (offset, length int64, ok bool) {
	s, ok, err := parseRange(header, size)
	return s.offset, s.size, ok && err == nil
}

// ParseCopyRange reads the range of a source.
func ParseCopyRange(header string, size int64) (offset, length int64, ok bool) {
	s, err := parseCopyRange(header, size)
	return s.offset, s.size, err == nil
}

// ParseCopySource reads the header x-amz-copy-source.
func ParseCopySource(header string) (bucket, key string, err error) {
	from, err := parseCopySource(header)
	return from.bucket, from.key, err
}

// CopyObject copies an object and calls before with the number of each attempt.
func CopyObject(ctx context.Context, s *Service, in *s3api.CopyObjectInput, before func(attempt int)) (*s3api.CopyObjectOutput, error) {
	c, err := s.newCopy(ctx, in)
	if err != nil {
		return nil, err
	}
	attempt := 0
	err = c.run(ctx, func() error {
		attempt++
		before(attempt)
		return s.changeBucket(ctx, in.Bucket, in.ExpectedBucketOwner, c.do)
	})
	return c.out, err
}
