package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/sillok/sillok/internal/app"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/store/objects"
	"github.com/sillok/sillok/internal/store/objects/folder"
	"github.com/sillok/sillok/internal/store/objects/remote"
)

// place is one of the places that a query looks in.
type place struct {
	asked  string // as the user wrote it
	bucket string // by which the lake knows it: the bucket, or the folder's path
	prefix string
	file   bool // prefix is the key of the only object
	store  objects.Store
	close  func() error
	seen   *seen // what was looked at in all places
}

// placeSet is all places of a query, read as one.
type placeSet []place

// openPlaces opens folders, files and buckets. A place inside another one is
// left out, so that nothing is counted twice.
func openPlaces(ctx context.Context, from []string) (placeSet, error) {
	var set placeSet
	for _, name := range from {
		p, err := openPlace(ctx, name)
		if err != nil {
			return nil, errors.Join(err, set.Close())
		}
		set = append(set, p)
	}
	kept := make(placeSet, 0, len(set))
	watched := &seen{}
	for i, p := range set {
		p.seen = watched
		if !set.covered(i) {
			kept = append(kept, p)
		} else if err := p.close(); err != nil {
			return nil, err
		}
	}
	return kept, nil
}

// covered says whether another place has all that the place at i has. Of two
// that are the same the first stays.
func (s placeSet) covered(i int) bool {
	for j, other := range s {
		if j != i && other.holds(s[i]) && (j < i || !s[i].holds(other)) {
			return true
		}
	}
	return false
}

// holds says whether everything in inner is in p.
func (p place) holds(inner place) bool {
	if !filepath.IsAbs(p.bucket) || !filepath.IsAbs(inner.bucket) {
		// The lake itself knows objects of a bucket that it has seen already.
		return false
	}
	if p.file {
		return inner.file && p.bucket == inner.bucket && p.prefix == inner.prefix
	}
	rest, err := filepath.Rel(p.bucket, inner.bucket)
	return err == nil && filepath.IsLocal(rest)
}

func openPlace(ctx context.Context, name string) (place, error) {
	if strings.HasPrefix(name, "s3://") {
		return openBucket(ctx, name)
	}
	path, err := filepath.Abs(name)
	if err == nil {
		// One folder must have one name, or its files would be counted under each.
		path, err = filepath.EvalSymlinks(path)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return place{}, fmt.Errorf("--from %s: there is no such folder or file", name)
	}
	if err != nil {
		return place{}, fmt.Errorf("--from %s: %w", name, reason(err))
	}
	info, err := os.Stat(path)
	if err != nil {
		return place{}, fmt.Errorf("--from %s: %w", name, reason(err))
	}
	p := place{asked: name, bucket: path}
	if !info.IsDir() {
		p.bucket, p.prefix, p.file = filepath.Dir(path), filepath.Base(path), true
	}
	store, err := folder.Open(p.bucket, p.bucket)
	if err != nil {
		return place{}, fmt.Errorf("--from %s: %w", name, reason(err))
	}
	p.store, p.close = store, store.Close
	return p, nil
}

// openBucket opens s3://BUCKET/PREFIX with the user's AWS settings.
func openBucket(ctx context.Context, name string) (place, error) {
	at, err := cloud.ParseLocation(name)
	if err != nil {
		return place{}, usageError{fmt.Errorf("--from %w; write s3://BUCKET/PREFIX", err)}
	}
	client, err := bucketClient(ctx, name)
	if err != nil {
		return place{}, err
	}
	return place{asked: name, bucket: at.Bucket, prefix: at.Key, store: remote.New(client), close: func() error { return nil }}, nil
}

// bucketClient returns a client of S3 with the user's AWS settings, for a place.
func bucketClient(ctx context.Context, name string, options ...func(*s3.Options)) (*s3.Client, error) {
	settings, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the AWS settings: %w", err)
	}
	if settings.Region == "" {
		return nil, fmt.Errorf("--from %s: no AWS region is set; set AWS_REGION, or a region in the AWS profile", name)
	}
	return s3.NewFromConfig(settings, append(options, func(o *s3.Options) {
		// A bucket name in the host would not reach an endpoint of one's own.
		o.UsePathStyle = settings.BaseEndpoint != nil || os.Getenv("AWS_ENDPOINT_URL_S3") != ""
	})...), nil
}

// Close closes all places.
func (s placeSet) Close() error {
	var errs []error
	for _, p := range s {
		errs = append(errs, p.close())
	}
	return errors.Join(errs...)
}

// places tells the lake where to look.
func (s placeSet) places() []lake.Place {
	out := make([]lake.Place, len(s))
	for i, p := range s {
		out[i] = lake.Place{Bucket: p.bucket, Prefix: p.prefix}
	}
	return out
}

func (s placeSet) store(bucket string) objects.Store {
	for _, p := range s {
		if p.bucket == bucket {
			return p.store
		}
	}
	return nil
}

// List implements lake.Objects.
func (s placeSet) List(ctx context.Context, bucket, prefix string) iter.Seq2[lake.Object, error] {
	only := false
	for _, p := range s {
		only = only || p.file && p.bucket == bucket && p.prefix == prefix
	}
	return func(yield func(lake.Object, error) bool) {
		for o, err := range app.LakeObjects(s.store(bucket)).List(ctx, bucket, prefix) {
			if err := ctx.Err(); err != nil {
				yield(lake.Object{}, err)
				return
			}
			if only && err == nil && o.Key != prefix {
				continue // another file whose name begins alike
			}
			s.found()
			if !yield(o, err) {
				return
			}
		}
	}
}

// Open implements lake.Objects.
func (s placeSet) Open(ctx context.Context, o lake.Object) (io.ReadCloser, error) {
	s.read()
	return app.LakeObjects(s.store(o.Bucket)).Open(ctx, o)
}

// ListAll implements lake.Skipper: a folder tells what it passes over.
func (s placeSet) ListAll(ctx context.Context, bucket, prefix string, skip func(lake.Skipped)) iter.Seq2[lake.Object, error] {
	all, ok := s.store(bucket).(*folder.Folder)
	if !ok || slices.ContainsFunc(s, func(p place) bool { return p.file && p.bucket == bucket && p.prefix == prefix }) {
		return s.List(ctx, bucket, prefix)
	}
	return func(yield func(lake.Object, error) bool) {
		pass := func(key string, err error) {
			skipped := lake.Skipped{Object: lake.Object{Bucket: bucket, Key: key}, Kind: lake.NotRecognised, Reason: err.Error()}
			switch {
			case errors.Is(err, fs.ErrPermission):
				skipped.Kind, skipped.Reason = lake.Denied, "it may not be read"
			case errors.Is(err, folder.ErrLeadsOut), errors.Is(err, folder.ErrNowhere):
				skipped.Kind = lake.Link
			}
			skip(skipped)
		}
		for o, err := range all.ListAll(ctx, bucket, prefix, pass) {
			if err := ctx.Err(); err != nil {
				yield(lake.Object{}, err)
				return
			}
			s.found()
			if !yield(lake.Object(o), err) {
				return
			}
		}
	}
}
