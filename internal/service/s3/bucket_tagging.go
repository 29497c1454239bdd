package s3

import (
	"context"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
)

const (
	maxBucketTags = 50
	maxTagKey     = 128 // characters
	maxTagValue   = 256

	reservedTag        = "System tags cannot be added/updated by requester"
	reservedAtCreation = `User-defined tag keys can't start with "aws:". This prefix is reserved for system tags. Remove "aws:" from your tag keys and try again.`
)

// tagText is what keys and values of tags are made of.
var tagText = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`)

// GetBucketTagging tells a bucket's tags.
func (s *Service) GetBucketTagging(ctx context.Context, in *s3api.GetBucketTaggingInput) (*s3api.GetBucketTaggingOutput, error) {
	tagging, err := needSetting[s3api.Tagging](ctx, s, in.Bucket, in.ExpectedBucketOwner, taggingSetting, "NoSuchTagSet", "The TagSet does not exist")
	if err != nil {
		return nil, err
	}
	return &s3api.GetBucketTaggingOutput{TagSet: tagging.TagSet}, nil
}

// PutBucketTagging replaces a bucket's tags.
func (s *Service) PutBucketTagging(ctx context.Context, in *s3api.PutBucketTaggingInput) (*s3api.PutBucketTaggingOutput, error) {
	if len(in.Tagging.TagSet) == 0 {
		return nil, s.deleteSetting(ctx, in.Bucket, in.ExpectedBucketOwner, taggingSetting)
	}
	return nil, s.putSetting(ctx, in.Bucket, in.ExpectedBucketOwner, taggingSetting, in.Tagging, func() error {
		return checkBucketTags(in.Tagging.TagSet, reservedTag)
	})
}

// DeleteBucketTagging removes a bucket's tags.
func (s *Service) DeleteBucketTagging(ctx context.Context, in *s3api.DeleteBucketTaggingInput) (*s3api.DeleteBucketTaggingOutput, error) {
	return nil, s.deleteSetting(ctx, in.Bucket, in.ExpectedBucketOwner, taggingSetting)
}

// checkBucketTags refuses tags that a bucket cannot have; reserved is what S3
// says of keys that it keeps to itself.
func checkBucketTags(tags []s3api.Tag, reserved string) error {
	if len(tags) > maxBucketTags {
		return cloud.Errorf(cloud.Invalid, "BadRequest", "Bucket tag count cannot be greater than %d", maxBucketTags)
	}
	seen := map[string]bool{}
	for _, tag := range tags {
		if tag.Key == nil || tag.Value == nil {
			return errMalformed()
		}
		key, value := *tag.Key, *tag.Value
		switch {
		case seen[key]:
			return errTag("Cannot provide multiple Tags with the same key", "TagKey", key)
		case strings.HasPrefix(key, "aws:") && reserved == reservedAtCreation:
			return errTag(reserved)
		case strings.HasPrefix(key, "aws:"):
			return errTag(reserved, "TagKey", key)
		case !tagText.MatchString(key) || utf8.RuneCountInString(key) > maxTagKey || key == "":
			return errTag("The TagKey you have provided is invalid", "TagKey", key)
		case !tagText.MatchString(value) || utf8.RuneCountInString(value) > maxTagValue:
			return errTag("The TagValue you have provided is invalid", "TagKey", key, "TagValue", value)
		}
		seen[key] = true
	}
	return nil
}

func errTag(message string, members ...string) *cloud.Error {
	return fail(cloud.Invalid, "InvalidTag", message, members...)
}
