// Package series keeps the data of CloudWatch's metrics: what was put, merged by the
// minute, and by the second where that was asked for, into the summaries that AWS keeps.
//
// Data are on disk once Put returns. They are added to what is there of their time,
// however late they come, and lie first by time: each hour of minutes is a range of keys
// of its own. So what has been kept long enough goes by one deletion of a range, and no
// hour is written again because of another. When minutes have been kept for 15 days they
// are rolled up to 5 minutes, and these after 63 days to hours, which are kept for 455.
//
// Every byte has a checksum, which is verified when it is read. What a sample costs in
// memory is bounded, and so is what a series does: names lie on disk, with indexes by
// namespace, by name and by dimension, and memory has those that were lately used.
//
// Who may put or read what, and which data are taken, is left to others.
package series

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/lsm"
)

const (
	memtableSize = 64 << 20
	memtables    = 4
	cacheSize    = 96 << 20
	version      = 1 // of what is on disk
)

// Config says how a Store works. Only Log is required.
type Config struct {
	Log *slog.Logger
	// Now is the clock; nil is the machine's.
	Now func() time.Time
	// FS is the file system; nil is the machine's. Tests break it.
	FS vfs.FS

	memtable uint64 // of tests that want many tables
	names    int    // of tests that want few names in memory
	chunk    int    // of tests that want small batches of upkeep
}

// Store keeps data of metrics. It is safe for concurrent use.
type Store struct {
	cfg   Config
	db    *lsm.DB
	names *names
	close func() error

	watched atomic.Pointer[map[cloud.Scope]bool] // where changes are noted
	stamped atomic.Int64                         // the last stamp of a note

	turn    sync.Mutex // of the one that changes the store; guards the fields below
	next    uint64     // the number of the next series
	closed  bool
	writing sync.WaitGroup // Puts that wait for the disk
}

// Open opens the store in dir, and makes it where it is not there. The caller must call
// Close.
func Open(ctx context.Context, dir string, cfg Config) (*Store, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.FS == nil {
		cfg.FS = vfs.Default
	}
	if cfg.memtable == 0 {
		cfg.memtable = memtableSize
	}
	if cfg.names == 0 {
		cfg.names = namesAtMost
	}
	if cfg.chunk == 0 {
		cfg.chunk = chunkSize
	}
	s := &Store{cfg: cfg, names: newNames(cfg.names)}
	s.close = sync.OnceValue(s.closeAll)
	if err := s.open(ctx, dir); err != nil {
		return nil, errors.Join(fmt.Errorf("open metrics: %w", err), s.Close())
	}
	return s, nil
}

func (s *Store) open(ctx context.Context, dir string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := s.cfg.FS.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := lsm.SyncFolder(s.cfg.FS, s.cfg.FS.PathDir(dir)); err != nil {
		return err
	}
	db, err := lsm.Open(dir, lsm.Config{
		Log: s.cfg.Log, Name: "metrics", FS: s.cfg.FS, Memtable: s.cfg.memtable, Memtables: memtables, Cache: cacheSize, Merger: merger,
	})
	if err != nil {
		return err
	}
	s.db = db
	return errors.Join(s.prepare(), s.db.Err())
}

// prepare reads what must be known before the first change, and writes it where the
// store is new.
func (s *Store) prepare() error {
	have, err := s.number(keyVersion())
	if err != nil {
		return err
	}
	if s.next, err = s.number(keyNext()); err != nil {
		return err
	}
	switch have {
	case version:
		return nil
	case 0:
	default:
		return fmt.Errorf("what is there is of version %d, this program knows version %d: start the one that wrote it", have, version)
	}
	s.next = 1
	batch := s.db.NewBatch()
	defer func() { _ = batch.Close() }() // it is only memory
	return errors.Join(batch.Set(keyVersion(), number(version), nil), batch.Set(keyNext(), number(s.next), nil), s.commit(batch))
}

// number returns the number at key; 0 where there is none.
func (s *Store) number(key []byte) (uint64, error) {
	value, closer, err := s.db.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, errRead(err)
	}
	n, ok := numberOf(value)
	if err := closer.Close(); err != nil || !ok {
		return 0, errRead(errors.Join(err, errRecord))
	}
	return n, nil
}

// commit applies batch and waits until it is on disk.
func (s *Store) commit(batch *pebble.Batch) error {
	s.turn.Lock()
	err := s.apply(batch)
	s.turn.Unlock()
	if err != nil {
		return err
	}
	return s.wait(batch)
}

// apply applies batch in its turn.
func (s *Store) apply(batch *pebble.Batch) error {
	if s.closed {
		return errClosed
	}
	if err := s.db.Err(); err != nil {
		return err
	}
	if err := s.db.Apply(batch); err != nil {
		return err
	}
	s.writing.Add(1)
	return nil
}

// wait waits until what apply applied is on disk.
func (s *Store) wait(batch *pebble.Batch) error {
	defer s.writing.Done()
	return s.db.Wait(batch)
}

// Err returns why no data are taken, or nil.
func (s *Store) Err() error { return s.db.Err() }

// Size returns how many bytes the store takes on disk, about.
func (s *Store) Size() uint64 { return s.db.Metrics().DiskSpaceUsage() }

// Close waits for what is being put, and releases the store, of which nothing is being
// read any more. It may be called twice.
func (s *Store) Close() error { return s.close() }

func (s *Store) closeAll() error {
	if s.db == nil {
		return nil
	}
	s.db.Closing()
	s.turn.Lock()
	s.closed = true
	s.turn.Unlock()
	s.writing.Wait()
	return s.db.Close()
}

var (
	errClosed = errors.New("the store of metrics is closed")
	errRecord = errors.New("a record is not what was written")
)

// errRead is the error of a read, which is damage or a disk that cannot be read.
func errRead(err error) error {
	return cloud.Errorf(cloud.Unavailable, "InternalServiceFault", "Data of metrics could not be read.").Because(err)
}
