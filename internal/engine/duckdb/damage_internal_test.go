package duckdb

import (
	"context"
	"errors"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/engine"
	"github.com/sillok/sillok/internal/engine/scan"
	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/sql/plan"
)

// oneObject is a store of one log.
type oneObject string

func (o oneObject) List(_ context.Context, bucket, _ string) iter.Seq2[lake.Object, error] {
	return func(yield func(lake.Object, error) bool) {
		yield(lake.Object{Bucket: bucket, Key: "a", ETag: "e", Size: int64(len(o))}, nil)
	}
}

func (o oneObject) Open(context.Context, lake.Object) (io.ReadCloser, error) {
	return io.NopCloser(strings.NewReader(string(o))), nil
}

// meanwhile is a lake to whose files something happens once they are loaded.
type meanwhile struct {
	*lake.Lake

	loads int
	do    func(load int, path string) error
}

func (m *meanwhile) Load(ctx context.Context, s *lake.Scan, progress lake.Progress) (*lake.Files, error) {
	files, err := m.Lake.Load(ctx, s, progress)
	if err == nil {
		m.loads++
		err = m.do(m.loads, files.Groups[0].Files[0].Path)
	}
	return files, err
}

// overwrite changes every byte of a part of the file at path.
func overwrite(path string, from, to int) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	for i := from; i < min(to, len(b)); i++ {
		b[i] ^= 0x55
	}
	return os.WriteFile(path, b, 0o600)
}

// TestFilesThatAreDamagedWhileAQueryRuns damages a shadow after it was proven: the
// query runs once more, over what was made anew.
func TestFilesThatAreDamagedWhileAQueryRuns(t *testing.T) {
	table, err := engine.Table("c", lake.Table{Name: "t", Location: "s3://logs/", Columns: []lake.Column{{Name: "a", Type: "bigint"}}})
	if err != nil {
		t.Fatal(err)
	}
	s := &plan.Scan{Table: table, Columns: []plan.ScanColumn{{Column: plan.Column{ID: 1, Type: table.Columns[0].Type}, Name: "a"}}}
	query := &plan.Query{Root: s, Columns: []plan.Output{{Name: "a", ID: 1, Type: table.Columns[0].Type}}}
	for name, tt := range map[string]struct {
		do    func(load int, path string) error
		fails bool
	}{
		"nothing":             {do: func(int, string) error { return nil }},
		"its pages":           {do: first(func(path string) error { return overwrite(path, 4, 60) })},
		"its footer":          {do: first(func(path string) error { return overwrite(path, 200, 260) })},
		"all of it":           {do: first(func(path string) error { return overwrite(path, 0, 1<<20) })},
		"it is cut off":       {do: first(func(path string) error { return os.Truncate(path, 50) })},
		"it vanishes":         {do: first(os.Remove)},
		"its folder vanishes": {do: first(func(path string) error { return os.RemoveAll(filepath.Dir(path)) })},
		"again and again":     {do: func(_ int, path string) error { return overwrite(path, 4, 60) }, fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			logs := lake.New(lake.Config{Dir: t.TempDir()}, oneObject("1\n22\n333\n"))
			e, err := Open(t.Context(), Config{Lake: logs, Spill: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := e.Close(); err != nil {
					t.Error(err)
				}
			}()
			e.reader = scan.New(&meanwhile{Lake: logs, do: tt.do}, nil, e.cfg.Pool)
			got, err := answer(t.Context(), e, query)
			if (err != nil) != tt.fails {
				t.Fatalf("error %v", err)
			}
			if want := []string{"1", "22", "333"}; err == nil && !cmp.Equal(want, got) {
				t.Error(cmp.Diff(want, got))
			}
			// Whatever became of it, the next one finds all in order.
			e.reader = scan.New(logs, nil, e.cfg.Pool)
			got, err = answer(t.Context(), e, query)
			if diff := cmp.Diff([]string{"1", "22", "333"}, got); diff != "" || err != nil {
				t.Error(diff, err)
			}
		})
	}
}

// first does something after the first load alone.
func first(do func(path string) error) func(int, string) error {
	return func(load int, path string) error {
		if load > 1 {
			return nil
		}
		return do(path)
	}
}

func answer(ctx context.Context, e *Engine, query *plan.Query) (got []string, err error) {
	rows, err := e.Run(ctx, engine.Request{Query: query})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		got = append(got, *rows.Row()[0])
	}
	return got, rows.Err()
}
