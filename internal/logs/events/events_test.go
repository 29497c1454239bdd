package events_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/logs/events"
)

// wishes says what is wanted: everything, but for what it holds.
type wishes struct {
	mu     sync.Mutex
	from   map[uint64]int64
	groups map[uint64]bool // that are gone
	gone   map[uint64]bool // streams
}

func newWishes() *wishes {
	return &wishes{from: map[uint64]int64{}, groups: map[uint64]bool{}, gone: map[uint64]bool{}}
}

func (w *wishes) Group(_ context.Context, group uint64) (int64, bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	from, ok := w.from[group]
	if !ok {
		from = math.MinInt64
	}
	return from, !w.groups[group], nil
}

func (w *wishes) Gone(_ context.Context, _ uint64, streams []uint64) (gone []uint64, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range streams {
		if w.gone[s] {
			gone = append(gone, s)
		}
	}
	return gone, nil
}

const segment = 4 << 20

func open(tb testing.TB, dir string, w events.Wanted) *events.Store {
	tb.Helper()
	s, err := events.Open(tb.Context(), events.Config{Dir: dir, Wanted: w, Log: slog.New(slog.DiscardHandler), MemoryBytes: 1 << 20, SegmentBytes: segment})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return s
}

// put appends messages that all have one time.
func put(tb testing.TB, s *events.Store, group, stream uint64, at int64, messages ...string) events.Receipt {
	tb.Helper()
	var lines []events.Line
	for _, m := range messages {
		lines = append(lines, events.Line{Time: at, Message: m})
	}
	r, err := s.Append(tb.Context(), group, stream, lines)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

// read returns what a query finds, as stream, time and message.
func read(tb testing.TB, s *events.Store, q events.Query) (found []string) {
	tb.Helper()
	for e, err := range s.Read(tb.Context(), q) {
		if err != nil {
			tb.Fatal(err)
		}
		found = append(found, fmt.Sprintf("%d@%d %s", e.Stream, e.Time, e.Message))
	}
	return found
}

func equal(tb testing.TB, about string, want, got any) {
	tb.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		tb.Errorf("%s (-want +got):\n%s", about, diff)
	}
}

func TestEventsAreReadByTimeAndAsTheyArrived(t *testing.T) {
	for _, sealed := range []string{"memory", "file", "both"} {
		t.Run(sealed, func(t *testing.T) {
			s := open(t, t.TempDir(), newWishes())
			put(t, s, 1, 11, 30, "c", "d")
			put(t, s, 1, 12, 10, "a")
			put(t, s, 2, 13, 20, "of another group")
			if sealed == "both" {
				seal(t, s)
			}
			put(t, s, 1, 12, 30, "e")
			put(t, s, 1, 11, 20, "b")
			if sealed == "file" {
				seal(t, s)
			}
			all := []string{"12@10 a", "11@20 b", "11@30 c", "11@30 d", "12@30 e"}
			equal(t, "all", all, read(t, s, events.All(1)))
			q := events.All(1)
			q.Backward = true
			back := slices.Clone(all)
			slices.Reverse(back)
			equal(t, "backward", back, read(t, s, q))
			q = events.All(1)
			q.Streams = []uint64{12, 99}
			equal(t, "of a stream", []string{"12@10 a", "12@30 e"}, read(t, s, q))
			q = events.All(1)
			q.From, q.To = 20, 29
			equal(t, "of a time", []string{"11@20 b"}, read(t, s, q))
			equal(t, "of nothing", []string(nil), read(t, s, events.All(3)))
			equal(t, "bytes", int64(5*27), s.Bytes(1))
			stats, err := s.Streams(t.Context(), 1)
			if err != nil {
				t.Fatal(err)
			}
			for id, st := range stats {
				st.Ingested = 0
				stats[id] = st
			}
			equal(t, "streams", map[uint64]events.Stats{11: {First: 20, Last: 30, Events: 3, Bytes: 81}, 12: {First: 10, Last: 30, Events: 2, Bytes: 54}}, stats)
		})
	}
}

func seal(tb testing.TB, s *events.Store) {
	tb.Helper()
	if err := s.Seal(tb.Context()); err != nil {
		tb.Fatal(err)
	}
}

