package syslog

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// writers is how many streams are written at a time.
const writers = 4

// mostSpan is how far apart the events of a batch may be.
const mostSpan = 24 * time.Hour

// write writes what the queue has until ctx is done.
func (s *Server) write(ctx context.Context) error {
	for {
		w, batch := s.queue.take()
		if w == nil {
			select {
			case <-s.queue.work:
				continue
			case <-ctx.Done():
				return nil
			}
		}
		// Those of one time stay in the order in which they came.
		sorted := slices.Clone(batch)
		slices.SortStableFunc(sorted, func(a, b Event) int { return cmp.Compare(a.Time, b.Time) })
		for len(sorted) > 0 {
			end := spanEnd(sorted)
			if !s.put(ctx, w.target, sorted[:end]) {
				break
			}
			sorted = sorted[end:]
		}
		s.queue.done(w, batch, sorted)
	}
}

// spanEnd returns how many of the events, of which there is one, a batch may have.
func spanEnd(events []Event) int {
	last := events[0].Time + mostSpan.Milliseconds()
	end, _ := slices.BinarySearchFunc(events, last+1, func(e Event, t int64) int { return cmp.Compare(e.Time, t) })
	return end
}

// put writes a batch, and says whether that is over with. What may be written later is not:
// it is tried again for as long as it takes, and senders wait meanwhile.
func (s *Server) put(ctx context.Context, to target, events []Event) bool {
	rejected, err := s.cfg.Put(ctx, to.group, to.stream, events)
	switch {
	case err == nil:
		s.written.Add(int64(len(events) - rejected))
		s.reject(ctx, to, rejected, nil)
	case s.cfg.Refused(err):
		s.reject(ctx, to, len(events), err)
		err = nil
	}
	s.failed(ctx, to, err)
	return err == nil
}

// reject counts events that were not taken, and tells of them.
func (s *Server) reject(ctx context.Context, to target, n int, err error) {
	if n == 0 {
		return
	}
	s.rejected.Add(int64(n))
	s.cfg.Log.WarnContext(ctx, "messages of syslog were not taken", "group", to.group, "stream", to.stream, "events", n, "error", err)
}

// failed notes why a stream could not be written, nil for once it was, and tells of it the
// first time.
func (s *Server) failed(ctx context.Context, to target, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, known := s.failing[to]
	if err == nil {
		delete(s.failing, to)
		return
	}
	s.failing[to] = err
	if !known {
		s.cfg.Log.ErrorContext(ctx, "messages of syslog wait, since they cannot be written", "group", to.group, "stream", to.stream, "error", err)
	}
}
