package lake

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/worker"
)

const (
	crewBatch = 32      // small objects that go to a process at once
	crewBytes = 4 << 20 // or bytes of them, whichever is reached first
	crewQueue = 16      // objects that a Load prepares for each that is decoded

	// What takes longer than this, and a second for each so many bytes, is no object that
	// takes long but one over which a decoder does not come to an end.
	decodeTime = time.Minute
	decodeRate = 64 << 10
)

// crew has objects decoded, and looked into, in worker processes. Orders that wait for a process go to
// it together: talking to a process takes as long as decoding a small object.
type crew struct {
	pool func() (*worker.Pool, error)
	size int // processes that it keeps at work

	mu      sync.Mutex
	waiting []*pending
	working int
}

func newCrew(pool func() (*worker.Pool, error), size int) *crew { return &crew{pool: pool, size: size} }

// pending is an order that somebody waits for.
type pending struct {
	order
	ctx    context.Context //nolint:containedctx // of who waits; the job is for several
	owner  string
	open   func() (io.ReadCloser, error)
	alone  bool // its process was killed: it may have been the reason
	done   chan struct{}
	out    outcome
	failed error
}

// do has an order carried out and returns what came of it.
func (c *crew) do(ctx context.Context, o order, open func() (io.ReadCloser, error)) (outcome, error) {
	if err := o.inline(open); err != nil {
		return outcome{}, err
	}
	p := &pending{order: o, ctx: ctx, owner: string(cloud.CallOf(ctx).Account), open: open, done: make(chan struct{})}
	c.mu.Lock()
	c.waiting = append(c.waiting, p)
	if c.working < c.size {
		c.working++
		go c.work()
	}
	c.mu.Unlock()
	select {
	case <-p.done:
	case <-ctx.Done():
		c.leave(p)
		<-p.done // soon: its process is ended
	}
	if err := ctx.Err(); err != nil {
		return outcome{}, err
	}
	return p.out, p.failed
}

// leave takes an order back that waits for a process.
func (c *crew) leave(p *pending) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at := slices.Index(c.waiting, p); at >= 0 {
		c.waiting = slices.Delete(c.waiting, at, at+1)
		close(p.done)
	}
}

// work carries out what waits until nothing does.
func (c *crew) work() {
	for {
		c.mu.Lock()
		batch := c.next()
		if len(batch) == 0 {
			c.working--
			c.mu.Unlock()
			return
		}
		c.mu.Unlock()
		if left := c.run(batch); len(left) > 0 {
			c.mu.Lock()
			c.waiting = append(left, c.waiting...)
			c.mu.Unlock()
		}
	}
}

// next takes the orders that go to a process together: what is small and of one
// owner. c.mu is held.
func (c *crew) next() (batch []*pending) {
	bytes := 0
	c.waiting = slices.DeleteFunc(c.waiting, func(p *pending) bool {
		if p.ctx.Err() != nil {
			close(p.done)
			return true
		}
		fits := len(batch) == 0
		if !fits && len(batch) < crewBatch && bytes < crewBytes {
			first := batch[0]
			fits = first.small() && p.small() && p.owner == first.owner
		}
		if fits {
			batch = append(batch, p)
			bytes += len(p.body)
		}
		return fits
	})
	return batch
}

func (p *pending) small() bool { return !p.alone && (p.Inline || p.Look) }

// run carries out a batch and returns those of it that have to be tried again.
func (c *crew) run(batch []*pending) (left []*pending) {
	finished := 0
	err := c.job(batch, &finished)
	if finished == len(batch) {
		return nil // all is done, whatever became of the process then
	}
	if errors.Is(err, context.Canceled) {
		return batch[finished:] // somebody gave up; next drops that order
	}
	// The process was at the first that has no outcome; the others are not at fault.
	at := batch[finished]
	if e, ok := errors.AsType[*worker.EndedError](err); ok && !at.alone && soon(e.Reason) {
		// It may have been for what others needed, or left behind. An order that ends
		// another process, which it has for itself, does that itself.
		at.alone = true
		if !at.Look {
			_ = os.Remove(at.Temp.Path) // made anew; where it stays, that fails
		}
		return batch[finished:]
	}
	at.failed = jobFailure(err)
	close(at.done)
	return batch[finished+1:]
}

// soon tells whether a process that ended so did it at once: trying again is cheap.
func soon(r worker.Reason) bool {
	return r == worker.Crashed || r == worker.OutOfMemory || r == worker.Panicked
}

// jobFailure says that an object was too much for the process that read it. That a
// pool closes is no fault of the object.
func jobFailure(err error) error {
	if e, ok := errors.AsType[*worker.EndedError](err); ok && e.Reason != worker.Closed {
		return cloud.Errorf(cloud.Invalid, "HIVE_CURSOR_ERROR", "the object cannot be read: %s", e)
	}
	return err
}

// job has a process carry out a batch. It counts those that are finished, in their
// order.
func (c *crew) job(batch []*pending, finished *int) (err error) {
	// The process ends at once when somebody gives up; who waits for another order of
	// the batch gets another process. Whoever has its outcome no longer waits: that a
	// query ends is no reason to end the process.
	ctx, cancel := context.WithCancel(context.WithoutCancel(batch[0].ctx))
	defer cancel()
	unwatch := make([]func() bool, len(batch))
	for i, p := range batch {
		unwatch[i] = context.AfterFunc(p.ctx, cancel)
		defer unwatch[i]()
	}
	var payload []byte
	limit := decodeTime
	for _, p := range batch {
		limit += time.Duration(p.Size/decodeRate) * time.Second
		if payload, err = appendOrder(payload, p.order); err != nil {
			return err
		}
	}
	sources := make([]*watched, len(batch))
	for i, p := range batch {
		sources[i] = &watched{from: p.open}
	}
	pool, err := c.pool()
	if err != nil {
		return err
	}
	run, err := pool.Start(ctx, worker.Job{
		Kind: kindDecode, Lane: LaneDecode, Owner: batch[0].owner, Payload: payload,
		Limit: limit, Sources: func(name string) (io.ReadCloser, error) {
			at, err := strconv.Atoi(name)
			if err != nil || at < 0 || at >= len(sources) {
				return nil, fmt.Errorf("there is no source %q", name)
			}
			return sources[at].open()
		},
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, run.Close()) }()
	for i, p := range batch {
		result, err := run.Next()
		if err != nil {
			return err
		}
		var out outcome
		if err := json.Unmarshal(result, &out); err != nil {
			return err
		}
		p.out = out
		if out.Failed != nil {
			p.failed = cmp.Or(sources[i].err, out.Failed.error(p.order))
		}
		*finished = i + 1
		unwatch[i]()
		close(p.done)
	}
	if _, err := run.Next(); !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

// watched keeps why the bytes of an object could not be read, which the process can
// tell only as a text.
type watched struct {
	from func() (io.ReadCloser, error)
	err  error
}

func (w *watched) open() (body io.ReadCloser, err error) {
	if body, w.err = w.from(); w.err != nil {
		return nil, w.err
	}
	return &watchedBody{body, w}, nil
}

type watchedBody struct {
	io.ReadCloser

	of *watched
}

// Read implements io.Reader.
func (b *watchedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		b.of.err = err
	}
	return n, err
}

// atOnce is how many objects a Load works on at once.
func (l *Lake) atOnce() int {
	if l.decoder.crew != nil {
		return l.cfg.Workers * crewQueue
	}
	return l.cfg.Workers
}
