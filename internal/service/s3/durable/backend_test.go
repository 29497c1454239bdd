package durable_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"
	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/s3response"
	"golang.org/x/sync/errgroup"

	"github.com/sillok/sillok/internal/service/s3/durable"
)

// disk records what is synced, by the names relative to its folder.
type disk struct {
	root string
	mu   sync.Mutex
	log  []string
	fail error
}

func (d *disk) sync(f *os.File) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	name := f.Name()
	if strings.HasPrefix(name, "/proc/self/fd/") || filepath.Base(filepath.Dir(name)) == ".sgwtmp" && !strings.HasSuffix(name, "multipart") {
		// A file that has no name yet: what it holds must be whole by now.
		info, err := f.Stat()
		if err != nil {
			return err
		}
		_, err = meta.XattrMeta{}.RetrieveAttribute(f, "", "", "etag")
		if err != nil {
			return err
		}
		name = fmt.Sprintf("unnamed file of %d bytes", info.Size())
	} else {
		name = strings.TrimPrefix(name, d.root+"/")
	}
	d.log = append(d.log, name)
	return d.fail
}

// take returns what was synced since it was last asked.
func (d *disk) take() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	log := d.log
	d.log = nil
	return log
}

func open(t *testing.T) (*durable.Backend, *disk) {
	t.Helper()
	root := t.TempDir()
	t.Chdir(root)
	d := &disk{root: root}
	b, err := durable.Open(t.Context(), durable.Config{
		Root: filepath.Join(root, "s3"), Versions: filepath.Join(root, "versions"),
		Sync: d.sync, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Shutdown)
	if err := b.CreateBucket(t.Context(), &s3.CreateBucketInput{
		Bucket: new("logs"), CreateBucketConfiguration: &types.CreateBucketConfiguration{},
	}, []byte(`{"Owner":"111122223333"}`)); err != nil {
		t.Fatal(err)
	}
	return b, d
}

func put(t *testing.T, b *durable.Backend, key, content string) {
	t.Helper()
	if err := tryPut(t.Context(), b, key, content); err != nil {
		t.Fatal(err)
	}
}

func tryPut(ctx context.Context, b *durable.Backend, key, content string) error {
	_, err := b.PutObject(ctx, s3response.PutObjectInput{
		Bucket: new("logs"), Key: &key, ContentLength: new(int64(len(content))), Body: strings.NewReader(content),
	})
	return err
}

func remove(t *testing.T, b *durable.Backend, key string) {
	t.Helper()
	if _, err := b.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: new("logs"), Key: &key}); err != nil {
		t.Fatal(err)
	}
}

func wantSynced(t *testing.T, d *disk, what string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, d.take()); diff != "" {
		t.Errorf("synced by %s (-want +got):\n%s", what, diff)
	}
}

func TestBucketIsSynced(t *testing.T) {
	b, d := open(t)
	wantSynced(t, d, "opening and making a bucket", d.root, d.root, "logs", ".")
	if err := b.DeleteBucket(t.Context(), "logs"); err != nil {
		t.Fatal(err)
	}
	wantSynced(t, d, "deleting a bucket", ".", "versions")
}

func TestPutSyncsDataThenNameThenFolders(t *testing.T) {
	b, d := open(t)
	d.take()
	put(t, b, "first", "12345")
	d.take() // versitygw makes its folder of temporary files now
	put(t, b, "a/b/c", "123")
	wantSynced(t, d, "a put in new folders", "unnamed file of 3 bytes", "logs/a/b/c", "logs/a/b", "logs/a", "logs")
	put(t, b, "a/b/d", "1234")
	wantSynced(t, d, "a put in known folders", "unnamed file of 4 bytes", "logs/a/b/d", "logs/a/b")
	put(t, b, "a/e/f", "1")
	wantSynced(t, d, "a put in a new folder of a known one", "unnamed file of 1 bytes", "logs/a/e/f", "logs/a/e", "logs/a")
	put(t, b, "a/b/c", "replaced")
	wantSynced(t, d, "a replacement", "unnamed file of 8 bytes", "logs/a/b/c", "logs/a/b")
	remove(t, b, "a/e/f")
	wantSynced(t, d, "a deletion that empties a folder", "logs/a")
	put(t, b, "a/e/f", "1")
	wantSynced(t, d, "a put in a folder made again", "unnamed file of 1 bytes", "logs/a/e/f", "logs/a/e", "logs/a", "logs")
	remove(t, b, "a/b/c")
	wantSynced(t, d, "a deletion", "logs/a/b")
	if err := b.PutObjectTagging(t.Context(), "logs", "a/b/d", "", map[string]string{"k": "v"}); err != nil {
		t.Fatal(err)
	}
	wantSynced(t, d, "tagging", "logs/a/b/d")
	if err := b.PutBucketTagging(t.Context(), "logs", map[string]string{"k": "v"}); err != nil {
		t.Fatal(err)
	}
	wantSynced(t, d, "tagging a bucket", "logs")
}

