package objects

import (
	"context"
	"errors"
	"io"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// writeBlocks is how many blocks are written at a time.
const writeBlocks = 16

// writeBehind is how much of a file may wait for the disk, so that the sync at its
// end does not have to write it all.
const writeBehind = 8 << 20

// Staged is content that nothing refers to yet.
type Staged struct {
	db     *DB
	size   int64
	blob   uint64      // 0 of none
	record *blobRecord // nil while a file is being written

	mu    sync.Mutex
	state stagedState
}

type stagedState int

const (
	stagedFree   stagedState = iota
	stagedTaken              // something refers to it
	stagedMaybe              // a change took it, and whether that is on disk nobody knows
	stagedThrown             // it is discarded
)

// Size is how many bytes the content has.
func (s *Staged) Size() int64 { return s.size }

// Stage takes what r yields to disk, so that a change can make it the content
// of a version or part. Nothing refers to it yet: the caller must call Discard
// when it is done with it, also after a change has taken it. An error of r comes
// back as it is.
func (d *DB) Stage(ctx context.Context, r io.Reader) (*Staged, error) {
	return d.StageBy(ctx, Key{}, r)
}

// StageBy is Stage for content that can be read only by that key again.
func (d *DB) StageBy(ctx context.Context, key Key, r io.Reader) (*Staged, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := d.index.Err(); err != nil {
		return nil, err
	}
	if err := d.room(); err != nil {
		return nil, err
	}
	w := blobWriter{from: r}
	first := max(d.cfg.Inline, 0)
	head, err := w.peek(int(first) + 1)
	if err != nil {
		return nil, err
	}
	if int64(len(head)) <= first {
		return d.stageInline(key, head)
	}
	return d.stageFile(ctx, key, &w)
}

// stageInline makes the record of content that lies in it.
func (d *DB) stageInline(key Key, content []byte) (*Staged, error) {
	s := &Staged{db: d, size: int64(len(content))}
	if s.size == 0 {
		return s, nil
	}
	s.blob = d.flight.inline()
	k, err := d.newDataKey(s.blob, key)
	if err != nil {
		return nil, err
	}
	if s.record, err = k.record(s.size); err != nil {
		return nil, err
	}
	s.record.inline, s.record.data = true, content
	if s.record.sealed {
		room := make([]byte, len(content), len(content)+tagSize*k.serves.layers)
		copy(room, content)
		s.record.data = k.serves.seal(room[:0], room, 0)
	}
	s.record.sum = s.record.checksum(s.blob)
	return s, nil
}

func (d *DB) stageFile(ctx context.Context, key Key, w *blobWriter) (*Staged, error) {
	blob, err := d.flight.file()
	if errors.Is(err, errNoNumbers) {
		if err = d.Update(ctx, func(t *Tx) error { return t.touch() }); err == nil {
			blob, err = d.flight.file()
		}
	}
	if err != nil {
		return nil, err
	}
	s := &Staged{db: d, blob: blob}
	if err := s.write(ctx, key, w); err != nil {
		s.Discard()
		return nil, err
	}
	return s, nil
}

// write writes the file of the content, and makes its record.
func (s *Staged) write(ctx context.Context, key Key, w *blobWriter) error {
	k, err := s.db.newDataKey(s.blob, key)
	if err != nil {
		return err
	}
	if s.size, err = s.db.writeFile(ctx, k.serves, w); err != nil {
		return err
	}
	if s.record, err = k.record(s.size); err != nil {
		return err
	}
	s.record.sum = s.record.checksum(s.blob)
	return nil
}

// writeFile writes a blob's file and returns how much content it has once that
// is on disk, and the file's name too.
func (d *DB) writeFile(ctx context.Context, as form, w *blobWriter) (int64, error) {
	file, err := d.files.create(as.blob)
	if err != nil {
		return 0, writeError(err)
	}
	file = vfs.NewSyncingFile(file, vfs.SyncingFileOptions{BytesPerSync: writeBehind})
	size, err := w.copy(ctx, as, file)
	if err == nil {
		err = writeError(file.Sync())
	}
	if closed := file.Close(); err == nil {
		err = writeError(closed)
	}
	if err != nil {
		return 0, err
	}
	return size, writeError(d.files.sync(d.files.shard(as.blob >> shardBits)))
}

// Discard frees the content, unless a change has taken it. It may be called twice.
func (s *Staged) Discard() {
	inline := s.blob == 0 || s.record != nil && s.record.inline
	if !s.become(stagedThrown) || inline {
		return
	}
	// A file whose removal is not on disk may come back with a crash: it stays
	// within the marks until it is.
	err := s.db.files.remove(s.blob)
	if err == nil {
		err = s.db.files.sync(s.db.files.shard(s.blob >> shardBits))
	}
	if err != nil {
		s.db.cfg.Log.Error("a file that nothing refers to could not be removed, the next start tries again", "blob", s.blob, "error", err)
		return
	}
	s.db.flight.removed(s.blob)
}

// become moves free content to another state, and reports whether it was free.
func (s *Staged) become(state stagedState) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != stagedFree {
		return false
	}
	s.state = state
	return true
}

