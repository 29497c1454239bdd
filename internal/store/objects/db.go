package objects

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/sillok/sillok/internal/kit/seal"
	"github.com/sillok/sillok/internal/store/lsm"
)

// DefaultInline is the largest content that lies in the index unless a Config
// says otherwise; docs/adr/0016 has the figures.
const DefaultInline = 32 << 10

// Where things are in the store's folder.
const (
	indexFolder = "index"
	blobsFolder = "blobs"
)

// Config says how a DB works. Only Log is required.
type Config struct {
	Log *slog.Logger
	// Now is the clock; nil is the machine's.
	Now func() time.Time
	// Inline is the largest content in bytes that lies in the index itself; 0 is
	// DefaultInline, less than 0 is none.
	Inline int64
	// FS is the file system; nil is the machine's. Tests break it.
	FS vfs.FS
	// Followers are the names of those that follow the feed: what none of them
	// has still to see is forgotten.
	Followers []string
	// Seal seals the keys of content that is staged by no other key. Without it
	// such content is kept as it is, and what was sealed by it cannot be read.
	Seal *seal.Sealer

	memtable uint64 // of tests that want many tables; 0 is memtableSize
}

// DB is this server's own store of objects. It is safe for concurrent use.
type DB struct {
	cfg    Config
	index  *lsm.DB
	files  *folder
	state  states
	setups setups
	pins   pins
	close  func() error

	turn   sync.Mutex // of the one that changes the index; guards the fields below
	number uint64     // the last that was given to a change
	order  uint64     // of the latest commit
	last   *commit    // the latest; nil when there is none
	closed bool

	flight flight
	space  space

	freed chan struct{} // holds one when there is something to sweep
}

// Open opens the store in dir, and makes it where it is not there. Of a crash it
// leaves nothing behind that takes room. The caller must call Close.
func Open(ctx context.Context, dir string, cfg Config) (*DB, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Inline == 0 {
		cfg.Inline = DefaultInline
	}
	if cfg.memtable == 0 {
		cfg.memtable = memtableSize
	}
	if cfg.FS == nil {
		cfg.FS = vfs.Default
	}
	d := &DB{cfg: cfg, freed: make(chan struct{}, 1)}
	d.close = sync.OnceValue(d.closeAll)
	d.files = newFolder(cfg.FS, cfg.FS.PathJoin(dir, blobsFolder), func(err error) { d.index.Fail(err) })
	if err := d.open(ctx, dir); err != nil {
		return nil, errors.Join(fmt.Errorf("open objects: %w", err), d.Close())
	}
	return d, nil
}

func (d *DB) open(ctx context.Context, dir string) error {
	if err := d.makeFolders(dir); err != nil {
		return err
	}
	index, err := lsm.Open(d.cfg.FS.PathJoin(dir, indexFolder), lsm.Config{
		Log: d.cfg.Log, Name: "objects", FS: d.cfg.FS, Memtable: d.cfg.memtable, Memtables: memtables, Cache: cacheSize,
	})
	if err != nil {
		return err
	}
	d.index = index
	if err := d.recover(ctx); err != nil {
		return err
	}
	return d.index.Err()
}

// makeFolders makes the folders, on disk.
func (d *DB) makeFolders(dir string) error {
	for _, path := range []string{dir, d.files.path} {
		if err := d.cfg.FS.MkdirAll(path, 0o700); err != nil {
			return err
		}
	}
	for _, path := range []string{d.cfg.FS.PathDir(dir), dir} {
		if err := lsm.SyncFolder(d.cfg.FS, path); err != nil {
			return err
		}
	}
	return nil
}

// recover brings the index to what is to be before its first use, and removes what
// a crash has left.
func (d *DB) recover(ctx context.Context) error {
	d.state.publish(&state{Snapshot: d.index.NewSnapshot()})
	marks, err := d.readMarks()
	if err != nil {
		return err
	}
	if err := d.removeOrphans(marks); err != nil {
		return err
	}
	d.number = marks.number
	d.flight.begin(marks.high)
	if err := d.Update(ctx, func(t *Tx) error { return t.prepareCursors(d.cfg.Followers) }); err != nil {
		return err
	}
	return d.sweepAtOpen(ctx)
}

// Close waits for the changes and Views that run, and releases the store. It may
// be called twice.
func (d *DB) Close() error { return d.close() }

func (d *DB) closeAll() error {
	if d.index == nil {
		d.state.close()
		return nil
	}
	d.index.Closing()
	d.turn.Lock()
	d.closed = true
	last := d.last
	d.turn.Unlock()
	if last != nil {
		<-last.done
	}
	d.state.close()
	return d.index.Close()
}
