package history

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/journal"
	"github.com/sillok/sillok/internal/kit/disk"
	"github.com/sillok/sillok/internal/store/postings"
	"github.com/sillok/sillok/internal/store/records"
	"github.com/sillok/sillok/internal/trail/event"
)

// keep reads what has ended, and makes a file of each index whose segment is closed.
func (h *History) keep(ctx context.Context) error {
	if h.cursor == nil {
		if err := h.start(); err != nil {
			return err
		}
	}
	for call, err := range h.cursor.Read(ctx) {
		if err := h.add(ctx, h.memoryOf(call.Place.Segment), &call, err); err != nil {
			return err
		}
	}
	closed, err := h.cfg.Journal.Closed()
	if err != nil {
		return err
	}
	there, newest := make(map[uint64]bool, len(closed)), uint64(0)
	for _, segment := range closed {
		there[segment.First], newest = true, segment.First
		switch {
		case h.files[segment.First] != nil:
		case segment.First < h.started && h.memory[segment.First] == nil:
			h.missing[segment.First] = segment
		case segment.Last < h.cursor.Next():
			h.write(ctx, segment)
		}
	}
	if err := h.forget(there, newest); err != nil {
		return err
	}
	h.progress.Store(&Progress{Segments: len(closed), Missing: len(h.missing)})
	return nil
}

// start opens the indexes that there are, and begins to read behind the last
// segment that is closed.
func (h *History) start() error {
	err := os.Mkdir(h.cfg.Dir, 0o700)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("event history: %w", err)
	}
	closed, err := h.cfg.Journal.Closed()
	if err != nil {
		return err
	}
	h.started = 1
	for _, segment := range closed {
		h.started = segment.Last + 1
		file, err := postings.Open(h.path(segment.First), span(segment))
		if _, damaged := errors.AsType[*postings.DamageError](err); err != nil && !damaged {
			return err
		}
		if err == nil {
			h.files[segment.First] = file
		}
	}
	h.cursor = h.cfg.Journal.Cursor(h.started)
	return nil
}

func (h *History) memoryOf(segment uint64) *postings.Memory {
	m := h.memory[segment]
	if m == nil {
		m = postings.NewMemory()
		h.memory[segment] = m
	}
	return m
}

// add adds the events of a call to an index. What the journal has lost is told in
// its place, and is in no index.
func (h *History) add(ctx context.Context, m *postings.Memory, call *journal.Call, err error) error {
	if _, removed := errors.AsType[*records.RemovedError](err); removed {
		return nil
	}
	var all []event.Event
	if err == nil {
		all, err = h.cfg.Events(&call.Entry)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		if _, damaged := errors.AsType[*records.DamageError](err); !damaged && call.Last == 0 {
			return err // the journal cannot be read
		}
		h.cfg.Log.ErrorContext(ctx, "a call is not in event history, since it cannot be read", "number", call.Last, "error", err)
		return nil
	}
	for i := range all {
		e := &all[i]
		d := postings.Doc{Key: postings.Key{Time: e.Time.Unix(), Number: call.Number, Part: uint32(i)}}
		putPlaces(&d.Data, call.Place, call.Begun)
		m.Add(d, terms(e))
	}
	return nil
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
func (h *History) write(ctx context.Context, segment records.Segment) {
	if time.Now().Before(h.retry) {
		return
	}
	file, err := h.writeFile(segment, h.memoryOf(segment.First))
	h.written(ctx, segment, file, err)
}

// writeFile makes a file of an index.
func (h *History) writeFile(segment records.Segment, m *postings.Memory) (*postings.File, error) {
	path := h.path(segment.First)
	if err := disk.WriteFile(path, m.Encode(span(segment)), 0o600); err != nil {
		return nil, err
	}
	return postings.Open(path, span(segment))
}

// written takes the file of an index, or that there is none, into what is asked.
func (h *History) written(ctx context.Context, segment records.Segment, file *postings.File, err error) {
	if err != nil {
		h.retry = time.Now().Add(retryAfter)
		h.cfg.Log.WarnContext(ctx, "an index of event history cannot be written, and is kept in memory", "file", h.path(segment.First), "error", err)
		return
	}
	h.files[segment.First] = file
	delete(h.memory, segment.First)
}

// forget removes the indexes of segments that are not there any more; newest is the
// last one that is closed.
func (h *History) forget(there map[uint64]bool, newest uint64) error {
	for first := range h.files {
		if !there[first] {
			delete(h.files, first)
		}
	}
	for first := range h.memory {
		if !there[first] && first <= newest {
			delete(h.memory, first)
		}
	}
	for first := range h.missing {
		if !there[first] {
			delete(h.missing, first)
		}
	}
	oldest := newest
	for first := range there {
		oldest = min(oldest, first)
	}
	now := [2]uint64{oldest, newest}
	if h.looked == now && newest > 0 {
		return nil
	}
	h.looked = now
	entries, err := os.ReadDir(h.cfg.Dir)
	if err != nil {
		return fmt.Errorf("event history: %w", err)
	}
	for _, entry := range entries {
		var first uint64
		stem, ok := strings.CutSuffix(entry.Name(), suffix)
		if n, err := fmt.Sscanf(stem, "%020d", &first); !ok || n != 1 || err != nil || there[first] {
			continue
		}
		if err := os.Remove(filepath.Join(h.cfg.Dir, entry.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("event history: %w", err)
		}
	}
	return nil
}

func (h *History) path(first uint64) string {
	return filepath.Join(h.cfg.Dir, fmt.Sprintf("%020d%s", first, suffix))
}

func span(s records.Segment) postings.Span { return postings.Span{First: s.First, Last: s.Last} }
