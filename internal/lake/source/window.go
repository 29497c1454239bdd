package source

import (
	"bytes"
	"errors"
	"io"
)

// Window is the part of a text that is looked at.
type Window struct {
	Buf   []byte
	Pos   int // of what comes next in Buf
	Ended bool
	Err   error // of the text, other than its end

	in    io.Reader
	lines int64 // that ended before Buf
}

// NewWindow returns an empty window over in, which grows to hold what is asked
// to stay.
func NewWindow(in io.Reader, size int) *Window { return &Window{in: in, Buf: make([]byte, 0, size)} }

// Full says that there is no room left without moving or growing.
func (w *Window) Full() bool { return len(w.Buf) == cap(w.Buf) }

// Fill reads more, and moves or grows what is left where there is no room. It
// returns by how much that moved down.
func (w *Window) Fill() (moved int) {
	if w.Full() {
		keep := w.Buf[w.Pos:]
		moved = w.Pos
		w.lines += int64(bytes.Count(w.Buf[:w.Pos], []byte{'\n'}))
		if len(keep) > cap(w.Buf)/2 {
			w.Buf = append(make([]byte, 0, 2*cap(w.Buf)), keep...)
		} else {
			w.Buf = w.Buf[:copy(w.Buf[:cap(w.Buf)], keep)]
		}
		w.Pos = 0
	}
	n, err := w.in.Read(w.Buf[len(w.Buf):cap(w.Buf)])
	w.Buf = w.Buf[:len(w.Buf)+n]
	if err != nil {
		w.Ended = true
		if !errors.Is(err, io.EOF) {
			w.Err = err
		}
	}
	return moved
}

// Line returns the number, from 1, of the line that the byte at Buf[at] is in.
func (w *Window) Line(at int) int64 {
	return w.lines + int64(bytes.Count(w.Buf[:at], []byte{'\n'})) + 1
}
