// Package lsm opens Pebble so that the process outlives its disk. Pebble ends the
// process when a log cannot be written; a DB of this package refuses changes
// instead, says why, and goes on being read. Where there is merely no room it waits
// for some, and goes on where it was.
//
// What is in a DB, and who sees what before it is on disk, is left to its user.
package lsm

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/disk"
	"github.com/sillok/sillok/internal/kit/life"
)

const (
	bloomBits = 10
	// compactAt is how many files level 0 may have before it is compacted.
	compactAt, stallAt = 4, 64
)

// Config says how a DB works. All is required.
type Config struct {
	Log      *slog.Logger
	Name     string // of the store in the log, such as "objects"
	FS       vfs.FS
	Memtable uint64         // bytes of what is not in a table yet: what the start after a crash reads again
	Cache    int64          // bytes of blocks that were read
	Merger   *pebble.Merger // nil for a DB that merges nothing
	// Memtables is how many memtables there may be until changes wait.
	Memtables int
}

// DB is Pebble, with what it must not be told.
type DB struct {
	*pebble.DB

	log     *slog.Logger
	cache   *pebble.Cache
	guard   *guard
	refusal refusal
	mark    mark
	close   func() error

	// acked is the number after those of all batches that are on disk.
	acked atomic.Uint64
}

// Open opens the DB in dir, whose parent is there. The caller must call Close.
func Open(dir string, cfg Config) (*DB, error) {
	d := &DB{log: cfg.Log.With("store", cfg.Name)}
	d.refusal.log = d.log
	d.guard = &guard{FS: cfg.FS, refusal: &d.refusal, closing: make(chan struct{})}
	d.close = sync.OnceValue(d.closeAll)
	if err := cfg.FS.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	var err error
	if d.mark, err = readMark(cfg.FS, dir); err != nil {
		return nil, err
	}
	if err := checkLogs(cfg.FS, dir, d.mark); err != nil {
		return nil, err
	}
	d.cache = pebble.NewCache(cfg.Cache)
	index, err := pebble.Open(dir, d.options(cfg))
	if err != nil {
		d.cache.Unref()
		return nil, err
	}
	d.DB = index
	d.guard.opened.Store(true)
	return d, nil
}

// options are Pebble's.
func (d *DB) options(cfg Config) *pebble.Options {
	o := &pebble.Options{
		FS:                          d.guard,
		Cache:                       d.cache,
		FormatMajorVersion:          pebble.FormatNewest,
		MemTableSize:                cfg.Memtable,
		MemTableStopWritesThreshold: cfg.Memtables,
		L0CompactionThreshold:       compactAt,
		L0StopWritesThreshold:       stallAt,
		Merger:                      cfg.Merger,
		Logger:                      logger{d},
		EventListener: &pebble.EventListener{
			BackgroundError: d.background,
			FlushEnd: func(info pebble.FlushInfo) {
				if info.Err == nil {
					d.refusal.room(jamTables)
				}
			},
			CompactionEnd: func(info pebble.CompactionInfo) {
				if info.Err == nil {
					d.refusal.room(jamTables)
				}
			},
			DataCorruption: func(info pebble.DataCorruptionInfo) {
				d.log.Error("a store is damaged", "path", info.Path, "error", info.Details)
			},
		},
	}
	for i := range o.Levels {
		o.Levels[i].FilterPolicy = bloom.FilterPolicy(bloomBits)
	}
	return o
}

// background is told of what failed while the DB was tidied up, which is tried
// again until it succeeds. Changes must not pile up behind it.
func (d *DB) background(err error) {
	if !errors.Is(err, pebble.ErrCancelledCompaction) {
		d.refusal.noRoom(jamTables, err)
	}
}

