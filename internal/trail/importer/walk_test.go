package importer_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/trail/importer"
)

// bucket is a source in memory.
type bucket map[string][]byte

// List implements importer.Source.
func (b bucket) List(context.Context) iter.Seq2[importer.Object, error] {
	return func(yield func(importer.Object, error) bool) {
		for _, key := range slices.Sorted(maps.Keys(b)) {
			o := object(key, b[key])
			if strings.HasSuffix(key, "1.json.gz") { // whoever wrote its name had a clock that was two hours ahead
				o.Modified = time.Date(2021, 3, 4, 3, 10, 0, 0, time.UTC)
			}
			if !yield(o, nil) {
				return
			}
		}
	}
}

// Open implements importer.Source.
func (b bucket) Open(_ context.Context, o importer.Object) (io.ReadCloser, error) {
	if b[o.Key] == nil {
		return nil, errAway
	}
	return io.NopCloser(bytes.NewReader(b[o.Key])), nil
}

const folder = "AWSLogs/111122223333/CloudTrail/eu-west-1/2021/03/04/111122223333_CloudTrail_eu-west-1_20210304T0510Z_"

// A source is accounted for to its last file, at each import again.
func TestEveryListedFileIsAccountedFor(t *testing.T) {
	h := build(t, t.TempDir())
	whole := zipped(items(here, "a", "bb"))
	b := bucket{
		folder + "1.json.gz": whole, folder + "2.json.gz": zipped(items(here, "bb", "ccc")), folder + "3.json.gz": whole[:40],
		"plain.json": []byte(items(here, "dddd")), "notes.txt": []byte("hello"), "odd.json": []byte(`{"a":1}`), "bad.json": []byte(`{"Records":[1]}`), "away.json": nil, "dir/": {},
		"AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2021/03/04/x.json.gz": []byte("x"),
	}
	walked := func() (importer.Report, []string) {
		var told []string
		report, err := importer.Walk(t.Context(), b, h.importer.Target(importer.Into{Importer: here}), func(o importer.Object, out importer.Outcome) {
			told = append(told, strings.TrimSpace(fmt.Sprintf("%s %s %v %s", o.Key, out.State, out.Known, out.Jump)))
		})
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(told)
		return report, told
	}
	files := map[importer.State]int64{importer.Imported: 4, importer.Foreign: 3, importer.Digest: 1, importer.Truncated: 1, importer.Unread: 1}
	first, told := walked()
	compare(t, "the first", importer.Report{Listed: 10, Files: files, Records: 6, Imported: 4, Duplicates: 1, Bad: 1, Jumps: 1}, first)
	want := []string{
		"AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2021/03/04/x.json.gz digest false",
		folder + "1.json.gz imported false it was written at 2021-03-04T03:10:00Z, before the time in its name", folder + "2.json.gz imported false", folder + "3.json.gz truncated false",
		"away.json unread false", "bad.json imported false", "dir/ foreign false", "notes.txt foreign false", "odd.json foreign false", "plain.json imported false",
	}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	// What comes late, and what is mended, is imported by the next.
	b[folder+"0.json.gz"], b[folder+"3.json.gz"], b["away.json"] = zipped(items(here, "eeeee")), whole, []byte(items(here, "ffffff"))
	second, _ := walked()
	files = map[importer.State]int64{importer.Imported: 7, importer.Foreign: 3, importer.Digest: 1}
	compare(t, "the second", importer.Report{Listed: 11, Files: files, Known: 5, Records: 4, Imported: 2, Duplicates: 2, Bad: 1, Jumps: 1}, second)
	if first.Whole() || second.Whole() {
		t.Error("a record that is none leaves nothing to wish for")
	}
	compare(t, "history", []string{"ffffff", "eeeee", "dddd", "ccc", "bb", "a"}, h.ids(here))
}

// A walk ends with its first error.
func TestAWalkEndsWithItsTarget(t *testing.T) {
	h := build(t, t.TempDir())
	if err := h.archive.Close(); err != nil {
		t.Fatal(err)
	}
	b := bucket{"a.json": []byte(items(here, "a")), "b.json": []byte(items(here, "b"))}
	_, err := importer.Walk(t.Context(), b, h.importer.Target(importer.Into{Importer: here}), func(importer.Object, importer.Outcome) {})
	if err == nil {
		t.Error("it ends without an error")
	}
}
