package objects_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/seal"
	"github.com/sillok/sillok/internal/store/objects"
)

// keyOf returns a key of 32 equal letters.
func keyOf(tb testing.TB, letter string) *seal.Sealer {
	tb.Helper()
	key, err := seal.New([]byte(strings.Repeat(letter, 32)))
	if err != nil {
		tb.Fatal(err)
	}
	return key
}

// putBy puts an object whose content is sealed by a key.
func putBy(tb testing.TB, db *objects.DB, key *seal.Sealer, name, body string) {
	tb.Helper()
	putAs(tb, db, objects.Key{By: key}, name, body)
}

func putAs(tb testing.TB, db *objects.DB, key objects.Key, name, body string) {
	tb.Helper()
	staged, err := db.StageBy(tb.Context(), key, strings.NewReader(body))
	if err != nil {
		tb.Fatal(err)
	}
	defer staged.Discard()
	update(tb, db, func(tx *objects.Tx) error {
		b, err := tx.Bucket("logs")
		if err != nil {
			return err
		}
		return tx.Put(b, name, &objects.Version{}, staged, "ObjectCreated:Put")
	})
}

// readBy reads an object by a key.
func readBy(ctx context.Context, db *objects.DB, key *seal.Sealer, name string) (string, error) {
	var got []byte
	err := db.View(ctx, func(v *objects.View) error {
		version, err := source(v, "logs", name, objects.NullVersion)
		if err != nil {
			return err
		}
		r, err := v.ReadBy(ctx, key, version, 0, version.Size)
		if err != nil {
			return err
		}
		got, err = io.ReadAll(r)
		return errors.Join(err, r.Close())
	})
	return string(got), err
}

// What was given with a key comes back with that key alone; a scrub needs none.
func TestContentOfAGivenKey(t *testing.T) {
	db := open(t, t.TempDir(), objects.Config{})
	makeBucket(t, db, "logs")
	for name, size := range map[string]int{"empty": 0, "small": 1000, "inline": objects.DefaultInline, "file": objects.DefaultInline + 1, "blocks": 300_000} {
		body := string(noise(size))
		putBy(t, db, keyOf(t, "a"), name, body)
		if got, err := readBy(t.Context(), db, keyOf(t, "a"), name); err != nil || got != body {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
		if size == 0 {
			continue // there is nothing to hide
		}
		if _, err := readBy(t.Context(), db, nil, name); cloud.KindOf(err) != cloud.Denied {
			t.Errorf("%s without the key: %v", name, err)
		}
		if got, err := readBy(t.Context(), db, keyOf(t, "b"), name); err == nil {
			t.Errorf("%s came with another key: %d bytes", name, len(got))
		}
		if _, _, err := db.Open(t.Context(), "logs", name); cloud.KindOf(err) != cloud.Denied {
			t.Errorf("%s, opened: %v", name, err)
		}
	}
	wantSound(t, db)
}

// A store without the master key still finds what is damaged, and reads nothing.
func TestAStoreWithoutItsKey(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	cfg := objects.Config{Inline: smallInline, Log: slog.New(slog.DiscardHandler), Seal: master}
	db, err := objects.Open(t.Context(), dir, cfg)
	if err != nil {
		t.Fatal(err)
	}
	makeBucket(t, db, "logs")
	putText(t, db, "a", content(t))
	putText(t, db, "small", "a few words")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for name, sealer := range map[string]*seal.Sealer{"none": nil, "another": keyOf(t, "x")} {
		cfg.Seal = sealer
		without, err := objects.Open(t.Context(), dir, cfg)
		if err != nil {
			t.Fatal(err)
		}
		wantSound(t, without)
		for _, key := range []string{"a", "small"} {
			if _, _, err := without.Open(t.Context(), "logs", key); err == nil {
				t.Errorf("%s came with %s", key, name)
			}
		}
		if err := without.Close(); err != nil {
			t.Fatal(err)
		}
	}
	cfg.Seal = nil
	without := openAs(t, dir, cfg)
	file := filepath.Join(dir, "blobs", "0", "1")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	data[70_000] ^= 1
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := scrubbed(t, without); len(got) != 1 || got[0] != "1 blobs/0/1 [logs/a?versionId=null]" {
		t.Errorf("scrub found %q", got)
	}
}

// Nothing that was put can be found on the disk, whatever its size and whichever
// way it came.
func TestNoContentIsOnTheDisk(t *testing.T) {
	const word = "these words are secret. "
	dir := filepath.Join(t.TempDir(), "store")
	db := open(t, dir, objects.Config{})
	makeBucket(t, db, "logs")
	for _, size := range []int{len(word), 1000, 32 << 10, 33 << 10, 65516, 1 << 20} {
		body := strings.Repeat(word, size/len(word)+1)[:size]
		putBy(t, db, nil, "a", body)
		putBy(t, db, keyOf(t, "a"), "b", body)
		if got, err := readBy(t.Context(), db, nil, "a"); err != nil || got != body {
			t.Errorf("%d bytes: %d came, %v", size, len(got), err)
		}
	}
	if found := findIn(t, dir, word); len(found) > 0 {
		t.Errorf("the words are in %q", found)
	}
}

// findIn returns the files below a folder that hold some text.
func findIn(tb testing.TB, dir, text string) []string {
	tb.Helper()
	var found []string
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte(text)) {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		tb.Error(err)
	}
	return found
}

// inEveryWay are the ways in which content is sealed.
func inEveryWay(tb testing.TB) []objects.Key {
	tb.Helper()
	return []objects.Key{{}, {By: keyOf(tb, "a")}, {By: keyOf(tb, "a"), Twice: true}}
}

