package state

import (
	"encoding/json"
	"fmt"
	"iter"

	"github.com/sillok/sillok/internal/cloud"
)

// Entry is a decoded document and its key.
type Entry[T any] struct {
	Key   Key
	Value T
}

// Get returns the JSON document at key; the error is of kind NotFound without
// one.
func Get[T any](r Reader, key Key) (T, error) {
	data, err := r.Get(key)
	if err != nil {
		var none T
		return none, err
	}
	return decode[T](key, data)
}

// Find returns the JSON document at key and whether there is one.
func Find[T any](r Reader, key Key) (value T, found bool, err error) {
	value, err = Get[T](r, key)
	if err != nil && cloud.KindOf(err) == cloud.NotFound {
		return value, false, nil
	}
	return value, err == nil, err
}

// FindOr is Find, and decodes a document that it is given where there is none: so that
// whoever waits for it cannot tell by the time whether there is one.
func FindOr[T any](r Reader, key Key, otherwise []byte) (value T, found bool, err error) {
	data, err := r.Get(key)
	found = err == nil
	if err != nil {
		if cloud.KindOf(err) != cloud.NotFound {
			return value, false, err
		}
		data = otherwise
	}
	value, err = decode[T](key, data)
	return value, found && err == nil, err
}

// Put creates or replaces the JSON document at key.
func Put[T any](tx Tx, key Key, value T) error {
	data, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("encode %s %q: %w", key.Kind, key.Name, err)
	}
	return tx.Put(key, data)
}

// Insert creates the JSON document at key; the error is of kind Conflict when
// there is one already.
func Insert[T any](tx Tx, key Key, value T) error {
	data, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("encode %s %q: %w", key.Kind, key.Name, err)
	}
	return tx.Insert(key, data)
}

// List yields JSON documents of one kind in the order of their names.
func List[T any](r Reader, scope cloud.Scope, kind string, rg Range) iter.Seq2[Entry[T], error] {
	return decodeAll[T](r.List(scope, kind, rg))
}

// All yields the JSON documents of one kind of every account and region.
func All[T any](r Reader, kind string) iter.Seq2[Entry[T], error] {
	return decodeAll[T](r.All(kind))
}

func decodeAll[T any](documents iter.Seq2[Document, error]) iter.Seq2[Entry[T], error] {
	return func(yield func(Entry[T], error) bool) {
		for document, err := range documents {
			entry := Entry[T]{Key: document.Key}
			if err == nil {
				entry.Value, err = decode[T](document.Key, document.Value)
			}
			if !yield(entry, err) || err != nil {
				return
			}
		}
	}
}

func decode[T any](key Key, data []byte) (T, error) {
	var value T
	if err := json.Unmarshal(data, &value); err != nil {
		return value, fmt.Errorf("decode %s %q: %w", key.Kind, key.Name, err)
	}
	return value, nil
}
