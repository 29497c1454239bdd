package duckdb

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"sync"

	"github.com/sillok/sillok/internal/engine/duckdb/native"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// executor runs a job; the rows come out of the source until io.EOF.
type executor interface {
	start(ctx context.Context, j job) (source, error)
	close() error
}

// source is the rows of one running job.
type source interface {
	next() (batch, error) // io.EOF after the last
	// close ends the job when it still runs. It may be called twice.
	close() error
}

// pool keeps worker processes and gives each job one of its own.
type pool struct {
	command []string
	slots   chan struct{} // one for each worker that may run

	mu     sync.Mutex
	idle   []*process
	closed bool
}

func newPool(command []string, size int) *pool {
	return &pool{command: command, slots: make(chan struct{}, size)}
}

// process is a running worker.
type process struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func (p *pool) launch() (*process, error) {
	// The worker outlives the query that started it, so no context ends it.
	cmd := exec.Command(p.command[0], p.command[1:]...) //nolint:gosec,noctx // the program itself; killed by stop
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start a worker: %w", err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start a worker: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start a worker: %w", err)
	}
	return &process{cmd: cmd, in: in, out: bufio.NewReaderSize(out, 1<<16)}, nil
}

// stop kills the process and waits for its end, which it returns.
func (w *process) stop() error {
	killed := w.cmd.Process.Kill()
	ended := w.cmd.Wait()
	if ended == nil {
		return killed
	}
	return ended
}

// take returns an idle worker, or a new one and that it is new.
func (p *pool) take() (w *process, fresh bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, false, errors.New("the engine is closed")
	}
	if n := len(p.idle); n > 0 {
		w := p.idle[n-1]
		p.idle = p.idle[:n-1]
		return w, false, nil
	}
	w, err = p.launch()
	return w, true, err
}

func (p *pool) giveBack(w *process) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return ignoreKill(w.stop())
	}
	p.idle = append(p.idle, w)
	return nil
}

// warm starts a worker ahead of the first query.
func (p *pool) warm() error {
	w, _, err := p.take()
	if err != nil {
		return err
	}
	return p.giveBack(w)
}

func (p *pool) start(ctx context.Context, j job) (source, error) {
	payload, err := encode(j)
	if err != nil {
		return nil, fmt.Errorf("encode the query: %w", err)
	}
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	w, err := p.send(payload)
	if err != nil {
		<-p.slots
		return nil, err
	}
	s := &remote{pool: p, process: w, ctxDone: ctx.Done(), ctxErr: ctx.Err}
	s.unwatch = context.AfterFunc(ctx, s.kill)
	return s, nil
}

// accept hands the job to the worker and waits until it has it: a process that is
// dying can still be written to.
func (w *process) accept(payload []byte) error {
	if err := writeFrame(w.in, frameJob, payload); err != nil {
		return err
	}
	kind, _, err := readFrame(w.out)
	if err == nil && kind != frameAccepted {
		err = fmt.Errorf("a frame of kind %q where a job is to be accepted", kind)
	}
	return err
}

// send hands the job to a worker. One that waited may have died meanwhile: then
// the next is asked, and at last a new one.
func (p *pool) send(payload []byte) (*process, error) {
	for {
		w, fresh, err := p.take()
		if err != nil {
			return nil, err
		}
		if err = w.accept(payload); err == nil {
			return w, nil
		}
		ended := w.stop()
		if fresh {
			return nil, workerEnded(err, ended)
		}
	}
}

func (p *pool) close() error {
	p.mu.Lock()
	idle := p.idle
	p.idle, p.closed = nil, true
	p.mu.Unlock()
	var errs []error
	for _, w := range idle {
		errs = append(errs, ignoreKill(w.stop()))
	}
	return errors.Join(errs...)
}

// ignoreKill drops the news that a process ended because it was killed.
func ignoreKill(err error) error {
	if _, ok := errors.AsType[*exec.ExitError](err); ok {
		return nil
	}
	return err
}

// remote is a job in a worker.
type remote struct {
	pool    *pool
	process *process
	ctxDone <-chan struct{}
	ctxErr  func() error
	unwatch func() bool

	once  sync.Once
	done  bool // the worker has answered all
	spent bool // it ran out of memory, and may never have all of it again
}

// kill ends the worker at once; reading from it then fails.
func (s *remote) kill() { _ = s.process.cmd.Process.Kill() } // it may have ended by itself

func (s *remote) next() (batch, error) {
	if s.done {
		return batch{}, io.EOF
	}
	kind, payload, err := readFrame(s.process.out)
	if err != nil {
		return batch{}, s.died(err)
	}
	switch kind {
	case frameRows:
		return decodeBatch(payload)
	case frameEnd:
		s.done = true
		return batch{}, io.EOF
	case frameError:
		s.done = true
		name, message := splitError(payload)
		s.spent = name == native.OutOfMemory
		if name == "" {
			return batch{}, errors.New(message)
		}
		return batch{}, sqlerr.New(name, "%s", message)
	default:
		return batch{}, fmt.Errorf("a frame of kind %q from a worker", kind)
	}
}

// died says why a worker no longer answers.
func (s *remote) died(err error) error {
	select {
	case <-s.ctxDone:
		return s.ctxErr()
	default:
	}
	return workerEnded(err, s.process.stop())
}

// workerEnded is the failure of a query whose worker ended with it.
func workerEnded(err, ended error) error {
	return sqlerr.New("GENERIC_INTERNAL_ERROR",
		"The query engine's process ended while it ran this query (%v, %v); the query may need more memory than there is", err, ended)
}

func (s *remote) close() error {
	var err error
	s.once.Do(func() {
		defer func() { <-s.pool.slots }()
		if s.unwatch() && s.done && !s.spent {
			err = s.pool.giveBack(s.process)
			return
		}
		s.kill()
		_ = s.process.stop() // it was killed
	})
	return err
}