// Apply applies batch in memory, in one order with others, and has it written; Wait says
// when it is on disk. One is applied at a time. When it fails, the DB takes no more
// changes, and still holds the batch.
func (d *DB) Apply(batch *pebble.Batch) error {
	if err := batch.LogData(d.mark.datum(d.acked.Load()), nil); err != nil {
		return err
	}
	// What Pebble does in it may panic with its locks taken.
	err := life.Catch(func() error { return d.ApplyNoSyncWait(batch, pebble.Sync) })
	if err != nil {
		d.refusal.fail(err, true)
		return d.Err()
	}
	return nil
}

// Wait waits until a batch that was applied is on disk. When it fails, the DB takes no
// more changes.
func (d *DB) Wait(batch *pebble.Batch) error {
	if err := batch.SyncWait(); err != nil {
		d.Fail(err)
	}
	if d.Stopped() {
		return d.Err()
	}
	// What came before it in the log is on disk as well.
	for end := uint64(batch.SeqNum()) + uint64(batch.Count()); ; {
		if have := d.acked.Load(); have >= end || d.acked.CompareAndSwap(have, end) {
			return nil
		}
	}
}

// Fail ends all changes: what is in memory may be other than what is on disk.
func (d *DB) Fail(err error) { d.refusal.fail(err, false) }

// Stopped says whether no changes are taken until the DB is opened again.
func (d *DB) Stopped() bool { return d.refusal.stopped() }

// Refuses says whether no changes are taken now.
func (d *DB) Refuses() bool { return d.refusal.cause() != nil }

// Err returns why no changes are taken now, as a client may see it, or nil.
func (d *DB) Err() error {
	cause := d.refusal.cause()
	if cause == nil {
		return nil
	}
	message := "Nothing can be changed until the server is started again, since its disk did not take a change."
	if disk.IsFull(cause) {
		message = "Nothing can be changed, since the server's disk is full."
	}
	return cloud.Errorf(cloud.Unavailable, "ServiceUnavailable", "%s", message).Because(cause)
}

// Closing ends every wait for room. It is called before Close, once.
func (d *DB) Closing() { close(d.guard.closing) }

// Close releases the DB, in which nothing is done any more. It may be called twice.
func (d *DB) Close() error { return d.close() }

// closeAll closes what there is. A DB that failed while it was being written holds
// its locks and cannot be closed; what it wrote is on disk all the same.
func (d *DB) closeAll() error {
	defer d.cache.Unref()
	if d.refusal.stuck() {
		return nil
	}
	if d.Err() == nil {
		d.seal()
	}
	err := d.DB.Close()
	if d.refusal.stopped() {
		return nil // it was told why
	}
	return err
}

// seal writes to the end of the log that all before it is on disk, so that damage to the
// last of it can be told from what a crash has torn: see checkLogs. It is a help alone.
func (d *DB) seal() {
	batch := d.NewBatch()
	if d.Apply(batch) == nil && d.Wait(batch) == nil {
		_ = batch.Close() // it is only memory
	}
}

// logger is where Pebble says what it does. What it takes for the end of the process
// ends changes.
type logger struct{ d *DB }

func (l logger) Infof(format string, args ...any) {
	if l.d.log.Enabled(context.Background(), slog.LevelDebug) {
		l.d.log.Debug("a store tells", "text", fmt.Sprintf(format, args...))
	}
}

func (l logger) Errorf(format string, args ...any) {
	l.d.log.Error("a store has a problem", "text", fmt.Sprintf(format, args...))
}

// Fatalf takes no more changes. Where a commit has failed before it was written,
// whose writer would wait for ever, it panics: see DB.Apply.
func (l logger) Fatalf(format string, args ...any) {
	err := fmt.Errorf(format, args...)
	l.d.Fail(err)
	if strings.HasPrefix(format, "pebble: fatal commit error") {
		panic(err)
	}
}

// SyncFolder puts on disk which files a folder has.
func SyncFolder(fsys vfs.FS, path string) error {
	dir, err := fsys.OpenDir(path)
	if err != nil {
		return fmt.Errorf("sync folder: %w", err)
	}
	if err := errors.Join(dir.Sync(), dir.Close()); err != nil {
		return fmt.Errorf("sync folder: %w", err)
	}
	return nil
}
