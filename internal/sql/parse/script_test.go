package parse_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/sql/parse"
)

func TestPieces(t *testing.T) {
	script := "-- SELECT 2;\n\n/* one */ SELECT 1;\n ;\n-- two\n  SELECT 2 ; DESCRIBE t"
	want := []parse.Piece{
		{Text: "-- SELECT 2;\n\n/* one */ SELECT 1", Start: 0, First: 24},
		{Text: "-- two\n  SELECT 2", Start: 37, First: 46},
		{Text: "DESCRIBE t", Start: 57, First: 57},
	}
	got := parse.Pieces(script)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for _, p := range got {
		if !strings.HasPrefix(script[p.Start:], p.Text) {
			t.Errorf("%q does not stand at %d", p.Text, p.Start)
		}
	}
}

// FuzzPieces checks that each piece stands where it says.
func FuzzPieces(f *testing.F) {
	f.Add(strings.Join(seeds, ";\n"))
	f.Add("\u00a0\u2003SELECT 1;\x00;-- x")
	f.Fuzz(func(t *testing.T, script string) {
		for _, p := range parse.Pieces(script) {
			if p.Text == "" || !strings.HasPrefix(script[p.Start:], p.Text) || int(p.First) < int(p.Start) || int(p.First) >= len(script) {
				t.Fatalf("%q: %q does not stand at %d with its first word at %d", script, p.Text, p.Start, p.First)
			}
		}
	})
}
