package worker

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// Job is work for a process.
type Job struct {
	Kind    string // which handler does it
	Lane    string // whose slots it takes
	Owner   string // for whom: a process works for one owner in its life
	Payload []byte
	// Sources opens what the handler asks for by name; nil: there is nothing.
	// It is called from within Next.
	Sources func(name string) (io.ReadCloser, error)
	Limit   time.Duration // how long it may take once it runs; 0 is for ever
}

// maxSources is how many sources a job may have open at once.
const maxSources = 64

// Run is a job in a process. One goroutine uses it.
type Run struct {
	pool    *Pool
	process *process
	job     Job
	leave   func() // the lane
	ctxErr  func() error
	unwatch []func() bool
	stop    func() // the watch over its memory

	open   map[uint64]*opened
	number uint64 // of the source that was opened last
	failed error  // why a source could not be read

	end    error // what Next returns from now on
	usable bool  // the process may take another job
	closed bool

	discard bool
}

// Start waits for a slot, hands a job to a process, and returns once that has it.
// Cancelling ctx ends the process at once; what Next then returns is ctx's error.
// The caller must close the Run. A process that cannot be had is an EndedError.
func (p *Pool) Start(ctx context.Context, j Job) (*Run, error) {
	leave, err := p.enter(ctx, j.Lane)
	if err != nil {
		return nil, err
	}
	r, err := p.hand(ctx, j)
	if err != nil {
		leave()
		return nil, err
	}
	r.leave = leave
	return r, nil
}

// hand hands the job to a process. One that waited may have died or been stopped
// meanwhile: then the next is asked, and at last a new one.
func (p *Pool) hand(ctx context.Context, j Job) (*Run, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		w, waited, err := p.take(j.Owner)
		if err != nil {
			return nil, err
		}
		if waited && w.pid > 0 && stopped(w.pid) {
			w.kill(&EndedError{Reason: Silent})
			p.drop(w)
			continue
		}
		within := p.cfg.Answer
		if w.fresh && time.Since(w.born) < p.cfg.Accept {
			within = p.cfg.Accept // it may still be starting
		}
		unwatch := context.AfterFunc(ctx, func() { w.kill(errClosed) })
		w.owner, w.fresh = j.Owner, false
		w.jobs++
		err = w.accept(j, within)
		if err == nil {
			r := &Run{
				pool: p, process: w, job: j, ctxErr: ctx.Err, unwatch: []func() bool{unwatch},
				open: map[uint64]*opened{}, stop: p.watchMemory(w),
			}
			if j.Limit > 0 {
				timer := time.AfterFunc(j.Limit, func() { w.kill(&EndedError{Reason: OutOfTime, Detail: j.Limit.String()}) })
				r.unwatch = append(r.unwatch, timer.Stop)
			}
			return r, nil
		}
		unwatch()
		failed := w.failure(err)
		w.kill(failed)
		p.drop(w)
		p.tell(j, failed)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if !waited {
			return nil, failed
		}
	}
}

// accept hands a job to the process and waits until it says that it has it: a
// process that is dying, or stopped, can still be written to.
func (w *process) accept(j Job, within time.Duration) error {
	silent := w.silent
	defer func() { w.silent = silent }()
	w.silent = within
	if err := w.send(frameJob, pair(j.Kind, j.Payload), within); err != nil {
		return err
	}
	for {
		kind, _, err := readFrame(w.frames)
		switch {
		case err != nil:
			return err
		case kind == frameAccepted:
			return nil
		case kind != frameAlive: // of the job before
			return fmt.Errorf("a frame of kind %q where a job is to be accepted", kind)
		}
	}
}

// memoryInterval is how often it is looked whether a process uses too much memory.
const memoryInterval = 50 * time.Millisecond

// watchMemory ends a process that uses more memory than it may. It is looked from
// here, where the process cannot delay it.
func (p *Pool) watchMemory(w *process) (stop func()) {
	if p.cfg.Memory <= 0 || w.pid == 0 {
		return func() {}
	}
	ended := make(chan struct{})
	p.living.Go(func() {
		ticker := time.NewTicker(memoryInterval)
		defer ticker.Stop()
		for {
			select {
			case <-ended:
				return
			case <-w.ended:
				return
			case <-ticker.C:
			}
			if memoryOf(w.pid) > p.cfg.Memory {
				w.kill(&EndedError{Reason: OutOfMemory, Limit: p.cfg.Memory})
			}
		}
	})
	return sync.OnceFunc(func() { close(ended) })
}

