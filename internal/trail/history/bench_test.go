package history_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/trail/event"
	"github.com/sillok/sillok/internal/trail/history"
)

// BenchmarkFind measures the first page of 50 by each attribute. How many events
// there are says SILLOK_EVENTS, and where they are kept from one run to the next
// SILLOK_EVENTS_DIR; without them 20,000 are made each time.
func BenchmarkFind(b *testing.B) {
	n, err := strconv.Atoi(os.Getenv("SILLOK_EVENTS")) //nolint:forbidigo // how large a benchmark is
	if err != nil {
		n = 20_000
	}
	p := &past{TB: b, dir: os.Getenv("SILLOK_EVENTS_DIR"), segment: 16 << 20} //nolint:forbidigo // where it keeps what it made
	if p.dir == "" {
		p.dir = b.TempDir()
	}
	p.dir = filepath.Join(p.dir, fmt.Sprint("events", n))
	_, missing := os.Stat(p.dir)
	if err := os.MkdirAll(filepath.Dir(p.dir), 0o700); err != nil {
		b.Fatal(err)
	}
	p.open()
	defer p.close()
	if missing != nil {
		p.fill(n)
	}
	began := time.Now()
	first, err := p.history.Find(b.Context(), history.Query{Accounts: []cloud.Account{here}, Categories: []event.Category{event.Management}, Most: 50})
	if err != nil || len(first.Events) == 0 {
		b.Fatal(err, len(first.Events))
	}
	b.Logf("%d events, %d indexes, the first answer after %s", n, len(p.indexes()), time.Since(began))
	rare := func(a history.Attribute, value string) history.Match {
		return history.Match{Attribute: a, Value: value}
	}
	oldest := p.oldest(first)
	for _, q := range []struct {
		name    string
		matches []history.Match
	}{
		{"nothing", nil},
		{"EventId", []history.Match{rare(history.EventID, oldest.ID)}},
		{"EventName", []history.Match{rare(history.EventName, "GetTable")}},
		{"EventNameThatIsRare", []history.Match{rare(history.EventName, "DeleteTable")}},
		{"ReadOnly", []history.Match{rare(history.ReadOnly, "true")}},
		{"Username", []history.Match{rare(history.Username, "user3")}},
		{"UsernameOfNobody", []history.Match{rare(history.Username, "nobody")}},
		{"ResourceType", []history.Match{rare(history.ResourceType, first.Events[0].Resources[0].Type)}},
		{"ResourceName", []history.Match{rare(history.ResourceName, first.Events[0].Resources[0].Name)}},
		{"EventSource", []history.Match{rare(history.EventSource, "glue.amazonaws.com")}},
		{"AccessKeyId", []history.Match{rare(history.AccessKeyID, "AKIAuser3")}},
		{"UserAndNameThatNeverMeet", []history.Match{rare(history.Username, "user3"), rare(history.EventName, "DeleteTable")}},
	} {
		b.Run(q.name, func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				began := time.Now()
				if _, err := p.history.Find(b.Context(), history.Query{Accounts: []cloud.Account{here}, Categories: []event.Category{event.Management}, Most: 50, Matches: q.matches}); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(began))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*9/10].Microseconds())/1000, "ms/p90")
		})
	}
}

// oldest returns an old event, which only the oldest index has.
func (p *past) oldest(first history.Page) event.Event {
	p.Helper()
	for call, err := range p.journal.Cursor(1).Read(p.Context()) {
		if err != nil {
			p.Fatal(err)
		}
		made, err := event.Of(&call.Entry)
		if err != nil {
			p.Fatal(err)
		}
		if len(made) > 0 && made[0].Account == here {
			return made[0]
		}
	}
	return first.Events[0]
}

// fill records calls as a server does, and waits for the last alone.
func (p *past) fill(n int) {
	p.Helper()
	names := []string{"GetTable", "GetTables", "GetDatabase", "CreateTable", "UpdateTable"}
	note := func(f cloud.Fact) error { return p.journal.Note(p.Context(), f) }
	for i := range n {
		name := names[i%len(names)]
		if i%100_003 == 0 {
			name = "DeleteTable"
		}
		fact := p.call(i, name)
		if name == "DeleteTable" {
			fact.Call.Principal.Name = "user0"
		}
		if i == n-1 {
			note = func(f cloud.Fact) error { return p.journal.Record(p.Context(), f) }
		}
		if err := note(fact); err != nil {
			p.Fatal(err)
		}
	}
}
