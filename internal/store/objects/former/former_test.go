package former_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/sillok/sillok/internal/kit/checksum"
	"github.com/sillok/sillok/internal/store/objects"
	"github.com/sillok/sillok/internal/store/objects/former"
)

var update = flag.Bool("update", false, "write the golden files")

// recordedAt is a time soon after the folder in testdata was recorded.
var recordedAt = time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)

// file is a file or folder of the former version, as it was recorded.
type file struct {
	Path       string            `json:"path"`
	Folder     bool              `json:"folder"`
	Modified   int64             `json:"modified"`
	Attributes map[string][]byte `json:"attributes"`
	Content    json.RawMessage   `json:"content"` // text in Latin 1, or runs of one byte
}

func (f *file) bytes(t *testing.T) []byte {
	t.Helper()
	if f.Folder {
		return nil
	}
	var text string
	if json.Unmarshal(f.Content, &text) == nil {
		var out []byte
		for _, r := range text {
			out = append(out, byte(r))
		}
		return out
	}
	var runs [][2]any
	if err := json.Unmarshal(f.Content, &runs); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, run := range runs {
		b.WriteString(strings.Repeat(run[0].(string), int(run[1].(float64)))) //nolint:errcheck // the test's own file
	}
	return []byte(b.String())
}

// lay makes a folder as the former version left one.
func lay(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("testdata/folder.json")
	if err != nil {
		t.Fatal(err)
	}
	var files []file
	if err := json.Unmarshal(text, &files); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, f := range files {
		path := filepath.Join(dir, f.Path)
		err := os.MkdirAll(filepath.Dir(path), 0o700)
		if f.Folder {
			err = errors.Join(err, os.MkdirAll(path, 0o700))
		} else {
			err = errors.Join(err, os.WriteFile(path, f.bytes(t), 0o600))
		}
		for name, value := range f.Attributes {
			err = errors.Join(err, unix.Setxattr(path, "user."+name, value, 0))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range slices.Backward(files) {
		at := time.Unix(0, f.Modified)
		if err := os.Chtimes(filepath.Join(dir, f.Path), at, at); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func open(t *testing.T, cfg objects.Config) *objects.DB {
	t.Helper()
	cfg.Log = slog.New(slog.DiscardHandler)
	db, err := objects.Open(t.Context(), t.TempDir(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func bring(t *testing.T, dir string, db *objects.DB) (report *former.Report, done bool, log string) {
	t.Helper()
	var b strings.Builder
	report, done, err := former.Bring(t.Context(), config(dir, &b), db)
	if err != nil {
		t.Fatal(err)
	}
	return report, done, b.String()
}

func config(dir string, log io.Writer) former.Config {
	return former.Config{
		Dir: filepath.Join(dir, "s3"), Versions: filepath.Join(dir, "s3-versions"), Account: "999999999999", Region: "us-east-1",
		Log: slog.New(slog.NewTextHandler(log, nil)), Now: func() time.Time { return recordedAt },
	}
}

// dump returns all that a store has, as text.
func dump(t *testing.T, db *objects.DB) string {
	t.Helper()
	var b strings.Builder
	err := db.View(t.Context(), func(v *objects.View) error {
		for bucket, err := range v.Buckets("") {
			if err != nil {
				return err
			}
			fmt.Fprintf(&b, "bucket %s of %s in %s, %s, versioning %q, lock %v\n", bucket.Name, bucket.Account, bucket.Region,
				bucket.Created.Format(time.RFC3339Nano), bucket.Versioning, bucket.ObjectLock)
			for name, document := range v.Settings(bucket, "") {
				fmt.Fprintf(&b, "  setting %s: %s\n", name, document)
			}
			if err := dumpVersions(t.Context(), &b, v, bucket); err != nil {
				return err
			}
			if err := dumpUploads(&b, v, bucket); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func dumpVersions(ctx context.Context, b *strings.Builder, v *objects.View, bucket *objects.Bucket) error {
	c := v.Versions(bucket)
	for c.Next() {
		x := c.Version()
		segments, err := v.Segments(x)
		if err != nil {
			return err
		}
		content := ""
		if !x.Marker {
			r, err := v.Read(ctx, x, 0, x.Size)
			if err != nil {
				return err
			}
			var sizes []int64
			for _, s := range segments {
				if x.Parts > 0 {
					sizes = append(sizes, s.Size)
				}
			}
			etag := checksum.NewETag(sizes)
			if _, err := io.Copy(etag, r); err != nil {
				return err
			}
			if err := r.Close(); err != nil {
				return err
			}
			content = etag.String()
		}
		x.Number, x.Segments = 0, nil
		fmt.Fprintf(b, "  %s\n    content %s\n", compact(x), content)
	}
	return errors.Join(c.Err(), c.Close())
}

// compact returns value as JSON without what says nothing.
func compact(value any) string {
	text, err := json.Marshal(value)
	var tree any
	if err == nil {
		err = json.Unmarshal(text, &tree)
	}
	if err != nil {
		return err.Error()
	}
	text, err = json.Marshal(pruned(tree))
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func pruned(node any) any {
	object, ok := node.(map[string]any)
	if !ok {
		return node
	}
	for name, member := range object {
		member = pruned(member)
		empty, isObject := member.(map[string]any)
		if member == nil || member == "" || member == false || member == 0.0 || member == "0001-01-01T00:00:00Z" || isObject && len(empty) == 0 {
			delete(object, name)
		}
	}
	return object
}

func dumpUploads(b *strings.Builder, v *objects.View, bucket *objects.Bucket) error {
	for u, err := range v.Uploads(bucket, "") {
		if err != nil {
			return err
		}
		parts := v.Parts(u, 0)
		u.Number = 0
		fmt.Fprintf(b, "  upload %s\n", compact(u))
		for p, err := range parts {
			if err != nil {
				return err
			}
			fmt.Fprintf(b, "    part %d of %d bytes, %s, %v\n", p.Number, p.Size, p.ETag, p.Checksum)
		}
	}
	return nil
}

// golden compares with a file, or writes it.
func golden(t *testing.T, got string) {
	t.Helper()
	const path = "testdata/folder.golden"
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// The folder was recorded from a real server of the former version.
func TestAllOfAFormerFolderIsBroughtOver(t *testing.T) {
	dir, db := lay(t), open(t, objects.Config{})
	report, done, _ := bring(t, dir, db)
	want := &former.Report{Buckets: 7, Versions: 48, Bytes: 15729179, Uploads: 3, Renamed: 1, Retained: 2}
	if diff := cmp.Diff(want, report); diff != "" || !done {
		t.Errorf("done %v (-want +got):\n%s", done, diff)
	}
	golden(t, dump(t, db))
}

// Each run is cut off one change later than the one before it.
func TestItGoesOnWhereItWasCutOff(t *testing.T) {
	dir := lay(t)
	var changes, last atomic.Int64
	ctx, cancel := context.WithCancel(t.Context())
	db := open(t, objects.Config{Now: func() time.Time {
		if changes.Add(1) == last.Load() {
			cancel()
		}
		return recordedAt
	}})
	for n := int64(1); ; n++ {
		changes.Store(0)
		last.Store(n)
		_, done, err := former.Bring(ctx, config(dir, t.Output()), db)
		if done {
			break
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		ctx, cancel = context.WithCancel(t.Context()) //nolint:fatcontext // the one before it is over
	}
	cancel()
	golden(t, dump(t, db))
}

// What was deleted since must not come back.
func TestItIsDoneOnce(t *testing.T) {
	dir, db := lay(t), open(t, objects.Config{})
	first, _, _ := bring(t, dir, db)
	err := db.Update(t.Context(), func(tx *objects.Tx) error {
		b, err := tx.Bucket("emptybucket")
		if err != nil {
			return err
		}
		return tx.DeleteBucket(b)
	})
	if err != nil {
		t.Fatal(err)
	}
	before := dump(t, db)
	again, done, log := bring(t, dir, db)
	if diff := cmp.Diff(first, again); diff != "" || done {
		t.Errorf("done %v (-first +again):\n%s", done, diff)
	}
	if diff := cmp.Diff(before, dump(t, db)); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
	if !strings.Contains(log, "may be removed") {
		t.Errorf("the log does not say that the folder may be removed: %s", log)
	}
}

func TestOddThingsAreToldAndLeftBehind(t *testing.T) {
	dir, db := lay(t), open(t, objects.Config{})
	in := func(path string) string { return filepath.Join(dir, path) }
	first := filepath.Dir(find(t, dir, "01M8MNWJF5F538963FVA8FCQXD"))
	err := errors.Join(
		os.WriteFile(in("secret"), []byte("root"), 0o600),
		os.Symlink(in("secret"), in("s3/plain/link")),
		os.Symlink("/", in("s3/plain/linked-folder")),
		os.Symlink(dir, in("s3/linked-bucket")),
		unix.Mkfifo(in("s3/plain/pipe"), 0o600),
		os.WriteFile(in("s3/plain/not\xff-utf-8"), nil, 0o600),
		os.WriteFile(in("s3/stray"), nil, 0o600),
		os.MkdirAll(in("s3/nobodys/files"), 0o700),
		os.WriteFile(in("s3/nobodys/files/f"), nil, 0o600),
		os.WriteFile(in("s3/plain/by-hand"), []byte("laid"), 0o600),
		os.WriteFile(in("s3/plain/.a.txt.sgwtmp.123"), []byte("half"), 0o600),
		os.WriteFile(in("s3/plain/a.txt"), []byte("A.txt"), 0o600), // a flipped bit
		os.Remove(in("s3/versioned/v")),                            // its earlier versions are nobody's then
		os.Symlink(in("secret"), filepath.Join(filepath.Dir(find(t, dir, "01M8MNWK2HYBNA013Z1Q094TWA")), "01M8MNWK2HYBNA013Z1Q094TWB")),
	)
	if err != nil {
		t.Fatal(err)
	}
	report, _, log := bring(t, dir, db)
	want := &former.Report{
		Buckets: 7, Versions: 46, Bytes: 15729156, Uploads: 3, Renamed: 1, Retained: 2,
		Odd: 8, Bare: 1, Cut: 1, Unlike: 1, Lost: 2,
	}
	if diff := cmp.Diff(want, report); diff != "" {
		t.Errorf("(-want +got):\n%s\n%s", diff, log)
	}
	for _, name := range []string{
		"plain/link", "plain/linked-folder", "linked-bucket", "plain/pipe", "not\\xff-utf-8", "stray", "nobodys", "plain/by-hand", "plain/a.txt",
		"01M8MNWK2HYBNA013Z1Q094TWB", strings.TrimPrefix(first, in("s3-versions")+"/"),
	} {
		if !strings.Contains(log, name) {
			t.Errorf("%s is not told:\n%s", name, log)
		}
	}
	if strings.Contains(dump(t, db), "linked") || strings.Contains(dump(t, db), "secret") {
		t.Error("a symbolic link was followed")
	}
}

// find returns the path of a file by its name.
func find(t *testing.T, dir, name string) (path string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(p string, _ os.DirEntry, err error) error {
		if filepath.Base(p) == name {
			path = p
		}
		return err
	})
	if err != nil || path == "" {
		t.Fatal(name, err)
	}
	return path
}

func TestAFolderWithoutAttributesIsRefused(t *testing.T) {
	dir := t.TempDir()
	err := errors.Join(os.MkdirAll(filepath.Join(dir, "s3", "logs"), 0o700), os.WriteFile(filepath.Join(dir, "s3", "logs", "a"), nil, 0o600))
	if err != nil {
		t.Fatal(err)
	}
	_, done, err := former.Bring(t.Context(), config(dir, t.Output()), open(t, objects.Config{}))
	if err == nil || done || !strings.Contains(err.Error(), "has lost its extended attributes") {
		t.Errorf("done %v, error %v", done, err)
	}
}

func TestNothingIsThere(t *testing.T) {
	report, done, err := former.Bring(t.Context(), config(t.TempDir(), t.Output()), open(t, objects.Config{}))
	if err != nil || done {
		t.Fatal(done, err)
	}
	if diff := cmp.Diff(&former.Report{}, report); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestABucketOfTheNameIsThere(t *testing.T) {
	dir, db := lay(t), open(t, objects.Config{})
	err := db.Update(t.Context(), func(tx *objects.Tx) error {
		return tx.CreateBucket(&objects.Bucket{Name: "plain", Account: "111122223333", Region: "us-east-1"})
	})
	if err != nil {
		t.Fatal(err)
	}
	report, _, log := bring(t, dir, db)
	want := &former.Report{Buckets: 6, Versions: 27, Bytes: 5243061, Renamed: 1, Retained: 2, Conflicts: 1}
	if diff := cmp.Diff(want, report); diff != "" {
		t.Errorf("(-want +got):\n%s\n%s", diff, log)
	}
}
