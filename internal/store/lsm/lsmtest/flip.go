package lsmtest

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// FlipBits flips a bit in every stride-th byte of the logs and tables of a closed store, each
// in a copy of its folder, and has found say whether that was found. It fails the test where
// none of a kind of files was.
func FlipBits(t *testing.T, dir string, stride int, found func(t *testing.T, dir, what string) bool) {
	t.Helper()
	var files []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	flips, finds := map[string]int{}, map[string]int{}
	for _, path := range files {
		kind := filepath.Ext(path)
		if kind != ".log" && kind != ".sst" {
			continue
		}
		sound, err := os.ReadFile(path) //nolint:gosec // of the store in the test
		if err != nil {
			t.Fatal(err)
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			t.Fatal(err)
		}
		for at := 0; at < len(sound); at += stride {
			copied := filepath.Join(t.TempDir(), filepath.Base(dir))
			if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
				t.Fatal(err)
			}
			data := slices.Clone(sound)
			data[at] ^= 1 << (at % 8)
			if err := os.WriteFile(filepath.Join(copied, name), data, 0o600); err != nil { //nolint:gosec // the same
				t.Fatal(err)
			}
			flips[kind]++
			if found(t, copied, fmt.Sprintf("%s of %d bytes, byte %d", name, len(sound), at)) {
				finds[kind]++
			}
		}
	}
	t.Logf("flips %v, found %v", flips, finds)
	if finds[".sst"] == 0 || finds[".log"] == 0 {
		t.Errorf("flips %v, found %v", flips, finds)
	}
}
