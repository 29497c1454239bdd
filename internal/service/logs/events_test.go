package logs_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/service/logs"
	"github.com/sillok/sillok/internal/servicetest"
)

const hour = time.Hour

func lines(at time.Time, ages ...time.Duration) (all []logsapi.InputLogEvent) {
	for i, age := range ages {
		all = append(all, logsapi.InputLogEvent{Timestamp: new(at.Add(-age).UnixMilli()), Message: new(fmt.Sprint("event ", i))})
	}
	return all
}

// What a batch may be is AWS's rule; what is left out of it, the answer tells.
func TestWhatABatchMayBe(t *testing.T) {
	const day = 24 * hour
	for _, tt := range []struct {
		name             string
		retention        int
		ages             []time.Duration
		old, expired     int // ends; 0 for none
		new              int // start; -1 for none
		kept             []string
		refused, message string
	}{
		{name: "fresh", ages: []time.Duration{hour, 0}, new: -1, kept: []string{"event 0", "event 1"}},
		{name: "of one time", ages: []time.Duration{0, 0, 0}, new: -1, kept: []string{"event 0", "event 1", "event 2"}},
		{name: "two weeks old", ages: []time.Duration{14*day - hour}, new: -1, kept: []string{"event 0"}},
		{name: "15 days old", ages: []time.Duration{15 * day, hour}, old: 1, new: -1, kept: []string{"event 1"}},
		{name: "all 15 days old", ages: []time.Duration{15 * day, 15 * day}, old: 2, new: -1},
		{name: "older than the retention", retention: 3, ages: []time.Duration{4 * day, 2 * day}, expired: 1, new: -1, kept: []string{"event 1"}},
		{name: "too old, expired and too new", retention: 3, ages: []time.Duration{15 * day, 4 * day, hour, -3 * hour}, old: 1, expired: 2, new: 3, kept: []string{"event 2"}},
		{name: "an hour ahead", ages: []time.Duration{0, -hour}, new: -1, kept: []string{"event 0", "event 1"}},
		{name: "three hours ahead", ages: []time.Duration{-3 * hour}, new: 0},
		{name: "out of order", ages: []time.Duration{0, hour}, refused: "InvalidParameterException", message: "Log events in a single PutLogEvents request must be in chronological order."},
		{name: "a span of 24 hours", ages: []time.Duration{day, 0}, new: -1, kept: []string{"event 0", "event 1"}},
		{name: "a longer span", ages: []time.Duration{day + time.Second, 0}, refused: "InvalidParameterException", message: "The batch of log events in a single PutLogEvents request cannot span more than 24 hours."},
		{name: "a span that is too old", ages: []time.Duration{20 * day, 0}, old: 1, new: -1, kept: []string{"event 1"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := open(t)
			d.group("g", "s")
			if tt.retention > 0 {
				d.must("PutRetentionPolicy", `{"LogGroupName": "g", "RetentionInDays": %d}`, tt.retention)
			}
			out, err := d.PutLogEvents(d.ctx, &logsapi.PutLogEventsInput{LogGroupName: new("g"), LogStreamName: new("s"), LogEvents: lines(time.Now(), tt.ages...), SequenceToken: new("any")})
			if tt.refused != "" {
				servicetest.WantCode(t, err, tt.refused, tt.message)
			} else if err != nil {
				t.Fatal(err)
			} else {
				var want *logsapi.RejectedLogEventsInfo
				if tt.old+tt.expired > 0 || tt.new >= 0 {
					want = &logsapi.RejectedLogEventsInfo{}
				}
				for _, n := range []struct {
					set bool
					n   int
					to  func() **int32
				}{
					{tt.old > 0, tt.old, func() **int32 { return &want.TooOldLogEventEndIndex }},
					{tt.expired > 0, tt.expired, func() **int32 { return &want.ExpiredLogEventEndIndex }},
					{tt.new >= 0, tt.new, func() **int32 { return &want.TooNewLogEventStartIndex }},
				} {
					if n.set {
						*n.to() = new(int32(n.n))
					}
				}
				equal(t, "rejected", want, out.RejectedLogEventsInfo)
				if len(*out.NextSequenceToken) != 56 {
					t.Errorf("token %s", *out.NextSequenceToken)
				}
			}
			found, _ := d.get(&logsapi.GetLogEventsInput{LogGroupName: new("g"), LogStreamName: new("s"), StartFromHead: new(true)})
			equal(t, "kept", tt.kept, found)
		})
	}
}

