package events

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/records"
)

// Config says where events are kept and how.
type Config struct {
	Dir    string // is made if its parent is there
	Wanted Wanted
	Log    *slog.Logger
	// Ciphers encrypts the events of groups that have a key; nil is for none.
	Ciphers Ciphers
	// MemoryBytes is how much is held in memory before it is sealed; 0 is 48 MiB.
	// Three times as much is held at most: then Append waits, and is refused.
	MemoryBytes int64
	// SegmentBytes is the size of a segment of the log, as records.Config has it.
	SegmentBytes int64
	// Needed returns the number of the first batch that somebody has yet to read by
	// Batches, 0 for all: the log keeps those, also once they are in a file. nil is
	// none.
	Needed func() uint64
}

// Store keeps log events. It is safe for concurrent use.
type Store struct {
	cfg    Config
	sealed string // the folder of files
	codec  *codec
	log    *records.Log
	damage []*DamageError // what the log had lost when it was opened

	gate  sync.RWMutex // is held for reading while a batch goes into log and memory
	clock atomic.Int64 // the latest time of arrival
	view  atomic.Pointer[view]

	upkeep sync.Mutex    // is held while files are made and removed
	full   chan struct{} // has one when memory is to be sealed

	mu      sync.Mutex
	room    chan struct{} // is closed when memory was sealed
	failed  error         // why it could not be, the last time
	changed map[uint64]bool
	all     bool // every group is to be looked through for streams that are gone
	highest uint64
}

// view is what there is to be read at one moment. It is never changed.
type view struct {
	memories []*memory // the last one is added to
	files    []*file   // by their batches
	groups   map[uint64][]placed
}

// placed is a part of a file.
type placed struct {
	file *file
	part int
}

const (
	defaultMemory = 48 << 20
	// patience is how long Append waits for room in memory before it is refused.
	patience = 2 * time.Second
	// wholeLog keeps a segment of the log for ever.
	wholeLog = time.Duration(math.MaxInt64)
)

// Open opens the store in cfg.Dir, or makes one, and reads into memory what is in no
// file yet. It starts nothing: Run seals. The caller must call Close.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	cfg.MemoryBytes = cmp.Or(cfg.MemoryBytes, defaultMemory)
	codec, err := newCodec()
	if err != nil {
		return nil, fmt.Errorf("logs: %w", err)
	}
	s := &Store{
		cfg: cfg, sealed: filepath.Join(cfg.Dir, "sealed"), codec: codec, full: make(chan struct{}, 1),
		room: make(chan struct{}), changed: map[uint64]bool{}, all: true,
	}
	for _, dir := range []string{cfg.Dir, s.sealed} {
		if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
			return nil, fmt.Errorf("logs: %w", err)
		}
	}
	files, err := s.openFiles()
	if err != nil {
		return nil, err
	}
	s.view.Store(newView([]*memory{newMemory()}, files))
	for _, f := range files {
		for i := range f.parts {
			s.highest = max(s.highest, f.parts[i].group, f.parts[i].stream)
		}
	}
	// A batch must not have the number of one that is in a file: it would count as
	// sealed. So numbers go on behind those, also when the log is lost or older.
	s.log, err = records.Open(ctx, records.Config{
		Dir: filepath.Join(cfg.Dir, "recent"), SegmentBytes: cfg.SegmentBytes, Log: cfg.Log, First: s.view.Load().through() + 1,
	})
	if err != nil {
		return nil, fmt.Errorf("logs: %w", err)
	}
	if err := s.remember(ctx); err != nil {
		return nil, errors.Join(err, s.log.Close())
	}
	return s, nil
}

