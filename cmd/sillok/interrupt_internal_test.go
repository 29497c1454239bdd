package main

import (
	"context"
	"errors"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func TestAtOnce(t *testing.T) {
	came := signalError{syscall.SIGINT}
	failure := errors.New("failed")
	for _, tt := range []struct {
		name string
		f    func(context.Context) error
		want error
		took time.Duration
		left bool
	}{
		{name: "done in time", f: func(context.Context) error { return nil }},
		{name: "failed in time", f: func(context.Context) error { return failure }, want: failure},
		{name: "ends when it is told to", took: time.Second, want: failure, f: func(ctx context.Context) error {
			<-ctx.Done()
			return failure
		}},
		{name: "takes a moment to end", took: time.Second + 200*time.Millisecond, want: failure, f: func(ctx context.Context) error {
			<-ctx.Done()
			<-time.After(200 * time.Millisecond)
			return failure
		}},
		{name: "does not listen", took: time.Second + patience, want: came, left: true, f: func(context.Context) error {
			<-time.After(time.Hour)
			return nil
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				began := time.Now()
				time.AfterFunc(time.Second, func() { cancel(came) })
				left := false
				err := atOnce(ctx, func() { left = true }, func() error { return tt.f(ctx) })
				if took := time.Since(began); !errors.Is(err, tt.want) || took != tt.took || left != tt.left {
					t.Errorf("%v after %v, left %v", err, took, left)
				}
				<-time.After(time.Hour) // what was left ends
			})
		})
	}
}
