package records_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/store/records"
)

// archive is where segments are sealed to.
type archive struct {
	kept  map[uint64][]string // by first number
	order []uint64
	fail  string // the step that fails
}

func (a *archive) open(seg records.Segment) (records.Sink, error) {
	if a.fail == "open" {
		return nil, errors.New("no archive")
	}
	return &sink{archive: a, seg: seg}, nil
}

type sink struct {
	archive *archive
	seg     records.Segment
	lines   []string
	aborted bool
}

func (s *sink) Append(r records.Record) error {
	if s.archive.fail == "append" {
		return errors.New("no space in the archive")
	}
	if r.Seq < s.seg.First || r.Seq > s.seg.Last || r.Time.Before(s.seg.From) || r.Time.After(s.seg.To) {
		return fmt.Errorf("record %d of %v is not one of %v", r.Seq, r.Time, s.seg)
	}
	s.lines = append(s.lines, fmt.Sprint(r.Seq))
	return nil
}

func (s *sink) Lost(damage *records.DamageError) error {
	s.lines = append(s.lines, fmt.Sprintf("%d to %d lost", damage.First, damage.Last))
	return nil
}

func (s *sink) Commit() error {
	if s.archive.fail == "commit" {
		return errors.New("the archive is read-only")
	}
	s.archive.kept[s.seg.First] = s.lines
	s.archive.order = append(s.archive.order, s.seg.First)
	return nil
}

func (s *sink) Abort() {
	if s.aborted {
		panic("aborted twice")
	}
	s.aborted = true
}

func numbers(from, to int) []string {
	var all []string
	for n := from; n <= to; n++ {
		all = append(all, fmt.Sprint(n))
	}
	return all
}

func TestSeal(t *testing.T) {
	cfg := records.Config{Dir: t.TempDir(), SegmentBytes: small}
	l := open(t, cfg)
	a := &archive{kept: map[uint64][]string{}}
	if err := l.Seal(t.Context(), a.open); err != nil || len(a.kept) > 0 {
		t.Errorf("Seal of an empty log: %v, %v", a.kept, err)
	}
	fill(t, l, cfg.Dir, 3)
	for _, step := range []string{"open", "append", "commit"} {
		a.fail = step
		if err := l.Seal(t.Context(), a.open); err == nil || !strings.Contains(err.Error(), "archive") {
			t.Errorf("Seal when %s fails = %v", step, err)
		}
	}
	a.fail = ""
	if err := l.Seal(t.Context(), a.open); err != nil {
		t.Fatal(err)
	}
	want := map[uint64][]string{1: numbers(1, 9), 10: numbers(10, 18)}
	if diff := cmp.Diff(want, a.kept); diff != "" {
		t.Errorf("sealed (-want +got):\n%s", diff)
	}

	appendText(t, l, "last of its segment")
	if err := errors.Join(l.Rotate(t.Context()), l.Rotate(t.Context()), l.Close()); err != nil {
		t.Fatal(err)
	}
	change(t, segments(t, cfg.Dir)[2], func(b []byte) []byte { clear(b[100:200]); return b })
	l = open(t, cfg)
	if err := l.Seal(t.Context(), a.open); err != nil {
		t.Fatal(err)
	}
	want[19] = []string{"19 to 19 lost", "20"}
	if diff := cmp.Diff(want, a.kept); diff != "" {
		t.Errorf("sealed in the second run (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]uint64{1, 10, 19}, a.order); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

// first returns the first record of l, and whether those before were removed.
func first(t *testing.T, l *records.Log) (seq, removed uint64) {
	t.Helper()
	for r, err := range l.Read(t.Context(), 1) {
		if gone, ok := errors.AsType[*records.RemovedError](err); ok {
			removed = gone.Last
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		return r.Seq, removed
	}
	return 0, removed
}

func TestRetain(t *testing.T) {
	for _, tt := range []struct {
		name    string
		keep    records.Retention
		sealed  bool // segments are sealed
		seal    bool // and have been
		intent  bool // the second segment has one that is open
		removed uint64
	}{
		{name: "all", keep: records.Retention{}},
		{name: "by age", keep: records.Retention{MaxAge: 90 * time.Minute}, removed: 27},
		{name: "by age, none is old", keep: records.Retention{MaxAge: 5 * time.Hour}},
		{name: "by size", keep: records.Retention{MaxBytes: 3*small + small/2}, removed: 18},
		{name: "by size, only closed ones", keep: records.Retention{MaxBytes: 1}, removed: 36},
		{name: "by both", keep: records.Retention{MaxAge: 90 * time.Minute, MaxBytes: 4 * small}, removed: 27},
		{name: "not sealed", keep: records.Retention{MaxBytes: 1}, sealed: true},
		{name: "sealed", keep: records.Retention{MaxBytes: 1}, sealed: true, seal: true, removed: 36},
		{name: "an intent is open", keep: records.Retention{MaxBytes: 1}, intent: true, removed: 9},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cfg := records.Config{Dir: t.TempDir(), SegmentBytes: small, Sealed: tt.sealed}
				l := open(t, cfg)
				start := time.Now().UTC()
				for n := range 5 { // segments of 9 records, an hour each
					fill(t, l, cfg.Dir, n+1)
					if n == 1 && tt.intent {
						begin(t, l, "intent", 10)
					}
					<-time.After(time.Hour)
				}
				if tt.seal {
					a := &archive{kept: map[uint64][]string{}}
					if err := l.Seal(t.Context(), a.open); err != nil {
						t.Fatal(err)
					}
				}
				before := len(segments(t, cfg.Dir))
				if err := l.Retain(t.Context(), tt.keep); err != nil {
					t.Fatal(err)
				}
				for range 2 { // and after opening again
					seq, removed := first(t, l)
					if removed != tt.removed || seq != tt.removed+1 {
						t.Errorf("records up to %d were removed, the first is %d; want %d", removed, seq, tt.removed)
					}
					if n := len(segments(t, cfg.Dir)); n != before-int(tt.removed/9) {
						t.Errorf("%d segments of %d are left", n, before)
					}
					closeLog(t, l)
					l = open(t, cfg)
				}
				if tt.removed != 27 {
					return
				}
				// The last record of a segment is an hour younger than its first.
				gone := fmt.Sprintf("records 1 to 27, up to %s, were removed by retention", start.Add(3*time.Hour).Format(time.RFC3339))
				for _, reader := range []records.Reader{l.Reader, records.View(cfg.Dir)} {
					for name, seq := range map[string][]string{
						"Read":    lines(reader.Read(t.Context(), 1)),
						"Between": lines(reader.Between(t.Context(), start, start.Add(time.Minute))),
					} {
						if len(seq) == 0 || seq[0] != gone {
							t.Errorf("%s begins with %.200q, want %q", name, seq, gone)
						}
					}
					wantLines(t, "Between, later", reader.Between(t.Context(), start.Add(190*time.Minute), start.Add(191*time.Minute)))
				}
			})
		})
	}
}

