package glue

import (
	"errors"
	"iter"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/state"
)

// page collects up to limit values of entries that keep accepts, and the token
// of the next page when more are left.
func page[T any](entries iter.Seq2[state.Entry[T], error], limit int, keep func(T) (bool, error)) ([]T, *string, error) {
	found := []T{}
	last := ""
	for entry, err := range entries {
		if err != nil {
			return nil, nil, err
		}
		kept, err := keep(entry.Value)
		if err != nil {
			return nil, nil, err
		}
		if !kept {
			continue
		}
		if len(found) == limit {
			return found, next(last), nil
		}
		found = append(found, entry.Value)
		last = entry.Key.Name
	}
	return found, nil, nil
}

func all[T any](T) (bool, error) { return true, nil }

// limit returns the page size asked for, or most when none or more was.
func limit(asked *int32, most int) int {
	if asked == nil || int(*asked) > most {
		return most
	}
	return int(*asked)
}

// visible returns the error that a caller may see in err's chain.
func visible(err error) (*cloud.Error, bool) {
	return errors.AsType[*cloud.Error](err)
}
