package lsm

import (
	"errors"
	"strings"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/sillok/sillok/internal/kit/disk"
)

// guard stands between Pebble and the disk. Pebble does not survive a log that
// cannot be written: when it changes to the next one it panics with a lock of its
// own not held that it then gives up, which ends the process. So it is never told.
// The guard notes the failure, from when on the store refuses changes and takes
// none of those under way for done, and lets nothing more come to the disk: what
// is there is what the next start reads.
//
// A log or manifest for which there is no room is different. It waits for some,
// and goes on where it was; meanwhile the store refuses what is new.
type guard struct {
	vfs.FS
	refusal *refusal
	opened  atomic.Bool   // it has been opened: before that, nothing waits
	closing chan struct{} // closed when it is about to be
}

// roomPause is how often is looked whether there is room again.
const roomPause = 100 * time.Millisecond

var errStopped = errors.New("the store writes nothing more")

func isLog(name string) bool      { return strings.HasSuffix(name, ".log") }
func isTable(name string) bool    { return strings.HasSuffix(name, ".sst") }
func isManifest(name string) bool { return strings.Contains(name, "MANIFEST-") }

// Unwrap implements vfs.FS.
func (g *guard) Unwrap() vfs.FS { return g.FS }

// Create implements vfs.FS.
func (g *guard) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	return g.create(name, func() (vfs.File, error) { return g.FS.Create(name, category) })
}

// ReuseForWrite implements vfs.FS.
func (g *guard) ReuseForWrite(from, to string, category vfs.DiskWriteCategory) (vfs.File, error) {
	return g.create(to, func() (vfs.File, error) { return g.FS.ReuseForWrite(from, to, category) })
}

func (g *guard) create(name string, create func() (vfs.File, error)) (vfs.File, error) {
	if isTable(name) {
		g.pace()
	}
	if g.refusal.stopped() {
		if isLog(name) {
			return &logFile{guard: g}, nil
		}
		return nil, errStopped
	}
	if !isLog(name) && !isManifest(name) {
		return create()
	}
	var file vfs.File
	err := g.untilRoom(func() (err error) {
		file, err = create()
		return err
	})
	switch {
	case err == nil && isManifest(name):
		return &manifestFile{File: file, guard: g}, nil
	case err == nil:
		return &logFile{File: file, guard: g}, nil
	case isManifest(name):
		return nil, err
	}
	g.refusal.fail(err, false)
	return &logFile{guard: g}, nil
}

// pace holds up the writer of a table who has just failed, since he tries again
// at once. Where all is over he waits for the end.
func (g *guard) pace() {
	if g.refusal.stopped() && g.opened.Load() {
		<-g.closing
		return
	}
	if g.refusal.cause() != nil {
		g.pause()
	}
}

// pause waits a little, and reports false when the DB is being closed.
func (g *guard) pause() bool {
	timer := time.NewTimer(roomPause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-g.closing:
		return false
	}
}

// untilRoom calls do again for as long as there is no room.
func (g *guard) untilRoom(do func() error) error {
	for {
		err := do()
		if !disk.IsFull(err) || !g.opened.Load() {
			g.refusal.room(jamLog)
			return err
		}
		g.refusal.noRoom(jamLog, err)
		if !g.pause() {
			return err
		}
	}
}

// OpenDir implements vfs.FS.
func (g *guard) OpenDir(name string) (vfs.File, error) {
	file, err := g.FS.OpenDir(name)
	if err != nil {
		return nil, err
	}
	return &logFile{File: file, guard: g}, nil
}

// Remove implements vfs.FS.
func (g *guard) Remove(name string) error {
	if g.refusal.stopped() {
		return nil
	}
	return g.FS.Remove(name)
}

// RemoveAll implements vfs.FS.
func (g *guard) RemoveAll(name string) error {
	if g.refusal.stopped() {
		return nil
	}
	return g.FS.RemoveAll(name)
}

// Rename implements vfs.FS.
func (g *guard) Rename(from, to string) error {
	if g.refusal.stopped() {
		return errStopped
	}
	return g.FS.Rename(from, to)
}

// Link implements vfs.FS.
func (g *guard) Link(from, to string) error {
	if g.refusal.stopped() {
		return errStopped
	}
	return g.FS.Link(from, to)
}

// logFile is a log, or the folder that it is in. It never fails.
type logFile struct {
	vfs.File // nil of one that is not on disk
	guard    *guard
}

// try does something unless all is over, and ends it all when that fails.
func (f *logFile) try(do func() error) {
	if f.File == nil || f.guard.refusal.stopped() {
		return
	}
	if err := do(); err != nil {
		f.guard.refusal.fail(err, false)
	}
}

// Write implements vfs.File.
func (f *logFile) Write(data []byte) (int, error) {
	rest := data
	f.try(func() error {
		return f.guard.untilRoom(func() error {
			n, err := f.File.Write(rest)
			rest = rest[n:]
			return err
		})
	})
	return len(data), nil
}

// Sync implements vfs.File.
func (f *logFile) Sync() error {
	f.try(func() error { return f.File.Sync() })
	return nil
}

// SyncData implements vfs.File.
func (f *logFile) SyncData() error {
	f.try(func() error { return f.File.SyncData() })
	return nil
}

// SyncTo implements vfs.File.
func (f *logFile) SyncTo(length int64) (full bool, _ error) {
	f.try(func() (err error) {
		full, err = f.File.SyncTo(length)
		return err
	})
	return full, nil
}

// Preallocate implements vfs.File. It is no more than a wish.
func (f *logFile) Preallocate(offset, length int64) error {
	if f.File != nil && !f.guard.refusal.stopped() {
		_ = f.File.Preallocate(offset, length)
	}
	return nil
}

// Stat implements vfs.File.
func (f *logFile) Stat() (info vfs.FileInfo, _ error) {
	info = noInfo{}
	f.try(func() error {
		found, err := f.File.Stat()
		if err == nil {
			info = found
		}
		return err
	})
	return info, nil
}

// noInfo is what is known of a file that is not on disk.
type noInfo struct{ vfs.FileInfo }

// Size implements vfs.FileInfo.
func (noInfo) Size() int64 { return 0 }

// Fd implements vfs.File.
func (f *logFile) Fd() uintptr {
	if f.File == nil {
		return vfs.InvalidFd
	}
	return f.File.Fd()
}

// Close implements vfs.File.
func (f *logFile) Close() error {
	if f.File == nil {
		return nil
	}
	if err := f.File.Close(); err != nil {
		f.guard.refusal.fail(err, false)
	}
	return nil
}

// manifestFile is the file that says which tables there are. Pebble takes its
// failure for the end; it waits for room.
type manifestFile struct {
	vfs.File
	guard *guard
}

// Write implements vfs.File.
func (f *manifestFile) Write(data []byte) (int, error) {
	written := 0
	err := f.unlessStopped(func() error {
		return f.guard.untilRoom(func() error {
			n, err := f.File.Write(data[written:])
			written += n
			return err
		})
	})
	return written, err
}

// Sync implements vfs.File.
func (f *manifestFile) Sync() error { return f.unlessStopped(f.File.Sync) }

// SyncData implements vfs.File.
func (f *manifestFile) SyncData() error { return f.unlessStopped(f.File.SyncData) }

func (f *manifestFile) unlessStopped(do func() error) error {
	if f.guard.refusal.stopped() {
		return errStopped
	}
	return do()
}
