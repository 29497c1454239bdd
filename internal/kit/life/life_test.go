package life_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/pprof"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/kit/life"
)

// logged is a log, and what was written to it.
type logged struct{ bytes.Buffer }

func (l *logged) log() *slog.Logger { return slog.New(slog.NewJSONHandler(l, nil)) }

// lines returns the records without their times, and only the beginning of a stack.
func (l *logged) lines(t *testing.T) []map[string]string {
	t.Helper()
	var out []map[string]string
	for line := range bytes.Lines(l.Bytes()) {
		record := map[string]string{}
		if err := json.Unmarshal(line, &record); err != nil {
			t.Fatal(err)
		}
		delete(record, "time")
		delete(record, "level")
		if stack, ok := record["stack"]; ok {
			record["stack"], _, _ = strings.Cut(stack, " ")
		}
		out = append(out, record)
	}
	return out
}

func wait(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestWhoIsToldToStopHasNotFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var l logged
		g, ctx := life.New(ctx, l.log())
		g.Go(ctx, "plain", wait)
		g.Go(ctx, "wrapped", func(ctx context.Context) error { return fmt.Errorf("read: %w", wait(ctx)) })
		g.Every(ctx, "tick", time.Minute, func(context.Context) error { return nil })
		time.AfterFunc(90*time.Second, cancel)
		if err := g.Wait(); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff("", l.String()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestOneFailureStopsAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, ctx := life.New(t.Context(), slog.New(slog.DiscardHandler))
		broken, torn := errors.New("disk broken"), errors.New("tail torn")
		g.Go(ctx, "fails", func(context.Context) error { return broken })
		g.Go(ctx, "waits", wait)
		g.Go(ctx, "fails in stopping", func(ctx context.Context) error {
			_ = wait(ctx)
			return torn
		})
		err := g.Wait()
		if !errors.Is(err, broken) || !errors.Is(context.Cause(ctx), broken) {
			t.Errorf("%v, cause %v", err, context.Cause(ctx))
		}
		if diff := cmp.Diff("fails: disk broken\nfails in stopping: tail torn", err.Error()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestPanicIsAnError(t *testing.T) {
	var l logged
	g, ctx := life.New(t.Context(), l.log())
	g.Go(ctx, "worker", func(context.Context) error {
		var none []int
		return fmt.Errorf("%d", none[3])
	})
	err := g.Wait()
	if _, ok := errors.AsType[*life.PanicError](err); !ok {
		t.Errorf("%T", err)
	}
	const index = "runtime error: index out of range [3] with length 0"
	const in = "github.com/sillok/sillok/internal/kit/life_test.TestPanicIsAnError.func1"
	if diff := cmp.Diff("worker: panic in "+in+": "+index, err.Error()); diff != "" {
		t.Error(diff)
	}
	want := []map[string]string{{"msg": "goroutine panicked", "goroutine": "worker", "panic": index, "stack": "goroutine"}}
	if diff := cmp.Diff(want, l.lines(t)); diff != "" {
		t.Error(diff)
	}
}

func TestEvery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var l logged
		g, ctx := life.New(ctx, l.log())
		began := time.Now()
		var ran []string
		g.Every(ctx, "sweep", time.Minute, func(ctx context.Context) error {
			ran = append(ran, time.Since(began).String())
			switch len(ran) {
			case 1:
				return errors.New("no room")
			case 2:
				panic("sweep " + ran[1])
			case 3: // takes two ticks and a half
				select {
				case <-ctx.Done():
				case <-time.After(150 * time.Second):
				}
			case 5:
				cancel()
				return ctx.Err()
			}
			return nil
		})
		if err := g.Wait(); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff([]string{"1m0s", "2m0s", "3m0s", "5m30s", "6m0s"}, ran); diff != "" {
			t.Error(diff)
		}
		want := []map[string]string{
			{"msg": "goroutine failed, it runs again at the next tick", "goroutine": "sweep", "error": "no room"},
			{"msg": "goroutine panicked", "goroutine": "sweep", "panic": "sweep 2m0s", "stack": "goroutine"},
		}
		if diff := cmp.Diff(want, l.lines(t)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestNoneOutlivesWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l logged
		g, ctx := life.New(t.Context(), l.log())
		var ended []string
		g.Go(ctx, "first", func(ctx context.Context) error {
			ended = append(ended, "first")
			g.Go(ctx, "second", func(context.Context) error {
				<-time.After(time.Hour)
				ended = append(ended, "second")
				return nil
			})
			return nil
		})
		if err := g.Wait(); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff([]string{"first", "second"}, ended); diff != "" {
			t.Error(diff)
		}
		if ctx.Err() == nil {
			t.Error("the context lives on")
		}
		g.Go(ctx, "late", func(context.Context) error { panic("it was started") })
		if err := g.Wait(); err != nil {
			t.Error(err)
		}
		want := []map[string]string{{"msg": "goroutine was not started, its group has ended", "goroutine": "late"}}
		if diff := cmp.Diff(want, l.lines(t)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestNamesAreLabels(t *testing.T) {
	g, ctx := life.New(t.Context(), slog.New(slog.DiscardHandler))
	g.Go(ctx, "dispatch", func(ctx context.Context) error {
		if name, _ := pprof.Label(ctx, "goroutine"); name != "dispatch" {
			return fmt.Errorf("the label is %q", name)
		}
		return nil
	})
	if err := g.Wait(); err != nil {
		t.Error(err)
	}
}

func TestCatch(t *testing.T) {
	broken := errors.New("broken")
	if err := life.Catch(func() error { return broken }); !errors.Is(err, broken) {
		t.Error(err)
	}
	err := life.Catch(func() error { panic(broken) })
	p, ok := errors.AsType[*life.PanicError](err)
	if !ok || p.Value != any(broken) || !bytes.Contains(p.Stack, []byte("TestCatch")) {
		t.Errorf("%#v", err)
	}
	if errors.Is(err, broken) {
		t.Error("a panic passes for the error that it was called with")
	}
}
