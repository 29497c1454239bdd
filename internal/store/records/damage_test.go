package records_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/store/records"
)

// openTelling opens cfg's log and returns what it tells the operator.
func openTelling(tb testing.TB, cfg records.Config) (*records.Log, *bytes.Buffer) {
	tb.Helper()
	var told bytes.Buffer
	cfg.Log = slog.New(slog.NewTextHandler(&told, nil))
	return open(tb, cfg), &told
}

// change changes the bytes of the file at path.
func change(tb testing.TB, path string, fn func([]byte) []byte) {
	tb.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	if err := os.WriteFile(path, fn(data), 0o600); err != nil {
		tb.Fatal(err)
	}
}

// at returns where text begins in the file at path.
func at(tb testing.TB, path, text string) int {
	tb.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	i := bytes.Index(data, []byte(text))
	if i < 0 {
		tb.Fatalf("%s does not hold %q", path, text)
	}
	return i
}

func flip(tb testing.TB, path string, offset int, bit uint) {
	tb.Helper()
	change(tb, path, func(b []byte) []byte {
		b[offset] ^= 1 << bit
		return b
	})
}

func TestDamageIsToldAndTheRestIsRead(t *testing.T) {
	const head = 40
	first := func(t *testing.T, dir string) string { t.Helper(); return segments(t, dir)[0] }
	for _, tt := range []struct {
		name   string
		damage func(t *testing.T, dir string)
		want   func(name string, offset int) []string
	}{
		{
			"data",
			func(t *testing.T, dir string) { t.Helper(); flip(t, first(t, dir), at(t, first(t, dir), "two"), 0) },
			func(name string, offset int) []string {
				return []string{"1 plain one", fmt.Sprintf("segment %s is damaged at byte %d, at record 2: the data of a record does not have its checksum: record 2 is lost", name, offset), "3 plain three"}
			},
		},
		{
			"a head",
			func(t *testing.T, dir string) { t.Helper(); flip(t, first(t, dir), at(t, first(t, dir), "two")-30, 0) },
			func(name string, offset int) []string {
				return []string{"1 plain one", fmt.Sprintf("segment %s is damaged at byte %d, at record 2: the head of a record does not have its checksum: record 2 is lost", name, offset), "3 plain three"}
			},
		},
		{
			"zeros",
			func(t *testing.T, dir string) {
				t.Helper()
				offset := at(t, first(t, dir), "two") - head
				change(t, first(t, dir), func(b []byte) []byte { clear(b[offset : offset+48]); return b })
			},
			func(name string, offset int) []string {
				return []string{"1 plain one", fmt.Sprintf("segment %s is damaged at byte %d, at record 2: the head of a record does not have its checksum: record 2 is lost", name, offset), "3 plain three"}
			},
		},
		{
			"two records",
			func(t *testing.T, dir string) {
				t.Helper()
				offset := at(t, first(t, dir), "one")
				change(t, first(t, dir), func(b []byte) []byte { clear(b[offset : offset+50]); return b })
			},
			func(name string, offset int) []string {
				return []string{fmt.Sprintf("segment %s is damaged at byte %d, at record 1: the data of a record does not have its checksum: records 1 to 2 are lost", name, offset-48), "3 plain three"}
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := records.Config{Dir: t.TempDir(), SegmentBytes: small}
			l := open(t, cfg)
			for _, text := range []string{"one", "two", "three"} {
				appendText(t, l, text)
			}
			closeLog(t, l)
			name := filepath.Base(first(t, cfg.Dir))
			want := tt.want(name, at(t, first(t, cfg.Dir), "two")-head)
			tt.damage(t, cfg.Dir)
			wantLines(t, "view", records.View(cfg.Dir).Read(t.Context(), 1), want...)
			l, told := openTelling(t, cfg)
			if !strings.Contains(told.String(), "records are damaged") || strings.Contains(told.String(), "cut") {
				t.Errorf("Open told:\n%s", told)
			}
			if seq := appendText(t, l, "four"); seq != 4 {
				t.Errorf("the next number is %d, want 4", seq)
			}
			want = append(want, "4 plain four")
			wantLines(t, "log", l.Read(t.Context(), 1), want...)
			wantLines(t, "log, past the damage", l.Read(t.Context(), 3), "3 plain three", "4 plain four")
			fill(t, l, cfg.Dir, 2)
			if diff := cmp.Diff(want, lines(l.Read(t.Context(), 1))[:len(want)]); diff != "" {
				t.Errorf("closed segment (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMissingSegmentsAreTold(t *testing.T) {
	for _, tt := range []struct {
		name     string
		missing  int
		truncate int64
		reason   string
	}{
		{name: "the first", missing: 0, reason: "the records before it are missing"},
		{name: "one in the middle", missing: 2, reason: "it ends there"},
		{name: "the end of one", missing: 2, truncate: 30_000, reason: "it ends within a record"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := records.Config{Dir: t.TempDir(), SegmentBytes: small}
			l := open(t, cfg)
			fill(t, l, cfg.Dir, 5)
			last := appendText(t, l, "last")
			closeLog(t, l)
			path := segments(t, cfg.Dir)[tt.missing]
			var err error
			if tt.truncate > 0 {
				err = os.Truncate(path, tt.truncate)
			} else {
				err = os.Remove(path)
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, reader := range []records.Reader{records.View(cfg.Dir), open(t, cfg).Reader} {
				next := uint64(1)
				var damages int
				for r, err := range reader.Read(t.Context(), 1) {
					if damage, ok := errors.AsType[*records.DamageError](err); ok {
						if damages++; damage.First != next || damage.Reason != tt.reason {
							t.Errorf("at record %d: %v", next, err)
						}
						next = damage.Last + 1
						continue
					}
					if err != nil || r.Seq != next {
						t.Fatalf("record %d, %v; want %d", r.Seq, err, next)
					}
					next++
				}
				if damages != 1 || next != last+1 {
					t.Errorf("%d damages, %d records; want 1, %d", damages, next-1, last)
				}
			}
		})
	}
}

// A segment whose file is gone while the log is open.
func TestSegmentRemovedUnderneath(t *testing.T) {
	dir := t.TempDir()
	l := open(t, records.Config{Dir: dir, SegmentBytes: small})
	fill(t, l, dir, 3)
	for i, want := range []string{"records 1 to 9 are lost", "records 10 to 18 are lost", "record 19 is lost"} {
		path := segments(t, dir)[0]
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		got := lines(l.Read(t.Context(), uint64(1+9*i)))
		if len(got) != 1+max(0, 18-9*(i+1))+min(1, 2-i) || got[0] != fmt.Sprintf("segment %s is damaged at byte 0, at record %d: the file is missing: %s", filepath.Base(path), 1+9*i, want) {
			t.Errorf("%d lines, the first is %q", len(got), got[0])
		}
	}
}

// Whatever lies behind the last good record is cut, once.
func TestTornTailIsCut(t *testing.T) {
	for _, tt := range []struct {
		name string
		tear func(b []byte, last int) []byte
		cut  bool
		want []string
	}{
		{"nothing", func(b []byte, _ int) []byte { return b }, false, []string{"1 plain one", "2 plain two"}},
		{"garbage behind", func(b []byte, last int) []byte { copy(b[last+200:], "garbage"); return b }, true, []string{"1 plain one", "2 plain two"}},
		{"half of the last record", func(b []byte, last int) []byte { clear(b[last:]); return b }, true, []string{"1 plain one"}},
		{"the last record", func(b []byte, last int) []byte { clear(b[last-40:]); return b }, false, []string{"1 plain one"}},
		{"the end of the file", func(b []byte, last int) []byte { return b[:last] }, true, []string{"1 plain one"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := records.Config{Dir: t.TempDir(), SegmentBytes: small}
			l := open(t, cfg)
			appendText(t, l, "one")
			appendText(t, l, "two")
			dir := t.TempDir() // as a crash leaves it: not closed
			if err := os.CopyFS(dir, os.DirFS(cfg.Dir)); err != nil {
				t.Fatal(err)
			}
			cfg.Dir = dir
			path := segments(t, dir)[0]
			last := at(t, path, "two")
			change(t, path, func(b []byte) []byte { return tt.tear(b, last) })

			wantLines(t, "view", records.View(dir).Read(t.Context(), 1), tt.want...)
			l, told := openTelling(t, cfg)
			if strings.Contains(told.String(), "cut a torn tail") != tt.cut {
				t.Errorf("Open told %q", told)
			}
			wantLines(t, "log", l.Read(t.Context(), 1), tt.want...)
			appendText(t, l, "next")
			want := append(tt.want, fmt.Sprintf("%d plain next", len(tt.want)+1)) //nolint:gocritic // not used again
			wantLines(t, "log", l.Read(t.Context(), 1), want...)
			closeLog(t, l)
			l, told = openTelling(t, cfg)
			if told.Len() > 0 {
				t.Errorf("the second Open told %q", told)
			}
			wantLines(t, "log", l.Read(t.Context(), 1), want...)
		})
	}
}

// A bit of a segment that is not as it was written is told, or belongs to what
// is cut because it never held a record.
func TestFlippedBits(t *testing.T) {
	const flips = 400
	cfg := records.Config{Dir: t.TempDir(), SegmentBytes: small}
	l := open(t, cfg)
	intent := begin(t, l, "intent", 100)
	for n := range 400 {
		appendText(t, l, strings.Repeat(fmt.Sprint(n, " "), 100))
	}
	end(t, intent, "done")
	begin(t, l, "left open", 100)
	closeLog(t, l)
	paths := segments(t, cfg.Dir)
	if len(paths) < 3 {
		t.Fatalf("%d segments", len(paths))
	}
	want := map[uint64]records.Record{}
	for r, err := range records.View(cfg.Dir).Read(t.Context(), 1) {
		if err != nil {
			t.Fatal(err)
		}
		want[r.Seq] = r
	}

	random := rand.New(rand.NewPCG(1, 2))
	for n := range flips {
		copied := cfg
		copied.Dir = filepath.Join(t.TempDir(), "copy")
		if err := os.CopyFS(copied.Dir, os.DirFS(cfg.Dir)); err != nil {
			t.Fatal(err)
		}
		path := segments(t, copied.Dir)[n%len(paths)]
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		offset := random.IntN(int(info.Size()))
		if n < 96 { // the start and the first record, whole
			path, offset = segments(t, copied.Dir)[0], n
		}
		flip(t, path, offset, random.UintN(8))
		l, told := openTelling(t, copied)
		damages, lost := compare(t, l, want)
		torn := strings.Contains(told.String(), "cut a torn tail") && lost == 0
		if damages != 1 && !torn || lost > 1 {
			t.Errorf("bit at byte %d of %s: %d damages, %d records are lost; told: %s", offset, filepath.Base(path), damages, lost, told)
		}
		closeLog(t, l)
	}
}

// compare reads l, each record of which must be as in want or told as lost. It
// returns how many damages were told and how many records are lost.
func compare(t *testing.T, l *records.Log, want map[uint64]records.Record) (damages, lost int) {
	t.Helper()
	next := uint64(1)
	for r, err := range l.Read(t.Context(), 1) {
		if damage, ok := errors.AsType[*records.DamageError](err); ok {
			damages++
			lost += int(damage.Last + 1 - damage.First)
			next = damage.Last + 1
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(want[next], r) { // cmp takes its time
			t.Fatalf("record %d (-want +got):\n%s", next, cmp.Diff(want[next], r))
		}
		next++
	}
	if int(next-1) != len(want) {
		t.Errorf("%d records are told of, want %d", next-1, len(want))
	}
	return damages, lost
}

// The intents that are open are known even when the start that names them is
// damaged, from the segments before.
func TestDamagedStart(t *testing.T) {
	cfg := records.Config{Dir: t.TempDir(), SegmentBytes: small}
	l := open(t, cfg)
	begin(t, l, "a", 10)
	b := begin(t, l, "b", 10)
	c := begin(t, l, "c", 10)
	fill(t, l, cfg.Dir, 2)
	end(t, b, "")
	fill(t, l, cfg.Dir, 3)
	end(t, c, "")
	d := begin(t, l, "d", 10)
	closeLog(t, l)
	for _, path := range segments(t, cfg.Dir)[1:] {
		flip(t, path, 50, 1)
	}
	wantLines(t, "unfinished", open(t, cfg).Unfinished(t.Context()), "1 begun a", fmt.Sprintf("%d begun d", d.Seq()))
}

func TestDamagedIntent(t *testing.T) {
	cfg := records.Config{Dir: t.TempDir(), SegmentBytes: small}
	l := open(t, cfg)
	begin(t, l, "first", 10)
	begin(t, l, "second", 10)
	fill(t, l, cfg.Dir, 2)
	closeLog(t, l)
	path := segments(t, cfg.Dir)[0]
	offset := at(t, path, "first")
	flip(t, path, offset, 0)
	l = open(t, cfg)
	wantLines(t, "unfinished", l.Unfinished(t.Context()),
		fmt.Sprintf("segment %s is damaged at byte %d, at record 1: the data of a record does not have its checksum: record 1 is lost", filepath.Base(path), offset-40),
		"2 begun second")
	if err := errors.Join(l.Abandon(t.Context(), 1, nil), l.Abandon(t.Context(), 2, nil)); err != nil {
		t.Error(err)
	}
	wantLines(t, "unfinished", l.Unfinished(t.Context()))
}

func TestLastSegmentWithoutASoundRecord(t *testing.T) {
	cfg := records.Config{Dir: t.TempDir(), SegmentBytes: small}
	l := open(t, cfg)
	fill(t, l, cfg.Dir, 2)
	if err := l.Rotate(t.Context()); err != nil {
		t.Fatal(err)
	}
	begun := begin(t, l, "a", 10)
	closeLog(t, l)
	paths := segments(t, cfg.Dir)
	change(t, paths[2], func(b []byte) []byte { return bytes.Repeat([]byte("?"), len(b)) })
	l, told := openTelling(t, cfg)
	if !strings.Contains(told.String(), "set aside") {
		t.Errorf("Open told %q", told)
	}
	if seq := appendText(t, l, "again"); seq != begun.Seq() {
		t.Errorf("the next number is %d, want %d", seq, begun.Seq())
	}
	wantLines(t, "log", l.Read(t.Context(), begun.Seq()), fmt.Sprintf("%d plain again", begun.Seq()))
	if _, err := os.Stat(paths[2] + ".unsound"); err != nil {
		t.Error(err)
	}
}

func TestNewerVersionIsRefused(t *testing.T) {
	dir := t.TempDir()
	if err := records.WriteSegment(dir, 1); err != nil {
		t.Fatal(err)
	}
	if _, err := records.Open(t.Context(), records.Config{Dir: dir}); err == nil || !strings.Contains(err.Error(), "newer") {
		t.Errorf("Open = %v, want an error that speaks of a newer version", err)
	}
}

// Sound records with numbers that cannot be: a disk that brings back what was
// overwritten.
func TestNumbersAreVerified(t *testing.T) {
	const at = "segment 00000000000000000001-0000000000000001.segment is damaged at byte 88, at record 2: "
	for _, tt := range []struct {
		name    string
		numbers []uint64
		want    []string
	}{
		{"a gap", []uint64{1, 4}, []string{"1 plain ", at + "records are missing: records 2 to 3 are lost", "4 plain "}},
		{"twice", []uint64{1, 1, 2}, []string{"1 plain ", at + "record 1 stands in the place of another: no record is lost", "2 plain "}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := records.WriteSegment(dir, 0, tt.numbers...); err != nil {
				t.Fatal(err)
			}
			wantLines(t, "view", records.View(dir).Read(t.Context(), 1), tt.want...)
		})
	}
}

func TestForeignSegment(t *testing.T) {
	cfg := records.Config{Dir: t.TempDir(), SegmentBytes: small}
	appendText(t, open(t, cfg), "a")
	twin := filepath.Join(cfg.Dir, fmt.Sprintf("%020d-%016x.segment", 1, 1))
	if err := os.WriteFile(twin, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := records.Open(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "foreign") {
		t.Errorf("Open = %v, want an error that speaks of a foreign segment", err)
	}
}
