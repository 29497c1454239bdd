package history_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/trail/event"
	"github.com/sillok/sillok/internal/trail/history"
)

// old is a journal of many segments, none of which has an index.
func old(t *testing.T, patience time.Duration) *past {
	t.Helper()
	p := begun(t, 64<<10)
	p.patience = patience
	for n := range 1500 {
		p.record(n, "GetTable")
	}
	p.close()
	if err := os.RemoveAll(filepath.Join(p.dir, "index")); err != nil {
		t.Fatal(err)
	}
	p.open()
	return p
}

// The newest calls are found before the oldest have an index.
func TestTheNewestCallsNeedNoOtherIndex(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := begun(t, 64<<10)
		p.patience = time.Hour
		for n := range 1500 {
			p.record(n, "GetTable")
			<-time.After(time.Second)
		}
		p.close()
		p.open()
		q := history.Query{Accounts: []cloud.Account{here}, Categories: []event.Category{event.Management}, Most: 1}
		page, err := p.history.Find(t.Context(), q)
		if err != nil || len(page.Events) != 1 || page.Events[0].ID != wanted(p.all(), q)[0] {
			t.Fatal(err, page.Events)
		}
		if now := p.history.Progress(); now.Segments < 10 || now.Missing < now.Segments-1 || len(p.indexes()) != now.Segments-now.Missing {
			t.Errorf("%+v, and %d indexes", now, len(p.indexes()))
		}
	})
}

// An answer that has waited long enough ends where the next index is to be made, and
// the next page goes on there; together they are the whole listing.
func TestAListingGoesOnWhileItIsIndexed(t *testing.T) {
	p := old(t, 1)
	q := history.Query{
		Accounts: []cloud.Account{here, there}, Categories: []event.Category{event.Management}, Most: 1000,
		Matches: []history.Match{{Attribute: history.Username, Value: "user3"}},
	}
	var ids []string
	pages, asked := 0, q
	for {
		page, err := p.history.Find(t.Context(), asked)
		if err != nil {
			t.Fatal(err)
		}
		pages++
		for _, e := range page.Events {
			ids = append(ids, e.ID)
		}
		if asked.After = page.Next; page.Next == nil {
			break
		}
	}
	if diff := gocmp.Diff(wanted(p.all(), q), ids); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if now := p.history.Progress(); pages < 5 || now.Missing != 0 || now.Segments != len(p.indexes()) {
		t.Errorf("%d pages, %+v, %d indexes", pages, now, len(p.indexes()))
	}
}

// Run makes what is missing, while questions do the same.
func TestRunIndexesOldCalls(t *testing.T) {
	p := old(t, time.Hour)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- p.history.Run(ctx) }()
	q := history.Query{Accounts: []cloud.Account{here}, Categories: []event.Category{event.Management}, Most: 7}
	want := wanted(p.all(), q)
	for p.history.Progress().Segments == 0 || p.history.Progress().Missing > 0 {
		if got := p.found(q); !slices.Equal(got, want) {
			t.Fatal(gocmp.Diff(want, got))
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if now := p.history.Progress(); now.Segments != len(p.indexes()) {
		t.Errorf("%+v, and %d indexes", now, len(p.indexes()))
	}
}

// ending is a context that ends when it was looked at some times.
type ending struct {
	context.Context //nolint:containedctx // it is one

	left int
}

func (e *ending) Err() error {
	if e.left--; e.left < 0 {
		return context.Canceled
	}
	return nil
}

// A question that ends while calls are indexed for it loses none of them.
func TestAQuestionThatEndsLosesNothing(t *testing.T) {
	for looked := range 60 {
		p := begun(t, 64<<10)
		for n := range 40 {
			p.record(n, []string{"GetTable", "CreateTable"}[n%2])
		}
		q := history.Query{Accounts: []cloud.Account{here}, Categories: []event.Category{event.Management}, Most: 1000}
		_, _ = p.history.Find(&ending{t.Context(), looked}, q) // it may end or not
		if diff := gocmp.Diff(wanted(p.all(), q), p.found(q)); diff != "" {
			t.Fatalf("ended when it looked for the %d. time (-want +got):\n%s", looked, diff)
		}
	}
}

// An answer that ends in the middle of making an index leaves it to the next.
func TestAnIndexThatIsNotMadeToItsEnd(t *testing.T) {
	p := old(t, time.Hour)
	q := history.Query{Accounts: []cloud.Account{here}, Categories: []event.Category{event.Management}, Most: 1000, Matches: []history.Match{{Attribute: history.Username, Value: "nobody"}}}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
	defer cancel()
	_, _ = p.history.Find(ctx, q) // it may end or not
	q.Matches = nil
	want := wanted(p.all(), q)
	if got := p.found(q); !slices.Equal(got, want) {
		t.Error(gocmp.Diff(want, got))
	}
}
