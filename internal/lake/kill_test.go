package lake_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/kit/killtest"
	"github.com/sillok/sillok/internal/lake"
)

var decodes = flag.String("decodes", "", "decode and evict in this folder until killed")

// killed are objects whose shadows together are larger than the budget of those who
// decode them.
func killed() memory {
	objects := memory{}
	for i := range 12 {
		objects[fmt.Sprintf("%02d", i)] = strings.Repeat(fmt.Sprintf("%d,%d\n", i, i*7919), 500)
	}
	return objects
}

func csvTable() lake.Table {
	return lake.Table{Name: "t", Location: "s3://logs/", Columns: texts("a", "b"), SerDeProperties: map[string]string{"field.delim": ","}}
}

// decodeForEver prints a line for each time that it has decoded all objects.
func decodeForEver(dir string) {
	ctx := context.Background()
	for {
		l := lake.New(lake.Config{Dir: dir, Budget: 8 << 10, Workers: 2}, killed())
		scan, err := l.Plan(ctx, csvTable(), nil)
		if err != nil {
			panic(err)
		}
		files, err := l.Load(ctx, scan, nil)
		if err == nil {
			err = errors.Join(files.Intact(ctx), files.Release())
		}
		if err != nil {
			panic(err)
		}
		fmt.Fprintln(os.Stdout, "loaded")
	}
}

// TestKilledWhileDecodingAndEvicting kills a process fifty times: what it leaves
// gives the right answer, or is made anew.
func TestKilledWhileDecodingAndEvicting(t *testing.T) {
	dir, objects := t.TempDir(), killed()
	_, files := load(t, open(t, objects), csvTable(), nil)
	want := rows(t, files)
	for n := range 50 {
		killtest.After(t, 1+n%3, func(text string) bool { return text == "loaded" }, "-decodes", dir)
		l := lake.New(lake.Config{Dir: dir}, objects)
		_, files := load(t, l, csvTable(), nil)
		if diff := cmp.Diff(want, rows(t, files)); diff != "" {
			t.Fatalf("after kill %d: %s", n, diff)
		}
		if len(files.Notes) != 0 {
			t.Errorf("after kill %d: %v", n, files.Notes)
		}
		if err := files.Release(); err != nil {
			t.Fatal(err)
		}
	}
	if err := lake.New(lake.Config{Dir: dir}, objects).Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, path := range shadows(t, dir) {
		if !strings.HasSuffix(path, ".parquet") {
			t.Errorf("%s is left half-made", path)
		}
	}
}
