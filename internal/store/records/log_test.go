package records_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
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
	"github.com/sillok/sillok/internal/store/records"
)

// small is the smallest segment.
const small = 64 << 10

func open(tb testing.TB, cfg records.Config) *records.Log {
	tb.Helper()
	l, err := records.Open(tb.Context(), cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { closeLog(tb, l) })
	return l
}

func closeLog(tb testing.TB, l *records.Log) {
	tb.Helper()
	if err := l.Close(); err != nil {
		tb.Error(err)
	}
}

func appendText(tb testing.TB, l *records.Log, text string) uint64 {
	tb.Helper()
	seq, err := l.Append(tb.Context(), []byte(text))
	if err != nil {
		tb.Fatal(err)
	}
	return seq
}

func begin(tb testing.TB, l *records.Log, text string, reserve int) *records.Intent {
	tb.Helper()
	intent, err := l.Begin(tb.Context(), []byte(text), reserve)
	if err != nil {
		tb.Fatal(err)
	}
	return intent
}

func end(tb testing.TB, i *records.Intent, text string) {
	tb.Helper()
	if err := i.End(tb.Context(), []byte(text)); err != nil {
		tb.Fatal(err)
	}
}

// lines returns what a sequence yields, a record or an error a line.
func lines(seq iter.Seq2[records.Record, error]) []string {
	var got []string
	for r, err := range seq {
		if err != nil {
			got = append(got, err.Error())
			continue
		}
		got = append(got, line(r))
	}
	return got
}

func line(r records.Record) string {
	if r.Kind == records.Ended {
		return fmt.Sprintf("%d ended %d %s", r.Seq, r.Of, r.Data)
	}
	return fmt.Sprintf("%d %v %s", r.Seq, r.Kind, r.Data)
}

func wantLines(t *testing.T, what string, seq iter.Seq2[records.Record, error], want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, lines(seq), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func wantKind(t *testing.T, what string, err error, want cloud.Kind) {
	t.Helper()
	if err == nil || cloud.KindOf(err) != want {
		t.Errorf("%s = %v, want an error of kind %v", what, err, want)
	}
}

// fill appends records until there are n segments in dir.
func fill(tb testing.TB, l *records.Log, dir string, n int) {
	tb.Helper()
	for len(segments(tb, dir)) < n {
		appendText(tb, l, strings.Repeat("filler ", 1000))
	}
}

// segments returns the paths of the segments in dir, oldest first.
func segments(tb testing.TB, dir string) []string {
	tb.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.segment"))
	if err != nil {
		tb.Fatal(err)
	}
	return paths
}

func TestRead(t *testing.T) {
	dir := t.TempDir()
	l := open(t, records.Config{Dir: dir})
	appendText(t, l, "a")
	intent := begin(t, l, "b", 10)
	appendText(t, l, "")
	end(t, intent, "b's end")
	want := []string{"1 plain a", "2 begun b", "3 plain ", "4 ended 2 b's end"}
	for _, r := range []struct {
		name   string
		reader records.Reader
	}{{"log", l.Reader}, {"view", records.View(dir)}} {
		t.Run(r.name, func(t *testing.T) {
			wantLines(t, "from 0", r.reader.Read(t.Context(), 0), want...)
			wantLines(t, "from 1", r.reader.Read(t.Context(), 1), want...)
			wantLines(t, "from 3", r.reader.Read(t.Context(), 3), want[2:]...)
			wantLines(t, "past the end", r.reader.Read(t.Context(), 5))
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			wantLines(t, "without time", r.reader.Read(ctx, 1), "context canceled")
		})
	}
}

func TestALoopThatIsLeftAsItsContextEndsIsLeft(t *testing.T) {
	l := open(t, records.Config{Dir: t.TempDir()})
	appendText(t, l, "a")
	appendText(t, l, "b")
	loops := map[string]func(context.Context) iter.Seq2[records.Record, error]{
		"read": func(ctx context.Context) iter.Seq2[records.Record, error] { return l.Read(ctx, 1) },
		"between": func(ctx context.Context) iter.Seq2[records.Record, error] {
			return l.Between(ctx, time.Time{}, time.Now())
		},
		"follow":       func(ctx context.Context) iter.Seq2[records.Record, error] { return l.Follow(ctx, 1) },
		"follow since": func(ctx context.Context) iter.Seq2[records.Record, error] { return l.FollowSince(ctx, time.Time{}) },
	}
	for name, loop := range loops {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			seen := 0
			for _, err := range loop(ctx) { // which panics where it goes on after it was left
				if err != nil {
					t.Error(err)
				}
				seen++
				cancel()
				break
			}
			if seen != 1 {
				t.Errorf("%d records, want 1", seen)
			}
		})
	}
}

