package shadow

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	unknown      = -1
	diskShare    = 5                // the part of a disk that shadows take unless told otherwise
	halfMade     = 10 * time.Second // how long a file without its name may be without a lock as well
	othersUse    = 2 * time.Hour    // a file that another process reads was marked as used within this
	looseAfter   = 20               // the part of the budget after which what was made is measured
	freeTo       = 10               // an eviction frees this part of the budget beyond what it must
	sampledFiles = 2000             // files that are enough to tell how large all are
	minRoom      = 64 << 20         // bytes that are freed when the disk is full
)

// budget is how large the shadows are, and may be.
type budget struct {
	limit int64

	mu    sync.Mutex
	total int64 // as measured last, and what was made since; or unknown
	since int64 // bytes made since it was measured
	stuck int64 // the total that an eviction could not get below; it is not tried again until more was made
}

// grown counts a shadow that was made, and evicts others when it is time.
func (c *Cache) grown(ctx context.Context, bytes int64) {
	b := &c.budget
	b.mu.Lock()
	defer b.mu.Unlock()
	b.since += bytes
	if b.total != unknown {
		b.total += bytes
	}
	c.keepBudget(ctx, false)
}

// keepBudget measures and evicts where that is due; ended says that a query has
// ended, so that more may go than before. budget is locked.
func (c *Cache) keepBudget(ctx context.Context, ended bool) {
	b := &c.budget
	if b.limit == 0 {
		if b.limit = diskSize(c.cfg.Dir) / diskShare; b.limit == 0 {
			return // there is no folder yet, or no way to know
		}
	}
	due := b.since > b.limit/looseAfter || ended && b.since > 0
	if b.total == unknown && due || b.since > b.limit/looseAfter {
		total, err := c.measure(ctx, b.limit)
		if err != nil {
			return // it is tried again with the next shadow
		}
		b.total, b.since = total, 0
	}
	if b.total <= b.limit || !ended && b.total < b.stuck+b.limit/looseAfter {
		return
	}
	left, _, err := c.evict(ctx, b.limit-b.limit/freeTo, false)
	if err != nil {
		return
	}
	b.total, b.since, b.stuck = left, 0, 0
	if left > b.limit {
		b.stuck = left
	}
}

// measure returns how large all shadows are together. It looks at some of the
// folders, over which they are spread evenly, when these say that it is far from
// limit.
func (c *Cache) measure(ctx context.Context, limit int64) (int64, error) {
	folders, err := os.ReadDir(c.cfg.Dir)
	if err != nil {
		return 0, err
	}
	var bytes int64
	files := 0
	for i, folder := range folders {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		if estimate := bytes / int64(max(i, 1)) * int64(len(folders)); files > sampledFiles && estimate < limit/2 {
			return estimate, nil
		}
		entries, _ := os.ReadDir(filepath.Join(c.cfg.Dir, folder.Name())) // not a folder, or gone
		for _, e := range entries {
			if info, err := e.Info(); err == nil {
				bytes += info.Size()
				files++
			}
		}
	}
	return bytes, nil
}

// makeRoom evicts shadows because the disk is full, and says whether any went.
func (c *Cache) makeRoom(ctx context.Context) bool {
	c.budget.mu.Lock()
	defer c.budget.mu.Unlock()
	files, err := c.files(ctx)
	if err != nil {
		return false
	}
	var bytes int64
	for _, f := range files {
		bytes += f.bytes
	}
	left, removed, err := c.evict(ctx, bytes-max(minRoom, bytes/freeTo), false)
	if err == nil {
		c.budget.total, c.budget.since = left, 0
	}
	return removed > 0
}

// file is a shadow or a half-made one, as the folder shows it.
type file struct {
	path   string
	object string // that it is of; "" when its name does not tell
	bytes  int64
	used   time.Time
	temp   bool
}

