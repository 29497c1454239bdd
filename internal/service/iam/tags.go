package iam

import (
	"maps"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/api/iamapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
)

// tags are those of everything in IAM that can have some, by ARN.
var tags = resource.Tags{Invalid: "InvalidInput", TooMany: "LimitExceeded"}

// addTags gives something tags. Unlike those of other services, keys that differ in
// case alone are the same.
func addTags(tx resource.Tx, name string, added []iamapi.Tag) error {
	if len(added) == 0 {
		return nil
	}
	kept, err := tags.Of(tx, name)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, t := range added {
		key := *t.Key
		if seen[strings.ToLower(key)] {
			return errInput("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
		}
		seen[strings.ToLower(key)] = true
		maps.DeleteFunc(kept, func(old, _ string) bool { return strings.EqualFold(old, key) })
		kept[key] = *t.Value
	}
	if len(kept) > 50 {
		return cloud.Errorf(cloud.Conflict, "LimitExceeded", "The number of tags has reached the maximum limit.")
	}
	return tags.Replace(tx, name, maps.All(kept))
}

// removeTags takes tags from something by their keys, whatever their case.
func removeTags(tx resource.Tx, name string, keys []string) error {
	kept, err := tags.Of(tx, name)
	if err != nil {
		return err
	}
	maps.DeleteFunc(kept, func(old, _ string) bool {
		return slices.ContainsFunc(keys, func(key string) bool { return strings.EqualFold(old, key) })
	})
	return tags.Replace(tx, name, maps.All(kept))
}

// moveTags gives the tags of something to the new name of it.
func moveTags(tx resource.Tx, from, to string) error {
	kept, err := tags.Of(tx, from)
	if err != nil || from == to {
		return err
	}
	if err := tags.Delete(tx, from); err != nil {
		return err
	}
	return tags.Replace(tx, to, maps.All(kept))
}

// tagsOf returns the tags of something by key; nil for none.
func tagsOf(r resource.Reader, name string) ([]iamapi.Tag, error) {
	kept, err := tags.Of(r, name)
	if err != nil || len(kept) == 0 {
		return nil, err
	}
	return resource.ToList(kept, func(t resource.Tag) iamapi.Tag { return iamapi.Tag(t) }), nil
}
