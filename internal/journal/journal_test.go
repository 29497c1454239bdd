package journal_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/parquet-go/parquet-go"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/journal"
	"github.com/sillok/sillok/internal/store/records"
)

// open opens a journal in dir, which closes with the test.
func open(t *testing.T, cfg journal.Config) *journal.Journal {
	t.Helper()
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	cfg.SegmentBytes = 64 << 10
	j, err := journal.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	})
	return j
}

// fact is a call of Glue's.
func fact(operation string, outcome cloud.Outcome) cloud.Fact {
	return cloud.Fact{
		Call: cloud.Call{
			Service: "glue", Operation: operation, Account: "111122223333", Region: "ap-northeast-2",
			Principal: cloud.RootOf("111122223333"), AccessKeyID: "AKIATESTS", InvokedBy: "athena.amazonaws.com",
			SourceARN: "arn:aws:athena:ap-northeast-2:111122223333:workgroup/primary", RequestID: "id-" + operation,
			SourceIP: "192.0.2.7", UserAgent: "tests", Time: time.Date(2026, 11, 29, 8, 0, 0, 0, time.UTC),
		},
		Action: "glue:" + operation, Changes: outcome == cloud.Begun, Event: "Management", Outcome: outcome,
		Resources:  []cloud.Resource{{Action: "glue:" + operation, Type: "table", ARN: "arn:aws:glue:ap-northeast-2:111122223333:table/a/b"}},
		Parameters: json.RawMessage(`{"DatabaseName":"a","Name":"b"}`),
	}
}

func ended(operation string, outcome cloud.Outcome, code string) cloud.Fact {
	f := fact(operation, outcome)
	f.Code, f.Message, f.Took = code, strings.Repeat("why ", 1000), 1500*time.Microsecond
	return f
}

// begin writes an intent.
func begin(t *testing.T, j *journal.Journal, operation string) func(cloud.Outcome, string) {
	t.Helper()
	intent, err := j.Begin(t.Context(), fact(operation, cloud.Begun))
	if err != nil {
		t.Fatal(err)
	}
	return func(outcome cloud.Outcome, code string) {
		t.Helper()
		if err := intent.End(t.Context(), ended(operation, outcome, code)); err != nil {
			t.Fatal(err)
		}
	}
}

func record(t *testing.T, j *journal.Journal, operation string) {
	t.Helper()
	if err := j.Record(t.Context(), fact(operation, cloud.Done)); err != nil {
		t.Fatal(err)
	}
}

// lines reads the journal and says each call in a line.
func lines(t *testing.T, dir string, q journal.Query) []string {
	t.Helper()
	var all []string
	for e, err := range journal.Read(t.Context(), dir, q) {
		if err != nil {
			all = append(all, "lost: "+err.Error())
			continue
		}
		all = append(all, strings.TrimSpace(fmt.Sprintf("%d %s %s %s", e.Number, e.Outcome, e.Operation, e.Code)))
	}
	return all
}

func wantLines(t *testing.T, dir string, q journal.Query, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, lines(t, dir, q)); diff != "" {
		t.Errorf("the journal (-want +got):\n%s", diff)
	}
}

func TestCallsAreReadAsTheyEnded(t *testing.T) {
	dir := t.TempDir()
	j := open(t, journal.Config{Dir: dir})
	slow := begin(t, j, "CreateTable")
	quick := begin(t, j, "DeleteTable")
	if err := j.Note(t.Context(), fact("GetTables", cloud.Done)); err != nil {
		t.Fatal(err)
	}
	record(t, j, "GetTable")
	quick(cloud.Failed, "EntityNotFoundException")
	begin(t, j, "UpdateTable") // does not end
	slow(cloud.Done, "")
	wantLines(t, dir, journal.Query{},
		"3 done GetTables", "4 done GetTable", "2 failed DeleteTable EntityNotFoundException", "1 done CreateTable", "6 begun UpdateTable")
}

func TestAnEntryTellsTheWholeCall(t *testing.T) {
	dir := t.TempDir()
	end := begin(t, open(t, journal.Config{Dir: dir}), "CreateTable")
	end(cloud.Failed, "AlreadyExistsException")
	f := ended("CreateTable", cloud.Failed, "AlreadyExistsException")
	for got, err := range journal.Read(t.Context(), dir, journal.Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		c := f.Call
		want := journal.Entry{
			Number: 1, Time: c.Time, Service: c.Service, Operation: c.Operation, Action: f.Action, Account: c.Account, Region: c.Region,
			Principal: c.Principal, AccessKeyID: c.AccessKeyID, InvokedBy: c.InvokedBy, SourceARN: c.SourceARN, SourceIP: c.SourceIP,
			UserAgent: c.UserAgent, RequestID: c.RequestID, Changes: true, Event: f.Event, Resources: f.Resources, Parameters: f.Parameters,
			EventName: f.EventName, EventReads: f.EventReads, Endpoint: c.Endpoint, TLS: c.TLS, Cipher: c.Cipher,
		}
		if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(journal.Entry{})); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		if got.Outcome != cloud.Failed || got.Code != "AlreadyExistsException" || got.Took() != f.Took {
			t.Errorf("it ended as %s %s after %v", got.Outcome, got.Code, got.Took())
		}
		if !strings.HasPrefix(got.Message, "why ") || len(got.Message) > 1024 {
			t.Errorf("a message of %d bytes is kept, want the first 1024", len(got.Message))
		}
	}
}

