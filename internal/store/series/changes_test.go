package series_test

import (
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/metric"
	"github.com/sillok/sillok/internal/store/series"
)

// changes returns what is due at a time, a line each: the region, the metric, its minute,
// count and sum, and when the last data of it came.
func changes(tb testing.TB, s *series.Store, at time.Time) (lines []string, all []series.Change) {
	tb.Helper()
	all, err := s.Changes(tb.Context(), at, 1000)
	if err != nil {
		tb.Fatal(err)
	}
	for _, c := range all {
		lines = append(lines, fmt.Sprintf("%s %s/%s %v %s %s: %v of %v, put at %s", c.Region, c.Namespace, c.Name, c.Dimensions, c.Unit,
			c.Minute.Format("15:04"), c.Summary.Count, c.Summary.Sum, c.Put.Format("15:04:05")))
	}
	return lines, all
}

func isDue(tb testing.TB, s *series.Store, at time.Time, want ...string) {
	tb.Helper()
	got, all := changes(tb, s, at)
	if diff := cmp.Diff(want, got); diff != "" {
		tb.Errorf("due at %s (-want +got):\n%s", at.Format("15:04:05"), diff)
	}
	if err := s.Forget(tb.Context(), all); err != nil {
		tb.Fatal(err)
	}
}

func TestChangesAreDueOnceTheirMinuteHasSettled(t *testing.T) {
	s, c := openAt(t, noon)
	put(t, s, value(noon, 1)) // before anybody wants to know
	s.Watch([]cloud.Scope{ours})
	put(t, s, value(noon, 2), value(noon.Add(30*time.Second), 3), metric.Datum{Name: "m", Time: noon, Unit: "Bytes", Values: []float64{9}, Second: true})
	put(t, s, metric.Datum{Name: "other", Dimensions: []metric.Dimension{{Name: "a", Value: "b"}}, Time: noon, Values: []float64{4, 5}})
	if err := s.Put(t.Context(), theirs, "ns", []metric.Datum{value(noon, 1)}); err != nil {
		t.Fatal(err)
	}
	c.at = noon.Add(70 * time.Second)
	put(t, s, value(noon, 4)) // still in time
	isDue(t, s, noon.Add(time.Minute+59*time.Second))
	isDue(
		t, s, noon.Add(2*time.Minute), "ap-northeast-2 ns/m [] Bytes 12:00: 1 of 9, put at 12:00:00",
		"ap-northeast-2 ns/m [] None 12:00: 4 of 10, put at 12:01:10", "ap-northeast-2 ns/other [{a b}] None 12:00: 2 of 9, put at 12:00:00",
	)
	isDue(t, s, noon.Add(time.Hour)) // which were forgotten
	c.at = noon.Add(10 * time.Minute)
	put(t, s, value(noon, 10)) // late: the whole minute comes again
	put(t, s, value(noon.Add(time.Hour), 1))
	isDue(t, s, noon.Add(10*time.Minute))
	isDue(t, s, noon.Add(11*time.Minute), "ap-northeast-2 ns/m [] None 12:00: 5 of 20, put at 12:10:00")
	isDue(t, s, noon.Add(62*time.Minute), "ap-northeast-2 ns/m [] None 13:00: 1 of 1, put at 12:10:00")
	s.Watch(nil)
	put(t, s, value(noon, 1))
	isDue(t, s, noon.Add(time.Hour))
}

// What changes between the look at it and its Forget comes again.
func TestNoChangeIsForgottenUnseen(t *testing.T) {
	s, c := openAt(t, noon)
	s.Watch([]cloud.Scope{ours})
	put(t, s, value(noon, 1))
	_, seen := changes(t, s, noon.Add(2*time.Minute))
	c.at = noon.Add(time.Minute)
	put(t, s, value(noon, 2))
	if err := s.Forget(t.Context(), append(seen, seen...)); err != nil {
		t.Fatal(err)
	}
	isDue(t, s, noon.Add(2*time.Minute), "ap-northeast-2 ns/m [] None 12:00: 2 of 3, put at 12:01:00")
}

func TestChangesOutliveTheStore(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "metrics")
	c := &clock{noon}
	s := open(t, dir, series.Config{Now: c.now})
	s.Watch([]cloud.Scope{ours})
	put(t, s, value(noon, 1))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir, series.Config{Now: c.now})
	isDue(t, s, noon.Add(time.Hour), "ap-northeast-2 ns/m [] None 12:00: 1 of 1, put at 12:00:00")
	if err := s.Clear(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// Whatever comes at once: the last summary of each minute that is passed on is what is
// kept.
func TestChangesWhileDataCome(t *testing.T) {
	s, _ := openAt(t, noon)
	s.Watch([]cloud.Scope{ours})
	var writers sync.WaitGroup
	for range 4 {
		writers.Go(func() {
			for i := range 200 {
				if err := s.Put(t.Context(), ours, "ns", []metric.Datum{value(noon.Add(time.Duration(i%3)*time.Minute), 1)}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	last := map[time.Time]float64{}
	look := func() int {
		all, err := s.Changes(t.Context(), noon.Add(time.Hour), 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, change := range all {
			last[change.Minute] = change.Summary.Count
		}
		if err := s.Forget(t.Context(), all); err != nil {
			t.Fatal(err)
		}
		return len(all)
	}
	ended := make(chan struct{})
	go func() { writers.Wait(); close(ended) }()
	for done := false; !done; {
		select {
		case <-ended:
			done = true
		default:
			look()
		}
	}
	for look() > 0 {
		continue
	}
	want := map[time.Time]float64{noon: 268, noon.Add(time.Minute): 268, noon.Add(2 * time.Minute): 264}
	if diff := cmp.Diff(want, last); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func BenchmarkPutWatched(b *testing.B) {
	for _, watched := range []bool{false, true} {
		b.Run(fmt.Sprint(watched), func(b *testing.B) {
			s := open(b, b.TempDir(), series.Config{})
			if watched {
				s.Watch([]cloud.Scope{ours})
			}
			data := make([]metric.Datum, 1000)
			for b.Loop() {
				now := time.Now()
				for i := range data {
					data[i] = metric.Datum{Name: fmt.Sprint("m", i), Time: now, Values: []float64{1}}
				}
				put(b, s, data...)
			}
		})
	}
}
