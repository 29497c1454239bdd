package records_test

import (
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"syscall"
	"testing"

	"github.com/sillok/sillok/internal/store/records"
)

var errPower = errors.New("the machine is off")

// power is a disk that forgets what was not synced when the machine goes off,
// in whatever way a disk may.
type power struct {
	mu       sync.Mutex
	random   *rand.Rand
	left     int                        // operations until the machine goes off; negative is never
	failSync bool                       // the next sync fails, and drops what it should have written
	unsynced map[uint64][]unsyncedWrite // by inode, oldest first
	raw      []*os.File                 // to be closed
}

// unsyncedWrite is a write that is not known to be on disk.
type unsyncedWrite struct {
	file    *os.File
	offset  int64
	old     []byte
	dropped bool // by a sync that failed: only writing it again brings it to the disk
}

func newPower(t *testing.T, random *rand.Rand) *power {
	t.Helper()
	p := &power{random: random, left: -1, unsynced: map[uint64][]unsyncedWrite{}}
	t.Cleanup(func() {
		for _, f := range p.raw {
			if err := f.Close(); err != nil {
				t.Error(err)
			}
		}
	})
	return p
}

func (p *power) set(left int, failSync bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.left, p.failSync = left, failSync
}

type powerFile struct {
	records.File
	raw   *os.File
	inode uint64
	power *power
}

func (p *power) config(cfg records.Config) records.Config {
	return records.WithFiles(cfg, func(path string, flag int) (records.File, error) {
		f, err := records.OpenDisk(path, flag)
		if err != nil {
			return nil, err
		}
		raw, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			return nil, err
		}
		p.raw = append(p.raw, raw)
		var stat syscall.Stat_t
		if err := syscall.Fstat(int(raw.Fd()), &stat); err != nil {
			return nil, err
		}
		return &powerFile{File: f, raw: raw, inode: stat.Ino, power: p}, nil
	})
}

// spend is false when the machine is off.
func (p *power) spend() bool {
	if p.left > 0 {
		p.left--
	}
	return p.left != 0
}

func (f *powerFile) WriteAt(b []byte, offset int64) (int, error) {
	p := f.power
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.left == 0 {
		return 0, errPower
	}
	old := make([]byte, len(b))
	if _, err := f.raw.ReadAt(old, offset); err != nil {
		return 0, err
	}
	p.unsynced[f.inode] = append(p.unsynced[f.inode], unsyncedWrite{file: f.raw, offset: offset, old: old})
	if _, err := f.File.WriteAt(b, offset); err != nil {
		return 0, err
	}
	if !p.spend() {
		return 0, errPower
	}
	return len(b), nil
}

func (f *powerFile) Sync() error {
	p := f.power
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.spend() {
		return errPower
	}
	writes := p.unsynced[f.inode]
	if p.failSync {
		p.failSync = false
		for i := range writes {
			writes[i].dropped = true
		}
		return errors.New("the sync failed")
	}
	p.unsynced[f.inode] = slices.DeleteFunc(slices.Clone(writes), func(w unsyncedWrite) bool { return !w.dropped })
	for _, w := range p.unsynced[f.inode] {
		if err := w.keep(writes); err != nil {
			return err
		}
	}
	return nil
}

// keep makes of a dropped write what was written over it since, and synced, stay.
func (w unsyncedWrite) keep(writes []unsyncedWrite) error {
	for _, o := range writes {
		lo, hi := max(o.offset, w.offset), min(o.offset+int64(len(o.old)), w.offset+int64(len(w.old)))
		if o.dropped || lo >= hi {
			continue
		}
		if _, err := w.file.ReadAt(w.old[lo-w.offset:hi-w.offset], lo); err != nil && !errors.Is(err, io.EOF) {
			return err
		}
	}
	return nil
}

// off takes back what is not on disk: all of it, what follows some byte, some
// sectors, or it leaves garbage.
func (p *power) off() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, writes := range p.unsynced {
		for _, w := range slices.Backward(writes) {
			if err := p.forget(w); err != nil {
				return err
			}
		}
	}
	clear(p.unsynced)
	return nil
}

func (p *power) forget(w unsyncedWrite) error {
	const sector = 512
	now := make([]byte, len(w.old))
	n, err := w.file.ReadAt(now, w.offset)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	now, w.old = now[:n], w.old[:n] // the rest of the file was given back to the disk
	from := p.random.IntN(len(now) + 1)
	switch how := p.random.IntN(5); {
	case w.dropped || how == 0:
		copy(now, w.old)
	case how == 1:
		copy(now[from:], w.old[from:])
	case how == 2:
		for at := -int(w.offset % sector); at < len(now); at += sector {
			if lo, hi := max(at, 0), min(at+sector, len(now)); p.random.IntN(2) == 0 {
				copy(now[lo:hi], w.old[lo:hi])
			}
		}
	case how == 3:
		for i := from; i < min(from+p.random.IntN(2000), len(now)); i++ {
			now[i] = byte(p.random.Uint32())
		}
	}
	_, err = w.file.WriteAt(now, w.offset)
	return err
}
