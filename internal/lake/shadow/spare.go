package shadow

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/sillok/sillok/internal/kit/disk"
)

// sparePrefix begins the names of the folders that take shadows when the cache
// cannot: in them they last as long as the query that reads them.
const sparePrefix = "sillok-shadows-"

// spare is where shadows go that the cache's own folder does not take.
type spare struct {
	folders []string // that may take them

	mu     sync.Mutex
	dirs   map[string]*spareDir         // by the folder that they are in
	paths  map[string]map[string]string // by the object, and the shadow's name
	making int                          // shadows that are being made
	reason string
}

// spareDir is a folder of this process alone, which is locked as long as it is used.
type spareDir struct {
	path string
	lock *os.File
}

func (s *spare) path(name string) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	path, ok := s.paths[objectIn(name)][name]
	return path, ok
}

func (s *spare) note() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reason
}

// begin notes why a shadow has to be made outside of the cache's folder; done ends
// that with its path, or "".
func (s *spare) begin(reason string) (done func(name, path string)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reason = reason
	s.making++
	return func(name, path string) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.making--
		if path != "" {
			object := objectIn(name)
			if s.paths[object] == nil {
				s.paths[object] = map[string]string{}
			}
			s.paths[object][name] = path
		}
		s.tidy()
	}
}

// makeSpare makes a shadow outside of the cache's folder, which failed by why.
func (c *Cache) makeSpare(ctx context.Context, name string, build Maker, why placeError) (entry Entry, err error) {
	reason := "it cannot be written"
	if disk.IsFull(why) {
		reason = "its disk is full"
	}
	done := c.spare.begin(reason)
	defer func() { done(name, entry.Path) }()
	errs := []error{why}
	folders := c.spare.folders
	if folders == nil {
		folders = []string{os.TempDir(), memoryFolder}
	}
	for _, folder := range folders {
		dir, err := c.spare.dir(folder)
		if err == nil {
			entry, err = c.write(ctx, dir, filepath.Join(dir, name+suffix), build)
		}
		if err == nil {
			entry.Note = reason
			return entry, nil
		}
		if _, place := errors.AsType[placeError](err); !place || ctx.Err() != nil {
			return Entry{}, err
		}
		errs = append(errs, err)
	}
	return Entry{}, diskFull(fmt.Errorf("keep columns in %s, or for this query alone: %w", c.cfg.Dir, errors.Join(errs...)))
}

// dir returns this process's folder in that one. It makes it when there is none,
// and then removes those of processes that ended without a Release.
func (s *spare) dir(folder string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if d, ok := s.dirs[folder]; ok {
		return d.path, nil
	}
	found, _ := filepath.Glob(filepath.Join(folder, sparePrefix+"*"))
	for _, path := range found {
		if lock, ok := abandoned(path, halfMade); ok {
			_, _ = os.RemoveAll(path), lock.Close() // another user's stays
		}
	}
	path, err := os.MkdirTemp(folder, sparePrefix)
	if err != nil {
		return "", placeError{err}
	}
	f, err := os.Open(path) //nolint:gosec // MkdirTemp named it
	if err == nil {
		err = lock(f)
	}
	if err != nil {
		return "", placeError{errors.Join(err, os.Remove(path))}
	}
	s.dirs[folder] = &spareDir{path: path, lock: f}
	return path, nil
}

// drop removes the spare shadows of an object.
func (s *spare) drop(object string, forget func(path string)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, path := range s.paths[object] {
		_ = os.Remove(path) // the next process takes what is left
		forget(path)
	}
	delete(s.paths, object)
	s.tidy()
}

// tidy removes the folders once nothing is or will be in them; s is locked.
func (s *spare) tidy() {
	if s.making > 0 || len(s.paths) > 0 {
		return
	}
	for folder, d := range s.dirs {
		_, _ = os.RemoveAll(d.path), d.lock.Close() // the next process takes what is left
		delete(s.dirs, folder)
	}
}

// removeAbandoned removes the half-made files in the folder at path that no process
// works on nor has made within age.
func removeAbandoned(path string, age time.Duration) {
	found, _ := filepath.Glob(filepath.Join(path, tempPrefix+"*"))
	for _, at := range found {
		if lock, ok := abandoned(at, age); ok {
			_, _ = os.Remove(at), lock.Close() // it is tried again
		}
	}
}
