package duckdb_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/engine/duckdb"
	"github.com/sillok/sillok/internal/sql/replaytest"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestRender compares what queries are in DuckDB's words. A golden file holds
// queries, each followed by a line of dashes and its rendering.
func TestRender(t *testing.T) {
	files, err := filepath.Glob("testdata/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			golden, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var out strings.Builder
			for part := range strings.SplitSeq(strings.TrimSpace(string(golden)), "\n\n") {
				sql, _, _ := strings.Cut(part, "\n---\n")
				out.WriteString(sql + "\n---\n" + rendered(t, sql) + "\n\n")
			}
			got := strings.TrimSpace(out.String()) + "\n"
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(golden), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func rendered(t *testing.T, sql string) string {
	t.Helper()
	q, err := replaytest.Analyze(t.Context(), sql, replaytest.Catalog{})
	if err != nil {
		t.Fatal(err)
	}
	out, err := duckdb.Render(t.Context(), q, fixedNow(), nil)
	if err != nil {
		return err.Error()
	}
	return out
}
