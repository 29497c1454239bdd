package archive_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/kit/killtest"
	"github.com/sillok/sillok/internal/trail/archive"
	"github.com/sillok/sillok/internal/trail/event"
)

func TestMain(m *testing.M) {
	killtest.Main(m, map[string]func(string) error{"write": writeUntilKilled})
}

// Groups that were acknowledged are there after a kill, whole, in order and once.
func TestAcknowledgedEventsSurviveKill(t *testing.T) {
	dir := t.TempDir()
	kept := 0
	for range 3 {
		acknowledged := 0
		killtest.After(t, 300, func(string) bool { acknowledged++; return true }, "write", dir)
		a := open(t, archive.Config{Dir: dir})
		ids := map[string]bool{}
		next := uint64(1)
		for _, e := range read(t, a, a.Cursor(0)) {
			if ids[e.Event.ID] || e.Number != next {
				t.Fatalf("event %s is there twice, or has number %d instead of %d", e.Event.ID, e.Number, next)
			}
			next++
			ids[e.Event.ID] = true
		}
		for n := range 3 * acknowledged {
			if id := fmt.Sprintf("id-%d", kept+n); !ids[id] {
				t.Fatalf("event %s was acknowledged and is not there", id)
			}
		}
		kept = len(ids)
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// writeUntilKilled goes on behind what is kept, three events at a time.
func writeUntilKilled(dir string) error {
	ctx := context.Background()
	a, err := archive.Open(ctx, archive.Config{Dir: dir, Log: slog.New(slog.DiscardHandler), SegmentBytes: small})
	if err != nil {
		return err
	}
	for n := int(a.Next()) - 1; ; {
		var group []archive.Entry
		for range 3 {
			e, err := event.Parse(fmt.Appendf(nil, `{"eventVersion":"1.08","eventID":"id-%d","eventTime":"2021-03-04T05:06:07Z","eventName":"A"}`, n))
			if err != nil {
				return err
			}
			group = append(group, archive.Entry{Account: "111122223333", Origin: archive.Import, Event: e})
			n++
		}
		if err := a.Append(ctx, group...); err != nil {
			return err
		}
		fmt.Fprintln(os.Stdout, n)
	}
}

// Whatever is done to an archive in whatever order, it holds what a list would.
func TestModel(t *testing.T) {
	for seed := range uint64(40) {
		random := rand.New(rand.NewPCG(seed, 2))
		cfg := archive.Config{Dir: t.TempDir()}
		a := open(t, cfg)
		c := a.Cursor(0)
		var want, got []archive.Entry
		for range 30 {
			switch random.IntN(6) {
			default:
				var group []archive.Entry
				for range random.IntN(9) {
					e := entry(t, len(want)+len(group))
					e.Origin = []archive.Origin{archive.Import, archive.Insight, archive.Channel}[random.IntN(3)]
					group = append(group, e)
				}
				add(t, a, group...)
				want = append(want, group...)
			case 0:
				got = append(got, read(t, a, c)...)
			case 1:
				if err := a.KeepNow(t.Context()); err != nil {
					t.Fatal(err)
				}
			case 2:
				at := c.Next()
				if err := a.Close(); err != nil {
					t.Fatal(err)
				}
				a = open(t, cfg)
				c = a.Cursor(at)
			}
		}
		got = append(got, read(t, a, c)...)
		compare(t, want, got)
		from := random.IntN(len(want) + 2)
		compare(t, want[min(max(from-1, 0), len(want)):], read(t, a, a.Cursor(uint64(from))))
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// Whatever stands in a record, reading it gives the entry that was written, or says
// that there is none.
func FuzzDecode(f *testing.F) {
	whole, err := archive.Encode(entry(f, 3))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add([]byte("{}\n{}"))
	f.Add([]byte(`{"account":"1","origin":"x","store":"\n"}`))
	f.Add([]byte("\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := archive.Decode(data)
		if err != nil {
			return
		}
		again, err := archive.Encode(e)
		if err != nil {
			return // it has no account
		}
		if got, err := archive.Decode(again); err != nil || !cmp.Equal(got, e) {
			t.Errorf("%v: %s", err, cmp.Diff(e, got))
		}
	})
}
