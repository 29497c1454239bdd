package cloudtrail

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/sillok/sillok/internal/cloud"
)

// Why a query's context ended.
var (
	errQueryCancelled = errors.New("the query was cancelled")
	errQueryTimeout   = errors.New("the query has run for as long as it may")
	errQueryStopping  = errors.New("the server is stopping")
)

// queryJob is a query that has not ended.
type queryJob struct {
	call    cloud.Call
	query   query
	checked chan struct{} // closed once the statement was found right or wrong
	invalid error         // why it is none; read once checked is closed
	done    chan struct{} // closed once its end is written

	// Guarded by the queue.
	running bool
	stopped error
	cancel  func(error) // of what runs
}

// waitChecked waits a moment for what is wrong with the statement.
func (j *queryJob) waitChecked(ctx context.Context) error {
	over := time.NewTimer(queryMoment)
	defer over.Stop()
	select {
	case <-j.checked:
		if j.invalid != nil { // nothing is left of it then, unless that takes long
			select {
			case <-j.done:
			case <-over.C:
			case <-ctx.Done():
			}
		}
		return j.invalid
	case <-j.done:
	case <-over.C:
	case <-ctx.Done():
	}
	return nil
}

type queryKey struct {
	scope cloud.Scope
	id    string
}

func (j *queryJob) key() queryKey { return queryKey{j.call.Scope(), j.query.ID} }

// queryQueue is the queries that have not ended. That one runs is known here alone.
type queryQueue struct {
	mu      sync.Mutex
	change  sync.Cond
	jobs    map[queryKey]*queryJob
	waiting []*queryJob
	ended   []*queryJob // whose end could not be written yet
	running map[cloud.Account]int
	served  map[cloud.Account]uint64 // when an account was served last, in turns
	turns   uint64
	closed  bool
}

func newQueryQueue() *queryQueue {
	q := &queryQueue{jobs: map[queryKey]*queryJob{}, running: map[cloud.Account]int{}, served: map[cloud.Account]uint64{}}
	q.change.L = &q.mu
	return q
}

// add makes a query known. It refuses one beyond the limit of its account.
func (q *queryQueue) add(call cloud.Call, of query) (*queryJob, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	active := 0
	for key := range q.jobs {
		if key.scope == call.Scope() {
			active++
		}
	}
	if active >= maxActiveQueries {
		return nil, cloud.Errorf(cloud.Throttled, "MaxConcurrentQueriesException", "%d queries are active in %s already: wait for one of them to end.", active, call.Region)
	}
	j := &queryJob{call: call, query: of, checked: make(chan struct{}), done: make(chan struct{})}
	q.jobs[j.key()] = j
	return j, nil
}

// push lets a query wait for its turn.
func (q *queryQueue) push(j *queryJob) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting = append(q.waiting, j)
	q.change.Signal()
}

// next waits for a query and begins it: one of the account that has the fewest running,
// and of several the one that was served the longest time ago. It returns nil once the
// queue is closed.
func (q *queryQueue) next(ctx context.Context, timeout time.Duration) (context.Context, *queryJob) {
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
		a, b := j.call.Account, q.waiting[best].call.Account
		if q.running[a] < q.running[b] || q.running[a] == q.running[b] && q.served[a] < q.served[b] {
			best = i
		}
	}
	j := q.waiting[best]
	q.waiting = slices.Delete(q.waiting, best, best+1)
	q.turns++
	q.served[j.call.Account] = q.turns
	q.running[j.call.Account]++
	ctx, expire := context.WithTimeoutCause(cloud.WithCall(ctx, j.call), timeout, errQueryTimeout)
	ctx, cancel := context.WithCancelCause(ctx)
	j.cancel = func(cause error) {
		cancel(cause)
		expire()
	}
	if j.running = true; j.stopped != nil {
		j.cancel(j.stopped)
	}
	return ctx, j
}

// leave ends the turn of a query.
func (q *queryQueue) leave(j *queryJob) {
	q.mu.Lock()
	defer q.mu.Unlock()
	account := j.call.Account
	if q.running[account]--; q.running[account] == 0 {
		delete(q.running, account)
		if len(q.served) > len(q.jobs)+1000 {
			clear(q.served)
		}
	}
}

// remove forgets a query: its end is written, or it was never taken.
func (q *queryQueue) remove(j *queryJob) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.jobs, j.key())
	close(j.done)
}

// late has the end of a query be written later on.
func (q *queryQueue) late(j *queryJob) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.ended = append(q.ended, j)
}

// takeLate returns the queries whose ends are to be written, each once.
func (q *queryQueue) takeLate() []*queryJob {
	q.mu.Lock()
	defer q.mu.Unlock()
	all := q.ended
	q.ended = nil
	return all
}

// isRunning says whether a query has begun.
func (q *queryQueue) isRunning(call cloud.Call, id string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	j := q.jobs[queryKey{call.Scope(), id}]
	return j != nil && j.running
}

// has says whether a query has not ended.
func (q *queryQueue) has(scope cloud.Scope, id string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.jobs[queryKey{scope, id}] != nil
}

// stop has a query end soon. It returns nil for one that has ended. One that waited will
// not run: whoever stopped it writes its end.
func (q *queryQueue) stop(call cloud.Call, id string) (j *queryJob, waited bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	j = q.jobs[queryKey{call.Scope(), id}]
	if j == nil || j.stopped != nil {
		return j, false
	}
	if j.stopped = errQueryCancelled; j.running {
		j.cancel(errQueryCancelled)
	}
	at := slices.Index(q.waiting, j)
	if at >= 0 {
		q.waiting = slices.Delete(q.waiting, at, at+1)
	}
	return j, at >= 0
}

// close ends what runs, and lets nothing begin any more.
func (q *queryQueue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	for _, j := range q.jobs {
		if j.running {
			j.cancel(errQueryStopping)
		}
	}
	q.change.Broadcast()
}
