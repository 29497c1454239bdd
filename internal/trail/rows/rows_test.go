package rows_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"github.com/sillok/sillok/internal/api/cloudtrailapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/journal"
	"github.com/sillok/sillok/internal/kit/killtest"
	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/store/state"
	"github.com/sillok/sillok/internal/trail/archive"
	"github.com/sillok/sillok/internal/trail/event"
	"github.com/sillok/sillok/internal/trail/member"
	"github.com/sillok/sillok/internal/trail/rows"
)

func TestMain(m *testing.M) {
	killtest.Main(m, map[string]func(string) error{"record": recordUntilKilled})
}

const (
	here  cloud.Account = "111122223333"
	there cloud.Account = "444455556666"
)

// house is the logs of a folder and their rows.
type house struct {
	journal *journal.Journal
	archive *archive.Archive
	state   *state.DB
	rows    *rows.Rows
	members *member.Members
	now     map[cloud.Account]string // the organizations of accounts
	calls   int
}

func open(ctx context.Context, dir string) (*house, error) {
	h, log := &house{now: map[cloud.Account]string{here: "o-1", there: "o-1"}}, slog.New(slog.DiscardHandler)
	var errs [3]error
	h.journal, errs[0] = journal.Open(ctx, journal.Config{Dir: filepath.Join(dir, "calls"), Log: log, SegmentBytes: 128 << 10})
	h.archive, errs[1] = archive.Open(ctx, archive.Config{Dir: filepath.Join(dir, "events"), Log: log, SegmentBytes: 128 << 10})
	h.state, errs[2] = state.Open(ctx, filepath.Join(dir, "state.db"))
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	h.members = member.New(h.journal, h.state, func(_ context.Context, account cloud.Account) (string, error) { return h.now[account], nil })
	h.rows = rows.New(rows.Config{Dir: filepath.Join(dir, "rows"), Log: log, Journal: h.journal, Archive: h.archive, Organization: h.members.At}, h.state)
	return h, nil
}

func (h *house) close() error {
	return errors.Join(h.state.Close(), h.archive.Close(), h.journal.Close())
}

// opened is open until the test ends.
func opened(tb testing.TB, dir string) *house {
	tb.Helper()
	h, err := open(tb.Context(), dir)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := h.close(); err != nil {
			tb.Error(err)
		}
	})
	return h
}

// record has a call of an account recorded.
func (h *house) record(ctx context.Context, account cloud.Account, operation string, region cloud.Region) error {
	h.calls++
	fact := cloud.Fact{
		Call: cloud.Call{
			Service: "glue", Operation: operation, Account: account, Region: region, Time: time.Now().UTC(), RequestID: fmt.Sprintf("%s-%d", operation, h.calls),
			Principal: cloud.Principal{Type: cloud.IAMUser, Account: account, Name: "ann", ARN: "arn:aws:iam::" + string(account) + ":user/ann", ID: "AIDA"},
		},
		Action: "glue:" + operation, Event: "management", Changes: strings.HasPrefix(operation, "Create"), Outcome: cloud.Done,
	}
	if !fact.Changes {
		return h.journal.Record(ctx, fact)
	}
	intent, err := h.journal.Begin(ctx, fact)
	if err != nil {
		return err
	}
	return intent.End(ctx, fact)
}

// ids returns the IDs of the events of a table.
func ids(ctx context.Context, of lake.Rows) (all []string, err error) {
	found, err := of.Objects(ctx)
	if err != nil {
		return nil, err
	}
	objects := make([]lake.Object, len(found))
	for i := range found {
		objects[i] = found[i].Object
	}
	paths, release, err := of.Hold(ctx, objects)
	if err != nil {
		return nil, err
	}
	for _, path := range paths {
		read, err := parquet.ReadFile[struct {
			ID *string `parquet:"eventid"`
		}](path)
		if err != nil {
			return nil, errors.Join(err, release())
		}
		for _, r := range read {
			all = append(all, *r.ID)
		}
	}
	return all, release()
}

func (h *house) account(of ...cloud.Account) lake.Rows {
	return h.rows.Accounts(func(context.Context) ([]cloud.Account, error) { return of, nil }).Rows
}

func (h *house) store(id string) lake.Rows { return h.rows.Table(id, event.Management).Kept.Rows }

// wanted returns the IDs of the events that the journal has of an account.
func (h *house) wanted(ctx context.Context, account cloud.Account) (all []string, err error) {
	for call, err := range h.journal.Cursor(1).Read(ctx) {
		if err != nil {
			return nil, err
		}
		of, err := event.Of(&call.Entry)
		if err != nil {
			return nil, err
		}
		for i := range of {
			if of[i].Account == account {
				all = append(all, of[i].ID)
			}
		}
	}
	return all, nil
}

