package history_test

import (
	"bytes"
	"cmp"
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
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/journal"
	"github.com/sillok/sillok/internal/store/records"
	"github.com/sillok/sillok/internal/trail/archive"
	"github.com/sillok/sillok/internal/trail/event"
	"github.com/sillok/sillok/internal/trail/history"
)

const (
	here  cloud.Account = "111122223333"
	there cloud.Account = "444455556666"
)

// past is a journal with its history.
type past struct {
	testing.TB

	dir     string
	segment int64
	journal *journal.Journal
	archive *archive.Archive
	history *history.History
	log     bytes.Buffer
	calls   int
}

func begun(tb testing.TB, segment int64) *past {
	tb.Helper()
	p := &past{TB: tb, dir: tb.TempDir(), segment: segment}
	p.open()
	tb.Cleanup(func() { p.close() })
	return p
}

func (p *past) open() {
	p.Helper()
	log := slog.New(slog.NewTextHandler(&p.log, nil))
	var err error
	if p.journal, err = journal.Open(p.Context(), journal.Config{Dir: p.dir, Log: slog.New(slog.DiscardHandler), SegmentBytes: p.segment}); err != nil {
		p.Fatal(err)
	}
	if p.archive, err = archive.Open(p.Context(), archive.Config{Dir: filepath.Join(p.dir, "events"), Log: slog.New(slog.DiscardHandler), SegmentBytes: p.segment}); err != nil {
		p.Fatal(err)
	}
	p.history = history.New(history.Config{Log: log, Shelves: []history.Shelf{
		{Dir: filepath.Join(p.dir, "index"), Of: history.Calls(p.journal, nil)},
		{Dir: filepath.Join(p.dir, "events", "index"), Of: history.Archived(p.archive)},
	}})
}

func (p *past) close() {
	if err := errors.Join(p.journal.Close(), p.archive.Close()); err != nil {
		p.Error(err)
	}
}

// call returns a call of the n-th user.
func (p *past) call(n int, operation string) cloud.Fact {
	p.calls++
	account := here
	if n%5 == 4 {
		account = there
	}
	name := fmt.Sprint("user", n%7)
	return cloud.Fact{
		Call: cloud.Call{
			Service: "glue", Operation: operation, Account: account, Region: []cloud.Region{"us-east-1", "ap-northeast-2"}[n%2], Time: time.Now().UTC(),
			Principal:   cloud.Principal{Type: cloud.IAMUser, Account: account, Name: name, ARN: "arn:aws:iam::" + string(account) + ":user/" + name, ID: "AIDA" + name},
			AccessKeyID: "AKIA" + name, RequestID: fmt.Sprintf("00000000-0000-4000-8000-%012d", p.calls),
		},
		Action: "glue:" + operation, Event: "Management", Changes: strings.HasPrefix(operation, "Create"), Parameters: []byte(`{"databaseName":"db` + fmt.Sprint(n%3) + `"}`),
		Resources: []cloud.Resource{{Action: "glue:" + operation, Type: "database", ARN: "arn:aws:glue:us-east-1:" + string(account) + ":database/db" + fmt.Sprint(n%3)}},
		Outcome:   cloud.Done, Took: time.Duration(n%4) * time.Second,
	}
}

func (p *past) record(n int, operation string) {
	p.Helper()
	if err := p.journal.Record(p.Context(), p.call(n, operation)); err != nil {
		p.Fatal(err)
	}
}

