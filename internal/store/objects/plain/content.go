package plain

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"io"
	"regexp"
	"strconv"
	"strings"

	"github.com/sillok/sillok/internal/kit/checksum"
)

// content is what an object's bytes come to.
type content struct {
	size   int64
	sha256 string
	etag   string // as S3 makes it
	sum    string // of the algorithm that was asked for
}

// digester takes bytes and tells what they come to.
type digester struct {
	size int64
	sha  hash.Hash
	etag *checksum.ETag
	sum  hash.Hash // nil where no algorithm was asked for
}

// newDigester returns a digester for content that was uploaded in parts of
// those sizes, or whole. algorithm may be empty.
func newDigester(parts []int64, algorithm string) *digester {
	d := &digester{sha: sha256.New(), etag: checksum.NewETag(parts)}
	d.sum, _ = checksum.New(algorithm)
	return d
}

// Write implements io.Writer.
func (d *digester) Write(p []byte) (int, error) {
	d.size += int64(len(p))
	_, _ = d.sha.Write(p)
	_, _ = d.etag.Write(p)
	if d.sum != nil {
		_, _ = d.sum.Write(p)
	}
	return len(p), nil
}

// content returns what came to now.
func (d *digester) content() content {
	c := content{size: d.size, sha256: hex.EncodeToString(d.sha.Sum(nil)), etag: d.etag.String()}
	if d.sum != nil {
		c.sum = base64.StdEncoding.EncodeToString(d.sum.Sum(nil))
	}
	return c
}

// digest reads all of r.
func digest(ctx context.Context, r io.Reader, parts []int64, algorithm string) (content, error) {
	d := newDigester(parts, algorithm)
	_, err := io.Copy(d, contextReader{ctx, r})
	return d.content(), err
}

// contextReader ends with its context.
type contextReader struct {
	ctx context.Context //nolint:containedctx // it is the reader's whole point
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

var etagForm = regexp.MustCompile(`^[0-9a-f]{32}(-[0-9]+)?$`)

// partCount returns how many parts an ETag says that there are; 0 for whole.
func partCount(etag string) int {
	_, n, _ := strings.Cut(etag, "-")
	count, _ := strconv.Atoi(n)
	return count
}

// partSizes returns the sizes of n parts of an object when all but the last are
// as large as the first; nil when that cannot be.
func partSizes(size, first int64, n int) []int64 {
	if n < 1 || first <= 0 && n > 1 || size < first*int64(n-1) || size > first*int64(n) {
		return nil
	}
	sizes := make([]int64, n)
	for i := range sizes {
		sizes[i] = min(first, size-first*int64(i))
	}
	return sizes
}
