package kept

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// A Store with Config.Scratch only looks: another process may be writing what lies in Dir.
// What is not closed is written into Scratch.

// look reads what lies in the folder, as of one moment: files that are newer than what is
// written down of where logs are in files are passed over, since their logs are read.
func (s *Store) look() error {
	for {
		places := maps.Clone(s.places)
		files, err := s.list()
		if err != nil {
			return err
		}
		if err := s.readPlaces(); err != nil {
			return err
		}
		if !maps.Equal(places, s.places) {
			continue // it went on meanwhile
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		for table, all := range files {
			all = slices.DeleteFunc(all, func(f *file) bool { return f.span.First > s.places[f.source] })
			inOrder(all)
			s.files[table], _ = covered(all)
			for _, f := range s.files[table] {
				if known := s.byKey[f.key()]; known == nil {
					s.byKey[f.key()] = f
				}
			}
		}
		return nil
	}
}

// list returns the files of all tables.
func (s *Store) list() (map[string][]*file, error) {
	tables, err := os.ReadDir(s.cfg.Dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	found := map[string][]*file{}
	for _, t := range tables {
		if !t.IsDir() || !tableName.MatchString(t.Name()) {
			continue
		}
		entries, err := os.ReadDir(filepath.Join(s.cfg.Dir, t.Name()))
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			f, ok := parseName(t.Name(), e.Name())
			if !ok {
				continue
			}
			info, err := e.Info()
			if errors.Is(err, fs.ErrNotExist) {
				continue // it was joined with others
			}
			if err != nil {
				return nil, err
			}
			f.bytes, f.made = info.Size(), info.ModTime()
			found[f.table] = append(found[f.table], f)
		}
	}
	return found, nil
}

// Tables returns the names of all tables that have rows.
func (s *Store) Tables(ctx context.Context) ([]string, error) {
	if err := s.Seal(ctx); err != nil {
		return nil, err
	}
	if err := s.take(ctx); err != nil {
		return nil, err
	}
	defer s.release()
	names := map[string]bool{}
	s.mu.Lock()
	for table := range s.files {
		names[table] = true
	}
	s.mu.Unlock()
	for name, source := range s.cfg.Sources {
		tables, err := collect(ctx, source.Reader(s.places[name]+1), 0, nil)
		if err != nil {
			return nil, err
		}
		for table := range tables {
			names[table] = true
		}
	}
	return slices.Sorted(maps.Keys(names)), nil
}
