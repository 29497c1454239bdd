package gateway

import (
	"errors"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/sillok/sillok/internal/cloud"
)

// patience is how long a client may pause in the middle of a streamed body or
// of an answer.
const patience = 60 * time.Second

// patientBody is a streamed body that must go on coming: it may take as long as
// it needs, but not pause.
type patientBody struct {
	io.ReadCloser

	control *http.ResponseController
	until   time.Time
	ended   func() // is called when all of it has come
}

func newPatientBody(w http.ResponseWriter, body io.ReadCloser, ended func()) io.ReadCloser {
	if body == nil || body == http.NoBody {
		return body // that there is none must still show
	}
	return &patientBody{ReadCloser: body, control: http.NewResponseController(w), ended: ended}
}

// Read implements io.Reader.
func (b *patientBody) Read(p []byte) (int, error) {
	if now := time.Now(); b.until.Sub(now) < patience/2 {
		b.until = now.Add(patience)
		_ = b.control.SetReadDeadline(b.until) // a connection without deadlines has none to miss
	}
	n, err := b.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) {
		b.ended()
		_ = b.control.SetReadDeadline(time.Time{}) // or it would end the call that is being worked on
	}
	return n, bodyFault(err)
}

// bodyFault returns the error of reading a body as its client may see it.
func bodyFault(err error) error {
	switch {
	case err == nil, errors.Is(err, io.EOF):
		return err
	case errors.Is(err, os.ErrDeadlineExceeded):
		return cloud.Errorf(cloud.Invalid, "RequestTimeout", "Your socket connection to the server was not read from or written to within "+
			"the timeout period. Idle connections will be closed.").Because(err)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return cloud.Errorf(cloud.Invalid, "IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header").Because(err)
	}
	return cloud.Errorf(cloud.Invalid, "RequestTimeout", "The body could not be read to its end").Because(err)
}

// patientWriter writes an answer that must go on being read: it may take as
// long as it needs, but a client that stops ends its connection, so that it
// does not hold what it took of the gateway's limits.
type patientWriter struct {
	http.ResponseWriter

	control *http.ResponseController
	written int64 // bytes of the answer's body
}

func newPatientWriter(w http.ResponseWriter) *patientWriter {
	return &patientWriter{ResponseWriter: w, control: http.NewResponseController(w)}
}

// pieceSize is how much of an answer must be taken within patience.
const pieceSize = 64 << 10

// Write implements io.Writer.
func (w *patientWriter) Write(p []byte) (written int, err error) {
	defer w.rest()
	for {
		piece := p[written:min(len(p), written+pieceSize)]
		w.hurry()
		n, err := w.ResponseWriter.Write(piece)
		written += n
		w.written += int64(n)
		if err != nil || written == len(p) {
			return written, err
		}
	}
}

// FlushError is what http.ResponseController flushes by.
func (w *patientWriter) FlushError() error {
	w.hurry()
	defer w.rest()
	return w.control.Flush()
}

// Unwrap is how http.ResponseController finds the connection.
func (w *patientWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *patientWriter) hurry() {
	_ = w.control.SetWriteDeadline(time.Now().Add(patience)) // a connection without deadlines has none to miss
}

// rest lets the answer pause where it is the server that has nothing to write:
// over HTTP/2 a deadline ends a stream even then.
func (w *patientWriter) rest() { _ = w.control.SetWriteDeadline(time.Time{}) }
