package durable

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/s3response"
)

// object syncs what was written under the name of an object, when it is there,
// and the versions of it that a bucket with versions keeps.
func (b *Backend) object(ctx context.Context, bucket, key string) error {
	path := filepath.Join(bucket, key)
	if err := b.files.written(".", path); err != nil && !absent(err) {
		return err
	}
	return b.objectVersions(ctx, bucket, key)
}

func (b *Backend) objectVersions(ctx context.Context, bucket, key string) error {
	status, err := b.GetBucketVersioning(ctx, bucket)
	if err != nil || status.Status == nil {
		return err
	}
	folder := b.versionsFolder(bucket, key)
	err = b.files.syncPath(folder)
	if err == nil {
		err = b.files.entered(b.versions, folder)
	}
	if absent(err) {
		return nil
	}
	return err
}

// versionsFolder returns where versitygw keeps the versions of an object.
func (b *Backend) versionsFolder(bucket, key string) string {
	hash := sha256.Sum256([]byte(key))
	name := hex.EncodeToString(hash[:])
	return filepath.Join(b.versions, bucket, name[:2], name[2:4], name[4:6], name)
}

func absent(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// PutObject implements backend.Backend.
func (b *Backend) PutObject(ctx context.Context, in s3response.PutObjectInput) (s3response.PutObjectOutput, error) {
	if in.Key == nil {
		return b.Posix.PutObject(ctx, in)
	}
	if !storable(*in.Key) {
		return s3response.PutObjectOutput{}, errKey(*in.Key)
	}
	pass := b.gate(*in.Bucket).pass()
	defer pass.leave()
	if in.Body == nil || strings.HasSuffix(*in.Key, "/") {
		pass.enter() // a folder is made without reading the body
	} else {
		in.Body = pass.atEnd(in.Body)
	}
	out, err := b.Posix.PutObject(ctx, in)
	if err != nil {
		return out, err
	}
	return out, b.object(ctx, *in.Bucket, *in.Key)
}

// CopyObject implements backend.Backend.
func (b *Backend) CopyObject(ctx context.Context, in s3response.CopyObjectInput) (s3response.CopyObjectOutput, error) {
	if in.Key == nil {
		return b.Posix.CopyObject(ctx, in)
	}
	if !storable(*in.Key) {
		return s3response.CopyObjectOutput{}, errKey(*in.Key)
	}
	if !sourceStorable(in.CopySource) {
		return s3response.CopyObjectOutput{}, errNoKey()
	}
	pass := b.gate(*in.Bucket).pass()
	pass.enter()
	defer pass.leave()
	out, err := b.Posix.CopyObject(ctx, in)
	if err != nil {
		return out, err
	}
	return out, b.object(ctx, *in.Bucket, *in.Key)
}

// DeleteObject implements backend.Backend.
func (b *Backend) DeleteObject(ctx context.Context, in *s3.DeleteObjectInput) (*s3.DeleteObjectOutput, error) {
	if in.Key == nil {
		return b.Posix.DeleteObject(ctx, in)
	}
	if !storable(*in.Key) {
		_, err := b.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: in.Bucket})
		return &s3.DeleteObjectOutput{}, err
	}
	defer b.gate(*in.Bucket).shut()()
	b.forget(*in.Bucket, *in.Key)
	out, err := b.Posix.DeleteObject(ctx, in)
	if err != nil {
		return out, err
	}
	return out, b.deleted(ctx, *in.Bucket, *in.Key)
}

// DeleteObjects implements backend.Backend.
func (b *Backend) DeleteObjects(ctx context.Context, in *s3.DeleteObjectsInput) (s3response.DeleteResult, error) {
	defer b.gate(*in.Bucket).shut()()
	here, gone := deletable(in.Delete.Objects)
	for _, object := range here {
		if object.Key != nil {
			b.forget(*in.Bucket, *object.Key)
		}
	}
	some := *in
	some.Delete = &types.Delete{Objects: here, Quiet: in.Delete.Quiet}
	out, err := b.Posix.DeleteObjects(ctx, &some)
	if err != nil {
		return out, err
	}
	for _, object := range out.Deleted {
		if err := b.deleted(ctx, *in.Bucket, *object.Key); err != nil {
			return out, err
		}
	}
	out.Deleted = append(out.Deleted, gone...)
	return out, nil
}

// forget forgets the folders that a deletion may remove: those of the object
// and of its versions, not the bucket's own.
func (b *Backend) forget(bucket, key string) {
	b.files.forget(bucket, filepath.Join(bucket, key))
	b.files.forget(filepath.Join(b.versions, bucket), b.versionsFolder(bucket, key))
}

// deleted syncs what a deletion left: the folder without the object, or the
// object as a marker or an earlier version.
func (b *Backend) deleted(ctx context.Context, bucket, key string) error {
	path := filepath.Join(bucket, key)
	if _, err := os.Lstat(path); err == nil {
		return b.object(ctx, bucket, key)
	}
	if err := b.files.removed(".", path); err != nil {
		return err
	}
	status, err := b.GetBucketVersioning(ctx, bucket)
	if err != nil || status.Status == nil {
		return err
	}
	return b.files.removed(b.versions, filepath.Join(b.versionsFolder(bucket, key), "version"))
}

// PutObjectAcl implements backend.Backend.
//
//nolint:revive,staticcheck // versitygw's spelling
func (b *Backend) PutObjectAcl(ctx context.Context, in *s3.PutObjectAclInput) error {
	return b.changed(*in.Bucket, *in.Key, "", b.Posix.PutObjectAcl(ctx, in))
}

