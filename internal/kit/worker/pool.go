package worker

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"sync"
	"time"
)

// Config is how a Pool works. Every field but one of the first two may be zero.
type Config struct {
	// Command starts this program as a process that calls Serve, such as
	// {"/usr/bin/sillok", "engine-worker"}.
	Command []string
	// Here returns the handlers for one goroutine of this process, and what frees
	// what they hold. It is used where there is no Command: nothing is limited then, and
	// a job ends when its handler looks at its context.
	Here func() (handlers map[string]Handler, free func())

	Lanes  map[string]int // how many jobs of each lane run at once; others wait
	Memory int64          // bytes that a process may use; 0 is no limit

	Ended func(pid int) // is told of each process that has ended; may be nil
	Log   *slog.Logger  // is told of each job whose process ended with it; may be nil

	MaxJobs int           // a process ends after so many; 0 is 500
	MaxAge  time.Duration // and when it is so old and has nothing to do; 0 is half an hour
	Kept    int64         // and when it keeps more bytes of memory than this after a job; 0 is a quarter of Memory, or 512 MiB where that is less

	Accept time.Duration // how long a new process may take to accept its first job; 0 is 20 s
	Answer time.Duration // how long one that has worked already may take to accept a job; 0 is 2 s
	Silent time.Duration // how long a process that works may give no sign of life; 0 is 10 s
}

func (c *Config) fill() {
	or := func(d *time.Duration, value time.Duration) {
		if *d <= 0 {
			*d = value
		}
	}
	or(&c.MaxAge, 30*time.Minute)
	or(&c.Accept, 20*time.Second)
	or(&c.Answer, 2*time.Second)
	or(&c.Silent, 10*time.Second)
	if c.MaxJobs <= 0 {
		c.MaxJobs = 500
	}
	if c.Kept <= 0 {
		c.Kept = min(c.Memory/4, mostKept)
	}
}

// mostKept is how much memory a process keeps between jobs, where nobody says.
const mostKept = 512 << 20

// Pool keeps processes and gives each job one to itself. It is safe for
// concurrent use.
type Pool struct {
	cfg   Config
	size  int
	lanes map[string]chan struct{}
	// Processes are started from one thread that stays: the kernel ends them with
	// the thread that started them.
	starts  chan chan<- started
	closing chan struct{}

	mu     sync.Mutex
	idle   []*process        // the one that has been so for the longest time first
	busy   map[*process]bool // with a job
	closed bool
	living sync.WaitGroup // processes, and the thread that starts them
}

type started struct {
	process *process
	err     error
}

// Open returns a pool with one process that waits for its first job. The caller
// must call Close.
func Open(cfg Config) (*Pool, error) {
	cfg.fill()
	p := &Pool{
		cfg: cfg, lanes: map[string]chan struct{}{}, busy: map[*process]bool{},
		starts: make(chan chan<- started), closing: make(chan struct{}),
	}
	for lane, slots := range cfg.Lanes {
		p.lanes[lane] = make(chan struct{}, slots)
		p.size += slots
	}
	p.living.Go(p.start)
	w, err := p.launch()
	if err != nil {
		return nil, errors.Join(err, p.Close())
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rest(w)
	return p, nil
}

// start starts processes until the pool closes.
func (p *Pool) start() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	sweep := time.NewTicker(p.cfg.MaxAge)
	defer sweep.Stop()
	for {
		select {
		case <-p.closing:
			return
		case <-sweep.C:
			p.sweep()
		case to := <-p.starts:
			var s started
			if len(p.cfg.Command) == 0 {
				s.process = launchHere(p.cfg.Here)
			} else {
				s.process, s.err = launch(p.cfg.Command)
			}
			if s.err == nil {
				p.living.Go(func() { p.bury(s.process) })
			}
			to <- s
		}
	}
}

// bury waits for a process to end and tells of it.
func (p *Pool) bury(w *process) {
	<-w.ended
	if p.cfg.Ended != nil && w.pid > 0 {
		p.cfg.Ended(w.pid)
	}
}

