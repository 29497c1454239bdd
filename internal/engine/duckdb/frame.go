package duckdb

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Frames are what goes over the pipes between the server and a worker: a kind, a
// length and that many bytes.
type frameKind byte

const (
	frameJob      frameKind = 'J' // to the worker: a job
	frameAccepted frameKind = 'A' // from the worker: it has the job
	frameRows     frameKind = 'R' // from the worker: a batch
	frameError    frameKind = 'E' // the job failed: a name, a zero byte, a message
	frameEnd      frameKind = 'Z' // the job is done
)

// maxFrame bounds what a reader allocates for one frame.
const maxFrame = 1 << 30

func writeFrame(w io.Writer, kind frameKind, payload []byte) error {
	if len(payload) > maxFrame {
		return fmt.Errorf("a frame of %d bytes is too long", len(payload))
	}
	header := binary.LittleEndian.AppendUint32([]byte{byte(kind)}, uint32(len(payload))) //nolint:gosec // below maxFrame
	if _, err := w.Write(append(header, payload...)); err != nil {
		return fmt.Errorf("write a frame: %w", err)
	}
	return nil
}

// readFrame reads a frame; io.EOF means that the other side closed between frames.
func readFrame(r io.Reader) (frameKind, []byte, error) {
	var header [5]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		if errors.Is(err, io.EOF) {
			return 0, nil, io.EOF
		}
		return 0, nil, fmt.Errorf("read a frame: %w", err)
	}
	size := binary.LittleEndian.Uint32(header[1:])
	if size > maxFrame {
		return 0, nil, fmt.Errorf("read a frame: %d bytes are too many", size)
	}
	payload := make([]byte, size)
	if _, err := io.ReadFull(r, payload); err != nil {
		return 0, nil, fmt.Errorf("read a frame: %w", err)
	}
	return frameKind(header[0]), payload, nil
}

// encode spells a batch: its width, its rows, and for each cell its length plus
// one and its bytes, or 0 for NULL.
func (b batch) encode() []byte {
	data := binary.AppendUvarint(nil, uint64(b.Width)) //nolint:gosec // a number of columns
	data = binary.AppendUvarint(data, uint64(b.Rows))  //nolint:gosec // a number of rows
	for _, c := range b.Cells {
		if c == nil {
			data = binary.AppendUvarint(data, 0)
			continue
		}
		data = binary.AppendUvarint(data, uint64(len(*c))+1)
		data = append(data, *c...)
	}
	return data
}

var errBatch = errors.New("a batch of rows is damaged")

func decodeBatch(data []byte) (batch, error) {
	all := string(data) // the cells share it
	next := func() (uint64, bool) {
		n, size := binary.Uvarint(data)
		if size <= 0 {
			return 0, false
		}
		data = data[size:]
		return n, true
	}
	width, ok := next()
	rows, ok2 := next()
	if !ok || !ok2 || width > 1<<20 || rows > 1<<20 || width*rows > uint64(len(data)) {
		return batch{}, errBatch
	}
	b := batch{Width: int(width), Rows: int(rows), Cells: make([]*string, 0, width*rows)}
	for range width * rows {
		n, ok := next()
		if !ok || n > uint64(len(data))+1 {
			return batch{}, errBatch
		}
		if n == 0 {
			b.Cells = append(b.Cells, nil)
			continue
		}
		from := len(all) - len(data)
		text := all[from : from+int(n)-1] //nolint:gosec // within data
		data = data[n-1:]
		b.Cells = append(b.Cells, &text)
	}
	if len(data) > 0 {
		return batch{}, errBatch
	}
	return b, nil
}

// splitError takes the payload of an error frame apart; an empty name is an error
// that is not the statement's.
func splitError(payload []byte) (name, message string) {
	name, message, _ = strings.Cut(string(payload), "\x00")
	return name, message
}
