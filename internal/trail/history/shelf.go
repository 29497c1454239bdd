package history

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/kit/disk"
	"github.com/sillok/sillok/internal/store/postings"
	"github.com/sillok/sillok/internal/store/records"
)

// shelf is a log with its indexes.
type shelf struct {
	Shelf

	part uint32 // what its number adds to the parts of its documents
	log  *slog.Logger
	made func() // told with the turn that a missing index was made

	turn    turn   // of its History, held by whoever uses what follows
	cursor  Cursor // nil until the first question
	started uint64 // the record that cursor began before
	closed  int    // how many segments were closed when that was last looked at
	files   map[uint64]*postings.File
	memory  map[uint64]*postings.Memory // of segments that have no file yet; both by the segment's first number
	missing map[uint64]records.Segment  // that were closed when cursor began, and have neither
	making  map[uint64]chan struct{}    // indexes of missing ones that somebody makes; closed when that is over
	retry   time.Time                   // before which no file is written, since the last one could not be
	looked  [2]uint64                   // the first numbers of the oldest and the newest segment that was closed when Dir was looked through

	readers readers // of who follows
}

func newShelf(of Shelf, part uint32, turn turn, made func(), log *slog.Logger) *shelf {
	return &shelf{
		Shelf: of, part: part, log: log, made: made, turn: turn, files: map[uint64]*postings.File{}, memory: map[uint64]*postings.Memory{},
		missing: map[uint64]records.Segment{}, making: map[uint64]chan struct{}{},
	}
}

const (
	suffix = ".index"
	// retryAfter is how long after a file could not be written the next is tried.
	retryAfter = time.Minute
	// mostInMemory is how many indexes may wait for that beside those of new records.
	mostInMemory = 64
)

// keep reads what has ended, and makes a file of each index whose segment is closed.
func (s *shelf) keep(ctx context.Context) error {
	if s.cursor == nil {
		if err := s.start(); err != nil {
			return err
		}
	}
	for item, err := range s.cursor.Read(ctx) {
		if err := s.add(ctx, s.memoryOf(item.Place.Segment), &item, err); err != nil {
			if item.Last > 0 {
				s.cursor = s.Of.Cursor(item.Last) // it is behind the item, which is in no index yet
			}
			return err
		}
	}
	closed, err := s.Of.Closed()
	if err != nil {
		return err
	}
	there, newest := make(map[uint64]bool, len(closed)), uint64(0)
	for _, segment := range closed {
		there[segment.First], newest = true, segment.First
		switch {
		case s.files[segment.First] != nil:
		case segment.First < s.started && s.memory[segment.First] == nil:
			s.missing[segment.First] = segment
		case segment.Last < s.cursor.Next():
			s.write(ctx, segment)
		}
	}
	s.closed = len(closed)
	return s.forget(there, newest)
}

// start opens the indexes that there are, and begins to read behind the last
// segment that is closed.
func (s *shelf) start() error {
	err := os.Mkdir(s.Dir, 0o700)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("event history: %w", err)
	}
	closed, err := s.Of.Closed()
	if err != nil {
		return err
	}
	s.started = 1
	for _, segment := range closed {
		s.started = segment.Last + 1
		file, err := postings.Open(s.path(segment.First), span(segment))
		if _, damaged := errors.AsType[*postings.DamageError](err); err != nil && !damaged {
			return err
		}
		if err == nil {
			s.files[segment.First] = file
		}
	}
	s.cursor = s.Of.Cursor(s.started)
	return nil
}

func (s *shelf) memoryOf(segment uint64) *postings.Memory {
	m := s.memory[segment]
	if m == nil {
		m = postings.NewMemory()
		s.memory[segment] = m
	}
	return m
}

// add adds the events of an item to an index. What the log has lost is told in its
// place, and is in no index.
func (s *shelf) add(ctx context.Context, m *postings.Memory, item *Item, err error) error {
	if _, removed := errors.AsType[*records.RemovedError](err); removed {
		return nil
	}
	var all []recorded
	if err == nil {
		all, err = item.facts()
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		if _, damaged := errors.AsType[*records.DamageError](err); !damaged && item.Last == 0 {
			return err // the log cannot be read
		}
		s.log.ErrorContext(ctx, "a record is not in event history, since it cannot be read", "folder", s.Dir, "number", item.Last, "error", err)
		return nil
	}
	for i := range all {
		e := &all[i]
		d := postings.Doc{Key: postings.Key{Time: e.Time.Unix(), Number: item.Number, Part: s.part | uint32(i)}}
		putPlaces(&d.Data, item.Place, item.Begun)
		m.Add(d, terms(e))
	}
	return nil
}

