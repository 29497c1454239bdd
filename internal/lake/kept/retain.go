package kept

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Retain removes the files whose newest row is older than its table keeps rows, those of
// tables that are gone, and those that nobody uses any more.
func (s *Store) Retain(ctx context.Context) error {
	if err := s.take(ctx); err != nil {
		return err
	}
	defer s.release()
	s.mu.Lock()
	tables := slices.Sorted(maps.Keys(s.files))
	s.mu.Unlock()
	now := time.Now()
	for _, table := range tables {
		age, gone, err := s.cfg.Keep(ctx, table)
		if err != nil {
			return fmt.Errorf("how long table %s is kept: %w", table, err)
		}
		s.mu.Lock()
		s.files[table] = slices.DeleteFunc(s.files[table], func(f *file) bool {
			old := gone || age > 0 && now.Sub(time.Unix(f.to, 0)) > age
			if old {
				f.obsolete = now
			}
			return old
		})
		if len(s.files[table]) == 0 {
			delete(s.files, table)
		}
		s.mu.Unlock()
	}
	return s.sweep(now)
}

// sweep removes the files that no query is given any more and none reads.
func (s *Store) sweep(now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for key, f := range s.byKey {
		if f.obsolete.IsZero() || f.holds > 0 || now.Sub(f.obsolete) < lasts && now.After(f.obsolete) {
			continue
		}
		if err := os.Remove(s.path(f)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
			continue
		}
		delete(s.byKey, key)
		if len(s.files[f.table]) == 0 {
			_ = os.Remove(filepath.Dir(s.path(f))) // where it is empty
		}
	}
	return errors.Join(errs...)
}
