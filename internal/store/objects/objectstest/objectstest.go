// Package objectstest is the contract of objects.Store as a test, which every
// implementation must pass.
package objectstest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/objects"
)

// Run tests the stores that open returns, each with the name of an empty
// bucket.
func Run(t *testing.T, open func(t *testing.T) (objects.Store, string)) {
	t.Helper()
	for _, tt := range []struct {
		name string
		test func(*testing.T, bucket)
	}{
		{"what is put is read", readBack},
		{"an object is replaced as a whole", replace},
		{"an object is deleted", remove},
		{"what is absent is not found", absent},
		{"keys are listed in order", ordering},
		{"prefixes choose keys", prefixes},
		{"odd keys are kept", oddKeys},
		{"a listing has many pages", manyPages},
		{"a listing may be left", leaveListing},
		{"a body of any kind is put", bodies},
		{"a body that breaks off puts nothing", brokenBody},
		{"an open object outlives its replacement", openAndReplace},
	} {
		t.Run(tt.name, func(t *testing.T) {
			store, name := open(t)
			tt.test(t, bucket{store, name})
		})
	}
}

type bucket struct {
	store objects.Store
	name  string
}

func (b bucket) put(t *testing.T, key, content string) objects.Object {
	t.Helper()
	o, err := b.store.Put(t.Context(), b.name, key, "text/plain", strings.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func (b bucket) wantContent(t *testing.T, key, want string) {
	t.Helper()
	r, o, err := b.store.Open(t.Context(), b.name, key)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("content of %q is %.100q (%d bytes), want %.100q (%d bytes)", key, got, len(got), want, len(want))
	}
	if o.Size != int64(len(want)) {
		t.Errorf("size of %q is %d, want %d", key, o.Size, len(want))
	}
	stat, err := b.store.Stat(t.Context(), b.name, key)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(stat, o, sameMoment()); diff != "" {
		t.Errorf("Stat and Open differ (-Stat +Open):\n%s", diff)
	}
}

// sameMoment lets times differ by what HTTP's headers cannot say.
func sameMoment() cmp.Option { return cmpopts.EquateApproxTime(1_000_000_000) }

func (b bucket) list(t *testing.T, prefix string) []objects.Object {
	t.Helper()
	var got []objects.Object
	for o, err := range b.store.List(t.Context(), b.name, prefix) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, o)
	}
	return got
}

func (b bucket) wantKeys(t *testing.T, prefix string, want []string) {
	t.Helper()
	var got []string
	for _, o := range b.list(t, prefix) {
		got = append(got, o.Key)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("keys under %q (-want +got):\n%s", prefix, diff)
	}
}

func wantError(t *testing.T, what string, err error, code string) {
	t.Helper()
	e, ok := errors.AsType[*cloud.Error](err)
	if !ok || e.Kind != cloud.NotFound || e.Code != code {
		t.Errorf("%s = %v, want an error of kind not found and code %s", what, err, code)
	}
}

func readBack(t *testing.T, b bucket) {
	t.Helper()
	exists, err := b.store.BucketExists(t.Context(), b.name)
	if !exists || err != nil {
		t.Errorf("BucketExists = %v, %v", exists, err)
	}
	put := b.put(t, "AWSLogs/111122223333/a.json.gz", "content")
	b.wantContent(t, "AWSLogs/111122223333/a.json.gz", "content")
	if put.Bucket != b.name || put.Key != "AWSLogs/111122223333/a.json.gz" || put.Size != 7 || put.ETag == "" || put.Modified.IsZero() {
		t.Errorf("Put returned %+v", put)
	}
	if strings.Contains(put.ETag, `"`) {
		t.Errorf("ETag %s has quotes", put.ETag)
	}
	if diff := cmp.Diff([]objects.Object{put}, b.list(t, ""), sameMoment()); diff != "" {
		t.Errorf("what is listed (-put +listed):\n%s", diff)
	}
	b.put(t, "empty", "")
	b.wantContent(t, "empty", "")
}

