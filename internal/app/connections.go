package app

import (
	"container/list"
	"crypto/tls"
	"net"
	"net/http"
	"sync"
)

// maxConnections bounds the connections to the port, each of which takes some ten
// kilobytes: who opens more takes the place of whoever has asked nothing for the
// longest time.
const maxConnections = 10_000

// connections are those that are open, and which of them wait for a request.
type connections struct {
	most int

	mu      sync.Mutex
	open    int
	waiting *list.List                 // of net.Conn, the longest first
	places  map[net.Conn]*list.Element // in waiting
	going   map[net.Conn]bool          // those that have to go, and are no longer counted
}

func newConnections(most int) *connections {
	return &connections{most: most, waiting: list.New(), places: map[net.Conn]*list.Element{}, going: map[net.Conn]bool{}}
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
	c.forget(longest)
	c.going[longest] = true
	c.open--
	return longest
}

// forget says that a connection does not wait any more.
func (c *connections) forget(conn net.Conn) {
	if place, ok := c.places[conn]; ok {
		c.waiting.Remove(place)
		delete(c.places, conn)
	}
}
