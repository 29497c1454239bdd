package queues

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/lsm"
)

const (
	memtableSize = 32 << 20
	memtables    = 4
	cacheSize    = 64 << 20
	version      = 1 // of what is on disk
	secretSize   = 32
)

// Config says how a Store works. Only Log is required.
type Config struct {
	Log *slog.Logger
	// Now is the clock; nil is the machine's.
	Now func() time.Time
	// FS is the file system; nil is the machine's. Tests break it.
	FS vfs.FS
	// InFlight is how many messages of a queue may be with receivers; 0 means 120,000.
	InFlight int

	memtable uint64 // of tests that want many tables
}

// Queue is a queue that there is.
type Queue struct {
	Number  uint64 // is never given to another queue
	Ordered bool   // keeps the order of its groups
}

// Store keeps messages. It is safe for concurrent use.
type Store struct {
	cfg    Config
	db     *lsm.DB
	secret []byte // makes receipts
	close  func() error

	mu      sync.Mutex // guards the fields below, and the order of changes
	queues  map[uint64]*queue
	closed  bool
	writing sync.WaitGroup // changes that wait for the disk
}

// Open opens the store in dir, and makes it where it is not there. What it holds of other
// queues than those is removed. The caller must call Close.
func Open(ctx context.Context, dir string, cfg Config, queues []Queue) (*Store, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.FS == nil {
		cfg.FS = vfs.Default
	}
	if cfg.memtable == 0 {
		cfg.memtable = memtableSize
	}
	if cfg.InFlight == 0 {
		cfg.InFlight = 120_000
	}
	s := &Store{cfg: cfg, queues: map[uint64]*queue{}}
	s.close = sync.OnceValue(s.closeAll)
	if err := s.open(ctx, dir, queues); err != nil {
		return nil, errors.Join(fmt.Errorf("open queues: %w", err), s.Close())
	}
	return s, nil
}

func (s *Store) open(ctx context.Context, dir string, queues []Queue) error {
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
		Log: s.cfg.Log, Name: "queues", FS: s.cfg.FS, Memtable: s.cfg.memtable, Memtables: memtables, Cache: cacheSize,
	})
	if err != nil {
		return err
	}
	s.db = db
	for _, q := range queues {
		s.queues[q.Number] = newQueue(q)
	}
	return errors.Join(s.prepare(), s.load(ctx), s.db.Err())
}

// prepare reads what must be known before the first change, and writes it where the store
// is new.
func (s *Store) prepare() error {
	have, err := s.get([]byte{spaceMeta, metaVersion})
	if err != nil {
		return err
	}
	if have != nil {
		if len(have) != 1 || have[0] != version {
			return fmt.Errorf("what is there is of version %v, this program knows version %d: start the one that wrote it", have, version)
		}
		if s.secret, err = s.get([]byte{spaceMeta, metaSecret}); err == nil && len(s.secret) != secretSize {
			err = errRead(errRecord)
		}
		return err
	}
	s.secret = make([]byte, secretSize)
	if _, err := rand.Read(s.secret); err != nil {
		return err
	}
	batch := s.db.NewBatch()
	err = errors.Join(batch.Set([]byte{spaceMeta, metaSecret}, s.secret, nil), batch.Set([]byte{spaceMeta, metaVersion}, []byte{version}, nil))
	if err != nil {
		return err
	}
	s.mu.Lock()
	err = s.apply(batch)
	s.mu.Unlock()
	if err != nil {
		return err
	}
	return s.wait(batch)
}

// get returns the value at key; nil where there is none.
func (s *Store) get(key []byte) ([]byte, error) {
	value, closer, err := s.db.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, errRead(err)
	}
	out := append([]byte{}, value...)
	if err := closer.Close(); err != nil {
		return nil, errRead(err)
	}
	return out, nil
}

// Make makes a queue without messages. One that is there stays as it is.
func (s *Store) Make(q Queue) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.queues[q.Number] == nil {
		s.queues[q.Number] = newQueue(q)
	}
}

// Drop removes a queue with all its messages. It returns once that is on disk.
func (s *Store) Drop(number uint64) error {
	return s.change(func(batch *pebble.Batch) error {
		if err := drop(batch, number); err != nil {
			return err
		}
		delete(s.queues, number)
		return nil
	})
}

// drop removes all that is kept of a queue.
func drop(batch *pebble.Batch, number uint64) error {
	var errs []error
	for _, space := range []byte{spaceMessages, spaceBodies, spaceNext, spaceSeen} {
		errs = append(errs, batch.DeleteRange(queueKey(space, number), nextOf(queueKey(space, number)), nil))
	}
	return errors.Join(errs...)
}

// change makes one change of what is on disk, and waits until it is there. do is alone,
// and changes what is in memory as well; it must fail before it does that, if at all.
// Where nothing is to be changed it waits all the same: what was found may not be there yet.
func (s *Store) change(do func(*pebble.Batch) error) error {
	batch, err := s.begin(do, true)
	if err != nil {
		return err
	}
	return s.wait(batch)
}

// begin is change without the wait, which the caller owes. Where nothing is to be changed
// it may return no batch.
func (s *Store) begin(do func(*pebble.Batch) error, always bool) (*pebble.Batch, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.takes(); err != nil {
		return nil, err
	}
	batch := s.db.NewBatch()
	if err := do(batch); err != nil {
		return nil, errors.Join(err, batch.Close())
	}
	if !always && batch.Empty() {
		return nil, batch.Close()
	}
	return batch, s.apply(batch)
}

// takes returns why no changes are taken, or nil.
func (s *Store) takes() error {
	if s.closed {
		return errClosed
	}
	return s.db.Err()
}

// apply applies batch, in its turn.
func (s *Store) apply(batch *pebble.Batch) error {
	if err := s.db.Apply(batch); err != nil {
		return err
	}
	s.writing.Add(1)
	return nil
}

// wait waits until what was applied is on disk.
func (s *Store) wait(batch *pebble.Batch) error {
	defer s.writing.Done()
	if err := s.db.Wait(batch); err != nil {
		return err // Pebble may still look at the batch
	}
	return batch.Close()
}

// Err returns why no changes are taken, or nil.
func (s *Store) Err() error { return s.db.Err() }

// Close waits for what is being changed, and releases the store, of which nothing is being
// read any more. It may be called twice.
func (s *Store) Close() error { return s.close() }

func (s *Store) closeAll() error {
	if s.db == nil {
		return nil
	}
	s.db.Closing()
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.writing.Wait()
	return s.db.Close()
}

// The errors of a Store that its user tells apart.
var (
	ErrNoQueue     = errors.New("the queue is not there")
	ErrInFlight    = errors.New("too many messages of the queue are with receivers")
	ErrReceipt     = errors.New("the receipt is none of this queue's")
	ErrExpired     = errors.New("the receipt has expired")
	ErrNotInFlight = errors.New("the message is not with a receiver")
	ErrGone        = errors.New("the message is not there any more")
	ErrTooLong     = errors.New("the message would be with its receiver for more than 12 hours")
)

var (
	errClosed = cloud.Errorf(cloud.Unavailable, "ServiceUnavailable", "the server is stopping")
	errRecord = errors.New("a record is not what was written")
)

// errRead is the error of a read, which is damage or a disk that cannot be read.
func errRead(err error) error {
	return cloud.Errorf(cloud.Unavailable, "ServiceUnavailable", "Messages could not be read.").Because(err)
}