// keep archives events that look like calls, some of which are of long ago, of another
// recipient or in an event data store alone.
func (p *past) keep(r *rand.Rand, n int) {
	p.Helper()
	entries := make([]archive.Entry, n)
	for i := range entries {
		p.calls++
		user, in := fmt.Sprint("user", r.IntN(7)), []cloud.Account{here, there}[r.IntN(2)]
		at := time.Now().UTC().Truncate(time.Second).Add(-time.Duration(r.IntN(3)) * time.Second)
		if r.IntN(3) == 0 {
			at = at.AddDate(-r.IntN(9), 0, -r.IntN(300))
		}
		e, err := event.Parse(fmt.Appendf(nil, `{"eventVersion":"1.08","eventID":"kept-%d","eventTime":%q,"eventName":%q,"eventSource":"glue.amazonaws.com","awsRegion":"us-east-1",`+
			`"readOnly":true,"recipientAccountId":%q,"eventType":"AwsApiCall","managementEvent":true,"eventCategory":%q,"userIdentity":{"type":"IAMUser","userName":%q,"accessKeyId":%q}}`,
			p.calls, at.Format(time.RFC3339), []string{"GetTable", "CreateTable"}[r.IntN(2)], []string{"777788889999", string(here)}[r.IntN(2)],
			[]string{"Management", "Management", "Insight"}[r.IntN(3)], user, "AKIA"+user))
		if err != nil {
			p.Fatal(err)
		}
		entries[i] = archive.Entry{Account: in, Region: e.Region, Origin: archive.Import, Event: e}
		if r.IntN(5) == 0 {
			entries[i].Origin, entries[i].Store = archive.Channel, "arn:aws:cloudtrail:us-east-1:111122223333:eventdatastore/a"
		}
	}
	if err := p.archive.Append(p.Context(), entries...); err != nil {
		p.Fatal(err)
	}
}

// begin begins a call, and returns what ends it.
func (p *past) begin(n int, operation string) func() {
	p.Helper()
	fact := p.call(n, operation)
	fact.Outcome = cloud.Begun
	intent, err := p.journal.Begin(p.Context(), fact)
	if err != nil {
		p.Fatal(err)
	}
	fact.Outcome = cloud.Done
	return func() {
		p.Helper()
		if err := intent.End(p.Context(), fact); err != nil {
			p.Fatal(err)
		}
	}
}

// kept is an event and where it stands.
type kept struct {
	event.Event

	in     cloud.Account
	number uint64
	part   int
}

// all returns the events of the journal and the archive, newest first, read without any
// index.
func (p *past) all() (found []kept) {
	p.Helper()
	for entry, err := range journal.Read(p.Context(), p.dir, journal.Query{}) {
		if err != nil {
			continue // told by the journal's own tests
		}
		made, err := event.Of(&entry)
		if err != nil {
			p.Fatal(err)
		}
		for i, e := range made {
			found = append(found, kept{e, e.Account, entry.Number, i})
		}
	}
	for entry, err := range p.archive.Cursor(0).Read(p.Context()) {
		if err != nil {
			p.Fatal(err)
		}
		if entry.Store == "" {
			found = append(found, kept{entry.Event, entry.Account, entry.Number, 1 << 20})
		}
	}
	slices.SortFunc(found, func(a, b kept) int {
		return cmp.Or(b.Time.Compare(a.Time), cmp.Compare(b.number, a.number), cmp.Compare(b.part, a.part))
	})
	return found
}

// wanted returns the IDs of the events that a query asks for, by itself.
func wanted(all []kept, q history.Query) (ids []string) {
	has := func(e *event.Event, m history.Match) bool {
		switch m.Attribute {
		case history.EventID:
			return e.ID == m.Value
		case history.EventName:
			return e.Name == m.Value
		case history.ReadOnly:
			return e.ReadOnly == m.Value
		case history.Username:
			return e.Username == m.Value
		case history.EventSource:
			return e.Source == m.Value
		case history.AccessKeyID:
			return e.AccessKeyID == m.Value
		case history.Region:
			return string(e.Region) == m.Value
		case history.ErrorCode:
			return e.ErrorCode == m.Value
		case history.Principal:
			return e.Identity.ARN == m.Value
		case history.ResourceType:
			return slices.ContainsFunc(e.Resources, func(r event.Resource) bool { return r.Type == m.Value })
		case history.ResourceName:
			return slices.ContainsFunc(e.Resources, func(r event.Resource) bool { return r.Name == m.Value || r.ARN == m.Value })
		}
		return false
	}
	for i := range all {
		e := &all[i].Event
		if !slices.Contains(q.Accounts, all[i].in) || e.Category != q.Category || !q.From.IsZero() && e.Time.Before(q.From) || !q.To.IsZero() && e.Time.After(q.To) {
			continue
		}
		if !slices.ContainsFunc(q.Matches, func(m history.Match) bool { return !has(e, m) }) {
			ids = append(ids, e.ID)
		}
	}
	return ids
}

