package bus_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/sync/errgroup"

	"github.com/sillok/sillok/internal/bus"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/killtest"
	"github.com/sillok/sillok/internal/store/state"
)

// cause is the model: a document that each transaction writes beside its facts
// and deliveries. What is not told by a cause in the store must not be seen.
type cause struct {
	ID         string
	Facts      []string // their kinds
	Deliveries []sent
}

// sent is what a cause delivered.
type sent struct {
	Queue, Group string
	DeadLetter   bool
}

// The queues of the model, named for what they do.
const (
	good     = "good"
	flaky    = "flaky"    // fails at random, before or after it took
	refuses  = "refuses"  // for good
	exhausts = "exhausts" // fails until attempts come to an end
	dead     = "dead"
)

// chaosListeners returns which kinds the listeners of the model want.
func chaosListeners() map[string]func(string) bool {
	return map[string]func(string) bool{
		"all":   nil,
		"some":  func(kind string) bool { return kind < "k3" },
		"other": func(kind string) bool { return kind >= "k3" },
	}
}

// world is what the model's listeners and queues write down, a file each, which
// outlives the process that is killed.
type world struct {
	folder string
	odds   float64 // of each kind of failure
}

func (w world) note(file, format string, args ...any) error {
	f, err := os.OpenFile(filepath.Join(w.folder, file), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(f, format+"\n", args...)
	return errors.Join(err, f.Close())
}

func (w world) noted(t *testing.T, file string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(w.folder, file))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}

func (w world) fails() error {
	if rand.Float64() >= w.odds {
		return nil
	}
	if rand.N(4) == 0 {
		panic("at random")
	}
	return errTest
}

func (w world) listeners() []bus.Listener {
	var all []bus.Listener
	for name, wants := range chaosListeners() {
		all = append(all, bus.Listener{Name: name, Wants: wants, FromStart: true, Handle: func(_ context.Context, facts []bus.Fact) error {
			for _, fact := range facts {
				err := errors.Join(w.fails(), w.note("heard-"+name, "%d %s", fact.Number, fact.Data), w.fails())
				if err != nil {
					return err
				}
			}
			return nil
		}})
	}
	return all
}

func (w world) targets() map[string]bus.Target {
	return map[string]bus.Target{"sqs": target(func(_ context.Context, d bus.Delivery) error {
		took := func() error { return w.note("taken-"+d.Target.Resource, "%s", d.Payload) }
		switch d.Target.Resource {
		case refuses:
			return cloud.Errorf(cloud.Denied, "AccessDenied", "never")
		case exhausts:
			return cloud.Errorf(cloud.Unavailable, "ServiceUnavailable", "not now")
		case flaky:
			return errors.Join(w.fails(), took(), w.fails())
		}
		return took()
	})}
}

// transact writes a cause with what follows from it, and rolls it back at
// random. It returns the ID of a cause that was committed.
func transact(ctx context.Context, db *state.DB, b *bus.Bus) (string, error) {
	c := cause{ID: fmt.Sprintf("%016x", rand.Uint64())}
	err := db.Update(ctx, func(tx state.Tx) error {
		var errs []error
		for n := range rand.N(5) {
			kind := fmt.Sprint("k", rand.N(10))
			c.Facts = append(c.Facts, kind)
			errs = append(errs, b.Publish(tx, bus.Fact{Kind: kind, Scope: scope(), Data: fmt.Appendf(nil, "%q", payload(c.ID, n))}))
		}
		for n := range rand.N(3) {
			s := sent{Queue: []string{good, flaky, refuses, exhausts}[rand.N(4)], Group: []string{"", "g1", "g2"}[rand.N(3)], DeadLetter: rand.N(2) == 0}
			c.Deliveries = append(c.Deliveries, s)
			d := bus.Delivery{Target: queue(s.Queue), Group: s.Group, Payload: []byte(payload(c.ID, n))}
			if s.Queue == exhausts {
				d.MaxAttempts = 2
			}
			if s.DeadLetter {
				d.DeadLetter.Target = queue(dead)
			}
			_, err := b.Deliver(tx, d)
			errs = append(errs, err)
		}
		count := state.Key{Kind: "chaos/count"}
		place, _, err := state.Find[int](tx, count)
		errs = append(errs, err, state.Put(tx, count, place+1), state.Insert(tx, state.Key{Kind: "chaos/cause", Name: fmt.Sprintf("%09d", place)}, c))
		if rand.N(5) == 0 {
			errs = append(errs, errTest)
		}
		return errors.Join(errs...)
	})
	return c.ID, err
}

func payload(cause string, n int) string { return fmt.Sprintf("%s/%d", cause, n) }

// chaosUntilKilled prints the ID of each cause that was committed.
func chaosUntilKilled(folder string) error {
	ctx := context.Background()
	db, err := state.Open(ctx, filepath.Join(folder, "state.db"))
	if err != nil {
		return err
	}
	w := world{folder: folder, odds: 0.02}
	b := bus.New(bus.Config{Log: slog.New(slog.DiscardHandler), FirstPause: time.Millisecond}, db)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return b.Run(ctx, w.listeners(), w.targets()) })
	for range 3 {
		group.Go(func() error {
			for {
				id, err := transact(ctx, db, b)
				if err == nil {
					_, err = fmt.Fprintln(os.Stdout, id)
				}
				if err != nil && !errors.Is(err, errTest) {
					return err
				}
			}
		})
	}
	return group.Wait()
}