// takenContent is what one change has taken.
type takenContent []*Staged

func (t takenContent) has(blob uint64) bool {
	for _, s := range t {
		if s.blob == blob {
			return true
		}
	}
	return false
}

// free gives the content back: the change was never made.
func (t takenContent) free() {
	for _, s := range t {
		s.set(stagedFree)
	}
}

// lose leaves the content to the next start, which will know whether the change
// is on disk.
func (t takenContent) lose() {
	for _, s := range t {
		s.set(stagedMaybe)
	}
}

func (s *Staged) set(state stagedState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state = state
}

// blobWriter writes what a reader yields as blocks.
type blobWriter struct {
	from io.Reader
	head []byte // read already
}

// peek reads up to n bytes, fewer only where that is all.
func (w *blobWriter) peek(n int) ([]byte, error) {
	buffer, filled := make([]byte, min(n, 4<<10)), 0
	for {
		read, ended, err := w.fill(buffer[filled:])
		if filled += read; err != nil {
			return nil, err
		}
		if ended || filled == n {
			w.head = buffer[:filled]
			return w.head, nil
		}
		buffer = append(buffer, make([]byte, min(n-filled, 3*filled))...)
	}
}

var writeBuffers = sync.Pool{New: func() any { return new([writeBlocks * blockSize]byte) }}

// copy writes the blocks of a blob and returns how much content there was. An
// error of the reader comes back as it is.
func (w *blobWriter) copy(ctx context.Context, as form, to vfs.File) (int64, error) {
	buffer, ok := writeBuffers.Get().(*[writeBlocks * blockSize]byte)
	if !ok {
		buffer = new([writeBlocks * blockSize]byte)
	}
	defer writeBuffers.Put(buffer)
	var size int64
	for block, ended := uint64(0), false; !ended; {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		filled := 0
		for filled < len(buffer) && !ended {
			n, last, err := w.fill(buffer[filled : filled+as.content()])
			if err != nil {
				return 0, err
			}
			if ended = last; n == 0 {
				break
			}
			filled += as.close(buffer[filled:], block, n)
			size += int64(n)
			block++
		}
		if _, err := to.Write(buffer[:filled]); err != nil {
			return 0, writeError(err)
		}
	}
	return size, nil
}

// fill reads as much as there is room for, or to the end. An error that only has
// io.EOF in it is none of an end.
func (w *blobWriter) fill(room []byte) (n int, ended bool, err error) {
	n = copy(room, w.head)
	w.head = w.head[n:]
	for n < len(room) {
		read, err := w.from.Read(room[n:])
		n += read
		if err == io.EOF {
			return n, true, nil
		}
		if err != nil {
			return n, false, err
		}
	}
	return n, false, nil
}
