package app

import (
	"bufio"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// More connections than may be take the place of those that have asked nothing for
// the longest time, and never of one that is being answered.
func TestConnectionsThatAskNothingGoFirst(t *testing.T) {
	for _, secure := range []bool{false, true} {
		answer, asked := make(chan struct{}), make(chan struct{})
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/slow" {
				close(asked)
				<-answer
			}
			_, _ = io.WriteString(w, "done")
		}))
		server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelWarn)
		server.Config.ConnState = newConnections(4).changed
		if secure {
			server.StartTLS()
		} else {
			server.Start()
		}
		dial := func() net.Conn {
			c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = c.Close() })
			return c
		}
		gone := func(c net.Conn, within time.Duration) bool {
			if err := c.SetReadDeadline(time.Now().Add(within)); err != nil {
				t.Fatal(err)
			}
			_, err := c.Read(make([]byte, 1))
			return err != nil && !strings.Contains(err.Error(), "timeout")
		}
		told := make(chan error, 1)
		go func() {
			r, err := server.Client().Get(server.URL + "/slow")
			if err == nil {
				err = r.Body.Close()
			}
			told <- err
		}()
		<-asked
		var idle []net.Conn
		for range 5 { // two more than there is room for
			idle = append(idle, dial())
		}
		for n, c := range idle[:2] {
			if !gone(c, time.Minute) {
				t.Errorf("connection %d, TLS %v: it stayed", n, secure)
			}
		}
		for n, c := range idle[2:] {
			if gone(c, time.Millisecond) {
				t.Errorf("connection %d, TLS %v: it went", n+2, secure)
			}
		}
		close(answer)
		if err := <-told; err != nil {
			t.Errorf("TLS %v: who was being answered: %v", secure, err)
		}
		// Whoever comes and asks is answered, as often as he likes.
		if !secure {
			c := dial()
			in := bufio.NewReader(c)
			for range 3 {
				if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"); err != nil {
					t.Fatal(err)
				}
				r, err := http.ReadResponse(in, nil)
				if err != nil {
					t.Fatal(err)
				}
				if text, err := io.ReadAll(r.Body); string(text) != "done" || err != nil {
					t.Errorf("%q %v", text, err)
				}
				_ = r.Body.Close()
			}
		}
		server.Close()
	}
}
