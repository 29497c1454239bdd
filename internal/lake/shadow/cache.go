package shadow

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/disk"
	"github.com/sillok/sillok/internal/kit/life"
)

const (
	suffix     = ".parquet"
	tempPrefix = "making-"
	tempFolder = "making" // in the cache's folder, for what is not whole yet
)

// Config says where shadows lie, and how many.
type Config struct {
	Dir  string // made when the first shadow is
	Sync bool   // sync a shadow before it gets its name
	// Budget is how many bytes of shadows to keep; 0 means a fifth of the disk that holds Dir.
	Budget int64
	// Spare are folders that take a query's shadows, for that query alone, when Dir
	// cannot be written; nil for those of the system's temporary files.
	Spare []string
}

// Cache is a folder of shadows. It may be used by several goroutines, and the
// folder by several processes.
type Cache struct {
	cfg    Config
	mu     sync.Mutex
	calls  map[string]*call
	holds  holds
	proofs proofs
	budget budget
	spare  spare
	users  users

	cleared sync.Once // of what a process that died left half-made
	folders sync.Map  // those that are known to be there
}

// call is one making of a shadow, which others wait for.
type call struct {
	done  chan struct{}
	entry Entry
	err   error
}

// New returns a cache. It does no I/O.
func New(cfg Config) *Cache {
	return &Cache{
		cfg: cfg, calls: map[string]*call{},
		holds:  holds{held: map[string]*hold{}, known: map[string]struct{}{}},
		proofs: proofs{of: map[string]proven{}},
		budget: budget{limit: cfg.Budget, total: unknown},
		spare:  spare{folders: cfg.Spare, dirs: map[string]*spareDir{}, paths: map[string]map[string]string{}},
	}
}

// Entry is a shadow on disk.
type Entry struct {
	Path    string
	Bytes   int64
	Info    Info
	Made    bool   // now, and not found
	Damaged bool   // there was one that had been damaged; this one was made in its place
	Note    string // why it is not kept; empty when it is

	stamp stamp
}

// Name returns the name of the shadow that parts decide, in an order that
// matters. Different parts give different names.
func Name(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return hex.EncodeToString(h.Sum(nil)[:20])
}

// Temp is a file to make a shadow in. It does not exist yet.
type Temp struct {
	Path string
	Sync bool // see that it is on the disk
}

// Maker makes a whole shadow, as Press does, and returns its Info. It may be called
// again, for another file.
type Maker func(ctx context.Context, t Temp) (Info, error)

// Get returns the shadow called name when all its bytes are those that were
// written, and makes it when there is none like that. One name is made once at a
// time.
func (c *Cache) Get(ctx context.Context, name string, build Maker) (Entry, error) {
	for {
		if err := ctx.Err(); err != nil {
			return Entry{}, err
		}
		c.mu.Lock()
		running, wait := c.calls[name]
		if !wait {
			running = &call{done: make(chan struct{})}
			c.calls[name] = running
		}
		c.mu.Unlock()
		if !wait {
			// A decoder that panics must not leave the others waiting.
			running.err = life.Catch(func() (err error) {
				running.entry, err = c.findOrMake(ctx, name, build)
				return err
			})
			c.mu.Lock()
			delete(c.calls, name)
			c.mu.Unlock()
			close(running.done)
			return running.entry, running.err
		}
		select {
		case <-running.done:
		case <-ctx.Done():
			return Entry{}, ctx.Err()
		}
		if errors.Is(running.err, context.Canceled) || errors.Is(running.err, context.DeadlineExceeded) {
			continue // the other caller gave up; this one has not
		}
		entry := running.entry
		entry.Made, entry.Damaged = false, false
		return entry, running.err
	}
}

func (c *Cache) path(name string) string {
	return filepath.Join(c.cfg.Dir, name[:2], name+suffix)
}

func (c *Cache) findOrMake(ctx context.Context, name string, build Maker) (Entry, error) {
	path := c.path(name)
	entry, err := c.find(ctx, name, path)
	if err == nil || ctx.Err() != nil {
		return entry, err
	}
	damaged := errors.Is(err, errDamaged)
	entry, err = c.make(ctx, path, build)
	if place, ok := errors.AsType[placeError](err); ok && ctx.Err() == nil {
		entry, err = c.makeSpare(ctx, name, build, place)
	}
	entry.Damaged = damaged
	return entry, err
}

