package statsd

import (
	"strings"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/cloud/metric"
)

// Gather returns what lines come to, and how many are none.
func Gather(text string) (data []metric.Datum, broken int) {
	s := &Server{gather: newGatherer()}
	for line := range strings.SplitSeq(text, "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		l, err := parse(line)
		if err != nil || !s.gather.add(&l) {
			broken++
		}
	}
	return s.gather.flush(time.Time{}, false), broken
}

// Receive takes so many datagrams that have come.
func (s *Server) Receive(tb testing.TB, datagrams int) {
	tb.Helper()
	room := make([]byte, datagram)
	for range datagrams {
		n, from, err := s.conn.ReadFromUDPAddrPort(room)
		if err != nil {
			tb.Fatal(err)
		}
		s.take(from.Addr().Unmap(), string(room[:n]))
	}
}
