package events_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/sillok/sillok/internal/logs/events"
)

// What is acknowledged after a failed write, a seal and a restart is there after the
// next restart: the file does not claim the numbers of batches that were not written.
func TestNumbersThatWereGivenToFailedBatches(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "logs")
	out, err := exec.CommandContext(t.Context(), os.Args[0], "fail", dir).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	files, err := os.ReadDir(filepath.Join(dir, "sealed"))
	if err != nil || len(files) != 1 || files[0].Name() != strings.TrimSpace(string(out)) {
		t.Errorf("%v, %v; want %s", files, err, out)
	}
	var want []string
	for range 3 {
		want = append(want, "later")
		s, err := events.Open(t.Context(), events.Config{Dir: dir, Wanted: newWishes(), Log: discard(), SegmentBytes: segment})
		if err != nil {
			t.Fatal(err)
		}
		put(t, s, 2, 12, 1, "later")
		var found []string
		for e, err := range s.Read(t.Context(), events.All(2)) {
			if err != nil {
				t.Fatal(err)
			}
			found = append(found, string(e.Message))
		}
		equal(t, "acknowledged events", want, found)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// failToWrite fills a log until writing to it fails, for several batches at once, and
// seals what was acknowledged. It tells the name that the file is to have.
func failToWrite(dir string) error {
	ctx := context.Background()
	s, err := events.Open(ctx, events.Config{Dir: dir, Wanted: newWishes(), Log: discard(), SegmentBytes: segment})
	if err != nil {
		return err
	}
	add := func() error {
		_, err := s.Append(ctx, 1, 11, []events.Line{{Time: 1, Message: strings.Repeat("x", 10_000)}})
		return err
	}
	if err := add(); err != nil { // makes the segment
		return err
	}
	if err := limitFileSize(128 << 10); err != nil {
		return err
	}
	acknowledged, failed := 1, 0
	var mu sync.Mutex
	var work sync.WaitGroup
	for range 16 {
		work.Go(func() {
			for range 20 {
				err := add()
				mu.Lock()
				if err != nil {
					failed++
				} else {
					acknowledged++
				}
				mu.Unlock()
			}
		})
	}
	work.Wait()
	if failed == 0 {
		return errors.New("no batch failed")
	}
	fmt.Fprintf(os.Stdout, "%020d-%020d.0.events\n", 1, acknowledged)
	return s.Seal(ctx)
}

// A log that is lost, or older than the files, gives no number again that is theirs.
func TestALogThatIsOlderThanTheFiles(t *testing.T) {
	for _, tt := range []struct {
		name string
		old  func(t *testing.T, dir, before string)
	}{
		{"lost", func(*testing.T, string, string) {}},
		{"copied before it was sealed", func(t *testing.T, dir, before string) {
			t.Helper()
			copyFolder(t, filepath.Join(dir, "recent"), filepath.Join(before, "recent"))
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			s := open(t, dir, newWishes())
			put(t, s, 1, 11, 1, "0")
			before := copied(t, dir)
			for i := range 5 {
				put(t, s, 1, 11, int64(i+2), fmt.Sprint(i+1))
			}
			seal(t, s)
			dir = copied(t, dir)
			if err := os.RemoveAll(filepath.Join(dir, "recent")); err != nil {
				t.Fatal(err)
			}
			tt.old(t, dir, before)
			want := []string{"11@1 0", "11@2 1", "11@3 2", "11@4 3", "11@5 4", "11@6 5"}
			for i := range 3 {
				s := open(t, copied(t, dir), newWishes())
				equal(t, fmt.Sprint("events of time ", i), want, read(t, s, events.All(1)))
				at := int64(7 + i)
				put(t, s, 1, 11, at, "new")
				if want = append(want, fmt.Sprintf("11@%d new", at)); i == 1 {
					seal(t, s)
				}
				equal(t, "with a new one", want, read(t, s, events.All(1)))
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
				dir = s.Dir()
			}
		})
	}
}