func TestReadingGoesOnBehindAnEvent(t *testing.T) {
	s := open(t, t.TempDir(), newWishes())
	for i := range 100 {
		put(t, s, 1, uint64(11+i%3), int64(i/7), fmt.Sprint(i), fmt.Sprint(i, "b"))
		if i == 60 {
			seal(t, s)
		}
	}
	for _, backward := range []bool{false, true} {
		q := events.All(1)
		q.Backward = backward
		want := read(t, s, q)
		var got []string
		for {
			n := 0
			for e, err := range s.Read(t.Context(), q) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, fmt.Sprintf("%d@%d %s", e.Stream, e.Time, e.Message))
				key := e.Key
				q.After = &key
				if n++; n == 7 {
					break
				}
			}
			if n == 0 {
				break
			}
		}
		equal(t, fmt.Sprint("pages, backward ", backward), want, got)
	}
}

// A model of the store, to which the same is done.
type model struct {
	*testing.T

	dir     string
	store   *events.Store
	wishes  *wishes
	random  *rand.Rand
	events  map[uint64][]events.Event // by group
	streams [][2]uint64               // of a group
	next    uint64
}

func TestModel(t *testing.T) {
	seeds := uint64(24)
	if testing.Short() {
		seeds = 5
	}
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			m := &model{
				T: t, dir: t.TempDir(), wishes: newWishes(), random: rand.New(rand.NewPCG(seed, 0)),
				events: map[uint64][]events.Event{}, next: 5,
			}
			m.store = open(t, m.dir, m.wishes)
			for range 150 {
				m.step()
			}
			m.compare()
		})
	}
}

func (m *model) step() {
	switch n := m.random.IntN(100); {
	case n < 70:
		m.append()
	case n < 80:
		seal(m.T, m.store)
	case n < 85:
		if err := m.store.Upkeep(m.Context()); err != nil {
			m.Fatal(err)
		}
	case n < 89:
		m.unwish()
	case n < 94:
		m.crash()
	default:
		m.compare()
	}
}

func (m *model) append() {
	if len(m.streams) < 3 || m.random.IntN(20) == 0 {
		m.next++
		m.streams = append(m.streams, [2]uint64{1 + m.random.Uint64N(4), m.next})
	}
	at := m.streams[m.random.IntN(len(m.streams))]
	var lines []events.Line
	t := int64(m.random.IntN(1000))
	for range 1 + m.random.IntN(1<<m.random.IntN(12)) {
		lines = append(lines, events.Line{Time: t, Message: m.message()})
		t += int64(m.random.IntN(3))
	}
	r, err := m.store.Append(m.Context(), at[0], at[1], lines)
	if err != nil {
		m.Fatal(err)
	}
	for i, l := range lines {
		m.events[at[0]] = append(m.events[at[0]], events.Event{
			Key: events.Key{Time: l.Time, Seq: r.Seq, N: uint32(i)}, Stream: at[1], Ingested: r.Ingested, Message: []byte(l.Message),
		})
	}
}

func (m *model) message() string {
	b := make([]byte, 16)
	for i := range b {
		b[i] = "0123456789abcdef"[m.random.IntN(16)]
	}
	return "request " + string(b) + strings.Repeat("x", m.random.IntN(1<<m.random.IntN(10)))
}

// unwish makes something go.
func (m *model) unwish() {
	m.wishes.mu.Lock()
	defer m.wishes.mu.Unlock()
	group := 1 + m.random.Uint64N(4)
	switch m.random.IntN(6) {
	case 0:
		// All streams of a group go.
		for _, at := range m.streams {
			if at[0] == group {
				m.gone(at)
			}
		}
		m.streams = slices.DeleteFunc(m.streams, func(s [2]uint64) bool { return s[0] == group })
	case 1, 2:
		m.wishes.from[group] = max(m.wishes.from[group], int64(m.random.IntN(500)))
	default:
		if len(m.streams) > 0 {
			at := m.random.IntN(len(m.streams))
			m.gone(m.streams[at])
			m.streams = slices.Delete(m.streams, at, at+1)
		}
	}
}

