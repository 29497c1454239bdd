package events_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/sillok/sillok/internal/logs/events"
)

// batches returns the batches from a number on, in short, and how many are lost.
func batches(tb testing.TB, s *events.Store, from uint64, last *events.Batch) (all []string, lost uint64, end *events.Batch) {
	tb.Helper()
	for b, err := range s.Batches(tb.Context(), from, last) {
		if n, next, ok := events.LostBatches(err); ok {
			lost += n
			all = append(all, fmt.Sprint("lost up to ", next))
			continue
		}
		if err != nil {
			tb.Fatal(err)
		}
		text := fmt.Sprint(b.Seq, ": ", b.Group, "/", b.Stream)
		for _, e := range b.Events {
			text += fmt.Sprint(" ", e.Time, "=", string(e.Message[:min(len(e.Message), 3)]))
		}
		all, end = append(all, text), &b
	}
	return all, lost, end
}

// What was appended is read again in the order in which it was, also once it was sealed,
// as long as somebody needs it.
func TestBatchesAreReadInTheirOrder(t *testing.T) {
	dir := t.TempDir()
	var needed atomic.Uint64
	opened := func(dir string) *events.Store {
		s, err := events.Open(t.Context(), events.Config{Dir: dir, Wanted: newWishes(), Log: discard(), SegmentBytes: segment, Needed: needed.Load})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		return s
	}
	s := opened(dir)
	put(t, s, 2, 21, 5, "one", "two")
	put(t, s, 1, 11, 3, "three")
	want := []string{"1: 2/21 5=one 5=two", "2: 1/11 3=thr"}
	all, _, last := batches(t, s, 1, nil)
	equal(t, "at first", want, all)
	equal(t, "the next number", uint64(3), s.Next())
	none, _, _ := batches(t, s, 3, last)
	equal(t, "behind the last", 0, len(none))
	put(t, s, 1, 11, 4, "four")
	behind, _, _ := batches(t, s, 3, last)
	equal(t, "behind the last, later", []string{"3: 1/11 4=fou"}, behind)
	want = append(want, behind...)
	for i := range 20 { // many segments
		put(t, s, 1, 11, int64(i), strings.Repeat("x", 900_000))
		want = append(want, fmt.Sprint(i+4, ": 1/11 ", i, "=xxx"))
		if i%5 == 4 {
			seal(t, s)
		}
	}
	all, lost, _ := batches(t, s, 1, nil)
	equal(t, "all, sealed", want, all)
	equal(t, "lost", uint64(0), lost)
	dir = copied(t, dir)
	s = opened(dir)
	all, _, _ = batches(t, s, 1, nil)
	equal(t, "all, after a restart", want, all)
	needed.Store(15)
	put(t, s, 1, 11, 100, "last")
	seal(t, s)
	all, lost, _ = batches(t, s, 1, nil)
	if lost == 0 || lost > 14 || len(all) != 24-int(lost)+1 {
		t.Errorf("%d lost of %d", lost, len(all))
	}
	from15, lost, _ := batches(t, s, 15, nil)
	equal(t, "what is needed", append(append([]string{}, want[14:]...), "24: 1/11 100=las"), from15)
	equal(t, "lost of it", uint64(0), lost)
	segments, err := filepath.Glob(filepath.Join(dir, "recent", "*"))
	if err != nil || len(segments) == 0 {
		t.Fatal(segments, err)
	}
	for _, path := range segments[:len(segments)-1] { // all but the one that is written to
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	_, lost, _ = batches(t, s, 15, nil)
	if lost == 0 {
		t.Error("nothing is told of what was removed")
	}
}
