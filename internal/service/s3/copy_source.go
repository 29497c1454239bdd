package s3

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/objects"
)

const copySourceHeader = "x-amz-copy-source"

// copySource is where a copy comes from.
type copySource struct {
	bucket, key string
	version     *string // nil for the latest one
	owner       *string // the account whose bucket the caller expects it to be
	conditions  conditions
}

// parseCopySource reads the header x-amz-copy-source: a bucket and a key, escaped
// as in the query of a URL, with or without a slash before it.
func parseCopySource(header string) (copySource, error) {
	if strings.HasPrefix(header, "arn:") || strings.HasPrefix(header, "/arn:") {
		return copySource{}, cloud.Errorf(cloud.Unsupported, "NotImplemented", "Access points as the source of a copy are not supported by this version of Sillok")
	}
	var from copySource
	path := header
	if i := strings.LastIndex(header, "?versionId="); i >= 0 {
		id, err := url.QueryUnescape(header[i+len("?versionId="):])
		if err != nil {
			return from, errArgument(copySourceHeader, header, "Invalid copy source encoding.")
		}
		path, from.version = header[:i], &id
	}
	path, err := url.QueryUnescape(path)
	if err != nil {
		return from, errArgument(copySourceHeader, header, "Invalid copy source encoding.")
	}
	from.bucket, from.key, _ = strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if from.bucket == "" || from.key == "" {
		return from, errArgument(copySourceHeader, header, "Copy Source must mention the source bucket and key: /sourcebucket/sourcekey")
	}
	return from, nil
}

// find returns the version that is copied, and its bucket.
func (c *copySource) find(ctx context.Context, s *Service, tx *objects.Tx) (*objects.Bucket, *objects.Version, error) {
	b, err := s.bucket(ctx, &tx.View, &c.bucket, c.owner)
	if err != nil {
		return nil, nil, err
	}
	version, err := find(&tx.View, b, c.key, c.version, http.MethodGet)
	switch {
	case isCode(err, "MethodNotAllowed"):
		return nil, nil, errInvalidRequest("The source of a copy request may not specifically refer to a delete marker by version id.")
	case err != nil:
		return nil, nil, &sourceError{err, c.bucket}
	}
	if failed := c.conditions.failed(version, tx.Now()); failed != "" {
		return nil, nil, errPrecondition(copySourceHeader + "-" + failed)
	}
	return b, version, nil
}

func errSourceTooLarge() error {
	return errInvalidRequest("The specified copy source is larger than the maximum allowable size for a copy source: %d", int64(maxObject))
}
