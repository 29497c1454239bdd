package history

import (
	"context"
	"iter"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/postings"
	"github.com/sillok/sillok/internal/store/records"
)

// index is an index in a file or in memory.
type index interface {
	Newest() postings.Key
	Find(ctx context.Context, sets []postings.Set, within postings.Range) iter.Seq2[postings.Doc, error]
}

// catchUp makes the indexes that are missing, the newest first.
func (h *History) catchUp(ctx context.Context) error {
	for {
		if err := h.take(ctx); err != nil {
			return err
		}
		newest := uint64(0)
		for first := range h.missing {
			newest = max(newest, first)
		}
		h.release()
		if newest == 0 {
			return nil
		}
		if _, err := h.indexed(ctx, newest); err != nil {
			return err
		}
	}
}

// indexed returns the index of a closed segment, and makes it where it is missing, or
// waits for who does. It is an empty one where the segment is gone.
func (h *History) indexed(ctx context.Context, first uint64) (index, error) {
	for {
		found, busy, segment, err := h.claim(ctx, first)
		switch {
		case err != nil:
			return nil, err
		case found != nil:
			return found, nil
		case busy != nil:
			select {
			case <-busy:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		default:
			if err := h.makeIndex(ctx, segment); err != nil {
				return nil, err
			}
		}
	}
}

// claim returns the index of a segment; or what to wait for while somebody makes it;
// or the segment, whose index is then the caller's to make.
func (h *History) claim(ctx context.Context, first uint64) (found index, busy chan struct{}, segment records.Segment, err error) {
	if err := h.take(ctx); err != nil {
		return nil, nil, segment, err
	}
	defer h.release()
	if f := h.files[first]; f != nil {
		return f, nil, segment, nil
	}
	if m := h.memory[first]; m != nil { // its segment is closed, so that it is not added to
		return m, nil, segment, nil
	}
	segment, missing := h.missing[first]
	if !missing {
		return postings.NewMemory(), nil, segment, nil
	}
	if busy := h.making[first]; busy != nil {
		return nil, busy, segment, nil
	}
	if len(h.memory) > mostInMemory {
		return nil, nil, segment, cloud.Errorf(cloud.Unavailable, "ServiceUnavailable", "Event history cannot be searched: there is no room on the disk for its indexes.")
	}
	h.making[first] = make(chan struct{})
	return nil, nil, segment, nil
}

// makeIndex makes the index of a segment that was claimed. Others ask and record
// meanwhile.
func (h *History) makeIndex(ctx context.Context, segment records.Segment) error {
	m, err := h.read(ctx, segment)
	var file *postings.File
	var unwritten error
	if err == nil {
		file, unwritten = h.writeFile(segment, m)
	}
	h.turn <- struct{}{} // whoever waits for this has to be told, whatever ctx says
	defer h.release()
	close(h.making[segment.First])
	delete(h.making, segment.First)
	if err != nil {
		return err
	}
	delete(h.missing, segment.First)
	h.memory[segment.First] = m
	h.written(ctx, segment, file, unwritten)
	now := h.Progress()
	now.Missing = len(h.missing)
	h.progress.Store(&now)
	return nil
}

// read makes an index of a closed segment from the journal.
func (h *History) read(ctx context.Context, segment records.Segment) (*postings.Memory, error) {
	began, m := time.Now(), postings.NewMemory()
	for call, err := range h.cfg.Journal.Cursor(segment.First).Read(ctx) {
		if call.Last > segment.Last {
			break
		}
		if err := h.add(ctx, m, &call, err); err != nil {
			return nil, err
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err // what was read is not all of it
	}
	h.cfg.Log.InfoContext(ctx, "indexed calls for event history", "first", segment.First, "last", segment.Last, "events", m.Len(), "took", time.Since(began))
	return m, nil
}
