package kms

import (
	"fmt"
	"iter"

	"github.com/sillok/sillok/internal/api/kmsapi"
	"github.com/sillok/sillok/internal/resource"
)

// listed is tags as a listing, by their keys.
func listed(tags map[string]string) resource.Listing[kmsapi.Tag] {
	shapes := resource.ToList(tags, func(t resource.Tag) kmsapi.Tag { return kmsapi.Tag{TagKey: t.Key, TagValue: t.Value} })
	return inOrder(shapes, func(_ int, t kmsapi.Tag) string { return *t.TagKey })
}

// versions is the key's materials as a listing, oldest first.
func (k *key) versions(after string) iter.Seq2[resource.Entry[version], error] {
	return inOrder(k.Materials, func(at int, _ version) string { return fmt.Sprintf("%04d", at) })(after)
}

// inOrder is a list, sorted by the names of its elements, as a listing.
func inOrder[T any](list []T, name func(at int, element T) string) resource.Listing[T] {
	return func(after string) iter.Seq2[resource.Entry[T], error] {
		return func(yield func(resource.Entry[T], error) bool) {
			for at, element := range list {
				if n := name(at, element); n > after && !yield(resource.Entry[T]{Name: n, Value: element}, nil) {
					return
				}
			}
		}
	}
}
