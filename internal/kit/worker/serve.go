package worker

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"sync"
	"time"

	"github.com/sillok/sillok/internal/kit/life"
)

// Handler does a kind of work in a process, one job at a time. Its context ends
// when whoever asked is gone. It must not use c once it has returned.
type Handler func(ctx context.Context, payload []byte, c *Conn) error

// settings are what a pool tells a process before its first job.
type settings struct {
	Memory int64         // bytes that the process may use; 0 is no limit
	Alive  time.Duration // it shows that it lives at least this often while it works
}

// Serve runs the jobs that come in over in and answers over out, one after
// another, until in is closed, which is how a process ends well; a job that runs
// then is told to stop. It is what the program does when it is started as a
// worker, and sets limits for the whole process.
func Serve(ctx context.Context, in io.Reader, out io.Writer, handlers map[string]Handler) error {
	return serve(ctx, in, out, handlers, limitProcess)
}

// garbage is how much garbage there may be, in percent of what is in use, as long as
// there is memory: a job makes much that it needs for a moment, and keeps little.
const garbage = 400

// limitProcess makes the process one that the kernel ends first when memory runs
// out, and has it collect its garbage seldom as long as there is memory.
func limitProcess(s settings) {
	endFirst()
	if s.Memory > 0 {
		debug.SetGCPercent(garbage)
		debug.SetMemoryLimit(s.Memory / 2)
		limitData(s.Memory)
	}
}

func serve(ctx context.Context, in io.Reader, out io.Writer, handlers map[string]Handler, limit func(settings)) error {
	input := bufio.NewReaderSize(in, 64<<10)
	kind, payload, err := readFrame(input)
	if errors.Is(err, io.EOF) {
		return nil
	}
	var s settings
	if err == nil && kind != frameSettings {
		err = fmt.Errorf("a frame of kind %q where settings belong", kind)
	}
	if err == nil {
		err = json.Unmarshal(payload, &s)
	}
	if err != nil {
		return fmt.Errorf("read the settings: %w", err)
	}
	limit(s)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	c := &Conn{done: ctx.Done(), chunks: make(chan []byte), out: bufio.NewWriterSize(out, 64<<10)}
	jobs := make(chan []byte)
	go func() {
		defer close(jobs)
		cancel(c.receive(ctx, input, jobs))
	}()
	for payload := range jobs {
		if err := c.job(ctx, payload, handlers, s.Alive); err != nil {
			return err
		}
	}
	if err := context.Cause(ctx); !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

// receive hands on what comes in until that ends, which is io.EOF.
func (c *Conn) receive(ctx context.Context, input io.Reader, jobs chan<- []byte) error {
	for {
		kind, payload, err := readFrame(input)
		if err != nil {
			return err
		}
		var to chan<- []byte
		switch kind {
		case frameJob:
			to = jobs
		case frameChunk:
			to = c.chunks
		default:
			return fmt.Errorf("a frame of kind %q where a job belongs", kind)
		}
		select {
		case to <- payload:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// job runs one job. The error is one of the pipe; the job's own goes into it.
func (c *Conn) job(ctx context.Context, data []byte, handlers map[string]Handler, alive time.Duration) error {
	kind, payload, err := split(data)
	if err != nil {
		return err
	}
	if err := c.write(frameAccepted, nil); err != nil {
		return fmt.Errorf("accept a job: %w", err)
	}
	stop := c.showLife(alive)
	err = life.Catch(func() error {
		handler, ok := handlers[kind]
		if !ok {
			return fmt.Errorf("no worker does work of the kind %q", kind)
		}
		return handler(ctx, payload, c)
	})
	stop()
	if panicked, ok := errors.AsType[*life.PanicError](err); ok {
		return c.write(framePanicked, []byte(panicked.Error()+"\n"+string(panicked.Stack)))
	}
	if err != nil {
		f := failureOf(err)
		return c.write(frameFailed, pair(f.Text, f.Detail))
	}
	return c.write(frameEnd, nil)
}

// showLife sends a sign of life at every interval until the returned function is called.
func (c *Conn) showLife(interval time.Duration) (stop func()) {
	if interval <= 0 {
		return func() {}
	}
	ended := make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		ticker := time.NewTicker(interval)
		defer ticker.Stop()
		for {
			select {
			case <-ended:
				return
			case <-ticker.C:
			}
			if c.write(frameAlive, nil) != nil {
				return // the job's own answer fails in the same way
			}
		}
	})
	return func() {
		close(ended)
		all.Wait()
	}
}
