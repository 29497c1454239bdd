package sigv4

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"

	"github.com/sillok/sillok/internal/cloud"
)

// Limits of the framing, so that a hostile body cannot fill memory.
const (
	maxChunk        = 64 << 20
	maxChunkHeader  = 4 << 10
	maxTrailerBytes = 16 << 10
)

// ChunkReader reads the content of an aws-chunked body. With a signed kind it
// hands out no byte of a chunk before it has verified that chunk. Its errors
// are *cloud.Error, or those of the reader below.
type ChunkReader struct {
	r        *bufio.Reader
	verified *Verified
	signed   bool
	trailing bool

	chunk    []byte // what is left of the verified chunk
	left     int64  // of an unsigned chunk: bytes not yet read
	previous string
	trailer  http.Header
	err      error
}

// Chunked says whether a request's declared payload hash means aws-chunked.
func Chunked(payloadHash string) bool { return strings.HasPrefix(payloadHash, "STREAMING-") }

// NewChunkReader returns a reader of body's content. The kind is the payload
// hash under which the request was verified.
func NewChunkReader(body io.Reader, verified *Verified) (*ChunkReader, error) {
	c := &ChunkReader{
		r: bufio.NewReaderSize(body, maxChunkHeader), verified: verified,
		previous: verified.signature, trailer: http.Header{},
	}
	switch verified.PayloadHash {
	case StreamingSigned:
		c.signed = true
	case StreamingSignedTrailer:
		c.signed, c.trailing = true, true
	case StreamingTrailer:
		c.trailing = true
	default:
		return nil, cloud.Errorf(cloud.Unsupported, "NotImplemented", "The payload signing %q is not supported", verified.PayloadHash)
	}
	return c, nil
}

// Trailer returns the trailing headers. It is complete once Read has returned
// io.EOF.
func (c *ChunkReader) Trailer() http.Header { return c.trailer }

// Read reads content.
func (c *ChunkReader) Read(p []byte) (int, error) {
	for c.err == nil && len(c.chunk) == 0 && c.left == 0 {
		c.err = c.next()
	}
	if len(c.chunk) > 0 {
		n := copy(p, c.chunk)
		c.chunk = c.chunk[n:]
		return n, nil
	}
	if c.err != nil {
		return 0, c.err
	}
	n, err := c.r.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	if err == nil && c.left == 0 {
		err = c.crlf()
	}
	c.err = err
	return n, err
}

// next reads the header of the next chunk, and the chunk where it is signed.
func (c *ChunkReader) next() error {
	line, err := c.line()
	if err != nil {
		return err
	}
	sizeText, extension, _ := strings.Cut(line, ";")
	size, err := strconv.ParseInt(strings.TrimSpace(sizeText), 16, 64)
	if err != nil || size < 0 {
		return errChunk("%.40q is not the size of a chunk", sizeText)
	}
	if !c.signed {
		if size == 0 {
			return c.end()
		}
		c.left = size
		return nil
	}
	given, ok := strings.CutPrefix(strings.TrimSpace(extension), "chunk-signature=")
	if !ok {
		return errChunk("a chunk has no signature")
	}
	if size > maxChunk {
		return errChunk("a chunk of %d bytes is larger than %d", size, maxChunk)
	}
	data, sum, err := c.signedChunk(size)
	if err != nil {
		return err
	}
	if err := c.verify("AWS4-HMAC-SHA256-PAYLOAD", []string{hexHash(nil), sum}, given); err != nil {
		return err
	}
	if size == 0 {
		return c.end()
	}
	c.chunk = data
	return c.crlf()
}

// signedChunk reads size bytes and returns them with their hash.
func (c *ChunkReader) signedChunk(size int64) (data []byte, sum string, err error) {
	var buf bytes.Buffer
	h := sha256.New()
	n, err := io.CopyN(io.MultiWriter(&buf, h), c.r, size)
	if err != nil && n < size {
		return nil, "", io.ErrUnexpectedEOF
	}
	return buf.Bytes(), hex.EncodeToString(h.Sum(nil)), nil
}

// end reads what follows the last chunk.
func (c *ChunkReader) end() error {
	var signed strings.Builder
	var given string
	for total := 0; ; {
		line, err := c.line()
		if errors.Is(err, io.ErrUnexpectedEOF) {
			break // some clients leave out the last line end
		}
		if err != nil {
			return err
		}
		if line == "" {
			break
		}
		if total += len(line); total > maxTrailerBytes {
			return errChunk("the trailer is larger than %d bytes", maxTrailerBytes)
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok || !c.trailing {
			return errChunk("%.40q is not a trailing header", line)
		}
		name, value = strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(value)
		if name == "x-amz-trailer-signature" {
			given = value
			continue
		}
		signed.WriteString(name + ":" + value + "\n")
		c.trailer[textproto.CanonicalMIMEHeaderKey(name)] = []string{value}
	}
	if c.signed && c.trailing {
		if err := c.verify("AWS4-HMAC-SHA256-TRAILER", []string{hexHash([]byte(signed.String()))}, given); err != nil {
			return err
		}
	}
	return io.EOF
}

// verify checks the signature of a chunk or trailer, which chains to the one
// before it.
func (c *ChunkReader) verify(kind string, hashes []string, given string) error {
	toSign := strings.Join(append([]string{kind, c.verified.Time.Format(timeLayout), c.verified.scope, c.previous}, hashes...), "\n")
	want := hex.EncodeToString(sign(c.verified.signingKey, toSign))
	if !hmac.Equal([]byte(want), []byte(given)) {
		return cloud.Errorf(cloud.Unauthenticated, "SignatureDoesNotMatch",
			"The request signature we calculated does not match the signature you provided. Check your key and signing method.")
	}
	c.previous = want
	return nil
}

func (c *ChunkReader) line() (string, error) {
	line, err := c.r.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return "", errChunk("a header of the framing is larger than %d bytes", maxChunkHeader)
	case errors.Is(err, io.EOF):
		return "", io.ErrUnexpectedEOF
	case err != nil:
		return "", fmt.Errorf("reading aws-chunked: %w", err)
	}
	return strings.TrimRight(string(line), "\r\n"), nil
}

func (c *ChunkReader) crlf() error {
	line, err := c.line()
	if err == nil && line != "" {
		err = errChunk("a chunk is longer than its size")
	}
	return err
}

func errChunk(format string, args ...any) error {
	return cloud.Errorf(cloud.Invalid, "IncompleteBody", "The aws-chunked body is malformed: "+format, args...)
}
