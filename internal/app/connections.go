package app

import (
	"cmp"
	"container/list"
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"sync"

	"github.com/sillok/sillok/internal/gateway"
)

// maxConnections bounds the connections to the port, each of which takes some ten
// kilobytes: who opens more takes the place of whoever has asked nothing for the
// longest time.
const maxConnections = 10_000

// maxFromAddress bounds those from one address on which nothing signed has come.
const maxFromAddress = 1_000

// connections are those that are open, and which of them wait for a request.
type connections struct {
	most, mostStrange int
	exempt            func(address string) bool // who may have any number: proxies

	mu      sync.Mutex
	open    int
	waiting *list.List                 // of net.Conn, the longest first
	places  map[net.Conn]*list.Element // in waiting
	going   map[net.Conn]bool          // those that have to go, and are no longer counted
	strange map[net.Conn]string        // from where those are on which nothing signed has come
	from    map[string]int             // how many of them are from an address
}

func newConnections(most, mostStrange int, exempt func(address string) bool) *connections {
	return &connections{
		most: most, mostStrange: cmp.Or(mostStrange, maxFromAddress), exempt: exempt, waiting: list.New(), places: map[net.Conn]*list.Element{},
		going: map[net.Conn]bool{}, strange: map[net.Conn]string{}, from: map[string]int{},
	}
}

// known returns the context of what comes on a connection, which is no stranger's any
// more once something signed has come.
func (c *connections) known(ctx context.Context, conn net.Conn) context.Context {
	return gateway.WhenVerified(ctx, sync.OnceFunc(func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.noStranger(conn)
	}))
}

// noStranger says that a connection counts no longer as one of its address.
func (c *connections) noStranger(conn net.Conn) {
	address, ok := c.strange[conn]
	if !ok {
		return
	}
	delete(c.strange, conn)
	if c.from[address]--; c.from[address] == 0 {
		delete(c.from, address)
	}
}

// changed is what http.Server tells of its connections.
func (c *connections) changed(conn net.Conn, state http.ConnState) {
	if longest := c.count(conn, state); longest != nil {
		if secure, ok := longest.(*tls.Conn); ok {
			longest = secure.NetConn() // a farewell could take long
		}
		_ = longest.Close() // its client may have been quicker
	}
}

// count counts a connection, and returns one that has to go.
func (c *connections) count(conn net.Conn, state http.ConnState) net.Conn {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.forget(conn)
	if state == http.StateClosed || state == http.StateHijacked {
		c.noStranger(conn)
	}
	if c.going[conn] {
		if state == http.StateClosed || state == http.StateHijacked {
			delete(c.going, conn)
		}
		return nil
	}
	switch state {
	case http.StateNew:
		c.open++
		c.places[conn] = c.waiting.PushBack(conn)
		host, _, _ := net.SplitHostPort(conn.RemoteAddr().String())
		if address := gateway.Source(host); !c.exempt(host) {
			c.strange[conn] = address
			if c.from[address]++; c.from[address] > c.mostStrange {
				return c.dismiss(c.longest(address))
			}
		}
	case http.StateIdle:
		c.places[conn] = c.waiting.PushBack(conn)
	case http.StateClosed, http.StateHijacked:
		c.open--
	case http.StateActive:
	}
	if c.open <= c.most || c.waiting.Len() == 0 {
		return nil
	}
	longest, _ := c.waiting.Front().Value.(net.Conn)
	return c.dismiss(longest)
}

// longest returns the stranger of an address who has waited longest: the one that has
// just come at the latest.
func (c *connections) longest(address string) net.Conn {
	for place := c.waiting.Front(); place != nil; place = place.Next() {
		if conn, ok := place.Value.(net.Conn); ok && c.strange[conn] == address {
			return conn
		}
	}
	return nil
}

// dismiss says that a connection has to go.
func (c *connections) dismiss(conn net.Conn) net.Conn {
	c.forget(conn)
	c.noStranger(conn)
	c.going[conn] = true
	c.open--
	return conn
}

// forget says that a connection does not wait any more.
func (c *connections) forget(conn net.Conn) {
	if place, ok := c.places[conn]; ok {
		c.waiting.Remove(place)
		delete(c.places, conn)
	}
}
