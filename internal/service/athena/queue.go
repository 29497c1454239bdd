package athena

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/sql/ast"
)

// job is an execution that this process took and that is not done.
type job struct {
	call      cloud.Call
	execution execution
	statement ast.Statement
	invalid   error // why the statement did not parse; nil when it did
	submitted time.Time
	result    *storedResult // once it has succeeded

	// Guarded by the queue.
	running bool
	stopped error                   // why it is not to go on
	cancel  context.CancelCauseFunc // of what runs
}

// jobKey names an execution of any account and region.
type jobKey struct {
	scope cloud.Scope
	id    string
}

func (j *job) key() jobKey { return jobKey{j.call.Scope(), *j.execution.QueryExecutionId} }

// queue is the executions that are not done. What the store says of these is
// that they are QUEUED: whether one runs is known here alone.
type queue struct {
	mu      sync.Mutex
	change  sync.Cond
	jobs    map[jobKey]*job
	waiting []*job // for a worker, the oldest first
	ended   []*job // that are done but for the writing of their end
	closed  bool
	killed  bool
}

func newQueue() *queue {
	q := &queue{jobs: map[jobKey]*job{}}
	q.change.L = &q.mu
	return q
}

// add makes a job known.
func (q *queue) add(j *job) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.jobs[j.key()] = j
}

// remove forgets a job: it is done, or was never taken.
func (q *queue) remove(j *job) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.jobs, j.key())
}

// push lets a job wait for a worker.
func (q *queue) push(j *job) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting = append(q.waiting, j)
	q.change.Signal()
}

// next waits for a job and begins it. It returns nil once the queue is closed
// and nothing waits.
func (q *queue) next(ctx context.Context) (context.Context, *job) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.waiting) == 0 && !q.closed {
		q.change.Wait()
	}
	if len(q.waiting) == 0 {
		return nil, nil
	}
	j := q.waiting[0]
	q.waiting = slices.Delete(q.waiting, 0, 1)
	return q.start(ctx, j), j
}

// begin begins a job that does not wait for a worker.
func (q *queue) begin(ctx context.Context, j *job) context.Context {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.start(ctx, j)
}

// start returns the context that a job runs in, which its end must cancel.
func (q *queue) start(ctx context.Context, j *job) context.Context {
	ctx, j.cancel = context.WithCancelCause(cloud.WithCall(ctx, j.call))
	j.running = true
	if q.killed {
		j.stopped = errStopping
	}
	if j.stopped != nil {
		j.cancel(j.stopped)
	}
	return ctx
}

// isRunning says whether an execution is a job that has begun.
func (q *queue) isRunning(scope cloud.Scope, id string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	j := q.jobs[jobKey{scope, id}]
	return j != nil && j.running
}

// has says whether an execution is a job.
func (q *queue) has(scope cloud.Scope, id string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.jobs[jobKey{scope, id}] != nil
}

// stop stops a job. One that waited is returned: it will never run, and the
// caller writes its end.
func (q *queue) stop(scope cloud.Scope, id string, cause error) *job {
	q.mu.Lock()
	defer q.mu.Unlock()
	j := q.jobs[jobKey{scope, id}]
	if j == nil {
		return nil
	}
	if j.stopped == nil {
		j.stopped = cause
	}
	if j.running {
		j.cancel(j.stopped)
		return nil
	}
	at := slices.Index(q.waiting, j)
	if at < 0 {
		return nil // it is on its way, and ends as soon as it has begun
	}
	q.waiting = slices.Delete(q.waiting, at, at+1)
	return j
}

// close lets workers end once nothing waits.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.change.Broadcast()
}

// kill stops what runs, and whatever begins from now on.
func (q *queue) kill() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.killed = true
	for _, j := range q.jobs {
		if j.running {
			j.cancel(errStopping)
		}
	}
}

// keepEnd keeps a job whose end could not be written.
func (q *queue) keepEnd(j *job) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.ended = append(q.ended, j)
}

// takeEnds returns the jobs whose end could not be written.
func (q *queue) takeEnds() []*job {
	q.mu.Lock()
	defer q.mu.Unlock()
	ended := q.ended
	q.ended = nil
	return ended
}
