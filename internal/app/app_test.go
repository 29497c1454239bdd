package app_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/sillok/sillok/internal/app"
)

// The root credential of every server of these tests.
const (
	keyID   = "AKIASILLOKTESTS"
	secret  = "made/up+for/tests"
	account = "111122223333"
)

// serve runs a server over a folder until the test ends. It runs queries in the
// test's own process.
func serve(t *testing.T, data string) *app.App {
	t.Helper()
	server, stop := run(t, app.Config{
		Data: data, Listen: "127.0.0.1:0", RootAccessKeyID: keyID, RootSecretAccessKey: secret, RootAccountID: account,
	})
	t.Cleanup(stop)
	return server
}

// run runs a server until stop is called.
func run(t *testing.T, cfg app.Config) (server *app.App, stop func()) {
	t.Helper()
	server, err := app.Open(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ready, done := make(chan struct{}), make(chan error, 1)
	go func() { done <- server.Run(ctx, func() { close(ready) }) }()
	stop = func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
		if err := server.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}
	select {
	case <-ready:
	case err := <-done:
		cancel()
		t.Fatalf("run: %v", err)
	}
	return server, stop
}
