//go:build linux

package conformance_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/journal"
	"github.com/sillok/sillok/internal/trail/event"
	"github.com/sillok/sillok/internal/trail/history"
)

const (
	benchEvents     = "SILLOK_BENCH_EVENTS"      // how many calls the largest journal has
	benchEventsDir  = "SILLOK_BENCH_EVENTS_DIR"  // where it is kept for the next run; a folder that is gone afterwards without it
	benchEventsPlot = "SILLOK_BENCH_EVENTS_PLOT" // the file that the plot goes into
	leastEvents     = 10_000
	historyRuns     = 50
	historyPage     = 50
	// mostFirstPage is how long the first page may take, nine times of ten.
	mostFirstPage = 100 * time.Millisecond
	historyOwner  = cloud.Account("111122223333")
)

// sought is a question of the benchmark, and how long its first page took, in the median.
type sought struct {
	name    string
	matches []history.Match
	all     bool   // of all categories
	color   string // of its line in the plot; empty for none
	took    []time.Duration
}

// TestBenchHistory measures the first page of event history by each attribute, with
// journals of ten thousand calls to as many as SILLOK_BENCH_EVENTS says, and draws it.
func TestBenchHistory(t *testing.T) {
	most, err := strconv.Atoi(os.Getenv(benchEvents))
	if err != nil || most < leastEvents {
		t.Skipf("%s does not say how many calls: run make bench", benchEvents)
	}
	dir := cmp.Or(os.Getenv(benchEventsDir), t.TempDir())
	var sizes []int
	var questions []*sought
	var notes []string
	for n := leastEvents; n <= most; n *= 10 {
		p := openPast(t, filepath.Join(dir, fmt.Sprint("calls", n)), n)
		indexing := p.index(n)
		if questions == nil {
			questions = p.questions()
		}
		for i, q := range p.questions() {
			middle, most := p.firstPage(q)
			questions[i].took = append(questions[i].took, middle)
			if most > mostFirstPage {
				t.Errorf("of %d calls, %s takes %s", n, q.name, most)
			}
		}
		sizes = append(sizes, n)
		notes = append(notes, fmt.Sprintf("| %s | %d | %s | %.1f MB |", count(n), p.history.Progress().Segments, indexing, float64(p.memory())/(1<<20)))
		p.close()
	}
	b := &bench{t: t}
	b.line("\n## Event history\n\nThe first page of %d events, newest first: the median of %d questions. The last column is not measured; it goes on as the two before it.\n", historyPage, historyRuns)
	header, rule := "| asked for |", "|---|"
	for _, n := range append(slices.Clone(sizes), 10*most) {
		header, rule = header+" "+count(n)+" calls |", rule+"---|"
	}
	b.line("%s\n%s", header, rule)
	var lines []plotted
	for _, q := range questions {
		last := len(q.took) - 1
		guess := q.took[last]
		if last > 0 && q.took[last-1] < q.took[last] {
			guess = time.Duration(float64(guess) * min(float64(q.took[last])/float64(q.took[last-1]), 10))
		}
		row := "| " + q.name + " |"
		for _, took := range q.took {
			row += fmt.Sprintf(" %.1f ms |", millis(took))
		}
		b.line("%s (%.0f ms) |", row, millis(guess))
		if q.color != "" {
			lines = append(lines, plotted{name: q.name, color: q.color, times: append(slices.Clone(q.took), guess), guessed: true})
		}
	}
	b.line("\n| calls | closed segments | making their indexes, a call | memory that history keeps |\n|---|---|---|---|")
	for _, note := range notes {
		b.line("%s", note)
	}
	if path := os.Getenv(benchEventsPlot); path != "" {
		b.line("\n![How the first page grows with the journal](%s)", filepath.Base(path))
		if err := os.WriteFile(path, []byte(draw("calls in the journal", append(sizes, 10*most), lines)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b.keep(t)
}

// past is a journal with its history.
type past struct {
	testing.TB

	dir     string
	journal *journal.Journal
	history *history.History
	before  uint64 // bytes of memory before there was a history
}

// openPast opens a journal, and makes its calls if there is none.
func openPast(tb testing.TB, dir string, n int) *past {
	tb.Helper()
	_, missing := os.Stat(dir)
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		tb.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	calls, err := journal.Open(tb.Context(), journal.Config{Dir: dir, Log: log})
	if err != nil {
		tb.Fatal(err)
	}
	p := &past{TB: tb, dir: dir, journal: calls, history: history.New(history.Config{Log: log, Shelves: []history.Shelf{{Dir: filepath.Join(dir, "index"), Of: history.Calls(calls, nil)}}})}
	if missing != nil {
		for i := range n {
			write := calls.Note
			if i == n-1 {
				write = calls.Record
			}
			if err := write(tb.Context(), pastCall(i)); err != nil {
				tb.Fatal(err)
			}
		}
	}
	p.before = heap()
	return p
}

func (p *past) close() {
	if err := p.journal.Close(); err != nil {
		p.Error(err)
	}
}

// pastCall is the n-th call of a few hundred people, who read more than they change.
func pastCall(n int) cloud.Fact {
	operation := []string{"GetTable", "GetTables", "GetDatabase", "CreateTable", "UpdateTable"}[n%5]
	name, outcome, code := fmt.Sprint("user", n%311), cloud.Done, ""
	switch {
	case n%100_003 == 0:
		operation, name = "DeleteTable", "user0"
	case n%53 == 1:
		outcome, code = cloud.Refused, "AccessDeniedException"
	}
	database := fmt.Sprint("db", n%997)
	return cloud.Fact{
		Call: cloud.Call{
			Service: "glue", Operation: operation, Account: historyOwner, Region: []cloud.Region{"us-east-1", "ap-northeast-2"}[n%2], Time: time.Now().UTC(),
			Principal:   cloud.Principal{Type: cloud.IAMUser, Account: historyOwner, Name: name, ARN: "arn:aws:iam::" + string(historyOwner) + ":user/" + name, ID: "AIDA" + name},
			AccessKeyID: "AKIA" + name, RequestID: fmt.Sprintf("00000000-0000-4000-8000-%012d", n), SourceIP: fmt.Sprintf("192.0.2.%d", n%201),
		},
		Action: "glue:" + operation, Event: "Management", Changes: operation[0] != 'G', Parameters: []byte(`{"databaseName":"` + database + `"}`),
		Resources: []cloud.Resource{{Action: "glue:" + operation, Type: "database", ARN: "arn:aws:glue:us-east-1:" + string(historyOwner) + ":database/" + database}},
		Outcome:   outcome, Code: code, Took: 200 * time.Microsecond,
	}
}

// index has all calls indexed, and returns how much of a processor that took for each.
func (p *past) index(n int) string {
	p.Helper()
	before, began := p.indexes(), processorUsed(p)
	q := p.query(&sought{matches: []history.Match{{Attribute: history.Username, Value: "nobody"}}})
	for {
		page, err := p.history.Find(p.Context(), q)
		if err != nil {
			p.Fatal(err)
		}
		if q.After = page.Next; page.Next == nil {
			break
		}
	}
	made, all := p.indexes()-before, p.history.Progress().Segments
	if made == 0 {
		return "no index was made"
	}
	return fmt.Sprintf("%.0f µs", float64((processorUsed(p)-began).Microseconds())*float64(all)/float64(made)/float64(n))
}

// indexes returns how many files there are of indexes.
func (p *past) indexes() int {
	p.Helper()
	paths, err := filepath.Glob(filepath.Join(p.dir, "index", "*.index"))
	if err != nil {
		p.Fatal(err)
	}
	return len(paths)
}

func (p *past) query(q *sought) history.Query {
	categories := []event.Category{event.Management}
	if q.all {
		categories = append(categories, event.Data, event.NetworkActivity, event.Insight)
	}
	return history.Query{Accounts: []cloud.Account{historyOwner}, Categories: categories, Most: historyPage, Matches: q.matches}
}

// questions are what is asked.
func (p *past) questions() []*sought {
	colors := map[string]string{"all: the newest": "#383", "the oldest EventId": "#36c", "an ARN, of nothing": "#b33"} // apart
	one := func(name string, matches ...history.Match) *sought {
		return &sought{name: name, matches: matches, color: colors[name]}
	}
	by := func(a history.Attribute, value string) history.Match {
		return history.Match{Attribute: a, Value: value}
	}
	arn := "arn:aws:glue:us-east-1:" + string(historyOwner) + ":database/db500"
	all := []*sought{
		one("all: the newest"),
		one("the oldest EventId", by(history.EventID, p.oldest())),
		one("EventName", by(history.EventName, "GetTable")),
		one("EventName, once in 100,000", by(history.EventName, "DeleteTable")),
		one("ReadOnly", by(history.ReadOnly, "true")),
		one("Username", by(history.Username, "user300")),
		one("Username, of nobody", by(history.Username, "nobody")),
		one("ResourceType", by(history.ResourceType, "AWS::Glue::Database")),
		one("ResourceName", by(history.ResourceName, "db500")),
		one("EventSource", by(history.EventSource, "glue.amazonaws.com")),
		one("AccessKeyId", by(history.AccessKeyID, "AKIAuser300")),
		one("two that never meet", by(history.Username, "user300"), by(history.EventName, "DeleteTable")),
		one("Principal and Outcome", by(history.Principal, "user300"), by(history.Outcome, history.Denied)),
		one("an ARN", by(history.ResourceName, arn)),
		one("an ARN, of nothing", by(history.ResourceName, arn+"0")),
	}
	for _, q := range all[len(all)-2:] { // as sillok trail asks
		q.all = true
	}
	return all
}

// oldest returns the ID of an event that only the oldest index has.
func (p *past) oldest() string {
	p.Helper()
	for call, err := range p.journal.Cursor(1).Read(p.Context()) {
		made, made2 := event.Of(&call.Entry)
		if err := errors.Join(err, made2); err != nil {
			p.Fatal(err)
		}
		if len(made) > 0 {
			return made[0].ID
		}
	}
	p.Fatal("the journal has no call")
	return ""
}

// firstPage returns how long half of the questions take at most, and nine of ten.
func (p *past) firstPage(q *sought) (middle, most time.Duration) {
	p.Helper()
	took := make([]time.Duration, historyRuns)
	for i := range took {
		began := time.Now()
		if _, err := p.history.Find(context.Background(), p.query(q)); err != nil {
			p.Fatal(err)
		}
		took[i] = time.Since(began)
	}
	slices.Sort(took)
	return took[len(took)/2], took[len(took)*9/10]
}

// memory returns how many bytes of memory history keeps.
func (p *past) memory() uint64 { return max(heap(), p.before) - p.before }

// processorUsed returns how much of the processors this process has used.
func processorUsed(tb testing.TB) time.Duration {
	tb.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