func TestReadsAsManyTimesAsAsked(t *testing.T) {
	l := open(t, records.Config{Dir: t.TempDir()})
	appendText(t, l, "a")
	seq := l.Read(t.Context(), 1)
	wantLines(t, "first", seq, "1 plain a")
	appendText(t, l, "b")
	wantLines(t, "second", seq, "1 plain a", "2 plain b")
}

func TestOpenAgain(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a folder with % and ? and 한글")
	cfg := records.Config{Dir: dir, SegmentBytes: small}
	l := open(t, cfg)
	wantLines(t, "new", l.Read(t.Context(), 1))
	appendText(t, l, "a")
	for range 3 { // nothing is appended in some of the runs
		if err := errors.Join(l.Close(), l.Close()); err != nil {
			t.Fatal(err)
		}
		l = open(t, cfg)
	}
	if seq := appendText(t, l, "b"); seq != 2 {
		t.Errorf("the number after opening again = %d, want 2", seq)
	}
	closeLog(t, l)
	_, err := l.Append(t.Context(), nil)
	wantKind(t, "Append to a closed log", err, cloud.Unavailable)
	wantLines(t, "closed", l.Read(t.Context(), 1), "1 plain a", "2 plain b")
	wantLines(t, "opened again", open(t, cfg).Read(t.Context(), 1), "1 plain a", "2 plain b")
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	for _, tt := range []struct {
		name string
		cfg  records.Config
		want string
	}{
		{"no folder", records.Config{}, "a folder is required"},
		{"no parent", records.Config{Dir: filepath.Join(t.TempDir(), "absent", "records")}, "absent"},
		{"too small", records.Config{Dir: t.TempDir(), SegmentBytes: 100}, "segments of 100 bytes"},
		{"too large", records.Config{Dir: t.TempDir(), SegmentBytes: 1 << 40}, "are possible"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := records.Open(t.Context(), tt.cfg)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Open = %v, want an error that says %q", err, tt.want)
			}
		})
	}
}

func TestEnqueuedIsDurableBeforeWhatFollows(t *testing.T) {
	dir := t.TempDir()
	l := open(t, records.Config{Dir: dir})
	var want []string
	for n := range 1000 {
		seq, err := l.Enqueue(t.Context(), fmt.Append(nil, "line ", n))
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, fmt.Sprintf("%d plain line %d", seq, n))
	}
	want = append(want, fmt.Sprintf("%d plain waits", appendText(t, l, "waits")))
	wantLines(t, "from the disk", records.View(dir).Read(t.Context(), 1), want...)
	wantLines(t, "from the log", l.Read(t.Context(), 1), want...)
}

func TestCloseWritesWhatWasEnqueued(t *testing.T) {
	dir := t.TempDir()
	l := open(t, records.Config{Dir: dir})
	if _, err := l.Enqueue(t.Context(), []byte("a")); err != nil {
		t.Fatal(err)
	}
	closeLog(t, l)
	wantLines(t, "after Close", records.View(dir).Read(t.Context(), 1), "1 plain a")
}

