package worker

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Frames are what goes over the pipes between a pool and a process: a kind, a
// length and that many bytes.
type frameKind byte

const (
	// To the process.
	frameSettings frameKind = 'S' // the first frame: settings
	frameJob      frameKind = 'J' // a job: the length of its kind, the kind, the payload
	frameChunk    frameKind = 'D' // answers frameOpen and frameRead: a status, then bytes or an error's text

	// From the process.
	frameAccepted frameKind = 'A' // it has the job
	frameResult   frameKind = 'R' // a result of the job
	frameOpen     frameKind = 'O' // open the source of this name
	frameRead     frameKind = 'N' // the next chunk of the source of this number
	frameClose    frameKind = 'K' // done with the source of this number; not answered
	frameAlive    frameKind = 'H' // nothing else to say for a while
	frameFailed   frameKind = 'E' // the job failed: the length of the text, the text, the detail
	framePanicked frameKind = 'P' // the job panicked: where and with what
	frameEnd      frameKind = 'Z' // the job is done
)

const (
	// chunkSize is how many bytes of a source go over at once.
	chunkSize = 256 << 10
	// maxFrame bounds what a reader allocates for one frame.
	maxFrame = 64 << 20
)

// A chunk begins with one of these.
const (
	chunkData  = 0 // bytes follow, and more may come
	chunkEnd   = 1 // the last bytes follow
	chunkError = 2 // the text of an error follows
)

// ErrTooLong is the failure to send a frame that is longer than any may be.
var ErrTooLong = fmt.Errorf("a result of more than %d bytes is too long", maxFrame)

func writeFrame(w io.Writer, kind frameKind, payload []byte) error {
	if len(payload) > maxFrame {
		return ErrTooLong
	}
	header := binary.LittleEndian.AppendUint32([]byte{byte(kind)}, uint32(len(payload))) //nolint:gosec // below maxFrame
	if _, err := w.Write(header); err != nil {
		return fmt.Errorf("write a frame: %w", err)
	}
	if _, err := w.Write(payload); err != nil {
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

// pair joins two texts so that split takes them apart again.
func pair(first string, second []byte) []byte {
	data := binary.AppendUvarint(make([]byte, 0, len(first)+len(second)+4), uint64(len(first)))
	return append(append(data, first...), second...)
}

var errFrame = errors.New("a frame is damaged")

func split(data []byte) (first string, second []byte, err error) {
	n, size := binary.Uvarint(data)
	if size <= 0 || n > uint64(len(data)-size) { //nolint:gosec // size is at most what there is
		return "", nil, errFrame
	}
	end := size + int(n) //nolint:gosec // within data
	return string(data[size:end]), data[end:], nil
}
