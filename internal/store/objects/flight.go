package objects

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
)

// metaMarks is where the marks are.
const metaMarks = "marks"

// Numbers for files are set aside on disk this many at a time, the next ones
// when fewer than half are left.
const setAside = 4096

// marks are written with every change. What a crash leaves are files whose
// number is not less than low and less than high, and that nothing refers to.
type marks struct {
	number    uint64 // the last that was given to a change
	low, high uint64
}

const marksSize = 3 * number64

func (m marks) encode() []byte {
	out := binary.BigEndian.AppendUint64(nil, m.number)
	out = binary.BigEndian.AppendUint64(out, m.low)
	return binary.BigEndian.AppendUint64(out, m.high)
}

// readMarks returns the marks, of a store that is new those of one without any
// changes.
func (d *DB) readMarks() (marks, error) {
	data, err := get(d.index, named(spaceMeta, metaMarks))
	if err != nil {
		return marks{}, err
	}
	if data == nil {
		return marks{low: 1, high: 1}, nil
	}
	if len(data) != marksSize {
		return marks{}, fmt.Errorf("marks: %w", errRecord)
	}
	return marks{number: numberAt(data, 0), low: numberAt(data, number64), high: numberAt(data, 2*number64)}, nil
}

// flight gives numbers to blobs, and knows those whose files are there without
// anything that refers to them.
type flight struct {
	mu     sync.Mutex
	next   uint64
	high   uint64          // numbers less than this are set aside in the index's memory
	landed uint64          // and less than this on disk
	open   map[uint64]bool // files that are written, or were and are not removed yet
}

// errNoNumbers asks for a change that sets numbers aside.
var errNoNumbers = errors.New("no numbers are set aside")

func (f *flight) begin(next uint64) {
	f.next, f.high, f.landed, f.open = next, next, next, map[uint64]bool{}
}

// file returns the number of a blob that is to be a file.
func (f *flight) file() (uint64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.next >= f.landed {
		return 0, errNoNumbers
	}
	f.next++
	f.open[f.next-1] = true
	return f.next - 1, nil
}

// inline returns the number of a blob in the index. The marks of the change that
// writes it are beyond it.
func (f *flight) inline() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.next++
	return f.next - 1
}

// marks returns the marks for a change that takes some files.
func (f *flight) marks(number uint64, taken takenContent) marks {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.next+setAside/2 > f.high {
		f.high = f.next + setAside
	}
	low := f.next
	for blob := range f.open {
		if blob < low && !taken.has(blob) {
			low = blob
		}
	}
	return marks{number: number, low: low, high: f.high}
}

// done notes that a change is on disk with the marks it has and what it took.
func (f *flight) done(high uint64, taken takenContent) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.landed = max(f.landed, high)
	for _, s := range taken {
		delete(f.open, s.blob)
	}
}

// removed notes that a file that nothing refers to is gone.
func (f *flight) removed(blob uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.open, blob)
}

// flying says whether a file is there that nothing refers to yet.
func (f *flight) flying(blob uint64) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.open[blob] || blob >= f.next
}

// removeOrphans removes the files that were written and never referred to.
func (d *DB) removeOrphans(m marks) error {
	for shard := m.low >> shardBits; shard <= (m.high-1)>>shardBits && m.low < m.high; shard++ {
		names, err := d.files.list(d.files.shard(shard))
		if err != nil {
			return err
		}
		removed := false
		for _, name := range names {
			blob, ours := numberIn(name)
			if !ours || blob < m.low || blob >= m.high || blob>>shardBits != shard {
				continue
			}
			record, err := get(d.index, numbered(spaceBlob, blob))
			if err != nil {
				return err
			}
			if record != nil {
				continue
			}
			if err := d.files.remove(blob); err != nil {
				return err
			}
			removed = true
		}
		if removed {
			if err := d.files.sync(d.files.shard(shard)); err != nil {
				return err
			}
		}
	}
	return nil
}
