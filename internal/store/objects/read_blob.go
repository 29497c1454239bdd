package objects

import (
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// readBlocks is how many blocks are read at a time: as much as stays in a processor's
// cache until it is sent. They are read and opened when they are wanted, and not while
// those before are sent: handing them from one goroutine to another took more of the
// processors than it saved time, of which a client's network leaves enough.
const readBlocks = 4

// blobReader reads the blocks of a blob's file.
type blobReader struct {
	form form
	file vfs.File
	end  int64 // of the content that is wanted
	both bool  // the checksums are looked at too where content is opened

	buffer *[readBlocks * blockSize]byte // nil until it is needed
	first  int64                         // the first block in it
	size   int                           // bytes in it; 0 for none
}

var readBuffers = sync.Pool{New: func() any { return new([readBlocks * blockSize]byte) }}

func newBlobReader(as form, file vfs.File, end int64) *blobReader {
	return &blobReader{form: as, file: file, end: end}
}

func (b *blobReader) close() error {
	if b.buffer != nil {
		readBuffers.Put(b.buffer)
		b.buffer = nil
	}
	return b.file.Close()
}

// from returns content from offset on, as much as one block has. It is valid
// until other content is asked for.
func (b *blobReader) from(offset int64) ([]byte, error) {
	full := int64(b.form.content())
	block, within := offset/full, int(offset%full)
	if b.size == 0 || block < b.first || block >= b.first+readBlocks {
		if err := b.fill(block); err != nil {
			return nil, err
		}
	}
	at := int(block-b.first) * blockSize
	end := min(at+blockSize, b.size) - (blockSize - int(full))
	if at+within >= end {
		return nil, io.ErrUnexpectedEOF
	}
	return b.buffer[at+within : end], nil
}

// last is the last block that is wanted.
func (b *blobReader) last() int64 { return (b.end - 1) / int64(b.form.content()) }

// fill reads and checks the blocks from one on that are wanted and fit, and puts their
// content in their place.
func (b *blobReader) fill(first int64) error {
	b.first, b.size = first, 0
	if b.buffer == nil {
		buffer, ok := readBuffers.Get().(*[readBlocks * blockSize]byte)
		if !ok {
			buffer = new([readBlocks * blockSize]byte)
		}
		b.buffer = buffer
	}
	want := min(b.last()-first+1, readBlocks) * blockSize
	size, err := b.file.ReadAt(b.buffer[:want], first*blockSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	for at := 0; at < size; at += blockSize {
		index := uint64(first) + uint64(at/blockSize) //nolint:gosec // not negative
		if err := b.open(b.buffer[at:min(at+blockSize, size)], index); err != nil {
			return fmt.Errorf("block %d: %w", index, err)
		}
	}
	b.size = size
	return nil
}

// open checks a block, and puts its content in its place.
func (b *blobReader) open(block []byte, index uint64) error {
	if b.both && b.form.aeads != nil {
		if _, err := b.form.check(block, index); err != nil {
			return err
		}
	}
	_, err := b.form.open(block, index)
	return err
}