// found returns the IDs of the events that a query finds, in pages.
func (p *past) found(q history.Query) (ids []string) {
	p.Helper()
	for {
		page, err := p.history.Find(p.Context(), q)
		if err != nil {
			p.Fatal(err)
		}
		if len(page.Events) > q.Most || len(page.Events) < q.Most && page.Next != nil {
			p.Fatalf("a page of %d has %d events, and more follow: %t", q.Most, len(page.Events), page.Next != nil)
		}
		for _, e := range page.Events {
			ids = append(ids, e.ID)
		}
		if page.Next == nil {
			return ids
		}
		q.After = page.Next
	}
}

// check asks all kinds of questions.
func (p *past) check(r *rand.Rand) {
	p.Helper()
	all := p.all()
	for range 15 {
		q := history.Query{Accounts: [][]cloud.Account{{here}, {there}, {here, there}, {"777788889999"}}[r.IntN(4)], Category: []event.Category{event.Management, event.Management, event.Insight}[r.IntN(3)], Most: 1 + r.IntN(40)}
		for range r.IntN(3) {
			m := []history.Match{
				{history.EventName, "GetTable"},
				{history.EventName, "CreateTable"},
				{history.ReadOnly, "true"},
				{history.Username, fmt.Sprint("user", r.IntN(7))},
				{history.EventSource, "glue.amazonaws.com"},
				{history.AccessKeyID, fmt.Sprint("AKIAuser", r.IntN(7))},
				{history.Region, "us-east-1"},
				{history.ErrorCode, "ServerStopped"},
				{history.Principal, "arn:aws:iam::" + string(here) + ":user/user2"},
				{history.ResourceType, "AWS::Glue::Database"},
				{history.ResourceName, fmt.Sprint("db", r.IntN(3))},
				{history.ResourceName, "arn:aws:glue:us-east-1:" + string(here) + ":database/db1"},
				{history.Username, "nobody"},
			}
			q.Matches = append(q.Matches, m[r.IntN(len(m))])
		}
		if len(all) > 0 && r.IntN(4) == 0 {
			q.Matches = append(q.Matches, history.Match{Attribute: history.EventID, Value: all[r.IntN(len(all))].ID})
		}
		if len(all) > 0 && r.IntN(3) == 0 {
			q.From = all[r.IntN(len(all))].Time
		}
		if len(all) > 0 && r.IntN(3) == 0 {
			q.To = all[r.IntN(len(all))].Time
		}
		if diff := gocmp.Diff(wanted(all, q), p.found(q)); diff != "" {
			p.Fatalf("%+v (-want +got):\n%s\n%s", q, diff, &p.log)
		}
	}
}

func (p *past) indexes() []string {
	p.Helper()
	calls, err := filepath.Glob(filepath.Join(p.dir, "index", "*.index"))
	if err != nil {
		p.Fatal(err)
	}
	events, err := filepath.Glob(filepath.Join(p.dir, "events", "index", "*.index"))
	if err != nil {
		p.Fatal(err)
	}
	return append(calls, events...)
}

