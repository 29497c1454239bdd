package records

import (
	"io"
	"os"
)

// file is a file that records are written to.
type file interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	// Allocate makes an empty file size bytes of zeros, for all of which the
	// disk has space.
	Allocate(size int64) error
	Truncate(size int64) error
	// Sync returns when all that was written, and the file's size, is on disk.
	Sync() error
}

// opener opens a file as os.OpenFile does, readable by its owner alone.
type opener func(path string, flag int) (file, error)

func openDisk(path string, flag int) (file, error) {
	f, err := os.OpenFile(path, flag, 0o600) //nolint:gosec // in a folder that the operator names
	if err != nil {
		return nil, err
	}
	return diskFile{f}, nil
}

type diskFile struct{ *os.File }

// fillZeros writes size zeros, for file systems that cannot reserve space.
func fillZeros(f io.WriterAt, size int64) error {
	zeros := make([]byte, min(size, 1<<20))
	for offset := int64(0); offset < size; offset += int64(len(zeros)) {
		zeros = zeros[:min(size-offset, int64(len(zeros)))]
		if _, err := f.WriteAt(zeros, offset); err != nil {
			return err
		}
	}
	return nil
}
