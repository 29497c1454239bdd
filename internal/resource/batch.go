package resource

import (
	"errors"

	"github.com/sillok/sillok/internal/cloud"
)

// Each does one thing to each of the items of a batch operation. Why one failed
// goes to fail, and the rest goes on. A failure that is no item's fault, such as
// a full disk, ends the batch and is returned.
func Each[T any](items []T, do func(item T) error, fail func(item T, why *cloud.Error)) error {
	for _, item := range items {
		err := do(item)
		if err == nil {
			continue
		}
		why, ok := errors.AsType[*cloud.Error](err)
		if !ok || why.Kind == cloud.Internal || why.Kind == cloud.Unavailable || why.Kind == cloud.Throttled {
			return err
		}
		fail(item, why)
	}
	return nil
}

// Batch is Each for what has a result: it returns those of the items that did
// not fail.
func Batch[T, R any](items []T, do func(item T) (R, error), fail func(item T, why *cloud.Error)) ([]R, error) {
	results := []R{}
	err := Each(items, func(item T) error {
		result, err := do(item)
		if err == nil {
			results = append(results, result)
		}
		return err
	}, fail)
	return results, err
}