// PutObjectTagging implements backend.Backend.
func (b *Backend) PutObjectTagging(ctx context.Context, bucket, key, version string, tags map[string]string) error {
	if !storable(key) {
		return errNoKey()
	}
	return b.changed(bucket, key, version, b.Posix.PutObjectTagging(ctx, bucket, key, version, tags))
}

// DeleteObjectTagging implements backend.Backend.
func (b *Backend) DeleteObjectTagging(ctx context.Context, bucket, key, version string) error {
	if !storable(key) {
		return errNoKey()
	}
	return b.changed(bucket, key, version, b.Posix.DeleteObjectTagging(ctx, bucket, key, version))
}

// PutObjectRetention implements backend.Backend.
func (b *Backend) PutObjectRetention(ctx context.Context, bucket, key, version string, retention []byte) error {
	if !storable(key) {
		return errNoKey()
	}
	return b.changed(bucket, key, version, b.Posix.PutObjectRetention(ctx, bucket, key, version, retention))
}

// PutObjectLegalHold implements backend.Backend.
func (b *Backend) PutObjectLegalHold(ctx context.Context, bucket, key, version string, hold bool) error {
	if !storable(key) {
		return errNoKey()
	}
	return b.changed(bucket, key, version, b.Posix.PutObjectLegalHold(ctx, bucket, key, version, hold))
}

// changed syncs an object whose attributes alone were written. The version
// named may be the current one or lie with the earlier ones.
func (b *Backend) changed(bucket, key, version string, err error) error {
	if err != nil {
		return err
	}
	if version != "" {
		err := b.files.syncPath(filepath.Join(b.versionsFolder(bucket, key), version))
		if !absent(err) {
			return err
		}
	}
	return b.files.syncPath(filepath.Join(bucket, key))
}

// CreateMultipartUpload implements backend.Backend.
func (b *Backend) CreateMultipartUpload(ctx context.Context, in s3response.CreateMultipartUploadInput) (s3response.InitiateMultipartUploadResult, error) {
	if in.Key != nil && !storable(*in.Key) {
		return s3response.InitiateMultipartUploadResult{}, errKey(*in.Key)
	}
	out, err := b.Posix.CreateMultipartUpload(ctx, in)
	if err != nil {
		return out, err
	}
	upload := uploadFolder(*in.Bucket, *in.Key, out.UploadId)
	if err := b.files.syncPath(upload); err != nil {
		return out, err
	}
	// Uploads come and go, so nothing is remembered of their folders: each
	// level is synced.
	for folder := filepath.Dir(upload); folder != "."; folder = filepath.Dir(folder) {
		if err := b.files.syncPath(folder); err != nil {
			return out, err
		}
	}
	return out, nil
}

// uploadFolder returns where versitygw keeps the parts of an upload.
func uploadFolder(bucket, key, id string) string {
	hash := sha256.Sum256([]byte(key))
	return filepath.Join(bucket, posix.MetaTmpMultipartDir, hex.EncodeToString(hash[:]), id)
}

// UploadPart implements backend.Backend.
func (b *Backend) UploadPart(ctx context.Context, in *s3.UploadPartInput) (*s3.UploadPartOutput, error) {
	out, err := b.Posix.UploadPart(ctx, in)
	if err != nil {
		return out, err
	}
	return out, b.part(*in.Bucket, *in.Key, *in.UploadId)
}

// UploadPartCopy implements backend.Backend.
func (b *Backend) UploadPartCopy(ctx context.Context, in *s3.UploadPartCopyInput) (s3response.CopyPartResult, error) {
	if !sourceStorable(in.CopySource) {
		return s3response.CopyPartResult{}, errNoKey()
	}
	out, err := b.Posix.UploadPartCopy(ctx, in)
	if err != nil {
		return out, err
	}
	return out, b.part(*in.Bucket, *in.Key, *in.UploadId)
}

// part syncs the entry of a new part, whose data and attributes were synced
// before it got its name.
func (b *Backend) part(bucket, key, id string) error {
	err := b.files.syncPath(uploadFolder(bucket, key, id))
	if absent(err) {
		return nil // completed or aborted meanwhile
	}
	return err
}

// CompleteMultipartUpload implements backend.Backend. versitygw answers the
// second of two calls for one upload while the first is still at work, so both
// wait for the one.
func (b *Backend) CompleteMultipartUpload(ctx context.Context, in *s3.CompleteMultipartUploadInput) (s3response.CompleteMultipartUploadResult, string, error) {
	if in.Key == nil || in.UploadId == nil {
		return b.Posix.CompleteMultipartUpload(ctx, in)
	}
	type completed struct {
		out     s3response.CompleteMultipartUploadResult
		version string
	}
	done, err, _ := b.completes.Do(*in.UploadId, func() (any, error) {
		pass := b.gate(*in.Bucket).pass()
		defer pass.leave()
		parts := 0
		if in.MultipartUpload != nil {
			parts = len(in.MultipartUpload.Parts)
		}
		out, version, err := b.CompleteMultipartUploadWithCopy(ctx, in, func(from, to *os.File) (bool, error) {
			err := appendPart(to, from)
			if parts--; parts == 0 {
				pass.enter() // all that is left is to give the object its name
			}
			return true, err
		})
		if err == nil {
			pass.enter()
			err = b.object(ctx, *in.Bucket, *in.Key)
		}
		return completed{out, version}, err
	})
	c, _ := done.(completed)
	return c.out, c.version, err
}

// appendPart copies a part to the end of an object. When it cannot, it leaves
// both as they were: versitygw then tries by itself.
func appendPart(to, from *os.File) error {
	size, err := to.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if _, err := io.Copy(to, from); err != nil {
		_, seekErr := from.Seek(0, io.SeekStart)
		return errors.Join(err, to.Truncate(size), seekErr)
	}
	return nil
}
