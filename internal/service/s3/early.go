package s3

import (
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"syscall"
	"time"
)

// versitygw answers an upload that fails, by its signature or for want of
// space, at once, and hangs up on what is still being sent. A client that goes
// on sending would then see a broken connection and not the answer. So what
// versitygw no longer takes goes nowhere, and the answer waits until the
// client has sent all.

// drainLimit is how long an answer waits for its request to end.
const drainLimit = 30 * time.Second

// deafConn is a connection whose other end may stop listening before it has
// been told all.
type deafConn struct {
	net.Conn
}

// Write writes p, or drops it when the other end has hung up.
func (c deafConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, net.ErrClosed) {
		return len(p), nil
	}
	return n, err
}

// body is a request's body that tells when nobody reads it any more, and why.
type body struct {
	io.ReadCloser
	once sync.Once
	done chan struct{}
	err  error // of the read that was the last; valid once done is closed
}

type bodyKey struct{}

func newBody(r io.ReadCloser) *body { return &body{ReadCloser: r, done: make(chan struct{})} }

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil {
		b.end(err)
	}
	return n, err
}

// Close implements io.Closer.
func (b *body) Close() error {
	b.end(nil)
	return b.ReadCloser.Close()
}

func (b *body) end(err error) {
	b.once.Do(func() {
		b.err = err
		close(b.done)
	})
}

// unread returns the answer to a request whose body broke off, which is its
// client's affair, or nil.
func unread(r *http.Request) *answer {
	b, ok := r.Context().Value(bodyKey{}).(*body)
	if !ok {
		return nil
	}
	select {
	case <-b.done:
	default:
		return nil
	}
	switch {
	case b.err == nil || errors.Is(b.err, io.EOF):
		return nil
	case errors.Is(b.err, os.ErrDeadlineExceeded):
		return &answer{http.StatusBadRequest, "RequestTimeout", "Your socket connection to the server was not read from or written to within the timeout period. " +
			"Idle connections will be closed."}
	}
	return &answer{http.StatusBadRequest, "IncompleteBody", "The request body could not be read to its end"}
}

// awaitBody waits until the request of a failed response has been read.
func awaitBody(r *http.Response) {
	b, ok := r.Request.Context().Value(bodyKey{}).(*body)
	if !ok || r.StatusCode < http.StatusBadRequest {
		return
	}
	limit := time.NewTimer(drainLimit)
	defer limit.Stop()
	select {
	case <-b.done:
	case <-limit.C:
	case <-r.Request.Context().Done():
	}
}
