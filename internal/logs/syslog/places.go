package syslog

import (
	"errors"
	"net"
	"net/netip"
	"sync"
)

// Limits of connections. One that is over them is closed at once: a sender that has been
// quiet for a day is as good as a new one, and what it sends next must not be lost.
const (
	mostConnections = 10_000
	mostFromAddress = 1_000
)

// places are the connections that are open.
type places struct {
	most, mostFrom int

	mu     sync.Mutex
	open   map[net.Conn]bool
	from   map[netip.Addr]int
	closed bool
}

func newPlaces() *places {
	return &places{most: mostConnections, mostFrom: mostFromAddress, open: map[net.Conn]bool{}, from: map[netip.Addr]int{}}
}

// take says whether a connection from an address may be open.
func (p *places) take(conn net.Conn, from netip.Addr) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || len(p.open) >= p.most || p.from[from] >= p.mostFrom {
		return false
	}
	p.open[conn] = true
	p.from[from]++
	return true
}

// give closes a connection.
func (p *places) give(conn net.Conn, from netip.Addr) {
	_ = conn.Close() // it is not written to
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, conn)
	if p.from[from]--; p.from[from] == 0 {
		delete(p.from, from)
	}
}

// close closes all, and those to come.
func (p *places) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	var errs []error
	for conn := range p.open {
		errs = append(errs, closed(conn.Close()))
	}
	return errors.Join(errs...)
}

// addressOf returns the address of a peer.
func addressOf(a net.Addr) netip.Addr {
	if tcp, ok := a.(*net.TCPAddr); ok {
		return tcp.AddrPort().Addr().Unmap().WithZone("")
	}
	return netip.Addr{}
}
