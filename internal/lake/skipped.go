package lake

import (
	"fmt"
	"strings"

	"github.com/sillok/sillok/internal/lake/format"
	"github.com/sillok/sillok/internal/lake/shadow"
)

// Skipped is an object that is in no table.
type Skipped struct {
	Object Object
	Kind   SkipKind
	Reason string // for people, such as "compressed with 7-Zip, which is not read"
}

// SkipKind is the kind of reason why an object is in no table.
type SkipKind int

// The kinds of reason.
const (
	NotRecognised SkipKind = iota // no log that is known
	Damaged                       // its beginning cannot be read
	Denied                        // it may not be read
	Gone                          // it is not there any more
	Packed                        // packed in a way that is not read
	Unread                        // a log that is known, of a form or a version that is not read
	Link                          // a link that leads out of the place, or nowhere
	Hidden                        // its name begins with a dot or an underscore
	Empty
	NoLog // what AWS writes beside logs: digests, test files
)

// String returns the kind in words that follow a number: "2 not recognised".
func (k SkipKind) String() string {
	return [...]string{
		"not recognised", "damaged", "not allowed to be read", "gone since it was listed", "packed in a way that is not read", "of a form or a version that is not read", "links that lead out",
		"hidden", "empty", "no logs but AWS's own files",
	}[k]
}

// MayHoldRecords says whether an object that was passed over for such a reason
// may hold records that an answer lacks.
func (k SkipKind) MayHoldRecords() bool { return k != Hidden && k != Empty && k != NoLog }

// kindOf sorts the reason that a look into an object gave.
func kindOf(s format.Sniffed) SkipKind {
	switch {
	case s.Reason == "empty":
		return Empty
	case strings.HasSuffix(s.Reason, "which is not read"):
		return Packed
	case s.Damaged:
		return Damaged
	}
	return NotRecognised
}

// keys returns how to read a part's partition keys from a file where the keys of
// its objects do not tell them, and a mark that is the same for parts alike; nil
// when they tell all.
func (s *Scan) keys(p Part, info shadow.Info) (keys []Binding, mark string) {
	known, ok := s.format.(format.Known)
	if !ok || s.Table.discovered == nil && s.Table.Kept == nil {
		return nil, ""
	}
	for i, name := range names(s.Table.PartitionKeys) {
		if p.Values[i] != NullPartition {
			continue
		}
		if name == "day" {
			name = "date" // as tables that are found call it
		}
		b, ok := known.BindKey(name, info)
		if !ok {
			continue
		}
		if keys == nil {
			keys = make([]Binding, len(p.Values))
		}
		b.Type = s.Table.PartitionKeys[i].Type
		keys[i] = b
		mark += fmt.Sprintf(" %s", name)
	}
	return keys, mark
}
