package shadow_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/lake/shadow"
)

// named returns what the shadow of an object's only content is called.
func named(object int) (of, name string) {
	of = shadow.ObjectOf(strconv.Itoa(object))
	return of, shadow.NameOf(of, "content")
}

// get gets the shadow of an object, holding it for that long.
func get(tb testing.TB, c *shadow.Cache, object int, build shadow.Maker) (entry shadow.Entry, release func()) {
	tb.Helper()
	of, name := named(object)
	end := c.Hold([]string{of})
	entry, err := c.Get(tb.Context(), name, build)
	if err != nil {
		tb.Fatal(err)
	}
	return entry, func() {
		tb.Helper()
		if err := end(); err != nil {
			tb.Fatal(err)
		}
	}
}

func small() shadow.Maker {
	return making(func(start func(*shadow.Schema) *shadow.Writer) error { return write(start(schema()), 3) })
}

// there returns which of the first n objects have their shadow.
func there(tb testing.TB, dir string, n int) (objects []int) {
	tb.Helper()
	for i := range n {
		_, name := named(i)
		if _, err := os.Stat(filepath.Join(dir, name[:2], name+".parquet")); err == nil {
			objects = append(objects, i)
		}
	}
	return objects
}

func files(tb testing.TB, dir string) (names []string) {
	tb.Helper()
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			names = append(names, path)
		}
		return err
	})
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		tb.Fatal(err)
	}
	return names
}

func TestBudget(t *testing.T) {
	dir := t.TempDir()
	one, release := get(t, shadow.New(shadow.Config{Dir: t.TempDir()}), 0, small())
	release()
	c := shadow.New(shadow.Config{Dir: dir, Budget: 10 * one.Bytes})
	_, keep := get(t, c, 0, small())
	for i := 1; i < 30; i++ {
		_, release := get(t, c, i, small())
		release()
		if i == 20 {
			_, again := get(t, c, 15, small()) // used again
			again()
		}
	}
	left := there(t, dir, 30)
	if len(left) > 10 || len(left) < 5 || left[0] != 0 || !slices.Contains(left, 29) {
		t.Errorf("left are %v", left)
	}
	keep()
	_, bytes, err := c.Size(t.Context())
	if err != nil || bytes > 10*one.Bytes {
		t.Errorf("%d bytes, %v", bytes, err)
	}
}

func TestAllThatAQueryReadsStaysUntilItsEnd(t *testing.T) {
	dir := t.TempDir()
	c := shadow.New(shadow.Config{Dir: dir, Budget: 1})
	var releases []func()
	for i := range 10 {
		_, release := get(t, c, i, small())
		releases = append(releases, release)
	}
	if n := len(there(t, dir, 10)); n != 10 {
		t.Errorf("%d of 10 are left", n)
	}
	for _, release := range releases {
		release()
	}
	if left := files(t, dir); len(left) != 0 {
		t.Errorf("left are %v", left)
	}
}

// Two caches over one folder are as two processes: they share no memory, and locks are
// of open files.
func TestAProcessDoesNotEvictWhatAnotherReads(t *testing.T) {
	dir := t.TempDir()
	a, b := shadow.New(shadow.Config{Dir: dir}), shadow.New(shadow.Config{Dir: dir, Budget: 1})
	_, release := get(t, a, 0, small())
	release()
	_, release = get(t, a, 0, small())
	_, end := get(t, b, 1, small())
	end()
	if diff := cmp.Diff([]int{0, 1}, there(t, dir, 2)); diff != "" {
		t.Error(diff)
	}
	release()
	_, end = get(t, b, 2, small())
	end()
	if left := there(t, dir, 3); len(left) != 0 {
		t.Errorf("left are %v", left)
	}
}

