package events_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/killtest"
	"github.com/sillok/sillok/internal/logs/events"
)

var kills = flag.Int("kills", 4, "how often the process is killed")

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

func TestMain(m *testing.M) {
	killtest.Main(m, map[string]func(string) error{"write": writeUntilKilled, "fill": fillUntilFull, "fail": failToWrite})
}

// Each event that the child acknowledged is there once after it was killed, and in
// order, whether it was sealed or not.
func TestAcknowledgedEventsSurviveKill(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "logs")
	acknowledged := map[string]bool{}
	for round := range *kills {
		killtest.After(t, 3000+round%7*311, func(line string) bool {
			acknowledged[line] = true
			return true
		}, "write", dir)
		s, err := events.Open(t.Context(), events.Config{Dir: dir, Wanted: newWishes(), Log: discard(), MemoryBytes: killMemory, SegmentBytes: 4 << 20})
		if err != nil {
			t.Fatal(err)
		}
		there := map[string]bool{}
		for group := range uint64(3) {
			last := events.Key{Time: math.MinInt64}
			for e, err := range s.Read(t.Context(), events.All(1+group)) {
				if err != nil {
					t.Fatal(err)
				}
				name, _, _ := strings.Cut(string(e.Message), " ")
				if there[name] || e.Compare(last) <= 0 {
					t.Fatalf("%s is there twice, or not in order", name)
				}
				there[name], last = true, e.Key
			}
		}
		for name := range acknowledged {
			if !there[name] {
				t.Errorf("%s was acknowledged and is lost", name)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	files, err := os.ReadDir(filepath.Join(dir, "sealed"))
	if err != nil || len(files) < 2 {
		t.Errorf("little was sealed: %d files, %v", len(files), err)
	}
}

const killMemory = 300 << 10

// writeUntilKilled acknowledges a batch as a line for each of its events.
func writeUntilKilled(dir string) error {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	s, err := events.Open(ctx, events.Config{Dir: dir, Wanted: newWishes(), Log: discard(), MemoryBytes: killMemory, SegmentBytes: 4 << 20})
	if err != nil {
		return err
	}
	go s.Run(ctx) //nolint:errcheck // the process is killed
	run := time.Now().UnixNano()
	var group sync.WaitGroup
	for w := range 16 {
		group.Go(func() {
			for n := 0; ; n++ {
				var lines []events.Line
				for i := range 1 + n%3 {
					lines = append(lines, events.Line{Time: int64(n*10 + i), Message: fmt.Sprintf("%d-%d-%d-%d %0*d", run, w, n, i, n%500, 0)})
				}
				if _, err := s.Append(ctx, uint64(1+w%3), uint64(11+w), lines); err != nil {
					if cloud.KindOf(err) == cloud.Throttled {
						continue
					}
					return
				}
				for _, l := range lines {
					name, _, _ := strings.Cut(l.Message, " ")
					fmt.Fprintln(os.Stdout, name)
				}
			}
		})
	}
	group.Wait()
	return s.Err()
}

// A limit on the size of files fails allocations and writes as a full disk does.
func TestNoSpaceLeft(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), os.Args[0], "fill", filepath.Join(t.TempDir(), "logs")).CombinedOutput()
	if err != nil {
		t.Fatal(err)
	}
	const want = `appending is refused: unavailable
sealing fails: true, and is told: true
all is still read: true
with space again, sealing fails: <nil>
appending fails: <nil>
and is told: <nil>
all is read: true
`
	equal(t, "a full disk", want, string(out))
}

func limitFileSize(n uint64) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	limit.Cur = min(n, limit.Max)
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit)
}

func fillUntilFull(dir string) error {
	ctx := context.Background()
	// The second segment of the log is too large for the disk, and so is a file.
	const limit = 4 << 20
	cfg := events.Config{Dir: dir, Wanted: newWishes(), Log: discard(), MemoryBytes: 1 << 30, SegmentBytes: limit}
	s, err := events.Open(ctx, cfg)
	if err == nil {
		_, err = s.Append(ctx, 2, 12, []events.Line{{Time: 1, Message: "the first segment is there"}})
	}
	if err == nil {
		err = errors.Join(s.Close(), limitFileSize(limit))
	}
	if err != nil {
		return err
	}
	cfg.SegmentBytes = 2 * limit
	if s, err = events.Open(ctx, cfg); err != nil {
		return err
	}
	n := 0
	write := func(i int) error {
		random := make([]byte, 20_000)
		for k := range random {
			i = i*1664525 + 1013904223
			random[k] = byte(i >> 16)
		}
		_, err := s.Append(ctx, 1, 11, []events.Line{{Time: int64(n), Message: string(random)}})
		if err == nil {
			n++
		}
		return err
	}
	all := func() bool {
		found := 0
		for _, err := range s.Read(ctx, events.All(1)) {
			if err != nil {
				return false
			}
			found++
		}
		return found == n
	}
	for err == nil {
		err = write(n + 1)
	}
	var refused *cloud.Error
	errors.As(err, &refused)
	fmt.Fprintln(os.Stdout, "appending is refused:", refused.Kind)
	err = s.Seal(ctx)
	fmt.Fprintf(os.Stdout, "sealing fails: %v, and is told: %v\n", err != nil, s.Err() != nil)
	fmt.Fprintln(os.Stdout, "all is still read:", all())
	if err := limitFileSize(1 << 40); err != nil {
		return err
	}
	fmt.Fprintln(os.Stdout, "with space again, sealing fails:", s.Seal(ctx))
	fmt.Fprintln(os.Stdout, "appending fails:", write(1))
	fmt.Fprintln(os.Stdout, "and is told:", s.Err())
	fmt.Fprintln(os.Stdout, "all is read:", all())
	return s.Close()
}
