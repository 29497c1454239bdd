package app

import (
	"bytes"
	"context"
	"log"
	"log/slog"
	"net/http"
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
	server := &http.Server{
		Handler:           a.handler,
		ReadHeaderTimeout: headerTimeout, // and that of the handshake of TLS
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          log.New(httpLog{a.log}, "", 0),
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
type httpLog struct{ log *slog.Logger }

// Write implements io.Writer.
func (l httpLog) Write(line []byte) (int, error) {
	level := slog.LevelWarn
	for _, of := range []string{"http: TLS handshake error from ", "http2: "} {
		if bytes.HasPrefix(line, []byte(of)) {
			level = slog.LevelDebug
		}
	}
	l.log.Log(context.Background(), level, string(bytes.TrimSpace(line)))
	return len(line), nil
}
