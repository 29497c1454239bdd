package aggregate

import (
	"container/heap"

	"github.com/sillok/sillok/internal/engine/scalar"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

// frequents are the functions that estimate what comes often.
func frequents() map[string]binder {
	return map[string]binder{"approx_most_frequent": mostFrequent}
}

// mostFrequent counts values in the space of so many: one that has no room takes the
// place, and the count, of the one that came least often.
func mostFrequent(params []datatype.Type, _ datatype.Type) (Reduce, bool) {
	return func(rows [][]any) (any, error) {
		var s *stream
		buckets := int64(0)
		for _, row := range rows {
			if row[0] == nil || row[1] == nil || row[2] == nil {
				continue
			}
			if s == nil {
				buckets = value.As[int64](row[0])
				room := value.As[int64](row[2])
				if buckets < 2 {
					return nil, sqlerr.Argument("approx_most_frequent bucket count must be greater than one, input bucket count: %d", buckets)
				}
				if room <= 0 {
					return nil, sqlerr.Argument("Capacity must be greater than zero, input capacity: %d", room)
				}
				s = &stream{room: room, at: map[string]*counted{}}
			}
			s.add(scalar.Key(params[1], row[1]), row[1])
		}
		if s == nil {
			return null()
		}
		return s.most(buckets), nil
	}, true
}

// stream is what is counted; the value that is to give way first is on top.
type stream struct {
	room  int64
	at    map[string]*counted
	heap  rarest
	clock int64
}

// counted is a value, how often it came and when it came last.
type counted struct {
	key   string
	value any
	count int64
	last  int64
	place int
}

func (s *stream) add(key string, v any) {
	s.clock++
	c, known := s.at[key]
	switch {
	case known:
	case int64(len(s.heap)) < s.room:
		c = &counted{key: key, value: v}
		s.at[key] = c
		heap.Push(&s.heap, c)
	default:
		c = s.heap[0]
		delete(s.at, c.key)
		c.key, c.value = key, v
		s.at[key] = c
	}
	c.count++
	c.last = s.clock
	heap.Fix(&s.heap, c.place)
}

// most returns the values that came most often with their counts, at most n of them.
func (s *stream) most(n int64) *value.Map {
	for int64(len(s.heap)) > n {
		heap.Pop(&s.heap)
	}
	m := &value.Map{Keys: make([]any, len(s.heap)), Values: make([]any, len(s.heap))}
	for i := len(s.heap) - 1; i >= 0; i-- {
		c, _ := heap.Pop(&s.heap).(*counted)
		m.Keys[i], m.Values[i] = c.value, c.count
	}
	return m
}

// rarest is a heap: the least count first, of equal ones that which came longest ago.
type rarest []*counted

func (r rarest) Len() int { return len(r) }

func (r rarest) Less(i, j int) bool {
	if r[i].count != r[j].count {
		return r[i].count < r[j].count
	}
	return r[i].last < r[j].last
}

func (r rarest) Swap(i, j int) {
	r[i], r[j] = r[j], r[i]
	r[i].place, r[j].place = i, j
}

// Push implements heap.Interface.
func (r *rarest) Push(x any) {
	c, _ := x.(*counted)
	c.place = len(*r)
	*r = append(*r, c)
}

// Pop implements heap.Interface.
func (r *rarest) Pop() any {
	last := (*r)[len(*r)-1]
	*r = (*r)[:len(*r)-1]
	return last
}