// find returns the event of a document, nil where there is none any more. Its errors
// are those of records.Reader.At.
func (s *shelf) find(doc *postings.Doc) (*recorded, error) {
	item, err := s.Of.Find(places(&doc.Data))
	if err != nil || item.Number != doc.Number {
		return nil, err
	}
	all, err := item.events()
	if err != nil || int(doc.Part&^s.part) >= len(all) {
		return nil, nil //nolint:nilnil,nilerr // an event is no more of what it was made of
	}
	return &all[doc.Part&^s.part], nil
}

func putPlaces(b *[postings.DataSize]byte, place, begun records.Place) {
	binary.LittleEndian.PutUint64(b[:], place.Segment)
	binary.LittleEndian.PutUint64(b[8:], begun.Segment)
	binary.LittleEndian.PutUint32(b[16:], place.Offset)
	binary.LittleEndian.PutUint32(b[20:], begun.Offset)
}

func places(b *[postings.DataSize]byte) (place, begun records.Place) {
	place = records.Place{Segment: binary.LittleEndian.Uint64(b[:]), Offset: binary.LittleEndian.Uint32(b[16:])}
	return place, records.Place{Segment: binary.LittleEndian.Uint64(b[8:]), Offset: binary.LittleEndian.Uint32(b[20:])}
}

// write makes a file of an index in memory. One that cannot be written stays there.
func (s *shelf) write(ctx context.Context, segment records.Segment) {
	if time.Now().Before(s.retry) {
		return
	}
	file, err := s.writeFile(segment, s.memoryOf(segment.First))
	s.written(ctx, segment, file, err)
}

// writeFile makes a file of an index.
func (s *shelf) writeFile(segment records.Segment, m *postings.Memory) (*postings.File, error) {
	path := s.path(segment.First)
	if err := disk.WriteFile(path, m.Encode(span(segment)), 0o600); err != nil {
		return nil, err
	}
	return postings.Open(path, span(segment))
}

// written takes the file of an index, or that there is none, into what is asked.
func (s *shelf) written(ctx context.Context, segment records.Segment, file *postings.File, err error) {
	if err != nil {
		s.retry = time.Now().Add(retryAfter)
		s.log.WarnContext(ctx, "an index of event history cannot be written, and is kept in memory", "file", s.path(segment.First), "error", err)
		return
	}
	s.files[segment.First] = file
	delete(s.memory, segment.First)
}

// forget removes the indexes of segments that are not there any more; newest is the
// last one that is closed.
func (s *shelf) forget(there map[uint64]bool, newest uint64) error {
	for first := range s.files {
		if !there[first] {
			delete(s.files, first)
		}
	}
	for first := range s.memory {
		if !there[first] && first <= newest {
			delete(s.memory, first)
		}
	}
	for first := range s.missing {
		if !there[first] {
			delete(s.missing, first)
		}
	}
	oldest := newest
	for first := range there {
		oldest = min(oldest, first)
	}
	now := [2]uint64{oldest, newest}
	if s.looked == now && newest > 0 {
		return nil
	}
	s.looked = now
	entries, err := os.ReadDir(s.Dir)
	if err != nil {
		return fmt.Errorf("event history: %w", err)
	}
	for _, entry := range entries {
		var first uint64
		stem, ok := strings.CutSuffix(entry.Name(), suffix)
		if n, err := fmt.Sscanf(stem, "%020d", &first); !ok || n != 1 || err != nil || there[first] {
			continue
		}
		if err := os.Remove(filepath.Join(s.Dir, entry.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("event history: %w", err)
		}
	}
	return nil
}

func (s *shelf) path(first uint64) string {
	return filepath.Join(s.Dir, fmt.Sprintf("%020d%s", first, suffix))
}

func span(s records.Segment) postings.Span { return postings.Span{First: s.First, Last: s.Last} }
