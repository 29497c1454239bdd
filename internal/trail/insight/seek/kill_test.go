package seek_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/killtest"
	"github.com/sillok/sillok/internal/store/state"
)

func TestMain(m *testing.M) {
	killtest.Main(m, map[string]func(string) error{"live": liveUntilKilled})
}

// script is what happens to a trail that looks for insights: 43 hours in which it
// learns, and then bursts of calls, one in every 25 minutes.
type script struct {
	*rig
	at int // steps that were done
}

const (
	learnSteps = 52 // of 50 minutes
	burstSteps = 25 // of a minute
	bursts     = 5
)

func (s *script) done() bool { return s.at >= learnSteps+bursts*burstSteps }

func (s *script) time() time.Time {
	learned := began.Add(time.Duration(min(s.at, learnSteps)) * 50 * time.Minute)
	return learned.Add(time.Duration(max(s.at-learnSteps, 0)) * time.Minute)
}

func progressKey() state.Key { return state.Key{Kind: "test/progress"} }

// load goes on where the script was.
func (s *script) load(ctx context.Context) error {
	return s.store.View(ctx, func(r state.Reader) (err error) {
		s.at, _, err = state.Find[int](r, progressKey())
		return err
	})
}

// step does what happens next. After a crash in the middle it may happen twice.
func (s *script) step(ctx context.Context) error {
	s.now = s.time()
	if s.at == 0 {
		if err := s.set(ctx, trail("a", rate, errorsOf)); err != nil {
			return err
		}
	}
	if n := s.at - learnSteps; n >= 0 && n%burstSteps < 2 {
		f := s.call(fmt.Sprint("Create", n/burstSteps))
		if n/burstSteps%2 == 1 {
			f.Changes, f.Outcome, f.Code = false, cloud.Refused, "AccessDeniedException"
		}
		if err := s.burst(ctx, 60, f); err != nil {
			return err
		}
	}
	s.at++
	return s.store.Update(ctx, func(tx state.Tx) error { return state.Put(tx, progressKey(), s.at) })
}

// finish does the rest of the script, and says what is not as it should be.
func (s *script) finish(ctx context.Context) error {
	for !s.done() {
		if err := cmp.Or(s.step(ctx), s.Tick(ctx)); err != nil {
			return err
		}
	}
	s.now = s.time()
	if err := cmp.Or(s.Tick(ctx), s.delivery.Deliver(ctx)); err != nil {
		return err
	}
	var want []string
	for n := range bursts {
		code := ""
		if n%2 == 1 {
			code = "AccessDeniedException"
		}
		at := began.Add(learnSteps*50*time.Minute + time.Duration(n*burstSteps)*time.Minute)
		for state, after := range map[string]time.Duration{"Start": 0, "End": 2 * time.Minute} {
			want = append(want, fmt.Sprintf("%s %s %s %s Create%d %s", account, home, at.Add(after).Format("02 15:04"), state, n, code))
		}
	}
	slices.Sort(want)
	ids, archived, err := s.archived(ctx)
	if err != nil {
		return err
	}
	slices.Sort(archived)
	files, delivered, err := s.delivered("a")
	if err != nil {
		return err
	}
	var facts []string
	if err := s.store.View(ctx, func(r state.Reader) error {
		for d, err := range r.All("test/fact") {
			if err != nil {
				return err
			}
			facts = append(facts, d.Key.Name)
		}
		return nil
	}); err != nil {
		return err
	}
	slices.Sort(ids)
	slices.Sort(files)
	slices.Sort(facts)
	if !slices.Equal(archived, want) || !slices.Equal(delivered, want) || !slices.Equal(ids, files) || !slices.Equal(ids, facts) || len(slices.Compact(slices.Clone(ids))) != len(want) {
		return fmt.Errorf("wanted\n%q\nthe archive has\n%q\nthe bucket\n%q\nIDs\n%q\n%q\n%q", want, archived, delivered, ids, files, facts)
	}
	return nil
}

func liveUntilKilled(dir string) error {
	ctx := context.Background()
	r, err := open(ctx, dir)
	if err != nil {
		return err
	}
	s := script{rig: r}
	if err := s.load(ctx); err != nil {
		return err
	}
	for ; ; fmt.Fprintln(os.Stdout, s.at) {
		if s.done() {
			continue
		}
		if err := s.step(ctx); err != nil {
			return err
		}
		if err := s.Tick(ctx); err != nil {
			return err
		}
		if s.at%7 == 0 {
			if err := s.delivery.Deliver(ctx); err != nil {
				return err
			}
		}
	}
}

// A process that is killed at any moment finds, keeps, delivers and tells each insight
// once.
func TestKilled(t *testing.T) {
	for seed := range uint64(3) {
		random := rand.New(rand.NewPCG(seed, 7))
		dir := t.TempDir()
		lines := 0
		for lines < learnSteps+bursts*burstSteps {
			n := 1 + random.IntN(30)
			killtest.After(t, n, func(string) bool { lines++; return true }, "live", dir)
		}
		r, err := open(t.Context(), dir)
		must(t, err)
		s := script{rig: r}
		must(t, s.load(t.Context()))
		if err := s.finish(t.Context()); err != nil {
			t.Errorf("seed %d: %v", seed, err)
		}
		must(t, r.close())
	}
}
