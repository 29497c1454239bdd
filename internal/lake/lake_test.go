package lake_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"github.com/sillok/sillok/internal/lake"
)

// folder is Objects over a folder of files; every bucket is the same folder.
type folder string

func (d folder) List(_ context.Context, bucket, prefix string) iter.Seq2[lake.Object, error] {
	return func(yield func(lake.Object, error) bool) {
		errStop := errors.New("stop")
		err := filepath.WalkDir(string(d), func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			key, err := filepath.Rel(string(d), path)
			if err != nil || !strings.HasPrefix(filepath.ToSlash(key), prefix) {
				return err
			}
			info, err := e.Info()
			if err != nil {
				return err
			}
			if !yield(lake.Object{Bucket: bucket, Key: filepath.ToSlash(key), Size: info.Size(), Modified: info.ModTime()}, nil) {
				return errStop
			}
			return nil
		})
		if err != nil && !errors.Is(err, errStop) {
			yield(lake.Object{}, err)
		}
	}
}

func (d folder) Open(_ context.Context, o lake.Object) (io.ReadCloser, error) {
	return os.Open(filepath.Join(string(d), filepath.FromSlash(o.Key)))
}

// memory is Objects over a map from key to bytes.
type memory map[string]string

func (m memory) List(_ context.Context, bucket, prefix string) iter.Seq2[lake.Object, error] {
	return func(yield func(lake.Object, error) bool) {
		for _, key := range slices.Sorted(maps.Keys(m)) {
			if !strings.HasPrefix(key, prefix) {
				continue
			}
			if !yield(lake.Object{Bucket: bucket, Key: key, Size: int64(len(m[key])), ETag: "e"}, nil) {
				return
			}
		}
	}
}

func (m memory) Open(_ context.Context, o lake.Object) (io.ReadCloser, error) {
	return io.NopCloser(strings.NewReader(m[o.Key])), nil
}

func open(tb testing.TB, objects lake.Objects) *lake.Lake {
	tb.Helper()
	return lake.New(lake.Config{Dir: tb.TempDir(), Clock: func() time.Time { return time.Date(2024, 5, 3, 10, 30, 0, 0, time.UTC) }}, objects)
}

func load(tb testing.TB, l *lake.Lake, table lake.Table, filter lake.Filter) (*lake.Scan, *lake.Files) {
	tb.Helper()
	scan, err := l.Plan(tb.Context(), table, filter)
	if err != nil {
		tb.Fatal(err)
	}
	files, err := l.Load(tb.Context(), scan, nil)
	if err != nil {
		tb.Fatal(err)
	}
	return scan, files
}

// rows reads a table's rows as a query would: text for every column, "NULL"
// where there is none, structs and lists in brackets.
func rows(tb testing.TB, files *lake.Files) [][]string {
	tb.Helper()
	var out [][]string
	for _, g := range files.Groups {
		for _, f := range g.Files {
			for _, record := range records(tb, f.Path) {
				row := make([]string, 0, len(g.Columns))
				for _, b := range g.Columns {
					row = append(row, text(b, record))
				}
				out = append(out, row)
			}
		}
	}
	return out
}

func records(tb testing.TB, path string) []map[string]any {
	tb.Helper()
	f, err := os.Open(path)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = f.Close() }() // only read
	stat, err := f.Stat()
	if err != nil {
		tb.Fatal(err)
	}
	file, err := parquet.OpenFile(f, stat.Size())
	if err != nil {
		tb.Fatal(err)
	}
	r := parquet.NewReader(file)
	var out []map[string]any
	for {
		record := map[string]any{}
		err := r.Read(&record)
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			tb.Fatal(err)
		}
		out = append(out, record)
	}
}

// parquetFile is a Parquet file of a table that nobody knows.
func parquetFile(tb testing.TB) string {
	tb.Helper()
	var b strings.Builder
	if err := parquet.Write(&b, []struct{ Colour, Shape string }{{"red", "round"}}); err != nil {
		tb.Fatal(err)
	}
	return b.String()
}
