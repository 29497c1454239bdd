package s3

import (
	"context"
	"maps"
	"net/http"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/store/objects"
)

// RestoreObject lets what is archived be read for some days. That is done at once,
// since it lies where everything does.
func (s *Service) RestoreObject(ctx context.Context, in *s3api.RestoreObjectInput) (*s3api.RestoreObjectOutput, error) {
	r := in.RestoreRequest
	switch {
	case r == nil:
		return nil, errMalformed()
	case r.SelectParameters != nil || text(r.Type) == "SELECT":
		return nil, cloud.Errorf(cloud.Unsupported, "NotImplemented", "Queries on archived objects are not supported by this version of Sillok")
	}
	out := &s3api.RestoreObjectOutput{Status: new(int32(http.StatusOK))}
	err := s.changeBucket(ctx, in.Bucket, in.ExpectedBucketOwner, func(tx *objects.Tx, b *objects.Bucket) error {
		version, err := find(&tx.View, b, *in.Key, in.VersionId, http.MethodPost)
		if err != nil {
			return err
		}
		if class := storageClassOf(version); !archived(version) {
			return fail(cloud.Denied, "InvalidObjectState", "Restore is not allowed for the object's current storage class", "StorageClass", class)
		}
		if resource.Value(r.Days) < 1 {
			return errMalformed()
		}
		if !tx.Now().Before(restoredUntil(version)) {
			out.Status = new(int32(http.StatusAccepted))
		}
		until := tx.Now().Truncate(oneDay).AddDate(0, 0, int(*r.Days)+1)
		return tx.Amend(version, false, "ObjectRestore:Completed", func(v *objects.Version) error {
			v.Headers = withHeader(v.Headers, restoreHeader, restored(until))
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// withHeader returns headers with one more; the given ones stay as they are.
func withHeader(headers map[string]string, name, value string) map[string]string {
	more := make(map[string]string, len(headers)+1)
	maps.Copy(more, headers)
	more[name] = value
	return more
}
