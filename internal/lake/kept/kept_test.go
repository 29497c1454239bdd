package kept_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/lake/kept"
	"github.com/sillok/sillok/internal/lake/shadow"
)

// log is a Source in memory.
type log struct {
	items  []kept.Item // numbered from 1
	closed []kept.Span
	fails  int // Read fails after so many items; 0 never
}

func (l *log) Closed() ([]kept.Span, error) { return l.closed, nil }
func (l *log) Next() uint64                 { return uint64(len(l.items)) + 1 }
func (l *log) Reader(from uint64) kept.Reader {
	return &reader{l, max(from, 1)}
}

// add appends records, each with rows of some tables.
func (l *log) add(rows ...kept.Row) {
	l.items = append(l.items, kept.Item{Number: l.Next(), Rows: rows})
}

func (l *log) close() {
	first := uint64(1)
	if n := len(l.closed); n > 0 {
		first = l.closed[n-1].Last + 1
	}
	if last := uint64(len(l.items)); last >= first {
		l.closed = append(l.closed, kept.Span{First: first, Last: last})
	}
}

type reader struct {
	of   *log
	next uint64
}

var errRead = errors.New("the log cannot be read")

func (r *reader) Next() uint64 { return r.next }
func (r *reader) Read(context.Context) iter.Seq2[kept.Item, error] {
	return func(yield func(kept.Item, error) bool) {
		for n := 0; r.next <= uint64(len(r.of.items)); n++ {
			if r.of.fails > 0 && n >= r.of.fails {
				yield(kept.Item{}, errRead)
				return
			}
			r.next++
			if !yield(r.of.items[r.next-2], nil) {
				return
			}
		}
	}
}

var start = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

// row is the row of a table with an ID, at some second.
func row(table, id string, second int) kept.Row {
	at := start.Add(time.Duration(second) * time.Second)
	return kept.Row{Table: table, Time: at, Text: fmt.Appendf(nil, `{"eventVersion":"1.11","eventTime":%q,"eventID":%q,"requestParameters":{"a":[1,{"b":"c"}]}}`, at.Format(time.RFC3339), id)}
}

func open(tb testing.TB, dir string, keep func(table string) kept.Retention, sources map[string]kept.Source) *kept.Store {
	tb.Helper()
	return kept.New(kept.Config{
		Dir: dir, Log: slog.New(slog.DiscardHandler), Format: func(string) string { return "cloudtrail" }, Bucket: "b", Sources: sources,
		Keep: func(_ context.Context, table string) (kept.Retention, error) {
			if keep == nil {
				return kept.Retention{}, nil
			}
			return keep(table), nil
		},
	})
}

func rowsOf(s *kept.Store, table string) lake.Rows {
	return s.Table(func(context.Context) ([]kept.Asked, error) { return []kept.Asked{{Table: table}}, nil })
}

