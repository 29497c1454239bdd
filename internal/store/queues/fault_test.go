package queues_test

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/sillok/sillok/internal/store/lsm/lsmtest"
	"github.com/sillok/sillok/internal/store/queues"
)

// Whatever call of the system fails, once or from then on: who changes something gets an
// error, and what others were told is so after the next start.
func TestEveryCallFails(t *testing.T) {
	stride := 5
	if testing.Short() {
		stride = 61
	}
	lsmtest.EveryCall(t, stride, 200, failAt)
}

// failAt has the n-th call fail, and reports whether there was one.
func failAt(t *testing.T, n int, forever bool) bool {
	t.Helper()
	fsys, injected := lsmtest.NewFaulty(), false
	fsys.Set(lsmtest.Nth(n, forever, &injected))
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
	fsys.Set(nil)
	for _, image := range []vfs.FS{fsys.Memory.CrashClone(vfs.CrashCloneCfg{}), fsys.Memory} {
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

func openFaulty(t *testing.T) (*queues.Store, *lsmtest.Faulty, lsmtest.Told) {
	t.Helper()
	fsys, log := lsmtest.NewFaulty(), make(lsmtest.Told, 1000)
	cfg := queues.Small(newClock().config())
	cfg.Log, cfg.FS = slog.New(slog.NewTextHandler(log, nil)), fsys
	return open(t, "queues", cfg), fsys, log
}

// A message that there is no room for waits for it, and others are refused at once. Nothing
// is lost, and nobody has to start anything again.
func TestFullDisk(t *testing.T) {
	for _, cause := range []error{syscall.ENOSPC, syscall.EDQUOT} {
		t.Run(cause.Error(), func(t *testing.T) {
			s, fsys, log := openFaulty(t)
			send(t, s, plain, message("a"))
			fsys.Set(lsmtest.Failing(".log", cause))
			waiting := make(chan error)
			go func() {
				_, err := s.Send(context.WithoutCancel(t.Context()), plain, []queues.Message{message("b")})
				waiting <- err
			}()
			log.Await(t, "changes are refused")
			_, err := s.Send(t.Context(), plain, []queues.Message{message("c")})
			lsmtest.WantUnavailable(t, "Send", err)
			_, err = s.Receive(t.Context(), plain, want(10))
			lsmtest.WantUnavailable(t, "Receive", err)
			_, err = s.Delete(t.Context(), plain, []string{"x"})
			lsmtest.WantUnavailable(t, "Delete", err)
			lsmtest.WantUnavailable(t, "Err", s.Err())
			fsys.Set(nil)
			if err := <-waiting; err != nil {
				t.Errorf("the message that waited for room: %v", err)
			}
			log.Await(t, "can be written again")
			send(t, s, plain, message("d"))
			wantWords(t, "what there is", "[a:1 b:1 d:1]", words(receive(t, s, plain, want(10))))
		})
	}
}

// A store may be closed while it waits for room.
func TestCloseOnFullDisk(t *testing.T) {
	s, fsys, log := openFaulty(t)
	send(t, s, plain, message("a"))
	fsys.Set(lsmtest.Failing(".log", syscall.ENOSPC))
	waiting := make(chan error)
	go func() {
		_, err := s.Send(context.WithoutCancel(t.Context()), plain, []queues.Message{message("b")})
		waiting <- err
	}()
	log.Await(t, "changes are refused")
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	lsmtest.WantUnavailable(t, "Send", <-waiting)
	_, err := s.Send(t.Context(), plain, []queues.Message{message("c")})
	lsmtest.WantUnavailable(t, "Send to a store that is closed", err)
	fsys.Set(nil)
	cfg := newClock().config()
	cfg.FS = fsys.Memory.CrashClone(vfs.CrashCloneCfg{})
	wantWords(t, "what there is", "[a:1]", words(receive(t, open(t, "queues", cfg), plain, want(10))))
}

// A sync that fails is an error to those who wait for it, and nothing is taken after it.
func TestFailedSync(t *testing.T) {
	s, fsys, _ := openFaulty(t)
	send(t, s, plain, message("a"))
	fsys.Set(func(op errorfs.Op) error {
		if op.Kind == errorfs.OpFileSync || op.Kind == errorfs.OpFileSyncData || op.Kind == errorfs.OpFileSyncTo {
			return syscall.EIO
		}
		return nil
	})
	_, err := s.Send(t.Context(), plain, []queues.Message{message("b")})
	lsmtest.WantUnavailable(t, "Send", err)
	fsys.Set(nil)
	_, err = s.Receive(t.Context(), plain, want(1))
	lsmtest.WantUnavailable(t, "Receive", err)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	cfg := newClock().config()
	cfg.FS = fsys.Memory.CrashClone(vfs.CrashCloneCfg{})
	wantWords(t, "what there is", "[a:1]", words(receive(t, open(t, "queues", cfg), plain, want(10))))
}
