package rows_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/logs/events"
	"github.com/sillok/sillok/internal/logs/rows"
)

// log is the events of a group, in memory.
type log []events.Event

// group returns the group as a query reads it, from one time to another.
func (l log) group(names map[uint64]string, from, to int64) *rows.Group {
	stats := map[uint64]events.Stats{}
	for _, e := range l {
		s, ok := stats[e.Stream]
		if !ok {
			s = events.Stats{First: e.Time, Last: e.Time}
		}
		s.First, s.Last, s.Ingested = min(s.First, e.Time), max(s.Last, e.Time), max(s.Ingested, e.Ingested)
		s.Events, s.Bytes = s.Events+1, s.Bytes+int64(len(e.Message))+26
		stats[e.Stream] = s
	}
	g := &rows.Group{
		Number: 1, Name: "g", Account: "111122223333", From: from, To: to, Pointer: func(k events.Key) string { return fmt.Sprint(k.Seq) },
		Read: func(_ context.Context, q events.Query) iter.Seq2[events.Event, error] {
			return func(yield func(events.Event, error) bool) {
				for _, e := range l {
					if e.Time >= q.From && e.Time <= q.To && slices.Contains(q.Streams, e.Stream) && !yield(e, nil) {
						return
					}
				}
			}
		},
	}
	for number, s := range stats {
		g.Streams = append(g.Streams, rows.Stream{Name: names[number], Number: number, Stats: s})
	}
	return g
}

// row is a row of a file.
type row struct {
	Time     *string `parquet:"timestamp"`
	Message  *string `parquet:"message"`
	Ingested *string `parquet:"ingestion_time"`
	Stream   *string `parquet:"log_stream"`
	Log      *string `parquet:"log"`
	Pointer  *string `parquet:"ptr"`
}

func read(t *testing.T, path string) (all []row) {
	t.Helper()
	all, err := parquet.ReadFile[row](path)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Each event from one time to another is in one object, which tells bounds that hold.
func TestEachEventIsInOneObject(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	long := strings.Repeat("x", 300<<10)
	for name, tt := range map[string]struct {
		streams, events int
		span            time.Duration
		from, to        int64 // of a thousand, of the span
	}{
		"one":                        {1, 1, time.Second, 0, 1000},
		"a few":                      {3, 50, time.Hour, 0, 1000},
		"many streams":               {3000, 6000, 24 * time.Hour, 0, 1000},
		"large streams of ten years": {3, 400, 10 * 365 * 24 * time.Hour, 0, 1000},
		"of a part of the time":      {20, 500, 100 * 24 * time.Hour, 300, 600},
		"before all":                 {5, 50, time.Hour, -20, -10},
		"turned round":               {5, 50, time.Hour, 600, 300},
	} {
		t.Run(name, func(t *testing.T) {
			names := map[uint64]string{}
			for i := range tt.streams {
				names[uint64(i+1)] = fmt.Sprintf("s-%d", random.IntN(1e6))
			}
			begin := time.Date(2016, 2, 3, 4, 5, 6, 789e6, time.UTC).UnixMilli()
			var all log
			for i := range tt.events {
				message := fmt.Sprint("m", i)
				if tt.events == 400 {
					message = long + message
				}
				at := begin + random.Int64N(tt.span.Milliseconds())
				all = append(all, events.Event{
					Key: events.Key{Time: at, Seq: uint64(i)}, Stream: uint64(random.IntN(tt.streams) + 1), Ingested: at + 5, Message: []byte(message),
				})
			}
			from, to := begin+tt.span.Milliseconds()/1000*tt.from, begin+tt.span.Milliseconds()/1000*tt.to
			if tt.from == 0 {
				from, to = math.MinInt64, math.MaxInt64
			}
			var want []string
			for _, e := range all {
				if e.Time >= from && e.Time <= to {
					want = append(want, fmt.Sprintln(e.Time, e.Ingested, names[e.Stream], e.Seq, len(e.Message)))
				}
			}
			dir := t.TempDir()
			kept := rows.New(dir).Table(func(context.Context) (*rows.Group, error) { return all.group(names, from, to), nil }, false)
			objects, err := kept.Rows.Objects(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var plain []lake.Object
			for _, o := range objects {
				plain = append(plain, o.Object)
			}
			paths, release, err := kept.Rows.Hold(t.Context(), plain)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for i, path := range paths {
				for _, r := range read(t, path) {
					at, err1 := time.Parse(time.RFC3339Nano, *r.Time)
					in, err2 := time.Parse(time.RFC3339Nano, *r.Ingested)
					if err := errors.Join(err1, err2); err != nil {
						t.Fatal(err)
					}
					o := objects[i]
					if bounds := o.Bounds["log_stream"]; at.Before(o.From) || at.After(o.To) || *r.Stream < bounds[0] || *r.Stream > bounds[1] {
						t.Errorf("%s of %s is not within %s to %s, %q", at, *r.Stream, o.From, o.To, bounds)
					}
					if *r.Log != "111122223333:g" {
						t.Errorf("log %s", *r.Log)
					}
					got = append(got, fmt.Sprintln(at.UnixMilli(), in.UnixMilli(), *r.Stream, *r.Pointer, len(*r.Message)))
				}
			}
			slices.Sort(want)
			slices.Sort(got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
			if n := len(objects); n > 5000 {
				t.Errorf("%d objects", n)
			}
			if err := release(); err != nil {
				t.Error(err)
			}
			if left, err := os.ReadDir(dir); err != nil && !errors.Is(err, os.ErrNotExist) || len(left) > 0 {
				t.Errorf("left: %v, %v", left, err)
			}
		})
	}
}

// What cannot be read leaves nothing behind.
func TestAFailureLeavesNoFile(t *testing.T) {
	dir := t.TempDir()
	g := log{{Key: events.Key{Time: 1}, Stream: 1, Message: []byte("m")}}.group(map[uint64]string{1: "s"}, math.MinInt64, math.MaxInt64)
	for name, read := range map[string]func(yield func(events.Event, error) bool){
		"an error": func(yield func(events.Event, error) bool) { yield(events.Event{}, errors.New("damaged")) },
		"a panic":  func(func(events.Event, error) bool) { panic("broken") },
	} {
		g.Read = func(context.Context, events.Query) iter.Seq2[events.Event, error] { return read }
		kept := rows.New(dir).Table(func(context.Context) (*rows.Group, error) { return g, nil }, false)
		objects, err := kept.Rows.Objects(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		func() {
			defer func() { _ = recover() }()
			if _, _, err := kept.Rows.Hold(t.Context(), []lake.Object{objects[0].Object}); err == nil {
				t.Errorf("%s: no error", name)
			}
		}()
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("%s left %v, %v", name, left, err)
		}
	}
}

// An object that was not told is not read; who may not read a group is told so.
func TestObjectsAreThoseThatWereTold(t *testing.T) {
	refused := errors.New("not yours")
	kept := rows.New(t.TempDir()).Table(func(context.Context) (*rows.Group, error) { return nil, refused }, true)
	if _, err := kept.Rows.Objects(t.Context()); !errors.Is(err, refused) {
		t.Errorf("objects: %v", err)
	}
	if _, _, err := kept.Rows.Hold(t.Context(), []lake.Object{{Bucket: "sillok:logs", Key: "g/other"}}); err == nil {
		t.Error("an object that nobody told was read")
	}
}
