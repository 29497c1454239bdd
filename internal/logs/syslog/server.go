package syslog

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sillok/sillok/internal/kit/life"
)

// Config says where messages are taken, from whom, and where they go.
type Config struct {
	Log    *slog.Logger
	Listen []Address
	TLS    *tls.Config    // for addresses of TLS
	From   []netip.Prefix // who may send; nil for the machine itself
	Names  Names
	Zone   *time.Location // of times that tell none
	// Put writes events, which are in the order of their times, to a stream. It returns how
	// many of them were not taken. After an error nothing was written; what Refused says of
	// it decides whether that is tried again.
	Put func(ctx context.Context, group, stream string, events []Event) (rejected int, err error)
	// Refused says whether an error of Put is one that stays.
	Refused func(err error) bool
}

// Counts are what has come since the server was opened.
type Counts struct {
	Received int64 `json:"received"` // messages
	Written  int64 `json:"written"`  // of them
	Cut      int64 `json:"cut"`      // longer than an event may be; their beginnings are kept
	Retimed  int64 `json:"retimed"`  // of a time that no event may have, and kept at the time at which they came
	Rejected int64 `json:"rejected"` // too old for the retention of their group, or refused for ever
	Dropped  int64 `json:"dropped"`  // datagrams that found no room
	Refused  int64 `json:"refused"`  // connections and datagrams from whom may not send, or too many
	Broken   int64 `json:"broken"`   // connections that did not say where a message ends
}

// Server takes messages. It is safe for concurrent use.
type Server struct {
	cfg       Config
	listeners []net.Listener
	packets   []*net.UDPConn
	queue     *queue
	names     *names
	patience  time.Duration
	large     atomic.Int64 // what is left of largeMessages
	places    *places

	received, written, cut, retimed, rejected, dropped, refused, broken atomic.Int64

	mu      sync.Mutex
	failing map[target]error // why messages of a stream could not be written, the last time
}

