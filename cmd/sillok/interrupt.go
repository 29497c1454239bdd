package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/sillok/sillok/internal/kit/life"
)

// signalError is why a context ended that a signal ended.
type signalError struct{ signal syscall.Signal }

func (e signalError) Error() string { return e.signal.String() }

// exitCode is that of a program which the signal ended, as shells count it: 130
// after Ctrl-C, 143 after SIGTERM.
func (e signalError) exitCode() int { return 128 + int(e.signal) }

// untilSignal returns a context that ends with a signalError when the user or the
// system asks the program to end. A second signal ends the program at once. The
// caller must call stop.
func untilSignal(parent context.Context) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		select {
		case s := <-signals:
			signal.Stop(signals)
			number, _ := s.(syscall.Signal)
			cancel(signalError{number})
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		cancel(nil)
	}
}

// signalOf returns the signal that ended ctx.
func signalOf(ctx context.Context) (signalError, bool) {
	return errors.AsType[signalError](context.Cause(ctx))
}

// patience is how long a command that only reads has for an orderly end. Whoever
// presses Ctrl-C wants the shell back.
const patience = 300 * time.Millisecond

// atOnce runs f and returns what it returns. When ctx ends first, f has a moment to
// end too, and is then left where it is: the program ends, and what f holds can be
// lost at any time. Left is called then.
func atOnce(ctx context.Context, left func(), f func() error) error {
	done := make(chan error, 1)
	go func() { done <- life.Catch(f) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case err := <-done:
		return err
	case <-timer.C:
		left()
		return context.Cause(ctx)
	}
}
