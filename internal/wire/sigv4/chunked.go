package sigv4

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/checksum"
)

// Limits of the framing.
const (
	maxChunkLine = 4 << 10 // bytes of a chunk's header or of a trailing header
	maxTrailers  = 16
	minChunk     = 8 << 10 // S3's, for all chunks but the last
)

const checksumPrefix = "x-amz-checksum-"

// ChunkReader reads the content of an aws-chunked body. It holds no chunk: a
// chunk's bytes are handed out as they come, and its signature is checked when
// its last byte has come. Its errors are *cloud.Error, or those of the reader
// below.
type ChunkReader struct {
	r        *bufio.Reader
	verified *Verified
	signed   bool
	trailing bool

	length int64 // of the content, as declared
	begun  int64 // bytes in the chunks so far, the current one included

	left     int64 // bytes of the current chunk that have not come yet
	short    bool  // the current chunk is one that only the last may be
	chunk    hash.Hash
	given    string // the signature that the current chunk claims
	previous string // the signature before it

	announced string // name of the trailing header; empty for none
	checksum  hash.Hash
	trailer   string // value of the trailing header
	err       error
}

// Chunked says whether a request's payload hash means aws-chunked.
func Chunked(payloadHash string) bool { return strings.HasPrefix(payloadHash, "STREAMING-") }

// NewChunkReader returns a reader of the content of body. header is the
// request's, which tells the content's length and announces the checksum that
// trails it; both are checked.
func NewChunkReader(body io.Reader, header http.Header, verified *Verified) (*ChunkReader, error) {
	c := &ChunkReader{
		r: bufio.NewReaderSize(body, maxChunkLine), verified: verified,
		previous: verified.signature, chunk: sha256.New(),
	}
	switch verified.PayloadHash {
	case StreamingSigned:
		c.signed = true
	case StreamingSignedTrailer:
		c.signed, c.trailing = true, true
	case StreamingTrailer:
		c.trailing = true
	default:
		return nil, cloud.Errorf(cloud.Unsupported, "NotImplemented", "The payload signing %.80q is not supported", verified.PayloadHash)
	}
	length, err := strconv.ParseUint(header.Get("X-Amz-Decoded-Content-Length"), 10, 63)
	if err != nil {
		return nil, cloud.Errorf(cloud.Invalid, "MissingContentLength", "You must provide the Content-Length HTTP header.")
	}
	c.length = int64(length)
	return c, c.announce(header.Values("X-Amz-Trailer"))
}

// announce prepares for the trailing headers that a request announces: one
// checksum or none.
func (c *ChunkReader) announce(values []string) error {
	name := strings.ToLower(strings.TrimSpace(strings.Join(values, ",")))
	if name == "" || !c.trailing {
		return nil
	}
	algorithm, ok := strings.CutPrefix(name, checksumPrefix)
	if ok {
		c.announced = name
		c.checksum, ok = checksum.New(strings.ToUpper(algorithm))
	}
	if !ok {
		return cloud.Errorf(cloud.Invalid, "InvalidRequest", "The value specified in the x-amz-trailer header is not supported")
	}
	return nil
}

// Length returns the length of the content in bytes, as the client declares it.
// Content of another length ends with an error.
func (c *ChunkReader) Length() int64 { return c.length }

// Announced implements checksum.Trailer.
func (c *ChunkReader) Announced() string {
	return strings.ToUpper(strings.TrimPrefix(c.announced, checksumPrefix))
}

// Trailer implements checksum.Trailer.
func (c *ChunkReader) Trailer() (name, value string) {
	if c.trailer == "" {
		return "", ""
	}
	return c.announced, c.trailer
}

// Read reads content.
func (c *ChunkReader) Read(p []byte) (int, error) {
	if c.err == nil && c.left == 0 {
		c.err = c.next()
	}
	if c.err != nil || len(p) == 0 {
		return 0, c.err
	}
	n, err := c.r.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	if c.signed {
		c.chunk.Write(p[:n])
	}
	if c.checksum != nil {
		c.checksum.Write(p[:n])
	}
	switch {
	case c.left == 0:
		err = c.endChunk()
	case errors.Is(err, io.EOF):
		err = errTruncated()
	}
	c.err = err
	return n, err
}

// next reads the header of the next chunk, and all that follows the last one.
func (c *ChunkReader) next() error {
	line, err := c.line()
	if err != nil {
		return err
	}
	sizeText, extension, _ := strings.Cut(line, ";")
	size, err := strconv.ParseUint(strings.TrimSpace(sizeText), 16, 63)
	if err != nil {
		return errFraming("%.40q is not the size of a chunk", sizeText)
	}
	c.chunk.Reset()
	if c.signed {
		var ok bool
		if c.given, ok = strings.CutPrefix(strings.TrimSpace(extension), "chunk-signature="); !ok {
			return errFraming("a chunk has no signature")
		}
	}
	switch {
	case size == 0:
		return c.end()
	case int64(size) > c.length-c.begun:
		return errLength()
	case c.short:
		return cloud.Errorf(cloud.Invalid, "InvalidChunkSizeError", "Only the last chunk is allowed to have a size less than %d bytes", minChunk)
	}
	c.left, c.short = int64(size), size < minChunk
	c.begun += c.left
	return nil
}

