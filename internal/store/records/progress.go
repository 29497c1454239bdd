package records

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"

	"github.com/sillok/sillok/internal/kit/disk"
)

// progress is what the segments cannot say of themselves.
type progress struct {
	sealed  uint64 // the number of the last record that is sealed
	removed removed
}

// progressFile keeps progress in two places of a file, which are written one
// after the other: a crash leaves one of them as it was, damage too. The file is
// never lengthened, so that a full disk does not keep Retain from removing
// segments.
type progressFile struct {
	file file
	now  progress
}

const (
	progressName = "progress"
	slotSize     = 512 // a disk writes so much whole
	slotUsed     = 32
)

// openProgress opens the file in dir, and makes it when there is none. damaged
// is true when what it said is lost.
func openProgress(dir string, open opener) (p *progressFile, damaged bool, err error) {
	path := filepath.Join(dir, progressName)
	f, err := open(path, os.O_RDWR)
	if errors.Is(err, os.ErrNotExist) {
		p, err = makeProgress(dir, open)
		return p, false, err
	}
	if err != nil {
		return nil, false, err
	}
	now, ok, err := readProgress(f)
	if err != nil {
		return nil, false, errors.Join(err, f.Close())
	}
	return &progressFile{file: f, now: now}, !ok, nil
}

func makeProgress(dir string, open opener) (*progressFile, error) {
	path := filepath.Join(dir, progressName)
	f, err := open(path+".new", os.O_RDWR|os.O_CREATE|os.O_TRUNC)
	if err != nil {
		return nil, err
	}
	p := &progressFile{file: f}
	if err = f.Allocate(2 * slotSize); err == nil {
		err = p.set(progress{})
	}
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	if err == nil {
		err = disk.SyncFolder(dir)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return p, nil
}

// readProgress returns the later of what the two places say. It is false when
// neither is sound.
func readProgress(f io.ReaderAt) (now progress, ok bool, err error) {
	for i := range int64(2) {
		slot := make([]byte, slotUsed)
		if _, err := f.ReadAt(slot, i*slotSize); err != nil && !errors.Is(err, io.EOF) {
			return progress{}, false, err
		}
		if binary.LittleEndian.Uint32(slot[28:]) != crc32.Checksum(slot[:28], castagnoli()) {
			continue
		}
		p := progress{sealed: binary.LittleEndian.Uint64(slot), removed: removed{
			last:  binary.LittleEndian.Uint64(slot[8:]),
			until: int64(binary.LittleEndian.Uint64(slot[16:])), //nolint:gosec // the bits come back as they were
		}}
		// Neither number ever gets less.
		now.sealed = max(now.sealed, p.sealed)
		if p.removed.last > now.removed.last {
			now.removed = p.removed
		}
		ok = true
	}
	return now, ok, nil
}

// set makes next durable.
func (p *progressFile) set(next progress) error {
	slot := make([]byte, 0, slotUsed)
	slot = binary.LittleEndian.AppendUint64(slot, next.sealed)
	slot = binary.LittleEndian.AppendUint64(slot, next.removed.last)
	slot = binary.LittleEndian.AppendUint64(slot, uint64(next.removed.until)) //nolint:gosec // the bits come back as they were
	slot = binary.LittleEndian.AppendUint32(slot, version)
	slot = binary.LittleEndian.AppendUint32(slot, crc32.Checksum(slot, castagnoli()))
	for i := range int64(2) {
		if _, err := p.file.WriteAt(slot, i*slotSize); err != nil {
			return err
		}
		if err := p.file.Sync(); err != nil {
			return err
		}
	}
	return nil
}

func (p *progressFile) close() error { return p.file.Close() }
