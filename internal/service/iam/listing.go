package iam

import (
	"context"
	"iter"
	"slices"

	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/store/state"
)

// sorted is a listing of names that are in order.
func sorted(names []string) resource.Listing[string] {
	return listing(names, func(name string) string { return name })
}

// listing is one of values that are in the order of their names.
func listing[T any](values []T, name func(T) string) resource.Listing[T] {
	return func(after string) iter.Seq2[resource.Entry[T], error] {
		return func(yield func(resource.Entry[T], error) bool) {
			at, found := slices.BinarySearchFunc(values, after, func(v T, after string) int {
				switch n := name(v); {
				case n < after:
					return -1
				case n > after:
					return 1
				}
				return 0
			})
			if found {
				at++
			}
			for _, v := range values[at:] {
				if !yield(resource.Entry[T]{Name: name(v), Value: v}, nil) {
					return
				}
			}
		}
	}
}

// countAll returns how many documents of a kind there are.
func countAll(ctx context.Context, r resource.Reader, kind string) (n int32, err error) {
	for _, err := range r.List(r.Scope(), kind, state.Range{}) {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return 0, err
		}
		n++
	}
	return n, nil
}