func TestSizes(t *testing.T) {
	for _, tt := range []struct {
		name          string
		segment, most int64
	}{
		{"the default segment", 0, 1 << 20},
		{"a small segment", small, small / 4},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := open(t, records.Config{Dir: t.TempDir(), SegmentBytes: tt.segment})
			largest := bytes.Repeat([]byte("x"), int(tt.most))
			for range 10 {
				if _, err := l.Append(t.Context(), largest); err != nil {
					t.Fatal(err)
				}
			}
			intent := begin(t, l, string(largest), len(largest))
			end(t, intent, string(largest))
			_, err := l.Append(t.Context(), append(largest, 'x'))
			wantKind(t, "Append of one byte more", err, cloud.Invalid)
			_, err = l.Begin(t.Context(), nil, len(largest)+1)
			wantKind(t, "Begin with one byte more reserved", err, cloud.Invalid)
			var n int
			for r, err := range l.Read(t.Context(), 1) {
				if n++; err != nil || !bytes.Equal(r.Data, largest) {
					t.Errorf("record %d: %d bytes, %v", r.Seq, len(r.Data), err)
				}
			}
			if n != 12 {
				t.Errorf("%d records, want 12", n)
			}
		})
	}
}

func TestIntents(t *testing.T) {
	cfg := records.Config{Dir: t.TempDir(), SegmentBytes: small}
	l := open(t, cfg)
	a, b, c := begin(t, l, "a", 10), begin(t, l, "b", 10), begin(t, l, "c", 10)
	if got := []uint64{a.Seq(), b.Seq(), c.Seq()}; !slices.Equal(got, []uint64{1, 2, 3}) {
		t.Errorf("numbers = %v", got)
	}
	wantKind(t, "an end longer than a record", b.End(t.Context(), make([]byte, small)), cloud.Invalid)
	end(t, b, "11 letters!")
	wantKind(t, "a second end", b.End(t.Context(), nil), cloud.Conflict)
	wantLines(t, "of this run", l.Unfinished(t.Context()))
	wantKind(t, "Abandon in the same run", l.Abandon(t.Context(), a.Seq(), nil), cloud.NotFound)
	fill(t, l, cfg.Dir, 5)
	d := begin(t, l, "d", 10)
	closeLog(t, l)

	l = open(t, cfg)
	wantLines(t, "of the earlier run", l.Unfinished(t.Context()), "1 begun a", "3 begun c", fmt.Sprintf("%d begun d", d.Seq()))
	e := begin(t, l, "e", 10)
	if err := errors.Join(l.Abandon(t.Context(), 1, []byte("gone")), l.Abandon(t.Context(), d.Seq(), []byte("gone"))); err != nil {
		t.Fatal(err)
	}
	wantKind(t, "Abandon twice", l.Abandon(t.Context(), 1, nil), cloud.NotFound)
	wantLines(t, "after two were abandoned", l.Unfinished(t.Context()), "3 begun c")
	wantLines(t, "told", l.Read(t.Context(), e.Seq()+1),
		fmt.Sprintf("%d ended 1 gone", e.Seq()+1), fmt.Sprintf("%d ended %d gone", e.Seq()+2, d.Seq()))
	closeLog(t, l)

	wantLines(t, "of both runs", open(t, cfg).Unfinished(t.Context()), "3 begun c", fmt.Sprintf("%d begun e", e.Seq()))
}

func TestReservedSpaceIsBounded(t *testing.T) {
	l := open(t, records.Config{Dir: t.TempDir(), SegmentBytes: small})
	var intents []*records.Intent
	var err error
	for err == nil {
		var intent *records.Intent
		if intent, err = l.Begin(t.Context(), []byte("intent"), 1000); err == nil {
			intents = append(intents, intent)
		}
	}
	wantKind(t, "Begin", err, cloud.Throttled)
	if len(intents) < 25 {
		t.Errorf("%d intents are open in a segment of %d bytes with 1000 reserved each", len(intents), small)
	}
	appendText(t, l, strings.Repeat("x", small/4))
	end(t, intents[0], strings.Repeat("x", 1000))
	begin(t, l, "there is room again", 1000)
}