// sweep ends the processes that have worked, have nothing to do and are old.
func (p *Pool) sweep() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.idle = slices.DeleteFunc(p.idle, func(w *process) bool {
		old := !w.fresh && time.Since(w.born) >= p.cfg.MaxAge
		if old {
			w.kill(errClosed)
		}
		return old
	})
}

var errClosed = &EndedError{Reason: Closed}

// launch returns a new process.
func (p *Pool) launch() (*process, error) {
	to := make(chan started, 1)
	select {
	case p.starts <- to:
	case <-p.closing:
		return nil, errClosed
	}
	s := <-to
	if s.err != nil {
		return nil, fmt.Errorf("start a worker process: %w", s.err)
	}
	w := s.process
	w.fresh, w.born, w.silent = true, time.Now(), p.cfg.Silent
	w.frames = bufio.NewReaderSize(w, 64<<10)
	if err := w.introduce(settings{Memory: p.cfg.Memory, Alive: p.cfg.Silent / 5}, p.cfg.Accept); err != nil {
		failed := w.failure(err)
		w.kill(failed)
		return nil, failed
	}
	return w, nil
}

// take returns a process for a job of owner: one that waited, which has worked for
// the same or for nobody, or a new one.
func (p *Pool) take(owner string) (w *process, waited bool, err error) {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil, false, errClosed
	}
	at := -1
	for i := len(p.idle) - 1; i >= 0 && at < 0; i-- {
		if !p.idle[i].fresh && p.idle[i].owner == owner {
			at = i
		}
	}
	if at < 0 {
		at = slices.IndexFunc(p.idle, func(w *process) bool { return w.fresh })
	}
	if at >= 0 {
		w = p.idle[at]
		p.idle = slices.Delete(p.idle, at, at+1)
		p.busy[w] = true
		p.mu.Unlock()
		return w, true, nil
	}
	if len(p.idle)+len(p.busy) >= p.size {
		p.endOldest()
	}
	p.mu.Unlock()
	if w, err = p.launch(); err != nil {
		return nil, false, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		w.kill(errClosed)
		return nil, false, errClosed
	}
	p.busy[w] = true
	return w, false, nil
}

// endOldest ends the process that has had nothing to do for the longest time. p.mu is held.
func (p *Pool) endOldest() {
	if len(p.idle) > 0 {
		p.idle[0].kill(errClosed)
		p.idle = p.idle[1:]
	}
}

// rest keeps a process for the next job, unless it has lived long enough. p.mu is held.
func (p *Pool) rest(w *process) {
	delete(p.busy, w)
	old := w.jobs >= p.cfg.MaxJobs || time.Since(w.born) >= p.cfg.MaxAge
	if p.closed || old || p.cfg.Kept > 0 && w.pid > 0 && memoryOf(w.pid) > p.cfg.Kept {
		w.kill(errClosed)
		return
	}
	p.idle = append(p.idle, w)
	if len(p.idle)+len(p.busy) > max(p.size, 1) {
		p.endOldest()
	}
}

// drop forgets a process that has ended, or is about to.
func (p *Pool) drop(w *process) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.busy, w)
}

// Close ends all processes and returns when they have ended. Jobs that run fail
// with an EndedError. It may be called twice.
func (p *Pool) Close() error {
	p.mu.Lock()
	if !p.closed {
		p.closed = true
		close(p.closing)
	}
	for w := range p.busy {
		w.kill(errClosed)
	}
	for _, w := range p.idle {
		w.kill(errClosed)
	}
	p.idle = nil
	p.mu.Unlock()
	p.living.Wait()
	return nil
}

// enter waits for a slot of a lane; leave must be called.
func (p *Pool) enter(ctx context.Context, lane string) (leave func(), err error) {
	slots, ok := p.lanes[lane]
	if !ok {
		return nil, fmt.Errorf("the pool of workers has no lane %q", lane)
	}
	select {
	case slots <- struct{}{}:
		return sync.OnceFunc(func() { <-slots }), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-p.closing:
		return nil, errClosed
	}
}
