package objects

import (
	"sync"
	"syscall"
	"time"
)

const (
	// reserve is how much of the disk content does not use, so that what frees
	// room can still be done and the index can be tidied up.
	reserve = 64 << 20
	// roomEvery is how long what is known of the disk is good for.
	roomEvery = 100 * time.Millisecond
)

// space knows whether there is room for content.
type space struct {
	mu     sync.Mutex
	looked time.Time
	full   bool
}

// room returns an error when the disk is about to be full.
func (d *DB) room() error {
	s := &d.space
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := time.Now(); s.full || now.Sub(s.looked) >= roomEvery {
		s.looked = now
		usage, err := d.cfg.FS.GetDiskUsage(d.files.path)
		// A small disk keeps a part of it; one that does not say is tried.
		s.full = err == nil && usage.AvailBytes < min(reserve, usage.TotalBytes/16)
	}
	if s.full {
		return writeError(syscall.ENOSPC)
	}
	return nil
}
