package events_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/sillok/sillok/internal/logs/events"
)

// However many groups are read as one, their file is open once; and what is held of them
// side by side is bounded.
func TestManyGroupsThatAreReadAsOne(t *testing.T) {
	const groups, each = 200, 3
	s := open(t, t.TempDir(), newWishes())
	q := events.Query{To: 1 << 40, Groups: []events.Part{}}
	for g := range uint64(groups) {
		put(t, s, g+1, g+1, int64(g), strings.Repeat("a", 1000), "b", "c")
		put(t, s, g+1, g+1, 1000, fmt.Sprint("last of ", g))
		q.Groups = append(q.Groups, events.Part{Group: g + 1})
	}
	seal(t, s)
	files := func() int {
		all, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(all)
	}
	before, most, found := files(), 0, 0
	for e, err := range s.Read(t.Context(), q) {
		if err != nil {
			t.Fatal(err)
		}
		if found++; e.Time >= groups-1 {
			most = max(most, files())
		}
	}
	equal(t, "events", groups*(each+1), found)
	if most > before+10 || files() > before {
		t.Errorf("%d files are open, %d while it reads, %d then", before, most, files())
	}
	for memory, want := range map[int64]error{4 << 20: nil, 100 << 10: events.ErrWide} {
		q.Memory = memory
		var got error
		for _, err := range s.Read(t.Context(), q) {
			got = err
		}
		if !errors.Is(got, want) {
			t.Errorf("%d bytes: %v", memory, got)
		}
	}
}
