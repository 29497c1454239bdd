package app_test

import (
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/sillok/sillok/internal/app"
	"github.com/sillok/sillok/internal/store/objects"
)

// A folder of the former version has what it had when a server starts on it.
func TestTheFormerVersionsObjectsAreThere(t *testing.T) {
	data := t.TempDir()
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	server, err := app.Open(t.Context(), app.Config{Data: data, Listen: "127.0.0.1:0"}, log)
	if err != nil {
		t.Fatal(err)
	}
	bucket := filepath.Join(data, "s3", "logs")
	err = errors.Join(
		server.Close(), // it has made the state that every folder has
		os.MkdirAll(bucket, 0o700),
		unix.Setxattr(bucket, "user.acl", []byte(`{"Owner":"111122223333"}`), 0),
		os.WriteFile(filepath.Join(bucket, "a"), []byte("a"), 0o600),
		unix.Setxattr(filepath.Join(bucket, "a"), "user.etag", []byte(`"0cc175b9c0f1b6a831c399e269772661"`), 0),
	)
	if err != nil {
		t.Fatal(err)
	}
	if server, err = app.Open(t.Context(), app.Config{Data: data, Listen: "127.0.0.1:0"}, log); err != nil {
		t.Fatal(err)
	}
	if _, err := app.OpenObjects(t.Context(), data, log); err == nil || !strings.Contains(err.Error(), "another server uses it") {
		t.Errorf("while the server has the folder: %v", err)
	}
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	store, err := app.OpenObjects(t.Context(), data, log)
	if err != nil {
		t.Fatal(err)
	}
	body, o, err := store.Open(t.Context(), "logs", "a")
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(body)
	if err := errors.Join(err, body.Close(), store.Close()); err != nil {
		t.Fatal(err)
	}
	o.Modified = objects.Object{}.Modified
	if diff := cmp.Diff(objects.Object{Bucket: "logs", Key: "a", ETag: "0cc175b9c0f1b6a831c399e269772661", Size: 1}, o); diff != "" || string(content) != "a" {
		t.Errorf("content %q (-want +got):\n%s", content, diff)
	}
}
