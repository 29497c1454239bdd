package worker

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
)

// Conn is a handler's way to whoever asked. It may be used by several goroutines.
type Conn struct {
	done   <-chan struct{} // whoever asked is gone
	chunks chan []byte

	asking sync.Mutex // held from a request to its answer

	writing sync.Mutex
	out     *bufio.Writer
}

// Send gives a result to whoever asked. It fails with ErrTooLong for one that is
// longer than any may be, and with another error once nobody is there any more.
func (c *Conn) Send(result []byte) error { return c.write(frameResult, result) }

// write writes a frame and sees that it leaves.
func (c *Conn) write(kind frameKind, payload []byte) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	if err := writeFrame(c.out, kind, payload); err != nil {
		return err
	}
	return c.out.Flush()
}

// Open opens the source of a name, from its beginning, as often as it is called.
// The error says what the other side said. Closing early is fine; a source that
// the handler leaves open is closed when it returns.
func (c *Conn) Open(name string) (io.ReadCloser, error) {
	answer, err := c.ask(frameOpen, []byte(name))
	if err != nil {
		return nil, err
	}
	number, size := binary.Uvarint(answer)
	if size <= 0 {
		return nil, errFrame
	}
	return &source{conn: c, number: binary.AppendUvarint(nil, number)}, nil
}

// errGone is what a handler hears that asks for bytes when nobody is there.
var errGone = errors.New("whoever asked for this work is gone")

// ask sends a request and returns its answer; io.EOF comes with the last bytes.
func (c *Conn) ask(kind frameKind, payload []byte) ([]byte, error) {
	c.asking.Lock()
	defer c.asking.Unlock()
	if err := c.write(kind, payload); err != nil {
		return nil, err
	}
	select {
	case answer := <-c.chunks:
		if len(answer) == 0 {
			return nil, errFrame
		}
		switch answer[0] {
		case chunkData:
			return answer[1:], nil
		case chunkEnd:
			return answer[1:], io.EOF
		default:
			return nil, errors.New(string(answer[1:]))
		}
	case <-c.done:
		return nil, errGone
	}
}

// source is an open source. One goroutine uses it.
type source struct {
	conn   *Conn
	number []byte
	rest   []byte
	err    error // after rest
}

// Read reads what is left of the last chunk, or the next one.
func (s *source) Read(p []byte) (int, error) {
	for len(s.rest) == 0 {
		if s.err != nil {
			return 0, s.err
		}
		s.rest, s.err = s.conn.ask(frameRead, s.number)
		if s.err != nil && !errors.Is(s.err, io.EOF) {
			s.err = fmt.Errorf("read a source: %w", s.err)
		}
	}
	n := copy(p, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

var errSourceClosed = errors.New("read a source that is closed")

// Close lets the source go. It may be called twice.
func (s *source) Close() error {
	if errors.Is(s.err, errSourceClosed) {
		return nil
	}
	s.rest, s.err = nil, errSourceClosed
	return s.conn.write(frameClose, s.number)
}
