package records_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/kit/killtest"
	"github.com/sillok/sillok/internal/store/records"
)

func TestMain(m *testing.M) {
	killtest.Main(m, map[string]func(string) error{"write": writeUntilKilled, "fill": fillUntilFull})
}

// A limit on the size of files fails allocations as a full disk does.
func TestNoSpaceLeft(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), os.Args[0], "fill", filepath.Join(t.TempDir(), "records")).CombinedOutput()
	if err != nil {
		t.Fatal(err)
	}
	const want = `an append fails: true unavailable true
a longer end than was reserved fails: unavailable
the end of an intent fails: <nil>
with space again, it fails: <nil> <nil>
left behind: 0 <nil>
`
	if diff := cmp.Diff(want, string(out)); diff != "" {
		t.Errorf("a full disk (-want +got):\n%s", diff)
	}
}

// Each record that the child acknowledged must be there after it was killed,
// and an intent is unfinished unless its end is there.
func TestAcknowledgedRecordsSurviveKill(t *testing.T) {
	const rounds, enough = 3, 2000
	cfg := records.Config{Dir: filepath.Join(t.TempDir(), "records"), SegmentBytes: killSegment}
	acknowledged := map[string]string{}
	for range rounds {
		killAfter(t, cfg.Dir, enough, acknowledged)
		l := open(t, cfg)
		next := uint64(1)
		open := map[uint64]string{}
		for r, err := range l.Read(t.Context(), 1) {
			if err != nil || r.Seq != next {
				t.Fatalf("record %d, %v; want %d", r.Seq, err, next)
			}
			next++
			if want, ok := acknowledged[fmt.Sprint(r.Seq)]; ok && want != string(r.Data) {
				t.Errorf("record %d is %q, acknowledged was %q", r.Seq, r.Data, want)
			}
			delete(acknowledged, fmt.Sprint(r.Seq))
			switch r.Kind {
			case records.Begun:
				open[r.Seq] = line(r)
			case records.Ended:
				delete(open, r.Of)
			case records.Plain:
			}
		}
		if len(acknowledged) > 0 {
			t.Errorf("%d acknowledged records are lost", len(acknowledged))
		}
		for r, err := range l.Unfinished(t.Context()) {
			if err != nil || open[r.Seq] != line(r) {
				t.Errorf("unfinished is %q, %v; want %q", line(r), err, open[r.Seq])
			}
			delete(open, r.Seq)
			if err := l.Abandon(t.Context(), r.Seq, nil); err != nil {
				t.Error(err)
			}
		}
		if len(open) > 0 {
			t.Errorf("open and not told: %v", open)
		}
		closeLog(t, l)
	}
}

const killSegment = 256 << 10

// killAfter starts a child that writes to dir, kills it after enough records
// were acknowledged, and adds all that were.
func killAfter(t *testing.T, dir string, enough int, acknowledged map[string]string) {
	t.Helper()
	killtest.After(t, enough, func(line string) bool {
		var seq, data string
		if n, _ := fmt.Sscan(line, &seq, &data); n == 2 {
			acknowledged[seq] = data
		}
		return true
	}, "write", dir)
}

// writeUntilKilled acknowledges a record as one line of its number and data.
func writeUntilKilled(dir string) error {
	const writers = 16
	ctx := context.Background()
	l, err := records.Open(ctx, records.Config{Dir: dir, SegmentBytes: killSegment})
	if err != nil {
		return err
	}
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			for n := 0; ; n++ {
				data := fmt.Sprintf("%d-%d-%0*d", w, n, n%500, 0)
				if n%2 == 0 {
					seq, err := l.Append(ctx, []byte(data))
					if err != nil {
						return
					}
					fmt.Fprintln(os.Stdout, seq, data)
					continue
				}
				intent, err := l.Begin(ctx, []byte(data), 100)
				if err != nil {
					return
				}
				fmt.Fprintln(os.Stdout, intent.Seq(), data)
				if err := intent.End(ctx, []byte("end")); err != nil {
					return
				}
			}
		})
	}
	group.Wait()
	return l.Err()
}
