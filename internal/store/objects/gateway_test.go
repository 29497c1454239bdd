package objects_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"

	"github.com/sillok/sillok/internal/store/objects"
	"github.com/sillok/sillok/internal/store/objects/objectstest"
)

// openGateway returns a Store over a POSIX backend with the bucket "logs". The
// backend works in the process's working directory, so one is open at a time.
func openGateway(t *testing.T) *objects.Gateway {
	t.Helper()
	root := t.TempDir()
	t.Chdir(root)
	backend, err := posix.New(root, meta.XattrMeta{}, posix.PosixOpts{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(backend.Shutdown)
	if err := os.Mkdir("logs", 0o700); err != nil {
		t.Fatal(err)
	}
	return objects.NewGateway(backend)
}

func TestGatewayContract(t *testing.T) {
	objectstest.Run(t, func(t *testing.T) (objects.Store, string) {
		t.Helper()
		return openGateway(t), "logs"
	})
}

func TestGatewayShowsPlainFilesAndHidesItsOwn(t *testing.T) {
	store := openGateway(t)
	for _, path := range []string{
		"by-hand/file", ".sgwtmp/left", ".sgwtmp/multipart/a/1", "by-hand/.file.sgwtmp.1700000000", "by-hand/.hidden",
	} {
		write(t, filepath.Join("logs", path), "content")
	}
	var got []string
	for o, err := range store.List(t.Context(), "logs", "") {
		if err != nil {
			t.Fatal(err)
		}
		if o.ETag == "" {
			t.Errorf("%s has no ETag", o.Key)
		}
		got = append(got, o.Key)
	}
	if diff := cmp.Diff([]string{"by-hand/.hidden", "by-hand/file"}, got); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	before, err := store.Stat(t.Context(), "logs", "by-hand/file")
	if err != nil {
		t.Fatal(err)
	}
	write(t, "logs/by-hand/file", "another content")
	after, err := store.Stat(t.Context(), "logs", "by-hand/file")
	if err != nil {
		t.Fatal(err)
	}
	if before.ETag == after.ETag {
		t.Errorf("both contents have the ETag %s", after.ETag)
	}
}
