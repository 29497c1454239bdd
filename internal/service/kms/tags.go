package kms

import (
	"context"

	"github.com/sillok/sillok/internal/api/kmsapi"
	"github.com/sillok/sillok/internal/resource"
)

func tagOf(t kmsapi.Tag) resource.Tag { return resource.Tag{Key: t.TagKey, Value: t.TagValue} }

// TagResource gives a key tags.
func (s *Service) TagResource(ctx context.Context, in *kmsapi.TagResourceInput) (*kmsapi.TagResourceOutput, error) {
	return nil, s.change(ctx, *in.KeyId, func(tx resource.Tx, k *key) error {
		return tags.Add(tx, k.arn(tx.Scope()), resource.FromList(in.Tags, tagOf))
	})
}

// UntagResource takes tags from a key.
func (s *Service) UntagResource(ctx context.Context, in *kmsapi.UntagResourceInput) (*kmsapi.UntagResourceOutput, error) {
	return nil, s.change(ctx, *in.KeyId, func(tx resource.Tx, k *key) error {
		kept, err := tags.Of(tx, k.arn(tx.Scope()))
		if err != nil {
			return err
		}
		for _, key := range in.TagKeys {
			delete(kept, key)
		}
		return tags.Replace(tx, k.arn(tx.Scope()), func(yield func(string, string) bool) {
			for key, value := range kept {
				if !yield(key, value) {
					return
				}
			}
		})
	})
}

// ListResourceTags lists the tags of a key.
func (s *Service) ListResourceTags(ctx context.Context, in *kmsapi.ListResourceTagsInput) (*kmsapi.ListResourceTagsOutput, error) {
	n, err := parseOwn(ctx, *in.KeyId)
	if err != nil {
		return nil, err
	}
	out := &kmsapi.ListResourceTagsOutput{}
	err = s.view(ctx, n.scope, func(r resource.Reader) error {
		k, err := n.get(r)
		if err != nil {
			return err
		}
		kept, err := tags.Of(r, k.arn(n.scope))
		if err != nil {
			return err
		}
		page := markers.Page(in, in.Marker, in.Limit, 50)
		out.Tags, out.NextMarker, err = resource.Page(ctx, page, listed(kept), resource.Whole)
		return err
	})
	out.Truncated = new(out.NextMarker != nil)
	return out, err
}