// What is sealed twice needs both keys.
func TestContentThatIsSealedTwice(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	cfg := objects.Config{Log: slog.New(slog.DiscardHandler), Seal: master}
	db, err := objects.Open(t.Context(), dir, cfg)
	if err != nil {
		t.Fatal(err)
	}
	makeBucket(t, db, "logs")
	sizes := map[string]int{"small": 1000, "file": 33 << 10, "one block": 65500, "one more": 65501, "blocks": 300_000}
	for name, size := range sizes {
		putAs(t, db, objects.Key{By: keyOf(t, "a"), Twice: true}, name, string(noise(size)))
		if got, err := readBy(t.Context(), db, keyOf(t, "a"), name); err != nil || got != string(noise(size)) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
		for what, key := range map[string]*seal.Sealer{"none": nil, "the server's": master, "another": keyOf(t, "b")} {
			if _, err := readBy(t.Context(), db, key, name); err == nil {
				t.Errorf("%s came by %s", name, what)
			}
		}
	}
	wantSound(t, db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	cfg.Seal = nil
	without := openAs(t, dir, cfg)
	wantSound(t, without)
	for name := range sizes {
		if _, err := readBy(t.Context(), without, keyOf(t, "a"), name); cloud.KindOf(err) != cloud.Denied {
			t.Errorf("%s without the server's key: %v", name, err)
		}
	}
	if _, err := without.StageBy(t.Context(), objects.Key{By: keyOf(t, "a"), Twice: true}, strings.NewReader("a")); err == nil {
		t.Error("it was sealed twice by one key")
	}
}

// Each bit of the record of a small object counts, and of a file's too.
func TestEveryBitOfARecordCounts(t *testing.T) {
	db := open(t, t.TempDir(), objects.Config{})
	makeBucket(t, db, "logs")
	for _, given := range inEveryWay(t) {
		for _, size := range []int{100, 40_000} {
			body := string(noise(size))
			putAs(t, db, given, "k", body)
			blob, record := objects.BlobOf(t.Context(), db, "logs", "k")
			for bit := range len(record) * 8 {
				flipped := bytes.Clone(record)
				flipped[bit/8] ^= 1 << (bit % 8)
				if err := objects.SetBlob(t.Context(), db, blob, flipped); err != nil {
					t.Fatal(err)
				}
				got, err := readBy(t.Context(), db, given.By, "k")
				if bit/8 == 1 { // how often it is referred to is for scrubs
					continue
				}
				if err == nil {
					t.Fatalf("%d bytes, bit %d of %d: it came, the same: %v", size, bit, len(record)*8, got == body)
				}
			}
			if err := objects.SetBlob(t.Context(), db, blob, record); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// Two versions never share what they are sealed by, though they are the same.
func TestTheSameContentIsSealedTwice(t *testing.T) {
	db := open(t, t.TempDir(), objects.Config{})
	makeBucket(t, db, "logs")
	putText(t, db, "a", "the same words")
	putText(t, db, "b", "the same words")
	_, a := objects.BlobOf(t.Context(), db, "logs", "a")
	_, b := objects.BlobOf(t.Context(), db, "logs", "b")
	if bytes.Equal(a[len(a)-10:], b[len(b)-10:]) {
		t.Error("they are sealed alike")
	}
}

// What was kept before anything was sealed is still read, and shared by nothing
// that is to be sealed.
func TestContentOfBefore(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	cfg := objects.Config{Inline: smallInline, Log: slog.New(slog.DiscardHandler)}
	before, err := objects.Open(t.Context(), dir, cfg)
	if err != nil {
		t.Fatal(err)
	}
	makeBucket(t, before, "logs")
	putText(t, before, "a", content(t))
	putText(t, before, "small", "a few words")
	if err := before.Close(); err != nil {
		t.Fatal(err)
	}
	cfg.Seal = master
	db := openAs(t, dir, cfg)
	wantText(t, db, "a", content(t))
	wantText(t, db, "small", "a few words")
	putText(t, db, "sealed", "other words")
	wantSound(t, db)
	putBy(t, db, keyOf(t, "a"), "given", "their words")
	for from, shared := range map[string]bool{"a": false, "small": false, "sealed": true, "given": false} {
		err := db.Update(t.Context(), func(tx *objects.Tx) error {
			version, err := source(&tx.View, "logs", from, objects.NullVersion)
			if err != nil {
				return err
			}
			b, err := tx.Bucket("logs")
			if err != nil {
				return err
			}
			return tx.Copy(b, from+" copied", &objects.Version{}, version, "")
		})
		if shared != (err == nil) || !shared && !errors.Is(err, objects.ErrUnshared) {
			t.Errorf("a copy of %s: %v", from, err)
		}
	}
}

// Each bit of a file counts: where content is, when it is read; and the checksum
// behind it, which is there for scrubs, to these.
func TestEveryBitOfAFileCounts(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	db := open(t, dir, objects.Config{Inline: smallInline})
	makeBucket(t, db, "logs")
	for n, given := range inEveryWay(t) {
		body := string(noise(200))
		putAs(t, db, given, "k", body)
		file := filepath.Join(dir, "blobs", "0", string(rune('1'+n)))
		sound, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for bit := range len(sound) * 8 {
			flipped := bytes.Clone(sound)
			flipped[bit/8] ^= 1 << (bit % 8)
			if err := os.WriteFile(file, flipped, 0o600); err != nil {
				t.Fatal(err)
			}
			if got, err := readBy(t.Context(), db, given.By, "k"); err == nil && (bit/8 < len(sound)-4 || got != body) {
				t.Fatalf("bit %d of %d: %d bytes came", bit, len(sound)*8, len(got))
			}
			if len(scrubbed(t, db)) == 0 {
				t.Fatalf("bit %d of %d: a scrub found nothing", bit, len(sound)*8)
			}
		}
		if err := os.WriteFile(file, sound, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
