package lake

import (
	"bytes"
	"errors"
	"io"
)

// body is an object whose first bytes are here, and the others elsewhere.
type body struct {
	begin []byte
	whole bool                          // there are no others
	open  func() (io.ReadCloser, error) // all of the object
}

// reader returns the object from its beginning. What is elsewhere is opened when it is
// read.
func (b *body) reader() (io.ReadCloser, error) {
	if b.whole {
		return io.NopCloser(bytes.NewReader(b.begin)), nil
	}
	if len(b.begin) == 0 {
		return b.open()
	}
	return &bodyReader{of: b, begin: bytes.NewReader(b.begin)}, nil
}

type bodyReader struct {
	of    *body
	begin *bytes.Reader
	rest  io.ReadCloser
}

// Read implements io.Reader.
func (r *bodyReader) Read(p []byte) (int, error) {
	if r.begin.Len() > 0 {
		return r.begin.Read(p)
	}
	if r.rest == nil {
		rest, err := r.of.open()
		if err != nil {
			return 0, err
		}
		r.rest = rest
		if _, err := io.CopyN(io.Discard, rest, int64(len(r.of.begin))); err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF // it became shorter meanwhile
			}
			return 0, err
		}
	}
	return r.rest.Read(p)
}

// Close implements io.Closer.
func (r *bodyReader) Close() error {
	if r.rest == nil {
		return nil
	}
	return r.rest.Close()
}
