package sqs

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/store/queues"
	"github.com/sillok/sillok/internal/store/state"
)

// moves are the tasks that run.
type moves struct {
	woken chan struct{}

	mu      sync.Mutex
	running map[string]*move
}

// move is a task that runs.
type move struct {
	at   place
	task task
	next time.Time // when it may move again
}

func newMoves() moves { return moves{woken: make(chan struct{}, 1), running: map[string]*move{}} }

func (m *moves) add(at place, t task) {
	m.mu.Lock()
	m.running[t.ID] = &move{at: at, task: t}
	m.mu.Unlock()
	select {
	case m.woken <- struct{}{}:
	default:
	}
}

func (m *moves) remove(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.running, id)
}

// due returns the tasks that may move now, and when the next one may; zero for none.
func (m *moves) due(at time.Time) (some []*move, next time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, one := range m.running {
		if !one.next.After(at) {
			some = append(some, one)
		} else if next.IsZero() || one.next.Before(next) {
			next = one.next
		}
	}
	return some, next
}

const (
	// moveMany is how many messages are moved at a time.
	moveMany = 50
	// moveAgain is when it is tried again after it failed for no fault of the task's.
	moveAgain = 10 * time.Second
)

func now() time.Time { return time.Now().UTC() }

// runMoves moves messages for as long as there are tasks. Those that ran when the server
// ended go on.
func (s *Service) runMoves(ctx context.Context) error {
	err := s.state.View(ctx, func(r state.Reader) error {
		for entry, err := range state.All[task](r, tasks.Name) {
			if err != nil {
				return err
			}
			if at, ok := placeOf(entry.Value.Source); ok && entry.Value.Status == taskRunning {
				s.moves.add(at, entry.Value)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for ctx.Err() == nil {
		some, next := s.moves.due(now())
		for _, m := range some {
			if err := s.step(ctx, m); err != nil && ctx.Err() == nil {
				s.cfg.Log.ErrorContext(ctx, "messages could not be moved, it is tried again", "arn", m.task.Source, "error", err)
				m.next = now().Add(moveAgain)
			}
		}
		if len(some) > 0 {
			continue
		}
		timer := time.NewTimer(time.Hour)
		if !next.IsZero() {
			timer.Reset(time.Until(next))
		}
		select {
		case <-ctx.Done():
		case <-s.moves.woken:
		case <-timer.C:
		}
		timer.Stop()
	}
	return nil
}

// step moves some messages of a task, and ends it where there are no more.
func (s *Service) step(ctx context.Context, m *move) error {
	most := moveMany
	if m.task.Rate > 0 {
		// In ten parts of a second, each at least one message.
		most = max(int(m.task.Rate)/10, 1)
		m.next = now().Add(time.Second * time.Duration(most) / time.Duration(m.task.Rate))
	}
	source := s.known.find(m.at)
	if source == nil {
		return s.end(ctx, m, 0, taskFailed)
	}
	moved, where, stuck, err := s.store.Move(ctx, source.Number, most, func(from string) (uint64, bool) {
		if m.task.Destination != "" {
			from = m.task.Destination
		}
		p, ok := placeOf(from)
		if !ok {
			return 0, false
		}
		to := s.known.find(p)
		if to == nil || to.fifo() != source.fifo() {
			return 0, false
		}
		return to.Number, true
	})
	if errors.Is(err, queues.ErrNoQueue) {
		return s.end(ctx, m, 0, taskFailed)
	}
	if err != nil {
		return err
	}
	woken := map[uint64]bool{}
	for _, number := range where {
		woken[number] = true
	}
	for _, k := range s.known.in(m.at.scope) {
		if woken[k.Number] {
			s.cfg.Waits.Wake(k.wakes)
		}
	}
	switch {
	case stuck:
		return s.end(ctx, m, moved, taskFailed)
	case moved < most:
		return s.end(ctx, m, moved, taskCompleted)
	}
	return s.end(ctx, m, moved, taskRunning)
}

// end writes down how far a task is, also while the server stops: the messages have moved.
func (s *Service) end(ctx context.Context, m *move, moved int, status string) error {
	err := s.update(context.WithoutCancel(ctx), m.at.scope, func(tx resource.Tx) error {
		t, there, err := tasks.Find(tx, m.at.name, m.task.ID)
		if err != nil || !there {
			return err
		}
		t.Moved += int64(moved)
		if t.Status == taskRunning { // and was not cancelled meanwhile
			t.Status = status
			if status == taskFailed {
				t.Reason = "AWS.SimpleQueueService.NonExistentQueue"
			}
		}
		return tasks.Put(tx, t, m.at.name, m.task.ID)
	})
	if err == nil && status != taskRunning {
		s.moves.remove(m.task.ID)
	}
	return err
}
