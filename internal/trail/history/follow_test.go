package history_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/records"
	"github.com/sillok/sillok/internal/trail/event"
	"github.com/sillok/sillok/internal/trail/history"
)

func (p *past) follow(q history.Query) history.Page {
	p.Helper()
	page, err := p.history.Follow(p.Context(), q)
	if err != nil {
		p.Fatal(err)
	}
	if page.Next == nil || len(page.Events) > q.Most {
		p.Fatalf("%d of %d events, and then %v", len(page.Events), q.Most, page.Next)
	}
	return page
}

// Whatever happens meanwhile, a listing and what follows on it have each event, and
// what follows has it once: calls that take long, a server that ends, several places of
// those who follow.
func TestFollowingLosesAndDoublesNothing(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 3))
			p := begun(t, 64<<10)
			open := map[int]func(){}
			names := []history.Match{{Attribute: history.Username, Value: "user2"}, {Attribute: history.ReadOnly, Value: "true"}, {Attribute: history.Outcome, Value: "Failed"}}
			type follower struct {
				asks history.Query
				seen map[string]int
			}
			var all []*follower
			for step := range 80 {
				switch r.IntN(8) {
				default:
					for range r.IntN(40) {
						p.record(r.IntN(100), "GetTable")
					}
				case 1:
					if len(open) < 3 {
						open[step] = p.begin(r.IntN(100), "CreateTable")
					}
				case 2:
					for n, end := range open {
						end()
						delete(open, n)
						break
					}
				case 5:
					p.keep(r, 1+r.IntN(20))
				case 3:
					p.close()
					p.open()
					open = map[int]func(){}
				case 4:
					f := &follower{seen: map[string]int{}, asks: history.Query{
						Accounts: [][]cloud.Account{{here}, {here, there}}[r.IntN(2)], Categories: []event.Category{event.Management, event.Data, event.Insight}, Most: 1 + r.IntN(20),
						Matches: names[:r.IntN(2)],
					}}
					f.asks.After = p.follow(f.asks).Next
					listing := f.asks
					listing.After = nil
					for _, id := range p.found(listing) {
						f.seen[id] = 0 // what follows may have it as well
					}
					all = append(all, f)
				}
				for _, f := range all {
					if r.IntN(3) > 0 && step < 79 {
						continue
					}
					for more := true; more; {
						page := p.follow(f.asks)
						f.asks.After, more = page.Next, len(page.Events) > 0
						for _, e := range page.Events {
							f.seen[e.ID]++
						}
					}
				}
			}
			if len(all) == 0 {
				t.Fatal("nobody followed")
			}
			for _, f := range all {
				var ids []string
				for id, times := range f.seen {
					if ids = append(ids, id); times > 1 {
						t.Errorf("%s came %d times", id, times)
					}
				}
				want := wanted(p.all(), f.asks)
				slices.Sort(want)
				slices.Sort(ids)
				if diff := gocmp.Diff(want, ids); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			}
		})
	}
}

// Events come in the order in which calls ended, not in that of their times.
func TestFollowingIsInTheOrderOfRecording(t *testing.T) {
	p := begun(t, 64<<10)
	q := history.Query{Accounts: []cloud.Account{here}, Categories: []event.Category{event.Management}, Most: 10}
	q.After = p.follow(q).Next
	end := p.begin(0, "CreateTable")
	p.record(1, "GetTable")
	end()
	p.record(2, "GetTables")
	var names []string
	for _, e := range p.follow(q).Events {
		names = append(names, e.Name)
	}
	if want := []string{"GetTable", "CreateTable", "GetTables"}; !slices.Equal(names, want) {
		t.Errorf("%q", names)
	}
}

// Whoever was away for longer than calls are kept is told so.
func TestFollowingWhatIsNoLongerKept(t *testing.T) {
	p := begun(t, 64<<10)
	q := history.Query{Accounts: []cloud.Account{here}, Categories: []event.Category{event.Management}, Most: 10}
	q.After = p.follow(q).Next
	for n := range 300 {
		p.record(n, "GetTable")
	}
	p.close()
	log, err := records.Open(t.Context(), records.Config{Dir: p.dir, SegmentBytes: 64 << 10})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(log.Retain(t.Context(), records.Retention{MaxBytes: 100 << 10}), log.Close()); err != nil {
		t.Fatal(err)
	}
	p.open()
	_, err = p.history.Follow(t.Context(), q)
	if refused, ok := errors.AsType[*cloud.Error](err); !ok || refused.Code != "InvalidNextTokenException" {
		t.Error(err)
	}
}

func TestFollowingEndsWithItsContext(t *testing.T) {
	p := begun(t, 64<<10)
	q := history.Query{Accounts: []cloud.Account{here}, Categories: []event.Category{event.Management}, Most: 10}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.history.Follow(ctx, q); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	q.After = p.follow(q).Next
	p.record(1, "GetTable")
	if _, err := p.history.Follow(ctx, q); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