func replace(t *testing.T, b bucket) {
	t.Helper()
	first := b.put(t, "a/b", "a long content")
	second := b.put(t, "a/b", "short")
	b.wantContent(t, "a/b", "short")
	if first.ETag == second.ETag {
		t.Errorf("both contents have the ETag %s", first.ETag)
	}
	b.wantKeys(t, "", []string{"a/b"})
}

func remove(t *testing.T, b bucket) {
	t.Helper()
	b.put(t, "a/b/c", "c")
	b.put(t, "a/d", "d")
	for range 2 {
		if err := b.store.Delete(t.Context(), b.name, "a/b/c"); err != nil {
			t.Fatal(err)
		}
		b.wantKeys(t, "", []string{"a/d"})
	}
	b.put(t, "a/b/c", "again")
	b.wantContent(t, "a/b/c", "again")
}

func absent(t *testing.T, b bucket) {
	t.Helper()
	ctx := t.Context()
	b.put(t, "folder/file", "x")
	for _, key := range []string{"nothing", "folder", "folder/file/below", "folder/nothing"} {
		_, err := b.store.Stat(ctx, b.name, key)
		wantError(t, "Stat of "+key, err, "NoSuchKey")
		_, _, err = b.store.Open(ctx, b.name, key)
		wantError(t, "Open of "+key, err, "NoSuchKey")
	}
	b.wantKeys(t, "nothing/", nil)
	b.wantKeys(t, "folder/file/below", nil)

	const other = "no-such-bucket-here"
	exists, err := b.store.BucketExists(ctx, other)
	if exists || err != nil {
		t.Errorf("BucketExists of an absent bucket = %v, %v", exists, err)
	}
	_, err = b.store.Stat(ctx, other, "a")
	wantError(t, "Stat in an absent bucket", err, "NoSuchBucket")
	_, _, err = b.store.Open(ctx, other, "a")
	wantError(t, "Open in an absent bucket", err, "NoSuchBucket")
	_, err = b.store.Put(ctx, other, "a", "", strings.NewReader("a"))
	wantError(t, "Put in an absent bucket", err, "NoSuchBucket")
	wantError(t, "Delete in an absent bucket", b.store.Delete(ctx, other, "a"), "NoSuchBucket")
	for _, err := range b.store.List(ctx, other, "") {
		wantError(t, "List of an absent bucket", err, "NoSuchBucket")
	}
}

func ordering(t *testing.T, b bucket) {
	t.Helper()
	want := []string{
		"a-b", "a.b", "a/b", "a/b-c", "a/c/d", "a0", "b!", "b!/x", "b/a-/x", "b/a/x", "b/a0/x", "z", "é", "한글/가", "한글0",
	}
	want = slices.DeleteFunc(want, func(key string) bool { return key == "b!" }) // a file cannot also be a folder
	if !slices.IsSorted(want) {
		t.Fatal("the expectation is not sorted")
	}
	for _, key := range want {
		b.put(t, key, "x")
	}
	b.wantKeys(t, "", want)
}

func prefixes(t *testing.T, b bucket) {
	t.Helper()
	for _, key := range []string{"AWSLogs/1/a", "AWSLogs/11/a", "AWSLogs/11/b/c", "AWSLogs/2/a", "other"} {
		b.put(t, key, "x")
	}
	for _, tt := range []struct {
		prefix string
		want   []string
	}{
		{"", []string{"AWSLogs/1/a", "AWSLogs/11/a", "AWSLogs/11/b/c", "AWSLogs/2/a", "other"}},
		{"AWSLogs/1", []string{"AWSLogs/1/a", "AWSLogs/11/a", "AWSLogs/11/b/c"}},
		{"AWSLogs/1/", []string{"AWSLogs/1/a"}},
		{"AWSLogs/11/b", []string{"AWSLogs/11/b/c"}},
		{"AWSLogs/11/b/c", []string{"AWSLogs/11/b/c"}},
		{"AWSLogs/11/b/c/", nil},
		{"AWSLogs/3/", nil},
		{"AWSLogs//", nil},
		{"/", nil},
		{"../", nil},
		{"o", []string{"other"}},
		{"awslogs", nil},
	} {
		b.wantKeys(t, tt.prefix, tt.want)
	}
}