// What is used the least is what no process has used for the longest time.
func TestWhatAnotherProcessUsedStays(t *testing.T) {
	dir := t.TempDir()
	c := shadow.New(shadow.Config{Dir: dir})
	old := time.Now().Add(-48 * time.Hour)
	for i := range 3 {
		entry, release := get(t, c, i, small())
		release()
		at := old.Add(time.Duration(i) * time.Minute)
		if err := os.Chtimes(entry.Path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	_, release := get(t, shadow.New(shadow.Config{Dir: dir}), 0, nil)
	release()
	entry, _ := get(t, c, 0, nil)
	removed, err := shadow.New(shadow.Config{Dir: dir}).Clean(t.Context(), entry.Bytes+1)
	if err != nil || removed != 2 {
		t.Errorf("%d removed, %v", removed, err)
	}
	if diff := cmp.Diff([]int{0}, there(t, dir, 3)); diff != "" {
		t.Error(diff)
	}
}

// full is a Maker for which there is no room under some folders.
func full(err error, folders ...string) shadow.Maker {
	return func(ctx context.Context, to shadow.Temp) (shadow.Info, error) {
		for _, folder := range folders {
			if strings.HasPrefix(to.Path, folder) {
				_ = os.WriteFile(to.Path, []byte("half"), 0o600)
				return shadow.Info{}, &os.PathError{Op: "write", Path: to.Path, Err: err}
			}
		}
		return small()(ctx, to)
	}
}

func TestAFolderThatTakesNothing(t *testing.T) {
	for name, tt := range map[string]struct {
		err  error
		note string
	}{
		"a full disk":   {err: syscall.ENOSPC, note: "its disk is full"},
		"a used quota":  {err: syscall.EDQUOT, note: "its disk is full"},
		"a faulty disk": {err: syscall.EIO, note: "it cannot be written"},
	} {
		t.Run(name, func(t *testing.T) {
			dir, first, second := t.TempDir(), t.TempDir(), t.TempDir()
			c := shadow.New(shadow.Config{Dir: dir, Spare: []string{filepath.Join(first, "none"), first, second}})
			entry, release := get(t, c, 0, full(tt.err, dir, first))
			if !strings.HasPrefix(entry.Path, second) || entry.Note != tt.note || entry.Info.Rows != 3 {
				t.Errorf("%+v", entry)
			}
			again, end := get(t, c, 0, nil)
			if again.Path != entry.Path || again.Note != tt.note {
				t.Errorf("%+v", again)
			}
			end()
			if _, err := os.Stat(entry.Path); err != nil {
				t.Error("it went while it is held")
			}
			release()
			for _, folder := range []string{dir, first, second} {
				if left := files(t, folder); len(left) != 0 {
					t.Errorf("left are %v", left)
				}
			}
			if _, err := os.Stat(filepath.Dir(entry.Path)); !errors.Is(err, os.ErrNotExist) {
				t.Error("its folder is left")
			}
			_, name := named(0)
			if _, err := c.Get(t.Context(), name, full(tt.err, dir, first, second)); !errors.Is(err, tt.err) {
				t.Errorf("nowhere: %v", err)
			}
		})
	}
}

func TestAFullDiskMakesRoomFirst(t *testing.T) {
	dir := t.TempDir()
	c := shadow.New(shadow.Config{Dir: dir, Spare: []string{t.TempDir()}})
	_, release := get(t, c, 0, small())
	release()
	tries := 0
	entry, release := get(t, c, 1, func(ctx context.Context, to shadow.Temp) (shadow.Info, error) {
		if tries++; tries == 1 {
			return shadow.Info{}, syscall.ENOSPC
		}
		return small()(ctx, to)
	})
	release()
	if diff := cmp.Diff([]int{1}, there(t, dir, 2)); diff != "" || entry.Note != "" {
		t.Error(diff, entry.Note)
	}
}

func TestAFolderThatIsNone(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	c := shadow.New(shadow.Config{Dir: filepath.Join(file, "shadows"), Spare: []string{t.TempDir()}})
	entry, release := get(t, c, 0, small())
	defer release()
	if entry.Note != "it cannot be written" || entry.Info.Rows != 3 {
		t.Errorf("%+v", entry)
	}
}

func TestHalfMadeFilesGo(t *testing.T) {
	dir := t.TempDir()
	half := filepath.Join(dir, "making")
	if err := os.Mkdir(half, 0o700); err != nil {
		t.Fatal(err)
	}
	for i, age := range []time.Duration{time.Minute, 0} {
		path, at := filepath.Join(half, fmt.Sprintf("making-%d", i)), time.Now().Add(-age)
		if err := errors.Join(os.WriteFile(path, []byte("half"), 0o600), os.Chtimes(path, at, at)); err != nil {
			t.Fatal(err)
		}
	}
	c := shadow.New(shadow.Config{Dir: dir})
	_, release := get(t, c, 0, small())
	release()
	if left := files(t, half); len(left) != 1 || filepath.Base(left[0]) != "making-1" {
		t.Errorf("left are %v, and not the one that may yet be somebody's", left)
	}
	if err := c.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if left := files(t, half); len(left) != 0 {
		t.Errorf("left are %v", left)
	}
}