// Next returns the next result; io.EOF after the last. A *JobError is the handler's
// error, an *EndedError what became of its process.
func (r *Run) Next() ([]byte, error) {
	for r.end == nil {
		kind, payload, err := readFrame(r.process.frames)
		if err != nil {
			r.end = r.ended(err)
			r.pool.tell(r.job, r.end)
			break
		}
		switch kind {
		case frameResult:
			return payload, nil
		case frameAlive:
		case frameOpen, frameRead, frameClose:
			if err := r.answer(kind, payload); err != nil {
				r.end = r.ended(err)
			}
		case frameEnd:
			r.end, r.usable = io.EOF, true
		case frameFailed:
			r.end = r.failure(payload)
		case framePanicked:
			what, stack, _ := strings.Cut(string(payload), "\n")
			r.end = &EndedError{Reason: Panicked, Detail: what, Said: stack}
		default:
			r.end = &EndedError{Reason: Crashed, Detail: fmt.Sprintf("it sent a frame of kind %q", kind)}
		}
		if r.end != nil {
			r.pool.tell(r.job, r.end)
		}
	}
	return nil, r.end
}

// tell logs what became of the process of a job, with what it wrote.
func (p *Pool) tell(j Job, err error) {
	ended, ok := errors.AsType[*EndedError](err)
	if !ok || ended.Reason == Closed || p.cfg.Log == nil {
		return
	}
	p.cfg.Log.Warn("a worker's process ended with its job", "kind", j.Kind, "owner", j.Owner, "error", ended.Error(), "wrote", ended.Said)
}

func (r *Run) failure(payload []byte) error {
	text, detail, err := split(payload)
	if err != nil {
		return &EndedError{Reason: Crashed, Detail: err.Error()}
	}
	r.usable = true
	f := &JobError{Text: text, source: r.failed}
	if len(detail) > 0 {
		f.Detail = detail
	}
	return f
}

// ended says why talking to the process failed.
func (r *Run) ended(err error) error {
	if gone := r.ctxErr(); gone != nil {
		return gone
	}
	return r.process.failure(err)
}

// opened is a source that the handler has open.
type opened struct {
	body io.ReadCloser
	err  error // what its last read said
}

// chunk reads the next part. What was read before an error comes before it.
func (o *opened) chunk() ([]byte, error) {
	chunk, n := make([]byte, 1+chunkSize), 0
	for n < chunkSize && o.err == nil {
		var read int
		read, o.err = o.body.Read(chunk[1+n:])
		n += read
	}
	switch {
	case o.err == nil, n > 0:
		chunk[0] = chunkData
	case errors.Is(o.err, io.EOF):
		chunk[0] = chunkEnd
	default:
		return append([]byte{chunkError}, o.err.Error()...), o.err
	}
	return chunk[:1+n], nil
}

// answer does what the handler asks of a source.
func (r *Run) answer(kind frameKind, payload []byte) error {
	if kind == frameOpen {
		return r.openSource(string(payload))
	}
	number, size := binary.Uvarint(payload)
	source, ok := r.open[number]
	if size <= 0 || !ok {
		return errFrame
	}
	if kind == frameClose {
		delete(r.open, number)
		r.note(source.body.Close())
		return nil
	}
	chunk, err := source.chunk()
	r.note(err)
	return r.reply(chunk)
}

func (r *Run) openSource(name string) error {
	err := errors.New("there are no sources")
	if len(r.open) >= maxSources {
		err = fmt.Errorf("%d sources are open already", maxSources)
	} else if r.job.Sources != nil {
		var body io.ReadCloser
		if body, err = r.job.Sources(name); err == nil {
			r.number++
			r.open[r.number] = &opened{body: body}
			return r.reply(binary.AppendUvarint([]byte{chunkData}, r.number))
		}
	}
	r.note(err)
	return r.reply(append([]byte{chunkError}, err.Error()...))
}

func (r *Run) reply(chunk []byte) error { return r.process.send(frameChunk, chunk, r.pool.cfg.Silent) }

// note keeps the first error of a source.
func (r *Run) note(err error) {
	if r.failed == nil {
		r.failed = err
	}
}

// Discard lets the process end with the job, as one that should not do another.
func (r *Run) Discard() { r.discard = true }

// Close ends the job when it still runs, and lets go of all that it had. It may be
// called twice.
func (r *Run) Close() error {
	if r.closed {
		return nil
	}
	r.closed = true
	if r.end == nil {
		r.end = errors.New("the job was closed")
	}
	var errs []error
	for _, source := range r.open {
		errs = append(errs, source.body.Close())
	}
	for _, unwatch := range r.unwatch {
		r.usable = unwatch() && r.usable
	}
	r.stop()
	defer r.leave()
	if r.usable && !r.discard {
		r.pool.mu.Lock()
		defer r.pool.mu.Unlock()
		r.pool.rest(r.process)
		return errors.Join(errs...)
	}
	r.process.kill(errClosed)
	r.pool.drop(r.process)
	return errors.Join(errs...)
}
