package events_test

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/logs/events"
)

// A quiet server that seals often has few files nevertheless, and loses nothing by it,
// also when the power goes before the small ones are removed.
func TestSmallFilesAreJoined(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, newWishes())
	var want []string
	for i := range 50 {
		want = append(want, fmt.Sprintf("%d@%d %d", 11+i%2, i/3, i))
		put(t, s, 1, uint64(11+i%2), int64(i/3), fmt.Sprint(i))
		put(t, s, 2, 13, 1, "other")
		seal(t, s)
	}
	before := copied(t, dir)
	if err := s.Upkeep(t.Context()); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(filepath.Join(dir, "sealed"))
	if err != nil || len(files) > 10 {
		t.Errorf("%d files, %v", len(files), err)
	}
	equal(t, "events", want, read(t, s, events.All(1)))
	copyFolder(t, filepath.Join(before, "sealed"), filepath.Join(dir, "sealed"))
	again := open(t, before, newWishes())
	equal(t, "after a crash", want, read(t, again, events.All(1)))
	left, err := os.ReadDir(filepath.Join(before, "sealed"))
	if err != nil || len(left) != len(files) {
		t.Errorf("%d files after a crash, %v", len(left), err)
	}
}

// Who reads while events are appended, sealed and joined finds every event that was
// acknowledged before, once and in order.
func TestReadingWhileEventsAreSealed(t *testing.T) {
	s, err := events.Open(t.Context(), events.Config{Dir: t.TempDir(), Wanted: newWishes(), Log: slog.New(slog.DiscardHandler), MemoryBytes: 200 << 10, SegmentBytes: segment})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var work sync.WaitGroup
	work.Go(func() {
		if err := s.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	var mu sync.Mutex
	acknowledged := 0
	var writers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			for i := range 150 {
				var lines []events.Line
				for n := range 20 {
					lines = append(lines, events.Line{Time: int64(i), Message: fmt.Sprintf("%d-%d-%d %0*d", w, i, n, i, 0)})
				}
				for {
					if _, err := s.Append(ctx, 1, uint64(11+w), lines); err == nil {
						break
					} else if cloud.KindOf(err) != cloud.Throttled {
						t.Error(err)
						return
					}
				}
				mu.Lock()
				acknowledged += len(lines)
				mu.Unlock()
			}
		})
	}
	check := func() int {
		mu.Lock()
		least := acknowledged
		mu.Unlock()
		q := events.All(1)
		last, n := events.Key{Time: math.MinInt64}, 0
		for e, err := range s.Read(ctx, q) {
			if err != nil {
				t.Error(err)
				return 0
			}
			if e.Compare(last) <= 0 {
				t.Errorf("%+v comes behind %+v", e.Key, last)
			}
			last = e.Key
			n++
		}
		if n < least {
			t.Errorf("%d events are found, and %d were acknowledged", n, least)
		}
		return n
	}
	var readers sync.WaitGroup
	done := make(chan struct{})
	readers.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				check()
			}
		}
	})
	readers.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				if err := s.Upkeep(ctx); err != nil {
					t.Error(err)
				}
			}
		}
	})
	writers.Wait()
	close(done)
	readers.Wait()
	if n := check(); n != 4*150*20 {
		t.Errorf("%d events at the end", n)
	}
	stop()
	work.Wait()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