// The elements of an answer have no room reserved: of those that the journal cannot
// hold, it says how many bytes they were, and the call has ended all the same.
func TestElementsWithoutRoom(t *testing.T) {
	dir := t.TempDir()
	j := open(t, journal.Config{Dir: dir})
	intent, err := j.Begin(t.Context(), fact("CreateTable", cloud.Begun))
	if err != nil {
		t.Fatal(err)
	}
	f := fact("CreateTable", cloud.Done)
	f.Elements = json.RawMessage(`{"a":"` + strings.Repeat("x", 64<<10) + `"}`)
	if err := intent.End(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	small := begin(t, j, "CreateDatabase")
	small(cloud.Done, "")
	want := map[string]int{"CreateTable": len(f.Elements), "CreateDatabase": 0}
	for e, err := range journal.Read(t.Context(), dir, journal.Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Outcome != cloud.Done || e.LostBytes != want[e.Operation] || e.Elements != nil {
			t.Errorf("%s is read as %s with %d bytes of elements and %d lost", e.Operation, e.Outcome, len(e.Elements), e.LostBytes)
		}
	}
}

// A call that touches more than a record can hold says how many are left out.
func TestManyResources(t *testing.T) {
	dir := t.TempDir()
	f := fact("DeleteObjects", cloud.Done)
	for range 5000 {
		f.Resources = append(f.Resources, cloud.Resource{Action: "s3:DeleteObject", ARN: "arn:aws:s3:::logs/" + strings.Repeat("k", 500)})
	}
	j, err := journal.Open(t.Context(), journal.Config{Dir: dir, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(j.Record(t.Context(), f), j.Close()); err != nil {
		t.Fatal(err)
	}
	for e, err := range journal.Read(t.Context(), dir, journal.Query{}) {
		if err != nil || e.LeftOut == 0 || len(e.Resources)+e.LeftOut != len(f.Resources) {
			t.Errorf("%d are there and %d left out, of %d (%v)", len(e.Resources), e.LeftOut, len(f.Resources), err)
		}
	}
}

// A change that no server will end any more is told once, as unknown.
func TestUnfinishedChangesAreUnknown(t *testing.T) {
	dir := t.TempDir()
	first := open(t, journal.Config{Dir: dir})
	begin(t, first, "CreateTable")
	begin(t, first, "DeleteTable")(cloud.Done, "")
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		var log bytes.Buffer
		j := open(t, journal.Config{Dir: dir, Log: slog.New(slog.NewTextHandler(&log, nil))})
		wantLines(t, dir, journal.Query{}, "2 done DeleteTable", "1 unknown CreateTable ServerStopped")
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		if told := strings.Contains(log.String(), "operation=CreateTable"); told != (first != nil) {
			t.Errorf("the log tells of the change: %v\n%s", told, &log)
		}
		first = nil
	}
}

// What an unfinished change was, a damaged disk may have lost; the server starts
// again.
func TestADamagedIntentIsAbandoned(t *testing.T) {
	dir := t.TempDir()
	first := open(t, journal.Config{Dir: dir})
	begin(t, first, "CreateTable")
	begin(t, first, "DeleteTable")
	if err := errors.Join(first.KeepNow(t.Context()), first.Close()); err != nil {
		t.Fatal(err)
	}
	damage(t, dir, "CreateTable")
	for _, want := range []int{1, 0} {
		var log bytes.Buffer
		j := open(t, journal.Config{Dir: dir, Log: slog.New(slog.NewTextHandler(&log, nil))})
		record(t, j, "GetTable")
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(log.String(), "of which the record cannot be read"); got != want {
			t.Errorf("the log tells %d times of what is damaged, want %d\n%s", got, want, &log)
		}
	}
	got := lines(t, dir, journal.Query{})
	if len(got) != 5 || !strings.Contains(got[1], "record 1 is lost") || got[2] != "2 unknown DeleteTable ServerStopped" {
		t.Errorf("read %q", got)
	}
}

func TestSince(t *testing.T) {
	dir := t.TempDir()
	j := open(t, journal.Config{Dir: dir})
	end := begin(t, j, "CreateTable")
	record(t, j, "GetTable")
	since := time.Now()
	end(cloud.Done, "")
	record(t, j, "GetTables")
	// The end counts; its begin is looked up.
	wantLines(t, dir, journal.Query{Since: since}, "1 done CreateTable", "4 done GetTables")
}

func TestFollow(t *testing.T) {
	dir := t.TempDir()
	j := open(t, journal.Config{Dir: dir})
	record(t, j, "GetTable")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var got []string
	for e, err := range journal.Read(ctx, dir, journal.Query{Follow: true}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, e.Operation)
		switch len(got) {
		case 1:
			begin(t, j, "CreateTable")(cloud.Done, "")
		case 2:
			record(t, j, "GetTables")
		case 3:
			stop()
		}
	}
	if diff := cmp.Diff([]string{"GetTable", "CreateTable", "GetTables"}, got); diff != "" {
		t.Errorf("followed (-want +got):\n%s", diff)
	}
}

// damage turns over one bit of the record that a text is in, of the first segment.
func damage(t *testing.T, dir, text string) {
	t.Helper()
	segments, err := filepath.Glob(filepath.Join(dir, "*.segment"))
	if err != nil || len(segments) == 0 {
		t.Fatalf("segments: %v %v", segments, err)
	}
	data, err := os.ReadFile(segments[0])
	if err != nil {
		t.Fatal(err)
	}
	data[bytes.Index(data, []byte(text))] ^= 1
	if err := os.WriteFile(segments[0], data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestReadSaysWhatIsLost(t *testing.T) {
	dir := t.TempDir()
	j := open(t, journal.Config{Dir: dir})
	for n := range 5 {
		record(t, j, fmt.Sprint("Get", n))
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	damage(t, dir, "Get2")
	got := lines(t, dir, journal.Query{})
	if len(got) != 5 || !strings.Contains(got[2], "record 3 is lost") || got[3] != "4 done Get3" {
		t.Errorf("read %q", got)
	}
	for _, err := range journal.Read(t.Context(), filepath.Join(dir, "nowhere"), journal.Query{}) {
		if !errors.Is(err, os.ErrNotExist) {
			t.Errorf("a journal that is not there: %v", err)
		}
	}
}

// row is what a test looks at of a row.
type row struct {
	Number    *int64  `parquet:"number,optional"`
	Of        *int64  `parquet:"of,optional"`
	Operation *string `parquet:"operation,optional"`
	Outcome   *string `parquet:"outcome,optional"`
	Resources *string `parquet:"resources,optional"`
}

func TestSealedCallsAreRows(t *testing.T) {
	dir := t.TempDir()
	j := open(t, journal.Config{Dir: dir})
	end := begin(t, j, "CreateTable")
	record(t, j, "GetTable")
	end(cloud.Done, "")
	if err := j.KeepNow(t.Context()); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "parquet", "*.parquet"))
	if err != nil || len(files) != 1 {
		t.Fatalf("sealed into %v (%v)", files, err)
	}
	got, err := parquet.ReadFile[row](files[0])
	if err != nil {
		t.Fatal(err)
	}
	table := new("arn:aws:glue:ap-northeast-2:111122223333:table/a/b")
	want := []row{
		{new(int64(1)), nil, new("CreateTable"), new("begun"), table},
		{new(int64(2)), nil, new("GetTable"), new("done"), table},
		{new(int64(3)), new(int64(1)), nil, new("done"), nil},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	// A segment is sealed once.
	before, err := os.Stat(files[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := j.KeepNow(t.Context()); err != nil {
		t.Fatal(err)
	}
	if after, err := os.Stat(files[0]); err != nil || !os.SameFile(before, after) {
		t.Errorf("the segment was sealed again (%v)", err)
	}
}

// What is older than is kept is removed, sealed or not, and that is said.
func TestOldCallsAreRemoved(t *testing.T) {
	dir := t.TempDir()
	j := open(t, journal.Config{Dir: dir, Keep: records.Retention{MaxAge: time.Nanosecond}})
	record(t, j, "GetTable")
	if err := j.KeepNow(t.Context()); err != nil {
		t.Fatal(err)
	}
	record(t, j, "GetTables")
	got := lines(t, dir, journal.Query{})
	if len(got) != 2 || !strings.Contains(got[0], "were removed by retention") || got[1] != "2 done GetTables" {
		t.Errorf("read %q", got)
	}
	// The Parquet file's name has its time in seconds, so that it may last as long.
	if files, err := filepath.Glob(filepath.Join(dir, "parquet", "*")); err != nil || len(files) > 1 {
		t.Errorf("%v are left (%v)", files, err)
	}
}
