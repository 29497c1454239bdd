package duckdb

import (
	"context"
	"errors"
	"io"
	"sync"

	"github.com/sillok/sillok/internal/kit/life"
)

// local runs jobs in this process.
type local struct {
	slots chan struct{}

	mu     sync.Mutex
	idle   []*runner
	closed bool
}

func newLocal(size int) *local { return &local{slots: make(chan struct{}, size)} }

func (l *local) take() *runner {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := len(l.idle); n > 0 {
		r := l.idle[n-1]
		l.idle = l.idle[:n-1]
		return r
	}
	return &runner{}
}

func (l *local) giveBack(r *runner) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		r.close()
		return
	}
	l.idle = append(l.idle, r)
}

func (l *local) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	for _, r := range l.idle {
		r.close()
	}
	l.idle = nil
	return nil
}

func (l *local) start(ctx context.Context, j job) (source, error) {
	select {
	case l.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	ctx, cancel := context.WithCancel(ctx)
	s := &stream{batches: make(chan batch), ended: make(chan struct{}), cancel: cancel}
	go func() {
		defer func() { <-l.slots }()
		defer close(s.ended)
		r := l.take()
		s.err = life.Catch(func() error {
			return r.run(ctx, j, func(b batch) error {
				select {
				case s.batches <- b:
					return nil
				case <-ctx.Done():
					return ctx.Err()
				}
			})
		})
		if _, panicked := errors.AsType[*life.PanicError](s.err); panicked {
			r.close() // nobody knows what state it is in
			return
		}
		l.giveBack(r)
	}()
	return s, nil
}

// stream is a job in this process.
type stream struct {
	batches chan batch
	ended   chan struct{}
	cancel  func()
	err     error // set when ended is closed
}

func (s *stream) next() (batch, error) {
	select {
	case b := <-s.batches:
		return b, nil
	case <-s.ended:
		if s.err != nil {
			return batch{}, s.err
		}
		return batch{}, io.EOF
	}
}

func (s *stream) close() error {
	s.cancel()
	<-s.ended
	return nil
}
