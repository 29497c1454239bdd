package app

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/gateway"
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
		server.Config.ConnState = newConnections(4, 100, func(string) bool { return false }).changed
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

// counted is a connection of an address.
type counted struct {
	net.Conn

	from string
}

// RemoteAddr implements net.Conn.
func (c *counted) RemoteAddr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(c.from))
}

// An address has so many connections on which nothing signed has come: then that which has
// waited longest goes, or the new one. Others, proxies and who signed do not count.
func TestConnectionsOfAnAddress(t *testing.T) {
	c := newConnections(1000, 2, func(address string) bool { return address == "198.51.100.1" })
	come := func(from string) (*counted, net.Conn) {
		conn := &counted{from: from}
		return conn, c.count(conn, http.StateNew)
	}
	sign := func(conn net.Conn) {
		server := httptest.NewRequestWithContext(c.known(t.Context(), conn), http.MethodGet, "/", http.NoBody)
		gateway.Verified(server.Context())
	}
	want := func(what string, got net.Conn, want *counted) {
		t.Helper()
		if want == nil && got != nil || want != nil && got != want {
			t.Errorf("%s: %v goes, want %v", what, got, want)
		}
	}
	first, gone := come("192.0.2.7:1")
	want("the first", gone, nil)
	second, gone := come("192.0.2.7:2")
	want("the second", gone, nil)
	_, gone = come("192.0.2.8:1")
	want("another address", gone, nil)
	third, gone := come("192.0.2.7:3")
	want("the third", gone, first)
	c.count(first, http.StateClosed)
	sign(second)
	fourth, gone := come("192.0.2.7:4")
	want("one after another has signed", gone, nil)
	c.count(third, http.StateActive)
	c.count(fourth, http.StateActive)
	fifth, gone := come("192.0.2.7:5")
	want("one while all are being answered", gone, fifth)
	c.count(fifth, http.StateClosed)
	c.count(third, http.StateClosed)
	_, gone = come("192.0.2.7:6")
	want("one after another has gone", gone, nil)
	for port := range 5 {
		_, gone = come(fmt.Sprintf("198.51.100.1:%d", port+1))
		want("a proxy's", gone, nil)
	}
	_, gone = come("[2001:db8::1]:1")
	want("IPv6", gone, nil)
	sixth, gone := come("[2001:db8::2]:1")
	want("its network", gone, nil)
	_, gone = come("[2001:db8::3]:1")
	if gone == nil || gone == sixth {
		t.Errorf("of a network of IPv6 %v goes", gone)
	}
}
