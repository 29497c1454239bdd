package archive_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/records"
	"github.com/sillok/sillok/internal/trail/archive"
	"github.com/sillok/sillok/internal/trail/event"
)

const small = 64 << 10 // the smallest segment

func open(tb testing.TB, cfg archive.Config) *archive.Archive {
	tb.Helper()
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.SegmentBytes == 0 {
		cfg.SegmentBytes = small
	}
	a, err := archive.Open(tb.Context(), cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := a.Close(); err != nil {
			tb.Error(err)
		}
	})
	return a
}

// entry returns the n-th event, as it came, white space and all.
func entry(tb testing.TB, n int) archive.Entry {
	tb.Helper()
	text := fmt.Sprintf("{\n  \"eventVersion\":\"1.08\", \"eventID\":\"id-%d\",\"eventTime\":\"2021-03-04T05:06:07Z\",\"eventName\":\"Get%d\",\"eventSource\":\"glue.amazonaws.com\","+
		"\"awsRegion\":\"eu-west-1\",\"recipientAccountId\":\"444455556666\",\"odd\":\"\\u00e9 é %s\"}", n, n%7, strings.Repeat("x", n%300))
	e, err := event.Parse([]byte(text))
	if err != nil {
		tb.Fatal(err)
	}
	return archive.Entry{Account: "111122223333", Region: "eu-west-1", Origin: archive.Import, Event: e}
}

func add(tb testing.TB, a *archive.Archive, entries ...archive.Entry) {
	tb.Helper()
	if err := a.Append(tb.Context(), entries...); err != nil {
		tb.Fatal(err)
	}
}

// read returns what a cursor yields, each found again by its place.
func read(tb testing.TB, a *archive.Archive, c *archive.Cursor) (got []archive.Entry) {
	tb.Helper()
	for e, err := range c.Read(tb.Context()) {
		if err != nil {
			tb.Fatal(err)
		}
		again, err := a.Find(e.Place)
		if diff := cmp.Diff(e, again); err != nil || diff != "" {
			tb.Fatalf("found again: %v (-want +got):\n%s", err, diff)
		}
		got = append(got, e)
	}
	return got
}

func compare(tb testing.TB, want, got []archive.Entry) {
	tb.Helper()
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(archive.Entry{}, "Number", "Place"), cmpopts.EquateEmpty()); diff != "" {
		tb.Errorf("-want +got:\n%s", diff)
	}
}

func TestEventsAreReadAsTheyCame(t *testing.T) {
	cfg := archive.Config{Dir: t.TempDir()}
	a := open(t, cfg)
	insight, channel := entry(t, 1), entry(t, 2)
	insight.Origin, insight.Region = archive.Insight, ""
	channel.Origin, channel.Store = archive.Channel, "arn:aws:cloudtrail:eu-west-1:111122223333:eventdatastore/a\nb"
	want := []archive.Entry{entry(t, 0), insight, channel}
	c := a.Cursor(0)
	add(t, a, want[:2]...)
	compare(t, want[:2], read(t, a, c))
	compare(t, nil, read(t, a, c))
	add(t, a, want[2])
	got := read(t, a, c)
	compare(t, want[2:], got)
	if n := got[0].Number; n != 3 || c.Next() != 4 || a.Next() != 4 {
		t.Errorf("the third event has number %d, the cursor goes on with %d and the archive with %d", n, c.Next(), a.Next())
	}
	compare(t, want[1:], read(t, a, a.Cursor(2)))
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	b := open(t, cfg)
	compare(t, want, read(t, b, b.Cursor(0)))
	if !strings.HasPrefix(string(got[0].Event.JSON), "{\n  \"eventVersion\":\"1.08\", ") {
		t.Errorf("the JSON is %s", got[0].Event.JSON)
	}
}

