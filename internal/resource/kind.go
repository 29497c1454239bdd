package resource

import (
	"fmt"
	"iter"
	"strings"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/state"
)

// separator stands between the names of a document. No name holds it.
const separator = "\x00"

// Kind is one kind of document that a service keeps as JSON. A document that
// lies in others, as a table in a database, is named by their names and its
// own, the outermost first.
type Kind[T any] struct {
	Name string // in the store, such as "glue/table"; never changed, or what is kept is lost

	// Missing and Taken return the service's errors for names under which there
	// is no document, or is one already: of the kinds NotFound and Conflict,
	// whatever AWS's code is. They may be nil where no client gives the names.
	Missing, Taken func(names ...string) error
}

// Entry is a document of a listing.
type Entry[T any] struct {
	Name  string // below the names that were listed, which the list is in the order of
	Value T
}

// Names returns the names that an Entry's Name consists of, the outermost first.
func Names(name string) []string { return strings.Split(name, separator) }

// Listing yields entries, always in the same order: those behind the one of a
// name, or all of them behind "". It ends after its first error.
type Listing[T any] func(after string) iter.Seq2[Entry[T], error]

// Get returns a document, or the error Missing.
func (k Kind[T]) Get(r Reader, names ...string) (T, error) {
	value, found, err := k.Find(r, names...)
	if err == nil && !found {
		err = k.missing(names)
	}
	return value, err
}

// Find returns a document and whether there is one.
func (k Kind[T]) Find(r Reader, names ...string) (value T, found bool, err error) {
	key, err := k.key(r.Scope(), names)
	if err != nil {
		return value, false, nil //nolint:nilerr // nothing has a name that cannot be
	}
	return state.Find[T](r, key)
}

// FindOr is Find, and decodes a document that it is given where there is none: what is
// looked for before it is decided who may know of it takes the same time then.
func (k Kind[T]) FindOr(r Reader, otherwise []byte, names ...string) (value T, found bool, err error) {
	key, err := k.key(r.Scope(), names)
	if err != nil {
		return value, false, nil //nolint:nilerr // nothing has a name that cannot be
	}
	return state.FindOr[T](r, key, otherwise)
}

// Create keeps a new document, or returns the error Taken.
func (k Kind[T]) Create(tx Tx, value T, names ...string) error {
	key, err := k.key(tx.Scope(), names)
	if err != nil {
		return err
	}
	err = state.Insert(tx, key, value)
	if err != nil && cloud.KindOf(err) == cloud.Conflict {
		return k.taken(names)
	}
	return err
}

// Put creates or replaces a document.
func (k Kind[T]) Put(tx Tx, value T, names ...string) error {
	key, err := k.key(tx.Scope(), names)
	if err != nil {
		return err
	}
	return state.Put(tx, key, value)
}

// Change replaces a document with what change makes of it, or returns the error
// Missing or that of change.
func (k Kind[T]) Change(tx Tx, change func(value *T) error, names ...string) error {
	value, err := k.Get(tx, names...)
	if err != nil {
		return err
	}
	if err := change(&value); err != nil {
		return err
	}
	return k.Put(tx, value, names...)
}

// Delete removes a document, or returns the error Missing.
func (k Kind[T]) Delete(tx Tx, names ...string) error {
	removed, err := k.remove(tx, names)
	if err == nil && !removed {
		err = k.missing(names)
	}
	return err
}

// Discard removes a document if there is one.
func (k Kind[T]) Discard(tx Tx, names ...string) error {
	_, err := k.remove(tx, names)
	return err
}

// DeleteBelow removes all documents that lie in names.
func (k Kind[T]) DeleteBelow(tx Tx, names ...string) error {
	for document, err := range tx.List(tx.Scope(), k.Name, state.Range{Prefix: below(names)}) {
		if err != nil {
			return err
		}
		if err := tx.Delete(document.Key); err != nil {
			return err
		}
	}
	return nil
}

// List yields the documents that lie in names, or all of the kind without any.
// Documents may be changed while the sequence runs, as state.Reader.List says.
func (k Kind[T]) List(r Reader, names ...string) iter.Seq2[Entry[T], error] {
	return k.From(r, names...)("")
}

// From is List for a Page, which begins behind the one before.
func (k Kind[T]) From(r Reader, names ...string) Listing[T] {
	prefix := below(names)
	return func(after string) iter.Seq2[Entry[T], error] {
		within := state.Range{Prefix: prefix}
		if after != "" {
			within.After = prefix + after
		}
		return func(yield func(Entry[T], error) bool) {
			for entry, err := range state.List[T](r, r.Scope(), k.Name, within) {
				if !yield(Entry[T]{strings.TrimPrefix(entry.Key.Name, prefix), entry.Value}, err) {
					return
				}
			}
		}
	}
}

func (k Kind[T]) remove(tx Tx, names []string) (bool, error) {
	key, err := k.key(tx.Scope(), names)
	if err != nil {
		return false, nil //nolint:nilerr // nothing has a name that cannot be
	}
	err = tx.Delete(key)
	if err != nil && cloud.KindOf(err) == cloud.NotFound {
		return false, nil
	}
	return err == nil, err
}

func (k Kind[T]) missing(names []string) error {
	if k.Missing == nil {
		return fmt.Errorf("%s %q does not exist", k.Name, names)
	}
	return k.Missing(names...)
}

func (k Kind[T]) taken(names []string) error {
	if k.Taken == nil {
		return fmt.Errorf("%s %q exists already", k.Name, names)
	}
	return k.Taken(names...)
}

// key returns where a document lies. A name with a NUL in it is refused: it
// could not be told from the names of something else.
func (k Kind[T]) key(scope cloud.Scope, names []string) (state.Key, error) {
	for _, name := range names {
		if strings.Contains(name, separator) {
			return state.Key{}, cloud.Errorf(cloud.Invalid, "ValidationException", "%q holds a NUL character, which no name may.", name)
		}
	}
	return state.Key{Scope: scope, Kind: k.Name, Name: strings.Join(names, separator)}, nil
}

// below returns how the names of what lies in names begin.
func below(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return strings.Join(names, separator) + separator
}
