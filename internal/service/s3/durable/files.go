package durable

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
)

// files brings files and the folder entries that lead to them onto the disk.
//
// Syncing each folder above each file would cost a flush of the disk for
// every level. So files remembers which folders' own entries are on disk. A
// deletion removes folders that become empty; one that is made again under the
// same name is a new folder, of which nothing is known. Therefore written and
// entered are to be called with the gate of the bucket held, and forget by a
// deletion, which has the bucket for itself.
type files struct {
	sync func(*os.File) error

	mu     sync.Mutex
	onDisk map[string]struct{} // folders whose entry in their parent is on disk
}

// maxKnown bounds the folders remembered.
const maxKnown = 100_000

// syncPath syncs one file or folder.
func (s *files) syncPath(path string) error {
	f, err := os.Open(path) //nolint:gosec // a bucket's folder and a storable key
	if err != nil {
		return err
	}
	return errors.Join(s.sync(f), f.Close())
}

// written syncs the file path and the entries that lead to it from the folder
// top, which must be above it.
func (s *files) written(top, path string) error {
	if err := s.syncPath(path); err != nil {
		return fmt.Errorf("sync: %w", err)
	}
	return s.entered(top, path)
}

// entered syncs the entries that lead to path from the folder top.
func (s *files) entered(top, path string) error {
	folder := filepath.Dir(path)
	if err := s.syncPath(folder); err != nil {
		return fmt.Errorf("sync folder: %w", err)
	}
	var synced []string
	for !ends(top, folder) && !s.known(folder) {
		parent := filepath.Dir(folder)
		if err := s.syncPath(parent); err != nil {
			return fmt.Errorf("sync folder: %w", err)
		}
		synced = append(synced, folder)
		folder = parent
	}
	// Whoever finds a folder known stops there, so all are learned at once,
	// when nothing above them is left to sync.
	s.learn(synced)
	return nil
}

// ends reports whether the way up from a folder ends at path.
func ends(top, path string) bool { return path == top || path == "." || path == "/" }

// removed syncs the folder that is left of those above path, which lost an
// entry.
func (s *files) removed(top, path string) error {
	for folder := filepath.Dir(path); ; folder = filepath.Dir(folder) {
		err := s.syncPath(folder)
		gone := errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
		if err != nil && !gone {
			return fmt.Errorf("sync folder: %w", err)
		}
		if !gone || ends(top, folder) {
			return nil
		}
	}
}

// forget forgets path and every folder above it, up to top.
func (s *files) forget(top, path string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for ; !ends(top, path); path = filepath.Dir(path) {
		delete(s.onDisk, path)
	}
}

// forgetAll forgets every folder.
func (s *files) forgetAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.onDisk)
}

func (s *files) known(folder string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.onDisk[folder]
	return ok
}

func (s *files) learn(folders []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.onDisk == nil || len(s.onDisk) >= maxKnown {
		s.onDisk = map[string]struct{}{}
	}
	for _, folder := range folders {
		s.onDisk[folder] = struct{}{}
	}
}
