package objects

import (
	"sync"

	"github.com/cockroachdb/pebble/v2"
)

// state is the index as it was after a change. Views read the newest one that is
// on disk, so that nobody is told what a crash could undo.
type state struct {
	*pebble.Snapshot
	order  uint64 // of the commit that made it
	number uint64 // of the last change in it

	users int // guarded by states
}

// states are those that are in use.
type states struct {
	mu     sync.Mutex
	idle   sync.Cond // one was released
	newest *state
	used   map[*state]bool
	closed bool
	next   chan struct{} // closed when there is a newer one
}

// news returns a channel that is closed when there is a newer state than now.
func (s *states) news() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.next == nil {
		s.next = make(chan struct{})
	}
	return s.next
}

// publish makes s the newest, unless a newer one is there already.
func (s *states) publish(next *state) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.used == nil {
		s.used = map[*state]bool{}
		s.idle.L = &s.mu
	}
	if s.closed || s.newest != nil && s.newest.order > next.order {
		_ = next.Close()
		return
	}
	old := s.newest
	next.users, s.newest = 1, next
	s.used[next] = true
	if s.next != nil {
		close(s.next)
		s.next = nil
	}
	if old != nil {
		s.release(old)
	}
}

// acquire returns the newest state, which the caller must give back.
func (s *states) acquire() (*state, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.newest == nil {
		return nil, errClosed
	}
	s.newest.users++
	return s.newest, nil
}

// hold makes one more user of a state that is in use.
func (s *states) hold(held *state) {
	s.mu.Lock()
	defer s.mu.Unlock()
	held.users++
}

func (s *states) give(back *state) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.release(back)
}

func (s *states) release(old *state) {
	if old.users--; old.users > 0 {
		return
	}
	delete(s.used, old)
	_ = old.Close() // it never fails
	s.idle.Broadcast()
}

// oldest returns the number of the last change that everybody sees who reads now.
func (s *states) oldest() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.newest == nil {
		return 0
	}
	number := s.newest.number
	for used := range s.used {
		number = min(number, used.number)
	}
	return number
}

// close waits until no state is in use.
func (s *states) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.newest == nil {
		s.closed = true
		return
	}
	s.closed = true
	s.release(s.newest)
	s.newest = nil
	for len(s.used) > 0 {
		s.idle.Wait()
	}
}

// pins are the blobs that are being read, whose files must stay.
type pins struct {
	mu    sync.Mutex
	count map[uint64]int
}

func (p *pins) pin(blob uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.count == nil {
		p.count = map[uint64]int{}
	}
	p.count[blob]++
}

func (p *pins) unpin(blob uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.count[blob]--; p.count[blob] <= 0 {
		delete(p.count, blob)
	}
}

func (p *pins) pinned(blob uint64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.count[blob] > 0
}
