// Package disk puts files on the disk so that they are there after the power
// was lost.
//
// It is for small files that are written as a whole. What is appended to, or
// too large for memory, keeps its own order of writes and syncs.
package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// WriteFile makes the file at path hold data, with the permissions perm. When
// it returns nil the file is whole on the disk; after an error or a crash there
// is what was there before, or the whole of data. The folder must exist; a crash
// may leave a file in it whose name begins with ".writing-".
func WriteFile(path string, data []byte, perm fs.FileMode) error {
	folder := filepath.Dir(path)
	temp, err := os.CreateTemp(folder, ".writing-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	_, err = temp.Write(data)
	if err = errors.Join(err, temp.Chmod(perm), temp.Sync(), temp.Close()); err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, errors.Join(err, os.Remove(temp.Name())))
	}
	if err := SyncFolder(folder); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// SyncFolder puts the names in the folder at path on the disk: files that were
// made, renamed or removed there. A file's own sync does not do that.
func SyncFolder(path string) error {
	folder, err := os.Open(path) //nolint:gosec // whoever writes there names it
	if err != nil {
		return fmt.Errorf("sync folder: %w", err)
	}
	if err := errors.Join(folder.Sync(), folder.Close()); err != nil {
		return fmt.Errorf("sync folder: %w", err)
	}
	return nil
}

// IsFull says whether err means that there is no room to write: the disk, the
// user's share of it, or the size that one file may have is used up.
func IsFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG)
}
