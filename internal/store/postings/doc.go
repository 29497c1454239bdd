// Package postings is a small index of what happened in a span of numbers, such as
// a segment of package records: which of it has a term, newest first.
//
// An index is built in memory, found in there, and written to a file once its span
// is closed. A file says what it is of, has a checksum for each page that is
// verified whenever the page is read, and holds nothing that could not be made
// again: one that is missing, torn or damaged is told as a [DamageError], never
// answered from.
//
// Terms are numbers that [Term] makes of texts. Two texts may have one number, so
// that whoever finds something looks whether it is what was asked for. What terms
// mean, and what the data of a document is, is left to the callers.
package postings

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
)

// Term returns the number by which a text is indexed. It is spread evenly, and
// nobody can choose texts that meet.
func Term(text string) uint64 {
	sum := sha256.Sum256([]byte(text))
	return binary.LittleEndian.Uint64(sum[:])
}

// Key is the place of a document in the order of all.
type Key struct {
	Time   int64  `json:"t"` // seconds since 1970
	Number uint64 `json:"n"` // tells those of one second apart
	Part   uint32 `json:"p"` // and those of one number
}

// Compare is negative where k is older than other, and 0 for the same.
func (k Key) Compare(other Key) int {
	return cmp.Or(cmp.Compare(k.Time, other.Time), cmp.Compare(k.Number, other.Number), cmp.Compare(k.Part, other.Part))
}

// DataSize is how many bytes a document has besides its key.
const DataSize = 24

// Doc is what is found: where it stands, and what the caller keeps with it.
type Doc struct {
	Key

	Data [DataSize]byte
}

// Set is what documents are found by: those that have all of its terms.
type Set struct {
	// Of is a term of which there are few, and that whatever has the others has too. A
	// file remembers whether it has it at all.
	Of  uint64
	All []uint64 // empty for all that have Of
}

// Range says which documents are wanted.
type Range struct {
	Before   *Key  // those that are older; nil for all
	From, To int64 // those of a time from From to To, both included
}

// Always is the range of all documents.
func Always() Range { return Range{From: math.MinInt64, To: math.MaxInt64} }

func (r Range) holds(k Key) bool {
	return k.Time >= r.From && k.Time <= r.To && (r.Before == nil || k.Compare(*r.Before) < 0)
}

// Span is the numbers that an index is of: its file tells them, so that no index is
// taken for another.
type Span struct{ First, Last uint64 }

// DamageError says that the file of an index is not what was written, or is not
// there. It is to be made again.
type DamageError struct{ Path, Reason string }

// Error implements error.
func (e *DamageError) Error() string { return fmt.Sprintf("index %s: %s", e.Path, e.Reason) }
