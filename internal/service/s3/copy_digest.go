package s3

import (
	"context"
	"crypto/md5" //nolint:gosec // S3's ETags are MD5
	"errors"
	"io"
	"strings"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/checksum"
	"github.com/sillok/sillok/internal/kit/seal"
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
// that nobody has computed yet, or to be sealed by another key.
type copying struct {
	service  *Service
	opens    *customerKey                                                     // of the source; nil for none
	seals    func(context.Context) (*objects.Encryption, *seal.Sealer, error) // returns the key of the copy; nil for the server's own
	unshared bool                                                             // the source cannot be shared, though it is under the server's key

	source    *objects.Version // that is or was to be read
	part      span
	algorithm string
	anew      bool // it is to be sealed
	found     *digest
	staged    *objects.Staged // of what was sealed anew
}

// run does a change that asks for digests, and reads the source between two
// attempts where it must.
func (c *copying) run(ctx context.Context, change func() error) error {
	defer c.discard()
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

// discard frees what was sealed and not taken.
func (c *copying) discard() {
	if c.staged != nil {
		c.staged.Discard()
		c.staged = nil
	}
}

// apart says whether a copy cannot share the bytes of its source, since either is
// under a key that is not the server's own.
func (c *copying) apart(source, target *objects.Encryption, customer *customerKey) bool {
	return c.unshared || !byServer(source) || !byServer(target) || customer != nil || usesKMS(target)
}

// digest returns what a copy of some bytes of a version says of them, or
// errUnread. An algorithm of "" asks for no checksum. Where the copy is to be
// sealed anew, that is done once it is returned.
func (c *copying) digest(v *objects.Version, part span, algorithm string, anew bool) (digest, error) {
	if !anew && v.Parts == 0 && part.size == v.Size && !strings.Contains(v.ETag, "-") {
		switch algorithm {
		case "":
			return digest{etag: v.ETag}, nil
		case v.Checksum.Algorithm:
			return digest{v.ETag, v.Checksum}, nil
		}
	}
	if c.found != nil && c.source.Number == v.Number && c.part == part && c.algorithm == algorithm && c.anew == anew {
		return *c.found, nil
	}
	c.source, c.part, c.algorithm, c.anew, c.found = v, part, algorithm, anew, nil
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
	if c.anew {
		return c.seal(ctx, hashing)
	}
	if _, err := io.Copy(io.Discard, hashing); err != nil {
		return err
	}
	c.found = &digest{hashing.etag(), hashing.checksum(c.algorithm)}
	return nil
}

// seal seals the source by the key of the copy.
func (c *copying) seal(ctx context.Context, body *content) error {
	e, key, err := c.seals(ctx)
	if err != nil {
		return err
	}
	c.discard()
	if c.staged, err = c.service.stage(ctx, e, key, body); err != nil {
		return err
	}
	c.found = &digest{body.etagBy(key), body.checksum(c.algorithm)}
	return nil
}

// shared looks at what sharing has ended with: where the source cannot be shared
// after all it is to be sealed anew.
func (c *copying) shared(err error, v *objects.Version, part span, algorithm string) error {
	if !errors.Is(err, objects.ErrUnshared) {
		return err
	}
	c.unshared = true
	_, err = c.digest(v, part, algorithm, true)
	return err
}

func (c *copying) open(ctx context.Context) (body io.ReadCloser, err error) {
	err = c.service.db.View(ctx, func(v *objects.View) error {
		b, err := v.Bucket(c.source.Bucket)
		if err != nil {
			return unlessMissing(err)
		}
		now, err := v.Version(b, c.source.Key, c.source.ID)
		if err != nil || now.Number != c.source.Number {
			return unlessMissing(err)
		}
		key, err := c.service.openKey(ctx, b, &now.Encryption, c.opens)
		if err != nil {
			return err
		}
		body, err = v.ReadBy(ctx, key, now, c.part.offset, c.part.size)
		return err
	})
	return body, err
}
