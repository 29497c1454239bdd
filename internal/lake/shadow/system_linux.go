package shadow

import (
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// memoryFolder is a folder whose files are in memory.
const memoryFolder = "/dev/shm"

// stamp tells one state of a file from others without reading it.
type stamp struct {
	inode   uint64
	size    int64
	written int64
	changed int64 // which no program can set back
}

func stampOf(info os.FileInfo) stamp {
	p := stamp{size: info.Size(), written: info.ModTime().UnixNano()}
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		p.inode, p.changed = s.Ino, time.Unix(s.Ctim.Unix()).UnixNano()
	}
	return p
}

// sameFile says whether two stamps are of one file, whatever was done to it.
func (s stamp) sameFile(other stamp) bool { return s.inode == other.inode && s.size == other.size }

// lock takes a file or folder for this process, as long as f is open and the process
// lives.
func lock(f *os.File) error { return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) }

// abandoned says whether no process has the file or folder at path locked, nor has
// made it within age, and if so locks it until f is closed. It is not locked for a
// moment when it was just made, and when it is about to get its name.
func abandoned(path string, age time.Duration) (f *os.File, ok bool) {
	f, err := os.Open(path) //nolint:gosec // a name that the cache gives
	if err != nil {
		return nil, false
	}
	if stat, err := f.Stat(); err != nil || time.Since(stat.ModTime()) < age || lock(f) != nil {
		_ = f.Close() // only looked at
		return nil, false
	}
	return f, true
}

// shareFolder notes that this process uses the files of a folder, as long as f,
// which is the folder, is open. It is a lock of the open file, so that closing the
// folder elsewhere in the process does not lift it.
func shareFolder(f *os.File) error {
	return unix.FcntlFlock(f.Fd(), unix.F_OFD_SETLK, &unix.Flock_t{Type: unix.F_RDLCK})
}

// sharedByOthers says whether another process uses the files of the folder f. It
// does not see what was noted through f.
func sharedByOthers(f *os.File) bool {
	lock := unix.Flock_t{Type: unix.F_WRLCK}
	err := unix.FcntlFlock(f.Fd(), unix.F_OFD_GETLK, &lock)
	return err != nil || lock.Type != unix.F_UNLCK
}

// diskSize returns the size of the disk that holds the folder at path; 0 when it is
// not known.
func diskSize(path string) int64 {
	var s unix.Statfs_t
	if err := unix.Statfs(path, &s); err != nil {
		return 0
	}
	return int64(s.Blocks) * s.Bsize //nolint:gosec // no disk is that large
}
