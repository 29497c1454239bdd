// Package folder is a folder of files as a store of objects.
package folder

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"syscall"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/disk"
	"github.com/sillok/sillok/internal/store/objects"
)

// Folder is a folder as a Store of one bucket: keys are the slash-separated paths
// of the files under it. A symbolic link to a file inside the folder is that
// file; one that leads to a folder, or out of the Folder, is not there.
type Folder struct {
	root   *os.Root
	bucket string
}

// tempPrefix begins the names of files that Put is still writing.
const tempPrefix = ".sillok-put-"

// Open returns the folder at path as a Store whose only bucket is called
// bucket. The caller must call Close.
func Open(path, bucket string) (*Folder, error) {
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, fmt.Errorf("open folder: %w", err)
	}
	return &Folder{root: root, bucket: bucket}, nil
}

// Close releases the folder. It may be called twice.
func (d *Folder) Close() error { return d.root.Close() }

// BucketExists implements Store.
func (d *Folder) BucketExists(_ context.Context, bucket string) (bool, error) {
	return bucket == d.bucket, nil
}

// List implements Store.
func (d *Folder) List(ctx context.Context, bucket, prefix string) iter.Seq2[objects.Object, error] {
	return objects.Collect(func(yield func(objects.Object) bool) error {
		if bucket != d.bucket {
			return objects.NoBucket(bucket)
		}
		w := dirWalk{root: d.root, bucket: bucket, prefix: prefix, yield: yield}
		_, err := w.folder(ctx, deepest(prefix))
		return err
	})
}

// ListAll lists each file under prefix once, in key order, and tells pass of what
// it does not list: links that lead out of the folder or nowhere, what is no
// file, and what may not be read, which ends no listing.
func (d *Folder) ListAll(ctx context.Context, bucket, prefix string, pass func(key string, err error)) iter.Seq2[objects.Object, error] {
	return objects.Collect(func(yield func(objects.Object) bool) error {
		if bucket != d.bucket {
			return objects.NoBucket(bucket)
		}
		w := dirWalk{root: d.root, bucket: bucket, prefix: prefix, yield: yield, pass: pass}
		_, err := w.folder(ctx, deepest(prefix))
		return err
	})
}

// Stat implements Store.
func (d *Folder) Stat(_ context.Context, bucket, key string) (objects.Object, error) {
	if bucket != d.bucket {
		return objects.Object{}, objects.NoBucket(bucket)
	}
	if !validKey(key) {
		return objects.Object{}, objects.NoKey(key)
	}
	info, err := d.root.Stat(key)
	if err != nil {
		return objects.Object{}, dirError(key, err)
	}
	if !info.Mode().IsRegular() {
		return objects.Object{}, objects.NoKey(key)
	}
	return fileObject(bucket, key, info), nil
}

// Open implements Store.
func (d *Folder) Open(ctx context.Context, bucket, key string) (io.ReadCloser, objects.Object, error) {
	// Opening a pipe would wait for its other end, so look first.
	if _, err := d.Stat(ctx, bucket, key); err != nil {
		return nil, objects.Object{}, err
	}
	f, err := d.root.Open(key)
	if err != nil {
		return nil, objects.Object{}, dirError(key, err)
	}
	info, err := f.Stat()
	if err != nil {
		return nil, objects.Object{}, errors.Join(dirError(key, err), f.Close())
	}
	return f, fileObject(bucket, key, info), nil
}

// Put implements Store. A folder knows no content type.
func (d *Folder) Put(_ context.Context, bucket, key, _ string, body io.Reader) (objects.Object, error) {
	if bucket != d.bucket {
		return objects.Object{}, objects.NoBucket(bucket)
	}
	if !validKey(key) {
		return objects.Object{}, cloud.Errorf(cloud.Invalid, "InvalidArgument", "%q cannot be the name of a file", key)
	}
	object, err := d.put(key, body)
	if err != nil {
		return objects.Object{}, fmt.Errorf("put %s: %w", key, dirError(key, err))
	}
	return object, nil
}

func (d *Folder) put(key string, body io.Reader) (objects.Object, error) {
	folder := path.Dir(key)
	if err := d.root.MkdirAll(folder, 0o755); err != nil {
		return objects.Object{}, err
	}
	temp := path.Join(folder, tempPrefix+rand.Text())
	f, err := d.root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return objects.Object{}, err
	}
	_, err = io.Copy(f, body)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = d.root.Rename(temp, key)
	}
	if err != nil {
		return objects.Object{}, errors.Join(err, d.root.Remove(temp))
	}
	for ; ; folder = path.Dir(folder) {
		if err := d.syncFolder(folder); err != nil {
			return objects.Object{}, err
		}
		if folder == "." {
			break
		}
	}
	info, err := d.root.Stat(key)
	if err != nil {
		return objects.Object{}, err
	}
	return fileObject(d.bucket, key, info), nil
}

func (d *Folder) syncFolder(name string) error {
	f, err := d.root.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Delete implements Store. Folders that become empty stay.
func (d *Folder) Delete(ctx context.Context, bucket, key string) error {
	_, err := d.Stat(ctx, bucket, key)
	if e, ok := errors.AsType[*cloud.Error](err); ok && e.Code == "NoSuchKey" {
		return nil
	}
	if err != nil {
		return err
	}
	if err := d.root.Remove(key); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("delete %s: %w", key, err)
	}
	return d.syncFolder(path.Dir(key))
}

func validKey(key string) bool {
	return fs.ValidPath(key) && key != "." && !ours(path.Base(key))
}

func fileObject(bucket, key string, info fs.FileInfo) objects.Object {
	return objects.Object{
		Bucket:   bucket,
		Key:      key,
		ETag:     fmt.Sprintf("%x-%x-%x", info.Size(), info.ModTime().UnixNano(), inode(info)),
		Size:     info.Size(),
		Modified: info.ModTime().UTC(),
	}
}

// dirError gives the errors of the file system their kind. A path that leads
// out of the folder is absent, as is one through a file.
func dirError(key string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR), errors.Is(err, syscall.ENAMETOOLONG), errors.Is(err, syscall.EINVAL), escapes(err):
		return objects.NoKey(key).Because(err)
	case errors.Is(err, fs.ErrPermission):
		return cloud.Errorf(cloud.Denied, "AccessDenied", "%s may not be read or written", key).Because(err)
	case disk.IsFull(err):
		return cloud.Errorf(cloud.Unavailable, "ServiceUnavailable", "no space is left to write %s", key).Because(err)
	}
	return err
}
