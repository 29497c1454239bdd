package format

import (
	"bytes"
	"context"
	"errors"
	"io"

	"github.com/sillok/sillok/internal/lake/shadow"
)

const (
	lineBuffer = 256 << 10
	maxLine    = 64 << 20 // a longer line does not parse
	keptOfLine = 1 << 20  // of a line that is too long
)

// lines splits content at LF, CR and CR LF, as Hadoop's reader does.
type lines struct {
	in    io.Reader
	buf   []byte
	start int // of what has not been given yet
	ended bool
	err   error
	skip  bool // an LF right after a CR
	line  int64
	long  bool // the line is the head of one that is too long
	cut   bool // the line is the last and no newline ends it
}

func newLines(in io.Reader) *lines {
	return &lines{in: in, buf: make([]byte, 0, lineBuffer)}
}

// next returns the next line without its end. The bytes stay until the next
// call. ok is false after the last line, or at an error, which err then holds.
func (l *lines) next() (line []byte, ok bool) {
	l.long, l.cut = false, false
	searched := l.start
	for {
		if l.skip && l.start < len(l.buf) {
			l.skip = false
			if l.buf[l.start] == '\n' {
				l.start++
			}
			searched = l.start
		}
		if i := newline(l.buf[searched:]); i >= 0 {
			end := searched + i
			line = l.buf[l.start:end]
			l.skip = l.buf[end] == '\r'
			l.start = end + 1
			l.line++
			return line, true
		}
		if l.ended {
			return l.last()
		}
		if len(l.buf)-l.start >= maxLine {
			return l.tooLong()
		}
		searched = len(l.buf)
		searched -= l.fill()
	}
}

// newline finds the first LF or CR.
func newline(b []byte) int {
	lf := bytes.IndexByte(b, '\n')
	if lf >= 0 {
		b = b[:lf]
	}
	if cr := bytes.IndexByte(b, '\r'); cr >= 0 {
		return cr
	}
	return lf
}

func (l *lines) last() ([]byte, bool) {
	if l.start == len(l.buf) || l.err != nil {
		return nil, false
	}
	line := l.buf[l.start:]
	l.start = len(l.buf)
	l.line++
	l.cut = true
	return line, true
}

// tooLong gives the head of a line and passes over the rest of it.
func (l *lines) tooLong() ([]byte, bool) {
	head := bytes.Clone(l.buf[l.start : l.start+keptOfLine])
	for {
		l.start = len(l.buf)
		l.fill()
		if i := newline(l.buf[l.start:]); i >= 0 {
			l.skip = l.buf[l.start+i] == '\r'
			l.start += i + 1
			break
		}
		if l.ended {
			l.start = len(l.buf)
			break
		}
	}
	l.line++
	l.long = true
	return head, true
}

// fill reads more, moving or growing the buffer where there is no room. It
// returns by how much the kept bytes moved down.
func (l *lines) fill() (moved int) {
	if len(l.buf) == cap(l.buf) {
		keep := l.buf[l.start:]
		moved = l.start
		if len(keep) > cap(l.buf)/2 {
			l.buf = append(make([]byte, 0, 2*cap(l.buf)), keep...)
		} else {
			l.buf = l.buf[:copy(l.buf[:cap(l.buf)], keep)]
		}
		l.start = 0
	}
	n, err := l.in.Read(l.buf[len(l.buf):cap(l.buf)])
	l.buf = l.buf[:len(l.buf)+n]
	if err != nil {
		l.ended = true
		if !errors.Is(err, io.EOF) {
			l.err = err
		}
	}
	return moved
}

// eachLine gives every line of the object to row, which writes it. A line that
// is too long, or that the compressed data cut off, does not parse.
func eachLine(ctx context.Context, src *Source, w *shadow.Writer, header int, row func(line int64, text []byte) error) error {
	c, err := src.open(ctx)
	if err != nil {
		return err
	}
	l := newLines(c)
	for {
		text, ok := l.next()
		if !ok {
			break
		}
		switch {
		case l.line <= int64(header):
			continue
		case l.long:
			err = w.BadRow(l.line, text, "the line is longer than 64 MB")
		case l.cut && c.damaged != "":
			err = w.BadRow(l.line, text, "the line is cut off: "+c.damaged)
		default:
			err = row(l.line, text)
		}
		if err != nil {
			return errors.Join(err, c.close())
		}
	}
	w.Info.Damaged = c.damaged
	return errors.Join(l.err, c.close())
}
