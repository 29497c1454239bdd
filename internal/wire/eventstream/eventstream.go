// Package eventstream writes and reads event streams: answers of the type
// application/vnd.amazon.eventstream, which are messages with headers, each
// sent when it is there. Package wire's protocols say what is in a message.
package eventstream

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"

	codec "github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"
)

// ContentType is the type of a body that is an event stream.
const ContentType = "application/vnd.amazon.eventstream"

// Sizes of a message in bytes.
const (
	preludeSize = 12 // length, length of the headers, checksum of both
	overhead    = preludeSize + 4
	maxSize     = 16 << 20
)

// Message is one message.
type Message = codec.Message

// Append appends a message in its binary form. It fails for one of more than
// 16 MiB.
func Append(b []byte, m Message) ([]byte, error) {
	buf := bytes.NewBuffer(b)
	if err := codec.NewEncoder().Encode(buf, m); err != nil {
		return nil, fmt.Errorf("event stream: %w", err)
	}
	if size := buf.Len() - len(b); size > maxSize {
		return nil, fmt.Errorf("event stream: a message has %d bytes, which is more than %d", size, maxSize)
	}
	return buf.Bytes(), nil
}

// Read returns the messages in r, with their checksums verified. The sequence
// ends with r, or with the first error: io.ErrUnexpectedEOF for a message that is
// cut short.
func Read(r io.Reader) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		for {
			m, err := readMessage(r)
			if errors.Is(err, io.EOF) {
				return
			}
			if !yield(m, err) || err != nil {
				return
			}
		}
	}
}

// readMessage reads one message. The lengths are checked here, since the
// decoder believes them.
func readMessage(r io.Reader) (Message, error) {
	var prelude [preludeSize]byte
	if _, err := io.ReadFull(r, prelude[:]); err != nil {
		return Message{}, err
	}
	size, headers := binary.BigEndian.Uint32(prelude[:4]), binary.BigEndian.Uint32(prelude[4:8])
	if size < overhead || size > maxSize || headers > size-overhead {
		return Message{}, fmt.Errorf("event stream: a message says that it has %d bytes, %d of them headers", size, headers)
	}
	var whole bytes.Buffer
	whole.Write(prelude[:])
	if _, err := io.CopyN(&whole, r, int64(size-preludeSize)); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return Message{}, err
	}
	m, err := codec.NewDecoder().Decode(&whole, nil)
	if err != nil {
		return Message{}, fmt.Errorf("event stream: %w", notEOF(err))
	}
	return m, nil
}

// notEOF returns an error for the end of a message that is not that of the
// stream.
func notEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
