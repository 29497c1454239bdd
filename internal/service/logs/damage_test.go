package logs_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/servicetest"
)

// flip flips a bit of the only file that a pattern names, at the byte that at chooses.
func flip(tb testing.TB, pattern string, at func(b []byte) int) {
	tb.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) != 1 {
		tb.Fatal(files, err)
	}
	b, err := os.ReadFile(files[0])
	if err != nil {
		tb.Fatal(err)
	}
	b[at(b)] ^= 1
	if err := os.WriteFile(files[0], b, 0o600); err != nil {
		tb.Fatal(err)
	}
}

// A damaged record of the log, of which nobody knows whose it was, is told to the
// operator; every group is read.
func TestADamagedRecordHidesNoOther(t *testing.T) {
	store, dir := servicetest.Store(t), t.TempDir()
	d := opened(t, store, dir)
	d.group("g", "s")
	d.group("other", "s")
	now := time.Now().UnixMilli()
	d.put("g", "s", now, "before")
	d.put("g", "s", now+1, "the one that is damaged")
	d.put("g", "s", now+2, "behind")
	d.put("other", "s", now, "sound")
	equal(t, "problems before", []string(nil), d.Problems())
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	flip(t, filepath.Join(dir, "recent", "*.segment"), func(b []byte) int { return bytes.Index(b, []byte("is damaged")) })
	d = opened(t, store, dir)
	equal(t, "problems", []string{"log events are lost in 1 places of their files: the log says where"}, d.Problems())
	for group, want := range map[string][]string{"g": {"before", "behind"}, "other": {"sound"}} {
		equal(t, "searched", want, d.filter(logsapi.FilterLogEventsInput{LogGroupName: &group}))
		found, _ := d.get(&logsapi.GetLogEventsInput{LogGroupName: &group, LogStreamName: new("s")})
		equal(t, "read", want, found)
	}
}

// A page that has events is answered before damage behind them is told, and what lies
// behind the damage is read when it is asked for.
func TestDamageIsToldInItsPlace(t *testing.T) {
	dir := t.TempDir()
	d := opened(t, servicetest.Store(t), dir)
	d.group("g", "s")
	now, random := time.Now().Add(-time.Second).UnixMilli(), rand.New(rand.NewPCG(3, 3)) // all of it is past
	var all []string
	for range 350 {
		text := fmt.Sprintf("%04d", len(all))
		for range 120 {
			text += fmt.Sprintf("%016x", random.Uint64())
		}
		all = append(all, text)
	}
	d.put("g", "s", now, all...) // of three blocks
	if err := d.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	flip(t, filepath.Join(dir, "sealed", "*.events"), func(b []byte) int { return len(b) / 2 })
	in := &logsapi.GetLogEventsInput{LogGroupName: new("g"), LogStreamName: new("s"), StartFromHead: new(true)}
	first, out := d.get(in)
	if n := len(first); n < 100 || n > 200 || !slices.Equal(first, all[:n]) {
		t.Fatalf("the first page has %d events", n)
	}
	in.NextToken = out.NextForwardToken
	_, err := d.GetLogEvents(d.ctx, in)
	servicetest.WantCode(t, err, "ServiceUnavailableException", "cannot be read")
	in.NextToken, in.StartFromHead = nil, nil
	last, out := d.get(in)
	if n := len(last); n < 50 || !slices.Equal(last, all[350-n:]) {
		t.Fatalf("the last page has %d events", n)
	}
	in.NextToken = out.NextBackwardToken
	_, err = d.GetLogEvents(d.ctx, in)
	servicetest.WantCode(t, err, "ServiceUnavailableException", "cannot be read")

	search := &logsapi.FilterLogEventsInput{LogGroupName: new("g")}
	page, err := d.FilterLogEvents(d.ctx, search)
	if err != nil || page.NextToken == nil {
		t.Fatal("no page before the damage, or none behind it", err)
	}
	equal(t, "searched", first, messages(page.Events, func(e logsapi.FilteredLogEvent) *string { return e.Message }))
	search.NextToken = page.NextToken
	_, err = d.FilterLogEvents(d.ctx, search)
	servicetest.WantCode(t, err, "ServiceUnavailableException", "cannot be read")
	equal(t, "behind the damage", last, d.filter(logsapi.FilterLogEventsInput{LogGroupName: new("g"), StartTime: new(now + int64(350-len(last)))}))

	if _, err := d.GetLogGroupFields(d.ctx, &logsapi.GetLogGroupFieldsInput{LogGroupName: new("g")}); err != nil {
		t.Error(err)
	}
}

// Where a file is not there, its groups are refused with what is lost, and others are
// read; streams are listed, unless their order is lost.
func TestAFileThatIsNotThere(t *testing.T) {
	dir := t.TempDir()
	d := opened(t, servicetest.Store(t), dir)
	d.group("g", "a", "b")
	d.group("other", "s")
	now := time.Now().UnixMilli()
	d.put("g", "a", now, "lost")
	if err := d.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.put("other", "s", now, "sound")
	if err := os.RemoveAll(filepath.Join(dir, "sealed")); err != nil {
		t.Fatal(err)
	}
	equal(t, "of another group", []string{"sound"}, d.filter(logsapi.FilterLogEventsInput{LogGroupName: new("other")}))
	d.refused("ServiceUnavailableException", "1 log events", "FilterLogEvents", `{"LogGroupName": "g"}`)
	d.refused("ServiceUnavailableException", "1 log events", "DescribeLogStreams", `{"LogGroupName": "g", "OrderBy": "LastEventTime"}`)
	out, err := d.DescribeLogStreams(d.ctx, &logsapi.DescribeLogStreamsInput{LogGroupName: new("g")})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "streams", []string{"a", "b"}, messages(out.LogStreams, func(s logsapi.LogStream) *string { return s.LogStreamName }))
}