func (c *Cache) files(ctx context.Context) ([]file, error) {
	var out []file
	err := filepath.WalkDir(c.cfg.Dir, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && path != c.cfg.Dir {
			return nil // another process was quicker
		}
		if err != nil || d.IsDir() {
			return err
		}
		temp := strings.HasPrefix(d.Name(), tempPrefix)
		if !temp && !strings.HasSuffix(d.Name(), suffix) {
			return ctx.Err()
		}
		info, err := d.Info()
		if err != nil {
			return ctx.Err()
		}
		f := file{path: path, bytes: info.Size(), used: info.ModTime(), temp: temp}
		if !temp {
			f.object = objectIn(d.Name())
		}
		if used := c.proofs.usedAt(path); used.After(f.used) {
			f.used = used
		}
		out = append(out, f)
		return ctx.Err()
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return out, err
}

// evict removes the shadows that were used least recently until at most limit
// bytes are left, but for those that are in use, unless all is set; and what a
// process that died left half-made.
func (c *Cache) evict(ctx context.Context, limit int64, all bool) (left int64, removed int, err error) {
	files, err := c.files(ctx)
	if err != nil {
		return 0, 0, err
	}
	slices.SortFunc(files, func(a, b file) int {
		return cmp.Or(a.used.Compare(b.used), strings.Compare(a.path, b.path))
	})
	for _, f := range files {
		left += f.bytes
	}
	now := time.Now()
	shared := !all && c.users.others(c.cfg.Dir)
	for _, f := range files {
		age := now.Sub(f.used)
		if !f.temp && (left <= limit || shared && age < othersUse) {
			continue
		}
		gone, err := c.evictOne(f, all)
		if err != nil {
			return left, removed, err
		}
		if gone {
			left -= f.bytes
			removed++
		}
	}
	return left, removed, nil
}

// evictOne removes a shadow that no query of this process holds.
func (c *Cache) evictOne(f file, all bool) (bool, error) {
	if f.temp {
		lock, ok := abandoned(f.path, halfMade)
		if !ok {
			return false, nil
		}
		defer func() { _ = lock.Close() }() // only locked
	}
	c.holds.mu.Lock()
	defer c.holds.mu.Unlock()
	if !all && !f.temp && c.holds.held[f.object] != nil {
		return false, nil
	}
	c.proofs.forget(f.path)
	if err := os.Remove(f.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	return true, nil
}

// Size returns how many shadows there are and their bytes.
func (c *Cache) Size(ctx context.Context) (count int, bytes int64, err error) {
	files, err := c.files(ctx)
	if err != nil {
		return 0, 0, fmt.Errorf("measure the cache: %w", err)
	}
	for _, f := range files {
		if !f.temp {
			count++
			bytes += f.bytes
		}
	}
	return count, bytes, nil
}

// Clean removes the shadows that were used least recently until at most limit bytes
// are left, whoever uses them, and what a process that died left half-made. It
// returns how many files it removed.
func (c *Cache) Clean(ctx context.Context, limit int64) (removed int, err error) {
	if _, removed, err = c.evict(ctx, limit, true); err != nil {
		return removed, fmt.Errorf("clean the cache: %w", err)
	}
	c.budget.mu.Lock()
	defer c.budget.mu.Unlock()
	c.budget.total = unknown
	return removed, nil
}

// users tells the processes that share a folder of each other.
type users struct {
	mu     sync.Mutex
	folder *os.File // while something is held
	held   int      // queries
}

// begin notes that this process reads shadows; it may fail, and then an eviction by
// another process may cost a query the time to decode again.
func (u *users) begin(dir string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.held++; u.held > 1 && u.folder != nil {
		return
	}
	f, err := os.Open(dir) //nolint:gosec // the operator names it
	if err != nil {
		return // nothing is there yet
	}
	if err := shareFolder(f); err != nil {
		_ = f.Close() // only looked at
		return
	}
	u.folder = f
}

func (u *users) end() {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.held--; u.held == 0 && u.folder != nil {
		_ = u.folder.Close() // only looked at
		u.folder = nil
	}
}

// others says whether another process may read shadows of the folder now.
func (u *users) others(dir string) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.folder != nil {
		return sharedByOthers(u.folder)
	}
	f, err := os.Open(dir) //nolint:gosec // the operator names it
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }() // only looked at
	return sharedByOthers(f)
}
