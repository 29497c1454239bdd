package series

import (
	"context"
)

// Small returns cfg for a store that makes many tables, knows few names and does its
// upkeep in small batches.
func Small(cfg Config) Config {
	cfg.memtable, cfg.names, cfg.chunk = 64<<10, 8, 50
	return cfg
}

// Tend does at once what Run would.
func Tend(ctx context.Context, s *Store) error {
	if err := s.roll(ctx); err != nil {
		return err
	}
	return s.prune(ctx)
}

// Settle writes what is in memory into tables, and compacts all.
func Settle(ctx context.Context, s *Store) error {
	if err := s.db.Flush(); err != nil {
		return err
	}
	return s.db.Compact(ctx, []byte{0}, []byte{255}, true)
}

// Known is how many names are in memory.
func Known(s *Store) int {
	s.names.mu.Lock()
	defer s.names.mu.Unlock()
	return len(s.names.young) + len(s.names.old)
}

// Spans returns how many summaries each tier has.
func Spans(s *Store) (counts [tiers]int, err error) {
	iter, err := s.db.NewIter(nil)
	if err != nil {
		return counts, err
	}
	for valid := iter.First(); valid; valid = iter.Next() {
		if space := iter.Key()[0]; space >= spaceTiers && space < spaceTiers+byte(tiers) {
			counts[space-spaceTiers]++
		}
	}
	return counts, iter.Close()
}

// IDOf is what is read of a key's name.
func IDOf(key []byte) bool {
	id, ok := idOf(key)
	if ok && string(appendID(nil, id.Namespace, id.Name, id.Dimensions)) != string(key) {
		panic("it is not what was read")
	}
	return ok
}
