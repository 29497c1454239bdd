package app

import (
	"context"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/store/objects"
)

// TestShadowsVanishWithTheirObjects reads objects by a lake, changes them, and
// looks what is kept of them once the feed has been followed.
func TestShadowsVanishWithTheirObjects(t *testing.T) {
	ctx := cloud.WithCall(t.Context(), cloud.Call{Account: "111122223333", Region: "ap-northeast-2"})
	db, err := objects.Open(ctx, t.TempDir(), objects.Config{Log: slog.New(slog.DiscardHandler), Followers: []string{followShadows}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	change(ctx, t, db, func(tx *objects.Tx) error {
		return tx.CreateBucket(&objects.Bucket{Name: "logs", Account: "111122223333", Region: "ap-northeast-2"})
	})
	put := func(key, content string) {
		t.Helper()
		if _, err := db.Put(ctx, "logs", key, "text/plain", strings.NewReader(content)); err != nil {
			t.Fatal(err)
		}
	}
	for _, key := range []string{"deleted", "kept", "marked", "replaced"} {
		put(key, "1")
	}
	logs := lake.New(lake.Config{Dir: t.TempDir()}, LakeObjects(db))
	k := shadowKeeper{db, logs}
	follow(ctx, t, k, "logs", "marked")
	read(ctx, t, logs)
	wantShadows(ctx, t, logs, 4, "when they were read")

	put("replaced", "2")
	if err := db.Delete(ctx, "logs", "deleted"); err != nil {
		t.Fatal(err)
	}
	put("kept", "1") // the same content again
	follow(ctx, t, k, "logs", "kept")
	wantShadows(ctx, t, logs, 2, "when two have changed")

	change(ctx, t, db, func(tx *objects.Tx) error {
		b, err := tx.Bucket("logs")
		if err != nil {
			return err
		}
		return tx.SetVersioning(b, objects.Enabled)
	})
	if err := db.Delete(ctx, "logs", "marked"); err != nil {
		t.Fatal(err)
	}
	follow(ctx, t, k, "logs", "marked")
	wantShadows(ctx, t, logs, 1, "when a delete marker was put")
}

func change(ctx context.Context, tb testing.TB, db *objects.DB, fn func(*objects.Tx) error) {
	tb.Helper()
	if err := db.Update(ctx, fn); err != nil {
		tb.Fatal(err)
	}
}

// follow follows the feed up to the last change of a key that there is.
func follow(ctx context.Context, tb testing.TB, k shadowKeeper, bucket, key string) {
	tb.Helper()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	err := k.objects.Follow(ctx, followShadows, func(ctx context.Context, changes []objects.Change) error {
		for i := range changes {
			if changes[i].Bucket == bucket && changes[i].Key == key {
				defer cancel()
			}
		}
		return k.handle(ctx, changes)
	})
	if err != nil {
		tb.Fatal(err)
	}
}

// read has a lake decode all objects.
func read(ctx context.Context, tb testing.TB, l *lake.Lake) {
	tb.Helper()
	scan, err := l.Plan(ctx, lake.Table{Name: "t", Location: "s3://logs/", Columns: []lake.Column{{Name: "a", Type: "string"}}}, nil)
	if err != nil {
		tb.Fatal(err)
	}
	files, err := l.Load(ctx, scan, nil)
	if err != nil {
		tb.Fatal(err)
	}
	if err := files.Release(); err != nil {
		tb.Fatal(err)
	}
}

func wantShadows(ctx context.Context, tb testing.TB, l *lake.Lake, want int, when string) {
	tb.Helper()
	n, _, err := l.CacheSize(ctx)
	if err != nil {
		tb.Fatal(err)
	}
	if n != want {
		tb.Errorf("%d shadows %s, want %d", n, when, want)
	}
}

// Of an object under a client's key nothing is left on the disk that can be read, also
// after somebody has queried it: nobody but the client has the key.
func TestAClientsKeyLeavesNothing(t *testing.T) {
	h := newHouse(t)
	h.bucket(ours, "data", "")
	h.bucket(ours, "results", "")
	const secret = "readable-by-the-client-alone"
	call := cloud.CallOf(h.ctx)
	call.TLS = "1.3"
	secure := &house{h.TB, h.app, cloud.WithCall(h.ctx, call)}
	h.must(secure.root(ours).put("data", "t/1.csv", customerKey, func(in *s3api.PutObjectInput) {
		in.Body = strings.NewReader(strings.Repeat(secret+"\n", 10_000))
	}))
	h.table()
	if got := h.query(h.root(ours), "SELECT count(*) FROM logs.t"); !strings.Contains(got, "was stored using a form of Server Side Encryption") {
		t.Errorf("the query ends with %q", got)
	}
	h.must(filepath.WalkDir(h.app.Data(), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		if strings.Contains(string(content), secret) {
			t.Errorf("%s can be read", path)
		}
		return err
	}))
}
