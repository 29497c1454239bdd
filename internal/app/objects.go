package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/store/objects"
	"github.com/sillok/sillok/internal/store/objects/folder"
)

// stored returns objects of the lake as the store has them.
func stored(of []lake.Object) []objects.Object {
	out := make([]objects.Object, len(of))
	for i := range of {
		out[i] = objects.Object(of[i])
	}
	return out
}

// LakeObjects lets the lake read a store of objects.
func LakeObjects(store objects.Store) lake.Objects { return lakeObjects{store} }

type lakeObjects struct{ store objects.Store }

// guardedObjects are objects that not everybody may read.
type guardedObjects struct {
	lakeObjects

	reads func(ctx context.Context, objects []lake.Object) error
}

// Readable implements lake.Guard.
func (g guardedObjects) Readable(ctx context.Context, objects []lake.Object) error {
	return g.reads(ctx, objects)
}

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
func (l lakeObjects) Open(ctx context.Context, o lake.Object) (io.ReadCloser, error) {
	body, now, err := l.store.Open(ctx, o.Bucket, o.Key)
	if err != nil {
		return nil, err
	}
	if !same(now, o) {
		return nil, errors.Join(lake.ErrReplaced, body.Close())
	}
	if _, ok := l.store.(*folder.Folder); ok { // to whose files others may write while they are read
		return &pinned{ReadCloser: body, still: func() error { return l.still(ctx, o) }}, nil
	}
	return body, nil
}

// still returns lake.ErrReplaced when an object is not the one any more that was
// listed.
func (l lakeObjects) still(ctx context.Context, o lake.Object) error {
	now, err := l.store.Stat(ctx, o.Bucket, o.Key)
	if err != nil {
		return err
	}
	if !same(now, o) {
		return lake.ErrReplaced
	}
	return nil
}

// same says whether an object has the content that was listed.
func same(now objects.Object, listed lake.Object) bool {
	return now.ETag == listed.ETag && now.Size == listed.Size
}

// pinned are the bytes of a file, which end well only when it is still what it was.
type pinned struct {
	io.ReadCloser

	still func() error
}

// Read implements io.Reader.
func (p *pinned) Read(b []byte) (int, error) {
	n, err := p.ReadCloser.Read(b)
	if errors.Is(err, io.EOF) {
		if changed := p.still(); changed != nil {
			return n, changed
		}
	}
	return n, err
}

// insideObjects is this server's S3 as a store of objects, through the inner
// door: each read and write is authorized and recorded as a call of the service
// whose door it is.
type insideObjects struct{ s3 s3api.Client }

// BucketExists implements objects.Store.
func (s insideObjects) BucketExists(ctx context.Context, bucket string) (bool, error) {
	_, err := s.s3.HeadBucket(ctx, &s3api.HeadBucketInput{Bucket: &bucket})
	if err != nil && cloud.KindOf(err) == cloud.NotFound {
		return false, nil
	}
	return err == nil, err
}

// List implements objects.Store.
func (s insideObjects) List(ctx context.Context, bucket, prefix string) iter.Seq2[objects.Object, error] {
	return func(yield func(objects.Object, error) bool) {
		in := &s3api.ListObjectsV2Input{Bucket: &bucket, Prefix: &prefix}
		for {
			page, err := s.s3.ListObjectsV2(ctx, in)
			if err != nil {
				yield(objects.Object{}, fmt.Errorf("list s3://%s/%s: %w", bucket, prefix, err))
				return
			}
			for _, o := range page.Contents {
				found := objects.Object{Bucket: bucket, Key: *o.Key, ETag: strings.Trim(*o.ETag, `"`), Size: *o.Size, Modified: *o.LastModified}
				if !yield(found, nil) {
					return
				}
			}
			if page.NextContinuationToken == nil {
				return
			}
			in.ContinuationToken = page.NextContinuationToken
		}
	}
}

// Stat implements objects.Store.
func (s insideObjects) Stat(ctx context.Context, bucket, key string) (objects.Object, error) {
	out, err := s.s3.HeadObject(ctx, &s3api.HeadObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		return objects.Object{}, fmt.Errorf("stat s3://%s/%s: %w", bucket, key, err)
	}
	return objects.Object{Bucket: bucket, Key: key, ETag: strings.Trim(*out.ETag, `"`), Size: *out.ContentLength, Modified: *out.LastModified}, nil
}

// Open implements objects.Store.
func (s insideObjects) Open(ctx context.Context, bucket, key string) (io.ReadCloser, objects.Object, error) {
	out, err := s.s3.GetObject(ctx, &s3api.GetObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		return nil, objects.Object{}, fmt.Errorf("open s3://%s/%s: %w", bucket, key, err)
	}
	return out.Body, objects.Object{
		Bucket: bucket, Key: key, ETag: strings.Trim(*out.ETag, `"`), Size: *out.ContentLength, Modified: *out.LastModified,
	}, nil
}

// Put implements objects.Store.
func (s insideObjects) Put(ctx context.Context, bucket, key, contentType string, body io.Reader) (objects.Object, error) {
	counted := &countedReader{Reader: body}
	out, err := s.s3.PutObject(ctx, &s3api.PutObjectInput{Bucket: &bucket, Key: &key, ContentType: &contentType, Body: counted})
	if err != nil {
		return objects.Object{}, fmt.Errorf("put s3://%s/%s: %w", bucket, key, err)
	}
	return objects.Object{Bucket: bucket, Key: key, ETag: strings.Trim(*out.ETag, `"`), Size: counted.n}, nil
}

// countedReader counts what is read through it.
type countedReader struct {
	io.Reader

	n int64
}

// Read implements io.Reader.
func (c *countedReader) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += int64(n)
	return n, err
}

// Delete implements objects.Store.
func (s insideObjects) Delete(ctx context.Context, bucket, key string) error {
	_, err := s.s3.DeleteObject(ctx, &s3api.DeleteObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		return fmt.Errorf("delete s3://%s/%s: %w", bucket, key, err)
	}
	return nil
}
