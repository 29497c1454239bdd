package main

import (
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/trail/importer"
)

// A file that has changed since it was listed is told, and not sent: a server refuses it.
func TestAFileThatHasChangedIsNotSent(t *testing.T) {
	for text, want := range map[string]string{
		"longer": "it has changed: it had 4 bytes when it was listed, and has 6",
		"cut":    "it has changed: it had 4 bytes when it was listed, and has 3",
	} {
		out, err := importTarget{}.Import(t.Context(), importer.Object{Source: "file:///logs", Key: "a.json", Size: 4}, func() (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader(text)), nil
		})
		if diff := cmp.Diff(importer.Outcome{State: importer.Unread, Reason: want}, out); diff != "" || err != nil {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
	}
}