func TestHowLargeABatchMayBe(t *testing.T) {
	d := open(t)
	d.group("g", "s")
	now := time.Now().UnixMilli()
	send := func(sizes ...int) error {
		in := &logsapi.PutLogEventsInput{LogGroupName: new("g"), LogStreamName: new("s")}
		for _, n := range sizes {
			in.LogEvents = append(in.LogEvents, logsapi.InputLogEvent{Timestamp: &now, Message: new(strings.Repeat("x", n))})
		}
		_, err := d.PutLogEvents(d.ctx, in)
		return err
	}
	if err := errors.Join(send(1<<20-26), send(slices.Repeat([]int{78}, 10_000)...)); err != nil {
		t.Error(err)
	}
	servicetest.WantCode(t, send(1<<20-25), "InvalidParameterException", "Log event too large: 1048577 bytes exceeds limit of 1048576")
	servicetest.WantCode(t, send(1<<20+1), "InvalidParameterException", "Log event too large: 1048603 bytes exceeds limit of 1048576")
	servicetest.WantCode(t, send(1<<19, 1<<19), "InvalidParameterException", "Upload too large: 1048628 bytes exceeds limit of 1048576")
	equal(t, "events", 10_001, len(d.filter(logsapi.FilterLogEventsInput{LogGroupName: new("g")})))
}

// A token tells the time alone, and not how much others have written.
func TestASequenceTokenTellsNothingOfOthers(t *testing.T) {
	d := open(t)
	d.group("g", "s")
	for _, ages := range [][]time.Duration{{0}, {0, 0}, {100 * 24 * hour}} {
		before := time.Now()
		out, err := d.PutLogEvents(d.ctx, &logsapi.PutLogEventsInput{LogGroupName: new("g"), LogStreamName: new("s"), LogEvents: lines(before, ages...)})
		if err != nil {
			t.Fatal(err)
		}
		if first, last := fmt.Sprintf("49%054d", before.UnixNano()), fmt.Sprintf("49%054d", time.Now().UnixNano()); *out.NextSequenceToken < first || *out.NextSequenceToken > last {
			t.Errorf("%s is not between %s and %s", *out.NextSequenceToken, first, last)
		}
	}
}

func TestWhereNothingCanBeWritten(t *testing.T) {
	d := open(t)
	d.group("g", "s")
	put := func(group, stream string) error {
		_, err := d.PutLogEvents(d.ctx, &logsapi.PutLogEventsInput{LogGroupName: &group, LogStreamName: &stream, LogEvents: lines(time.Now(), 0)})
		return err
	}
	servicetest.WantCode(t, put("x", "s"), "ResourceNotFoundException", "The specified log group does not exist.")
	servicetest.WantCode(t, put("g", "x"), "ResourceNotFoundException", "The specified log stream does not exist.")
	if err := put("g", "s"); err != nil {
		t.Fatal(err)
	}
	d.must("DeleteLogStream", `{"LogGroupName": "g", "LogStreamName": "s"}`)
	servicetest.WantCode(t, put("g", "s"), "ResourceNotFoundException", "The specified log stream does not exist.")
	d.must("CreateLogStream", `{"LogGroupName": "g", "LogStreamName": "s"}`)
	equal(t, "a stream of that name has none of its events", []string(nil), d.filter(logsapi.FilterLogEventsInput{LogGroupName: new("g")}))
	if err := put("g", "s"); err != nil {
		t.Fatal(err)
	}
	d.must("DeleteLogGroup", `{"LogGroupName": "g"}`)
	servicetest.WantCode(t, put("g", "s"), "ResourceNotFoundException", "The specified log group does not exist.")
	other := &desk{t, d.Service, servicetest.As(t, "444455556666", servicetest.Region)}
	d.group("g", "s")
	_, err := other.PutLogEvents(other.ctx, &logsapi.PutLogEventsInput{LogGroupName: new("g"), LogStreamName: new("s"), LogEvents: lines(time.Now(), 0)})
	servicetest.WantCode(t, err, "ResourceNotFoundException", "The specified log group does not exist.")
}

// A stream that is deleted while it is written has what was acknowledged before, or is
// gone; writing to it then fails.
func TestAStreamIsDeletedWhileItIsWritten(t *testing.T) {
	d := open(t)
	d.group("g")
	for range 5 {
		d.must("CreateLogStream", `{"LogGroupName": "g", "LogStreamName": "s"}`)
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				for {
					_, err := d.PutLogEvents(d.ctx, &logsapi.PutLogEventsInput{LogGroupName: new("g"), LogStreamName: new("s"), LogEvents: lines(time.Now(), 0)})
					if err != nil {
						if cloud.KindOf(err) != cloud.NotFound {
							t.Error(err)
						}
						return
					}
				}
			})
		}
		d.must("DeleteLogStream", `{"LogGroupName": "g", "LogStreamName": "s"}`)
		group.Wait()
		equal(t, "what is left", []string(nil), d.filter(logsapi.FilterLogEventsInput{LogGroupName: new("g")}))
	}
}

