package kept

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/sillok/sillok/internal/lake/format"
	"github.com/sillok/sillok/internal/lake/shadow"
)

const (
	// together is how many files of like size become one.
	together = 8
	// fullRows is how many rows make a file large enough to be left alone.
	fullRows = 256 << 10
	// longest is how far apart the rows of a joined file may be, so that what is old can
	// go by whole files. A file that was longer before stays so.
	longest = 24 * time.Hour
)

// Join makes one file of several small ones that stand beside each other, as often as
// there are such.
func (s *Store) Join(ctx context.Context) error {
	for {
		joined, err := s.joinNext(ctx)
		if err != nil || !joined {
			return err
		}
	}
}

func (s *Store) joinNext(ctx context.Context) (joined bool, err error) {
	if err := s.take(ctx); err != nil {
		return false, err
	}
	defer s.release()
	s.mu.Lock()
	var parts []*file
	for _, table := range slices.Sorted(maps.Keys(s.files)) {
		if parts = joinable(s.files[table], s.apart); parts != nil {
			break
		}
	}
	s.mu.Unlock()
	if parts == nil {
		return false, nil
	}
	first, last := parts[0], parts[len(parts)-1]
	whole := &file{table: first.table, source: first.source, span: Span{first.span.First, last.span.Last}, from: first.from, to: first.to}
	paths := make([]string, len(parts))
	for i, f := range parts {
		whole.from, whole.to, whole.loose = min(whole.from, f.from), max(whole.to, f.to), whole.loose || f.loose
		whole.rows += f.rows
		paths[i] = s.path(f)
	}
	schema, err := s.schema(ctx)
	if err != nil {
		return false, err
	}
	err = s.make(whole, func(t shadow.Temp) (shadow.Info, error) { return s.press.Join(ctx, t, schema, paths) })
	if errors.Is(err, shadow.ErrSchema) {
		s.apart[first.key()] = true // they are of before another version of the columns, and stay as they are
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("join the files of table %s: %w", first.table, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.add(whole)
	return true, nil
}

// joinable returns files beside each other that are to become one; nil for none. Those
// that cannot be, by the key of the first, are passed over.
func joinable(files []*file, apart map[string]bool) []*file {
	for size := range sizes {
		run := 0
		for i, f := range files {
			switch {
			case sizeOf(f.rows) > size:
				run = 0
				continue
			case run > 0 && files[i-1].source != f.source:
				run = 1
			default:
				run++
			}
			if run < together {
				continue
			}
			if parts := files[i+1-together : i+1]; !apart[parts[0].key()] && fits(parts) {
				return parts
			}
			run--
		}
	}
	return nil
}

// sizes is how many sizes of files there are that are joined.
const sizes = 3

// sizeOf returns which size a file of so many rows has: each is eight times the one before.
func sizeOf(rows int64) int {
	size := 0
	for limit := int64(fullRows / together / together); rows >= limit && size < sizes; limit *= together {
		size++
	}
	return size
}

// fits says whether files may become one.
func fits(parts []*file) bool {
	from, to, most, rows := parts[0].from, parts[0].to, int64(longest/time.Second), int64(0)
	for _, f := range parts {
		from, to, most = min(from, f.from), max(to, f.to), max(most, f.to-f.from)
		rows += f.rows
	}
	return to-from <= most && rows <= together*fullRows
}

// schema returns the columns of files as they are written now.
func (s *Store) schema(ctx context.Context) (schema *shadow.Schema, err error) {
	empty := &format.Source{Open: func() (io.ReadCloser, error) { return io.NopCloser(&lines{}), nil }}
	_, err = s.press.Columns(func(start func(*shadow.Schema) *shadow.Writer) error {
		return s.format.Decode(ctx, empty, func(of *shadow.Schema) *shadow.Writer {
			schema = of
			return start(of)
		})
	})
	return schema, err
}