// Open opens the ports. Messages are taken once Run runs. The caller must call Close.
func Open(ctx context.Context, cfg Config) (*Server, error) {
	if cfg.From == nil {
		cfg.From = loopback
	}
	s := &Server{cfg: cfg, queue: newQueue(), names: newNames(cfg.Names), places: newPlaces(), patience: patience, failing: map[target]error{}}
	s.large.Store(largeMessages)
	if err := s.listen(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Close closes the ports. It may be called twice.
func (s *Server) Close() error {
	var errs []error
	for _, l := range s.listeners {
		errs = append(errs, closed(l.Close()))
	}
	for _, p := range s.packets {
		errs = append(errs, closed(p.Close()))
	}
	return errors.Join(errs...)
}

func closed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// Counts returns what has come.
func (s *Server) Counts() Counts {
	return Counts{
		Received: s.received.Load(), Written: s.written.Load(), Cut: s.cut.Load(), Retimed: s.retimed.Load(), Rejected: s.rejected.Load(),
		Dropped: s.dropped.Load() + s.droppedBySystem(), Refused: s.refused.Load(), Broken: s.broken.Load(),
	}
}

// Problems returns what an operator should know: what was lost, and what cannot be written.
func (s *Server) Problems() (all []string) {
	c := s.Counts()
	if c.Dropped > 0 {
		all = append(all, fmt.Sprintf("%d datagrams of syslog found no room and are lost: TCP makes senders wait instead", c.Dropped))
	}
	if c.Rejected > 0 {
		all = append(all, fmt.Sprintf("%d messages of syslog were not taken by their log groups: the log says why", c.Rejected))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.failing); n > 0 {
		all = append(all, fmt.Sprintf("messages of syslog wait, since %d streams cannot be written: the log says why", n))
	}
	return all
}

// How long what has come may take to be written once the server has been told to stop.
const finish = 10 * time.Second

// Run takes messages until ctx is done, and then writes what has come.
func (s *Server) Run(ctx context.Context) error {
	taking, take := life.New(ctx, s.cfg.Log)
	for _, l := range s.listeners {
		taking.Go(take, "syslog "+l.Addr().String(), func(ctx context.Context) error { return s.accept(ctx, taking, l) })
	}
	for _, p := range s.packets {
		taking.Go(take, "syslog "+p.LocalAddr().String(), func(ctx context.Context) error { return s.receive(ctx, p) })
	}
	taking.Go(take, "syslog stop", func(ctx context.Context) error {
		<-ctx.Done()
		return errors.Join(s.Close(), s.places.close())
	})
	writing, write := life.New(context.WithoutCancel(ctx), s.cfg.Log)
	write, stop := context.WithCancel(write)
	for range writers {
		writing.Go(write, "syslog writer", s.write)
	}
	err := taking.Wait()
	s.finish(write)
	stop()
	return errors.Join(err, writing.Wait())
}

// finish waits until all is written, for a while.
func (s *Server) finish(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, finish)
	defer cancel()
	for !s.queue.empty() {
		s.queue.mu.Lock()
		room := s.queue.room
		s.queue.mu.Unlock()
		if s.queue.empty() {
			return
		}
		select {
		case <-room:
		case <-ctx.Done():
			s.cfg.Log.ErrorContext(ctx, "messages of syslog were not written before the end", "bytes", s.queue.bytes())
			return
		}
	}
}

// accept takes connections.
func (s *Server) accept(ctx context.Context, group *life.Group, l net.Listener) error {
	for {
		conn, err := l.Accept()
		if ctx.Err() != nil || errors.Is(err, net.ErrClosed) {
			return nil //nolint:nilerr // it was told to end
		}
		if err != nil {
			// Such as too many open files: there will be room again.
			s.cfg.Log.WarnContext(ctx, "a connection of syslog could not be taken", "error", err)
			if !pause(ctx, acceptPause) {
				return nil
			}
			continue
		}
		from := addressOf(conn.RemoteAddr())
		if !s.may(from) || !s.places.take(conn, from) {
			s.refused.Add(1)
			s.cfg.Log.DebugContext(ctx, "a connection of syslog was refused", "from", from)
			_ = conn.Close() // nothing has come on it
			continue
		}
		group.Go(ctx, "syslog connection", func(ctx context.Context) error {
			defer s.places.give(conn, from)
			s.serve(ctx, conn, from)
			return nil
		})
	}
}

// acceptPause is how long to wait after a connection could not be taken.
const acceptPause = 100 * time.Millisecond

// patience is how long a connection may be open without having said anything.
const patience = time.Minute

// serve takes the messages of a connection. While there is no room, it reads nothing.
func (s *Server) serve(ctx context.Context, conn net.Conn, from netip.Addr) {
	_ = conn.SetReadDeadline(time.Now().Add(s.patience)) // a connection that is closed is told by reading
	frames, r := newFrames(conn, &s.large), newReader()
	defer frames.reset()
	for first := true; ; first = false {
		message, cut, err := frames.next()
		switch {
		case errors.Is(err, errFraming):
			s.broken.Add(1)
			s.cfg.Log.WarnContext(ctx, "a connection of syslog does not say where a message ends", "from", from, "error", err)
			return
		case err != nil:
			if !errors.Is(err, io.EOF) {
				s.cfg.Log.DebugContext(ctx, "a connection of syslog has ended", "from", from, "error", err)
			}
			return
		}
		if first {
			_ = conn.SetReadDeadline(time.Time{}) // it may be quiet for as long as it likes
		}
		to, e := s.event(r, message, cut, from)
		if s.queue.add(ctx, to, e) != nil {
			return
		}
	}
}

// receive takes datagrams, each of which is a message.
func (s *Server) receive(ctx context.Context, conn *net.UDPConn) error {
	r, b := newReader(), make([]byte, 64<<10)
	var told time.Time
	for {
		n, from, err := conn.ReadFromUDPAddrPort(b)
		if ctx.Err() != nil || errors.Is(err, net.ErrClosed) {
			return nil //nolint:nilerr // it was told to end
		}
		if err != nil { // it is none of a sender's
			s.cfg.Log.WarnContext(ctx, "datagrams of syslog could not be read", "error", err)
			if !pause(ctx, acceptPause) {
				return nil
			}
			continue
		}
		if !s.may(from.Addr()) {
			s.refused.Add(1)
			continue
		}
		message, cut := finished(trimmed(b[:n]), false)
		if len(message) == 0 {
			continue
		}
		to, e := s.event(r, message, cut, from.Addr())
		if _, added := s.queue.tryAdd(to, e); added {
			continue
		}
		s.dropped.Add(1)
		if now := time.Now(); now.Sub(told) > time.Minute {
			told = now
			s.cfg.Log.WarnContext(ctx, "datagrams of syslog find no room and are lost", "dropped", s.dropped.Load())
		}
	}
}

// The times that an event may have, as AWS has them.
const (
	mostAge   = 14 * 24 * time.Hour
	mostAhead = 2 * time.Hour
)

// event returns a message as an event, and where it goes.
func (s *Server) event(r *reader, message []byte, cut bool, from netip.Addr) (target, Event) {
	now := time.Now()
	var h Header
	if err := life.Catch(func() error { h = r.header(message, now, s.cfg.Zone); return nil }); err != nil {
		s.cfg.Log.Error("the header of a message of syslog could not be read", life.Attrs(err)...)
		*r = *newReader()
	}
	s.received.Add(1)
	if cut {
		s.cut.Add(1)
	}
	switch {
	case h.Time.IsZero():
		h.Time = now
	case h.Time.Before(now.Add(-mostAge)), h.Time.After(now.Add(mostAhead)):
		s.retimed.Add(1)
		h.Time = now
	}
	if h.Host == "" {
		h.Host = from.Unmap().String()
	}
	return s.names.of(&h), Event{h.Time.UnixMilli(), string(message)}
}

// pause waits, and says whether ctx is not done.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
