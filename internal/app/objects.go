package app

import (
	"context"
	"io"
	"iter"

	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/store/objects"
)

// LakeObjects lets the lake read a store of objects.
func LakeObjects(store objects.Store) lake.Objects { return lakeObjects{store} }

type lakeObjects struct{ store objects.Store }

// List implements lake.Objects.
func (l lakeObjects) List(ctx context.Context, bucket, prefix string) iter.Seq2[lake.Object, error] {
	return func(yield func(lake.Object, error) bool) {
		for o, err := range l.store.List(ctx, bucket, prefix) {
			if !yield(lake.Object(o), err) {
				return
			}
		}
	}
}

// Open implements lake.Objects.
func (l lakeObjects) Open(ctx context.Context, bucket, key string) (io.ReadCloser, error) {
	body, _, err := l.store.Open(ctx, bucket, key)
	return body, err
}