// What was acknowledged before a kill is a row after it, once, and what a table says is what
// the journal does.
func TestRowsSurviveKill(t *testing.T) {
	dir := t.TempDir()
	for range 4 {
		acknowledged := 0
		killtest.After(t, 250+rand.IntN(200), func(string) bool { acknowledged++; return true }, "record", dir)
		h, err := open(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ids(t.Context(), h.account(here))
		if err != nil {
			t.Fatal(err)
		}
		want, err := h.wanted(t.Context(), here)
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(got)
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%d were acknowledged, the journal has %d, the table %d:\n%s", acknowledged, len(want), len(got), diff)
		}
		if len(got) < acknowledged {
			t.Fatalf("%d were acknowledged, and %d are there", acknowledged, len(got))
		}
		if err := h.close(); err != nil {
			t.Fatal(err)
		}
	}
}

func recordUntilKilled(dir string) error {
	ctx := context.Background()
	h, err := open(ctx, dir)
	if err != nil {
		return err
	}
	for n := 0; ; n++ {
		if err := h.record(ctx, here, []string{"GetTable", "CreateTable"}[n%2], "us-east-1"); err != nil {
			return err
		}
		fmt.Fprintln(os.Stdout, n)
		if n%20 == 0 {
			if _, err := ids(ctx, h.account(here)); err != nil {
				return err
			}
		}
	}
}

// A store has what it took when each call ended, whatever becomes of it later and whenever
// its rows are written.
func TestEras(t *testing.T) {
	h := opened(t, t.TempDir())
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	set := func(s rows.Store) { must(h.state.Update(ctx, func(tx state.Tx) error { return h.rows.Set(tx, s) })) }
	selects := func(fields ...string) []cloudtrailapi.AdvancedEventSelector {
		f := []cloudtrailapi.AdvancedFieldSelector{{Field: new("eventCategory"), Equals: []string{"Management"}}}
		for i := 0; i < len(fields); i += 2 {
			f = append(f, cloudtrailapi.AdvancedFieldSelector{Field: &fields[i], StartsWith: []string{fields[i+1]}})
		}
		return []cloudtrailapi.AdvancedEventSelector{{FieldSelectors: f}}
	}
	names := map[string]string{} // by the ID of the event
	call := func(account cloud.Account, operation string, region cloud.Region) {
		must(h.record(ctx, account, operation, region))
		for call, err := range h.journal.Cursor(h.journal.Next() - 1).Read(ctx) {
			must(err)
			of, err := event.Of(&call.Entry)
			must(err)
			names[of[0].ID] = operation
		}
	}
	has := func(id string, want ...string) {
		t.Helper()
		found, err := ids(ctx, h.store(id))
		must(err)
		var got []string
		for _, id := range found {
			got = append(got, names[id])
		}
		slices.Sort(got)
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("store %s:\n%s", id, diff)
		}
	}
	const plain, named, org = "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002", "00000000-0000-4000-8000-000000000003"
	call(here, "GetBefore", "us-east-1")
	one := rows.Store{ID: plain, Account: here, Home: "us-east-1", MultiRegion: true, Collects: true, Days: 7, Selectors: selects()}
	two := rows.Store{ID: named, Account: here, Home: "us-east-1", Collects: true, Days: 7, Selectors: selects("eventName", "Create")}
	three := rows.Store{ID: org, Account: here, Home: "us-east-1", MultiRegion: true, Organization: "o-1", Collects: true, Days: 7, Selectors: selects("eventName", "Create")}
	for _, s := range []rows.Store{one, two, three} {
		set(s)
	}
	call(here, "GetFirst", "us-east-1")
	call(here, "CreateFirst", "us-east-1")
	call(here, "CreateElsewhere", "eu-west-1")
	call(there, "CreateOfAnother", "us-east-1")
	call("777788889999", "CreateOfAStranger", "us-east-1")
	for range 2 { // when they are asked for makes no difference
		has(plain, "GetFirst", "CreateFirst", "CreateElsewhere")
		has(named, "CreateFirst")
		has(org, "CreateFirst", "CreateElsewhere", "CreateOfAnother")
	}
	one.Collects = false
	two.Selectors = selects("eventName", "Get")
	set(one)
	set(two)
	call(here, "GetSecond", "us-east-1")
	call(here, "CreateSecond", "us-east-1")
	for range 600 { // segments close
		must(h.record(ctx, there, "GetNothing", "us-east-1"))
	}
	one.Collects = true
	set(one)
	call(here, "GetThird", "us-east-1")
	closed, err := h.journal.Closed()
	if err != nil || len(closed) == 0 {
		t.Fatalf("%d segments are closed: %v", len(closed), err)
	}
	has(plain, "GetFirst", "CreateFirst", "CreateElsewhere", "GetThird")
	has(named, "CreateFirst", "GetSecond", "GetThird")
	has(org, "CreateFirst", "CreateElsewhere", "CreateOfAnother", "CreateSecond")
	must(h.state.Update(ctx, func(tx state.Tx) error { return h.rows.Remove(tx, named) }))
	call(here, "GetFourth", "us-east-1")
	has(plain, "GetFirst", "CreateFirst", "CreateElsewhere", "GetThird", "GetFourth")
}

