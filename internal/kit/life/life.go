// Package life runs the goroutines of a part of the server: each has a name,
// all end before their Group's Wait returns, and none takes the process down.
//
// A service's Run starts what it needs and waits:
//
//	func (s *Service) Run(ctx context.Context) error {
//		g, ctx := life.New(ctx, s.log)
//		g.Go(ctx, "dispatch", s.dispatch)
//		g.Every(ctx, "sweep", time.Minute, s.sweep)
//		return g.Wait()
//	}
//
// The names stand in the log, in errors, and in profiles and stack dumps as the
// label "goroutine". Work that is limited and awaited in another way, as by an
// errgroup, takes Catch alone.
package life

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/pprof"
	"sync"
	"time"
)

// Group is goroutines that live and end together.
type Group struct {
	log  *slog.Logger
	stop context.CancelCauseFunc

	mu      sync.Mutex
	idle    sync.Cond // running is 0
	running int
	ended   bool // Wait has returned
	errs    []error
}

// New returns a Group without goroutines, and the context for them. It is done
// when ctx is, or as soon as a goroutine of Go fails, with that error as its
// cause.
func New(ctx context.Context, log *slog.Logger) (*Group, context.Context) {
	ctx, stop := context.WithCancelCause(ctx)
	g := &Group{log: log, stop: stop}
	g.idle.L = &g.mu
	return g, ctx
}

// Go runs f in a goroutine. An error of f, or a panic, which is logged with its
// stack, stops the group and is returned by Wait; what f returns because it was
// told to stop is no error. Other goroutines of the group may call Go; once Wait
// has returned nothing starts any more.
func (g *Group) Go(ctx context.Context, name string, f func(context.Context) error) {
	g.start(ctx, name, func(ctx context.Context) {
		if err := g.run(ctx, name, f); err != nil {
			g.fail(fmt.Errorf("%s: %w", name, err))
		}
	})
}

// Every runs f in a goroutine at each tick of interval, the first time after one
// interval, until ctx is done. Ticks that f is too late for are left out. What
// goes wrong, a panic too, is logged, and f runs again at the next tick.
func (g *Group) Every(ctx context.Context, name string, interval time.Duration, f func(context.Context) error) {
	g.start(ctx, name, func(ctx context.Context) {
		ticker := time.NewTicker(interval)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
			err := g.run(ctx, name, f)
			if _, told := errors.AsType[*PanicError](err); err != nil && !told {
				g.log.ErrorContext(ctx, "goroutine failed, it runs again at the next tick", "goroutine", name, "error", err)
			}
		}
	})
}

// Wait returns once all goroutines have ended, with the errors of those of Go.
// A group with an Every ends when its context is done.
func (g *Group) Wait() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.running > 0 {
		g.idle.Wait()
	}
	g.ended = true
	g.stop(nil)
	return errors.Join(g.errs...)
}

func (g *Group) start(ctx context.Context, name string, run func(context.Context)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.ended {
		g.log.ErrorContext(ctx, "goroutine was not started, its group has ended", "goroutine", name)
		return
	}
	g.running++
	go func() {
		defer g.done()
		pprof.Do(ctx, pprof.Labels("goroutine", name), run)
	}()
}

func (g *Group) done() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.running--; g.running == 0 {
		g.idle.Broadcast()
	}
}

func (g *Group) fail(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.errs = append(g.errs, err)
	g.stop(err)
}

// run runs f once, and logs its panic.
func (g *Group) run(ctx context.Context, name string, f func(context.Context) error) error {
	err := Catch(func() error { return f(ctx) })
	if p, ok := errors.AsType[*PanicError](err); ok {
		g.log.ErrorContext(ctx, "goroutine panicked", "goroutine", name, "panic", fmt.Sprint(p.Value), "stack", string(p.Stack))
		return err
	}
	if ctx.Err() != nil && (errors.Is(err, ctx.Err()) || errors.Is(err, context.Cause(ctx))) {
		return nil
	}
	return err
}
