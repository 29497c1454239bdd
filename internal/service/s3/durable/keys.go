package durable

import (
	"context"
	"io/fs"
	"net/http"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/versity/versitygw/backend"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/s3err"
	"github.com/versity/versitygw/s3response"
)

// storable reports whether key can be the path of a file and comes back as it
// is. versitygw would take "a//b" and "a/./b" for "a/b", and overwrite that.
// Its own folder is nobody's.
func storable(key string) bool {
	path := strings.TrimSuffix(key, "/")
	return path != "." && fs.ValidPath(path) && !slices.Contains(strings.Split(path, "/"), posix.MetaTmpDir)
}

func errKey(key string) error {
	return s3err.APIError{
		Code: "NotImplemented", HTTPStatusCode: http.StatusNotImplemented,
		Description: "Objects are files here, and no file can be called \"" + key + "\": " +
			"keys with empty parts, \".\" or \"..\" between slashes are not supported by this version of Sillok",
	}
}

func errNoKey() error { return s3err.GetAPIError(s3err.ErrNoSuchKey) }

// sourceStorable reports whether the key that a copy reads can be here.
func sourceStorable(source *string) bool {
	if source == nil {
		return true
	}
	_, key, _, err := backend.ParseCopySource(*source)
	return err != nil || storable(key) // versitygw says what is wrong with it
}

// HeadObject implements backend.Backend.
func (b *Backend) HeadObject(ctx context.Context, in *s3.HeadObjectInput) (*s3.HeadObjectOutput, error) {
	if in.Key != nil && !storable(*in.Key) {
		return nil, errNoKey()
	}
	return b.Posix.HeadObject(ctx, in)
}

// GetObject implements backend.Backend.
func (b *Backend) GetObject(ctx context.Context, in *s3.GetObjectInput) (*s3.GetObjectOutput, error) {
	if in.Key != nil && !storable(*in.Key) {
		return nil, errNoKey()
	}
	return b.Posix.GetObject(ctx, in)
}

// GetObjectAttributes implements backend.Backend.
func (b *Backend) GetObjectAttributes(ctx context.Context, in *s3.GetObjectAttributesInput) (s3response.GetObjectAttributesResponse, error) {
	if in.Key != nil && !storable(*in.Key) {
		return s3response.GetObjectAttributesResponse{}, errNoKey()
	}
	return b.Posix.GetObjectAttributes(ctx, in)
}

// GetObjectTagging implements backend.Backend.
func (b *Backend) GetObjectTagging(ctx context.Context, bucket, key, version string) (map[string]string, error) {
	if !storable(key) {
		return nil, errNoKey()
	}
	return b.Posix.GetObjectTagging(ctx, bucket, key, version)
}

// deletable returns the objects of a list that can be here. The others are
// not, and deleting what is not there succeeds.
func deletable(all []types.ObjectIdentifier) (here []types.ObjectIdentifier, gone []types.DeletedObject) {
	for _, o := range all {
		if o.Key != nil && !storable(*o.Key) {
			gone = append(gone, types.DeletedObject{Key: o.Key, VersionId: o.VersionId})
			continue
		}
		here = append(here, o)
	}
	return here, gone
}
