package hll

import (
	"cmp"
	"slices"

	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// The buckets that a sketch may have are 2^MinBits to 2^MaxBits.
const (
	MinBits = 4
	MaxBits = 16
)

// SetBits is p of the sketches that approx_set and empty_approx_set make.
const SetBits = 12

// Sketch is what is known of a set of hashes: few by their entries, in order and
// each prefix once, many by buckets.
type Sketch struct {
	p       int
	entries []uint32
	buckets []uint8 // nil as long as there are entries
}

// New returns a sketch of nothing. p is from MinBits to MaxBits.
func New(p int) *Sketch { return &Sketch{p: p} }

// Gathered returns the sketch of hashes of which an engine gathered up to EntriesKept
// entries and all marks.
func Gathered(entries, marks []int64, p int) *Sketch {
	s := New(p)
	for _, e := range entries {
		s.insert(uint32(e)) //nolint:gosec // 32 bits
	}
	if len(entries) == EntriesKept(p) || int64(len(s.entries)) >= entryLimit(p) {
		return &Sketch{p: p, buckets: fromMarks(marks, p)}
	}
	return s
}

// EntriesKept is how many entries, of the least, tell whether a sketch has buckets:
// more than any that has none.
func EntriesKept(p int) int { return 2 * int(entryLimit(p)) }

// insert adds an entry.
func (s *Sketch) insert(e uint32) {
	i, found := slices.BinarySearchFunc(s.entries, e, comparePrefix)
	if !found {
		s.entries = slices.Insert(s.entries, i, e)
		return
	}
	s.entries[i] = max(s.entries[i], e)
}

func comparePrefix(a, b uint32) int { return cmp.Compare(a>>runBits, b>>runBits) }

// Dense returns the same sketch with buckets.
func (s *Sketch) Dense() *Sketch {
	if s.buckets != nil {
		return s
	}
	dense := &Sketch{p: s.p, buckets: make([]uint8, 1<<s.p)}
	for _, e := range s.entries {
		b, run := mark(e, s.p)
		dense.buckets[b] = max(dense.buckets[b], run)
	}
	return dense
}

// Add adds a hash.
func (s *Sketch) Add(hash uint64) {
	if s.buckets == nil {
		if s.insert(entry(hash)); int64(len(s.entries)) >= entryLimit(s.p) {
			*s = *s.Dense()
		}
		return
	}
	b := hash >> (64 - s.p)
	s.buckets[b] = max(s.buckets[b], uint8(zeros(hash, s.p)+1)) //nolint:gosec // at most 61
}

// Merge adds the hashes of another sketch.
func (s *Sketch) Merge(other *Sketch) error {
	if s.buckets == nil && other.buckets == nil {
		for _, e := range other.entries {
			s.insert(e)
		}
		if int64(len(s.entries)) > entryCapacity(s.p) {
			*s = *s.Dense()
		}
		return nil
	}
	if s.p != other.p {
		return sqlerr.New("GENERIC_INTERNAL_ERROR", "Cannot merge HLLs with different number of buckets: %d vs %d", 1<<s.p, 1<<other.p)
	}
	*s = *s.Dense()
	for b, run := range other.Dense().buckets {
		s.buckets[b] = max(s.buckets[b], run)
	}
	return nil
}

// Cardinality estimates how many hashes there were.
func (s *Sketch) Cardinality() int64 {
	if s.buckets == nil {
		return estimateEntries(int64(len(s.entries)))
	}
	return estimateBuckets(s.buckets, s.p)
}
