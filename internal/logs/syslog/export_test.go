package syslog

import (
	"io"
	"sync/atomic"
	"time"
)

// Framed is a message on a connection.
type Framed struct {
	Message string
	Cut     bool
}

// Frames returns the messages of a connection, and how it ended; budget is what large ones
// may have.
func Frames(r io.Reader, budget int64) (all []Framed, err error) {
	var left atomic.Int64
	left.Store(budget)
	f := newFrames(r, &left)
	for {
		message, cut, err := f.next()
		if err != nil {
			f.reset()
			if left.Load() != budget {
				panic("the budget was not given back")
			}
			return all, err
		}
		all = append(all, Framed{string(message), cut})
	}
}

// DropsOf reads a table of sockets.
func DropsOf(table string, port int) int64 { return dropsOf(table, port) }

// SetRoom says how many bytes may wait.
func (s *Server) SetRoom(bytes int64) { s.queue.most = bytes }

// SetPatience says how long a connection may say nothing.
func (s *Server) SetPatience(d time.Duration) { s.patience = d }

// SetNames says how many streams there may be.
func (s *Server) SetNames(most int) { s.names.most = most }

// SetPlaces says how many connections may be open.
func (s *Server) SetPlaces(most, fromAddress int) {
	s.places.most, s.places.mostFrom = most, fromAddress
}

// Open returns how many connections are.
func (s *Server) Open() int {
	s.places.mu.Lock()
	defer s.places.mu.Unlock()
	return len(s.places.open)
}