func (m *model) gone(stream [2]uint64) {
	m.wishes.gone[stream[1]] = true
	m.store.Forget(stream[0])
	m.events[stream[0]] = slices.DeleteFunc(m.events[stream[0]], func(e events.Event) bool { return e.Stream == stream[1] })
}

// crash goes on with a copy of the folder as it stood: nothing was closed.
func (m *model) crash() {
	dir := m.TempDir()
	copyFolder(m.T, dir, m.dir)
	if m.random.IntN(2) == 0 {
		// The power went while a file was made.
		name := filepath.Join(dir, "sealed", ".making-123")
		if err := os.WriteFile(name, []byte("half of it"), 0o600); err != nil {
			m.Fatal(err)
		}
	}
	if m.random.IntN(2) == 0 {
		// It went when memory was sealed, and before the log was cut.
		seal(m.T, m.store)
		copyFolder(m.T, filepath.Join(dir, "sealed"), filepath.Join(m.dir, "sealed"))
	}
	m.dir = dir
	m.store = open(m.T, dir, m.wishes)
}

func copyFolder(t *testing.T, to, from string) {
	t.Helper()
	err := filepath.WalkDir(from, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		at := filepath.Join(to, strings.TrimPrefix(path, from))
		if d.IsDir() {
			return os.MkdirAll(at, 0o700)
		}
		in, err := os.Open(path)
		if err != nil {
			return err
		}
		out, err := os.Create(at)
		if err != nil {
			return err
		}
		_, err = io.Copy(out, in)
		return errors.Join(err, in.Close(), out.Close())
	})
	if err != nil {
		t.Fatal(err)
	}
}

// compare asks a question by chance.
func (m *model) compare() {
	m.Helper()
	group := 1 + m.random.Uint64N(4)
	q := events.All(group)
	q.From = m.wishes.from[group]
	if m.random.IntN(2) == 0 {
		q.From = max(q.From, int64(m.random.IntN(700)))
		q.To = q.From + int64(m.random.IntN(700))
	}
	q.Backward = m.random.IntN(2) == 0
	var own []uint64
	for _, s := range m.streams {
		if s[0] == group && m.random.IntN(2) == 0 {
			own = append(own, s[1])
		}
	}
	if len(own) > 0 {
		q.Streams = own
	}
	all := slices.Clone(m.events[group])
	slices.SortFunc(all, func(a, b events.Event) int { return a.Compare(b.Key) })
	if len(all) > 0 && m.random.IntN(3) == 0 {
		q.Terms = [][]byte{all[m.random.IntN(len(all))].Message[5:24]}
	}
	if len(all) > 0 && m.random.IntN(3) == 0 {
		key := all[m.random.IntN(len(all))].Key
		q.After = &key
	}
	if q.Backward {
		slices.Reverse(all)
	}
	all = slices.DeleteFunc(all, func(e events.Event) bool {
		after := q.After == nil || e.Compare(*q.After) > 0 != q.Backward && e.Key != *q.After
		return e.Time < q.From || e.Time > q.To || own != nil && !slices.Contains(own, e.Stream) || !after ||
			len(q.Terms) > 0 && !strings.Contains(string(e.Message), string(q.Terms[0]))
	})
	var got []events.Event
	for e, err := range m.store.Read(m.Context(), q) {
		if err != nil {
			m.Fatal(err)
		}
		if m.wishes.gone[e.Stream] || len(q.Terms) > 0 && !strings.Contains(string(e.Message), string(q.Terms[0])) {
			continue
		}
		got = append(got, e)
	}
	if diff := cmp.Diff(all, got, cmpopts.EquateEmpty()); diff != "" {
		m.Fatalf("%+v (-want +got):\n%s", q, diff[:min(len(diff), 4000)])
	}
}