func TestAStreamIsReadInPages(t *testing.T) {
	d := open(t)
	d.group("g", "s", "other")
	now := time.Now().UnixMilli()
	var all []string
	for i := range 25 {
		all = append(all, fmt.Sprint(i))
	}
	d.put("g", "other", now, "of another stream")
	d.put("g", "s", now, all...)
	in := &logsapi.GetLogEventsInput{LogGroupIdentifier: new(arn + "g"), LogStreamName: new("s"), Limit: new(int32(10))}
	found, first := d.get(in)
	equal(t, "the newest", all[15:], found)
	in.NextToken = first.NextForwardToken
	found, end := d.get(in)
	equal(t, "behind the newest", []string(nil), found)
	equal(t, "a token that leads nowhere", *first.NextForwardToken, *end.NextForwardToken)
	in.NextToken = end.NextBackwardToken
	found, _ = d.get(in)
	equal(t, "back from the end", all[15:], found)

	in.NextToken = first.NextBackwardToken
	found, second := d.get(in)
	equal(t, "before the newest", all[5:15], found)
	in.NextToken = second.NextBackwardToken
	found, third := d.get(in)
	equal(t, "the oldest", all[:5], found)
	in.NextToken = third.NextBackwardToken
	found, end = d.get(in)
	equal(t, "before the oldest", []string(nil), found)
	equal(t, "a token that leads nowhere", *third.NextBackwardToken, *end.NextBackwardToken)
	in.NextToken = end.NextForwardToken
	found, _ = d.get(in)
	equal(t, "forward from there", all[:10], found)

	in.NextToken, in.StartFromHead = nil, new(true)
	var got []string
	for {
		found, page := d.get(in)
		got = append(got, found...)
		if in.NextToken != nil && *in.NextToken == *page.NextForwardToken {
			break
		}
		in.NextToken = page.NextForwardToken
	}
	equal(t, "from the head", all, got)
	d.put("g", "s", now+100, "later")
	found, _ = d.get(in)
	equal(t, "what came since", []string{"later"}, found)
}

func TestTheRangesOfReading(t *testing.T) {
	d := open(t)
	d.group("g", "s")
	now := time.Now().UnixMilli()
	d.put("g", "s", now, "0", "1", "2", "3")
	found, _ := d.get(&logsapi.GetLogEventsInput{LogGroupName: new("g"), LogStreamName: new("s"), StartTime: new(now + 1), EndTime: new(now + 3)})
	equal(t, "GetLogEvents has not the end", []string{"1", "2"}, found)
	equal(t, "FilterLogEvents has the end", []string{"1", "2", "3"}, d.filter(logsapi.FilterLogEventsInput{LogGroupName: new("g"), StartTime: new(now + 1), EndTime: new(now + 3)}))
}

