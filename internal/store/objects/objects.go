// Package objects reads and writes the objects that logs lie in: those of this
// server's own S3, those of a folder, or those of a bucket elsewhere.
//
// Every Store lists in the order of the keys' bytes and never shows a file
// that it keeps for itself. What Put has returned is durable. Who may do what
// is decided before a Store is asked.
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

func errNoBucket(bucket string) *cloud.Error {
	e := cloud.Errorf(cloud.NotFound, "NoSuchBucket", "The specified bucket does not exist")
	e.Fields = map[string]any{"BucketName": bucket}
	return e
}

func errNoKey(key string) *cloud.Error {
	e := cloud.Errorf(cloud.NotFound, "NoSuchKey", "The specified key does not exist.")
	e.Fields = map[string]any{"Key": key}
	return e
}

// collect returns a sequence that yields what walk does, and walk's error at
// its end.
func collect(walk func(yield func(Object) bool) error) iter.Seq2[Object, error] {
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
