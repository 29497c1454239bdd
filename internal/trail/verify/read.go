package verify

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"

	"github.com/sillok/sillok/internal/kit/life"
)

// maxExpanded is how large a log file may be once it is unpacked. CloudTrail's have up
// to some hundred MB.
const maxExpanded = 8 << 30

// content is what a log file turned out to hold.
type content struct {
	hash    string // empty where the file is damaged
	records int64
	damage  string // why it is no log file; empty for one
	missing bool
	unread  error // why nothing can be said of it
}

// How a log file can be damaged, in the words of aws cloudtrail validate-logs where it has any.
const (
	damageFormat   = "invalid format"
	damageTrailing = "unexpected data after end of compressed stream"
	damageCut      = "the compressed stream ends early"
	damageLarge    = "it unpacks to more than 8 GB"
	damageRecords  = "it holds no list of CloudTrail's records"
)

// reader has what reading a file needs, for the next file.
type reader struct {
	buffered *bufio.Reader
	gzip     gzip.Reader
	buffer   []byte
}

const chunk = 64 << 10

func newReader() *reader {
	return &reader{buffered: bufio.NewReaderSize(nil, chunk), buffer: make([]byte, chunk)}
}

// log reads a log file to its end.
func (r *reader) log(ctx context.Context, files Files, key string) content {
	body, _, err := files.Open(ctx, key)
	switch {
	case errors.Is(err, ErrNotFound):
		return content{missing: true}
	case err != nil:
		return content{unread: err}
	}
	source := &source{ctx: ctx, r: body}
	var c content
	if err = life.Catch(func() error {
		c = r.read(source)
		return nil
	}); err != nil {
		*r = *newReader() // what is left of the other one may be anything
	}
	if err := errors.Join(source.err, err); err != nil {
		c = content{unread: err}
	}
	_ = body.Close() // all that was needed of it is known
	return c
}

func (r *reader) read(source io.Reader) content {
	r.buffered.Reset(source)
	if err := r.gzip.Reset(r.buffered); err != nil {
		return content{damage: unpacking(err)}
	}
	r.gzip.Multistream(false)
	hash := sha256.New()
	var count counter
	for size := 0; ; {
		n, err := r.gzip.Read(r.buffer)
		_, _ = hash.Write(r.buffer[:n])
		_, _ = count.Write(r.buffer[:n])
		if size += n; size > maxExpanded {
			return content{damage: damageLarge}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return content{damage: unpacking(err)}
		}
	}
	if _, err := r.buffered.Peek(1); !errors.Is(err, io.EOF) {
		return content{damage: damageTrailing}
	}
	records, ok := count.counted()
	c := content{hash: hex.EncodeToString(hash.Sum(nil)), records: records}
	if !ok {
		c.damage = damageRecords
	}
	return c
}

// unpacking says why a file cannot be unpacked.
func unpacking(err error) string {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return damageCut
	}
	return damageFormat
}

// source tells an error of reading from one of what was read, and ends with a context.
type source struct {
	ctx context.Context //nolint:containedctx // of one read from begin to end
	r   io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		s.err = err
		return 0, err
	}
	n, err := s.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = fmt.Errorf("read: %w", err)
	}
	return n, err
}
