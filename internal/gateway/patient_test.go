package gateway_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/gateway"
)

// connection is an answer's writer that has a deadline to read the body by.
type connection struct {
	*httptest.ResponseRecorder

	deadline time.Time
}

func (c *connection) SetReadDeadline(at time.Time) error {
	c.deadline = at
	return nil
}

// Of a body that did not come whole, net/http reads the rest before it sends
// the answer: only one that has come may be without a deadline.
func TestBodiesThatDoNotComeHaveADeadline(t *testing.T) {
	late := func(r *http.Request) {
		r.Body = io.NopCloser(io.MultiReader(io.LimitReader(r.Body, 3), iotest.ErrReader(os.ErrDeadlineExceeded)))
	}
	services := append(fakes(), gateway.Service{Model: s3api.Service, HTTP: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			w.WriteHeader(http.StatusBadRequest)
		}
	})})
	put := request{service: "s3", method: http.MethodPut, target: "/logs/key", body: "content"}
	for _, tt := range []struct {
		name    string
		request request
		spoil   func(*http.Request)
		ends    bool
	}{
		{"a whole body", get(), func(*http.Request) {}, false},
		{"one that nobody reads", get(), func(r *http.Request) { r.Header.Del("Authorization") }, true},
		{"one that comes too late", get(), late, true},
		{"one that is too large", get(), func(r *http.Request) { r.ContentLength = 1 << 40 }, true},
		{"a whole body of a service that answers HTTP itself", put, func(*http.Request) {}, false},
		{"such a one that comes too late", put, late, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := tt.request.signed(t)
			tt.spoil(r)
			w := &connection{ResponseRecorder: httptest.NewRecorder()}
			open(t, config(&ledger{}), services...).ServeHTTP(w, r)
			if !w.deadline.IsZero() != tt.ends {
				t.Errorf("answered %d %s with the deadline %v", w.Code, w.Body, w.deadline)
			}
		})
	}
}

// A body that fails in its middle is told as one that did not come.
func TestABrokenBodyIsRefused(t *testing.T) {
	r := start("a").signed(t)
	r.Body = io.NopCloser(iotest.ErrReader(errors.New("connection reset by peer")))
	g, _ := newGateway(t, fakes()...)
	if w := serve(g, r); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "RequestTimeout") {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
}
