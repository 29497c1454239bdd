// Package state keeps what is configured: ordered documents, each under an
// account, a region, a kind and a name, changed in transactions.
//
// An Update that returned nil is on disk: it survives kill -9 and a power cut
// on disks that honour fsync. Writers run one at a time, and those that wait for
// each other reach the disk together; a View sees one consistent snapshot of what
// is on disk and never waits for a writer. The documents' meaning is left to the
// callers.
package state

import (
	"context"
	"iter"

	"github.com/sillok/sillok/internal/cloud"
)

// Key names a document. Names are ordered by their bytes. What belongs to no
// region, or to no account, leaves that part of Scope empty.
type Key struct {
	Scope cloud.Scope
	Kind  string
	Name  string
}

// Document is a stored value and its key.
type Document struct {
	Key   Key
	Value []byte
}

// Range chooses among the names of one kind. The zero Range chooses all.
type Range struct {
	Prefix string // only names that begin so
	After  string // only names greater than this; "" is from the start
	Limit  int    // at most so many; 0 is no limit
}

// Store is a place for documents.
type Store interface {
	// View calls fn with one consistent snapshot.
	View(ctx context.Context, fn func(Reader) error) error
	// Update calls fn once, alone among all writers, and returns when what fn
	// changed is on disk. When fn returns an error or panics, or ctx ends before
	// fn has returned, nothing is changed and no other Update is affected. Once
	// fn has returned, the end of ctx changes nothing: Update waits and tells
	// what happened.
	//
	// fn sees what earlier Updates changed, maybe before it is on disk. When
	// that cannot be written, all of them fail with the same error.
	//
	// Calling View or Update of the same store from fn is a deadlock, and so is
	// waiting in fn for an Update of another goroutine.
	Update(ctx context.Context, fn func(Tx) error) error
}

// Reader reads documents. It is valid until the function it was given to
// returns, and is for one goroutine at a time.
type Reader interface {
	// Get returns the value of key; the error is of kind NotFound without one.
	Get(key Key) ([]byte, error)
	// List yields documents of one kind in the order of their names. The
	// transaction may be written to while the sequence runs: what is written
	// past the sequence's position may or may not be yielded, everything else
	// is yielded once.
	List(scope cloud.Scope, kind string, r Range) iter.Seq2[Document, error]
	// All yields the documents of one kind of every account and region, in the
	// order of account, region and name.
	All(kind string) iter.Seq2[Document, error]
}

// Tx reads and changes documents, and sees its own changes. After an error of
// any method that is not of kind NotFound or Conflict its Update fails, whatever
// its function returns.
type Tx interface {
	Reader
	// Put creates or replaces a document.
	Put(key Key, value []byte) error
	// Insert creates a document; the error is of kind Conflict when there is
	// one already.
	Insert(key Key, value []byte) error
	// Delete removes a document; the error is of kind NotFound without one.
	Delete(key Key) error
	// AfterCommit has fn called once, when the transaction is on disk and before
	// its Update returns, on the goroutine of that Update; never when the
	// transaction is rolled back. The functions of all transactions are called
	// one at a time, in the order of the transactions and, within one, of these
	// calls. fn must return soon, since later ones wait for it, and must not
	// call Update.
	AfterCommit(fn func())
}

func errNoDocument(key Key) error {
	return cloud.Errorf(cloud.NotFound, "NoSuchDocument", "%s %q does not exist", key.Kind, key.Name)
}

func errDocumentExists(key Key) error {
	return cloud.Errorf(cloud.Conflict, "DocumentExists", "%s %q exists already", key.Kind, key.Name)
}
