package disk_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/kit/disk"
)

// files returns the names, permissions and contents of a folder's files.
func files(t *testing.T, folder string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		body := []byte("a folder")
		if !e.IsDir() {
			if body, err = os.ReadFile(filepath.Join(folder, e.Name())); err != nil {
				t.Fatal(err)
			}
		}
		found[e.Name()] = info.Mode().Perm().String() + " " + string(body)
	}
	return found
}

func TestWriteFile(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "f")
	for _, step := range []struct {
		data string
		perm fs.FileMode
		want string
	}{
		{"first", 0o600, "-rw------- first"},
		{"second, and longer", 0o640, "-rw-r----- second, and longer"},
		{"", 0o600, "-rw------- "},
	} {
		if err := disk.WriteFile(path, []byte(step.data), step.perm); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[string]string{"f": step.want}, files(t, folder)); diff != "" {
			t.Errorf("after %q (-want +got):\n%s", step.data, diff)
		}
	}
}

func TestWriteFileLeavesNothingBehind(t *testing.T) {
	folder := t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, "taken"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := disk.WriteFile(filepath.Join(folder, "taken"), []byte("x"), 0o600); err == nil {
		t.Error("a file was written over a folder")
	}
	if diff := cmp.Diff(map[string]string{"taken": "-rwx------ a folder"}, files(t, folder)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if err := disk.WriteFile(filepath.Join(folder, "none", "f"), nil, 0o600); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without its folder: %v", err)
	}
}

func TestSyncFolder(t *testing.T) {
	folder := t.TempDir()
	if err := disk.SyncFolder(folder); err != nil {
		t.Error(err)
	}
	if err := disk.SyncFolder(filepath.Join(folder, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder that is not there: %v", err)
	}
}

func TestIsFull(t *testing.T) {
	for err, want := range map[error]bool{
		syscall.ENOSPC: true, syscall.EDQUOT: true, syscall.EFBIG: true, syscall.EIO: false, fs.ErrNotExist: false,
	} {
		if wrapped := (&fs.PathError{Op: "write", Path: "f", Err: err}); disk.IsFull(wrapped) != want {
			t.Errorf("%v: %v", err, !want)
		}
	}
	if disk.IsFull(nil) {
		t.Error("no error means a full disk")
	}
}
