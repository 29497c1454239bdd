package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/objects/folder"
	"github.com/sillok/sillok/internal/store/objects/plain"
	trailplace "github.com/sillok/sillok/internal/trail/place"
	"github.com/sillok/sillok/internal/trail/verify"
)

// bucketReaders is how many objects of a bucket are read at once: an answer takes
// long to come, and little work.
const bucketReaders = 96

// readersOf returns how many files are to be read at once.
func readersOf(places []verify.Place) int {
	for _, p := range places {
		if _, ok := p.Files.(bucketFiles); ok {
			return bucketReaders
		}
	}
	return 0
}

// openVerified opens the places to verify. The caller must call done.
func openVerified(ctx context.Context, from []string) (places []verify.Place, done func() error, err error) {
	var closers []func() error
	done = func() error {
		var errs []error
		for _, f := range closers {
			errs = append(errs, f())
		}
		return errors.Join(errs...)
	}
	for _, name := range from {
		if strings.HasPrefix(name, "s3://") {
			p, err := verifiedBucket(ctx, name)
			if err != nil {
				return nil, nil, errors.Join(err, done())
			}
			places = append(places, p)
			continue
		}
		p, closer, err := verifiedFolder(ctx, name)
		if err != nil {
			return nil, nil, errors.Join(err, done())
		}
		places, closers = append(places, p), append(closers, closer)
	}
	return places, done, nil
}

// bucketFiles is a bucket, with the metadata that its objects have.
type bucketFiles struct {
	client *s3.Client
	bucket string
	quick  *quickGet
}

func verifiedBucket(ctx context.Context, name string) (verify.Place, error) {
	at, err := cloud.ParseLocation(name)
	if err != nil {
		return verify.Place{}, usageError{fmt.Errorf("--from %w; write s3://BUCKET/PREFIX", err)}
	}
	quick := &quickGet{}
	client, err := bucketClient(ctx, name, func(o *s3.Options) {
		if c, ok := o.HTTPClient.(*awshttp.BuildableClient); ok {
			o.HTTPClient = c.WithTransportOptions(func(t *http.Transport) { t.MaxIdleConnsPerHost = bucketReaders })
		}
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired // every byte is hashed here
		quick.options(o)
	})
	if err != nil {
		return verify.Place{}, err
	}
	return verify.Place{
		Files: bucketFiles{client, at.Bucket, quick}, Bucket: at.Bucket, Prefix: at.Key,
		Name: func(key string) string { return cloud.Location{Bucket: at.Bucket, Key: key}.String() },
	}, nil
}

// List implements verify.Files. A page that follows begins behind what may be left out.
func (b bucketFiles) List(ctx context.Context, prefix string, skip func(key string) string) iter.Seq2[verify.Object, error] {
	return func(yield func(verify.Object, error) bool) {
		in := &s3.ListObjectsV2Input{Bucket: &b.bucket, Prefix: &prefix, EncodingType: types.EncodingTypeUrl}
		for {
			page, err := b.client.ListObjectsV2(ctx, in)
			if err != nil {
				yield(verify.Object{}, fmt.Errorf("list s3://%s: %w", b.bucket, err))
				return
			}
			last := ""
			for _, o := range page.Contents {
				if last = aws.ToString(o.Key); page.EncodingType == types.EncodingTypeUrl {
					if last, err = url.QueryUnescape(last); err != nil {
						yield(verify.Object{}, fmt.Errorf("list s3://%s: %w", b.bucket, err))
						return
					}
				}
				if !yield(verify.Object{Key: last, Size: aws.ToInt64(o.Size), Modified: aws.ToTime(o.LastModified)}, nil) {
					return
				}
			}
			if !aws.ToBool(page.IsTruncated) {
				return
			}
			in.ContinuationToken, in.StartAfter = page.NextContinuationToken, nil
			if to := skipped(skip, last); to != "" {
				in.ContinuationToken, in.StartAfter = nil, &to
			}
		}
	}
}

// skipped returns the key from which on a listing has to go on that is at another one;
// empty for the next one.
func skipped(skip func(key string) string, key string) string {
	if skip == nil || key == "" {
		return ""
	}
	if to := skip(key); to > key {
		return to
	}
	return ""
}

// Open implements verify.Files.
func (b bucketFiles) Open(ctx context.Context, key string) (io.ReadCloser, map[string]string, error) {
	if body, metadata, ok := b.quick.get(ctx, key); ok {
		return body, metadata, nil
	}
	var asked *http.Request
	out, err := b.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &b.bucket, Key: &key}, b.quick.listen(&asked))
	if _, ok := errors.AsType[*types.NoSuchKey](err); ok {
		err = verify.ErrNotFound
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read it: %w", err)
	}
	b.quick.asked(asked, key)
	return out.Body, out.Metadata, nil
}