// find returns the shadow called name, in its place or in a spare one. What lies in
// its place and is no whole shadow is dropped.
func (c *Cache) find(ctx context.Context, name, path string) (Entry, error) {
	entry, err := c.proofs.open(ctx, path)
	if err == nil {
		return entry, nil
	}
	if at, ok := c.spare.path(name); ok {
		if entry, err := c.proofs.open(ctx, at); err == nil {
			entry.Note = c.spare.note()
			return entry, nil
		}
	}
	if errors.Is(err, errDamaged) || errors.Is(err, errNoProof) {
		_ = os.Remove(path) // what takes its place does so anyway
	}
	return Entry{}, err
}

// make makes the shadow that belongs at path.
func (c *Cache) make(ctx context.Context, path string, build Maker) (Entry, error) {
	temp := filepath.Join(c.cfg.Dir, tempFolder)
	c.cleared.Do(func() { removeAbandoned(temp, halfMade) })
	entry, err := c.write(ctx, temp, path, build)
	if err != nil && ctx.Err() == nil && disk.IsFull(err) {
		// What no query reads makes room, and only then another place is taken.
		if c.makeRoom(ctx) {
			entry, err = c.write(ctx, temp, path, build)
		}
	}
	if err != nil {
		return Entry{}, err
	}
	c.made(path)
	c.grown(ctx, entry.Bytes)
	return entry, nil
}

// write makes a shadow in a file of the folder temp and gives it its path.
func (c *Cache) write(ctx context.Context, temp, path string, build Maker) (entry Entry, err error) {
	for _, dir := range []string{temp, filepath.Dir(path)} {
		if err := c.folder(dir); err != nil {
			return Entry{}, placeError{fmt.Errorf("make the shadow folder: %w", err)}
		}
	}
	t := Temp{Path: filepath.Join(temp, tempPrefix+rand.Text()), Sync: c.cfg.Sync}
	info, err := build(ctx, t)
	if err == nil {
		if err = errors.Join(mark(t.Path), os.Rename(t.Path, path)); err != nil {
			err = placeError{fmt.Errorf("name a shadow: %w", err)}
		}
	}
	if err != nil {
		_ = os.Remove(t.Path) // the next process takes what cannot be removed now
		c.folders.Clear()     // one of them may be gone
		if at, ok := errors.AsType[*fs.PathError](err); disk.IsFull(err) || ok && at.Path == t.Path {
			err = placeError{err}
		}
		return Entry{}, err
	}
	stat, err := os.Stat(path) // as it is under its new name
	if err != nil {
		return Entry{}, placeError{err}
	}
	entry = Entry{Path: path, Bytes: stat.Size(), Info: info, stamp: stampOf(stat)}
	c.proofs.remember(entry)
	entry.Made = true
	return entry, nil
}

// mark gives a file a time of its last change within the last hour by chance. Readers
// remember footers by a file's path and that second, and must not take a file that was
// made anew for the one that had its name before.
func mark(path string) error {
	var dice [2]byte
	_, _ = rand.Read(dice[:]) // it never fails
	at := time.Now().Add(-time.Duration(binary.LittleEndian.Uint16(dice[:])%3600) * time.Second)
	return os.Chtimes(path, at, at)
}

// folder sees that a folder is there, which it asks the disk only once.
func (c *Cache) folder(path string) error {
	if _, known := c.folders.Load(path); known {
		return nil
	}
	if err := os.MkdirAll(path, 0o750); err != nil {
		return err
	}
	c.folders.Store(path, struct{}{})
	return nil
}

// placeError is the failure of a folder to take a shadow: another one may.
type placeError struct{ error }

// Unwrap returns the cause.
func (e placeError) Unwrap() error { return e.error }

// diskFull turns a full disk into an error that a caller can understand.
func diskFull(err error) error {
	if !disk.IsFull(err) {
		return err
	}
	return cloud.Errorf(cloud.Unavailable, "INTERNAL_ERROR", "the disk that holds the column cache is full: free space, or move the cache").Because(err)
}
