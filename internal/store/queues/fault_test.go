package queues_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/queues"
)

// faulty is a file system whose operations fail when a test says so.
type faulty struct {
	*errorfs.FS
	memory *vfs.MemFS

	mu    sync.Mutex
	fault func(op errorfs.Op) error // nil for none
}

func newFaulty() *faulty {
	f := &faulty{memory: vfs.NewCrashableMem()}
	f.FS = errorfs.Wrap(f.memory, errorfs.InjectorFunc(func(op errorfs.Op) error {
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.fault != nil {
			return f.fault(op)
		}
		return nil
	}))
	return f
}

func (f *faulty) set(fault func(errorfs.Op) error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fault = fault
}

// failing returns an error for writes to files that have text in their path.
func failing(text string, err error) func(errorfs.Op) error {
	return func(op errorfs.Op) error {
		if op.Kind.ReadOrWrite() == errorfs.OpIsWrite && op.Kind != errorfs.OpRemove && strings.Contains(op.Path, text) {
			return err
		}
		return nil
	}
}

// Whatever call of the system fails, once or from then on: who changes something gets an
// error, and what others were told is so after the next start.
func TestEveryCallFails(t *testing.T) {
	stride := 5
	if testing.Short() {
		stride = 61
	}
	for _, forever := range []bool{false, true} {
		t.Run(fmt.Sprintf("forever %v", forever), func(t *testing.T) {
			for n := 1; ; n += stride {
				if !failAt(t, n, forever) {
					if n < 200 {
						t.Errorf("only %d calls", n)
					}
					break
				}
				if t.Failed() {
					t.Fatalf("call %d", n)
				}
			}
		})
	}
}

// failAt has the n-th call fail, and reports whether there was one.
func failAt(t *testing.T, n int, forever bool) bool {
	t.Helper()
	fsys := newFaulty()
	calls, injected := 0, false
	fsys.set(func(errorfs.Op) error {
		if calls++; calls == n || calls > n && forever {
			injected = true
			return syscall.EIO
		}
		return nil
	})
	w := &walker{t: t, rng: rand.New(rand.NewPCG(5, 5)), model: newModel(), fsys: fsys}
	before := w.model
	s, err := queues.Open(t.Context(), "queues", w.config(), all())
	if err == nil {
		w.store = s
		for range 150 {
			after, err := w.step()
			if err != nil {
				before, w.model = w.model, after
				break
			}
			before, w.model = after, after
		}
		_ = s.Close() // it may fail as well
	}
	fsys.set(nil)
	for _, image := range []vfs.FS{fsys.memory.CrashClone(vfs.CrashCloneCfg{}), fsys.memory} {
		w.fsys = image
		s, err := queues.Open(t.Context(), "queues", w.config(), all())
		if err != nil {
			t.Errorf("after a failure: %v", err)
			return injected
		}
		if diff := difference(t, s, before); diff != "" {
			if again := difference(t, s, w.model); again != "" {
				t.Errorf("after a failure: %s\n%s", diff, again)
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	return injected
}

// told is a log whose reader waits for lines.
type told chan string

func (l told) Write(data []byte) (int, error) {
	select {
	case l <- string(data):
	default:
	}
	return len(data), nil
}

// await waits for a line that has text in it.
func (l told) await(t *testing.T, text string) {
	t.Helper()
	for {
		select {
		case line := <-l:
			if strings.Contains(line, text) {
				return
			}
		case <-t.Context().Done():
			t.Fatal("the store did not say " + text)
		}
	}
}

func openFaulty(t *testing.T) (*queues.Store, *faulty, told) {
	t.Helper()
	fsys, log := newFaulty(), make(told, 1000)
	cfg := queues.Small(newClock().config())
	cfg.Log, cfg.FS = slog.New(slog.NewTextHandler(log, nil)), fsys
	return open(t, "queues", cfg), fsys, log
}

func wantUnavailable(t *testing.T, what string, err error) {
	t.Helper()
	if err == nil || cloud.KindOf(err) != cloud.Unavailable {
		t.Errorf("%s: %v, want an error of kind unavailable", what, err)
	}
}

// A message that there is no room for waits for it, and others are refused at once. Nothing
// is lost, and nobody has to start anything again.
func TestFullDisk(t *testing.T) {
	for _, cause := range []error{syscall.ENOSPC, syscall.EDQUOT} {
		t.Run(cause.Error(), func(t *testing.T) {
			s, fsys, log := openFaulty(t)
			send(t, s, plain, message("a"))
			fsys.set(failing(".log", cause))
			waiting := make(chan error)
			go func() {
				_, err := s.Send(context.WithoutCancel(t.Context()), plain, []queues.Message{message("b")})
				waiting <- err
			}()
			log.await(t, "changes are refused")
			_, err := s.Send(t.Context(), plain, []queues.Message{message("c")})
			wantUnavailable(t, "Send", err)
			_, err = s.Receive(t.Context(), plain, want(10))
			wantUnavailable(t, "Receive", err)
			_, err = s.Delete(t.Context(), plain, []string{"x"})
			wantUnavailable(t, "Delete", err)
			wantUnavailable(t, "Err", s.Err())
			fsys.set(nil)
			if err := <-waiting; err != nil {
				t.Errorf("the message that waited for room: %v", err)
			}
			log.await(t, "can be written again")
			send(t, s, plain, message("d"))
			wantWords(t, "what there is", "[a:1 b:1 d:1]", words(receive(t, s, plain, want(10))))
		})
	}
}

// A store may be closed while it waits for room.
func TestCloseOnFullDisk(t *testing.T) {
	s, fsys, log := openFaulty(t)
	send(t, s, plain, message("a"))
	fsys.set(failing(".log", syscall.ENOSPC))
	waiting := make(chan error)
	go func() {
		_, err := s.Send(context.WithoutCancel(t.Context()), plain, []queues.Message{message("b")})
		waiting <- err
	}()
	log.await(t, "changes are refused")
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	wantUnavailable(t, "Send", <-waiting)
	_, err := s.Send(t.Context(), plain, []queues.Message{message("c")})
	wantUnavailable(t, "Send to a store that is closed", err)
	fsys.set(nil)
	cfg := newClock().config()
	cfg.FS = fsys.memory.CrashClone(vfs.CrashCloneCfg{})
	wantWords(t, "what there is", "[a:1]", words(receive(t, open(t, "queues", cfg), plain, want(10))))
}

// A sync that fails is an error to those who wait for it, and nothing is taken after it.
func TestFailedSync(t *testing.T) {
	s, fsys, _ := openFaulty(t)
	send(t, s, plain, message("a"))
	fsys.set(func(op errorfs.Op) error {
		if op.Kind == errorfs.OpFileSync || op.Kind == errorfs.OpFileSyncData || op.Kind == errorfs.OpFileSyncTo {
			return syscall.EIO
		}
		return nil
	})
	_, err := s.Send(t.Context(), plain, []queues.Message{message("b")})
	wantUnavailable(t, "Send", err)
	fsys.set(nil)
	_, err = s.Receive(t.Context(), plain, want(1))
	wantUnavailable(t, "Receive", err)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	cfg := newClock().config()
	cfg.FS = fsys.memory.CrashClone(vfs.CrashCloneCfg{})
	wantWords(t, "what there is", "[a:1]", words(receive(t, open(t, "queues", cfg), plain, want(10))))
}
