package events_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/sillok/sillok/internal/logs/events"
)

// readApart returns what a query finds by several, in order.
func readApart(tb testing.TB, s *events.Store, q events.Query, n int) []string {
	tb.Helper()
	return sideBySide(tb, s.Apart(tb.Context(), q, n))
}

func sideBySide(tb testing.TB, all []iter.Seq2[events.Event, error]) (found []string) {
	tb.Helper()
	var mu sync.Mutex
	var readers sync.WaitGroup
	for _, part := range all {
		readers.Go(func() {
			for e, err := range part {
				if err != nil {
					tb.Error(err)
					return
				}
				mu.Lock()
				found = append(found, tellOf(&e))
				mu.Unlock()
			}
		})
	}
	readers.Wait()
	slices.Sort(found)
	return found
}

func tellOf(e *events.Event) string {
	return fmt.Sprintf("%d: %d@%d %s", e.Group, e.Stream, e.Time, e.Message)
}

func TestWhatSeveralReadIsWhatOneReads(t *testing.T) {
	s := open(t, t.TempDir()+"/logs", newWishes())
	r := rand.New(rand.NewPCG(5, 6))
	for i := range 300 {
		var lines []events.Line
		at := int64(i * 10)
		for n := range 1 + r.IntN(40) {
			at += int64(r.IntN(3))
			lines = append(lines, events.Line{Time: at, Message: fmt.Sprintf("%d of %d %s", n, i, strings.Repeat("x", r.IntN(2000)))})
		}
		if i == 77 {
			lines[0].Message += " the needle"
		}
		if _, err := s.Append(t.Context(), uint64(1+r.IntN(3)), uint64(11+r.IntN(5)), lines); err != nil {
			t.Fatal(err)
		}
		if i%90 == 80 {
			seal(t, s)
		}
	}
	groups := []events.Part{{Group: 1, From: 0}, {Group: 2, From: 500}, {Group: 3, From: 0}}
	for name, q := range map[string]events.Query{
		"all":       {Groups: groups, From: 0, To: 1 << 40},
		"backward":  {Groups: groups, From: 0, To: 1 << 40, Backward: true},
		"a time":    {Groups: groups, From: 700, To: 2500},
		"streams":   {Groups: groups, From: 0, To: 1 << 40, Streams: []uint64{14, 12, 99}},
		"a text":    {Groups: groups, From: 0, To: 1 << 40, Terms: [][]byte{[]byte("the needle")}},
		"no group":  {Groups: []events.Part{}, From: 0, To: 1 << 40},
		"one group": {Groups: groups[1:2], From: 0, To: 1 << 40},
	} {
		t.Run(name, func(t *testing.T) {
			var want []string
			for e, err := range s.Read(t.Context(), q) {
				if err != nil {
					t.Fatal(err)
				}
				want = append(want, tellOf(&e))
			}
			slices.Sort(want)
			for _, n := range []int{1, 4} {
				equal(t, fmt.Sprintf("by %d", n), want, readApart(t, s, q, n))
			}
		})
	}
}

// A file that is made again, or joined with others, while several read it loses nothing of
// what is wanted, and has nothing twice.
func TestSeveralReadWhileFilesAreMadeAgain(t *testing.T) {
	w := newWishes()
	s := open(t, t.TempDir()+"/logs", w)
	var want []string
	for file := range 10 {
		for _, stream := range []uint64{11, 12} {
			var lines []events.Line
			for n := range 300 {
				lines = append(lines, events.Line{Time: int64(file*1000 + n), Message: strings.Repeat("y", 1500) + fmt.Sprint(file, n)})
				if stream == 11 {
					want = append(want, fmt.Sprintf("1: 11@%d %s", lines[n].Time, lines[n].Message))
				}
			}
			if _, err := s.Append(t.Context(), 1, stream, lines); err != nil {
				t.Fatal(err)
			}
		}
		seal(t, s)
	}
	q := events.All(1)
	all := s.Apart(t.Context(), q, 2)
	next, stop := iter.Pull2(all[0])
	defer stop()
	first, err, _ := next() // the last file is open
	if err != nil {
		t.Fatal(err)
	}
	found := []string{tellOf(&first)}
	w.mu.Lock()
	w.gone[12] = true
	w.mu.Unlock()
	s.Forget(1)
	if err := s.Upkeep(t.Context()); err != nil {
		t.Fatal(err)
	}
	for {
		e, err, there := next()
		if !there {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, tellOf(&e))
	}
	found = append(found, sideBySide(t, all[1:])...)
	found = slices.DeleteFunc(found, func(one string) bool { return strings.HasPrefix(one, "1: 12@") })
	slices.Sort(found)
	slices.Sort(want)
	equal(t, "what was found", want, found)
}

func TestOneOfSeveralEndsAll(t *testing.T) {
	s := open(t, t.TempDir()+"/logs", newWishes())
	for i := range 20 {
		put(t, s, 1, 11, int64(i), strings.Repeat("z", 200_000))
		if i%5 == 4 {
			seal(t, s)
		}
	}
	all := s.Apart(t.Context(), events.All(1), 2)
	for _, err := range all[0] {
		if err != nil {
			t.Error(err)
		}
		break
	}
	equal(t, "what the other one has", []string(nil), sideBySide(t, all[1:]))

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, part := range s.Apart(ctx, events.All(1), 2) {
		for _, err := range part {
			if !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		}
	}
}

// Damage is told to one of them, with what is lost, and the rest is read.
func TestSeveralAreToldOfDamage(t *testing.T) {
	dir := t.TempDir() + "/logs"
	s := open(t, dir, newWishes())
	for i := range 3 {
		put(t, s, 1, 11, int64(i), strings.Repeat(fmt.Sprint(i), 1000))
		seal(t, s)
	}
	dir = copied(t, dir)
	files, err := os.ReadDir(filepath.Join(dir, "sealed"))
	if err != nil || len(files) != 3 {
		t.Fatal(files, err)
	}
	path := filepath.Join(dir, "sealed", files[1].Name())
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[100] ^= 1
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir, newWishes())
	var lost, read atomic.Int64
	var readers sync.WaitGroup
	for _, part := range s.Apart(t.Context(), events.All(1), 2) {
		readers.Go(func() {
			for _, err := range part {
				if damage, ok := errors.AsType[*events.DamageError](err); ok {
					lost.Add(damage.Events)
				} else if err == nil {
					read.Add(1)
				}
			}
		})
	}
	readers.Wait()
	equal(t, "lost and read", []int64{1, 2}, []int64{lost.Load(), read.Load()})
}
