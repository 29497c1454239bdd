package objects_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/seal"
	"github.com/sillok/sillok/internal/store/objects"
)

// full is how much content a block holds: of what is sealed, and of what was kept
// before as it is.
var full = map[bool]int64{true: 65516, false: 65532}

// content is of three blocks, the last one short.
func content(tb testing.TB) string {
	tb.Helper()
	return string(noise(2*65532 + 1000))
}

// inBothForms runs a test with a store that seals, and one that does not.
func inBothForms(t *testing.T, test func(t *testing.T, cfg objects.Config)) {
	t.Helper()
	for name, sealer := range map[string]*seal.Sealer{"sealed": master, "as it is": nil} {
		t.Run(name, func(t *testing.T) {
			test(t, objects.Config{Inline: smallInline, Log: slog.New(slog.DiscardHandler), Seal: sealer})
		})
	}
}

// openOnDisk opens a store with the objects "a" and "b" in files of their own,
// and returns these.
func openOnDisk(tb testing.TB, dir string, cfg objects.Config) (db *objects.DB, files [2]string) {
	tb.Helper()
	db = openAs(tb, dir, cfg)
	makeBucket(tb, db, "logs")
	putText(tb, db, "a", content(tb))
	putText(tb, db, "b", strings.ToUpper(content(tb)))
	return db, [2]string{filepath.Join(dir, "blobs", "0", "1"), filepath.Join(dir, "blobs", "0", "2")}
}

// wantDamage fails the test unless reading "a" ends with an error that names it,
// after nothing but what was written.
func wantDamage(tb testing.TB, db *objects.DB, what string) {
	tb.Helper()
	// What is damaged in the first blocks is an error of Open itself.
	r, _, err := db.Open(tb.Context(), "logs", "a")
	var got []byte
	if err == nil {
		got, err = io.ReadAll(r)
		if err := r.Close(); err != nil {
			tb.Error(err)
		}
	}
	e, ok := errors.AsType[*cloud.Error](err)
	if !ok || e.Kind != cloud.Unavailable || e.Code != "InternalFailure" || !strings.Contains(e.Message, "s3://logs/a (version null)") || !strings.Contains(e.Message, "blob 1") {
		tb.Errorf("%s: %v", what, err)
	}
	if !strings.HasPrefix(content(tb), string(got)) {
		tb.Errorf("%s: bytes came that were not written", what)
	}
}