// What is kept of entries that are not all kept is there when that is told.
func TestAfterAnErrorNothingMoreComes(t *testing.T) {
	a := open(t, archive.Config{Dir: t.TempDir()})
	add(t, a, entry(t, 0)) // the first segment is there
	want := []archive.Entry{entry(t, 0)}
	for n := range 2000 { // more than it takes
		want = append(want, entry(t, n))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := a.Append(ctx, want[1:]...); !errors.Is(err, context.Canceled) {
		t.Fatalf("it ends with %v", err)
	}
	got := read(t, a, a.Cursor(0))
	if n := int(a.Next()) - 1; n < 2 || n != len(got) {
		t.Errorf("%d are read of %d that are kept", len(got), n)
	}
	compare(t, want[:len(got)], got)
}

func TestAppendTogether(t *testing.T) {
	a := open(t, archive.Config{Dir: t.TempDir()})
	var group sync.WaitGroup
	for w := range 8 {
		group.Go(func() {
			for n := range 20 {
				if err := a.Append(t.Context(), entry(t, w*1000+n*2), entry(t, w*1000+n*2+1)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	last := map[string]int{}
	all := read(t, a, a.Cursor(0))
	for _, e := range all { // the entries of each caller stand in its order
		var n int
		if _, err := fmt.Sscanf(e.Event.ID, "id-%d", &n); err != nil {
			t.Fatal(err)
		}
		writer := fmt.Sprint(n / 1000)
		if n%1000 < last[writer] {
			t.Errorf("event %d of writer %s stands behind event %d", n%1000, writer, last[writer])
		}
		last[writer] = n % 1000
	}
	if len(all) != 8*40 {
		t.Errorf("%d events are kept, want %d", len(all), 8*40)
	}
}

func TestWhatCannotBeKept(t *testing.T) {
	large, nobody, nowhere, empty := entry(t, 1), entry(t, 1), entry(t, 1), entry(t, 1)
	large.Event.JSON = []byte(`{"eventID":"` + strings.Repeat("x", small/4) + `"}`)
	nobody.Account, nowhere.Origin, empty.Event.JSON = "", "", nil
	for _, tt := range []struct {
		name string
		bad  archive.Entry
		kind cloud.Kind
	}{
		{"too large", large, cloud.Invalid},
		{"of no account", nobody, cloud.Internal},
		{"of no origin", nowhere, cloud.Internal},
		{"without JSON", empty, cloud.Internal},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := open(t, archive.Config{Dir: t.TempDir()})
			err := a.Append(t.Context(), entry(t, 0), tt.bad)
			if err == nil || cloud.KindOf(err) != tt.kind || a.Fits(&tt.bad) {
				t.Errorf("it is answered with %v, of kind %v", err, cloud.KindOf(err))
			}
			compare(t, nil, read(t, a, a.Cursor(0)))
		})
	}
}

// What is lost is told in its place, once, and the rest is read.
func TestDamageAndRetentionAreTold(t *testing.T) {
	dir := t.TempDir()
	a := open(t, archive.Config{Dir: dir})
	var all []archive.Entry
	for n := range 9 {
		all = append(all, entry(t, n))
		add(t, a, all[n])
		if n%3 == 2 {
			if err := a.KeepNow(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	closed, err := a.Closed()
	if err != nil || len(closed) != 3 {
		t.Fatalf("%d segments are closed, %v", len(closed), err)
	}
	middle := read(t, a, a.Cursor(5))[0]
	flip(t, dir, fmt.Sprintf("%020d*", closed[1].First), int64(middle.Place.Offset)+60)
	var lost *records.DamageError
	var got []archive.Entry
	for e, err := range a.Cursor(0).Read(t.Context()) {
		if damage, ok := errors.AsType[*records.DamageError](err); ok {
			lost = damage
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, e)
	}
	compare(t, append(all[:4:4], all[5:]...), got)
	if lost == nil || lost.First != 5 || lost.Last != 5 {
		t.Errorf("the damage is told as %v", lost)
	}
	if _, err := a.Find(middle.Place); !isDamage(err) {
		t.Errorf("the damaged event is found with %v", err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	needed := uint64(4)
	b := open(t, archive.Config{Dir: dir, Keep: records.Retention{MaxAge: time.Nanosecond, NeededAge: time.Hour}, Needed: func() uint64 { return needed }})
	if err := b.KeepNow(t.Context()); err != nil {
		t.Fatal(err)
	}
	var removed *records.RemovedError
	for _, err := range b.Cursor(1).Read(t.Context()) {
		removed, _ = errors.AsType[*records.RemovedError](err)
		break
	}
	if removed == nil || removed.First != 1 || removed.Last != 3 {
		t.Errorf("what retention removed is told as %v", removed)
	}
	if _, err := b.Find(all[0].Place); err == nil {
		t.Error("a place that is none finds something")
	}
	compare(t, all[5:], read(t, b, b.Cursor(6)))
}

func isDamage(err error) bool {
	_, ok := errors.AsType[*records.DamageError](err)
	return ok
}

// flip changes a byte of the one file that a pattern names.
func flip(t *testing.T, dir, pattern string, at int64) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(paths) != 1 {
		t.Fatalf("%v, %v", paths, err)
	}
	data, err := os.ReadFile(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	data[at] ^= 1
	if err := os.WriteFile(paths[0], data, 0o600); err != nil {
		t.Fatal(err)
	}
}
