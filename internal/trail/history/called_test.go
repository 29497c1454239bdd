package history_test

import (
	"math/rand/v2"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/trail/event"
)

// What the journal of calls has, and insights in the archive, are known by ID, second and
// account, wherever their index lies and however damaged; what else the archive has is not.
func TestCalledKnowsTheCallsOfTheJournal(t *testing.T) {
	p := begun(t, 64<<10)
	r := rand.New(rand.NewPCG(1, 2))
	for n := range 300 {
		p.record(n, "GetTable")
	}
	calls := map[string]bool{}
	for _, k := range p.all() {
		calls[k.ID] = true
	}
	p.keep(r, 50)
	var events []event.Event
	var want []bool
	ask := func(e event.Event, has bool) {
		events, want = append(events, e), append(want, has)
	}
	for _, k := range p.all() {
		ask(k.Event, k.in == here && (calls[k.ID] || k.Category == event.Insight))
		later := k.Event
		later.Time = later.Time.Add(time.Second)
		ask(later, false)
	}
	unnamed := events[0]
	unnamed.ID = ""
	ask(unnamed, false)
	for range 20 {
		got, err := p.history.Called(t.Context(), here, events)
		if err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Fatalf("-want +got:\n%s", diff)
		}
		for _, path := range p.indexes() {
			spoil(t, r, path)
		}
		if r.IntN(3) == 0 {
			p.close()
			p.open()
		}
	}
}
