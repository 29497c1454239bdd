package kept

import (
	"context"
	"time"
)

// SweepAt removes what no query is given any more, as if it were a later time.
func (s *Store) SweepAt(ctx context.Context, now time.Time) error {
	if err := s.take(ctx); err != nil {
		return err
	}
	defer s.release()
	return s.sweep(now)
}

// PlacesName is the name of the file that says up to where logs are in files.
const PlacesName = placesName

// ParseName reads the name of a file, and returns the name that it would get.
func ParseName(name string) (again string, ok bool) {
	f, ok := parseName("t", name)
	if !ok {
		return "", false
	}
	return f.name(), true
}