// killSome starts a child, kills it after it has committed some causes, and
// returns those.
func killSome(t *testing.T, folder string, some int) (acknowledged []string) {
	t.Helper()
	killtest.After(t, some, func(line string) bool {
		acknowledged = append(acknowledged, line)
		return true
	}, "chaos", folder)
	return acknowledged
}

// Servers are killed at random moments while they publish, deliver, hear and
// fail. Then one runs to the end, and what the world noted must be what the
// causes in the store tell.
func TestNothingIsLostWhenServersAreKilled(t *testing.T) {
	kills := 24
	if testing.Short() {
		kills = 4
	}
	w := world{folder: t.TempDir()}
	var acknowledged []string
	for range kills {
		acknowledged = append(acknowledged, killSome(t, w.folder, 20+rand.N(150))...)
	}
	synctest.Test(t, func(t *testing.T) {
		r := open(t, filepath.Join(w.folder, "state.db"), bus.Config{})
		r.run(t, w.targets(), w.listeners()...)
		pass(48 * time.Hour)
		causes := readCauses(t, r, acknowledged)
		for name, wants := range chaosListeners() {
			judgeListener(t, name, expectedFacts(causes, wants), w.noted(t, "heard-"+name))
		}
		judgeDeliveries(t, w, r.health(t), causes)
	})
}

// readCauses returns the causes in the order of their commits.
func readCauses(t *testing.T, r *rig, acknowledged []string) []cause {
	t.Helper()
	var causes []cause
	known := map[string]bool{}
	err := r.db.View(t.Context(), func(reader state.Reader) error {
		for e, err := range state.All[cause](reader, "chaos/cause") {
			if err != nil {
				return err
			}
			causes = append(causes, e.Value)
			known[e.Value.ID] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range acknowledged {
		if !known[id] {
			t.Errorf("cause %s was acknowledged and is not there", id)
		}
	}
	return causes
}

// expectedFacts returns the facts that a listener wants, in order, as it notes them.
func expectedFacts(causes []cause, wants func(string) bool) []string {
	var expected []string
	number := 0
	for _, c := range causes {
		for n, kind := range c.Facts {
			number++
			if wants == nil || wants(kind) {
				expected = append(expected, fmt.Sprintf("%d %q", number, payload(c.ID, n)))
			}
		}
	}
	return expected
}

// judgeListener checks that what was heard is what was expected, in its order:
// it may go back at any time, and never skips.
func judgeListener(t *testing.T, name string, expected, heard []string) {
	t.Helper()
	place := map[string]int{}
	for i, fact := range expected {
		place[fact] = i
	}
	last := -1
	repeated := 0
	for i, fact := range heard {
		at, known := place[fact]
		if !known {
			t.Fatalf("%s heard %q, which was never committed", name, fact)
		}
		if at > last+1 {
			t.Fatalf("%s heard %q as its %dth, and skipped %q", name, fact, i, expected[last+1:at])
		}
		if at <= last {
			repeated++
		}
		last = at
	}
	if diff := cmp.Diff(expected, unrepeated(heard)); diff != "" {
		t.Errorf("%s heard (-want +got):\n%s", name, diff)
	}
	t.Logf("%s: %d facts, %d heard again", name, len(expected), repeated)
}

// judgeDeliveries checks that each delivery ended as its queue has it end, and
// that groups kept their order.
func judgeDeliveries(t *testing.T, w world, h bus.Health, causes []cause) {
	t.Helper()
	want := map[string][]string{} // by queue
	grouped := map[string][]string{}
	var deadLettered, givenUp uint64
	for _, c := range causes {
		for n, s := range c.Deliveries {
			p := payload(c.ID, n)
			switch {
			case s.Queue == good || s.Queue == flaky:
				want[s.Queue] = append(want[s.Queue], p)
				if s.Group != "" {
					grouped[s.Queue+" "+s.Group] = append(grouped[s.Queue+" "+s.Group], p)
				}
			case s.DeadLetter:
				want[dead] = append(want[dead], p)
				deadLettered++
			default:
				givenUp++
			}
		}
	}
	for name, expected := range want {
		taken := w.noted(t, "taken-"+name)
		got := unrepeated(taken)
		slices.Sort(got)
		slices.Sort(expected)
		if diff := cmp.Diff(expected, got); diff != "" {
			t.Errorf("%s took (-want +got):\n%s", name, diff)
		}
		t.Logf("%s: %d deliveries, %d taken again", name, len(expected), len(taken)-len(got))
		for _, group := range []string{"g1", "g2"} {
			ordered := grouped[name+" "+group]
			if diff := cmp.Diff(ordered, slices.Compact(only(taken, ordered)), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("group %s of %s took (-want +got):\n%s", group, name, diff)
			}
		}
	}
	wantHealth := bus.Health{Listeners: h.Listeners, OutboxBytes: 1 << 30, DeadLettered: deadLettered, GivenUp: givenUp}
	if diff := cmp.Diff(wantHealth, h); diff != "" {
		t.Errorf("health (-want +got):\n%s", diff)
	}
}

// only returns those of all that are in some.
func only(all, some []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(s string) bool { return !slices.Contains(some, s) })
}
