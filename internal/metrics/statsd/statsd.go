// Package statsd takes metrics of StatsD over UDP, as CloudWatch's agent does: what comes is
// added up until it is flushed, counters as their sum, gauges as their last value, times and
// distributions with each value, sets as how many members they have. Tags are dimensions,
// and so is the type.
//
// A datagram has no answer: lines that are none, those from elsewhere than from where they
// may come and those that there was no room for are counted and told in the log. What was
// gathered since the last flush is lost when the process is killed.
package statsd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sillok/sillok/internal/cloud/metric"
	"github.com/sillok/sillok/internal/kit/life"
)

// Config says how a Server works. All but From is required.
type Config struct {
	Log    *slog.Logger
	Listen string         // an address of UDP, such as "127.0.0.1:8125"
	From   []netip.Prefix // who may send; none for this machine alone
	Every  time.Duration  // between two flushes: seconds that divide a minute, or whole minutes
	// Put puts data of one namespace, at most 1,000. After an error they are put again
	// with the next flush.
	Put func(ctx context.Context, data []metric.Datum) error
}

const (
	datagram = 64 << 10
	together = 1000   // data that are put at once
	mostKept = 60_000 // data that wait to be put again
)

// Server takes metrics of StatsD.
type Server struct {
	cfg  Config
	conn *net.UDPConn

	mu      sync.Mutex
	gather  *gatherer
	broken  int
	why     string // the first reason since that was told
	strange int    // datagrams from elsewhere

	waiting []metric.Datum // which only Run uses
}

// Open opens the port. The caller must call Close.
func Open(ctx context.Context, cfg Config) (*Server, error) {
	var lc net.ListenConfig
	conn, err := lc.ListenPacket(ctx, "udp", cfg.Listen)
	if err != nil {
		return nil, fmt.Errorf("statsd: %w", err)
	}
	udp, ok := conn.(*net.UDPConn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("statsd: %s is no address of UDP", cfg.Listen), conn.Close())
	}
	_ = udp.SetReadBuffer(4 << 20) // a smaller one serves too
	return &Server{cfg: cfg, conn: udp, gather: newGatherer()}, nil
}

// Addr is where the server listens.
func (s *Server) Addr() net.Addr { return s.conn.LocalAddr() }

// Close closes the port. It may be called twice.
func (s *Server) Close() error {
	if err := s.conn.Close(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

// Run takes metrics until ctx is done, and then puts what it has.
func (s *Server) Run(ctx context.Context) error {
	g, ctx := life.New(ctx, s.cfg.Log)
	g.Go(ctx, "statsd", func(ctx context.Context) error {
		stop := context.AfterFunc(ctx, func() { _ = s.Close() })
		defer stop()
		return s.receive(ctx)
	})
	g.Go(ctx, "statsd flush", s.flushAlways)
	return g.Wait()
}

// receive reads datagrams.
func (s *Server) receive(ctx context.Context) error {
	room := make([]byte, datagram)
	for {
		n, from, err := s.conn.ReadFromUDPAddrPort(room)
		switch {
		case ctx.Err() != nil:
			return nil //nolint:nilerr // the port was closed
		case err != nil:
			return fmt.Errorf("statsd: %w", err)
		}
		s.take(from.Addr().Unmap(), string(room[:n]))
	}
}

// take takes the lines of a datagram.
func (s *Server) take(from netip.Addr, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.mayCome(from) {
		s.strange++
		return
	}
	for one := range strings.SplitSeq(text, "\n") {
		one = strings.TrimSpace(one)
		if one == "" {
			continue
		}
		l, err := parse(one)
		if err == nil && !s.gather.add(&l) {
			err = errors.New("a value is no number")
		}
		if err != nil {
			if s.broken++; s.why == "" {
				s.why = err.Error()
			}
		}
	}
}

func (s *Server) mayCome(from netip.Addr) bool {
	if len(s.cfg.From) == 0 {
		return from.IsLoopback()
	}
	return slices.ContainsFunc(s.cfg.From, func(p netip.Prefix) bool { return p.Contains(from) })
}

// flushAlways flushes whenever the clock begins another interval.
func (s *Server) flushAlways(ctx context.Context) error {
	for {
		now := time.Now()
		begun := now.Truncate(s.cfg.Every)
		next := time.NewTimer(begun.Add(s.cfg.Every).Sub(now))
		select {
		case <-ctx.Done():
			next.Stop()
			s.flush(context.WithoutCancel(ctx), begun)
			return nil
		case <-next.C:
		}
		s.flush(ctx, begun)
	}
}

// flush puts what was gathered as data of the interval that began then.
func (s *Server) flush(ctx context.Context, begun time.Time) {
	s.mu.Lock()
	s.waiting = append(s.waiting, s.gather.flush(begun, s.cfg.Every < time.Minute)...)
	broken, why, strange, dropped := s.broken, s.why, s.strange, s.gather.dropped
	s.broken, s.why, s.strange, s.gather.dropped = 0, "", 0, 0
	s.mu.Unlock()
	if broken > 0 {
		s.cfg.Log.Warn("lines of statsd are none", "lines", broken, "first", why)
	}
	if strange > 0 {
		s.cfg.Log.Warn("datagrams of statsd came from where none may come", "datagrams", strange)
	}
	for len(s.waiting) > 0 {
		n := min(len(s.waiting), together)
		if err := s.cfg.Put(ctx, s.waiting[:n]); err != nil {
			s.cfg.Log.Error("metrics of statsd are not taken now, and are put again", "metrics", len(s.waiting), "error", err)
			break
		}
		s.waiting = s.waiting[n:]
	}
	if over := len(s.waiting) - mostKept; over > 0 {
		s.waiting, dropped = s.waiting[over:], dropped+over
	}
	if dropped > 0 {
		s.cfg.Log.Warn("metrics of statsd were dropped: there are too many", "dropped", dropped)
	}
}
