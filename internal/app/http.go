package app

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"
)

// The limits of a connection. AWS's own limit for all headers is 8 to 16 KiB.
const (
	headerTimeout = 10 * time.Second
	idleTimeout   = 2 * time.Minute
	maxHeader     = 32 << 10
)

// newServer returns what speaks HTTP on the port.
func (a *App) newServer() *http.Server {
	open := newConnections(maxConnections, a.cfg.MaxConnectionsPerAddress, a.proxies.Has)
	server := &http.Server{
		Handler:           a.handler,
		ReadHeaderTimeout: headerTimeout, // and that of the handshake of TLS
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ConnState:         open.changed,
		ConnContext:       open.known,
		ErrorLog:          slog.NewLogLogger(httpLog{a.log.Handler()}, slog.LevelWarn),
	}
	if a.certificate != nil {
		server.TLSConfig = a.certificate.Config()
	}
	return server
}

func (a *App) serve(server *http.Server) error {
	if a.certificate != nil {
		return server.ServeTLS(a.listener, "", "")
	}
	return server.Serve(a.listener)
}

// httpLog takes what net/http has to say. What strangers can make it say as often
// as they like is no warning.
type httpLog struct{ slog.Handler }

// Handle implements slog.Handler.
func (l httpLog) Handle(ctx context.Context, r slog.Record) error {
	if strings.HasPrefix(r.Message, "http: TLS handshake error from ") || strings.HasPrefix(r.Message, "http2: ") {
		r.Level = slog.LevelDebug
	}
	if !l.Enabled(ctx, r.Level) {
		return nil
	}
	return l.Handler.Handle(ctx, r)
}
