package duckdb_test

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/engine"
	"github.com/sillok/sillok/internal/engine/duckdb"
	"github.com/sillok/sillok/internal/engine/scan"
	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/sql/plan"
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
	q, err := replaytest.Analyze(t.Context(), sql, loadedCatalog(t))
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := scan.New(loadedLogs{}, loadedLogs{}, nil).Load(t.Context(), engine.Request{Query: q}, fixedNow())
	if err != nil {
		t.Fatal(err)
	}
	out, err := duckdb.Render(t.Context(), q, fixedNow(), loaded.Tables)
	if err != nil {
		return err.Error()
	}
	return out
}

// loadedCatalog has a table of logs in two forms, another in one, and one whose
// files are its own.
func loadedCatalog(t *testing.T) replaytest.Catalog {
	t.Helper()
	c := replaytest.Catalog{}
	c.Add(t, "own", "id bigint", "name varchar")
	for _, name := range []string{"one_form", "two_forms"} {
		c.Add(t, name, "port integer", "caller row(type varchar, age bigint)", "tags array(varchar)", "day date", "$path varchar")
		table := c[name].Table
		table.Columns[3].Partition, table.Columns[4].Hidden = true, true
		table.Detail = lake.Table{
			Name: name, Columns: []lake.Column{{Name: "port"}, {Name: "caller"}, {Name: "tags"}}, PartitionKeys: []lake.Column{{Name: "day"}},
		}
	}
	return c
}

// loadedLogs is what lies in these tables.
type loadedLogs struct{}

func (loadedLogs) Files(context.Context, *plan.Table) ([]string, error) {
	return []string{"/own/1.parquet", "/own/it's 2.parquet"}, nil
}

func (loadedLogs) Plan(_ context.Context, t lake.Table, _ lake.Filter) (*lake.Scan, error) {
	return &lake.Scan{Table: t}, nil
}

func (loadedLogs) Load(_ context.Context, s *lake.Scan, _ lake.Progress) (*lake.Files, error) {
	file := func(n, day string) lake.File {
		return lake.File{
			Path: "/shadows/" + n + ".parquet", Values: []string{day},
			Object: lake.Object{Bucket: "logs", Key: n + ".gz", Size: 7, Modified: time.Date(2024, 5, 3, 0, 0, 0, 0, time.UTC)},
		}
	}
	fields := []lake.Field{{Name: "type", Binding: lake.Binding{Kind: lake.Text, Column: "type"}}, {Name: "age", Binding: lake.Binding{Kind: lake.IntText, Column: "age", Text: "age_text"}}}
	files := &lake.Files{Groups: []lake.Group{{
		Columns: []lake.Binding{
			{Kind: lake.IntText, Column: "port", Text: "port_text"},
			{Kind: lake.Struct, Column: "caller", Fields: fields},
			{Kind: lake.List, Column: "tags", Elem: &lake.Binding{Kind: lake.Text}},
		},
		Files: []lake.File{file("a", "2024-05-01"), file("b", "2024-05-02")},
	}}}
	if s.Table.Name == "two_forms" {
		files.Groups = append(files.Groups, lake.Group{
			Columns: []lake.Binding{{Kind: lake.Text, Column: "port"}, {Kind: lake.Null}, {Kind: lake.JSON, Column: "tags"}},
			Files:   []lake.File{file("c", lake.NullPartition)},
		})
	}
	return files, nil
}