// openFiles opens the files that there are, and removes what a crash left.
func (s *Store) openFiles() ([]*file, error) {
	entries, err := os.ReadDir(s.sealed)
	if err != nil {
		return nil, fmt.Errorf("logs: %w", err)
	}
	var named []*file
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), tempPrefix) {
			if err := os.Remove(filepath.Join(s.sealed, entry.Name())); err != nil {
				return nil, fmt.Errorf("logs: %w", err)
			}
		}
		if f, ok := parseName(entry.Name()); ok {
			named = append(named, f)
		}
	}
	files, err := s.openNewest(named)
	if err != nil {
		return nil, err
	}
	for i := len(files) - 1; i > 0; i-- {
		if from, to := files[i-1].last+1, files[i].first-1; from <= to {
			files = slices.Insert(files, i, s.lostFile(from, to))
		}
	}
	for _, f := range files {
		if f.broken != "" {
			s.cfg.Log.Error("log events cannot be read", "file", f.path, "error", f.broken)
		}
	}
	return files, nil
}

// openNewest opens files. Where one has what others have, since a crash came between
// making it and removing them, they are removed.
func (s *Store) openNewest(named []*file) (files []*file, err error) {
	slices.SortFunc(named, func(a, b *file) int {
		return cmp.Or(cmp.Compare(a.first, b.first), cmp.Compare(b.last, a.last), cmp.Compare(b.made, a.made))
	})
	for i := 0; i < len(named); {
		end := i + 1
		for end < len(named) && named[end].last <= named[i].last {
			end++
		}
		f, err := openFile(s.sealed, named[i].name())
		_, damaged := errors.AsType[*DamageError](err)
		switch {
		case damaged && end > i+1:
			s.cfg.Log.Error("a file of log events is damaged, and those that it was made of are used", "error", err)
			i++
			continue
		case damaged:
			f = named[i]
			f.path, f.broken = filepath.Join(s.sealed, f.name()), err.Error()
		case err != nil:
			return nil, err
		}
		for _, stale := range named[i+1 : end] {
			if err := os.Remove(filepath.Join(s.sealed, stale.name())); err != nil {
				return nil, fmt.Errorf("logs: %w", err)
			}
		}
		files, i = append(files, f), end
	}
	return files, nil
}

// lostFile stands for a file that is not there.
func (s *Store) lostFile(first, last uint64) *file {
	f := &file{first: first, last: last, broken: "a file is not there"}
	f.path = filepath.Join(s.sealed, f.name())
	return f
}

func newView(memories []*memory, files []*file) *view {
	v := &view{memories: memories, files: files, groups: map[uint64][]placed{}}
	for _, f := range files {
		for i := range f.parts {
			v.groups[f.parts[i].group] = append(v.groups[f.parts[i].group], placed{f, i})
		}
	}
	return v
}

// through returns the number of the last batch that is in a file.
func (v *view) through() uint64 {
	if len(v.files) == 0 {
		return 0
	}
	return v.files[len(v.files)-1].last
}

// remember reads into memory what the log has and no file.
func (s *Store) remember(ctx context.Context) error {
	v := s.view.Load()
	files := v.files
	for r, err := range s.log.Read(ctx, v.through()+1) {
		damage, damaged := errors.AsType[*records.DamageError](err)
		removed, gone := errors.AsType[*records.RemovedError](err)
		switch {
		case damaged && damage.Last < damage.First:
			s.cfg.Log.WarnContext(ctx, "the log of events is damaged, and nothing is lost", "error", damage)
			continue
		case damaged:
			s.cfg.Log.ErrorContext(ctx, "log events are lost", "error", damage)
			s.damage = append(s.damage, &DamageError{
				Path: filepath.Join(s.cfg.Dir, "recent", damage.Segment), Reason: damage.Reason, Events: int64(damage.Last - damage.First + 1), //nolint:gosec // a segment has fewer
				From: math.MinInt64, To: math.MaxInt64,
			})
			continue
		case gone:
			s.cfg.Log.ErrorContext(ctx, "log events are lost: the log was cut, and their file is not there", "error", removed)
			files = append(files, s.lostFile(removed.First, removed.Last))
			continue
		case err != nil:
			return fmt.Errorf("logs: %w", err)
		}
		group, events, err := s.decodeBatch(r.Data, r.Seq)
		if err != nil {
			return fmt.Errorf("logs: record %d: %w", r.Seq, err)
		}
		v.memories[0].add(group, events, len(r.Data))
		s.clock.Store(max(s.clock.Load(), events[0].Ingested))
		s.highest = max(s.highest, group, events[0].Stream)
	}
	s.view.Store(newView(v.memories, files))
	return nil
}

