package records

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// View returns a Reader of the log in dir that takes no part in writing it: for
// another process than the one that writes, or when none does. It does no I/O.
//
// It sees what has been written, in order. The newest records of a log that is
// being written may not be durable yet: a power cut can take back those whose
// sync has not ended. Follow looks for new records five times a second; it asks
// no one, so that any file system will do.
func View(dir string) Reader {
	return Reader{src: &folder{dir: dir}}
}

const pollEvery = 200 * time.Millisecond

// folder is the source of a View.
type folder struct {
	dir string

	mu    sync.Mutex
	known map[string]segment // measured, by name
}

// look implements source.
func (f *folder) look() (shelf, error) {
	s := shelf{dir: f.dir, tail: true}
	// Removals are remembered before they happen, so what is missing from the
	// list is known to be removed when this is read after it.
	segments, err := listSegments(f.dir)
	if err != nil {
		return shelf{}, err
	}
	file, err := os.Open(filepath.Join(f.dir, progressName))
	if err == nil {
		var p progress
		p, _, err = readProgress(file)
		s.removed = p.removed
		err = errors.Join(err, file.Close())
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return shelf{}, err
	}
	s.segments, err = f.measured(segments)
	return s, err
}

// measured fills in what the segments' starts say.
func (f *folder) measured(segments []segment) ([]segment, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	known := make(map[string]segment, len(segments))
	var floor int64
	for i := range segments {
		name := segments[i].name()
		seg, ok := f.known[name]
		if !ok {
			seg = segments[i]
			if err := seg.measure(f.dir, floor); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return nil, err
			}
		}
		known[name], segments[i], floor = seg, seg, seg.floor
	}
	f.known = known
	return segments, nil
}

// wait implements source.
func (f *folder) wait(ctx context.Context, _ shelf) error {
	timer := time.NewTimer(pollEvery)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
