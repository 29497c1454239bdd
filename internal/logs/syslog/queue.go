package syslog

import (
	"context"
	"slices"
	"sync"
	"time"
)

// Event is a message that is to be written.
type Event struct {
	Time    int64 // milliseconds since 1970
	Message string
}

// Limits of what waits.
const (
	mostWaiting = 32 << 20 // bytes of all messages that are not written yet
	mostAtOnce  = 1 << 20  // bytes of a batch, as AWS counts them
	mostEvents  = 10_000   // of a batch
	eventExtras = 26       // bytes that are counted for an event besides its message
)

// How long to wait until what could not be written is tried again.
const (
	firstPause = 100 * time.Millisecond
	lastPause  = 5 * time.Second
)

// queue holds messages until they are written: by stream, in the order in which they came.
// Whoever writes takes what a stream has, so that batches grow while the disk is busy, and
// a message of a quiet stream does not wait. One stream has half of the room at most, so that
// one that cannot be written does not hold up all others.
type queue struct {
	most int64

	mu      sync.Mutex
	size    int64
	waiting map[target]*waiting
	ready   []*waiting    // those that have messages and are not being written, the longest first
	room    chan struct{} // is closed when messages were written
	work    chan struct{} // has one when there is something in ready
}

// waiting is the messages of a stream.
type waiting struct {
	target

	events []Event
	size   int64
	pause  time.Duration // until what could not be written is tried again, the last time
}

func newQueue() *queue {
	return &queue{most: mostWaiting, waiting: map[target]*waiting{}, room: make(chan struct{}), work: make(chan struct{}, 1)}
}

// add adds a message once there is room for it, or fails when ctx is done before.
func (q *queue) add(ctx context.Context, to target, e Event) error {
	for {
		room, added := q.tryAdd(to, e)
		if added {
			return nil
		}
		select {
		case <-room:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// tryAdd adds a message if there is room for it. If not, room is closed when there may be.
func (q *queue) tryAdd(to target, e Event) (room <-chan struct{}, added bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	w, n := q.waiting[to], size(&e)
	if q.size > 0 && q.size+n > q.most || w != nil && w.size+n > q.most/2 {
		return q.room, false
	}
	if w == nil {
		w = &waiting{target: to}
		q.waiting[to] = w
		q.line(w)
	}
	q.size += n
	w.size += n
	w.events = append(w.events, e)
	return nil, true
}

// line puts a stream into the line of those that are to be written.
func (q *queue) line(w *waiting) {
	q.ready = append(q.ready, w)
	q.tell()
}

// tell says that there is work.
func (q *queue) tell() {
	select {
	case q.work <- struct{}{}:
	default:
	}
}

func size(e *Event) int64 { return int64(len(e.Message)) + eventExtras }

// take returns a stream and as many of its messages as a batch may have; nil for none.
// Nobody else takes of that stream until done is called.
func (q *queue) take() (w *waiting, batch []Event) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.ready) == 0 {
		return nil, nil
	}
	w, q.ready = q.ready[0], q.ready[1:]
	if len(q.ready) > 0 {
		q.tell()
	}
	end, bytes := 0, int64(0)
	for end < len(w.events) && end < mostEvents {
		if bytes += size(&w.events[end]); bytes > mostAtOnce && end > 0 {
			break
		}
		end++
	}
	batch, w.events = w.events[:end:end], w.events[end:]
	return w, batch
}

// done says that what was taken of a stream is written, but for the events that are left.
// Those are taken again after a pause, which is longer each time.
func (q *queue) done(w *waiting, taken, left []Event) {
	q.mu.Lock()
	defer q.mu.Unlock()
	written := int64(0)
	for i := range taken {
		written += size(&taken[i])
	}
	for i := range left {
		written -= size(&left[i])
	}
	q.size -= written
	w.size -= written
	if written > 0 {
		close(q.room)
		q.room = make(chan struct{})
	}
	switch {
	case len(left) > 0:
		w.events = slices.Concat(left, w.events)
		w.pause = min(max(2*w.pause, firstPause), lastPause)
		time.AfterFunc(w.pause, func() {
			q.mu.Lock()
			defer q.mu.Unlock()
			q.line(w)
		})
	case len(w.events) > 0:
		w.pause = 0
		q.line(w)
	default:
		delete(q.waiting, w.target)
	}
}

// empty says whether all has been written.
func (q *queue) empty() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting) == 0
}

// bytes returns how much waits.
func (q *queue) bytes() int64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.size
}
