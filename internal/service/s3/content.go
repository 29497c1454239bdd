package s3

import (
	"context"
	"crypto/md5" //nolint:gosec // S3's ETags are MD5, to find damage and not forgery
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"net/http"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/checksum"
	"github.com/sillok/sillok/internal/kit/seal"
	"github.com/sillok/sillok/internal/store/objects"
)

// content is the body of a request on its way to the store. It hashes what it
// hands on, once, and its last read fails when that is not what the client said
// it is.
type content struct {
	body io.Reader
	size int64

	md5  *checksum.Beside
	sums []sum

	wantMD5 []byte           // nil for none
	want    objects.Checksum // what the client says; of a trailer, which checks itself, without value
}

// sum is a checksum that is being computed. What trails the body is computed
// where the body is read.
type sum struct {
	algorithm string
	hash      hash.Hash // nil where it trails the body
}

// newContent returns the content of a request's body. in is the request, of which
// the checksums are read; also names an algorithm that is to be computed whatever
// the client sends, or the default one where it sends none.
func newContent(body io.Reader, in any, sdkAlgorithm, contentMD5, also *string) (*content, error) {
	if body == nil {
		body = http.NoBody
	}
	c := &content{body: body, md5: checksum.NewBeside(md5.New())} //nolint:gosec // as above
	announced := ""
	if t, ok := body.(checksum.Trailer); ok {
		announced = t.Announced()
	}
	var err error
	if c.want, err = expected(in, sdkAlgorithm, announced); err != nil {
		return nil, err
	}
	if c.wantMD5, err = parseMD5(contentMD5); err != nil {
		return nil, err
	}
	switch {
	case announced != "":
		c.sums = append(c.sums, sum{announced, nil})
	case c.want.Algorithm != "":
		c.compute(c.want.Algorithm)
	case also == nil:
		c.compute(defaultChecksum)
	}
	if also != nil && *also != c.want.Algorithm {
		c.compute(*also)
	}
	return c, nil
}

func (c *content) compute(algorithm string) {
	if algorithm == "MD5" {
		c.sums = append(c.sums, sum{algorithm, c.md5})
		return
	}
	h, _ := checksum.New(algorithm) // the algorithm was checked
	c.sums = append(c.sums, sum{algorithm, h})
}

// asked says whether the client sent a checksum of any kind.
func (c *content) asked() bool { return c.want.Algorithm != "" || c.wantMD5 != nil }

// stage takes the content to the disk, as that of an object that is encrypted so
// and has that key.
func (s *Service) stage(ctx context.Context, e *objects.Encryption, key *seal.Sealer, c *content) (*objects.Staged, error) {
	defer c.md5.Wait() // also where not all of it came
	return s.db.StageBy(ctx, objects.Key{By: key, Twice: e.Algorithm == byKMSTwice && key != nil}, c)
}

// Read reads content.
func (c *content) Read(p []byte) (int, error) {
	n, err := c.body.Read(p)
	c.size += int64(n)
	if c.size > maxObject {
		return n, errTooLarge(c.size)
	}
	_, _ = c.md5.Write(p[:n]) // a hash takes everything
	for _, s := range c.sums {
		if s.hash != nil && s.hash != c.md5 {
			s.hash.Write(p[:n])
		}
	}
	switch {
	case errors.Is(err, io.EOF):
		if failed := c.verify(); failed != nil {
			err = failed
		}
	case errors.Is(err, io.ErrUnexpectedEOF) && cloud.KindOf(err) == cloud.Internal:
		err = cloud.Errorf(cloud.Invalid, "IncompleteBody",
			"You did not provide the number of bytes specified by the Content-Length HTTP header").Because(err)
	}
	return n, err
}

// verify compares what came with what the client says of it.
func (c *content) verify() error {
	if c.wantMD5 != nil {
		if got := c.md5.Sum(nil); string(got) != string(c.wantMD5) {
			return fail(cloud.Invalid, "BadDigest", "The Content-MD5 you specified did not match what we received.",
				"ExpectedDigest", hex.EncodeToString(c.wantMD5), "CalculatedDigest", base64.StdEncoding.EncodeToString(got))
		}
	}
	if c.want.Value != "" && c.checksum(c.want.Algorithm).Value != c.want.Value {
		return cloud.Errorf(cloud.Invalid, "BadDigest", "The %s you specified did not match the calculated checksum.", c.want.Algorithm)
	}
	return nil
}

// etagBy is the ETag of content by a key: that of what was read to its end, but of
// a key that is not the server's own one that tells nothing of the content.
func (c *content) etagBy(key *seal.Sealer) string {
	if key == nil {
		return c.etag()
	}
	var random [md5.Size]byte
	_, _ = rand.Read(random[:]) // it never fails
	return hex.EncodeToString(random[:])
}

// etag is the ETag of what was read to its end.
func (c *content) etag() string { return hex.EncodeToString(c.md5.Sum(nil)) }

// checksum returns the checksum of an algorithm that was computed, of all that
// was read; nothing for another one.
func (c *content) checksum(algorithm string) objects.Checksum {
	for _, s := range c.sums {
		if s.algorithm != algorithm {
			continue
		}
		if s.hash == nil {
			_, value := c.body.(checksum.Trailer).Trailer() //nolint:forcetypeassert,errcheck // it announced the checksum
			return objects.Checksum{Algorithm: algorithm, Value: value, Type: fullObject}
		}
		return objects.Checksum{Algorithm: algorithm, Value: base64.StdEncoding.EncodeToString(s.hash.Sum(nil)), Type: fullObject}
	}
	return objects.Checksum{}
}

// main is the checksum that the client sent, or else the default one.
func (c *content) main() objects.Checksum { return c.checksum(c.sums[0].algorithm) }

// parseMD5 reads the header Content-MD5.
func parseMD5(header *string) ([]byte, error) {
	if header == nil {
		return nil, nil
	}
	want, err := base64.StdEncoding.DecodeString(*header)
	if err != nil || len(want) != md5.Size {
		return nil, fail(cloud.Invalid, "InvalidDigest", "The Content-MD5 you specified was invalid.", "Content-MD5", *header)
	}
	return want, nil
}

// checkLength refuses a body that is announced as too large.
func checkLength(length *int64) error {
	if length != nil && *length > maxObject {
		return errTooLarge(*length)
	}
	return nil
}

func errTooLarge(size int64) error {
	return fail(cloud.Invalid, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size",
		"ProposedSize", number(size), "MaxSizeAllowed", number(maxObject))
}