// folderFiles is a folder that a bucket was copied to.
type folderFiles struct {
	store    *folder.Folder
	name     string                       // by which the store knows it
	metadata map[string]map[string]string // of digests, in the export of a bucket
}

// logsFolder is the folder that CloudTrail's keys have in common.
const logsFolder = "AWSLogs"

func verifiedFolder(ctx context.Context, name string) (p verify.Place, done func() error, err error) {
	asked, err := openPlace(ctx, name)
	if err != nil {
		return verify.Place{}, nil, err
	}
	root, prefix := asked.bucket, asked.prefix
	store := asked.store.(*folder.Folder) //nolint:forcetypeassert,errcheck // openPlace opens a folder
	// What lies below AWSLogs has its name from there on.
	slashed := filepath.ToSlash(root) + "/"
	if at := strings.LastIndex(slashed, "/"+logsFolder+"/"); at >= 0 {
		root, prefix = filepath.FromSlash(slashed[:max(at, 1)]), slashed[at+1:]+prefix
		if err := asked.close(); err != nil {
			return verify.Place{}, nil, err
		}
		if store, err = folder.Open(root, root); err != nil {
			return verify.Place{}, nil, fmt.Errorf("--from %s: %w", name, reason(err))
		}
	}
	files := folderFiles{store: store, name: root}
	bucket, err := files.exported(ctx)
	if err != nil {
		return verify.Place{}, nil, errors.Join(fmt.Errorf("--from %s: %w", name, err), store.Close())
	}
	return verify.Place{
		Files: files, Bucket: bucket, Prefix: prefix,
		Name: func(key string) string { return asTyped(filepath.Join(root, filepath.FromSlash(key))) },
	}, store.Close, nil
}

// exported reads what the export of a bucket says of digests. It returns the bucket's
// name; empty for a folder that is no export.
func (f *folderFiles) exported(ctx context.Context) (bucket string, err error) {
	about, err := f.file(ctx, plain.Folder+"/bucket.json")
	if errors.Is(err, verify.ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	var of struct {
		Bucket string `json:"bucket"`
	}
	err = json.NewDecoder(io.LimitReader(about, 1<<20)).Decode(&of)
	if err := errors.Join(err, about.Close()); err != nil {
		return "", fmt.Errorf("read %s/bucket.json: %w", plain.Folder, err)
	}
	manifest, err := f.file(ctx, plain.Folder+"/manifest.jsonl")
	if errors.Is(err, verify.ErrNotFound) {
		return "", nil // an export that was interrupted
	}
	if err != nil {
		return "", err
	}
	f.metadata = map[string]map[string]string{}
	decoder := json.NewDecoder(bufio.NewReader(manifest))
	for err == nil && ctx.Err() == nil {
		var e plain.Entry
		err = decoder.Decode(&e)
		if kind, _ := trailplace.KindOf(e.Key); kind != trailplace.Digest {
			continue
		}
		if _, earlier := f.metadata[e.Key]; !earlier { // of several versions the latest comes first
			f.metadata[e.Key] = e.Metadata
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	if err := errors.Join(err, manifest.Close(), context.Cause(ctx)); err != nil {
		return "", fmt.Errorf("read %s/manifest.jsonl: %w", plain.Folder, err)
	}
	return of.Bucket, nil
}

// List implements verify.Files. A walk through folders is quick, and leaves out nothing.
func (f folderFiles) List(ctx context.Context, prefix string, _ func(key string) string) iter.Seq2[verify.Object, error] {
	return func(yield func(verify.Object, error) bool) {
		for o, err := range f.store.List(ctx, f.name, prefix) {
			if err == nil && strings.HasPrefix(o.Key, plain.Folder+"/") {
				continue // an export's own files, and versions that are no longer the latest
			}
			if !yield(verify.Object{Key: o.Key, Size: o.Size, Modified: o.Modified}, err) {
				return
			}
		}
	}
}

// Open implements verify.Files.
func (f folderFiles) Open(ctx context.Context, key string) (io.ReadCloser, map[string]string, error) {
	body, err := f.file(ctx, key)
	return body, f.metadata[key], err
}

func (f folderFiles) file(ctx context.Context, key string) (io.ReadCloser, error) {
	body, _, err := f.store.Open(ctx, f.name, key)
	if cloud.KindOf(err) == cloud.NotFound || errors.Is(err, fs.ErrNotExist) {
		return nil, verify.ErrNotFound
	}
	return body, err
}