func TestWhatIsNotWantedLeavesTheDisk(t *testing.T) {
	dir, w := t.TempDir(), newWishes()
	s := open(t, dir, w)
	random := rand.New(rand.NewPCG(1, 1))
	for i := range 40 {
		large := ""
		for len(large) < 10_000 {
			large += fmt.Sprint(random.Uint64())
		}
		put(t, s, 1+uint64(i%2), 11+uint64(i%4), int64(i), fmt.Sprint(i), large)
	}
	seal(t, s)
	put(t, s, 1, 11, 100, "is in memory")
	before := diskUse(t, dir)
	w.groups[1] = true
	s.Forget(1)
	if err := s.Upkeep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if after := diskUse(t, dir); after > before*6/10 {
		t.Errorf("half of the events are gone: %d bytes were %d", after, before)
	}
	equal(t, "what is gone", []string(nil), read(t, s, events.All(1)))
	equal(t, "what is not", 40, len(read(t, s, events.All(2))))
	w.from[2] = 1000
	if err := s.Upkeep(t.Context()); err != nil {
		t.Fatal(err)
	}
	equal(t, "what is too old", []string(nil), read(t, s, events.All(2)))
	if after := diskUse(t, dir); after > 2048 {
		t.Errorf("all events are gone: %d bytes", after)
	}
	again := open(t, copied(t, dir), w)
	equal(t, "later", []string(nil), slices.Concat(read(t, again, events.All(1)), read(t, again, events.All(2))))
}

func copied(t *testing.T, dir string) string {
	t.Helper()
	to := t.TempDir()
	copyFolder(t, to, dir)
	return to
}

func diskUse(t *testing.T, dir string) (n int64) {
	t.Helper()
	files, err := os.ReadDir(filepath.Join(dir, "sealed"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		info, err := f.Info()
		if err != nil {
			t.Fatal(err)
		}
		n += info.Size()
	}
	return n
}

// A clock that jumps back neither loses events nor orders them anew.
func TestAClockThatJumpsBack(t *testing.T) {
	dir := t.TempDir()
	var last events.Receipt
	synctest.Test(t, func(t *testing.T) {
		s, err := events.Open(t.Context(), events.Config{Dir: dir, Wanted: newWishes(), Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		<-time.After(365 * 24 * time.Hour)
		put(t, s, 1, 11, 5, "first")
		if last = put(t, s, 1, 11, 5, "second"); last.Ingested < time.Now().UnixMilli() {
			t.Error("not the time")
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	})
	synctest.Test(t, func(t *testing.T) { // a year before
		s, err := events.Open(t.Context(), events.Config{Dir: dir, Wanted: newWishes(), Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		if r := put(t, s, 1, 11, 5, "third"); r.Ingested < last.Ingested || r.Seq <= last.Seq {
			t.Errorf("after %+v came %+v", last, r)
		}
		equal(t, "events", []string{"11@5 first", "11@5 second", "11@5 third"}, read(t, s, events.All(1)))
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

// More than can be sealed is refused, and what was not is there.
func TestMoreThanCanBeSealedIsRefused(t *testing.T) {
	s := open(t, t.TempDir(), newWishes())
	lines := []events.Line{{Time: 1, Message: strings.Repeat("a", 500_000)}}
	n := 0
	for {
		_, err := s.Append(t.Context(), 1, 11, lines)
		if err != nil {
			if cloud.KindOf(err) != cloud.Throttled {
				t.Fatal(err)
			}
			break
		}
		n++
	}
	if n < 5 || n > 20 {
		t.Errorf("%d batches of 500 KB fit into 4 MiB", n)
	}
	seal(t, s)
	put(t, s, 1, 11, 2, "there is room again")
	equal(t, "events", n+1, len(read(t, s, events.All(1))))
}

// The largest batch that AWS takes is one record: a message of 1 MiB less 26.
func TestTheLargestBatches(t *testing.T) {
	s := open(t, t.TempDir(), newWishes())
	now := time.Now().UnixMilli()
	put(t, s, 1<<27, 1<<28-1, now, strings.Repeat("é", (1<<20-26)/2))
	var small []string
	for range 10_000 {
		small = append(small, strings.Repeat("x", (1<<20-260_000)/10_000))
	}
	put(t, s, 1<<27, 1<<28-1, now, small...)
	for range 2 {
		equal(t, "events", 10_001, len(read(t, s, events.All(1<<27))))
		seal(t, s)
	}
}