// What a crash left of a removal is removed when the log is opened.
func TestRetainIsFinishedByOpen(t *testing.T) {
	cfg := records.Config{Dir: t.TempDir(), SegmentBytes: small}
	l := open(t, cfg)
	fill(t, l, cfg.Dir, 4)
	paths := segments(t, cfg.Dir)
	copies := map[string][]byte{}
	for _, path := range paths[:2] {
		change(t, path, func(b []byte) []byte { copies[path] = b; return b })
	}
	if err := l.Retain(t.Context(), records.Retention{MaxBytes: 1}); err != nil {
		t.Fatal(err)
	}
	closeLog(t, l)
	for path, data := range copies {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	l = open(t, cfg)
	if diff := cmp.Diff(paths[3:], segments(t, cfg.Dir)); diff != "" {
		t.Errorf("segments (-want +got):\n%s", diff)
	}
	if seq, removed := first(t, l); seq != removed+1 {
		t.Errorf("the first is %d, up to %d were removed", seq, removed)
	}
}

// One damaged place of two is made up for; after two, nothing is assumed.
func TestDamagedProgress(t *testing.T) {
	cfg := records.Config{Dir: t.TempDir(), SegmentBytes: small}
	l := open(t, cfg)
	fill(t, l, cfg.Dir, 3)
	if err := l.Retain(t.Context(), records.Retention{MaxBytes: 1}); err != nil {
		t.Fatal(err)
	}
	closeLog(t, l)
	path := filepath.Join(cfg.Dir, "progress")
	removed := "records 1 to 18, up to"
	lost := "records 1 to 18 are lost"
	for _, tt := range []struct {
		damage func()
		told   bool
		want   string
	}{
		{func() { flip(t, path, 8, 3) }, false, removed},
		{func() { flip(t, path, 512+8, 3) }, true, lost},
		{func() {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		}, true, lost},
	} {
		tt.damage()
		l, told := openTelling(t, cfg)
		if strings.Contains(told.String(), "it is not known") != tt.told {
			t.Errorf("Open told %q", told)
		}
		if got := lines(l.Read(t.Context(), 1)); !strings.Contains(got[0], tt.want) {
			t.Errorf("Read begins with %q, want %q", got[0], tt.want)
		}
		closeLog(t, l)
	}
}

// A reader gets everything while segments are made, sealed and removed.
func TestAllAtOnce(t *testing.T) {
	const writers, each = 4, 100
	cfg := records.Config{Dir: t.TempDir(), SegmentBytes: small, Sealed: true}
	l := open(t, cfg)
	a := &archive{kept: map[uint64][]string{}}
	var writing, rest sync.WaitGroup
	for range writers {
		writing.Go(func() {
			for n := range each {
				if n%3 == 0 {
					end(t, begin(t, l, strings.Repeat("x", 1000), 10), "end")
					continue
				}
				appendText(t, l, strings.Repeat("y", 500))
			}
		})
	}
	done := make(chan struct{})
	for _, work := range []func() error{
		func() error { return l.Seal(t.Context(), a.open) },
		func() error { return l.Retain(t.Context(), records.Retention{MaxBytes: 2 * small}) },
		func() error { return l.Rotate(t.Context()) },
		func() error { return readAll(t, l.Reader) },
		func() error { return readAll(t, records.View(cfg.Dir)) },
	} {
		rest.Go(func() {
			for {
				if err := work(); err != nil {
					t.Error(err)
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	writing.Wait()
	close(done)
	rest.Wait()
}

// readAll returns an error unless records come in order, from the first that is
// not removed.
func readAll(t *testing.T, reader records.Reader) error {
	t.Helper()
	next := uint64(1)
	for r, err := range reader.Read(t.Context(), 1) {
		if gone, ok := errors.AsType[*records.RemovedError](err); ok && gone.First == next {
			next = gone.Last + 1
			continue
		}
		if err != nil {
			return err
		}
		if r.Seq != next {
			return fmt.Errorf("record %d comes instead of %d", r.Seq, next)
		}
		next++
	}
	return nil
}