// scrubbed returns what a scrub finds, a line each.
func scrubbed(tb testing.TB, db *objects.DB) []string {
	tb.Helper()
	var found []string
	err := db.Scrub(tb.Context(), nil, func(d objects.Damage) error {
		found = append(found, fmt.Sprintf("%d %s %v", d.Blob, d.Path, d.Versions))
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	slices.Sort(found)
	return found
}

func TestDamagedFiles(t *testing.T) { inBothForms(t, testDamagedFiles) }

func testDamagedFiles(t *testing.T, cfg objects.Config) {
	t.Helper()
	db, files := openOnDisk(t, filepath.Join(t.TempDir(), "store"), cfg)
	sound, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	other, err := os.ReadFile(files[1])
	if err != nil {
		t.Fatal(err)
	}
	const block = 64 << 10
	damages := map[string][]byte{
		"cut in a block": sound[:100_000], "cut between blocks": sound[:block], "empty": {}, "of another blob": other,
		"a byte longer":  append(slices.Clone(sound), 0),
		"blocks swapped": slices.Concat(sound[block:2*block], sound[:block], sound[2*block:]),
	}
	for at := 0; at < len(sound); at += 997 {
		flipped := slices.Clone(sound)
		flipped[at] ^= 1 << (at % 8)
		damages[fmt.Sprintf("bit flipped in byte %d", at)] = flipped
	}
	for what, data := range damages {
		if err := os.WriteFile(files[0], data, 0o600); err != nil {
			t.Fatal(err)
		}
		if what != "a byte longer" || data[len(data)-1] != 0 {
			wantDamage(t, db, what)
		}
		if diff := cmp.Diff([]string{"1 blobs/0/1 [logs/a?versionId=null]"}, scrubbed(t, db)); diff != "" {
			t.Errorf("%s: scrub (-want +got):\n%s", what, diff)
		}
	}
	if err := os.Remove(files[0]); err != nil {
		t.Fatal(err)
	}
	wantDamage(t, db, "missing")
	if diff := cmp.Diff([]string{"1 blobs/0/1 [logs/a?versionId=null]"}, scrubbed(t, db)); diff != "" {
		t.Errorf("missing: scrub (-want +got):\n%s", diff)
	}
	if err := os.WriteFile(files[0], sound, 0o600); err != nil {
		t.Fatal(err)
	}
	wantText(t, db, "a", content(t))
	wantSound(t, db)
}

// A range needs only the blocks that it lies in, and those are checked.
func TestRangesAreChecked(t *testing.T) { inBothForms(t, testRangesAreChecked) }

func testRangesAreChecked(t *testing.T, cfg objects.Config) {
	t.Helper()
	db, files := openOnDisk(t, filepath.Join(t.TempDir(), "store"), cfg)
	data, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	data[70_000] ^= 1 // in the second block
	if err := os.WriteFile(files[0], data, 0o600); err != nil {
		t.Fatal(err)
	}
	want, full := content(t), full[cfg.Seal != nil]
	for _, tt := range []struct {
		offset, size int64
		damaged      bool
	}{
		{0, full, false},
		{full - 1, 1, false},
		{full, 1, true},
		{full - 1, 2, true},
		{2 * full, 1000, false},
		{2*full - 1, 1001, true},
		{2*full + 999, 1, false},
		{2*65532 + 1000, 0, false},
		{100, 0, false},
	} {
		got, err := readRange(t, db, tt.offset, tt.size)
		if (err != nil) != tt.damaged {
			t.Errorf("%d bytes from %d: %v", tt.size, tt.offset, err)
		}
		if err == nil && got != want[tt.offset:tt.offset+tt.size] {
			t.Errorf("%d bytes from %d are wrong", tt.size, tt.offset)
		}
	}
	for _, wrong := range [][2]int64{{-1, 1}, {0, -1}, {0, 2*65532 + 1001}, {2*65532 + 1001, 0}, {1 << 62, 1 << 62}} {
		if _, err := readRange(t, db, wrong[0], wrong[1]); err == nil {
			t.Errorf("%d bytes from %d were read", wrong[1], wrong[0])
		}
	}
}

func readRange(tb testing.TB, db *objects.DB, offset, size int64) (string, error) {
	tb.Helper()
	var got []byte
	err := db.View(tb.Context(), func(v *objects.View) error {
		version, err := source(v, "logs", "a", objects.NullVersion)
		if err != nil {
			return err
		}
		r, err := v.Read(tb.Context(), version, offset, size)
		if err != nil {
			return err
		}
		got, err = io.ReadAll(r)
		return errors.Join(err, r.Close())
	})
	return string(got), err
}

// A flipped bit in the index is an error, or is found while it is opened, but
// never a different answer.
func TestDamagedIndex(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	cfg := objects.WithMemtable(objects.Config{Inline: 1 << 20, Log: slog.New(slog.DiscardHandler), Seal: master}, 256<<10)
	db, err := objects.Open(t.Context(), dir, cfg)
	if err != nil {
		t.Fatal(err)
	}
	makeBucket(t, db, "logs")
	want := map[string]string{}
	for n := range 300 {
		key := fmt.Sprintf("k%03d", n)
		want[key] = string(noise(2000 + n))
		putText(t, db, key, want[key])
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	tables, err := filepath.Glob(filepath.Join(dir, "index", "*.sst"))
	if err != nil || len(tables) == 0 {
		t.Fatal("no tables", err)
	}
	for _, table := range tables {
		info, err := os.Stat(table)
		if err != nil {
			t.Fatal(err)
		}
		for step := range int64(12) {
			at := step * info.Size() / 12
			readDamaged(t, dir, filepath.Base(table), at, cfg, want)
		}
	}
}

func readDamaged(t *testing.T, dir, table string, at int64, cfg objects.Config, want map[string]string) {
	t.Helper()
	image := t.TempDir()
	if err := os.CopyFS(image, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(image, "index", table)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[at] ^= 4
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := objects.Open(t.Context(), image, cfg)
	if err != nil {
		return
	}
	failed, right := 0, 0
	for key, body := range want {
		r, _, err := db.Open(t.Context(), "logs", key)
		if err != nil {
			if cloud.KindOf(err) != cloud.Unavailable {
				t.Errorf("byte %d of %s: %s: %v", at, table, key, err)
			}
			failed++
			continue
		}
		got, err := io.ReadAll(r)
		_ = r.Close()
		if err == nil && string(got) != body {
			t.Errorf("byte %d of %s: %s is another", at, table, key)
		}
		right++
	}
	_ = db.Close() // it may say that it is damaged
	t.Logf("byte %d of %s: %d read, %d refused", at, table, right, failed)
}

// What somebody puts into the folder is not followed, not served, does not hold
// anything up, and is found.
func TestPlantedFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	db, files := openOnDisk(t, dir, objects.Config{Inline: smallInline, Log: slog.New(slog.DiscardHandler), Seal: master})
	sound, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(elsewhere, sound, 0o600); err != nil {
		t.Fatal(err)
	}
	for what, plant := range map[string]func() error{
		"a link":   func() error { return os.Symlink(elsewhere, files[0]) },
		"a pipe":   func() error { return syscall.Mkfifo(files[0], 0o600) },
		"a folder": func() error { return os.Mkdir(files[0], 0o700) },
	} {
		if err := errors.Join(os.Remove(files[0]), plant()); err != nil {
			t.Fatal(err)
		}
		wantDamage(t, db, what)
		if diff := cmp.Diff([]string{"1 blobs/0/1 [logs/a?versionId=null]"}, scrubbed(t, db)); diff != "" {
			t.Errorf("%s: scrub (-want +got):\n%s", what, diff)
		}
	}
	// The link that stands for a deleted object is removed, not what it leads to.
	if err := errors.Join(os.Remove(files[0]), os.Symlink(elsewhere, files[0]), db.Delete(t.Context(), "logs", "a")); err != nil {
		t.Fatal(err)
	}
	runUntilSwept(t, db)
	if _, err := os.Lstat(files[0]); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the link is there: %v", err)
	}
	if got, err := os.ReadFile(elsewhere); err != nil || !bytes.Equal(got, sound) {
		t.Errorf("what it led to was touched: %v", err)
	}
	wantForeign(t, db, dir)
}

// wantForeign plants what does not belong into the folder.
func wantForeign(t *testing.T, db *objects.DB, dir string) {
	t.Helper()
	blobs := filepath.Join(dir, "blobs")
	err := errors.Join(
		os.WriteFile(filepath.Join(blobs, "0", "notes.txt"), nil, 0o600),
		os.WriteFile(filepath.Join(blobs, "0", "01"), nil, 0o600),
		os.WriteFile(filepath.Join(blobs, "0", "1"), nil, 0o600), // of a blob that is gone
		os.WriteFile(filepath.Join(blobs, "passwords"), nil, 0o600),
		os.Symlink("/etc", filepath.Join(blobs, "1")),
		os.Mkdir(filepath.Join(blobs, "0", "folder"), 0o700),
	)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"0 blobs/0/01 []", "0 blobs/0/1 []", "0 blobs/0/folder []", "0 blobs/0/notes.txt []", "0 blobs/1 []", "0 blobs/passwords []"}
	if diff := cmp.Diff(want, scrubbed(t, db)); diff != "" {
		t.Errorf("scrub (-want +got):\n%s", diff)
	}
}

// A folder of the store's that is a link elsewhere is not used.
func TestPlantedFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	db, _ := openOnDisk(t, dir, objects.Config{Inline: smallInline, Log: slog.New(slog.DiscardHandler), Seal: master})
	moved := filepath.Join(t.TempDir(), "moved")
	shard := filepath.Join(dir, "blobs", "0")
	if err := errors.Join(os.Rename(shard, moved), os.Symlink(moved, shard)); err != nil {
		t.Fatal(err)
	}
	wantDamage(t, db, "a folder that is a link")
	if err := db.Delete(t.Context(), "logs", "a"); err != nil {
		t.Fatal(err)
	}
	if err := objects.Sweep(t.Context(), db); err == nil {
		t.Error("a file was removed through a link")
	}
	if names, err := os.ReadDir(moved); err != nil || len(names) != 2 {
		t.Errorf("%d files are left, %v", len(names), err)
	}
}
