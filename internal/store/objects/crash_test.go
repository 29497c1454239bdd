package objects_test

import (
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/objects"
)

// crasher takes a copy of what is on disk just before some operation of the file
// system, as if the power was lost there.
type crasher struct {
	*errorfs.FS
	memory *vfs.MemFS

	mu    sync.Mutex
	after int // operations until then; less than 0 for never
	rng   *rand.Rand
	taken *vfs.MemFS
}

// newCrasher has dice of its own, made with those of the test: the store works on the
// disk at any time, also while the test throws.
func newCrasher(memory *vfs.MemFS, rng *rand.Rand) *crasher {
	c := &crasher{memory: memory, after: -1, rng: rand.New(rand.NewPCG(rng.Uint64(), rng.Uint64()))}
	c.FS = errorfs.Wrap(memory, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind.ReadOrWrite() == errorfs.OpIsWrite {
			c.mu.Lock()
			defer c.mu.Unlock()
			if c.after--; c.after == 0 {
				c.take()
			}
		}
		return nil
	}))
	return c
}

func (c *crasher) take() {
	c.taken = c.memory.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: c.rng.IntN(3) * 50, RNG: c.rng})
}

// arm has the copy taken after some operations.
func (c *crasher) arm() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.taken, c.after = nil, 1+c.rng.IntN(10)
}

// crashed returns the copy, which is taken now unless it was before, and reports
// whether it was before.
func (c *crasher) crashed() (*vfs.MemFS, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.after = -1
	if c.taken != nil {
		return c.taken, true
	}
	c.take()
	return c.taken, false
}

func openQuiet(tb testing.TB, fsys vfs.FS, now func() time.Time) *objects.DB {
	tb.Helper()
	db, err := objects.Open(tb.Context(), "store", objects.Config{
		Log: slog.New(slog.DiscardHandler), FS: fsys, Inline: smallInline, Now: now, Followers: []string{"shadows"}, Seal: master,
	})
	if err != nil {
		tb.Fatal(err)
	}
	return db
}

// wantSound fails the test when a scrub finds anything, or a file is there that
// nothing refers to.
func wantSound(tb testing.TB, db *objects.DB) {
	tb.Helper()
	err := db.Scrub(tb.Context(), nil, func(d objects.Damage) error {
		tb.Errorf("damaged: %+v", d)
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
}

// The store is like the model after every step, and after a crash at any moment
// it is as it was before the step or after it; after, once the step was done.
func TestModelAndCrashes(t *testing.T) {
	steps := 400
	if testing.Short() {
		steps = 60
	}
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(seed, 7))
			w := &walker{t: t, rng: rng, model: &model{now: time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC), buckets: map[string]*modelBucket{}}}
			now := func() time.Time { return w.model.now }
			disk := newCrasher(vfs.NewCrashableMem(), rng)
			w.db = openQuiet(t, disk, now)
			var done []string
			for range steps {
				disk.arm()
				name, after, want, err := w.step()
				done = append(done, name)
				wantCode(t, name, err, want)
				before := w.model
				if want == "" {
					w.model = after
				}
				image, early := disk.crashed()
				w.crash(image, before, early, now)
				if t.Failed() {
					t.Fatalf("after %s", strings.Join(done[max(0, len(done)-10):], ", "))
				}
				if rng.IntN(10) == 0 {
					disk = w.restart(disk, now)
				}
			}
			if err := w.db.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// crash opens what a crash has left.
func (w *walker) crash(image *vfs.MemFS, before *model, early bool, now func() time.Time) {
	w.t.Helper()
	db := openQuiet(w.t, image, now)
	got := dump(w.t, db, w.model.now)
	if diff := difference(w.model, got); diff != "" && (!early || difference(before, got) != "") {
		w.t.Errorf("after a crash, early %v (-want +got):\n%s", early, diff)
	}
	wantSound(w.t, db)
	if err := db.Close(); err != nil {
		w.t.Error(err)
	}
}

// restart compares what is there, closes the store, and goes on with it elsewhere.
func (w *walker) restart(disk *crasher, now func() time.Time) *crasher {
	w.t.Helper()
	if diff := difference(w.model, dump(w.t, w.db, w.model.now)); diff != "" {
		w.t.Errorf("the store (-want +got):\n%s", diff)
	}
	w.compareListings()
	wantSound(w.t, w.db)
	image := disk.memory.CrashClone(vfs.CrashCloneCfg{})
	if err := w.db.Close(); err != nil {
		w.t.Error(err)
	}
	next := newCrasher(image, w.rng)
	w.db = openQuiet(w.t, next, now)
	return next
}

// compareListings compares cursors that seek.
func (w *walker) compareListings() {
	w.t.Helper()
	err := w.db.View(w.t.Context(), func(v *objects.View) error {
		for name, model := range w.model.buckets {
			b, err := v.Bucket(name)
			if err != nil {
				return err
			}
			for _, all := range []bool{false, true} {
				w.compareCursor(v, b, model.list(all), all)
			}
		}
		return nil
	})
	if err != nil {
		w.t.Error(err)
	}
}

func (w *walker) compareCursor(v *objects.View, b *objects.Bucket, lines []listed, all bool) {
	w.t.Helper()
	cursor := func() *objects.Cursor {
		if all {
			return v.Versions(b)
		}
		return v.Objects(b)
	}
	for _, from := range append([]string{""}, randomKeys...) {
		c := cursor()
		i, _ := slices.BinarySearchFunc(lines, from, func(l listed, key string) int { return strings.Compare(l.Key, key) })
		wantRest(w.t, c, c.Seek(from), lines[i:])
	}
	for i, line := range lines {
		c := cursor()
		found, err := c.SeekPast(line.Key, line.ID)
		if err != nil {
			w.t.Error(err)
		}
		wantRest(w.t, c, found, lines[i+1:])
	}
}

// wantRest fails the test when a cursor does not yield the lines of want.
func wantRest(tb testing.TB, c *objects.Cursor, found bool, want []listed) {
	tb.Helper()
	var got []listed
	for ; found; found = c.Next() {
		v := c.Version()
		got = append(got, listed{v.Key, v.ID, v.Latest})
	}
	if err := errors.Join(c.Err(), c.Close()); err != nil {
		tb.Error(err)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		tb.Errorf("a listing (-want +got):\n%s", diff)
	}
}

func wantCode(tb testing.TB, what string, err error, want string) {
	tb.Helper()
	code := ""
	if e, ok := errors.AsType[*cloud.Error](err); ok {
		code = e.Code
	} else if err != nil {
		code = err.Error()
	}
	if code != want {
		tb.Errorf("%s = %v, want %q", what, err, want)
	}
}