// idsIn returns the IDs of the rows of a table, in the order of its files.
func idsIn(tb testing.TB, s *kept.Store, table string) (ids []string) {
	tb.Helper()
	found, err := rowsOf(s, table).Objects(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	return idsOf(tb, rowsOf(s, table), found)
}

func idsOf(tb testing.TB, rows lake.Rows, found []lake.KeptObject) (ids []string) {
	tb.Helper()
	objects := make([]lake.Object, len(found))
	for i := range found {
		objects[i] = found[i].Object
	}
	paths, release, err := rows.Hold(tb.Context(), objects)
	if err != nil {
		tb.Fatal(err)
	}
	for i, path := range paths {
		entry, err := shadow.Read(tb.Context(), path)
		if err != nil {
			tb.Fatal(err)
		}
		if entry.Info.Bad > 0 || entry.Bytes != found[i].Object.Size {
			tb.Fatalf("%s: %d bad rows, %d bytes and not %d", path, entry.Info.Bad, found[i].Object.Size, entry.Bytes)
		}
		read, err := parquet.ReadFile[struct {
			ID   *string `parquet:"eventid"`
			Time *string `parquet:"eventtime"`
		}](path)
		if err != nil {
			tb.Fatal(err)
		}
		for _, r := range read {
			ids = append(ids, *r.ID)
			at, err := time.Parse(time.RFC3339, *r.Time)
			if err != nil || at.Before(found[i].From) || at.After(found[i].To) {
				tb.Fatalf("%s has a row of %s, and not between %s and %s", path, *r.Time, found[i].From, found[i].To)
			}
		}
	}
	if err := release(); err != nil {
		tb.Fatal(err)
	}
	return ids
}

// A question sees every row that was there when it was asked, once, whatever is closed,
// joined, asked and killed before it.
func TestModel(t *testing.T) {
	tables := []string{"account-1", "account-2", "store-a"}
	seeds := uint64(120)
	if testing.Short() {
		seeds = 20
	}
	for seed := range seeds {
		random := rand.New(rand.NewPCG(seed, 38))
		dir, logs := t.TempDir(), map[string]*log{"calls": {}, "events": {}}
		sources := map[string]kept.Source{"calls": logs["calls"], "events": logs["events"]}
		s := open(t, dir, nil, sources)
		want := map[string]map[string][]string{}
		n := 0
		for range 40 {
			source := []string{"calls", "events"}[random.IntN(2)]
			switch random.IntN(8) {
			default:
				for range random.IntN(30) {
					var rows []kept.Row
					for _, table := range tables {
						if random.IntN(3) > 0 {
							continue
						}
						id := fmt.Sprintf("%s-%d", source, n)
						n++
						rows = append(rows, row(table, id, n/3))
						if want[table] == nil {
							want[table] = map[string][]string{}
						}
						want[table][source] = append(want[table][source], id)
					}
					logs[source].add(rows...)
				}
			case 0, 1:
				logs[source].close()
			case 2:
				ask(t, s, want, tables[random.IntN(len(tables))], seed)
			case 3:
				if err := s.Join(t.Context()); err != nil {
					t.Fatal(err)
				}
			case 4: // it is killed, maybe before what it wrote down was complete
				before, _ := os.ReadFile(filepath.Join(dir, kept.PlacesName)) // none is there at first
				if err := s.Seal(t.Context()); err != nil {
					t.Fatal(err)
				}
				if random.IntN(2) == 0 {
					undo(t, dir, before, random)
				}
				s = open(t, dir, nil, sources)
			case 5:
				if err := s.SweepAt(t.Context(), time.Now().Add(time.Hour)); err != nil {
					t.Fatal(err)
				}
			case 6: // a log that cannot be read loses nothing
				logs[source].fails = 1 + random.IntN(3)
				_, _ = rowsOf(s, tables[0]).Objects(t.Context()) // it may fail
				logs[source].fails = 0
			}
		}
		for _, table := range tables {
			ask(t, s, want, table, seed)
		}
	}
}

// undo puts a folder into a state in which a kill may have left it: places are those of
// before, and any of the files that were written since may be missing.
func undo(t *testing.T, dir string, places []byte, random *rand.Rand) {
	t.Helper()
	last := map[string]uint64{}
	for pair := range strings.SplitSeq(strings.Trim(string(places), "{}"), ",") {
		name, number, ok := strings.Cut(pair, ":")
		var n uint64
		if _, err := fmt.Sscan(number, &n); ok && err == nil {
			last[strings.Trim(name, `"`)] = n
		}
	}
	path := filepath.Join(dir, kept.PlacesName)
	err := os.WriteFile(path, places, 0o600)
	if places == nil {
		err = os.Remove(path)
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*", "*.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		var first uint64
		source, rest, _ := strings.Cut(filepath.Base(f), "_")
		if _, err := fmt.Sscanf(rest, "%020d_", &first); err != nil {
			t.Fatal(err)
		}
		if first > last[source] && random.IntN(2) == 0 {
			if err := os.Remove(f); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "making-x"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
}

func ask(t *testing.T, s *kept.Store, want map[string]map[string][]string, table string, seed uint64) {
	t.Helper()
	wanted := slices.Concat(want[table]["calls"], want[table]["events"])
	got := idsIn(t, s, table)
	slices.Sort(wanted)
	slices.Sort(got)
	if diff := cmp.Diff(wanted, got); diff != "" {
		t.Fatalf("seed %d, table %s:\n%s", seed, table, diff)
	}
}

func TestNeighboursAreJoined(t *testing.T) {
	calls := &log{}
	sources := map[string]kept.Source{"calls": calls}
	dir := t.TempDir()
	s := open(t, dir, nil, sources)
	var want []string
	for i := range 70 {
		id := fmt.Sprint(i)
		calls.add(row("t", id, i))
		calls.close()
		want = append(want, id)
	}
	if err := s.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	before, err := rowsOf(s, "t").Objects(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Join(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := idsIn(t, s, "t"); !cmp.Equal(want, got) {
		t.Errorf("after they were joined:\n%s", cmp.Diff(want, got))
	}
	after, err := rowsOf(s, "t").Objects(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(before) != 70 || len(after) > 7 {
		t.Errorf("%d files became %d", len(before), len(after))
	}
	// Who was given the files before can still read them.
	if got := idsOf(t, rowsOf(s, "t"), before); !cmp.Equal(want, got) {
		t.Errorf("the files before:\n%s", cmp.Diff(want, got))
	}
	if err := s.SweepAt(t.Context(), time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := rowsOf(s, "t").Hold(t.Context(), []lake.Object{before[0].Object}); err == nil {
		t.Error("a file that was swept can be held")
	}
	if files, err := filepath.Glob(filepath.Join(dir, "t", "*.parquet")); err != nil || len(files) != len(after) {
		t.Errorf("%d files are left, not %d: %v", len(files), len(after), err)
	}
}

func TestFilesThatAreFarApartAreNotJoined(t *testing.T) {
	calls := &log{}
	s := open(t, t.TempDir(), nil, map[string]kept.Source{"calls": calls})
	for i := range 20 {
		calls.add(row("t", fmt.Sprint(i), i*24*3600))
		calls.close()
	}
	if err := errors.Join(s.Seal(t.Context()), s.Join(t.Context())); err != nil {
		t.Fatal(err)
	}
	if found, err := rowsOf(s, "t").Objects(t.Context()); err != nil || len(found) != 20 {
		t.Errorf("%d files: %v", len(found), err)
	}
}

func TestHeldFilesStay(t *testing.T) {
	calls := &log{}
	dir := t.TempDir()
	gone := false
	s := open(t, dir, func(string) kept.Retention { return kept.Retention{Gone: gone} }, map[string]kept.Source{"calls": calls})
	calls.add(row("t", "1", 0))
	calls.close()
	found, err := rowsOf(s, "t").Objects(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	paths, release, err := rowsOf(s, "t").Hold(t.Context(), []lake.Object{found[0].Object})
	if err != nil {
		t.Fatal(err)
	}
	gone = true
	if err := errors.Join(s.Retain(t.Context()), s.SweepAt(t.Context(), time.Now().Add(time.Hour))); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(paths[0]); err != nil {
		t.Error("a file that is read was removed:", err)
	}
	if got := idsIn(t, s, "t"); got != nil {
		t.Errorf("a table that is gone has the rows %v", got)
	}
	if err := errors.Join(release(), release(), s.SweepAt(t.Context(), time.Now().Add(time.Hour))); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(paths[0]); err == nil {
		t.Error("a file of a table that is gone is still there")
	}
}

func TestOldFilesGo(t *testing.T) {
	calls := &log{}
	s := open(t, t.TempDir(), func(string) kept.Retention { return kept.Retention{Age: 48 * time.Hour} }, map[string]kept.Source{"calls": calls})
	now := time.Now().UTC().Truncate(time.Second)
	for i, age := range []time.Duration{72 * time.Hour, 47 * time.Hour, time.Hour} {
		r := row("t", fmt.Sprint(i), 0)
		r.Time = now.Add(-age)
		r.Text = []byte(strings.ReplaceAll(string(r.Text), start.Format(time.RFC3339), r.Time.Format(time.RFC3339)))
		calls.add(r)
		calls.close()
	}
	if err := errors.Join(s.Seal(t.Context()), s.Retain(t.Context())); err != nil {
		t.Fatal(err)
	}
	if got := idsIn(t, s, "t"); !cmp.Equal(got, []string{"1", "2"}) {
		t.Errorf("left are %v", got)
	}
}

// Rows that go with their log are there as long as it has their records, however old they
// tell that they are.
func TestRowsGoWithTheirLog(t *testing.T) {
	calls := &log{}
	s := open(t, t.TempDir(), func(string) kept.Retention { return kept.Retention{WithLog: true} }, map[string]kept.Source{"calls": calls})
	for i := range 3 {
		calls.add(row("t", fmt.Sprint(i), 0))
		calls.close()
	}
	if err := errors.Join(s.Seal(t.Context()), s.Retain(t.Context())); err != nil {
		t.Fatal(err)
	}
	if got := idsIn(t, s, "t"); len(got) != 3 {
		t.Errorf("before: %v", got)
	}
	calls.closed = calls.closed[1:]
	if err := s.Retain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := idsIn(t, s, "t"); !cmp.Equal(got, []string{"1", "2"}) {
		t.Errorf("after: %v", got)
	}
}

func TestBadNames(t *testing.T) {
	for _, name := range []string{"../x", "", "A", "a/b", "a\x00"} {
		calls := &log{}
		s := open(t, t.TempDir(), nil, map[string]kept.Source{"calls": calls})
		calls.add(row(name, "1", 0))
		calls.close()
		if err := s.Seal(t.Context()); err == nil {
			t.Errorf("a table is named %q", name)
		}
		if _, err := rowsOf(open(t, t.TempDir(), nil, nil), name).Objects(t.Context()); err == nil {
			t.Errorf("a table named %q is asked for", name)
		}
	}
}

func TestRowsOfSeveralLines(t *testing.T) {
	calls := &log{}
	s := open(t, t.TempDir(), nil, map[string]kept.Source{"calls": calls})
	r := row("t", "1", 0)
	r.Text = []byte(strings.ReplaceAll(string(r.Text), ",", ",\n"))
	calls.add(r, row("t", "2", 0))
	if got := idsIn(t, s, "t"); !cmp.Equal(got, []string{"1", "2"}) {
		t.Errorf("rows %v", got)
	}
}

// Rows whose text tells the time in another form are in an object that is never left out.
func TestLooseTimes(t *testing.T) {
	calls := &log{}
	s := open(t, t.TempDir(), nil, map[string]kept.Source{"calls": calls})
	r := row("t", "1", 0)
	r.Loose = true
	calls.add(r)
	found, err := rowsOf(s, "t").Objects(t.Context())
	if err != nil || len(found) != 1 || !found[0].From.IsZero() || !found[0].To.IsZero() {
		t.Errorf("%+v: %v", found, err)
	}
}

func FuzzParseName(f *testing.F) {
	f.Add("calls_00000000000000000001_00000000000000000008_1796038920_1796038924_5t.parquet")
	f.Add("calls_1_2_3_4_x.parquet")
	f.Add("a_00000000000000000001_00000000000000000008_-5_-4_0x.parquet")
	f.Fuzz(func(t *testing.T, name string) {
		if again, ok := kept.ParseName(name); ok && again != name {
			t.Errorf("%q is read as %q", name, again)
		}
	})
}
