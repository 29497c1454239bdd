package s3

import (
	"context"
	"crypto/md5" //nolint:gosec // S3's ETags are MD5
	"errors"
	"io"
	"strings"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/checksum"
	"github.com/sillok/sillok/internal/store/objects"
)

// maxRereads bounds how often a copy is tried again whose source has changed
// while it was read.
const maxRereads = 10

// errUnread ends a change that needs to know of its source what only reading it
// tells.
var errUnread = errors.New("the source must be read first")

// digest is what a copy says of the bytes that it shares with its source.
type digest struct {
	etag     string
	checksum objects.Checksum
}

// copying is a copy whose source may have to be read: for an ETag and a checksum
// that nobody has computed yet.
type copying struct {
	db *objects.DB

	version   *objects.Version // that is or was to be read
	part      span
	algorithm string
	found     *digest
}

// run does a change that asks for digests, and reads the source between two
// attempts where it must.
func (c *copying) run(ctx context.Context, change func() error) error {
	for range maxRereads {
		err := change()
		if !errors.Is(err, errUnread) {
			return err
		}
		if err := c.read(ctx); err != nil {
			return err
		}
	}
	return cloud.Errorf(cloud.Conflict, "OperationAborted",
		"A conflicting conditional operation is currently in progress against this resource. Please try again.")
}

// digest returns what a copy of some bytes of a version says of them, or
// errUnread. An algorithm of "" asks for no checksum.
func (c *copying) digest(v *objects.Version, part span, algorithm string) (digest, error) {
	if v.Parts == 0 && part.size == v.Size && !strings.Contains(v.ETag, "-") {
		switch algorithm {
		case "":
			return digest{etag: v.ETag}, nil
		case v.Checksum.Algorithm:
			return digest{v.ETag, v.Checksum}, nil
		}
	}
	if c.found != nil && c.version.Number == v.Number && c.part == part && c.algorithm == algorithm {
		return *c.found, nil
	}
	c.version, c.part, c.algorithm, c.found = v, part, algorithm, nil
	return digest{}, errUnread
}

// read reads what digest has asked for. A version that is gone by now is left
// to the next attempt.
func (c *copying) read(ctx context.Context) error {
	body, err := c.open(ctx)
	if err != nil || body == nil {
		return err
	}
	defer body.Close()                                                  //nolint:errcheck // it was only read
	hashing := &content{body: body, md5: checksum.NewBeside(md5.New())} //nolint:gosec // as above
	defer hashing.md5.Wait()
	if c.algorithm != "" {
		hashing.compute(c.algorithm)
	}
	if _, err := io.Copy(io.Discard, hashing); err != nil {
		return err
	}
	c.found = &digest{hashing.etag(), hashing.checksum(c.algorithm)}
	return nil
}

func (c *copying) open(ctx context.Context) (body io.ReadCloser, err error) {
	err = c.db.View(ctx, func(v *objects.View) error {
		b, err := v.Bucket(c.version.Bucket)
		if err != nil {
			return unlessMissing(err)
		}
		now, err := v.Version(b, c.version.Key, c.version.ID)
		if err != nil || now.Number != c.version.Number {
			return unlessMissing(err)
		}
		body, err = v.Read(ctx, now, c.part.offset, c.part.size)
		return err
	})
	return body, err
}
