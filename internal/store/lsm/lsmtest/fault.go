// Package lsmtest has what the tests of stores on Pebble share: a file system that fails when
// it is told to, a log that can be waited for, and files whose bits flip.
package lsmtest

import (
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/sillok/sillok/internal/cloud"
)

// Faulty is a file system in memory whose operations fail when a test says so.
type Faulty struct {
	*errorfs.FS

	Memory *vfs.MemFS // what is there; its CrashClone is what a power cut leaves

	mu    sync.Mutex
	fault func(op errorfs.Op) error // nil for none
}

// NewFaulty returns an empty file system that does not fail yet.
func NewFaulty() *Faulty {
	f := &Faulty{Memory: vfs.NewCrashableMem()}
	f.FS = errorfs.Wrap(f.Memory, errorfs.InjectorFunc(func(op errorfs.Op) error {
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.fault != nil {
			return f.fault(op)
		}
		return nil
	}))
	return f
}

// Set has fault say of each operation from now on whether it fails; nil is for none does.
// One is asked at a time.
func (f *Faulty) Set(fault func(errorfs.Op) error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fault = fault
}

// Nth returns a fault for the n-th operation, and all behind it where it is for ever. It
// notes in injected that there was one.
func Nth(n int, forever bool, injected *bool) func(errorfs.Op) error {
	calls := 0
	return func(errorfs.Op) error {
		if calls++; calls == n || calls > n && forever {
			*injected = true
			return syscall.EIO
		}
		return nil
	}
}

// Failing returns a fault for writes to files that have text in their path.
func Failing(text string, err error) func(errorfs.Op) error {
	return func(op errorfs.Op) error {
		if op.Kind.ReadOrWrite() == errorfs.OpIsWrite && op.Kind != errorfs.OpRemove && strings.Contains(op.Path, text) {
			return err
		}
		return nil
	}
}

// EveryCall has failAt fail each stride-th call of the system, once and from then on, until
// it reports that there is no such call, which is wrong for one of the first least.
func EveryCall(t *testing.T, stride, least int, failAt func(t *testing.T, n int, forever bool) (injected bool)) {
	t.Helper()
	for name, forever := range map[string]bool{"once": false, "from then on": true} {
		t.Run(name, func(t *testing.T) {
			for n := 1; ; n += stride {
				if !failAt(t, n, forever) {
					if n < least {
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

// WantUnavailable fails the test unless an error is of kind Unavailable.
func WantUnavailable(tb testing.TB, what string, err error) {
	tb.Helper()
	if err == nil || cloud.KindOf(err) != cloud.Unavailable {
		tb.Errorf("%s: %v, want an error of kind unavailable", what, err)
	}
}

// Told is a log whose reader waits for lines: make(Told, 1000).
type Told chan string

// Write implements io.Writer. What there is no room for is dropped.
func (l Told) Write(data []byte) (int, error) {
	select {
	case l <- string(data):
	default:
	}
	return len(data), nil
}

// Await waits for a line that has text in it.
func (l Told) Await(tb testing.TB, text string) {
	tb.Helper()
	for {
		select {
		case line := <-l:
			if strings.Contains(line, text) {
				return
			}
		case <-tb.Context().Done():
			tb.Fatal("the store did not say " + text)
		}
	}
}
