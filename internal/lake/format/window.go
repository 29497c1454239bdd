package format

import (
	"errors"
	"io"
)

// window is the part of an input that is looked at.
type window struct {
	in    io.Reader
	buf   []byte
	pos   int // of what comes next in buf
	ended bool
	err   error // of the input, other than its end
}

// newWindow returns an empty window, which grows to hold what is asked to stay.
func newWindow(in io.Reader, size int) window { return window{in: in, buf: make([]byte, 0, size)} }

// full says that there is no room left without moving or growing.
func (w *window) full() bool { return len(w.buf) == cap(w.buf) }

// fill reads more, and moves or grows what is left where there is no room. It
// returns by how much that moved down.
func (w *window) fill() (moved int) {
	if w.full() {
		keep := w.buf[w.pos:]
		moved = w.pos
		if len(keep) > cap(w.buf)/2 {
			w.buf = append(make([]byte, 0, 2*cap(w.buf)), keep...)
		} else {
			w.buf = w.buf[:copy(w.buf[:cap(w.buf)], keep)]
		}
		w.pos = 0
	}
	n, err := w.in.Read(w.buf[len(w.buf):cap(w.buf)])
	w.buf = w.buf[:len(w.buf)+n]
	if err != nil {
		w.ended = true
		if !errors.Is(err, io.EOF) {
			w.err = err
		}
	}
	return moved
}