func TestBetween(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := open(t, records.Config{Dir: t.TempDir(), SegmentBytes: small})
		start := time.Now().UTC()
		var want []string
		for n := range 40 {
			<-time.After(time.Second)
			want = append(want, fmt.Sprintf("%d plain %s", appendText(t, l, fmt.Sprint(n, strings.Repeat(" ", 8000))), fmt.Sprint(n, strings.Repeat(" ", 8000))))
		}
		for _, reader := range []records.Reader{l.Reader, records.View(l.Dir())} {
			second := func(n int) time.Time { return start.Add(time.Duration(n) * time.Second) }
			wantLines(t, "all", reader.Between(t.Context(), time.Time{}, time.Time{}), want...)
			wantLines(t, "from 11 to 13", reader.Between(t.Context(), second(11), second(13)), want[10:12]...)
			wantLines(t, "from 39", reader.Between(t.Context(), second(39), time.Time{}), want[38:]...)
			wantLines(t, "later", reader.Between(t.Context(), second(41), time.Time{}))
			wantLines(t, "earlier", reader.Between(t.Context(), time.Time{}, start))
		}
	})
}

// A bubble's clock stands at the year 2000.
func TestTimesNeverGoBack(t *testing.T) {
	cfg := records.Config{Dir: t.TempDir(), SegmentBytes: small}
	l := open(t, cfg)
	appendText(t, l, "today")
	closeLog(t, l)
	synctest.Test(t, func(t *testing.T) {
		l := open(t, cfg)
		appendText(t, l, "in 2000")
		if err := l.Rotate(t.Context()); err != nil {
			t.Fatal(err)
		}
		closeLog(t, l)
		l = open(t, cfg)
		appendText(t, l, "in 2000")
		var times []time.Time
		for r, err := range l.Read(t.Context(), 1) {
			if err != nil {
				t.Fatal(err)
			}
			times = append(times, r.Time)
		}
		if len(times) != 3 || !times[1].Equal(times[0]) || !times[2].Equal(times[0]) {
			t.Errorf("times = %v", times)
		}
		wantLines(t, "at that time", l.Between(t.Context(), times[0], times[0].Add(1)), "1 plain today", "2 plain in 2000", "3 plain in 2000")
	})
}

// Whole values: everything else compares lines.
func TestRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := open(t, records.Config{Dir: t.TempDir()})
		now := time.Now().UTC()
		end(t, begin(t, l, "a", 1), "b")
		want := []records.Record{
			{Seq: 1, Time: now, Kind: records.Begun, Data: []byte("a"), Place: records.Place{Segment: 1, Offset: 48}},
			{Seq: 2, Time: now, Kind: records.Ended, Of: 1, Data: []byte("b"), Place: records.Place{Segment: 1, Offset: 96}},
		}
		var got []records.Record
		for r, err := range l.Read(t.Context(), 1) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, r)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("records (-want +got):\n%s", diff)
		}
	})
}

func TestFollow(t *testing.T) {
	const writers, each = 8, 200
	for _, tt := range []struct {
		name   string
		reader func(*records.Log) records.Reader
	}{
		{"log", func(l *records.Log) records.Reader { return l.Reader }},
		{"view", func(l *records.Log) records.Reader { return records.View(l.Dir()) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := open(t, records.Config{Dir: t.TempDir(), SegmentBytes: small})
				ctx, cancel := context.WithCancel(t.Context())
				var got []records.Record
				var group sync.WaitGroup
				group.Go(func() {
					defer cancel()
					for r, err := range tt.reader(l).Follow(ctx, 1) {
						if err != nil {
							t.Error(err)
							return
						}
						if got = append(got, r); len(got) == writers*each {
							return
						}
					}
				})
				for range writers {
					group.Go(func() {
						for range each {
							appendText(t, l, strings.Repeat("x", 300))
						}
					})
				}
				group.Wait()
				for n, r := range got {
					if r.Seq != uint64(n+1) {
						t.Fatalf("record %d comes at place %d", r.Seq, n+1)
					}
				}
			})
		})
	}
}

