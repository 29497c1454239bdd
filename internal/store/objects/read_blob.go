package objects

import (
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/sillok/sillok/internal/kit/life"
)

// readBlocks is how many blocks are read at a time.
const readBlocks = 4

// blobReader reads the blocks of a blob's file. While some are used it reads and
// opens those that come next.
type blobReader struct {
	form form
	file vfs.File
	end  int64 // of the content that is wanted
	both bool  // the checksums are looked at too where content is opened

	have  *blocks // what is used
	ahead *blocks // what comes next; nil where nothing does
}

// blocks are some blocks of a file, checked.
type blocks struct {
	buffer *[readBlocks * blockSize]byte
	first  int64         // block
	size   int           // bytes in the buffer
	err    error         // why they could not be read
	ready  chan struct{} // closed when they are read
}

var readBuffers = sync.Pool{New: func() any { return new([readBlocks * blockSize]byte) }}

func newBlobReader(as form, file vfs.File, end int64) *blobReader {
	return &blobReader{form: as, file: file, end: end}
}

func (b *blobReader) close() error {
	b.ahead.free()
	b.have.free()
	b.have, b.ahead = nil, nil
	return b.file.Close()
}

// free waits until the blocks are read, and gives their buffer back.
func (s *blocks) free() {
	if s != nil {
		<-s.ready
		readBuffers.Put(s.buffer)
	}
}

// from returns content from offset on, as much as one block has. It is valid
// until other content is asked for.
func (b *blobReader) from(offset int64) ([]byte, error) {
	full := int64(b.form.content())
	block, within := offset/full, int(offset%full)
	if b.have == nil || block < b.have.first || block >= b.have.first+readBlocks {
		if err := b.load(block); err != nil {
			return nil, err
		}
	}
	at := int(block-b.have.first) * blockSize
	end := min(at+blockSize, b.have.size) - (blockSize - int(full))
	if at+within >= end {
		return nil, io.ErrUnexpectedEOF
	}
	return b.have.buffer[at+within : end], nil
}

// load reads and checks the blocks from one on that are wanted and fit.
func (b *blobReader) load(block int64) error {
	b.have.free()
	b.have = nil
	next := b.ahead
	b.ahead = nil
	if next == nil || next.first != block {
		next.free()
		next = newBlocks(block)
		b.read(next)
	}
	<-next.ready
	b.have = next
	if next.err != nil {
		return next.err
	}
	if block += readBlocks; block <= b.last() {
		b.ahead = newBlocks(block)
		go b.read(b.ahead)
	}
	return nil
}

func newBlocks(first int64) *blocks {
	buffer, ok := readBuffers.Get().(*[readBlocks * blockSize]byte)
	if !ok {
		buffer = new([readBlocks * blockSize]byte)
	}
	return &blocks{buffer: buffer, first: first, ready: make(chan struct{})}
}

// last is the last block that is wanted.
func (b *blobReader) last() int64 { return (b.end - 1) / int64(b.form.content()) }

// read reads and checks some blocks, and puts their content in their place.
func (b *blobReader) read(s *blocks) {
	defer close(s.ready)
	s.err = life.Catch(func() error { return b.fill(s) })
}

func (b *blobReader) fill(s *blocks) (err error) {
	want := min(b.last()-s.first+1, readBlocks) * blockSize
	if s.size, err = b.file.ReadAt(s.buffer[:want], s.first*blockSize); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	for at := 0; at < s.size; at += blockSize {
		index := uint64(s.first) + uint64(at/blockSize) //nolint:gosec // not negative
		if err := b.open(s.buffer[at:min(at+blockSize, s.size)], index); err != nil {
			return fmt.Errorf("block %d: %w", index, err)
		}
	}
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
