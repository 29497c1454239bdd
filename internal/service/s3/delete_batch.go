package s3

import (
	"context"
	"errors"
	"slices"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/life"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/store/objects"
)

const (
	maxDeleted    = 1000
	deletedAtOnce = 250 // keys that share a commit; more would keep other writers waiting
)

// DeleteObjects deletes many objects or versions. Each has its own answer, in the
// order of the request.
func (s *Service) DeleteObjects(ctx context.Context, in *s3api.DeleteObjectsInput) (*s3api.DeleteObjectsOutput, error) {
	list := in.Delete.Objects
	if len(list) == 0 || len(list) > maxDeleted || slices.ContainsFunc(list, func(id s3api.ObjectIdentifier) bool { return text(id.Key) == "" }) {
		return nil, errMalformed()
	}
	refused, err := s.deletable(ctx, in)
	if err != nil {
		return nil, err
	}
	chunks := slices.Collect(slices.Chunk(list, deletedAtOnce))
	batches := make([]deleteBatch, len(chunks))
	g, running := life.New(ctx, s.cfg.Log) // one need not wait until the one before it is on disk
	for i := range chunks {
		g.Go(running, "delete objects", func(ctx context.Context) (err error) {
			batches[i], err = s.deleteChunk(ctx, in, chunks[i], refused)
			return err
		})
	}
	// A chunk that was told to stop is no error to the group, and is not done.
	if err := errors.Join(g.Wait(), ctx.Err()); err != nil {
		return nil, err
	}
	out := &s3api.DeleteObjectsOutput{}
	for i := range batches {
		out.Deleted, out.Errors = append(out.Deleted, batches[i].deleted...), append(out.Errors, batches[i].errors...)
	}
	return out, nil
}

// deleteChunk deletes some of the keys in one commit.
func (s *Service) deleteChunk(ctx context.Context, in *s3api.DeleteObjectsInput, some []s3api.ObjectIdentifier, refused map[*s3api.ObjectIdentifier]error) (batch deleteBatch, err error) {
	err = s.changeBucket(ctx, in.Bucket, in.ExpectedBucketOwner, func(tx *objects.Tx, b *objects.Bucket) error {
		bypass, err := bypasses(b, in.BypassGovernanceRetention)
		if err != nil {
			return err
		}
		batch = deleteBatch{bypass: bypass, quiet: resource.Value(in.Delete.Quiet), refused: refused}
		return batch.do(ctx, tx, b, some)
	})
	return batch, err
}

// deletable returns why the caller may not delete some of the keys: each is
// decided by itself, as if it were deleted alone.
func (s *Service) deletable(ctx context.Context, in *s3api.DeleteObjectsInput) (map[*s3api.ObjectIdentifier]error, error) {
	refused := map[*s3api.ObjectIdentifier]error{}
	for i := range in.Delete.Objects {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		id := &in.Delete.Objects[i]
		err := s.mayDelete(ctx, in, id)
		if err != nil && cloud.KindOf(err) != cloud.Denied {
			return nil, err
		}
		if err != nil {
			refused[id] = err
		}
	}
	return refused, nil
}

func (s *Service) mayDelete(ctx context.Context, in *s3api.DeleteObjectsInput, id *s3api.ObjectIdentifier) error {
	action, arn, conditions := "s3:DeleteObject", objectARN(*in.Bucket, *id.Key), map[string][]string{}
	if id.VersionId != nil {
		action, conditions["s3:versionid"] = "s3:DeleteObjectVersion", []string{*id.VersionId}
	}
	if id.ETag != nil {
		conditions["s3:if-match"] = []string{*id.ETag}
	}
	if err := s.may(ctx, action, arn, conditions); err != nil {
		return err
	}
	if err := s.mayMatch(ctx, *in.Bucket, *id.Key, id.ETag); err != nil || !resource.Value(in.BypassGovernanceRetention) {
		return err
	}
	return s.may(ctx, "s3:BypassGovernanceRetention", arn, conditions)
}

// deleteBatch is what becomes of some keys in one commit.
type deleteBatch struct {
	bypass, quiet bool
	refused       map[*s3api.ObjectIdentifier]error // those that the caller may not delete
	deleted       []s3api.DeletedObject
	errors        []s3api.Error
}

func (d *deleteBatch) do(ctx context.Context, tx *objects.Tx, b *objects.Bucket, list []s3api.ObjectIdentifier) error {
	for i := range list {
		if err := ctx.Err(); err != nil {
			return err
		}
		id := &list[i]
		var as deletedAs
		err := d.refused[id]
		if err == nil {
			as, err = d.one(tx, b, id)
		}
		switch refused, ok := errors.AsType[*cloud.Error](err); {
		case ok && refused.Kind != cloud.Internal && refused.Kind != cloud.Unavailable:
			d.errors = append(d.errors, s3api.Error{Key: id.Key, VersionId: id.VersionId, Code: &refused.Code, Message: &refused.Message})
		case err != nil:
			return err
		case !d.quiet:
			d.deleted = append(d.deleted, deletedObject(id, as))
		}
	}
	return nil
}

func (d *deleteBatch) one(tx *objects.Tx, b *objects.Bucket, id *s3api.ObjectIdentifier) (deletedAs, error) {
	if id.LastModifiedTime != nil || id.Size != nil {
		return deletedAs{}, cloud.Errorf(cloud.Unsupported, "NotImplemented", "Only directory buckets have the conditions LastModifiedTime and Size")
	}
	if id.VersionId != nil && checkVersionID(b, *id.VersionId) != nil {
		return deletedAs{}, cloud.Errorf(cloud.NotFound, "NoSuchVersion", "The specified version does not exist.")
	}
	as, err := deletion{key: *id.Key, version: id.VersionId, match: id.ETag, bypass: d.bypass}.do(tx, b)
	if refused, ok := errors.AsType[*cloud.Error](err); ok && refused.Code == "InvalidArgument" { // of an ID that no version has
		return as, cloud.Errorf(cloud.NotFound, "NoSuchVersion", "The specified version does not exist.")
	}
	return as, err
}

func deletedObject(id *s3api.ObjectIdentifier, as deletedAs) s3api.DeletedObject {
	done := s3api.DeletedObject{Key: id.Key, VersionId: id.VersionId}
	if as.marker {
		done.DeleteMarker, done.DeleteMarkerVersionId = new(true), as.version
	}
	return done
}
