package format

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// Source is the bytes of one object.
type Source struct {
	// Open returns the object's bytes from the beginning.
	Open func() (io.ReadCloser, error)
	// Size is the object's size. A small object is fetched once, however often it is opened.
	Size int64
	// MaxExpanded is how many bytes the object may hold once it is decompressed.
	MaxExpanded int64

	body []byte
}

// small is the size up to which an object is kept while it is decoded.
const small = 16 << 20

func (s *Source) fetch() (io.ReadCloser, error) {
	if s.body == nil && s.Size <= small {
		r, err := s.Open()
		if err != nil {
			return nil, err
		}
		body, err := io.ReadAll(io.LimitReader(r, small+1))
		if err := errors.Join(err, r.Close()); err != nil {
			return nil, fmt.Errorf("read the object: %w", err)
		}
		if len(body) > small {
			s.Size = int64(len(body)) // it grew since it was listed
			return s.Open()
		}
		s.body = body
	}
	if s.body != nil {
		return io.NopCloser(bytes.NewReader(s.body)), nil
	}
	return s.Open()
}

const (
	sourceBuffer       = 64 << 10
	defaultMaxExpanded = 64 << 30
)

// content is an object's bytes, decompressed. What is wrong with the compressed
// bytes ends the content and is kept in damaged: the rows before it are read.
type content struct {
	stop    func() error // says why reading must end early
	closers []func() error
	raw     *watched
	in      io.Reader
	left    int64
	packed  bool
	damaged string
}

// watched keeps the error of the object's own bytes apart from those of the
// decompressor above it.
type watched struct {
	r   io.Reader
	err error
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		w.err = err
	}
	return n, err
}

// open opens the object, whatever it is compressed with: the first bytes tell.
func (s *Source) open(ctx context.Context) (*content, error) {
	body, err := s.fetch()
	if err != nil {
		return nil, err
	}
	c := &content{stop: ctx.Err, raw: &watched{r: body}, closers: []func() error{body.Close}, left: s.MaxExpanded}
	if c.left <= 0 {
		c.left = defaultMaxExpanded
	}
	in := bufio.NewReaderSize(c.raw, sourceBuffer)
	head, err := in.Peek(4)
	if c.raw.err != nil {
		return nil, errors.Join(err, c.close())
	}
	c.in = in
	switch magic := string(head); {
	case len(magic) >= 2 && magic[:2] == "\x1f\x8b":
		c.packed = true
		z, err := gzip.NewReader(in)
		if err != nil {
			return c.broken(err)
		}
		c.in = z
		c.closers = append(c.closers, z.Close)
	case magic == "\x28\xb5\x2f\xfd":
		c.packed = true
		z, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1))
		if err != nil {
			return c.broken(err)
		}
		c.in = z
		c.closers = append(c.closers, func() error { z.Close(); return nil })
	case len(magic) >= 3 && magic[:3] == "BZh":
		c.packed = true
		c.in = bzip2.NewReader(in)
	}
	return c, nil
}

// broken is content whose compressed header cannot be read: it has no rows.
func (c *content) broken(err error) (*content, error) {
	if c.raw.err != nil {
		return nil, errors.Join(c.raw.err, c.close())
	}
	c.damaged = "compressed data: " + err.Error()
	c.in = eof{}
	return c, nil
}

type eof struct{}

func (eof) Read([]byte) (int, error) { return 0, io.EOF }

// Read gives the next bytes. It ends where the compressed data breaks.
func (c *content) Read(p []byte) (int, error) {
	if err := c.stop(); err != nil {
		return 0, err
	}
	if c.left <= 0 {
		c.damaged = "expands to more than the limit"
		return 0, io.EOF
	}
	n, err := c.in.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	switch {
	case err == nil, errors.Is(err, io.EOF):
		return n, err
	case c.raw.err != nil:
		return n, fmt.Errorf("read the object: %w", c.raw.err)
	case errors.Is(err, io.ErrUnexpectedEOF):
		c.damaged = "compressed data is cut off"
	default:
		c.damaged = "compressed data: " + err.Error()
	}
	return n, io.EOF
}

func (c *content) close() error {
	var errs []error
	for _, closer := range slices.Backward(c.closers) {
		errs = append(errs, closer())
	}
	if c.damaged != "" {
		return nil // a decompressor repeats what is known already
	}
	return errors.Join(errs...)
}
