package importer_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/trail/importer"
)

// Whatever a file holds, reading it ends, each record is an event or bad, and what is
// sent arrives as it was.
func FuzzReadFile(f *testing.F) {
	f.Add([]byte(items(here, "a", "bb")))
	f.Add(zipped(items(here, "a")))
	f.Add(zipped(items(here, "a", "bb"))[:60])
	f.Add([]byte(`{"Records":[{},7,null,[[[{"eventTime":"2021-03-04T05:06:07Z"}]]]`))
	f.Add([]byte(`{"digestStartTime":1}x`))
	f.Add([]byte("\x1f\x8b"))
	f.Fuzz(func(t *testing.T, data []byte) {
		want, got, state := importer.Decoded(data)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		switch state {
		case importer.Imported, importer.Foreign, importer.Digest, importer.Truncated, importer.Damaged:
		case importer.Unread:
			t.Error("nobody reads it")
		default:
			t.Errorf("it is %q", state)
		}
	})
}

// What is no message of a worker's is told.
func FuzzSent(f *testing.F) {
	f.Add([]byte("[{\"i\":1,\"n\":2}]\n{}"))
	f.Add([]byte("[{\"i\":1,\"n\":-2}]\n{}"))
	f.Fuzz(func(_ *testing.T, data []byte) {
		importer.Sent(data)
	})
}