// Highest returns a number that no group or stream whose events are kept exceeds, as
// it was when the store was opened.
func (s *Store) Highest() uint64 { return s.highest }

// Receipt says where a batch has been put.
type Receipt struct {
	Seq      uint64
	Ingested int64 // milliseconds since 1970
}

func errBusy() error {
	return cloud.Errorf(cloud.Throttled, "ThrottlingException", "Rate exceeded")
}

// Append appends lines, of which there is at least one, to a stream, and returns once
// they are durable. Groups and streams are numbers from 1 on.
//
// The error is of kind Throttled when more arrives than can be sealed, Invalid for
// more than a record holds, and Unavailable when the disk is full or has failed, or
// the store is closed. After an error nothing was appended, except after a failure
// of the disk, when nobody can tell.
func (s *Store) Append(ctx context.Context, group, stream uint64, lines []Line) (Receipt, error) {
	size := 40
	for i := range lines {
		size += len(lines[i].Message) + 8
	}
	buf := make([]byte, 0, size)
	if err := s.await(ctx); err != nil {
		return Receipt{}, err
	}
	ingested := s.now()
	buf = encodeBatch(buf, group, stream, ingested, lines)
	record, err := s.encryptBatch(group, buf)
	if err != nil {
		return Receipt{}, err
	}
	s.gate.RLock()
	defer s.gate.RUnlock()
	seq, err := s.log.Append(ctx, record)
	if err != nil {
		return Receipt{}, fmt.Errorf("append log events: %w", err)
	}
	_, events, err := decodeRecord(buf, seq)
	if err != nil {
		return Receipt{}, fmt.Errorf("append log events: record %d: %w", seq, err)
	}
	memories := s.view.Load().memories
	m := memories[len(memories)-1]
	m.add(group, events, cap(buf))
	if m.size() >= s.cfg.MemoryBytes {
		select {
		case s.full <- struct{}{}:
		default:
		}
	}
	return Receipt{Seq: seq, Ingested: ingested}, nil
}

// now returns the time, which never goes back.
func (s *Store) now() int64 {
	for {
		last, now := s.clock.Load(), time.Now().UnixMilli()
		if now <= last {
			return last
		}
		if s.clock.CompareAndSwap(last, now) {
			return now
		}
	}
}

// await returns once there is room in memory.
func (s *Store) await(ctx context.Context) error {
	var timeout <-chan time.Time
	for {
		s.mu.Lock()
		room := s.room
		s.mu.Unlock()
		if s.Held() < 3*s.cfg.MemoryBytes {
			return nil
		}
		if timeout == nil {
			timer := time.NewTimer(patience)
			defer timer.Stop()
			timeout = timer.C
		}
		select {
		case <-room:
		case <-timeout:
			return errBusy()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Held returns how many bytes of memory the events take that are in no file yet.
func (s *Store) Held() (bytes int64) {
	for _, m := range s.view.Load().memories {
		bytes += m.size()
	}
	return bytes
}

// Err returns why events are refused or cannot be sealed, or nil.
func (s *Store) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return errors.Join(s.log.Err(), s.failed)
}

// Lost returns what is lost of which it is not known whose it was: records of the log,
// and files of which it is not known what they hold. All else is read as if they had
// never been; they are told in the log, too, when the store is opened.
func (s *Store) Lost() []*DamageError {
	all := slices.Clone(s.damage)
	for _, f := range s.view.Load().files {
		if f.broken != "" {
			all = append(all, f.damage(f.broken))
		}
	}
	return all
}

// Close ends appending. What is in memory is in the log, too. Further calls return
// what the first returned.
func (s *Store) Close() error { return s.log.Close() }
