package records

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"

	"github.com/sillok/sillok/internal/kit/disk"
)

// Limits of Config.SegmentBytes, and what 0 stands for.
const (
	minSegment     = 64 << 10
	defaultSegment = 64 << 20
	maxSegment     = 1 << 30
	pageSize       = 4 << 10 // sizes are multiples of it
)

// Config says where a log lies and how it is kept.
type Config struct {
	// Dir is the log's folder. It is made if its parent is there.
	Dir string
	// SegmentBytes is the size of a segment, 64 KiB to 1 GiB; 0 is 64 MiB. A
	// record is at most 1 MiB and a quarter of a segment.
	SegmentBytes int64
	// Sealed says that segments are sealed: Retain keeps those that are not yet.
	Sealed bool
	// First is a number below which no further record gets one, where the log does not
	// know of higher ones: it was lost, or is an old copy. 0 is none.
	First uint64
	// Log is told what was cut, what is damaged and why writing stopped. nil is
	// nobody.
	Log *slog.Logger

	openFile opener // nil is openDisk
}

func (c Config) checked() (Config, error) {
	if c.Dir == "" {
		return c, errors.New("a folder is required")
	}
	if c.SegmentBytes == 0 {
		c.SegmentBytes = defaultSegment
	}
	if c.SegmentBytes < minSegment || c.SegmentBytes > maxSegment {
		return c, fmt.Errorf("segments of %d bytes: %d to %d are possible", c.SegmentBytes, minSegment, maxSegment)
	}
	c.SegmentBytes = pages(c.SegmentBytes)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.openFile == nil {
		c.openFile = openDisk
	}
	return c, nil
}

// pages rounds a size up.
func pages(size int64) int64 { return (size + pageSize - 1) &^ (pageSize - 1) }

// maxRecord returns the largest data that a record may have.
func (c Config) maxRecord() int { return int(min(maxData, c.SegmentBytes/4)) }

// Log is a log that is open for writing, and reads it like a Reader. Its
// methods may be called at the same time.
type Log struct {
	Reader
	cfg    Config
	close  func() error
	done   chan struct{} // closed when the writer has ended
	upkeep sync.Mutex    // held by Seal and Retain

	mu       sync.Mutex
	work     *sync.Cond // the writer waits for it
	closing  bool
	stopped  error         // why nothing more is written
	full     error         // why the last attempt at a segment failed
	segments []segment     // oldest first, never changed in place; the last is written to
	progress *progressFile // what is sealed and removed

	// What has been given a place, written or not.
	next     uint64           // the number of the next record
	born     uint64           // next when the log was opened
	clock    int64            // the time of the last record
	pos      int64            // where the next frame goes in the last segment
	open     map[uint64]place // intents
	reserved int64            // for the ends of open
	batch    *batch           // what is written next
	spare    []byte           // for the batch after it
	zeros    []byte           // what is written ahead; nil until it is
	attempt  *attempt         // at a further segment; nothing is given a place meanwhile
	room     chan struct{}    // closed when the batch is taken to be written; nil unless waited for

	// What is on disk.
	file     file          // of the last segment; nil before the first
	end      int64         // where durable records end in it
	warm     int64         // up to where it has been written, were it with zeros
	durable  uint64        // the number of the last one
	marked   bool          // a mark is the last frame
	advanced chan struct{} // closed when durable grows; nil unless waited for
}

// Open opens the log in cfg.Dir, or makes one. It cuts what a crash left at the
// end, and tells cfg.Log. The caller must call Close.
func Open(ctx context.Context, cfg Config) (*Log, error) {
	cfg, err := cfg.checked()
	if err != nil {
		return nil, fmt.Errorf("open records: %w", err)
	}
	l := &Log{cfg: cfg, done: make(chan struct{}), batch: newBatch(nil)}
	l.src = l
	l.work = sync.NewCond(&l.mu)
	l.close = sync.OnceValue(l.shut)
	if err := l.recover(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open records in %s: %w", cfg.Dir, err), l.closeFiles())
	}
	go l.write()
	return l, nil
}

// Close writes what was enqueued, marks the end and closes the files. Intents
// that are open are unfinished when the log is opened again. Further calls
// return what the first returned.
func (l *Log) Close() error { return l.close() }

func (l *Log) shut() error {
	l.mu.Lock()
	l.closing = true
	l.wake(&l.advanced)
	l.wake(&l.room)
	l.work.Signal()
	l.mu.Unlock()
	<-l.done
	err := l.closeFiles()
	if err != nil {
		return fmt.Errorf("close records in %s: %w", l.cfg.Dir, err)
	}
	return nil
}

func (l *Log) closeFiles() error {
	var errs []error
	if l.file != nil {
		errs = append(errs, l.file.Close())
	}
	if l.progress != nil {
		errs = append(errs, l.progress.close())
	}
	return errors.Join(errs...)
}

// Err returns why records are refused: the disk failed, for good until the log
// is opened again; or it was full when a record was last refused, until one is
// not. It is nil when nothing is wrong.
func (l *Log) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopped != nil {
		return l.stopped
	}
	return l.full
}

// look implements source.
func (l *Log) look() (shelf, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return shelf{dir: l.cfg.Dir, segments: l.segments, removed: l.progress.now.removed, end: l.end, last: l.durable}, nil
}

// wait implements source.
func (l *Log) wait(ctx context.Context, s shelf) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.durable == s.last {
		switch {
		case l.stopped != nil:
			return l.stopped
		case l.closing:
			return errClosed()
		}
		if err := l.await(ctx, l.signal(&l.advanced)); err != nil {
			return err
		}
	}
	return nil
}

// signal returns *at, a channel that is closed when what is waited for happens.
func (l *Log) signal(at *chan struct{}) <-chan struct{} {
	if *at == nil {
		*at = make(chan struct{})
	}
	return *at
}

// wake closes what signal returned.
func (l *Log) wake(at *chan struct{}) {
	if *at != nil {
		close(*at)
		*at = nil
	}
}

// await waits for c without holding mu.
func (l *Log) await(ctx context.Context, c <-chan struct{}) error {
	l.mu.Unlock()
	defer l.mu.Lock()
	select {
	case <-c:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// makeFolder makes the log's folder unless it is there.
func makeFolder(dir string) error {
	err := os.Mkdir(dir, 0o700)
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return disk.SyncFolder(filepath.Dir(dir))
}

// Next returns the number that the next record will have: higher than those of all
// whose append has ended.
func (l *Log) Next() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.next
}

// MaxRecord returns how many bytes the data of a record may have at most.
func (l *Log) MaxRecord() int { return l.cfg.maxRecord() }

// First returns the number of the first record that retention has not removed.
func (l *Log) First() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.progress.now.removed.last + 1
}
