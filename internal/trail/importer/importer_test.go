package importer_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/journal"
	"github.com/sillok/sillok/internal/kit/worker"
	"github.com/sillok/sillok/internal/store/records"
	"github.com/sillok/sillok/internal/trail/archive"
	"github.com/sillok/sillok/internal/trail/event"
	"github.com/sillok/sillok/internal/trail/history"
	"github.com/sillok/sillok/internal/trail/importer"
)

const (
	here  cloud.Account = "111122223333"
	there cloud.Account = "444455556666"
	other cloud.Account = "777788889999"
)

// house is an importer and what it works with.
type house struct {
	testing.TB

	dir      string
	journal  *journal.Journal
	archive  *archive.Archive
	history  *history.History
	pool     *worker.Pool
	importer *importer.Importer
	gone     map[string]bool // event data stores
}

func build(tb testing.TB, dir string) *house {
	tb.Helper()
	h := &house{TB: tb, dir: dir}
	h.open()
	tb.Cleanup(func() { h.close() })
	return h
}

func (h *house) open() {
	h.Helper()
	if err := h.start(h.Context()); err != nil {
		h.Fatal(err)
	}
}

func (h *house) start(ctx context.Context) (err error) {
	quiet := slog.New(slog.DiscardHandler)
	if h.journal, err = journal.Open(ctx, journal.Config{Dir: filepath.Join(h.dir, "calls"), Log: quiet, SegmentBytes: 64 << 10}); err != nil {
		return err
	}
	if h.archive, err = archive.Open(ctx, archive.Config{Dir: filepath.Join(h.dir, "events"), Log: quiet, SegmentBytes: 64 << 10}); err != nil {
		return err
	}
	h.history = history.New(history.Config{Log: quiet, Shelves: []history.Shelf{
		{Dir: filepath.Join(h.dir, "calls", "index"), Of: history.Calls(h.journal, nil)},
		{Dir: filepath.Join(h.dir, "events", "index"), Of: history.Archived(h.archive)},
	}})
	if h.pool, err = worker.Open(worker.Config{
		Here: func() (map[string]worker.Handler, func()) { return importer.Handlers(), func() {} }, Lanes: map[string]int{importer.LaneImport: 4}, Log: quiet,
	}); err != nil {
		return err
	}
	h.importer, err = importer.Open(ctx, importer.Config{Path: h.known(), Archive: h.archive, Calls: h.history, Pool: h.pool, Log: quiet, Gone: func(_ context.Context, store string) (bool, error) {
		return h.gone[store], nil
	}})
	return err
}

func (h *house) known() string { return filepath.Join(h.dir, "events", "known.db") }

func (h *house) close() {
	h.Helper()
	if err := errors.Join(h.importer.Close(), h.pool.Close(), h.archive.Close(), h.journal.Close()); err != nil {
		h.Error(err)
	}
}

// item returns the JSON of a record; what says are further members.
func item(id string, at time.Time, recipient cloud.Account, says string) string {
	return fmt.Sprintf(`{"eventVersion":"1.08","eventID":%q,"eventTime":%q,"eventName":"GetTable","eventSource":"glue.amazonaws.com","awsRegion":"eu-west-1","recipientAccountId":%q,`+
		`"eventType":"AwsApiCall","managementEvent":true,"eventCategory":"Management"%s}`, id, at.UTC().Format(time.RFC3339), recipient, says)
}

var morning = time.Date(2021, 3, 4, 5, 6, 7, 0, time.UTC)

func items(recipient cloud.Account, ids ...string) string {
	all := make([]string, len(ids))
	for i, id := range ids {
		all[i] = item(id, morning.Add(time.Duration(len(id))*time.Second), recipient, "")
	}
	return `{"Records":[` + strings.Join(all, ",") + `]}`
}

func zipped(text string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(text)) // into memory
	_ = z.Close()
	return b.Bytes()
}

func object(key string, data []byte) importer.Object {
	return importer.Object{Source: "s3://logs", Key: key, ETag: fmt.Sprint(len(data)), Size: int64(len(data))}
}

func bytesOf(data []byte) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }
}

