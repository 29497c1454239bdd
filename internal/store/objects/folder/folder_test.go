package folder_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/objects"
	"github.com/sillok/sillok/internal/store/objects/folder"
	"github.com/sillok/sillok/internal/store/objects/objectstest"
)

func openDir(t *testing.T, path string) *folder.Folder {
	t.Helper()
	dir, err := folder.Open(path, "logs")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := dir.Close(); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func TestDirContract(t *testing.T) {
	objectstest.Run(t, func(t *testing.T) (objects.Store, string) {
		t.Helper()
		return openDir(t, t.TempDir()), "logs"
	})
}

func TestDirStaysInside(t *testing.T) {
	base := t.TempDir()
	root := filepath.Join(base, "root")
	write(t, filepath.Join(base, "secret"), "secret")
	write(t, filepath.Join(root, "folder", "file"), "content")
	write(t, filepath.Join(root, ".sgwtmp", "multipart", "part"), "hidden")
	write(t, filepath.Join(root, "folder", ".hidden"), "a hidden file of the user")
	for link, target := range map[string]string{
		"inside":    filepath.Join("folder", "file"),
		"outside":   filepath.Join("..", "secret"),
		"absolute":  filepath.Join(base, "secret"),
		"nowhere":   "absent",
		"loop":      ".",
		"up":        "..",
		"to-folder": "folder",
	} {
		if err := os.Symlink(target, filepath.Join(root, link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(root, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	dir := openDir(t, root)
	var got []string
	for o, err := range dir.List(t.Context(), "logs", "") {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, o.Key)
	}
	if diff := cmp.Diff([]string{"folder/.hidden", "folder/file", "inside"}, got); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	passed := map[string]error{}
	got = nil
	for o, err := range dir.ListAll(t.Context(), "logs", "", func(key string, err error) { passed[key] = err }) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, o.Key)
	}
	if diff := cmp.Diff([]string{"folder/.hidden", "folder/file"}, got); diff != "" {
		t.Errorf("each file once (-want +got):\n%s", diff)
	}
	wantPassed := map[string]error{
		"outside": folder.ErrLeadsOut, "absolute": folder.ErrLeadsOut, "up": folder.ErrLeadsOut, "nowhere": folder.ErrNowhere, "pipe": folder.ErrNoFile,
	}
	if diff := cmp.Diff(wantPassed, passed, cmpopts.EquateErrors()); diff != "" {
		t.Errorf("passed over (-want +got):\n%s", diff)
	}
	for _, key := range []string{"outside", "absolute", "up/secret", "../secret", "/etc/passwd", "", ".", "nowhere", "pipe", "loop", "folder/", strings.Repeat("long", 200)} {
		if _, _, err := dir.Open(t.Context(), "logs", key); err == nil || cloud.KindOf(err) != cloud.NotFound {
			t.Errorf("Open(%q) = %v, want an error of kind not found", key, err)
		}
	}
	if err := dir.Delete(t.Context(), "logs", "../secret"); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(base, "secret")); err != nil {
		t.Error("Delete left the folder:", err)
	}
	for _, key := range []string{"../new", "/new", "", ".", "a//b", "a/../b", ".sgwtmp"} {
		if _, err := dir.Put(t.Context(), "logs", key, "", nil); err == nil || cloud.KindOf(err) != cloud.Invalid {
			t.Errorf("Put(%q) = %v, want an error of kind invalid", key, err)
		}
	}
}

func TestDirSeesAFileChange(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, "a"), "one")
	dir := openDir(t, root)
	before, err := dir.Stat(t.Context(), "logs", "a")
	if err != nil {
		t.Fatal(err)
	}
	// A copy that keeps size and time, laid over the old one.
	write(t, filepath.Join(root, "b"), "two")
	if err := os.Chtimes(filepath.Join(root, "b"), before.Modified, before.Modified); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(root, "b"), filepath.Join(root, "a")); err != nil {
		t.Fatal(err)
	}
	after, err := dir.Stat(t.Context(), "logs", "a")
	if err != nil {
		t.Fatal(err)
	}
	if before.ETag == after.ETag {
		t.Errorf("both contents have the ETag %s", after.ETag)
	}
}

func TestOpenDirOfNothing(t *testing.T) {
	if _, err := folder.Open(filepath.Join(t.TempDir(), "absent"), "logs"); err == nil {
		t.Error("OpenDir of a folder that is not there succeeded")
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), fs.FileMode(0o600)); err != nil {
		t.Fatal(err)
	}
}