// A store of an organization has what its members did while they were members, however
// late its rows are written.
func TestWhoWasAMember(t *testing.T) {
	h := opened(t, t.TempDir())
	h.now[there] = ""
	const org = "00000000-0000-4000-8000-000000000003"
	if err := h.state.Update(t.Context(), func(tx state.Tx) error {
		return h.rows.Set(tx, rows.Store{ID: org, Account: here, Home: "us-east-1", MultiRegion: true, Organization: "o-1", Collects: true, Days: 7, Selectors: managed()})
	}); err != nil {
		t.Fatal(err)
	}
	var want []string
	call := func(taken bool) {
		t.Helper()
		if err := h.record(t.Context(), there, "GetTable", "us-east-1"); err != nil {
			t.Fatal(err)
		}
		all, err := h.wanted(t.Context(), there)
		if err != nil {
			t.Fatal(err)
		}
		if taken {
			want = append(want, all[len(all)-1])
		}
	}
	move := func(to string) {
		t.Helper()
		if err := h.state.Update(t.Context(), func(tx state.Tx) error { return h.members.Moved(tx, there, h.now[there], to) }); err != nil {
			t.Fatal(err)
		}
		h.now[there] = to
	}
	call(false) // before it joined
	move("o-1")
	call(true)
	move("")
	call(false)
	move("o-2")
	call(false)
	move("o-1")
	call(true)
	move("") // as it is when rows are written
	got, err := ids(t.Context(), h.store(org))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func managed() []cloudtrailapi.AdvancedEventSelector {
	return []cloudtrailapi.AdvancedEventSelector{{FieldSelectors: []cloudtrailapi.AdvancedFieldSelector{{Field: new("eventCategory"), Equals: []string{"Management"}}}}}
}

// Events of the archive are rows of the account that has them, or of a store alone.
func TestArchivedEvents(t *testing.T) {
	h := opened(t, t.TempDir())
	const store = "arn:aws:cloudtrail:us-east-1:111122223333:eventdatastore/00000000-0000-4000-8000-000000000001"
	want := map[string][]string{}
	for i, e := range []archive.Entry{
		{Account: here, Origin: archive.Import},
		{Account: there, Origin: archive.Insight},
		{Account: here, Origin: archive.Channel, Store: store},
		{Account: here, Origin: archive.Import},
	} {
		at := []string{"2021-03-04T05:06:07Z", "2021-03-04T05:06:07+09:00", "2021-03-04T05:06:07.5Z", "1969-01-01T00:00:00Z"}[i]
		parsed, err := event.Parse(fmt.Appendf(nil, `{"eventVersion":"1.08","eventID":"id-%d","eventTime":%q,"eventName":"A"}`, i, at))
		if err != nil {
			t.Fatal(err)
		}
		e.Event = parsed
		if err := h.archive.Append(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		of := string(e.Account)
		if e.Store != "" {
			of = "store"
		}
		want[of] = append(want[of], parsed.ID)
	}
	got := map[string][]string{}
	for name, of := range map[string]lake.Rows{
		string(here): h.account(here), string(there): h.account(there), "store": h.store("00000000-0000-4000-8000-000000000001"), "nobody": h.account(),
	} {
		found, err := ids(t.Context(), of)
		if err != nil {
			t.Fatal(err)
		}
		if found != nil {
			got[name] = found
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	both, err := ids(t.Context(), h.account(here, there))
	if err != nil || !cmp.Equal(both, slices.Concat(want[string(here)], want[string(there)])) {
		t.Errorf("%v: %v", both, err)
	}
	// Whose times are written in another form is in an object that is never left out.
	loose := map[string]bool{}
	for _, account := range slices.Sorted(maps.Keys(map[cloud.Account]bool{here: true, there: true})) {
		found, err := h.account(account).Objects(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		loose[string(account)] = found[0].From.IsZero()
	}
	if diff := cmp.Diff(map[string]bool{string(here): false, string(there): true}, loose); diff != "" {
		t.Error(diff)
	}
}

func TestNeeded(t *testing.T) {
	h := opened(t, t.TempDir())
	if got := h.rows.NeededCalls(); got != 1 {
		t.Errorf("at first: %d", got)
	}
	for range 600 {
		if err := h.record(t.Context(), here, "GetTable", "us-east-1"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := ids(t.Context(), h.account(here)); err != nil {
		t.Fatal(err)
	}
	closed, err := h.journal.Closed()
	if err != nil {
		t.Fatal(err)
	}
	if got := h.rows.NeededCalls(); got != closed[len(closed)-1].Last+1 {
		t.Errorf("%d, and %d is the last that is closed", got, closed[len(closed)-1].Last)
	}
}