// Each record is followed before the next one is appended.
func TestFollowStepByStep(t *testing.T) {
	for _, name := range []string{"log", "view"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := open(t, records.Config{Dir: t.TempDir(), SegmentBytes: small})
				reader := l.Reader
				if name == "view" {
					reader = records.View(l.Dir())
				}
				next, stop := iter.Pull2(reader.Follow(t.Context(), 3))
				defer stop()
				for n := range 40 {
					seq := appendText(t, l, strings.Repeat("x", 5000))
					if n < 2 {
						continue
					}
					if r, err, ok := next(); r.Seq != seq || err != nil || !ok {
						t.Fatalf("record %d, %v, %v; want %d", r.Seq, err, ok, seq)
					}
				}
			})
		})
	}
}

func TestFollowEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := open(t, records.Config{Dir: t.TempDir()})
		appendText(t, l, "a")
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		wantLines(t, "with its context", l.Follow(ctx, 1), "1 plain a")
		wantLines(t, "with its context", records.View(l.Dir()).Follow(ctx, 1))
		var group sync.WaitGroup
		group.Go(func() {
			wantLines(t, "with its log", l.Follow(t.Context(), 1), "1 plain a", "ServiceUnavailable: the log of records is closed")
		})
		synctest.Wait()
		closeLog(t, l)
		group.Wait()
	})
}

func TestOpenReadsHeadersAndTheLastSegmentAlone(t *testing.T) {
	cfg := records.Config{Dir: t.TempDir(), SegmentBytes: small}
	l := open(t, cfg)
	fill(t, l, cfg.Dir, 100)
	next := appendText(t, l, "x") + 1
	closeLog(t, l)
	paths := segments(t, cfg.Dir)
	for _, path := range paths[:len(paths)-1] {
		if err := os.Truncate(path, 200); err != nil {
			t.Fatal(err)
		}
	}
	if seq := appendText(t, open(t, cfg), "y"); seq != next {
		t.Errorf("the next number is %d, want %d", seq, next)
	}
}

// Where the log knows of fewer records than its owner, numbers go on behind those, and
// what is missing is told to who asks for it.
func TestNumbersGoOnBehindThoseThatAreKnown(t *testing.T) {
	for _, before := range []int{0, 2} {
		t.Run(fmt.Sprint(before, " records"), func(t *testing.T) {
			cfg := records.Config{Dir: t.TempDir(), SegmentBytes: small}
			l := open(t, cfg)
			for range before {
				appendText(t, l, "old")
			}
			closeLog(t, l)
			cfg.First = 10
			want := []string{}
			for n := range 3 {
				l = open(t, cfg)
				wantLines(t, "when it is opened", l.Read(t.Context(), 10), want...)
				if seq := appendText(t, l, "new"); seq != uint64(10+n) {
					t.Errorf("the next number is %d, want %d", seq, 10+n)
				}
				want = append(want, fmt.Sprintf("%d plain new", 10+n))
				wantLines(t, "afterwards", l.Read(t.Context(), 10), want...)
				wantLines(t, "a view", records.View(cfg.Dir).Read(t.Context(), 10), want...)
				all := lines(l.Read(t.Context(), 1))
				if i := before; len(all) != before+1+len(want) || !strings.Contains(all[i], fmt.Sprintf("records %d to 9 are lost", before+1)) {
					t.Errorf("all: %q", all)
				}
				closeLog(t, l)
			}
		})
	}
}
