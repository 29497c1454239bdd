package source

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
)

// Source is the bytes of one object.
type Source struct {
	// Open returns the object's bytes from the beginning.
	Open func() (io.ReadCloser, error)
	// Size is the object's size. A small object is fetched once, however often it is opened.
	Size int64
	// MaxExpanded is how many bytes the object may hold once it is decompressed; 0 for 64 GiB.
	MaxExpanded int64
	// Dir is where an archive that is read from its end is put, in a file without a name; empty for the system's
	// temporary folder.
	Dir string

	body []byte
}

const (
	small              = 16 << 20 // the size up to which an object is kept while it is decoded
	defaultMaxExpanded = 64 << 30
)

func (s *Source) limit() int64 {
	if s.MaxExpanded <= 0 {
		return defaultMaxExpanded
	}
	return s.MaxExpanded
}

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

// Text returns the object's text: decompressed, out of its archive, in UTF-8
// and without a byte order mark. The caller must call Close.
func (s *Source) Text(ctx context.Context) (*Content, error) { return s.open(ctx, false) }

// Unwrapped returns the object's text without what exports and deliveries wrap
// around records: the time before each line of an export of CloudWatch Logs, and
// the envelopes of its subscriptions and of its command line. The caller must
// call Close.
func (s *Source) Unwrapped(ctx context.Context) (*Content, error) { return s.open(ctx, true) }
