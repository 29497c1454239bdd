package events_test

import (
	"fmt"
	"math"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/sillok/sillok/internal/logs/events"
)

// What blocks lack is not read, and is counted; what may be written by codes is read.
func TestWhatBlocksLackIsSkipped(t *testing.T) {
	s := open(t, t.TempDir()+"/logs", newWishes())
	for group, special := range []string{"plain", `"\u0061bcdefghijkl"`} {
		for i := range 40 {
			var lines []events.Line
			for n := range 100 {
				lines = append(lines, events.Line{Time: int64(i*100 + n), Message: fmt.Sprintf(`{"id":"%08x-%08x"}`, uint32(i*7919+n)*2654435761, i) + string(slices.Repeat([]byte(" "), 200))})
			}
			if i == 20 {
				lines[50].Message = special + " and the needle 0123456789abcdef"
			}
			if _, err := s.Append(t.Context(), uint64(1+group), 11, lines); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := s.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		group uint64
		need  events.Need
		found bool
	}{
		"what is there":                         {1, events.Need{Among: [][]byte{[]byte("0123456789abcdef")}}, true},
		"one of two":                            {1, events.Need{Among: [][]byte{[]byte("it is nowhere"), []byte("0123456789abcdef")}}, true},
		"what is nowhere":                       {1, events.Need{Among: [][]byte{[]byte("it is nowhere")}}, false},
		"a short text that is nowhere":          {1, events.Need{Among: [][]byte{[]byte("?!")}}, false},
		"what may be written by codes":          {2, events.Need{Among: [][]byte{[]byte("abcdefghijkl")}, Coded: true}, true},
		"what may be, where there are none":     {1, events.Need{Among: [][]byte{[]byte("abcdefghijkl")}, Coded: true}, false},
		"what is written by codes, and may not": {2, events.Need{Among: [][]byte{[]byte("abcdefghijkl")}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			var skipped, bytes atomic.Int64
			q := events.All(tt.group)
			q.Needs, q.Skipped = []events.Need{tt.need}, func(n, size int64) {
				skipped.Add(n)
				bytes.Add(size)
			}
			read, found := int64(0), false
			for e, err := range s.Read(t.Context(), q) {
				if err != nil {
					t.Fatal(err)
				}
				read++
				found = found || e.Time == 2050
			}
			if found != tt.found || read+skipped.Load() != 4000 || skipped.Load() == 0 || bytes.Load() < 26*skipped.Load() {
				t.Errorf("found %v, read %d, skipped %d of %d bytes", found, read, skipped.Load(), bytes.Load())
			}
		})
	}
}

// Several groups are read as one, each from its own time on, and are told apart.
func TestSeveralGroupsAreReadAsOne(t *testing.T) {
	s := open(t, t.TempDir()+"/logs", newWishes())
	for i := range 6 {
		group := uint64(1 + i%3)
		if _, err := s.Append(t.Context(), group, 10+group, []events.Line{{Time: int64(i), Message: fmt.Sprint(i)}}); err != nil {
			t.Fatal(err)
		}
		if i == 3 {
			if err := s.Seal(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, backward := range []bool{false, true} {
		q := events.Query{From: math.MinInt64, To: 4, Backward: backward, Groups: []events.Part{{Group: 1, From: 1}, {Group: 2}, {Group: 3, From: 9}}}
		var got []string
		for e, err := range s.Read(t.Context(), q) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, fmt.Sprintf("%d:%s", e.Group, e.Message))
		}
		want := []string{"2:1", "1:3", "2:4"}
		if backward {
			slices.Reverse(want)
		}
		if !slices.Equal(want, got) {
			t.Errorf("%v, want %v", got, want)
		}
		n, _, err := s.Estimate(t.Context(), q)
		if n < 3 || n > 4 || err != nil { // a block counts as a whole
			t.Errorf("an estimate of %d, %v", n, err)
		}
	}
}