func TestCopyAndUploadSync(t *testing.T) {
	b, d := open(t)
	put(t, b, "from", "12345")
	d.take()
	_, err := b.CopyObject(t.Context(), s3response.CopyObjectInput{
		Bucket: new("logs"), Key: new("to/copy"), CopySource: new("logs/from"), ExpectedBucketOwner: new("111122223333"),
	})
	if err != nil {
		t.Fatal(err)
	}
	wantSynced(t, d, "a copy", "unnamed file of 5 bytes", "logs/to/copy", "logs/to", "logs")

	created, err := b.CreateMultipartUpload(t.Context(), s3response.CreateMultipartUploadInput{Bucket: new("logs"), Key: new("to/big")})
	if err != nil {
		t.Fatal(err)
	}
	if got := d.take(); len(got) != 5 || got[4] != "logs" {
		t.Errorf("synced by starting an upload: %q, want the upload's folder and the four above", got)
	}
	part, err := b.UploadPart(t.Context(), &s3.UploadPartInput{
		Bucket: new("logs"), Key: new("to/big"), UploadId: &created.UploadId, PartNumber: new(int32(1)),
		ContentLength: new(int64(4)), Body: strings.NewReader("part"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := d.take(); len(got) != 2 || got[0] != "unnamed file of 4 bytes" || filepath.Base(got[1]) != created.UploadId {
		t.Errorf("synced by a part: %q, want the part and the upload's folder", got)
	}
	_, _, err = b.CompleteMultipartUpload(t.Context(), &s3.CompleteMultipartUploadInput{
		Bucket: new("logs"), Key: new("to/big"), UploadId: &created.UploadId,
		MultipartUpload: &types.CompletedMultipartUpload{Parts: []types.CompletedPart{{PartNumber: new(int32(1)), ETag: part.ETag}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	wantSynced(t, d, "completing an upload", "unnamed file of 4 bytes", "logs/to/big", "logs/to")
}

func TestVersionsAreSynced(t *testing.T) {
	b, d := open(t)
	if err := b.PutBucketVersioning(t.Context(), "logs", types.BucketVersioningStatusEnabled); err != nil {
		t.Fatal(err)
	}
	put(t, b, "a", "first")
	put(t, b, "a", "second")
	d.take()
	put(t, b, "a", "the third")
	got := d.take()
	// The old version gets its data synced before its name as the new one does.
	for _, want := range []string{"unnamed file of 6 bytes", "unnamed file of 9 bytes", "logs/a", "logs"} {
		if !slices.Contains(got, want) {
			t.Errorf("synced by a replacement: %q, which lacks %q", got, want)
		}
	}
	if !slices.ContainsFunc(got, func(name string) bool { return strings.HasPrefix(name, "versions/logs/") }) {
		t.Errorf("synced by a replacement: %q, which lacks the folder of versions", got)
	}
	remove(t, b, "a")
	if got := d.take(); !slices.Contains(got, "logs/a") {
		t.Errorf("synced by a delete marker: %q, which lacks the object", got)
	}
}

func TestFailedSyncIsNoSuccess(t *testing.T) {
	b, d := open(t)
	put(t, b, "kept", "content")
	d.fail = syscall.EIO
	for _, key := range []string{"kept", "new"} {
		if err := tryPut(t.Context(), b, key, "unsynced"); !errors.Is(err, syscall.EIO) {
			t.Errorf("put = %v, want the disk's error", err)
		}
	}
	d.fail = nil
	content, err := os.ReadFile("logs/kept")
	if err != nil || string(content) != "content" {
		t.Errorf("the object whose replacement could not be synced = %q, %v", content, err)
	}
	if _, err := os.Stat("logs/new"); err == nil {
		t.Error("the object that could not be synced is there")
	}
}

// Puts and deletions in the same folders race; each acknowledged object must
// be found with every folder above it synced after that folder was made. The
// check is that no operation fails and that each object left is there.
func TestPutsAndDeletionsInTheSameFolders(t *testing.T) {
	b, _ := open(t)
	var group errgroup.Group
	for w := range 4 {
		group.Go(func() error {
			for n := range 50 {
				key := fmt.Sprintf("a/b/%d", w)
				if err := tryPut(t.Context(), b, key, fmt.Sprint(n)); err != nil {
					return err
				}
				if n == 49 {
					break
				}
				if _, err := b.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: new("logs"), Key: &key}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	for w := range 4 {
		if _, err := os.Stat(fmt.Sprintf("logs/a/b/%d", w)); err != nil {
			t.Error(err)
		}
	}
}

func TestConcurrentCompletionsBothWait(t *testing.T) {
	b, _ := open(t)
	created, err := b.CreateMultipartUpload(t.Context(), s3response.CreateMultipartUploadInput{Bucket: new("logs"), Key: new("big")})
	if err != nil {
		t.Fatal(err)
	}
	part, err := b.UploadPart(t.Context(), &s3.UploadPartInput{
		Bucket: new("logs"), Key: new("big"), UploadId: &created.UploadId, PartNumber: new(int32(1)),
		ContentLength: new(int64(4)), Body: strings.NewReader("part"),
	})
	if err != nil {
		t.Fatal(err)
	}
	var group errgroup.Group
	for range 8 {
		group.Go(func() error {
			_, _, err := b.CompleteMultipartUpload(t.Context(), &s3.CompleteMultipartUploadInput{
				Bucket: new("logs"), Key: new("big"), UploadId: &created.UploadId,
				MultipartUpload: &types.CompletedMultipartUpload{Parts: []types.CompletedPart{{PartNumber: new(int32(1)), ETag: part.ETag}}},
			})
			if err != nil {
				return err
			}
			content, err := os.ReadFile("logs/big")
			if string(content) != "part" {
				return fmt.Errorf("answered with the content %q, %w", content, err)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
}
