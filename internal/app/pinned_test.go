package app_test

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/sillok/sillok/internal/app"
	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/store/objects/folder"
)

// TestAFileIsTheOneThatWasListed changes a file of a folder at each moment of its
// reading.
func TestAFileIsTheOneThatWasListed(t *testing.T) {
	write := func(path string) error { return os.WriteFile(path, []byte("another"), 0o600) }
	nothing := func(string) error { return nil }
	for _, tt := range []struct {
		name           string
		before, during func(path string) error
		opens, reads   bool
	}{
		{name: "nothing happens", before: nothing, during: nothing, opens: true, reads: true},
		{name: "it is written after it was listed", before: write, during: nothing},
		{name: "it is removed after it was listed", before: os.Remove, during: nothing},
		{name: "it is written while it is read", before: nothing, during: write, opens: true},
		{name: "it is removed while it is read", before: nothing, during: os.Remove, opens: true},
		{name: "it grows while it is read", before: nothing, during: func(path string) error { return os.Truncate(path, 100) }, opens: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "a")
			if err := os.WriteFile(path, []byte("a log\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			store, err := folder.Open(dir, dir)
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := store.Close(); err != nil {
					t.Error(err)
				}
			}()
			logs := app.LakeObjects(store)
			var listed lake.Object
			for o, err := range logs.List(t.Context(), dir, "") {
				if listed = o; err != nil {
					t.Fatal(err)
				}
			}
			if err := tt.before(path); err != nil {
				t.Fatal(err)
			}
			body, err := logs.Open(t.Context(), listed)
			if (err == nil) != tt.opens {
				t.Fatalf("open: %v", err)
			}
			if err != nil {
				return
			}
			if err := tt.during(path); err != nil {
				t.Fatal(err)
			}
			_, err = io.ReadAll(body)
			if (err == nil) != tt.reads {
				t.Errorf("read: %v", err)
			}
			if err := body.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}
