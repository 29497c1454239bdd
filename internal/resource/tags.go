package resource

import (
	"context"
	"iter"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/sillok/sillok/internal/cloud"
)

// AWS's limits of tags, which count characters.
const (
	maxTags     = 50 // of one resource
	maxTagKey   = 128
	maxTagValue = 256
	reservedTag = "aws:" // how keys that are AWS's own begin
)

// Tags is the tags of a service's resources. All services' tags are kept by ARN
// in one place.
//
// Tag, Untag and List are operations: they take what a client names the resource
// by. The others belong to a transaction of the resource itself, which its ARN
// names.
type Tags struct {
	Invalid string // code for a key or value that is not allowed, and for a key that is given twice
	TooMany string // code for more than 50 tags on one resource

	// Named returns the ARN of what a client names, or the service's error when
	// that is no resource of its own or does not exist.
	Named func(r Reader, name string) (arn string, err error)
}

var tagged = Kind[map[string]string]{Name: "resource/tags"}

// Tag gives a resource tags, as Add does.
func (t Tags) Tag(ctx context.Context, s Store, name string, added iter.Seq2[string, string]) error {
	return s.Update(ctx, func(tx Tx) error {
		arn, err := t.Named(tx, name)
		if err != nil {
			return err
		}
		return t.Add(tx, arn, added)
	})
}

// Untag takes tags from a resource by their keys; those it has not are ignored.
func (t Tags) Untag(ctx context.Context, s Store, name string, keys []string) error {
	return s.Update(ctx, func(tx Tx) error {
		arn, err := t.Named(tx, name)
		if err != nil {
			return err
		}
		kept, err := t.Of(tx, arn)
		if err != nil {
			return err
		}
		for _, key := range keys {
			delete(kept, key)
		}
		return t.put(tx, arn, kept)
	})
}

// List returns the tags of a resource, as Of does.
func (t Tags) List(ctx context.Context, s Store, name string) (kept map[string]string, err error) {
	err = s.View(ctx, func(r Reader) error {
		arn, err := t.Named(r, name)
		if err != nil {
			return err
		}
		kept, err = t.Of(r, arn)
		return err
	})
	return kept, err
}

// Of returns the tags of a resource; one without any has an empty map.
func (Tags) Of(r Reader, arn string) (map[string]string, error) {
	kept, _, err := tagged.Find(r, arn)
	if kept == nil {
		kept = map[string]string{}
	}
	return kept, err
}

// Add gives a resource tags, which replace those of the same keys. Keys that
// differ in case are different.
func (t Tags) Add(tx Tx, arn string, added iter.Seq2[string, string]) error {
	kept, err := t.Of(tx, arn)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for key, value := range added {
		if err := t.check(key, value); err != nil {
			return err
		}
		if seen[key] {
			return cloud.Errorf(cloud.Invalid, t.Invalid, "The tag key %s is given twice.", key)
		}
		seen[key], kept[key] = true, value
	}
	if len(kept) > maxTags {
		return cloud.Errorf(cloud.Invalid, t.TooMany, "%s would have %d tags; a resource can have %d.", arn, len(kept), maxTags)
	}
	return t.put(tx, arn, kept)
}

// Replace gives a resource tags in place of all that it has.
func (t Tags) Replace(tx Tx, arn string, tags iter.Seq2[string, string]) error {
	if err := t.Delete(tx, arn); err != nil {
		return err
	}
	return t.Add(tx, arn, tags)
}

// Delete removes all tags of a resource, as its own deletion must.
func (Tags) Delete(tx Tx, arn string) error { return tagged.Discard(tx, arn) }

func (t Tags) put(tx Tx, arn string, tags map[string]string) error {
	if len(tags) == 0 {
		return t.Delete(tx, arn)
	}
	return tagged.Put(tx, tags, arn)
}

func (t Tags) check(key, value string) error {
	switch {
	case len(key) == 0, utf8.RuneCountInString(key) > maxTagKey:
		return cloud.Errorf(cloud.Invalid, t.Invalid, "A tag key has 1 to %d characters: %q", maxTagKey, key)
	case utf8.RuneCountInString(value) > maxTagValue:
		return cloud.Errorf(cloud.Invalid, t.Invalid, "The value of tag %s has more than %d characters.", key, maxTagValue)
	case len(key) >= len(reservedTag) && strings.EqualFold(key[:len(reservedTag)], reservedTag):
		return cloud.Errorf(cloud.Invalid, t.Invalid, "Tag keys that begin with %q are reserved: %s", reservedTag, key)
	}
	return nil
}

// Tag is a tag in the form that most services' shapes have; a conversion such
// as Tag(athenaapi.Tag{…}) leads from one to the other.
type Tag struct{ Key, Value *string }

// FromList yields the tags of a list, which a service's shape is turned into a
// Tag by tag for.
func FromList[S any](list []S, tag func(S) Tag) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for _, shape := range list {
			if t := tag(shape); !yield(Value(t.Key), Value(t.Value)) {
				return
			}
		}
	}
}

// ToList returns tags by key, as a list of a service's shape.
func ToList[S any](tags map[string]string, shape func(Tag) S) []S {
	list := make([]S, 0, len(tags))
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, shape(Tag{new(key), new(tags[key])}))
	}
	return list
}
