package format

import (
	"bytes"
	"context"
	"errors"
	"io"

	"github.com/sillok/sillok/internal/lake/shadow"
	"github.com/sillok/sillok/internal/lake/source"
)

const (
	lineBuffer = 256 << 10
	maxLine    = 64 << 20 // a longer line does not parse
	keptOfLine = 1 << 20  // of a line that is too long
)

// lines splits content at LF, CR and CR LF, as Hadoop's reader does.
type lines struct {
	*source.Window

	skip   bool  // an LF right after a CR
	number int64 // of the line
	long   bool  // the line is the head of one that is too long
	cut    bool  // the line is the last and no newline ends it
}

func newLines(in io.Reader) *lines {
	return &lines{Window: source.NewWindow(in, lineBuffer)}
}

// err is what kept the text from being read to its end.
func (l *lines) err() error { return l.Err }

// next returns the next line without its end. The bytes stay until the next
// call. ok is false after the last line, or at an error, which Err then holds.
func (l *lines) next() (line []byte, ok bool) {
	l.long, l.cut = false, false
	searched := l.Pos
	for {
		if l.skip && l.Pos < len(l.Buf) {
			l.skip = false
			if l.Buf[l.Pos] == '\n' {
				l.Pos++
			}
			searched = l.Pos
		}
		if i := newline(l.Buf[searched:]); i >= 0 {
			end := searched + i
			line = l.Buf[l.Pos:end]
			l.skip = l.Buf[end] == '\r'
			l.Pos = end + 1
			l.number++
			return line, true
		}
		if l.Ended {
			return l.last()
		}
		if len(l.Buf)-l.Pos >= maxLine {
			return l.tooLong()
		}
		searched = len(l.Buf)
		searched -= l.Fill()
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
	if l.Pos == len(l.Buf) || l.Err != nil {
		return nil, false
	}
	line := l.Buf[l.Pos:]
	l.Pos = len(l.Buf)
	l.number++
	l.cut = true
	return line, true
}

// tooLong gives the head of a line and passes over the rest of it.
func (l *lines) tooLong() ([]byte, bool) {
	head := bytes.Clone(l.Buf[l.Pos : l.Pos+keptOfLine])
	for {
		l.Pos = len(l.Buf)
		l.Fill()
		if i := newline(l.Buf[l.Pos:]); i >= 0 {
			l.skip = l.Buf[l.Pos+i] == '\r'
			l.Pos += i + 1
			break
		}
		if l.Ended {
			l.Pos = len(l.Buf)
			break
		}
	}
	l.number++
	l.long = true
	return head, true
}

// eachLine gives every line of the object to row, which writes it. A line that
// is too long, or that the compressed data cut off, does not parse.
func eachLine(ctx context.Context, open contentOf, w *shadow.Writer, header int, row func(line int64, text []byte) error) error {
	c, err := open(ctx)
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
		case l.number <= int64(header):
			continue
		case l.long:
			err = w.BadRow(l.number, text, "the line is longer than 64 MB")
		case l.cut && c.Damaged() != "":
			err = w.BadRow(l.number, text, "the line is cut off: "+c.Damaged())
		default:
			err = row(l.number, text)
		}
		if err != nil {
			return errors.Join(err, c.Close())
		}
	}
	w.Info.Damaged = c.Damaged()
	if w.Info.Note == "" {
		w.Info.Note = c.Note()
	}
	return errors.Join(l.Err, c.Close())
}
