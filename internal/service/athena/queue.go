package athena

import (
	"context"
	"sync"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/sql/ast"
)

// lane is which slots of the queue a statement takes.
type lane int

const (
	// queryLane is for all that reads objects or analyzes a query.
	queryLane lane = iota
	// catalogLane is for what reads and changes the catalog alone, which long
	// queries do not hold up.
	catalogLane

	lanes
)

// job is an execution that this process took and that is not done.
type job struct {
	call      cloud.Call
	execution execution
	statement ast.Statement // nil when its text is to be read again: see push
	invalid   error         // why the statement did not parse; nil when it did
	lane      lane
	publishes bool // the work group publishes what its queries take
	submitted time.Time
	result    *storedResult // once it has succeeded
	done      chan struct{} // closed once its end is written

	// Guarded by the queue.
	running bool
	stopped error       // why it is not to go on
	cancel  func(error) // of what runs
}

// jobKey names an execution of any account and region.
type jobKey struct {
	scope cloud.Scope
	id    string
}

func (j *job) key() jobKey { return jobKey{j.call.Scope(), *j.execution.QueryExecutionId} }

// party is whose turn it has to be for the job to begin: an account's, and in
// that a work group's of a region.
func (j *job) party() []string {
	return []string{string(j.call.Account), string(j.call.Region) + "/" + *j.execution.WorkGroup}
}

// What the queue holds at most.
const (
	// maxText is how long the texts of all jobs may be together.
	maxText = 64 << 20
	// maxCarried is the longest text whose tree is kept while it waits. A tree takes
	// some thirty times as much memory, so a longer text is read again at its turn.
	maxCarried = 4 << 10
)

// queue is the executions that are not done. What the store says of these is
// that they are QUEUED: whether one runs is known here alone.
type queue struct {
	timeout time.Duration // of what runs
	limit   int           // of the jobs of one account in one region and lane

	mu     sync.Mutex
	jobs   map[jobKey]*job
	active map[activeKey]int // of accounts
	groups map[groupKey]int  // the same, of their work groups
	text   int               // bytes of all jobs
	lanes  [lanes]waiting
	ended  []*job // that are done but for the writing of their end
	closed bool
	killed bool
}

// waiting is what waits for the slots of one lane.
type waiting struct {
	share  share
	change sync.Cond
	idle   int // slots that wait for a job
}

// activeKey is what a limit of active jobs counts by.
type activeKey struct {
	scope cloud.Scope
	lane  lane
}

// groupKey is what is counted in a work group.
type groupKey struct {
	activeKey

	workGroup string
}

func newQueue(timeout time.Duration, limit int) *queue {
	q := &queue{timeout: timeout, limit: limit, jobs: map[jobKey]*job{}, active: map[activeKey]int{}, groups: map[groupKey]int{}}
	for i := range q.lanes {
		q.lanes[i].change.L = &q.mu
	}
	return q
}

// add makes a job known. It refuses one beyond the limits.
func (q *queue) add(j *job) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	size := len(resource.Value(j.execution.Query))
	if !q.fits(j) || q.text+size > maxText {
		return errTooManyQueries()
	}
	q.active[j.activeKey()]++
	q.groups[j.groupKey()]++
	q.text += size
	q.jobs[j.key()] = j
	return nil
}

// fits says whether an account may have one more. The last tenth is for work groups
// that have less than a tenth, so that one of them does not shut the others out.
func (q *queue) fits(j *job) bool {
	kept := q.limit / 10
	left := q.limit - q.active[j.activeKey()]
	return left > kept || left > 0 && q.groups[j.groupKey()] < kept
}

func (j *job) activeKey() activeKey { return activeKey{j.call.Scope(), j.lane} }

func (j *job) groupKey() groupKey {
	return groupKey{j.activeKey(), *j.execution.WorkGroup}
}

// remove forgets a job: it is done, or was never taken.
func (q *queue) remove(j *job) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.jobs[j.key()] != j {
		return
	}
	delete(q.jobs, j.key())
	q.text -= len(resource.Value(j.execution.Query))
	if q.active[j.activeKey()]--; q.active[j.activeKey()] == 0 {
		delete(q.active, j.activeKey())
	}
	if q.groups[j.groupKey()]--; q.groups[j.groupKey()] == 0 {
		delete(q.groups, j.groupKey())
	}
	close(j.done)
}

// push lets a job wait for a slot.
func (q *queue) push(j *job) {
	q.mu.Lock()
	defer q.mu.Unlock()
	w := &q.lanes[j.lane]
	if w.idle <= w.share.queued && len(*j.execution.Query) > maxCarried {
		j.statement = nil
	}
	w.share.push(j, j.party())
	w.change.Signal()
}

// next waits for a job of a lane and begins it. It returns nil once the queue is
// closed and nothing waits.
func (q *queue) next(ctx context.Context, of lane) (context.Context, *job) {
	q.mu.Lock()
	defer q.mu.Unlock()
	w := &q.lanes[of]
	for w.share.queued == 0 && !q.closed {
		w.idle++
		w.change.Wait()
		w.idle--
	}
	if w.share.queued == 0 {
		return nil, nil
	}
	j := w.share.pop()
	return q.start(ctx, j), j
}

// leave frees the slot of a job that next began.
func (q *queue) leave(j *job) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.lanes[j.lane].share.leave(j.party())
}

// begin begins a job that takes no slot.
func (q *queue) begin(ctx context.Context, j *job) context.Context {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.start(ctx, j)
}

// start returns the context that a job runs in, which its end must cancel.
func (q *queue) start(ctx context.Context, j *job) context.Context {
	ctx, expire := context.WithTimeoutCause(cloud.WithCall(ctx, j.call), q.timeout, errTimeout)
	ctx, cancel := context.WithCancelCause(ctx)
	j.cancel = func(cause error) {
		cancel(cause)
		expire()
	}
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
	if !q.lanes[j.lane].share.withdraw(j, j.party()) {
		return nil // it is on its way, and ends as soon as it has begun
	}
	return j
}

// close lets the slots end once nothing waits.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	for i := range q.lanes {
		q.lanes[i].change.Broadcast()
	}
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
