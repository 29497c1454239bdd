package events_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/sillok/sillok/internal/logs/events"
)

// large makes a store with a file of several blocks of a stream, and of others.
func large(t *testing.T) *events.Store {
	t.Helper()
	s, err := events.Open(t.Context(), events.Config{Dir: t.TempDir(), Wanted: newWishes(), Log: discard(), SegmentBytes: 16 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	random := rand.New(rand.NewPCG(9, 9))
	for i := range 40 {
		var lines []events.Line
		for n := range 20 {
			lines = append(lines, events.Line{Time: int64(i*20 + n), Message: fmt.Sprintf("%d %016x%05000d", i, random.Uint64(), n)})
		}
		if _, err := s.Append(t.Context(), 1, uint64(11+i%2), lines); err != nil {
			t.Fatal(err)
		}
		if i == 10 || i == 39 {
			seal(t, s)
		}
	}
	return s
}

// A search that finds nothing tells where it is, and goes on from there as if it had
// never ended; so what is searched in pieces is what is searched at once.
func TestASearchTellsItsPlace(t *testing.T) {
	s := large(t)
	for _, backward := range []bool{false, true} {
		for _, term := range []string{"this stands nowhere", "17 ", ""} {
			q := events.All(1)
			q.Backward, q.Terms = backward, [][]byte{[]byte(term)}
			want := read(t, s, q)
			var got []string
			pieces := 0
			for more := true; more; pieces++ {
				more = false
				q.Passed = func(k events.Key) bool {
					q.After, more = &k, true
					return false
				}
				for e, err := range s.Read(t.Context(), q) {
					if err != nil {
						t.Fatal(err)
					}
					got = append(got, fmt.Sprintf("%d@%d %s", e.Stream, e.Time, e.Message))
				}
			}
			if !slices.Equal(want, got) || pieces < 5 && term != "" {
				t.Errorf("backward %v, %q: %d events in %d pieces, want %d", backward, term, len(got), pieces, len(want))
			}
		}
	}
}

// A search that finds nothing ends with its context.
func TestASearchEndsWithItsContext(t *testing.T) {
	s := large(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	q := events.All(1)
	q.Terms = [][]byte{[]byte("this stands nowhere")}
	places := 0
	q.Passed = func(events.Key) bool {
		if places++; places == 3 {
			stop()
		}
		return true
	}
	var last error
	for _, err := range s.Read(ctx, q) {
		last = err
	}
	if !errors.Is(last, context.Canceled) || places > 4 {
		t.Errorf("%v after %d places", last, places)
	}
}
