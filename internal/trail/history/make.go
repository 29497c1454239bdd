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

// catchUp makes the indexes that are missing, those of a log the newest first.
func (h *History) catchUp(ctx context.Context) error {
	for _, s := range h.shelves {
		if err := s.catchUp(ctx); err != nil {
			return err
		}
	}
	return nil
}

// catchUp makes the indexes of a shelf that are missing, the newest first.
func (s *shelf) catchUp(ctx context.Context) error {
	for {
		if err := s.turn.take(ctx); err != nil {
			return err
		}
		newest := uint64(0)
		for first := range s.missing {
			newest = max(newest, first)
		}
		s.turn.release()
		if newest == 0 {
			return nil
		}
		if _, err := s.indexed(ctx, newest); err != nil {
			return err
		}
	}
}

// indexed returns the index of a closed segment, and makes it where it is missing, or
// waits for who does. It is an empty one where the segment is gone.
func (s *shelf) indexed(ctx context.Context, first uint64) (index, error) {
	for {
		found, busy, segment, err := s.claim(ctx, first)
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
			if err := s.makeIndex(ctx, segment); err != nil {
				return nil, err
			}
		}
	}
}

// claim returns the index of a segment; or what to wait for while somebody makes it;
// or the segment, whose index is then the caller's to make.
func (s *shelf) claim(ctx context.Context, first uint64) (found index, busy chan struct{}, segment records.Segment, err error) {
	if err := s.turn.take(ctx); err != nil {
		return nil, nil, segment, err
	}
	defer s.turn.release()
	if f := s.files[first]; f != nil {
		return f, nil, segment, nil
	}
	if m := s.memory[first]; m != nil { // its segment is closed, so that it is not added to
		return m, nil, segment, nil
	}
	segment, missing := s.missing[first]
	if !missing {
		return postings.NewMemory(), nil, segment, nil
	}
	if busy := s.making[first]; busy != nil {
		return nil, busy, segment, nil
	}
	if len(s.memory) > mostInMemory {
		return nil, nil, segment, cloud.Errorf(cloud.Unavailable, "ServiceUnavailable", "Event history cannot be searched: there is no room on the disk for its indexes.")
	}
	s.making[first] = make(chan struct{})
	return nil, nil, segment, nil
}

// makeIndex makes the index of a segment that was claimed. Others ask and record
// meanwhile.
func (s *shelf) makeIndex(ctx context.Context, segment records.Segment) error {
	m, err := s.read(ctx, segment)
	var file *postings.File
	var unwritten error
	if err == nil {
		file, unwritten = s.writeFile(segment, m)
	}
	s.turn <- struct{}{} // whoever waits for this has to be told, whatever ctx says
	defer s.turn.release()
	close(s.making[segment.First])
	delete(s.making, segment.First)
	if err != nil {
		return err
	}
	delete(s.missing, segment.First)
	s.memory[segment.First] = m
	s.written(ctx, segment, file, unwritten)
	s.made()
	return nil
}

// read makes an index of a closed segment from the log.
func (s *shelf) read(ctx context.Context, segment records.Segment) (*postings.Memory, error) {
	began, m := time.Now(), postings.NewMemory()
	for item, err := range s.Of.Cursor(segment.First).Read(ctx) {
		if item.Last > segment.Last {
			break
		}
		if err := s.add(ctx, m, &item, err); err != nil {
			return nil, err
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err // what was read is not all of it
	}
	s.log.InfoContext(ctx, "indexed events for event history", "folder", s.Dir, "first", segment.First, "last", segment.Last, "events", m.Len(), "took", time.Since(began))
	return m, nil
}
