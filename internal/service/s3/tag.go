package s3

import (
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/objects"
)

const (
	maxObjectTags = 10
	taggingHeader = "x-amz-tagging"
)

// headerTags returns the tags that a header has, which are written as the
// parameters of a URL are.
func headerTags(header *string) ([]objects.Tag, error) {
	if text(header) == "" {
		return nil, nil
	}
	var tags []objects.Tag
	seen := map[string]bool{}
	for part := range strings.SplitSeq(*header, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		key, badKey := url.QueryUnescape(name)
		value, badValue := url.QueryUnescape(value)
		if badKey != nil || badValue != nil || seen[key] || !utf8.ValidString(key+value) {
			return nil, errArgument(taggingHeader, *header, "The header 'x-amz-tagging' shall be encoded as UTF-8 "+
				"then URLEncoded URL query parameters without tag name duplicates.")
		}
		seen[key] = true
		tags = append(tags, objects.Tag{Key: key, Value: value})
	}
	return tags, checkTags(tags)
}

// setTags returns the tags that a document has.
func setTags(set []s3api.Tag) ([]objects.Tag, error) {
	tags := make([]objects.Tag, len(set))
	for i, tag := range set {
		if tag.Key == nil || tag.Value == nil {
			return nil, errMalformed()
		}
		tags[i] = objects.Tag{Key: *tag.Key, Value: *tag.Value}
	}
	return tags, checkTags(tags)
}

// checkTags refuses tags that an object cannot have.
func checkTags(tags []objects.Tag) error {
	if len(tags) > maxObjectTags {
		return cloud.Errorf(cloud.Invalid, "BadRequest", "Object tags cannot be greater than %d", maxObjectTags)
	}
	seen := map[string]bool{}
	for _, tag := range tags {
		switch {
		case seen[tag.Key]:
			return errTag("Cannot provide multiple Tags with the same key", "TagKey", tag.Key)
		case strings.HasPrefix(tag.Key, "aws:"):
			return errTag("Your TagKey cannot be prefixed with aws:", "TagKey", tag.Key)
		case tag.Key == "" || utf8.RuneCountInString(tag.Key) > maxTagKey || !tagText.MatchString(tag.Key):
			return errTag("The TagKey you have provided is invalid", "TagKey", tag.Key)
		case utf8.RuneCountInString(tag.Value) > maxTagValue || !tagText.MatchString(tag.Value):
			return errTag("The TagValue you have provided is invalid", "TagKey", tag.Key, "TagValue", tag.Value)
		}
		seen[tag.Key] = true
	}
	return nil
}

// toldTags is a version's tags as a document.
func toldTags(tags []objects.Tag) []s3api.Tag {
	set := make([]s3api.Tag, len(tags))
	for i, tag := range tags {
		set[i] = s3api.Tag{Key: new(tag.Key), Value: new(tag.Value)}
	}
	return set
}
