package source

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
)

const (
	buffered    = 64 << 10
	firstBuffer = 16 << 10 // of the object's own bytes, which are in memory when it is small
	maxNested   = 4        // packings in one another, such as a gzip file in a zip archive
)

// Content is an object's text. What is wrong with the packed bytes ends the text
// and is kept: what is before it is read.
type Content struct {
	stop    func() error // says why reading must end early
	closers []func() error
	raw     *watched
	in      *bufio.Reader
	limit   int64
	dir     string
	parts   int // files of archives
	packed  bool
	damaged string
	note    string
}

// watched keeps the error of the object's own bytes apart from those of the
// decompressors above it.
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

func (s *Source) open(ctx context.Context, unwrap bool) (*Content, error) {
	body, err := s.fetch()
	if err != nil {
		return nil, err
	}
	c := &Content{stop: ctx.Err, raw: &watched{r: body}, closers: []func() error{body.Close}, limit: s.limit(), dir: s.Dir}
	in, err := c.unpack(c.raw, 0)
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	if unwrap {
		in = unwrapped(in)
	}
	c.in = in
	return c, nil
}

// unpack takes off what in is packed in, and its encoding.
func (c *Content) unpack(in io.Reader, depth int) (*bufio.Reader, error) {
	for size := firstBuffer; ; depth++ {
		b := bufio.NewReaderSize(in, size)
		size = buffered
		head, err := b.Peek(headBytes)
		if c.raw.err != nil {
			return nil, fmt.Errorf("read the object: %w", errors.Join(c.raw.err, err))
		}
		p, ok := packingOf(head)
		if !ok {
			return plainText(b), nil
		}
		if p.open == nil {
			c.damage(p.name + ", which is not read")
			return empty(), nil
		}
		if depth == maxNested {
			c.damage(fmt.Sprintf("packed more than %d times", maxNested))
			return empty(), nil
		}
		z, err := p.open(c, b, depth)
		if err == nil {
			c.packed = true
			in = &budget{c: c, in: z, left: c.limit}
			continue
		}
		if c.raw.err != nil {
			return nil, fmt.Errorf("read the object: %w", c.raw.err)
		}
		if errors.Is(err, errNotPacked) {
			return plainText(bufio.NewReaderSize(z, buffered)), nil
		}
		c.damage(brokenText(err))
		return empty(), nil
	}
}

func empty() *bufio.Reader { return bufio.NewReader(nothing{}) }

type nothing struct{}

func (nothing) Read([]byte) (int, error) { return 0, io.EOF }

var (
	errTooLarge  = errors.New("expands to more than the limit")
	errNotPacked = errors.New("not packed after all")
)

// budget bounds what one layer of packing expands to, and ends with the context.
type budget struct {
	c    *Content
	in   io.Reader
	left int64
}

func (b *budget) Read(p []byte) (int, error) {
	if err := b.c.stop(); err != nil {
		return 0, err
	}
	if b.left <= 0 {
		return 0, errTooLarge
	}
	n, err := b.in.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

func (c *Content) damage(reason string) {
	if c.damaged == "" {
		c.damaged = reason
	}
}

// brokenText says what a decompressor's error means.
func brokenText(err error) string {
	switch {
	case errors.Is(err, errTooLarge):
		return err.Error()
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return "compressed data is cut off"
	}
	return "compressed data: " + err.Error()
}

// Read gives the next bytes. It ends where the packed data breaks.
func (c *Content) Read(p []byte) (int, error) {
	if err := c.stop(); err != nil {
		return 0, err
	}
	n, err := c.in.Read(p)
	if err == nil || errors.Is(err, io.EOF) && c.raw.err == nil {
		return n, err
	}
	return n, c.ended(err)
}

// ended sorts the error of a layer: the end of the text where the packed bytes
// are broken, an error where they could not be read.
func (c *Content) ended(err error) error {
	if stopped := c.stop(); stopped != nil {
		return stopped
	}
	if c.raw.err != nil {
		return fmt.Errorf("read the object: %w", c.raw.err)
	}
	c.damage(brokenText(err))
	return io.EOF
}

// Peek returns the next n bytes without taking them, or as many as there are.
func (c *Content) Peek(n int) ([]byte, error) {
	head, err := c.in.Peek(min(n, buffered))
	if err == nil || errors.Is(err, io.EOF) && c.raw.err == nil || errors.Is(err, bufio.ErrBufferFull) {
		return head, nil
	}
	if err = c.ended(err); errors.Is(err, io.EOF) {
		return head, nil
	}
	return head, err
}

// Damaged says why the object could not be read to its end; empty when it was,
// so far.
func (c *Content) Damaged() string { return c.damaged }

// Note says what else there was to see; empty when there was nothing.
func (c *Content) Note() string { return c.note }

// Packed says whether the object is compressed or an archive.
func (c *Content) Packed() bool { return c.packed }

// Close lets the object go.
func (c *Content) Close() error {
	var errs []error
	for _, closer := range slices.Backward(c.closers) {
		errs = append(errs, closer())
	}
	c.closers = nil
	if c.damaged != "" {
		return nil // a decompressor repeats what is known already
	}
	return errors.Join(errs...)
}
