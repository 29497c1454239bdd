package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
)

// listen opens the server's port.
func listen(ctx context.Context, address string) (net.Listener, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	switch {
	case err == nil:
		return l, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("listen on %s: another program uses this port; stop it, or choose another port (0 takes a free one)", address)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("listen on %s: this user may not; choose a port above 1023", address)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return nil, fmt.Errorf("listen on %s: this machine has no such address", address)
	}
	return nil, fmt.Errorf("listen: %w", err)
}

// Endpoint is the URL that clients on this machine use.
func (a *App) Endpoint() string {
	host, port, err := net.SplitHostPort(a.listener.Addr().String())
	if err != nil {
		host, port = "127.0.0.1", "0" // no listener of TCP has such an address
	}
	names := []string{host, a.cfg.host()}
	if tcp, ok := a.listener.Addr().(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		names = []string{"127.0.0.1", "localhost"} // every address is none that one can call
	}
	if a.certificate == nil {
		return "http://" + net.JoinHostPort(names[0], port)
	}
	return "https://" + net.JoinHostPort(a.certificate.Host(names...), port)
}