func (h *house) bring(into importer.Into, key string, data []byte) importer.Outcome {
	h.Helper()
	out, err := h.importer.Import(h.Context(), into, object(key, data), bytesOf(data))
	if err != nil {
		h.Fatal(err)
	}
	return out
}

// ids returns what history finds in an account, newest first.
func (h *house) ids(account cloud.Account) (ids []string) {
	h.Helper()
	q := history.Query{Accounts: []cloud.Account{account}, Categories: []event.Category{event.Management}, Most: 1000}
	for {
		page, err := h.history.Find(h.Context(), q)
		if err != nil {
			h.Fatal(err)
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

func compare(tb testing.TB, what string, want, got any) {
	tb.Helper()
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(importer.Outcome{}, "At"), cmpopts.EquateEmpty()); diff != "" {
		tb.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// Whatever a file is, its outcome says what became of it.
func TestEveryFileHasAnOutcome(t *testing.T) {
	whole := zipped(items(here, "a", "bb", "ccc"))
	flipped := bytes.Clone(whole)
	flipped[len(flipped)-6] ^= 1 // of the checksum
	odd := `{"Records":[` + item("a", morning, here, "") + `,7,{"eventTime":"yesterday"},` + item("b", morning, here, "") + `]}`
	long := `{"Records":[` + item("a", morning, here, "") + "," + item("b", morning, here, `,"x":"`+strings.Repeat("y", 20<<10)+`"`) + `]}`
	three := importer.Outcome{State: importer.Imported, Records: 3, Imported: 3}
	for _, tt := range []struct {
		name string
		data []byte
		want importer.Outcome
		ids  string
	}{
		{"a log file", whole, three, "ccc bb a"},
		{"one that is not compressed", []byte(items(here, "a", "bb", "ccc")), three, "ccc bb a"},
		{"one with white space and other members", []byte("\n {\"x\":{\"Records\":[1]},\n\"Records\" : [ " + item("a", morning, here, "") + " ],\"y\":[]} \n"), importer.Outcome{State: importer.Imported, Records: 1, Imported: 1}, "a"},
		{"one in two members of gzip", append(zipped(items(here, "a")[:20]), zipped(items(here, "a")[20:])...), importer.Outcome{State: importer.Imported, Records: 1, Imported: 1}, "a"},
		{"one without records", zipped(`{"Records":[]}`), importer.Outcome{State: importer.Imported}, ""},
		{"nothing", nil, importer.Outcome{State: importer.Truncated, Reason: "it is empty"}, ""},
		{"a cut stream", whole[:len(whole)/2], importer.Outcome{State: importer.Truncated, Reason: "the compressed stream ends early"}, ""},
		{"a stream cut in its head", whole[:5], importer.Outcome{State: importer.Truncated, Reason: "the compressed stream ends early"}, ""},
		{"a wrong checksum", flipped, importer.Outcome{State: importer.Damaged, Reason: "the compressed stream is damaged: gzip: invalid checksum"}, ""},
		{"bytes behind the stream", append(bytes.Clone(whole), "more of it"...), importer.Outcome{State: importer.Damaged, Reason: "the compressed stream is damaged: gzip: invalid header"}, ""},
		{"a text", []byte("hello"), importer.Outcome{State: importer.Foreign, Reason: "it is no JSON object"}, ""},
		{"a list", zipped(`[{"eventID":"a"}]`), importer.Outcome{State: importer.Foreign, Reason: "it is no JSON object"}, ""},
		{"JSON of somebody else", zipped(`{"events":[1,2]}`), importer.Outcome{State: importer.Foreign, Reason: "it has no list of Records"}, ""},
		{"Records that are no list", zipped(`{"Records":{}}`), importer.Outcome{State: importer.Foreign, Reason: "its Records are no list"}, ""},
		{"no JSON", zipped(`{"a":`), importer.Outcome{State: importer.Foreign, Reason: "it is no JSON document of CloudTrail's"}, ""},
		{"a digest file", zipped(`{"awsAccountId":"1","digestStartTime":"2021-03-04T05:06:07Z"}`), importer.Outcome{State: importer.Digest, Reason: "it is a digest file"}, ""},
		{"records that are none", zipped(odd), importer.Outcome{State: importer.Imported, Records: 4, Imported: 2, Bad: 2, BadRecords: []importer.BadRecord{
			{2, "a CloudTrail record is a JSON object, and this is none"},
			{3, `a CloudTrail record has the eventTime "yesterday", which is not of the form 2026-11-30T08:00:00Z`},
		}}, "b a"},
		{"an event that is too large", zipped(long), importer.Outcome{State: importer.Imported, Records: 2, Imported: 1, Bad: 1, BadRecords: []importer.BadRecord{
			{2, "it is larger than an event may be"},
		}}, "a"},
		{"a text that ends in a record", []byte(items(here, "a", "bb")[:350]), importer.Outcome{
			State: importer.Truncated, Reason: "it ends within its records, after record 1", Records: 1, Imported: 1,
		}, "a"},
		{"a text that is no JSON from a record on", zipped(strings.Replace(items(here, "a", "bb"), "},{", "},}", 1)), importer.Outcome{
			State: importer.Damaged, Reason: "it is no JSON any more after record 1: invalid character '}' looking for beginning of value", Records: 1, Imported: 1,
		}, "a"},
		{"something behind the document", zipped(items(here, "a") + "{}"), importer.Outcome{
			State: importer.Damaged, Reason: "something stands behind its end, after record 1", Records: 1, Imported: 1,
		}, "a"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := build(t, t.TempDir())
			into := importer.Into{Importer: here}
			compare(t, "the outcome", tt.want, h.bring(into, "k", tt.data))
			compare(t, "what history finds", strings.Fields(tt.ids), h.ids(here))
			tt.want.Known = true
			compare(t, "the outcome of a second import", tt.want, h.bring(into, "k", tt.data))
			compare(t, "what history finds after it", strings.Fields(tt.ids), h.ids(here))
		})
	}
}

// An event is kept once for each history and recipient, whatever files it is in.
func TestAnEventIsKeptOnce(t *testing.T) {
	h := build(t, t.TempDir())
	mine, operator := importer.Into{Importer: here}, importer.Into{Importer: there, History: func(recipient cloud.Account) cloud.Account {
		if recipient == here {
			return here
		}
		return there
	}}
	for _, step := range []struct {
		what                 string
		into                 importer.Into
		data                 string
		imported, duplicates int64
	}{
		{"new", mine, items(here, "a", "bb"), 2, 0},
		{"one of them twice in a further file", mine, items(here, "ccc", "bb", "ccc"), 1, 2},
		{"the same ID of another recipient", mine, items(other, "a"), 1, 0},
		{"what another account imports for itself", importer.Into{Importer: there}, items(here, "a"), 1, 0},
		{"what it imports into their histories", operator, items(here, "a", "dddd"), 1, 1},
		{"records without an ID", mine, `{"Records":[{"eventVersion":"1.0","eventTime":"2014-01-01T00:00:00Z","eventName":"A"},{"eventVersion":"1.0","eventTime":"2014-01-01T00:00:00Z","eventName":"B"}]}`, 2, 0},
		{"again, beside a third", mine, `{"Records":[{"eventVersion":"1.0","eventTime":"2014-01-01T00:00:00Z","eventName":"A"},{"eventVersion":"1.0","eventTime":"2014-01-01T00:00:00Z","eventName":"C"}]}`, 1, 1},
	} {
		out := h.bring(step.into, step.what, zipped(step.data))
		compare(t, step.what, importer.Outcome{State: importer.Imported, Records: step.imported + step.duplicates, Imported: step.imported, Duplicates: step.duplicates}, out)
	}
	compare(t, "here", []string{"dddd", "ccc", "bb", "a", "a", "", "", ""}, h.ids(here))
	compare(t, "there", []string{"a"}, h.ids(there))
	// A file that has changed is read again.
	changed := zipped(items(here, "a", "bb", "eeeee"))
	compare(t, "changed", importer.Outcome{State: importer.Imported, Records: 3, Imported: 1, Duplicates: 2}, h.bring(mine, "new", changed))
}

// What the journal of calls has is not imported beside it, by whose trail ever.
func TestOurOwnTrailsBringNothingNew(t *testing.T) {
	h := build(t, t.TempDir())
	var own []string
	for n := range 200 {
		fact := cloud.Fact{Call: cloud.Call{
			Service: "glue", Operation: "GetTable", Account: here, Region: "us-east-1", Time: time.Now().UTC(), RequestID: fmt.Sprintf("00000000-0000-4000-8000-%012d", n),
			Principal: cloud.RootOf(here),
		}, Action: "glue:GetTable", Event: "Management", Outcome: cloud.Done}
		if err := h.journal.Record(t.Context(), fact); err != nil {
			t.Fatal(err)
		}
	}
	for call, err := range h.journal.Cursor(0).Read(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		events, err := event.Of(&call.Entry)
		if err != nil {
			t.Fatal(err)
		}
		own = append(own, string(events[0].JSON))
	}
	file := zipped(`{"Records":[` + strings.Join(own, ",") + "," + item("x", time.Now(), here, "") + `]}`)
	before := h.ids(here)
	compare(t, "by the account itself", importer.Outcome{State: importer.Imported, Records: 201, Imported: 1, Duplicates: 200}, h.bring(importer.Into{Importer: here}, "k", file))
	if got := h.ids(here); len(got) != len(before)+1 {
		t.Errorf("history finds %d events, want %d", len(got), len(before)+1)
	}
	compare(t, "by another account, which sees them in its own", importer.Outcome{State: importer.Imported, Records: 201, Imported: 201}, h.bring(importer.Into{Importer: there}, "k", file))
}

// Insights that were found here come back by our own trails, and are not imported beside
// themselves.
func TestOurOwnInsightsBringNothingNew(t *testing.T) {
	h := build(t, t.TempDir())
	text := strings.Replace(item("a", morning, here, ""), `"eventCategory":"Management"`, `"eventCategory":"Insight"`, 1)
	found, err := event.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := h.archive.Append(t.Context(), archive.Entry{Account: here, Region: "eu-west-1", Origin: archive.Insight, Event: found}); err != nil {
		t.Fatal(err)
	}
	file := zipped(`{"Records":[` + text + "," + strings.Replace(text, `"a"`, `"b"`, 1) + `]}`)
	for _, step := range []struct {
		what                 string
		into                 importer.Into
		imported, duplicates int64
	}{
		{"by the account itself", importer.Into{Importer: here}, 1, 1},
		{"by another account, which sees them in its own", importer.Into{Importer: there}, 2, 0},
	} {
		out := h.bring(step.into, "k", file)
		compare(t, step.what, importer.Outcome{State: importer.Imported, Records: 2, Imported: step.imported, Duplicates: step.duplicates}, out)
	}
}

// plan returns files of events that come late, out of order and in several files, and
// the IDs of all events, newest first.
func plan(r *rand.Rand, files int) (data [][]byte, ids []string) {
	type one struct {
		text string
		at   time.Time
		id   string
	}
	var all []one
	for n := range files * 20 {
		at := morning.Add(time.Duration(n) * time.Minute)
		id := fmt.Sprintf("id-%06d", n)
		all = append(all, one{item(id, at, here, ""), at, id})
		ids = append(ids, id)
	}
	slices.Reverse(ids)
	lists := make([][]string, files)
	for _, e := range all {
		for range 1 + r.IntN(2) {
			at := r.IntN(files)
			lists[at] = append(lists[at], e.text)
		}
	}
	for _, list := range lists {
		r.Shuffle(len(list), func(a, b int) { list[a], list[b] = list[b], list[a] })
		data = append(data, zipped(`{"Records":[`+strings.Join(list, ",")+`]}`))
	}
	return data, ids
}

// Files that many import at once, late and out of order, bring each event once, newest
// first.
func TestManyImportAtOnce(t *testing.T) {
	h := build(t, t.TempDir())
	files, want := plan(rand.New(rand.NewPCG(1, 2)), 30)
	var group sync.WaitGroup
	var mu sync.Mutex
	var sum importer.Outcome
	for w := range 4 {
		group.Go(func() {
			for n := range files {
				at := (n*7 + w*11) % len(files)
				out, err := h.importer.Import(t.Context(), importer.Into{Importer: here}, object(fmt.Sprint(at), files[at]), bytesOf(files[at]))
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				if !out.Known {
					sum.Imported += out.Imported
				}
				mu.Unlock()
			}
		})
	}
	group.Wait()
	compare(t, "history", want, h.ids(here))
	if sum.Imported != int64(len(want)) {
		t.Errorf("%d events are told as imported, want %d", sum.Imported, len(want))
	}
}

// What is known is made again from the archive, and what retention took away comes
// again.
func TestWhatIsKnownIsMadeAgain(t *testing.T) {
	h := build(t, t.TempDir())
	files, want := plan(rand.New(rand.NewPCG(3, 4)), 20)
	into := importer.Into{Importer: here}
	for n, data := range files {
		h.bring(into, fmt.Sprint(n), data)
	}
	h.close()
	if err := importer.Forget(h.known()); err != nil {
		t.Fatal(err)
	}
	h.open()
	for n, data := range files {
		if out := h.bring(into, fmt.Sprint(n), data); out.Known || out.Imported != 0 {
			t.Fatalf("file %d is %+v", n, out)
		}
	}
	compare(t, "history", want, h.ids(here))
	h.expire()
	compare(t, "history without the archive", []string(nil), h.ids(here))
	if err := h.importer.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n, err := h.importer.KnownEvents(t.Context()); err != nil || n != 0 {
		t.Errorf("%d events are known that are gone, %v", n, err)
	}
	for n, data := range files {
		h.bring(into, fmt.Sprint("again", n), data)
	}
	compare(t, "history", want, h.ids(here))
}

// expire has retention take all that is archived.
func (h *house) expire() {
	h.Helper()
	h.close()
	log, err := records.Open(h.Context(), records.Config{Dir: filepath.Join(h.dir, "events"), SegmentBytes: 64 << 10})
	if err != nil {
		h.Fatal(err)
	}
	if err := errors.Join(log.Rotate(h.Context()), log.Retain(h.Context(), records.Retention{MaxBytes: 1}), log.Close()); err != nil {
		h.Fatal(err)
	}
	h.open()
}

// An event data store has its rows for longer than the archive has events: what is known
// of it stays known until the store is gone.
func TestWhatAStoreHasIsKnownUntilItIsGone(t *testing.T) {
	h := build(t, t.TempDir())
	const store, second = "arn:aws:cloudtrail:us-east-1:111122223333:eventdatastore/a", "arn:aws:cloudtrail:us-east-1:111122223333:eventdatastore/b"
	into, beside, past := importer.Into{Importer: here, Store: store}, importer.Into{Importer: here, Store: second}, importer.Into{Importer: here}
	file := zipped(items(here, "a", "bb"))
	for _, to := range []importer.Into{into, beside, past} {
		compare(t, "first", importer.Outcome{State: importer.Imported, Records: 2, Imported: 2}, h.bring(to, "k", file))
	}
	h.expire()
	again := func(what string, stored, besides int64) {
		t.Helper()
		if err := h.importer.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		compare(t, what, importer.Outcome{State: importer.Imported, Records: 2, Imported: stored, Duplicates: 2 - stored}, h.bring(into, what, file))
		compare(t, what+", of another", importer.Outcome{State: importer.Imported, Records: 2, Imported: besides, Duplicates: 2 - besides}, h.bring(beside, what, file))
	}
	compare(t, "before it is swept", importer.Outcome{State: importer.Imported, Records: 2, Duplicates: 2}, h.bring(into, "before", file))
	again("after retention", 0, 0)
	compare(t, "history", importer.Outcome{State: importer.Imported, Records: 2, Imported: 2}, h.bring(past, "after", file))
	h.gone = map[string]bool{store: true}
	again("after the store is gone", 2, 0)
	if n, err := h.importer.KnownEvents(t.Context()); err != nil || n != 6 {
		t.Errorf("%d events are known, want 2 of history and 2 of each store; %v", n, err)
	}
}

var errAway = errors.New("the bucket is away")

type failing struct{ io.Reader }

func (f failing) Read(p []byte) (int, error) {
	n, err := f.Reader.Read(p)
	if errors.Is(err, io.EOF) {
		err = errAway
	}
	return n, err
}

// A file that cannot be read is told, and is tried again by the next import.
func TestAFileThatCannotBeRead(t *testing.T) {
	h := build(t, t.TempDir())
	data := zipped(items(here, "a"))
	for name, open := range map[string]func() (io.ReadCloser, error){
		"not opened":         func() (io.ReadCloser, error) { return nil, errAway },
		"lost in the middle": func() (io.ReadCloser, error) { return io.NopCloser(failing{bytes.NewReader(data)}), nil },
	} {
		out, err := h.importer.Import(t.Context(), importer.Into{Importer: here}, object("k", data), open)
		if err != nil {
			t.Fatal(err)
		}
		compare(t, name, importer.Outcome{State: importer.Unread, Reason: errAway.Error()}, out)
	}
	compare(t, "then", importer.Outcome{State: importer.Imported, Records: 1, Imported: 1}, h.bring(importer.Into{Importer: here}, "k", data))
}

func TestAnImportEndsWithItsContext(t *testing.T) {
	h := build(t, t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	data := zipped(items(here, "a"))
	_, err := h.importer.Import(ctx, importer.Into{Importer: here}, object("k", data), func() (io.ReadCloser, error) {
		cancel()
		return nil, ctx.Err()
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("it ends with %v", err)
	}
	compare(t, "then", importer.Outcome{State: importer.Imported, Records: 1, Imported: 1}, h.bring(importer.Into{Importer: here}, "k", data))
}

// A file that a worker does not survive is damaged, and fails nothing else.
func TestAFileThatEndsItsWorker(t *testing.T) {
	h := build(t, t.TempDir())
	pool, err := worker.Open(worker.Config{Here: func() (map[string]worker.Handler, func()) {
		all := importer.Handlers()
		for kind := range all {
			all[kind] = func(context.Context, []byte, *worker.Conn) error { panic("at the disco") }
		}
		return all, func() {}
	}, Lanes: map[string]int{importer.LaneImport: 1}})
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close() //nolint:errcheck // a test's
	i, err := importer.Open(t.Context(), importer.Config{Path: filepath.Join(t.TempDir(), "known.db"), Archive: h.archive, Calls: h.history, Pool: pool})
	if err != nil {
		t.Fatal(err)
	}
	defer i.Close() //nolint:errcheck // a test's
	data := zipped(items(here, "a"))
	out, err := i.Import(t.Context(), importer.Into{Importer: here}, object("k", data), bytesOf(data))
	if err != nil || out.State != importer.Damaged || !strings.Contains(out.Reason, "at the disco") {
		t.Errorf("%+v, %v", out, err)
	}
}

// An event data store has the events of a time, once, and history does not have them.
func TestIntoAnEventDataStore(t *testing.T) {
	h := build(t, t.TempDir())
	const store = "arn:aws:cloudtrail:us-east-1:111122223333:eventdatastore/a"
	file := zipped(items(here, "a", "bb", "ccc", "dddd")) // seconds 1 to 4 after morning
	into := importer.Into{Importer: here, Store: store, From: morning.Add(2 * time.Second), To: morning.Add(3 * time.Second)}
	compare(t, "of a time", importer.Outcome{State: importer.Imported, Records: 4, Imported: 2, Outside: 2}, h.bring(into, "k", file))
	into.From, into.To = time.Time{}, time.Time{}
	compare(t, "of all time", importer.Outcome{State: importer.Imported, Records: 4, Imported: 2, Duplicates: 2}, h.bring(into, "k", file))
	into.Store += "b"
	compare(t, "into another", importer.Outcome{State: importer.Imported, Records: 4, Imported: 4}, h.bring(into, "k", file))
	compare(t, "history", []string(nil), h.ids(here))
	compare(t, "into history", importer.Outcome{State: importer.Imported, Records: 4, Imported: 4}, h.bring(importer.Into{Importer: here}, "k", file))
	compare(t, "history", []string{"dddd", "ccc", "bb", "a"}, h.ids(here))
	h.close()
	if err := importer.Forget(h.known()); err != nil {
		t.Fatal(err)
	}
	h.open()
	compare(t, "again, of what is made known again", importer.Outcome{State: importer.Imported, Records: 4, Duplicates: 4}, h.bring(into, "k", file))
}
