package objects_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/killtest"
	"github.com/sillok/sillok/internal/store/objects"
)

func TestMain(m *testing.M) {
	killtest.Main(m, map[string]func(string) error{"write": writeUntilKilled})
}

const (
	killWriters = 8
	killKeys    = 5 // of each writer
)

// writeUntilKilled says before each change what it will be and after it that it
// is done. Each writer has keys of its own, of which some are versioned.
func writeUntilKilled(dir string) error {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	db, err := objects.Open(ctx, dir, objects.Config{Log: slog.New(slog.DiscardHandler), Inline: 1000, Followers: []string{"one"}, Seal: master})
	if err != nil {
		return err
	}
	err = db.Update(ctx, func(t *objects.Tx) error {
		for _, name := range []string{"plain", "versioned"} {
			if _, err := t.Bucket(name); err == nil {
				continue
			}
			b := &objects.Bucket{Name: name, Account: account, ObjectLock: name == "versioned"}
			if err := t.CreateBucket(b); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	var group sync.WaitGroup
	group.Go(func() { _ = db.Run(ctx) })
	group.Go(func() { _ = db.Follow(ctx, "one", func(context.Context, []objects.Change) error { return nil }) })
	var failed error
	var once sync.Once
	for w := range killWriters {
		group.Go(func() {
			if err := writeOn(ctx, db, w); err != nil {
				once.Do(func() { failed = err })
			}
		})
	}
	group.Wait()
	return failed
}

func writeOn(ctx context.Context, db *objects.DB, w int) error {
	rng := rand.New(rand.NewPCG(rand.Uint64(), uint64(w)))
	for {
		bucket := []string{"plain", "versioned"}[rng.IntN(2)]
		key := fmt.Sprintf("w%d/k%d", w, rng.IntN(killKeys))
		mark := fmt.Sprintf("%x", rng.Uint64())
		do := []string{"put", "put", "parts", "delete"}[rng.IntN(4)]
		if do == "delete" {
			mark = "-"
		}
		fmt.Fprintln(os.Stdout, "begin", bucket, key, mark)
		if err := killStep(ctx, db, bucket, key, do, killBody(mark, rng.IntN(3))); err != nil {
			return err
		}
		fmt.Fprintln(os.Stdout, "done", bucket, key, mark)
	}
}

// killBody is content that begins with mark and says how long it is.
func killBody(mark string, size int) string {
	return mark + " " + strings.Repeat("x", []int{10, 2000, 150_000}[size]) + " end"
}

func killStep(ctx context.Context, db *objects.DB, bucket, key, do, body string) error {
	if do == "delete" {
		return db.Delete(ctx, bucket, key)
	}
	if do == "put" {
		_, err := db.Put(ctx, bucket, key, "", strings.NewReader(body))
		return err
	}
	u := &objects.Upload{}
	err := db.Update(ctx, func(t *objects.Tx) error {
		b, err := t.Bucket(bucket)
		if err != nil {
			return err
		}
		return t.CreateUpload(b, key, u)
	})
	for i, part := range []string{body[:len(body)/2], body[len(body)/2:]} {
		if err == nil {
			err = killPart(ctx, db, u, int32(i+1), part)
		}
	}
	if err != nil {
		return err
	}
	return db.Update(ctx, func(t *objects.Tx) error {
		b, err := t.Bucket(bucket)
		if err != nil {
			return err
		}
		return t.CompleteUpload(b, u, []int32{1, 2}, &objects.Version{}, "ObjectCreated:CompleteMultipartUpload")
	})
}

func killPart(ctx context.Context, db *objects.DB, u *objects.Upload, number int32, body string) error {
	s, err := db.Stage(ctx, strings.NewReader(body))
	if err != nil {
		return err
	}
	defer s.Discard()
	return db.Update(ctx, func(t *objects.Tx) error { return t.PutPart(u, &objects.Part{Number: number}, s) })
}

// What a process was told is there after it was killed, nothing is half there,
// and nothing is left over.
func TestKill(t *testing.T) {
	rounds := 200
	if testing.Short() {
		rounds = 5
	}
	dir := filepath.Join(t.TempDir(), "store")
	rng := rand.New(rand.NewPCG(1, 2))
	last := map[string]killState{}
	for range rounds {
		killAfter(t, dir, 20+rng.IntN(300), last)
		db, err := objects.Open(t.Context(), dir, objects.Config{Log: slog.New(slog.DiscardHandler), Inline: 1000, Followers: []string{"one"}, Seal: master})
		if err != nil {
			t.Fatal(err)
		}
		wantKilled(t, db, last)
		wantSound(t, db)
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if t.Failed() {
			return
		}
	}
}

// killState is the mark of what was done to a key, and of what was begun.
type killState struct{ done, begun string }

// killAfter starts a child and kills it after so many changes were done.
func killAfter(t *testing.T, dir string, enough int, last map[string]killState) {
	t.Helper()
	killtest.After(t, enough, func(line string) bool {
		var what, bucket, key, mark string
		if n, _ := fmt.Sscan(line, &what, &bucket, &key, &mark); n < 4 {
			return false // it was killed while it wrote that
		}
		state := last[bucket+"/"+key]
		if what == "begin" {
			state.begun = mark
		} else {
			state.done = mark
		}
		last[bucket+"/"+key] = state
		return what != "begin"
	}, "write", dir)
}

// wantKilled fails the test when a key is neither as it was last said to be nor
// as it was about to be. What it is now it is from now on.
func wantKilled(t *testing.T, db *objects.DB, last map[string]killState) {
	t.Helper()
	for name, state := range last {
		bucket, key, _ := strings.Cut(name, "/")
		mark := "-"
		r, _, err := db.Open(t.Context(), bucket, key)
		switch {
		case err == nil:
			body, err := io.ReadAll(r)
			if err := errors.Join(err, r.Close()); err != nil {
				t.Error(err)
			}
			mark, _, _ = strings.Cut(string(body), " ")
			if !strings.HasSuffix(string(body), " end") {
				t.Errorf("%s is half there: %d bytes", name, len(body))
			}
		case cloud.KindOf(err) != cloud.NotFound:
			t.Error(err)
		}
		if done := state.done; mark != state.begun && mark != done && (done != "" || mark != "-") {
			t.Errorf("%s is %s; done was %s, begun was %s", name, mark, done, state.begun)
		}
		last[name] = killState{mark, mark}
	}
}
