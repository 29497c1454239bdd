// Package objects keeps buckets and what is in them: objects, their versions,
// uploads in parts, and how each bucket is set up.
//
// [DB] is this server's own store. It has an ordered index and immutable files of
// bytes, which it names itself: no name that a client sends is ever a part of
// a path. What a change has returned is on disk, checked by checksums whenever
// it is read, and there is an entry of it in the feed of changes. [Store] is the
// least that every place of objects can do: this server's, a folder, a bucket
// elsewhere.
//
// Who may do what is decided before the store is asked, but for the locks of
// versions: those the store itself holds against everybody.
package objects

import (
	"context"
	"io"
	"iter"
	"time"

	"github.com/sillok/sillok/internal/cloud"
)

// Object says what a Store knows of an object without reading it. Two objects
// of one bucket and key with the same ETag hold the same bytes.
type Object struct {
	Bucket   string
	Key      string
	ETag     string // without quotes
	Size     int64
	Modified time.Time
}

// Store is a place where objects are. An absent bucket is an error of kind
// NotFound and code NoSuchBucket, an absent object one of code NoSuchKey.
type Store interface {
	// BucketExists reports whether there is such a bucket.
	BucketExists(ctx context.Context, bucket string) (bool, error)
	// List yields the objects whose key begins with prefix, at any depth, in
	// the order of their keys. An error ends the sequence.
	List(ctx context.Context, bucket, prefix string) iter.Seq2[Object, error]
	// Stat returns what is known of one object.
	Stat(ctx context.Context, bucket, key string) (Object, error)
	// Open returns the content of an object and what is known of that very
	// content. The caller must close it.
	Open(ctx context.Context, bucket, key string) (io.ReadCloser, Object, error)
	// Put creates or replaces an object, all at once, with what body yields.
	Put(ctx context.Context, bucket, key, contentType string, body io.Reader) (Object, error)
	// Delete removes an object. An object that is not there is no error.
	Delete(ctx context.Context, bucket, key string) error
}

// NoBucket returns the error of a bucket that is not there.
func NoBucket(bucket string) *cloud.Error {
	e := cloud.Errorf(cloud.NotFound, "NoSuchBucket", "The specified bucket does not exist")
	e.Fields = map[string]any{"BucketName": bucket}
	return e
}

// NoKey returns the error of an object that is not there.
func NoKey(key string) *cloud.Error {
	e := cloud.Errorf(cloud.NotFound, "NoSuchKey", "The specified key does not exist.")
	e.Fields = map[string]any{"Key": key}
	return e
}

// Collect returns a sequence that yields what walk does, and walk's error at
// its end.
func Collect(walk func(yield func(Object) bool) error) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		stopped := false
		err := walk(func(o Object) bool {
			stopped = !yield(o, nil)
			return !stopped
		})
		if err != nil && !stopped {
			yield(Object{}, err)
		}
	}
}
