package queues

import "context"

// Small returns cfg for a store that makes many tables of little data.
func Small(cfg Config) Config {
	cfg.memtable = 256 << 10
	return cfg
}

// Settle has all that was sent in tables.
func Settle(_ context.Context, s *Store) error { return s.db.Flush() }

// Recode reads a record of a message and writes it again.
func Recode(b []byte) ([]byte, bool) {
	m, name, ok := decode(b, 1)
	if !ok {
		return nil, false
	}
	m.group = &group{name: name}
	return m.encode(), true
}

// RecodeSeen reads a record of a name and writes it again.
func RecodeSeen(b []byte) ([]byte, bool) {
	s, ok := decodeSeen(b)
	return s.encode(), ok
}

// Valid says whether a receipt is one of a message of a queue, which need not be there any
// more.
func (s *Store) Valid(number uint64, receipt string) bool {
	_, _, ok := s.read(number, receipt)
	return ok
}
