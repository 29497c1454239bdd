package gateway_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"iter"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
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
	services := append(fakes(), gateway.Service{Model: s3api.Service, Handler: &fakeS3{}})
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
		{"a whole body that is streamed", put, func(*http.Request) {}, false},
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

// once is a listener of one connection, which ends with it.
type once struct {
	net.Listener

	conn net.Conn
}

func (l *once) Accept() (net.Conn, error) {
	if l.conn == nil {
		return nil, net.ErrClosed
	}
	conn := l.conn
	l.conn = nil
	return conn, nil
}

func (l *once) Close() error   { return nil }
func (l *once) Addr() net.Addr { return &net.TCPAddr{} }

// reading asks for an object of the given size over a connection that holds
// nothing back, gives it to read, and returns when the call has ended.
func reading(t *testing.T, size int, read func(client net.Conn)) {
	t.Helper()
	s3 := &fakeS3{}
	s3.put.Write(make([]byte, size))
	g := overS3(t, &ledger{}, s3)
	ended := make(chan struct{})
	server, client := net.Pipe()
	defer func() { _ = client.Close() }()
	s := http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(ended)
		g.ServeHTTP(w, r)
	})}
	if err := s.Serve(&once{conn: server}); !errors.Is(err, net.ErrClosed) {
		t.Fatal(err)
	}
	if err := object(t, http.MethodGet, "/logs/key").Write(client); err != nil {
		t.Fatal(err)
	}
	read(client)
	<-ended
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestAnswersThatNobodyReadsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		reading(t, 1<<20, func(net.Conn) {})
		if took := time.Since(began); took != time.Minute {
			t.Errorf("the call ended after %v", took)
		}
	})
}

func TestAnswersMayBeReadSlowly(t *testing.T) {
	const size = 1 << 20
	synctest.Test(t, func(t *testing.T) {
		reading(t, size, func(client net.Conn) {
			answer, err := http.ReadResponse(bufio.NewReader(client), nil)
			if err != nil {
				t.Fatal(err)
			}
			read := int64(0)
			for ; err == nil; <-time.After(50 * time.Second) {
				var n int64
				n, err = io.CopyN(io.Discard, answer.Body, 64<<10)
				read += n
			}
			if read != size || !errors.Is(err, io.EOF) {
				t.Errorf("read %d bytes, then %v", read, err)
			}
			if err := answer.Body.Close(); err != nil {
				t.Error(err)
			}
		})
	})
}

// pausing is an S3 that sends two events, an hour after each other.
type pausing struct{}

func (pausing) SelectObjectContent(context.Context, *s3api.SelectObjectContentInput) (*s3api.SelectObjectContentOutput, error) {
	events := func(yield func(s3api.SelectObjectContentEventStream, error) bool) {
		for range 2 {
			if !yield(s3api.SelectObjectContentEventStream{Records: &s3api.RecordsEvent{Payload: []byte("event")}}, nil) {
				return
			}
			<-time.After(time.Hour)
		}
	}
	return &s3api.SelectObjectContentOutput{Payload: iter.Seq2[s3api.SelectObjectContentEventStream, error](events)}, nil
}

// Between two pieces an answer may pause for as long as the server likes, also
// over HTTP/2, whose deadlines end a stream that writes nothing.
func TestAnswersMayPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := overS3(t, &ledger{}, pausing{})
		var http2 http.Protocols
		http2.SetUnencryptedHTTP2(true)
		server, client := net.Pipe()
		s := http.Server{Handler: g, Protocols: &http2}
		if err := s.Serve(&once{conn: server}); !errors.Is(err, net.ErrClosed) {
			t.Fatal(err)
		}
		transport := &http.Transport{Protocols: &http2, DialContext: func(context.Context, string, string) (net.Conn, error) {
			return client, nil
		}}
		answer, err := transport.RoundTrip(request{service: "s3", target: "/logs/key?select&select-type=2", body: selection}.signed(t))
		if err != nil {
			t.Fatal(err)
		}
		events, err := io.ReadAll(answer.Body)
		if err != nil || strings.Count(string(events), "Records") != 2 {
			t.Errorf("%s of HTTP %d: %q, then %v", answer.Status, answer.ProtoMajor, events, err)
		}
		if err := errors.Join(answer.Body.Close(), client.Close(), s.Close()); err != nil {
			t.Error(err)
		}
	})
}

// A request whose length is told in two ways is the last of its connection: what follows
// it may be its own body to whoever stands before the server.
func TestARequestOfTwoLengthsEndsItsConnection(t *testing.T) {
	const hidden = "GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n"
	for name, tt := range map[string]struct {
		sent    string
		answers int
	}{
		"one length":       {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx" + hidden, 2},
		"chunks":           {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden, 1},
		"chunks, a length": {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 38\r\n\r\n0\r\n\r\n" + hidden, 1},
		"the other way":    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 38\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden, 1},
		"two lengths":      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 38\r\n\r\nx" + hidden, 1},
		"another coding":   {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\nContent-Length: 1\r\n\r\nx" + hidden, 1},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(open(t, config(&ledger{}), fakes()...))
			defer server.Close()
			conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(conn, tt.sent); err != nil {
				t.Fatal(err)
			}
			half, ok := conn.(*net.TCPConn)
			if !ok {
				t.Fatalf("it is a %T", conn)
			}
			if err := half.CloseWrite(); err != nil {
				t.Fatal(err)
			}
			answers, err := io.ReadAll(conn)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Count(string(answers), "HTTP/1.1 "); got != tt.answers {
				t.Errorf("%d answers, want %d: %s", got, tt.answers, answers)
			}
			if err := conn.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}