// endChunk checks a chunk whose bytes have all come.
func (c *ChunkReader) endChunk() error {
	if err := c.verifyChunk(); err != nil {
		return err
	}
	line, err := c.line()
	if err == nil && line != "" {
		err = errFraming("a chunk is longer than its size")
	}
	return err
}

// end reads what follows the content. It returns io.EOF when all is right.
func (c *ChunkReader) end() error {
	if err := c.verifyChunk(); err != nil {
		return err
	}
	signature, err := c.trailers()
	if err != nil {
		return err
	}
	if c.signed && c.trailing {
		lines := ""
		if c.trailer != "" {
			lines = c.announced + ":" + c.trailer + "\n"
		}
		if err := c.verify("AWS4-HMAC-SHA256-TRAILER", []string{hexHash([]byte(lines))}, signature); err != nil {
			return err
		}
	}
	if c.begun != c.length {
		return errLength()
	}
	return c.verifyChecksum()
}

// trailers reads the trailing headers and returns their signature. Some clients
// leave out the line end after them.
func (c *ChunkReader) trailers() (signature string, err error) {
	for range maxTrailers {
		if _, err := c.r.Peek(1); errors.Is(err, io.EOF) {
			return signature, nil
		}
		line, err := c.line()
		if err != nil {
			return "", err
		}
		if line == "" {
			return signature, c.nothingMore()
		}
		name, value, _ := strings.Cut(line, ":")
		name, value = strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(value)
		switch {
		case value == "" || !c.trailing:
			return "", errTrailer()
		case name == "x-amz-trailer-signature" && c.signed && signature == "":
			signature = value
		case name == c.announced && c.trailer == "":
			c.trailer = value
		default:
			return "", errTrailer()
		}
	}
	return "", errTrailer()
}

// nothingMore checks that the body ends where its framing does.
func (c *ChunkReader) nothingMore() error {
	switch _, err := c.r.ReadByte(); {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		return fmt.Errorf("reading aws-chunked: %w", err)
	}
	return errFraming("bytes follow its end")
}

// verifyChecksum compares the trailing checksum, which is in base64. It returns
// io.EOF when it is right.
func (c *ChunkReader) verifyChecksum() error {
	if c.checksum == nil {
		return io.EOF
	}
	if c.trailer == "" {
		return errTrailer()
	}
	want := c.checksum.Sum(nil)
	given, err := base64.StdEncoding.DecodeString(c.trailer)
	switch {
	case err != nil || len(given) != len(want):
		return cloud.Errorf(cloud.Invalid, "InvalidRequest", "Value for %s trailing header is invalid.", c.announced)
	case string(given) != string(want):
		return cloud.Errorf(cloud.Invalid, "BadDigest", "The %s you specified did not match the calculated checksum.", c.Announced())
	}
	return io.EOF
}

func (c *ChunkReader) verifyChunk() error {
	if !c.signed {
		return nil
	}
	return c.verify("AWS4-HMAC-SHA256-PAYLOAD", []string{hexHash(nil), hex.EncodeToString(c.chunk.Sum(nil))}, c.given)
}

// verify checks the signature of a chunk or of the trailing headers, which
// chains to the one before it.
func (c *ChunkReader) verify(kind string, hashes []string, given string) error {
	toSign := strings.Join(append([]string{kind, c.verified.Time.Format(timeLayout), c.verified.scope, c.previous}, hashes...), "\n")
	sum := sign(c.verified.signingKey[:], toSign)
	want := hex.EncodeToString(sum[:])
	if !hmac.Equal([]byte(want), []byte(given)) {
		return cloud.Errorf(cloud.Unauthenticated, "SignatureDoesNotMatch",
			"The request signature we calculated does not match the signature you provided. Check your key and signing method.")
	}
	c.previous = want
	return nil
}

// line reads a line of the framing.
func (c *ChunkReader) line() (string, error) {
	line, err := c.r.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return "", errFraming("a line of the framing is larger than %d bytes", maxChunkLine)
	case errors.Is(err, io.EOF):
		return "", errTruncated()
	case err != nil:
		return "", fmt.Errorf("reading aws-chunked: %w", err)
	}
	return strings.TrimRight(string(line), "\r\n"), nil
}

func errFraming(format string, args ...any) error {
	return cloud.Errorf(cloud.Invalid, "IncompleteBody", "The aws-chunked body is malformed: "+format, args...)
}

func errTruncated() error {
	return cloud.Errorf(cloud.Invalid, "IncompleteBody", "The request body terminated unexpectedly").Because(io.ErrUnexpectedEOF)
}

func errLength() error {
	return cloud.Errorf(cloud.Invalid, "IncompleteBody", "You did not provide the number of bytes specified by the x-amz-decoded-content-length HTTP header")
}

func errTrailer() error {
	return cloud.Errorf(cloud.Invalid, "MalformedTrailerError",
		"The request contained trailing data that was not well-formed or did not conform to our published schema.")
}
