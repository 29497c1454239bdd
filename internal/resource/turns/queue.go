// Package turns keeps the queries of a service that wait and run.
//
// A [Queue] knows which query waits, that one runs, and who may write its end: whoever
// claims it first. So a query that is stopped has ended when its caller is told, also
// where its work takes a moment longer to notice. Accounts take turns. What a query is,
// and what becomes of what it finds, is left to the service.
package turns

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/sillok/sillok/internal/cloud"
)

// Why the context of a query ended.
var (
	ErrCancelled = errors.New("the query was cancelled")
	ErrTimeout   = errors.New("the query has run for as long as it may")
	ErrStopping  = errors.New("the server is stopping")
)

// Job is a query that has not ended.
type Job[T any] struct {
	Scope cloud.Scope
	ID    string
	Of    T // what it is

	ended chan struct{} // closed once its end is written
	// Guarded by the queue.
	running bool
	claimed bool
	cancel  func(error) // of what runs
}

// Ended is closed once the end of the query is written.
func (j *Job[T]) Ended() <-chan struct{} { return j.ended }

type key struct {
	scope cloud.Scope
	id    string
}

func (j *Job[T]) key() key { return key{j.Scope, j.ID} }

// Queue is the queries that have not ended. It is safe for concurrent use.
type Queue[T any] struct {
	mu      sync.Mutex
	change  sync.Cond
	jobs    map[key]*Job[T]
	active  map[cloud.Scope]int
	waiting []*Job[T]
	late    []*Job[T] // whose end could not be written yet
	running map[cloud.Account]int
	served  map[cloud.Account]uint64 // when an account was served last, in turns
	turns   uint64
	closed  bool
}

// NewQueue returns a queue without queries.
func NewQueue[T any]() *Queue[T] {
	q := &Queue[T]{jobs: map[key]*Job[T]{}, active: map[cloud.Scope]int{}, running: map[cloud.Account]int{}, served: map[cloud.Account]uint64{}}
	q.change.L = &q.mu
	return q
}

// Add makes a query known, which Push lets wait for its turn. It returns nil where as
// many as most have not ended in the scope.
func (q *Queue[T]) Add(scope cloud.Scope, id string, of T, most int) *Job[T] {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.active[scope] >= most {
		return nil
	}
	j := &Job[T]{Scope: scope, ID: id, Of: of, ended: make(chan struct{})}
	q.jobs[j.key()] = j
	q.active[scope]++
	return j
}

// Push lets a query wait for its turn.
func (q *Queue[T]) Push(j *Job[T]) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting = append(q.waiting, j)
	q.change.Signal()
}

// Work runs queries, each for as long as timeout, until the queue is closed. An account
// that has fewer running comes first, and of several the one that was served the longest
// time ago.
func (q *Queue[T]) Work(ctx context.Context, timeout time.Duration, run func(ctx context.Context, j *Job[T])) {
	for {
		running, j := q.next(ctx, timeout)
		if j == nil {
			return
		}
		run(running, j)
		q.leave(j)
	}
}

func (q *Queue[T]) next(ctx context.Context, timeout time.Duration) (context.Context, *Job[T]) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.waiting) == 0 && !q.closed {
		q.change.Wait()
	}
	if q.closed {
		return nil, nil
	}
	best := 0
	for i, j := range q.waiting {
		a, b := j.Scope.Account, q.waiting[best].Scope.Account
		if q.running[a] < q.running[b] || q.running[a] == q.running[b] && q.served[a] < q.served[b] {
			best = i
		}
	}
	j := q.waiting[best]
	q.waiting = slices.Delete(q.waiting, best, best+1)
	q.turns++
	q.served[j.Scope.Account] = q.turns
	q.running[j.Scope.Account]++
	ctx, expire := context.WithTimeoutCause(ctx, timeout, ErrTimeout)
	ctx, cancel := context.WithCancelCause(ctx)
	j.running, j.cancel = true, func(cause error) {
		cancel(cause)
		expire()
	}
	return ctx, j
}

// leave ends the turn of a query.
func (q *Queue[T]) leave(j *Job[T]) {
	q.mu.Lock()
	defer q.mu.Unlock()
	j.cancel(nil)
	account := j.Scope.Account
	if q.running[account]--; q.running[account] == 0 {
		delete(q.running, account)
		if len(q.served) > len(q.jobs)+1000 {
			clear(q.served)
		}
	}
}

// Claim says whether the caller is the one who writes the end of a query: the first who
// asks is.
func (q *Queue[T]) Claim(j *Job[T]) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if j.claimed {
		return false
	}
	j.claimed = true
	return true
}

// Stop ends a query: what runs is told so, and what waits will not run. It returns the
// query, whose end the caller has to write, or nil for one that has ended, or is about to.
func (q *Queue[T]) Stop(scope cloud.Scope, id string) *Job[T] {
	q.mu.Lock()
	defer q.mu.Unlock()
	j := q.jobs[key{scope, id}]
	if j == nil || j.claimed {
		return nil
	}
	j.claimed = true
	if j.running {
		j.cancel(ErrCancelled)
	} else if at := slices.Index(q.waiting, j); at >= 0 {
		q.waiting = slices.Delete(q.waiting, at, at+1)
	}
	return j
}

// Find returns a query that has not ended, and whether it runs; nil for any other.
func (q *Queue[T]) Find(scope cloud.Scope, id string) (j *Job[T], running bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	j = q.jobs[key{scope, id}]
	return j, j != nil && j.running
}

// Remove forgets a query: its end is written, or it was never taken.
func (q *Queue[T]) Remove(j *Job[T]) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.jobs[j.key()] != j {
		return
	}
	delete(q.jobs, j.key())
	if q.active[j.Scope]--; q.active[j.Scope] == 0 {
		delete(q.active, j.Scope)
	}
	close(j.ended)
}

// Late has the end of a query be written later on.
func (q *Queue[T]) Late(j *Job[T]) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.late = append(q.late, j)
}

// TakeLate returns the queries whose ends are to be written, each once.
func (q *Queue[T]) TakeLate() []*Job[T] {
	q.mu.Lock()
	defer q.mu.Unlock()
	all := q.late
	q.late = nil
	return all
}

// Close ends what runs, and lets nothing begin any more.
func (q *Queue[T]) Close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	for _, j := range q.jobs {
		if j.running {
			j.cancel(ErrStopping)
		}
	}
	q.change.Broadcast()
}
