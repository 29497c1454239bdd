package shadow

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/sillok/sillok/internal/kit/disk"
)

// File is a Parquet file of its own, outside of any Cache, that is being
// written: whole at its path after Commit, and not there before.
type File struct {
	*Writer

	temp *os.File
	path string
}

// Create begins the file at path with the columns of schema, one of which must
// be BadText. Its folder is made when it is not there. The caller must call
// Commit or Abort.
func Create(path string, schema *Schema) (*File, error) {
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return nil, fmt.Errorf("create %s: %w", path, diskFull(err))
	}
	temp, err := os.CreateTemp(folder, tempPrefix)
	if err != nil {
		return nil, fmt.Errorf("create %s: %w", path, diskFull(err))
	}
	return &File{Writer: newPool(schema).writer(temp), temp: temp, path: path}, nil
}

// Commit writes what is left and makes the file durable and visible, in the
// place of an earlier one of the same path.
func (f *File) Commit() error {
	if err := f.close(); err != nil {
		f.Abort()
		return fmt.Errorf("write %s: %w", f.path, diskFull(err))
	}
	err := errors.Join(f.temp.Sync(), f.temp.Close())
	if err == nil {
		err = os.Rename(f.temp.Name(), f.path)
	}
	if err != nil {
		f.Abort()
		return fmt.Errorf("write %s: %w", f.path, diskFull(err))
	}
	return disk.SyncFolder(filepath.Dir(f.path))
}

// Abort drops what was written.
func (f *File) Abort() {
	_ = f.temp.Close() // it is removed, whatever it holds
	_ = os.Remove(f.temp.Name())
}
