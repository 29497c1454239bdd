package gateway

import (
	"errors"
	"io"
	"net/http"
	"time"
)

// patience is how long a streamed body may pause.
const patience = 60 * time.Second

// patientBody is a streamed body that must go on coming: it may take as long as
// it needs, but not pause.
type patientBody struct {
	io.ReadCloser

	control *http.ResponseController
	until   time.Time
}

func newPatientBody(w http.ResponseWriter, body io.ReadCloser) io.ReadCloser {
	if body == nil || body == http.NoBody {
		return body // that there is none must still show
	}
	return &patientBody{ReadCloser: body, control: http.NewResponseController(w)}
}

// Read implements io.Reader.
func (b *patientBody) Read(p []byte) (int, error) {
	if now := time.Now(); b.until.Sub(now) < patience/2 {
		b.until = now.Add(patience)
		_ = b.control.SetReadDeadline(b.until) // a connection without deadlines has none to miss
	}
	n, err := b.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) {
		_ = b.control.SetReadDeadline(time.Time{}) // or it would end the call that is being worked on
	}
	return n, err
}
