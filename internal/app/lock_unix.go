//go:build unix

package app

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// folderLock keeps a second server out of a data folder. It ends with the
// process, however that ends.
type folderLock struct{ file *os.File }

// lockFolder takes the data folder for this process.
func lockFolder(folder string) (*folderLock, error) {
	file, err := os.OpenFile(filepath.Join(folder, "lock"), os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // the operator names the folder
	if err != nil {
		return nil, fmt.Errorf("lock the data folder: %w", err)
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return &folderLock{file}, nil
	}
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = errors.New("another server uses it; stop that one, or choose another folder")
	}
	return nil, errors.Join(fmt.Errorf("lock the data folder %s: %w", folder, err), file.Close())
}

// release gives the folder back. It may be called twice.
func (l *folderLock) release() error {
	if err := l.file.Close(); !errors.Is(err, os.ErrClosed) {
		return err
	}
	return nil
}