func TestWhatIsRefusedOfReading(t *testing.T) {
	d := open(t)
	d.group("g", "s")
	const none, bad = "ResourceNotFoundException", "InvalidParameterException"
	_, page := d.get(&logsapi.GetLogEventsInput{LogGroupName: new("g"), LogStreamName: new("s")})
	d.must("CreateLogStream", `{"LogGroupName": "g", "LogStreamName": "t"}`)
	for _, tt := range []struct{ name, code, text, operation, in string }{
		{"no such group", none, "The specified log group does not exist.", "GetLogEvents", `{"LogGroupName": "x", "LogStreamName": "s"}`},
		{"no such stream", none, "The specified log stream does not exist.", "GetLogEvents", `{"LogGroupName": "g", "LogStreamName": "x"}`},
		{"no group", bad, "", "GetLogEvents", `{"LogStreamName": "s"}`},
		{"a token of nobody", bad, "The specified nextToken is invalid.", "GetLogEvents", `{"LogGroupName": "g", "LogStreamName": "s", "NextToken": "invalid-token"}`},
		{"a token that was changed", bad, "The specified nextToken is invalid.", "GetLogEvents", `{"LogGroupName": "g", "LogStreamName": "s", "NextToken": "f/00000000000000000000000000000000000000000000000000000000/s"}`},
		{"a token of another stream", bad, "The specified nextToken is invalid.", "GetLogEvents", `{"LogGroupName": "g", "LogStreamName": "t", "NextToken": "` + *page.NextForwardToken + `"}`},
		{"a limit of 10,001", bad, "1 validation error detected: Value '10001' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 10000", "GetLogEvents", `{"LogGroupName": "g", "LogStreamName": "s", "Limit": 10001}`},
		{"a search of no group", none, "The specified log group does not exist.", "FilterLogEvents", `{"LogGroupName": "x"}`},
		{"a search of no stream", none, "The specified log stream does not exist.", "FilterLogEvents", `{"LogGroupName": "g", "LogStreamNames": ["s", "x"]}`},
		{"streams and a prefix", bad, "mutually exclusive", "FilterLogEvents", `{"LogGroupName": "g", "LogStreamNames": ["s"], "LogStreamNamePrefix": "s"}`},
		{"a limit of 10,001 of a search", bad, "Value '10001' at 'limit'", "FilterLogEvents", `{"LogGroupName": "g", "Limit": 10001}`},
		{"a token of no search", bad, "The specified nextToken is invalid.", "FilterLogEvents", `{"LogGroupName": "g", "NextToken": "x"}`},
		{"a pattern that is none", bad, "Invalid character(s) in term '('", "FilterLogEvents", `{"LogGroupName": "g", "FilterPattern": "("}`},
		{"a pattern of 1,025 characters", bad, "", "FilterLogEvents", `{"LogGroupName": "g", "FilterPattern": "` + strings.Repeat("x", 1025) + `"}`},
		{"a pointer to nothing", bad, "pointer", "GetLogRecord", `{"LogRecordPointer": "x"}`},
		{"fields of no group", none, "", "GetLogGroupFields", `{"LogGroupName": "x"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			(&desk{t, d.Service, d.ctx}).refused(tt.code, tt.text, tt.operation, "%s", tt.in)
		})
	}
}

func TestAGroupIsSearched(t *testing.T) {
	d := open(t)
	d.group("g", "a/1", "a/2", "b")
	now := time.Now().UnixMilli()
	d.put("g", "a/1", now, "one ERROR", `{"level": "ERROR", "took": 5}`)
	d.put("g", "b", now, "two ok")
	d.put("g", "a/2", now-5, "three ERROR", "four request 5eed0f0d-dba1-1ad5-0000-123456789012 ok")
	for _, tt := range []struct {
		name string
		in   logsapi.FilterLogEventsInput
		want []string
	}{
		{"all", logsapi.FilterLogEventsInput{}, []string{"three ERROR", "four request 5eed0f0d-dba1-1ad5-0000-123456789012 ok", "one ERROR", "two ok", `{"level": "ERROR", "took": 5}`}},
		{"a term", logsapi.FilterLogEventsInput{FilterPattern: new("ERROR")}, []string{"three ERROR", "one ERROR", `{"level": "ERROR", "took": 5}`}},
		{"two terms", logsapi.FilterLogEventsInput{FilterPattern: new("ERROR one")}, []string{"one ERROR"}},
		{"a phrase", logsapi.FilterLogEventsInput{FilterPattern: new(`"0f0d-dba1-1ad5-0000"`)}, []string{"four request 5eed0f0d-dba1-1ad5-0000-123456789012 ok"}},
		{"a term that is not wanted", logsapi.FilterLogEventsInput{FilterPattern: new("ok -request -took")}, []string{"two ok"}},
		{"a member", logsapi.FilterLogEventsInput{FilterPattern: new("{ $.took > 4 }")}, []string{`{"level": "ERROR", "took": 5}`}},
		{"streams", logsapi.FilterLogEventsInput{LogStreamNames: []string{"b", "a/2"}}, []string{"three ERROR", "four request 5eed0f0d-dba1-1ad5-0000-123456789012 ok", "two ok"}},
		{"a prefix", logsapi.FilterLogEventsInput{LogStreamNamePrefix: new("a/"), FilterPattern: new("ERROR")}, []string{"three ERROR", "one ERROR", `{"level": "ERROR", "took": 5}`}},
		{"a prefix of none", logsapi.FilterLogEventsInput{LogStreamNamePrefix: new("z")}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, limit := range []int32{10_000, 1, 2} {
				in := tt.in
				in.LogGroupName, in.Limit = new("g"), &limit
				equal(t, fmt.Sprint("pages of ", limit), tt.want, (&desk{t, d.Service, d.ctx}).filter(in))
			}
		})
	}
	out, err := d.FilterLogEvents(d.ctx, &logsapi.FilterLogEventsInput{LogGroupName: new("g"), Interleaved: new(true)})
	if err != nil || out.SearchedLogStreams == nil || len(out.SearchedLogStreams) > 0 {
		t.Error(out, err)
	}
	ids := map[string]bool{}
	for _, e := range out.Events {
		if len(*e.EventId) != 56 || strings.Trim(*e.EventId, "0123456789") != "" {
			t.Errorf("ID %q", *e.EventId)
		}
		ids[*e.EventId] = true
	}
	equal(t, "different IDs", 5, len(ids))
}

// A page of a search is bound to the search.
func TestATokenIsOfOneSearch(t *testing.T) {
	d := open(t)
	d.group("g", "s")
	d.put("g", "s", time.Now().UnixMilli(), "a", "b")
	out, err := d.FilterLogEvents(d.ctx, &logsapi.FilterLogEventsInput{LogGroupName: new("g"), Limit: new(int32(1))})
	if err != nil || out.NextToken == nil {
		t.Fatal(out, err)
	}
	d.refused("InvalidParameterException", "The specified nextToken is invalid.", "FilterLogEvents", `{"LogGroupName": "g", "FilterPattern": "b", "NextToken": %q}`, *out.NextToken)
}

// What is in files is read as what is in memory is, after a restart too.
func TestEventsAreThereAfterARestart(t *testing.T) {
	store, dir := servicetest.Store(t), t.TempDir()
	d := opened(t, store, dir)
	d.group("g", "s", "gone")
	now := time.Now().UnixMilli()
	d.put("g", "s", now, "one", "two")
	d.put("g", "gone", now, "three")
	d.must("DeleteLogStream", `{"LogGroupName": "g", "LogStreamName": "gone"}`)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	again := opened(t, store, dir)
	equal(t, "events", []string{"one", "two"}, again.filter(logsapi.FilterLogEventsInput{LogGroupName: new("g")}))
	again.must("CreateLogStream", `{"LogGroupName": "g", "LogStreamName": "gone"}`)
	again.put("g", "gone", now+9, "four")
	equal(t, "events", []string{"one", "two", "four"}, again.filter(logsapi.FilterLogEventsInput{LogGroupName: new("g")}))
}

// Retention hides what is due at once, and never more; what it has taken does not come
// back with a longer one.
func TestRetention(t *testing.T) {
	store, dir := servicetest.Store(t), t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s, err := logs.Open(t.Context(), logs.Config{Dir: dir, Log: discard()}, store, &keys{})
		if err != nil {
			t.Fatal(err)
		}
		d := &desk{t, s, servicetest.Call(t)}
		d.group("g", "s")
		d.must("PutRetentionPolicy", `{"LogGroupName": "g", "RetentionInDays": 1}`)
		random := rand.New(rand.NewPCG(1, 1))
		type kept struct {
			at   time.Time
			text string
		}
		var all []kept
		days := 1
		for range 60 {
			now := time.Now()
			text := fmt.Sprint(now.UnixNano())
			d.put("g", "s", now.UnixMilli(), text)
			all = append(all, kept{now, text})
			<-time.After(time.Duration(random.IntN(7200)) * time.Second)
			if random.IntN(10) == 0 {
				all = slices.DeleteFunc(all, func(k kept) bool { return time.Since(k.at) > time.Duration(days)*24*hour })
				days = []int{1, 3}[random.IntN(2)]
				d.must("PutRetentionPolicy", `{"LogGroupName": "g", "RetentionInDays": %d}`, days)
			}
			var want []string
			for _, k := range all {
				if time.Since(k.at) <= time.Duration(days)*24*hour {
					want = append(want, k.text)
				}
			}
			equal(t, fmt.Sprint("within days ", days), want, d.filter(logsapi.FilterLogEventsInput{LogGroupName: new("g")}))
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestARecordAndItsFields(t *testing.T) {
	d := open(t)
	d.group("g", "s")
	now := time.Now().Add(-time.Second).UnixMilli() // the fields are of what was until now
	d.put("g", "s", now, `{"a": {"b": [1, true]}, "@c": "d", "n": null}`, "no JSON", `{"a": 2}`)
	out := d.must("GetLogGroupFields", `{"LogGroupName": "g"}`)
	equal(t, "fields", `{"LogGroupFields":[{"Name":"@ingestionTime","Percent":100},{"Name":"@log","Percent":100},{"Name":"@logStream","Percent":100},`+
		`{"Name":"@message","Percent":100},{"Name":"@timestamp","Percent":100},{"Name":"@@c","Percent":33},{"Name":"a","Percent":33},{"Name":"a.b.0","Percent":33},{"Name":"a.b.1","Percent":33}]}`, out)
}
