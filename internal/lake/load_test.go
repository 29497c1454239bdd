package lake_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/material"
	"github.com/sillok/sillok/internal/lake"
)

// counting counts how often objects are opened.
type counting struct {
	memory
	opened *atomic.Int64
}

func (c counting) Open(ctx context.Context, o lake.Object) (io.ReadCloser, error) {
	c.opened.Add(1)
	return c.memory.Open(ctx, o)
}

func shadows(tb testing.TB, dir string) []string {
	tb.Helper()
	var out []string
	if err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			out = append(out, path)
		}
		return err
	}); err != nil {
		tb.Fatal(err)
	}
	return out
}

func TestShadowIsMadeOnce(t *testing.T) {
	dir := t.TempDir()
	objects := counting{memory{"a": "1", "b": "2"}, &atomic.Int64{}}
	l := lake.New(lake.Config{Dir: dir, Workers: 4, Sync: true}, objects)
	table := lake.Table{Name: "t", Location: "s3://logs/", Columns: texts("a")}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			scan, err := l.Plan(t.Context(), table, nil)
			if err == nil {
				_, err = l.Load(t.Context(), scan, nil)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := objects.opened.Load(); n != 2 {
		t.Errorf("opened %d times", n)
	}
	if n := len(shadows(t, dir)); n != 2 {
		t.Errorf("%d files", n)
	}
	table.Properties = map[string]string{"skip.header.line.count": "1"}
	if _, files := load(t, l, table, nil); files.Stats.Decoded != 2 || files.Stats.Rows != 0 {
		t.Errorf("another header is another shadow: %+v", files.Stats)
	}
	count, bytes, err := l.CacheSize(t.Context())
	if err != nil || count != 4 || bytes == 0 {
		t.Errorf("%d shadows of %d bytes: %v", count, bytes, err)
	}
	if removed, err := l.CleanCache(t.Context(), bytes/2); err != nil || removed < 2 || len(shadows(t, dir)) != 4-removed {
		t.Errorf("%d removed, %d left: %v", removed, len(shadows(t, dir)), err)
	}
}

func TestShadowThatCannotBeReadIsMadeAgain(t *testing.T) {
	for name, spoil := range map[string]func(path string) error{
		"truncated": func(path string) error { return os.Truncate(path, 20) },
		"empty":     func(path string) error { return os.Truncate(path, 0) },
		"zeros": func(path string) error {
			info, err := os.Stat(path)
			if err != nil {
				return err
			}
			return os.WriteFile(path, make([]byte, info.Size()), 0o600)
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			l := lake.New(lake.Config{Dir: dir}, memory{"a": "1"})
			table := lake.Table{Name: "t", Location: "s3://logs/", Columns: texts("a")}
			load(t, l, table, nil)
			if err := spoil(shadows(t, dir)[0]); err != nil {
				t.Fatal(err)
			}
			_, files := load(t, l, table, nil)
			if files.Stats.Decoded != 1 {
				t.Errorf("stats %+v", files.Stats)
			}
			if diff := cmp.Diff([][]string{{"1"}}, rows(t, files)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestProgress(t *testing.T) {
	l := open(t, memory{"a": "1\n2", "b": "3"})
	table := lake.Table{Name: "t", Location: "s3://logs/", Columns: texts("a")}
	scan, err := l.Plan(t.Context(), table, nil)
	if err != nil {
		t.Fatal(err)
	}
	var last lake.Done
	if _, err := l.Load(t.Context(), scan, func(d lake.Done) { last = d }); err != nil {
		t.Fatal(err)
	}
	want := lake.Done{Objects: 2, TotalObjects: 2, Bytes: 4, TotalBytes: 4, Rows: 3, Decoded: 2}
	if diff := cmp.Diff(want, last); diff != "" {
		t.Error(diff)
	}
}

// failing is Objects whose objects end in an error, or never end.
type failing struct {
	memory
	err    error
	cancel func()
}

func (f failing) Open(context.Context, lake.Object) (io.ReadCloser, error) {
	return io.NopCloser(io.MultiReader(strings.NewReader("1\n2\n"), reader(func(p []byte) (int, error) {
		if f.err != nil {
			return 0, f.err
		}
		f.cancel()
		return copy(p, "3\n"), nil
	}))), nil
}

// panicking is Objects whose bytes no decoder was made for.
type panicking struct{ memory }

func (panicking) Open(context.Context, lake.Object) (io.ReadCloser, error) {
	panic("no decoder was made for this")
}

func TestPanicFailsItsQueryAlone(t *testing.T) {
	l := open(t, panicking{memory{"a": "1"}})
	for _, table := range []lake.Table{
		{Name: "t", Location: "s3://logs/", Columns: texts("a")},
		{Name: "t", Location: "s3://logs/", Columns: texts("a"), SerDe: "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"},
	} {
		scan, err := l.Plan(t.Context(), table, nil)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // the second finds nothing half done
			_, err := l.Load(t.Context(), scan, nil)
			want := "load s3://logs/a: panic in github.com/sillok/sillok/internal/lake_test.panicking.Open: no decoder was made for this"
			if err == nil || err.Error() != want {
				t.Errorf("error %v", err)
			}
		}
	}
	d, _ := discover(t, l)
	want := []lake.Skipped{{
		Object: lake.Object{Bucket: "logs", Key: "a", Size: 1, ETag: "e"}, Kind: lake.Damaged,
		Reason: "damaged: panic in github.com/sillok/sillok/internal/lake_test.panicking.Open: no decoder was made for this",
	}}
	if diff := cmp.Diff(want, d.Skipped); diff != "" {
		t.Error(diff)
	}
}

type reader func([]byte) (int, error)

func (r reader) Read(p []byte) (int, error) { return r(p) }

func TestLoadFails(t *testing.T) {
	dir := t.TempDir()
	table := lake.Table{Name: "t", Location: "s3://logs/", Columns: texts("a")}
	broken := cloud.Errorf(cloud.Denied, "AccessDenied", "no")
	l := lake.New(lake.Config{Dir: dir}, failing{memory: memory{"a": "xx", "b": strings.Repeat("x", 100)}, err: broken})
	scan, err := l.Plan(t.Context(), table, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Load(t.Context(), scan, nil); cloud.KindOf(err) != cloud.Denied || !strings.Contains(err.Error(), "s3://logs/") {
		t.Errorf("error %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	l = lake.New(lake.Config{Dir: dir}, failing{memory: memory{"big": strings.Repeat("x", 32<<20)}, cancel: cancel})
	if scan, err = l.Plan(ctx, table, nil); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	if _, err := l.Load(ctx, scan, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if time.Since(start) > 5*time.Second {
		t.Error("cancelling takes long")
	}
	if left := shadows(t, dir); len(left) != 0 {
		t.Errorf("half-made files are left: %v", left)
	}
}

func TestParquetObjectsAreTheirOwnShadows(t *testing.T) {
	dir := t.TempDir()
	l := lake.New(lake.Config{Dir: dir}, memory{"a.csv": "7,x"})
	csv := lake.Table{Name: "t", Location: "s3://logs/", Columns: texts("a", "b"), SerDeProperties: map[string]string{"field.delim": ","}}
	_, files := load(t, l, csv, nil)
	body, err := os.ReadFile(files.Groups[0].Files[0].Path)
	if err != nil {
		t.Fatal(err)
	}
	l = lake.New(lake.Config{Dir: t.TempDir()}, memory{"a.parquet": string(body), "b.parquet": string(body)})
	table := lake.Table{
		Name: "t", Location: "s3://logs/", SerDe: "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
		InputFormat: "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
		Columns:     []lake.Column{{Name: "c2_TEXT", Type: "string"}, {Name: "c1", Type: "bigint"}, {Name: "none", Type: "int"}},
	}
	scan, files := load(t, l, table, nil)
	if scan.Format != "parquet" || files.Stats.Rows != 2 || files.Stats.Decoded != 2 {
		t.Errorf("%s, %+v", scan.Format, files.Stats)
	}
	want := []lake.Binding{
		{Kind: lake.Native, Column: "c2_text", Type: "string"}, {Kind: lake.Native, Column: "c1", Type: "bigint"}, {Kind: lake.Null, Type: "int"},
	}
	if diff := cmp.Diff(want, files.Groups[0].Columns); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([][]string{{"x", "7", "NULL"}, {"x", "7", "NULL"}}, rows(t, files)); diff != "" {
		t.Error(diff)
	}
	bad := lake.New(lake.Config{Dir: t.TempDir()}, memory{"a.parquet": "PAR1 but not really"})
	if scan, err = bad.Plan(t.Context(), table, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := bad.Load(t.Context(), scan, nil); cloud.KindOf(err) != cloud.Invalid {
		t.Errorf("error %v", err)
	}
}

func BenchmarkDecode(b *testing.B) {
	trails := filepath.Join(material.Data(b), "cloudtrail/invictus-ir_aws_dataset/s3")
	for name, bench := range map[string]struct {
		objects lake.Objects
		table   lake.Table
	}{
		"CloudTrail": {folder(trails), trail()},
		"VPC":        {folder(material.TruthLogs(b)), flowTable()},
		"ALB":        {folder(material.TruthLogs(b)), albTable()},
	} {
		b.Run(name, func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				l := lake.New(lake.Config{Dir: filepath.Join(b.TempDir(), fmt.Sprint(i))}, bench.objects)
				_, files := load(b, l, bench.table, nil)
				b.SetBytes(files.Stats.Bytes)
				b.ReportMetric(float64(files.Stats.Rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
			}
		})
	}
}
