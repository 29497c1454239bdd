package events

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
)

// Key is the place of an event in the order of all events of a group: by time, and
// among those of one time as they arrived. No two events have the same.
type Key struct {
	Time int64  // milliseconds since 1970
	Seq  uint64 // the number of its batch: later ones have higher numbers
	N    uint32 // its place in the batch
}

// Compare is negative where k comes before other, and 0 for the same.
func (k Key) Compare(other Key) int {
	return cmp.Or(cmp.Compare(k.Time, other.Time), cmp.Compare(k.Seq, other.Seq), cmp.Compare(k.N, other.N))
}

// Event is one log event. Its Message is not to be changed.
type Event struct {
	Key

	Group    uint64 // is told where several are read
	Stream   uint64
	Ingested int64 // milliseconds since 1970, never less than for an earlier batch
	Message  []byte
}

// overhead is what AWS counts for an event besides its message.
const overhead = 26

func (e *Event) size() int64 { return int64(len(e.Message)) + overhead }

// Line is an event that is to be appended.
type Line struct {
	Time    int64 // milliseconds since 1970
	Message string
}

// Query says which events of a group are wanted, and in which order.
type Query struct {
	Group    uint64
	Groups   []Part   // the groups that are read as one; nil for Group alone
	Streams  []uint64 // of these alone; nil for all
	From, To int64    // of a time from From to To, both included
	After    *Key     // only those that come behind it, in the order of reading
	Backward bool     // the newest first
	// Terms are texts of which a wanted message has every one. They spare reading:
	// what has not all of them may be yielded nevertheless.
	Terms [][]byte
	// Needs are texts as Terms are, of which each time one is enough.
	Needs []Need
	// Skipped is called with how many events, and bytes as AWS counts them, were not
	// looked at, since an index says that they are not wanted. It may be called by
	// several at once.
	Skipped func(events, bytes int64)
	// Passed is called now and then, also while nothing is found, with a place: all up
	// to it has been read, and behind it reading can begin again. False ends reading.
	Passed func(Key) bool

	// Memory is how many bytes the events may take that are held of all parts which are read
	// side by side; 0 for any number. The error is ErrWide.
	Memory int64

	keys *opener // opens what is encrypted
	side *side   // what is open for it
}

// Part is one of several groups that are read.
type Part struct {
	Group uint64
	From  int64 // events of the group are of this time at least
}

// each returns the query as it is asked of each of its groups.
func (q *Query) each() []*Query {
	if q.Groups == nil {
		return []*Query{q}
	}
	all := make([]*Query, 0, len(q.Groups))
	for _, p := range q.Groups {
		one := *q
		one.Group, one.From, one.Groups = p.Group, max(q.From, p.From), nil
		all = append(all, &one)
	}
	return all
}

// All returns a Query of all events of a group, the oldest first.
func All(group uint64) Query { return Query{Group: group, From: math.MinInt64, To: math.MaxInt64} }

// before says whether a is read before b.
func (q *Query) before(a, b Key) bool { return (a.Compare(b) < 0) != q.Backward && a != b }

// holds says whether the query may be about an event of that key and stream.
func (q *Query) holds(k Key, stream uint64) bool {
	return k.Time >= q.From && k.Time <= q.To && (q.After == nil || q.before(*q.After, k)) &&
		q.of(stream)
}

// of says whether the query may be about a stream. Its streams are in order.
func (q *Query) of(stream uint64) bool {
	if q.Streams == nil {
		return true
	}
	_, found := slices.BinarySearch(q.Streams, stream)
	return found
}

// meets says whether something between two keys, both included, can be wanted.
func (q *Query) meets(first, last Key) bool {
	if last.Time < q.From || first.Time > q.To {
		return false
	}
	end := last
	if q.Backward {
		end = first
	}
	return q.After == nil || q.before(*q.After, end)
}

// edge returns the one of two keys that is read first.
func (q *Query) edge(first, last Key) Key {
	if q.Backward {
		return last
	}
	return first
}

// just returns the place just before a key, in the order of reading.
func (q *Query) just(k Key) Key {
	switch {
	case q.Backward && k.N < math.MaxUint32:
		return Key{k.Time, k.Seq, k.N + 1}
	case q.Backward && k.Seq < math.MaxUint64:
		return Key{k.Time, k.Seq + 1, 0}
	case q.Backward:
		return Key{k.Time + 1, 0, 0}
	case k.N > 0:
		return Key{k.Time, k.Seq, k.N - 1}
	case k.Seq > 0:
		return Key{k.Time, k.Seq - 1, math.MaxUint32}
	default:
		return Key{k.Time - 1, math.MaxUint64, math.MaxUint32}
	}
}

// Stats is what is known of the events of a stream.
type Stats struct {
	First, Last int64 // the times of the oldest and the newest event
	Ingested    int64 // when the last one was appended
	Events      int64
	Bytes       int64 // of the messages, and 26 for each
}

func (s *Stats) add(e *Event) {
	s.merge(Stats{First: e.Time, Last: e.Time, Ingested: e.Ingested, Events: 1, Bytes: e.size()})
}

func (s *Stats) merge(o Stats) {
	if s.Events == 0 {
		*s = o
		return
	}
	s.First, s.Last, s.Ingested = min(s.First, o.First), max(s.Last, o.Last), max(s.Ingested, o.Ingested)
	s.Events += o.Events
	s.Bytes += o.Bytes
}

// Wanted says which events are wanted. It may be asked while events are appended
// and read, and must know a group and stream before their first event is appended.
type Wanted interface {
	// Group returns from which time on the events of a group are wanted, and false
	// when the group is gone. Neither is ever taken back.
	Group(ctx context.Context, group uint64) (from int64, there bool, err error)
	// Gone returns those of a group's streams that are gone for ever.
	Gone(ctx context.Context, group uint64, streams []uint64) ([]uint64, error)
}

// DamageError tells that events are lost: a part of a file does not have the
// checksum that it was written with, or is not there. Reading goes on after it when
// the loop does.
type DamageError struct {
	Path     string
	Reason   string
	Events   int64 // how many are lost, as far as that is known
	From, To int64 // between which times
}

// Error says where the damage is and what is lost.
func (e *DamageError) Error() string {
	return fmt.Sprintf("logs: %s: %s: %d events between %d and %d cannot be read", e.Path, e.Reason, e.Events, e.From, e.To)
}
