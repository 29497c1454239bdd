package events_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sillok/sillok/internal/logs/events"
)

// filled makes a store with one file, and returns what it holds.
func filled(tb testing.TB, dir string) (name string, all []string) {
	tb.Helper()
	s, err := events.Open(tb.Context(), events.Config{Dir: dir, Wanted: newWishes(), Log: discard(), SegmentBytes: segment})
	if err != nil {
		tb.Fatal(err)
	}
	random := rand.New(rand.NewPCG(7, 7))
	for i := range 30 {
		var lines []events.Line
		for n := range 100 {
			lines = append(lines, events.Line{Time: int64(i*100 + n), Message: fmt.Sprintf("request %016x%0*d", random.Uint64(), random.IntN(400), 0)})
		}
		if _, err := s.Append(tb.Context(), 1, uint64(11+i%3*i%2), lines); err != nil {
			tb.Fatal(err)
		}
	}
	seal(tb, s)
	all = read(tb, s, events.All(1))
	if err := s.Close(); err != nil {
		tb.Fatal(err)
	}
	files, err := os.ReadDir(filepath.Join(dir, "sealed"))
	if err != nil || len(files) != 1 {
		tb.Fatal(files, err)
	}
	return files[0].Name(), all
}

// told reads everything, and returns what was read and what was told as damaged.
func told(t *testing.T, s *events.Store, q events.Query) (found []string, damage []*events.DamageError) {
	t.Helper()
	for e, err := range s.Read(t.Context(), q) {
		if d, ok := errors.AsType[*events.DamageError](err); ok {
			damage = append(damage, d)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, fmt.Sprintf("%d@%d %s", e.Stream, e.Time, e.Message))
	}
	return found, damage
}

// A flipped bit is either without effect or told, with what is lost; everything else
// is read as it was.
func TestFlippedBits(t *testing.T) {
	dir := t.TempDir()
	name, all := filled(t, dir)
	path := filepath.Join(dir, "sealed", name)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	spans, err := events.Spans(filepath.Join(dir, "sealed"), name)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 1))
	for _, where := range []string{"head", "blocks", "index", "second index", "second head"} {
		tells := 0
		for range 40 {
			at := spans[where][0] + random.Int64N(spans[where][1]-spans[where][0])
			broken := slices.Clone(whole)
			broken[at] ^= 1 << random.IntN(8)
			if err := os.WriteFile(path, broken, 0o600); err != nil {
				t.Fatal(err)
			}
			s := open(t, dir, newWishes())
			found, damage := told(t, s, events.All(1))
			lost := int64(0)
			for _, d := range damage {
				lost += d.Events
			}
			if len(damage) > 0 {
				tells++
			}
			if int(lost)+len(found) != len(all) || !isPart(found, all) {
				t.Fatalf("%s at %d: %d events of %d are read and %d are told to be lost", where, at, len(found), len(all), lost)
			}
		}
		if want := where == "blocks"; tells > 0 != want {
			t.Errorf("%s: %d of 40 flipped bits lost something", where, tells)
		}
	}
}

func isPart(some, of []string) bool {
	for _, s := range of {
		if len(some) > 0 && some[0] == s {
			some = some[1:]
		}
	}
	return len(some) == 0
}

func TestAFileThatIsNotThere(t *testing.T) {
	for _, tt := range []struct {
		name   string
		remove string // of three files
	}{
		{"the first", "0"}, {"one between others", "1"}, {"the last", "2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			s, err := events.Open(t.Context(), events.Config{Dir: dir, Wanted: newWishes(), Log: discard(), SegmentBytes: 4 << 20})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close() //nolint:errcheck // the test is over
			big := strings.Repeat("x", 900_000)
			for i := range 30 { // the log's first segments are removed
				put(t, s, 1, 11, int64(i), big, fmt.Sprint(i))
				if i%10 == 9 {
					seal(t, s)
				}
			}
			files, err := os.ReadDir(filepath.Join(dir, "sealed"))
			if err != nil || len(files) != 3 {
				t.Fatal(files, err)
			}
			if err := os.Remove(filepath.Join(dir, "sealed", files[tt.remove[0]-'0'].Name())); err != nil {
				t.Fatal(err)
			}
			found, damage := told(t, s, events.All(1))
			if len(found) != 40 || len(damage) != 1 || damage[0].Events != 20 {
				t.Errorf("while it runs: %d events, %v", len(found), damage)
			}
			again := open(t, copied(t, dir), newWishes())
			found, damage = read(t, again, events.All(1)), again.Lost()
			// What comes first may have been removed on purpose; the end of what is
			// missing may be in the log still.
			if len(found) < 40 || tt.remove != "0" && len(damage) != 1 {
				t.Errorf("afterwards: %d events, %v", len(found), damage)
			}
			put(t, again, 1, 11, 99, "goes on")
			seal(t, again)
		})
	}
}

// A damaged record of the log is told, too.
func TestADamagedLog(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, newWishes())
	put(t, s, 1, 11, 1, "first of all there is this")
	put(t, s, 1, 11, 2, "the event that is damaged")
	put(t, s, 1, 11, 3, "and then this one")
	to := copied(t, dir)
	files, err := filepath.Glob(filepath.Join(to, "recent", "*.segment"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	b, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	b[bytes.Index(b, []byte("is damaged"))] ^= 1
	if err := os.WriteFile(files[0], b, 0o600); err != nil {
		t.Fatal(err)
	}
	s = open(t, to, newWishes())
	equal(t, "what is left", []string{"11@1 first of all there is this", "11@3 and then this one"}, read(t, s, events.All(1)))
	equal(t, "of another group", []string(nil), read(t, s, events.All(2)))
	if damage := s.Lost(); len(damage) != 1 || damage[0].Events != 1 {
		t.Error(damage)
	}
}

// A text of at least ten bytes is found wherever it stands; shorter ones spare
// nothing.
func TestFilters(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 5))
	var messages []string
	for range 200 {
		messages = append(messages, fmt.Sprintf("at %d the request %016x of user-%04d took %d ms: %x", random.IntN(1e6), random.Uint64(), random.IntN(10_000), random.IntN(1000), random.Uint64()))
	}
	for range 5000 {
		m := messages[random.IntN(len(messages))]
		from := random.IntN(len(m))
		part := m[from : from+random.IntN(len(m)-from)+1]
		if !events.FilterHas(messages, part) {
			t.Fatalf("%q is there", part)
		}
	}
	wrong := 0
	for range 1000 {
		if events.FilterHas(messages, fmt.Sprintf("%016x", random.Uint64())) {
			wrong++
		}
	}
	if wrong > 50 {
		t.Errorf("%d of 1000 texts that are nowhere may be there", wrong)
	}
	if !events.FilterHas(messages, "nowhere") || !events.FilterHas(nil) || !events.FilterHas(messages, "") {
		t.Error("what is short may be everywhere")
	}
}

// Damage by which no record is lost is none of the events.
func TestADamagedLogThatLostNothing(t *testing.T) {
	dir := t.TempDir()
	s, err := events.Open(t.Context(), events.Config{Dir: dir, Wanted: newWishes(), Log: discard(), SegmentBytes: segment})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 10 {
		put(t, s, 1, 11, int64(i), strings.Repeat("x", 900_000))
	}
	all := read(t, s, events.All(1))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "recent", "*.segment"))
	if err != nil || len(files) < 2 {
		t.Fatal(files, err)
	}
	f, err := os.OpenFile(files[0], os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("no record"); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir, newWishes())
	equal(t, "events", all, read(t, s, events.All(1)))
	if lost := s.Lost(); len(lost) > 0 {
		t.Error(lost)
	}
}
