// Package schedule says which alarms are to be evaluated when.
//
// Each has an instant of its own within its interval, which follows from a name that
// alarms on the same metric share: so the work is spread over the interval, and what
// such alarms read is read once. It knows no clock and no alarm: who asks says what time
// it is.
package schedule

import (
	"container/heap"
	"hash/fnv"
	"maps"
	"slices"
	"sync"
	"time"
)

// instants is how many instants an interval of a minute has: one a second.
const instants = 60

// Wheel has keys, each with its instants. It is safe for concurrent use.
type Wheel[K comparable] struct {
	compare func(a, b K) int

	mu    sync.Mutex
	every map[K]place
	slots map[place]map[K]struct{}
	once  moments[K]
	last  time.Time // until which Due was asked
}

// place is an instant within an interval, both in seconds.
type place struct{ interval, at int }

// New returns a Wheel without keys. Those that are due at the same time come in the order
// of compare.
func New[K comparable](compare func(a, b K) int) *Wheel[K] {
	return &Wheel[K]{compare: compare, every: map[K]place{}, slots: map[place]map[K]struct{}{}}
}

// Set has a key come due at each interval, which divides a minute: at the instant that
// follows from a name. It takes the place of what was set for the key before.
func (w *Wheel[K]) Set(key K, name string, interval time.Duration) {
	h := fnv.New32a()
	_, _ = h.Write([]byte(name))
	seconds := min(max(int(interval/time.Second), 1), instants)
	to := place{seconds, int(h.Sum32() % uint32(seconds))}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.every[key] == to {
		return
	}
	w.remove(key)
	w.every[key] = to
	if w.slots[to] == nil {
		w.slots[to] = map[K]struct{}{}
	}
	w.slots[to][key] = struct{}{}
}

// Once has a key come due at a time, besides.
func (w *Wheel[K]) Once(key K, at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	heap.Push(&w.once, moment[K]{at, key})
}

// Remove takes away what was set for a key. What Once was told comes nevertheless.
func (w *Wheel[K]) Remove(key K) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.remove(key)
}

func (w *Wheel[K]) remove(key K) {
	if from, there := w.every[key]; there {
		delete(w.slots[from], key)
		delete(w.every, key)
	}
}

// Len returns how many keys are set.
func (w *Wheel[K]) Len() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.every)
}

// Due returns the keys that came due behind the time it was asked for before and until
// now, each once, in order. Instants that are missed by more than a minute come once.
// Asked for the first time, or after the clock was set back, it begins with the second
// that now is in.
func (w *Wheel[K]) Due(now time.Time) []K {
	w.mu.Lock()
	defer w.mu.Unlock()
	end := now.Unix()
	begin := max(w.last.Unix()+1, end-instants+1)
	if w.last.IsZero() || end < w.last.Unix()-instants { // the clock was set back
		w.last, begin = time.Time{}, end
	}
	due := map[K]struct{}{}
	for second := begin; second <= end; second++ {
		for at, keys := range w.slots {
			if second%int64(at.interval) == int64(at.at) {
				maps.Copy(due, keys)
			}
		}
	}
	for len(w.once) > 0 && !w.once[0].at.After(now) {
		one, _ := heap.Pop(&w.once).(moment[K])
		due[one.key] = struct{}{}
	}
	if end > w.last.Unix() || w.last.IsZero() {
		w.last = now
	}
	return slices.SortedFunc(maps.Keys(due), w.compare)
}

// moment is when a key comes due once.
type moment[K any] struct {
	at  time.Time
	key K
}

// moments is a heap, the first of them at its root.
type moments[K any] []moment[K]

func (m moments[K]) Len() int           { return len(m) }
func (m moments[K]) Less(i, j int) bool { return m[i].at.Before(m[j].at) }
func (m moments[K]) Swap(i, j int)      { m[i], m[j] = m[j], m[i] }

// Push implements heap.Interface.
func (m *moments[K]) Push(x any) {
	if one, ok := x.(moment[K]); ok {
		*m = append(*m, one)
	}
}

// Pop implements heap.Interface.
func (m *moments[K]) Pop() any {
	last := len(*m) - 1
	one := (*m)[last]
	*m = (*m)[:last]
	return one
}
