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
	window
	skip bool // an LF right after a CR
	line int64
	long bool // the line is the head of one that is too long
	cut  bool // the line is the last and no newline ends it
}

func newLines(in io.Reader) *lines {
	return &lines{window: newWindow(in, lineBuffer)}
}

// next returns the next line without its end. The bytes stay until the next
// call. ok is false after the last line, or at an error, which err then holds.
func (l *lines) next() (line []byte, ok bool) {
	l.long, l.cut = false, false
	searched := l.pos
	for {
		if l.skip && l.pos < len(l.buf) {
			l.skip = false
			if l.buf[l.pos] == '\n' {
				l.pos++
			}
			searched = l.pos
		}
		if i := newline(l.buf[searched:]); i >= 0 {
			end := searched + i
			line = l.buf[l.pos:end]
			l.skip = l.buf[end] == '\r'
			l.pos = end + 1
			l.line++
			return line, true
		}
		if l.ended {
			return l.last()
		}
		if len(l.buf)-l.pos >= maxLine {
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
	if l.pos == len(l.buf) || l.err != nil {
		return nil, false
	}
	line := l.buf[l.pos:]
	l.pos = len(l.buf)
	l.line++
	l.cut = true
	return line, true
}

// tooLong gives the head of a line and passes over the rest of it.
func (l *lines) tooLong() ([]byte, bool) {
	head := bytes.Clone(l.buf[l.pos : l.pos+keptOfLine])
	for {
		l.pos = len(l.buf)
		l.fill()
		if i := newline(l.buf[l.pos:]); i >= 0 {
			l.skip = l.buf[l.pos+i] == '\r'
			l.pos += i + 1
			break
		}
		if l.ended {
			l.pos = len(l.buf)
			break
		}
	}
	l.line++
	l.long = true
	return head, true
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
