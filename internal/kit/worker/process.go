package worker

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// process is what jobs run in.
type process struct {
	pid int // 0 for one that is a goroutine
	in  interface {
		io.WriteCloser
		SetWriteDeadline(t time.Time) error
	}
	out interface {
		io.ReadCloser
		SetReadDeadline(t time.Time) error
	}
	frames *bufio.Reader // over out, with a deadline for each read
	signal func()        // ends it at once; it may have ended by itself
	ended  chan struct{} // closed when it has
	state  func() string // how it ended, once it has
	log    *said         // what it wrote to its standard error

	owner  string
	fresh  bool // no job has been handed to it
	jobs   int
	born   time.Time
	silent time.Duration

	killed atomic.Pointer[EndedError] // why it was told to end
}

// kill ends the process, for the reason of the first call.
func (w *process) kill(why *EndedError) {
	w.killed.CompareAndSwap(nil, why)
	w.signal()
	_ = w.in.Close()  // nobody waits for a process that is stopped
	_ = w.out.Close() // the same
}

// Read reads from the process, which must give a sign of life in time.
func (w *process) Read(p []byte) (int, error) {
	within := w.silent
	if w.hasEnded() {
		within = pipeTime
	}
	if err := w.out.SetReadDeadline(time.Now().Add(within)); err != nil {
		return 0, err
	}
	return w.out.Read(p)
}

func (w *process) hasEnded() bool {
	select {
	case <-w.ended:
		return true
	default:
		return false
	}
}

// pipeTime is how long the pipes of a process that has ended are still read: a
// child of it may hold them open.
const pipeTime = 100 * time.Millisecond

// send writes a frame to the process, which must take it in time.
func (w *process) send(kind frameKind, payload []byte, within time.Duration) error {
	if err := w.in.SetWriteDeadline(time.Now().Add(within)); err != nil {
		return err
	}
	return writeFrame(w.in, kind, payload)
}

// reapTime is how long an end that is certain may take to be known.
const reapTime = 2 * time.Second

// failure returns why the process no longer answers, when err came of talking to it.
func (w *process) failure(err error) *EndedError {
	switch {
	case w.hasEnded():
	case errors.Is(err, os.ErrDeadlineExceeded):
		w.kill(&EndedError{Reason: Silent})
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.EPIPE), errors.Is(err, os.ErrClosed):
		timer := time.NewTimer(reapTime)
		defer timer.Stop()
		select {
		case <-w.ended:
		case <-timer.C: // it closed its pipes and lives on
			w.kill(&EndedError{Reason: Crashed, Detail: err.Error()})
		}
	default: // it speaks another language
		w.kill(&EndedError{Reason: Crashed, Detail: err.Error()})
	}
	if why := w.killed.Load(); why != nil {
		return why
	}
	text := w.log.String()
	for _, words := range []string{"out of memory", "cannot allocate memory", "failed to allocate"} {
		if !strings.Contains(text, words) {
			continue
		}
		return &EndedError{Reason: OutOfMemory, Said: text}
	}
	detail := w.state()
	if first, _, _ := strings.Cut(strings.TrimSpace(text), "\n"); first != "" {
		detail += ": " + first
	}
	return &EndedError{Reason: Crashed, Detail: detail, Said: text}
}

// launch starts the program as a process.
func launch(command []string) (*process, error) {
	cmd := exec.Command(command[0], command[1:]...) //nolint:gosec,noctx // the program itself; it outlives the job that starts it
	childIn, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	out, childOut, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, childIn.Close(), in.Close())
	}
	stderr := &said{}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = childIn, childOut, stderr
	cmd.WaitDelay = pipeTime
	endWithParent(cmd)
	err = errors.Join(cmd.Start(), childIn.Close(), childOut.Close())
	if err != nil {
		return nil, errors.Join(err, in.Close(), out.Close())
	}
	w := &process{pid: cmd.Process.Pid, in: in, out: out, log: stderr, ended: make(chan struct{})}
	w.signal = func() { _ = cmd.Process.Kill() }
	w.state = func() string { return cmd.ProcessState.String() }
	go func() {
		_ = cmd.Wait() // state tells
		close(w.ended)
		_ = out.SetReadDeadline(time.Now().Add(pipeTime)) // or it is closed already
	}()
	return w, nil
}

// launchHere starts a goroutine of this process in the place of one.
func launchHere(table func() (handlers map[string]Handler, free func())) *process {
	theirIn, in := net.Pipe()
	theirOut, out := net.Pipe()
	ctx, cancel := context.WithCancel(context.Background())
	w := &process{in: in, out: out, log: &said{}, ended: make(chan struct{}), signal: cancel}
	var failed error
	w.state = func() string { return fmt.Sprint(failed) }
	go func() {
		defer close(w.ended)
		handlers, free := table()
		defer free()
		failed = serve(ctx, theirIn, theirOut, handlers, func(settings) {})
		_ = theirIn.Close()  // a pipe in memory
		_ = theirOut.Close() // the same
	}()
	return w
}

// introduce tells a process that is new how it is to live.
func (w *process) introduce(s settings, within time.Duration) error {
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return w.send(frameSettings, text, within)
}

// said keeps the first bytes that are written to it.
type said struct {
	mu   sync.Mutex
	text bytes.Buffer
}

const saidSize = 16 << 10

// Write keeps what there is room for: a crash names itself in its first line, and
// is followed by a stack for each goroutine.
func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text.Write(p[:min(len(p), max(0, saidSize-s.text.Len()))])
	return len(p), nil
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}
