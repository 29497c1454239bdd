package kept

import (
	"context"
	"time"
)

// maxTails is how many files there may be of what has not been closed, before they are
// written anew as one.
const maxTails = 8

type tailKey struct{ table, source string }

// tail is the rows of a table in records that are not closed yet, as far as somebody has
// asked. It is held in files that need not outlast the server.
type tail struct {
	from   uint64 // the first record
	reader Reader
	files  []*file
}

// flush has all rows of a table that are durable in files.
func (s *Store) flush(ctx context.Context, table, source string) error {
	key := tailKey{table, source}
	t := s.tails[key]
	log := s.cfg.Sources[source]
	from := s.places[source] + 1
	if t == nil || t.from != from || len(t.files) >= maxTails {
		s.drop(t)
		t = &tail{from: from, reader: log.Reader(from)}
		s.tails[key] = t
	}
	began := max(t.reader.Next(), from)
	if began >= log.Next() {
		return nil
	}
	tables, err := collect(ctx, t.reader, 0, func(of string) bool { return of == table })
	if err != nil {
		s.drop(t) // what was read is in no file
		delete(s.tails, key)
		return err
	}
	g := tables[table]
	if g == nil {
		return nil
	}
	f := g.file(table, source, Span{began, max(began, t.reader.Next()-1)})
	f.tail = true
	if err := s.write(ctx, f, g.rows); err != nil {
		s.drop(t)
		delete(s.tails, key)
		return err
	}
	t.files = append(t.files, f)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.byKey[f.key()] = f
	return nil
}

// drop has no query given the files of a tail any more.
func (s *Store) drop(t *tail) {
	if t == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range t.files {
		f.obsolete = time.Now()
	}
}

// dropTails forgets the tails that begin before the end of what was closed.
func (s *Store) dropTails(source string, last uint64) {
	for key, t := range s.tails {
		if key.source == source && t.from <= last {
			s.drop(t)
			delete(s.tails, key)
		}
	}
}