// Whatever happens to the server and to the indexes, history finds what the journal and
// the archive hold: a model that reads all of both answers the same.
func TestHistoryFindsWhatTheLogsHold(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 2))
			p := begun(t, 64<<10)
			open := map[int]func(){}
			for step := range 60 {
				switch r.IntN(8) {
				default:
					p.keep(r, r.IntN(40))
					for range r.IntN(60) {
						p.record(r.IntN(100), []string{"GetTable", "GetTables", "GetDatabase"}[r.IntN(3)])
					}
				case 3, 4:
					if len(open) > 2 { // a small segment has no room for the ends of more
						break
					}
					open[step] = p.begin(r.IntN(100), "CreateTable")
				case 5:
					for n, end := range open {
						end()
						delete(open, n)
						break
					}
				case 6: // the server ends, perhaps in the middle of calls
					p.close()
					p.open()
					open = map[int]func(){}
				case 7:
					for _, path := range p.indexes() {
						spoil(t, r, path)
					}
					if r.IntN(2) == 0 {
						p.close()
						p.open()
						open = map[int]func(){}
					}
				}
				if r.IntN(4) == 0 {
					p.check(r)
				}
			}
			p.check(r)
			if len(p.indexes()) < 2 {
				t.Errorf("there are %d indexes", len(p.indexes()))
			}
		})
	}
}

// spoil does to a file what a crash or a disk may do, or nothing.
func spoil(t *testing.T, r *rand.Rand, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(data) == 0 {
		return // it was torn before
	}
	switch r.IntN(5) {
	case 0:
		err = os.Remove(path)
	case 1:
		err = os.WriteFile(path, data[:r.IntN(len(data))], 0o600)
	case 2:
		data[r.IntN(len(data))] ^= 1 << r.IntN(8)
		err = os.WriteFile(path, data, 0o600)
	case 3:
		err = os.WriteFile(path, nil, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// An index in which a bit is flipped while the server runs is made again.
func TestADamagedIndexIsMadeAgain(t *testing.T) {
	p := begun(t, 64<<10)
	for n := range 300 {
		p.record(n, "GetTable")
	}
	q := history.Query{Accounts: []cloud.Account{here}, Category: event.Management, Most: 1000}
	want := p.found(q)
	paths := p.indexes()
	if len(paths) == 0 {
		t.Fatal("no segment is closed")
	}
	data, err := os.ReadFile(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	broken := bytes.Clone(data)
	broken[5000] ^= 4
	if err := os.WriteFile(paths[0], broken, 0o600); err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(want, p.found(q)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	again, err := os.ReadFile(paths[0])
	if err != nil || !bytes.Equal(again, data) || !strings.Contains(p.log.String(), "is made again") {
		t.Errorf("it was not made again: %v\n%s", err, &p.log)
	}
}

// What retention removes from the journal is gone from history, with its index.
func TestHistoryForgetsWithTheJournal(t *testing.T) {
	p := begun(t, 64<<10)
	for n := range 300 {
		p.record(n, "GetTable")
	}
	q := history.Query{Accounts: []cloud.Account{here}, Category: event.Management, Most: 1000}
	before, indexes := p.found(q), p.indexes()
	p.close()
	log, err := records.Open(t.Context(), records.Config{Dir: p.dir, SegmentBytes: 64 << 10})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(log.Retain(t.Context(), records.Retention{MaxBytes: 100 << 10}), log.Close()); err != nil {
		t.Fatal(err)
	}
	p.open()
	after := p.found(q)
	if len(after) == 0 || len(after) >= len(before) {
		t.Errorf("%d of %d events are left", len(after), len(before))
	}
	if diff := gocmp.Diff(wanted(p.all(), q), after); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if n := len(p.indexes()); n >= len(indexes) {
		t.Errorf("%d of %d indexes are left", n, len(indexes))
	}
}

// Run keeps the indexes up, so that a question finds little to do.
func TestRunIndexes(t *testing.T) {
	p := begun(t, 64<<10)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- p.history.Run(ctx) }()
	for n := 0; len(p.indexes()) == 0; n++ {
		p.record(n, "GetTable")
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestAQuestionEndsWithItsContext(t *testing.T) {
	p := begun(t, 64<<10)
	p.record(1, "GetTable")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.history.Find(ctx, history.Query{Accounts: []cloud.Account{here}, Category: event.Management, Most: 1}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
