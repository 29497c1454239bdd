package syslog

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync/atomic"
)

// Limits of a message.
const (
	// MaxMessage is how many bytes of a message are kept: what an event may have, less the
	// mark of one that is cut.
	MaxMessage = 1<<20 - 26 - len(cutMark)
	// cutMark ends a message that was longer.
	cutMark = "[Truncated...]"
	// freeMessage is what each message may have, also when all are large at once.
	freeMessage = 8 << 10
	// maxCounted is the largest count of octets that is believed.
	maxCounted = 64 << 20
)

// largeMessages is how many bytes all messages may have together, that have begun to come,
// beyond what each may have.
const largeMessages = 64 << 20

// errFraming is why a connection is closed that does not say where messages end.
var errFraming = errors.New("a count of octets is too large")

// frames are the messages on a connection: each behind a count of its octets, or before a
// line feed, as RFC 6587 has both. One connection may have both.
type frames struct {
	in     *bufio.Reader
	budget *atomic.Int64 // what is left of largeMessages
	b      []byte
	took   int64 // of the budget, for b
	cut    bool
}

func newFrames(r io.Reader, budget *atomic.Int64) *frames {
	return &frames{in: bufio.NewReaderSize(r, 4<<10), budget: budget}
}

// next returns the next message, as valid UTF-8, and whether it was cut. The error is io.EOF
// at the end. What has come before a connection broke is a message.
func (f *frames) next() (message []byte, cut bool, err error) {
	f.reset()
	for err == nil && len(f.b) == 0 { // a line may be empty
		err = f.read()
		f.b = trimmed(f.b)
	}
	if len(f.b) == 0 {
		return nil, false, err
	}
	message, cut = finished(f.b, f.cut)
	return message, cut, nil
}

// finished returns a message as it is kept, and whether that is not all of it.
func finished(b []byte, cut bool) ([]byte, bool) {
	b = bytes.ToValidUTF8(b, []byte("\uFFFD"))
	if len(b) > MaxMessage { // what stands for a byte is longer than it
		b, cut = []byte(strings.ToValidUTF8(string(b[:MaxMessage]), "")), true
	}
	if cut {
		b = append(b, cutMark...)
	}
	return b, cut
}

// reset gives back what the last message took.
func (f *frames) reset() {
	f.budget.Add(f.took)
	f.took, f.cut = 0, false
	if cap(f.b) > freeMessage {
		f.b = nil
	}
	f.b = f.b[:0]
}

// read reads a message in either framing.
func (f *frames) read() error {
	count, counted, err := f.count()
	switch {
	case err != nil:
		return err
	case counted && count > maxCounted:
		return fmt.Errorf("%w: %d", errFraming, count)
	case counted:
		return f.octets(count)
	}
	for {
		part, err := f.in.ReadSlice('\n')
		f.keep(part)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
	}
}

// count reads the count of a message's octets, behind which stand a space and the message's
// priority. What is none is left as the beginning of a line.
func (f *frames) count() (count int, counted bool, err error) {
	const most = len("67108864") + 2
	for n := 1; n <= most; n++ {
		head, err := f.in.Peek(n)
		if err != nil && len(head) < n {
			if n == 1 {
				return 0, false, err
			}
			return 0, false, nil // a line that has ended
		}
		c := head[n-1]
		switch {
		case c >= '0' && c <= '9' && (n > 1 || c != '0'):
		case c == ' ' && n > 1:
			after, _ := f.in.Peek(n + 1) // at the end there is no message either
			if len(after) <= n || after[n] != '<' {
				return 0, false, nil
			}
			count, err := strconv.Atoi(string(head[:n-1]))
			if err != nil {
				return 0, false, nil //nolint:nilerr // it is the beginning of a line
			}
			_, err = f.in.Discard(n)
			return count, true, err
		default:
			return 0, false, nil
		}
	}
	return 0, false, nil
}

// octets reads so many bytes.
func (f *frames) octets(count int) error {
	for count > 0 {
		part, err := f.in.Peek(min(count, f.in.Size()))
		f.keep(part)
		_, _ = f.in.Discard(len(part)) // they are there
		if count -= len(part); err != nil {
			return err
		}
	}
	return nil
}

// keep adds to the message what may be added, and passes over the rest.
func (f *frames) keep(part []byte) {
	room := MaxMessage - len(f.b)
	if need := int64(len(f.b) + min(len(part), room) - freeMessage); need > f.took {
		// Room is taken by doubling, so that few ask for it at a time.
		more := max(need, 2*f.took) - f.took
		if f.budget.Add(-more) < 0 {
			f.budget.Add(more)
			room = max(freeMessage+int(f.took)-len(f.b), 0)
		} else {
			f.took += more
		}
	}
	if len(part) > room {
		f.cut = f.cut || len(trimmed(part[room:])) > 0
		part = part[:room]
	}
	f.b = append(f.b, part...)
}

// trimmed returns a message without what may end it.
func trimmed(b []byte) []byte { return bytes.TrimRight(b, "\r\n\x00") }
