package sigv4

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/sillok/sillok/internal/cloud"
)

// Content returns a reader of what the verified request r carries, as its
// payload hash says: checked against a declared SHA-256, without its aws-chunked
// framing, or as it comes. Of an aws-chunked body it makes r's Content-Length
// and Content-Encoding those of the content.
//
// Damage and forgery are known for certain at the content's end alone: whoever
// reads must read up to io.EOF, and must undo what it did with the bytes when
// there is another error.
func (v *Verified) Content(r *http.Request) (io.Reader, error) {
	switch {
	case v.PayloadHash == Unsigned:
		return r.Body, nil
	case !Chunked(v.PayloadHash):
		return NewHashReader(r.Body, v.PayloadHash), nil
	}
	c, err := NewChunkReader(r.Body, r.Header, v)
	if err != nil {
		return nil, err
	}
	r.ContentLength = c.Length()
	r.Header.Set("Content-Length", strconv.FormatInt(c.Length(), 10))
	dropChunkedEncoding(r.Header)
	return c, nil
}

// dropChunkedEncoding takes aws-chunked out of Content-Encoding.
func dropChunkedEncoding(header http.Header) {
	var rest []string
	for encoding := range strings.SplitSeq(strings.Join(header.Values("Content-Encoding"), ","), ",") {
		encoding = strings.TrimSpace(encoding)
		if encoding != "" && !strings.EqualFold(encoding, "aws-chunked") {
			rest = append(rest, encoding)
		}
	}
	header.Del("Content-Encoding")
	if len(rest) > 0 {
		header.Set("Content-Encoding", strings.Join(rest, ","))
	}
}

// hashReader passes a body through and compares its hash at the end.
type hashReader struct {
	r        io.Reader
	sum      hash.Hash
	declared string
	err      error
}

// NewHashReader returns a reader of body that ends with an
// XAmzContentSHA256Mismatch in place of io.EOF when the body's SHA-256 is not
// the declared one, which is in lower-case hexadecimal.
func NewHashReader(body io.Reader, declared string) io.Reader {
	return &hashReader{r: body, sum: sha256.New(), declared: declared}
}

// Read reads the body.
func (h *hashReader) Read(p []byte) (int, error) {
	if h.err != nil {
		return 0, h.err
	}
	n, err := h.r.Read(p)
	h.sum.Write(p[:n])
	if errors.Is(err, io.EOF) {
		if sum := hex.EncodeToString(h.sum.Sum(nil)); sum != h.declared {
			err = errContentMismatch(h.declared, sum)
		}
	}
	h.err = err
	return n, err
}

func errContentMismatch(declared, computed string) error {
	e := cloud.Errorf(cloud.Invalid, "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed.")
	e.Fields = map[string]any{"ClientComputedContentSHA256": declared, "S3ComputedContentSHA256": computed}
	return e
}