func oddKeys(t *testing.T, b bucket) {
	t.Helper()
	want := []string{
		"a b/c  d", "a%20b", "a%2Fb", "a+b", "a&b=c?d#e", `a"b'c`, "a\\b", "a:b@c;d,e$f", "a~b*c", "day=2024-01-01/가 나.gz", "tab\there", "é\u0301",
	}
	for _, key := range want {
		b.put(t, key, key)
	}
	for _, key := range want {
		b.wantContent(t, key, key)
		b.wantKeys(t, key, []string{key})
	}
	slices.Sort(want)
	b.wantKeys(t, "", want)
	for _, key := range want {
		if err := b.store.Delete(t.Context(), b.name, key); err != nil {
			t.Errorf("delete %q: %v", key, err)
		}
	}
	b.wantKeys(t, "", nil)
}

func manyPages(t *testing.T, b bucket) {
	t.Helper()
	var want []string
	for folder := range 3 {
		for n := range 700 {
			want = append(want, fmt.Sprintf("f%d/n%04d", folder, n))
		}
	}
	for _, key := range want {
		b.put(t, key, "")
	}
	b.wantKeys(t, "", want)
	b.wantKeys(t, "f1/", want[700:1400])
}

func leaveListing(t *testing.T, b bucket) {
	t.Helper()
	for _, key := range []string{"a", "b/c", "d"} {
		b.put(t, key, "")
	}
	var got []string
	for o, err := range b.store.List(t.Context(), b.name, "") {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, o.Key)
		if o.Key == "b/c" {
			break
		}
	}
	if diff := cmp.Diff([]string{"a", "b/c"}, got); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range b.store.List(ctx, b.name, "") {
		if err == nil {
			t.Error("a listing whose context has ended goes on")
		}
	}
}

func bodies(t *testing.T, b bucket) {
	t.Helper()
	big := strings.Repeat("0123456789abcdef", 200_000)
	half := strings.NewReader(big)
	if _, err := half.Seek(int64(len(big)/2), io.SeekStart); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		body io.Reader
		want string
	}{
		{"a small stream", iotest.OneByteReader(strings.NewReader("small")), "small"},
		{"an empty stream", iotest.DataErrReader(strings.NewReader("")), ""},
		{"a big stream", iotest.HalfReader(strings.NewReader(big)), big},
		{"a buffer", bytes.NewBufferString("buffer"), "buffer"},
		{"the rest of a reader", half, big[len(big)/2:]},
	} {
		if _, err := b.store.Put(t.Context(), b.name, "body", "", tt.body); err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		b.wantContent(t, "body", tt.want)
	}
}

func brokenBody(t *testing.T, b bucket) {
	t.Helper()
	b.put(t, "a/kept", "kept")
	broken := errors.New("the disk it comes from is gone")
	for _, key := range []string{"a/kept", "a/new"} {
		body := io.MultiReader(strings.NewReader(strings.Repeat("x", 2_000_000)), iotest.ErrReader(broken))
		if _, err := b.store.Put(t.Context(), b.name, key, "", body); !errors.Is(err, broken) {
			t.Errorf("Put = %v, want the body's error", err)
		}
	}
	b.wantContent(t, "a/kept", "kept")
	b.wantKeys(t, "", []string{"a/kept"})
}

func openAndReplace(t *testing.T, b bucket) {
	t.Helper()
	want := strings.Repeat("old", 100_000)
	b.put(t, "a", want)
	r, _, err := b.store.Open(t.Context(), b.name, "a")
	if err != nil {
		t.Fatal(err)
	}
	b.put(t, "a", "new")
	got, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("read %d bytes of the old content, want %d", len(got), len(want))
	}
	b.wantContent(t, "a", "new")
}
