package delivery_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/api/cloudtrailapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/journal"
	"github.com/sillok/sillok/internal/store/state"
	"github.com/sillok/sillok/internal/trail/delivery"
	"github.com/sillok/sillok/internal/trail/event"
	"github.com/sillok/sillok/internal/trail/insight"
)

// looking is a trail that looks for insights.
func looking(name string, types ...string) delivery.Trail {
	t := trail(name)
	for _, kind := range types {
		t.Insights = append(t.Insights, cloudtrailapi.InsightSelector{InsightType: &kind})
	}
	return t
}

// unusual is an insight that begins.
func unusual(t *testing.T, name, region string) insight.Found {
	t.Helper()
	e, err := event.Parse(fmt.Appendf(nil, `{"eventVersion":"1.11","eventTime":"2026-03-01T08:00:00Z","awsRegion":%q,"eventID":"id-%s","eventType":"AwsCloudTrailInsight",
		"recipientAccountId":"111122223333","sharedEventID":"shared","insightDetails":{"state":"Start","eventSource":"glue.amazonaws.com","eventName":%q},"eventCategory":"Insight"}`, region, name, name))
	if err != nil {
		t.Fatal(err)
	}
	return insight.Found{
		Scope: insight.Scope{Account: account, Region: cloud.Region(region)}, Key: insight.Key{Type: insight.CallRate, Source: e.Source, Name: name}, State: insight.Start, Event: e,
	}
}

// found tells the trails what was found, and returns which of it any takes.
func (r *rig) found(all ...insight.Found) (taken []string) {
	r.t.Helper()
	plan, err := r.Found(r.t.Context(), all)
	if err != nil {
		r.t.Fatal(err)
	}
	if err := r.store.DB.Update(r.t.Context(), func(tx state.Tx) error {
		some, err := plan(tx)
		for _, f := range some {
			taken = append(taken, f.Key.Name)
		}
		return err
	}); err != nil {
		r.t.Fatal(err)
	}
	return taken
}

func TestWhoTakesWhatWasFound(t *testing.T) {
	const rate, errorRate = "ApiCallRateInsight", "ApiErrorRateInsight"
	data := func(t *delivery.Trail) { t.Insights[0].EventCategories = []string{"Data"} }
	for _, tt := range []struct {
		name   string
		trail  func(*delivery.Trail)
		found  func(*insight.Found)
		refuse bool
	}{
		{name: "a trail that looks for it"},
		{name: "one that looks for the other type", trail: func(t *delivery.Trail) { t.Insights[0].InsightType = new(errorRate) }, refuse: true},
		{name: "one that looks for nothing", trail: func(t *delivery.Trail) { t.Insights = nil }, refuse: true},
		{name: "one that was stopped", trail: func(t *delivery.Trail) { t.Logging = false }, refuse: true},
		{name: "one of another region", trail: func(t *delivery.Trail) { t.MultiRegion, t.Global, t.Home = false, false, "us-west-2" }, refuse: true},
		{name: "one of another account", found: func(f *insight.Found) { f.Scope.Account = "444455556666" }, refuse: true},
		{name: "one that looks at data events", trail: data, refuse: true},
		{name: "its own data events", trail: data, found: func(f *insight.Found) { f.Scope.Trail = trail("a").ARN }},
		{name: "those of another trail", trail: data, found: func(f *insight.Found) { f.Scope.Trail = trail("b").ARN }, refuse: true},
		{name: "one without services that have no region", trail: func(t *delivery.Trail) { t.Global = false }, found: func(f *insight.Found) {
			f.Event.Region, f.Event.Source = "us-east-1", "iam.amazonaws.com"
		}, refuse: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := open(t, journal.Config{})
			tr, f := looking("a", rate), unusual(t, "CreateTable", "ap-northeast-2")
			r.set(tr, "StartLogging")
			if tt.trail != nil {
				tt.trail(&tr)
				r.set(tr, "UpdateTrail")
			}
			if tt.found != nil {
				tt.found(&f)
			}
			want := []string{"CreateTable"}
			if tt.refuse {
				want = nil
			}
			if diff := cmp.Diff(want, r.found(f)); diff != "" {
				t.Errorf("taken (-want +got):\n%s", diff)
			}
		})
	}
}

// Files of insights wait for a bucket that is away, are put once and the same, and are
// in the digest of their time.
func TestFilesOfInsights(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, journal.Config{})
		tr := looking("a", "ApiCallRateInsight")
		tr.Validated, tr.Prefix, tr.LogGroup, tr.Topic = true, "pre", "arn:aws:logs:ap-northeast-2:111122223333:log-group:g", "arn:aws:sns:ap-northeast-2:111122223333:t"
		var told []string
		r.cfg.Send = func(_ state.Tx, to, _ cloud.ARN, _ string, payload []byte) error {
			told = append(told, to.Service+" "+string(payload))
			return nil
		}
		r.restart()
		r.set(tr, "StartLogging")
		r.deliver()
		told = nil
		r.buckets.fail = func(string) (before, after error) { return nil, cloud.Errorf(cloud.Unavailable, "SlowDown", "later") }
		if taken := r.found(unusual(t, "A", "ap-northeast-2"), unusual(t, "B", "eu-west-1"), unusual(t, "C", "ap-northeast-2")); len(taken) != 3 {
			t.Errorf("%q were taken", taken)
		}
		r.deliver()
		if status, err := r.Status(t.Context(), tr.ARN); err != nil || status.Error != "SlowDown" || len(told) > 0 {
			t.Errorf("the status is %+v, %v; told is %q", status, err, told)
		}
		r.buckets.fail = nil
		r.restart()
		r.deliver()
		r.deliver()
		keys := map[string]int{}
		for name := range r.buckets.objects {
			for _, region := range []string{"ap-northeast-2", "eu-west-1"} {
				if strings.HasPrefix(name, "a-logs/pre/AWSLogs/111122223333/CloudTrail-Insight/"+region+"/") {
					keys[region]++
				}
			}
		}
		if diff := cmp.Diff(map[string]int{"ap-northeast-2": 1, "eu-west-1": 1}, keys); diff != "" {
			t.Errorf("files (-want +got):\n%s", diff)
		}
		r.want("a-logs", "ap-northeast-2 ", "ap-northeast-2 ", "ap-northeast-2 StartLogging", "eu-west-1 ") // of insights the name is elsewhere
		if len(told) != 3 || !strings.Contains(told[0], "CloudTrail-Insight_eu-west-1_") || !strings.Contains(told[1], `"logStreamName":"111122223333_CloudTrail-Insight_ap-northeast-2"`) ||
			!strings.Contains(told[2], `"logStreamName":"111122223333_CloudTrail-Insight_eu-west-1"`) {
			t.Errorf("told is %q", told)
		}
		topic, err := cloud.ParseARN(tr.Topic)
		if err != nil {
			t.Fatal(err)
		}
		group, err := cloud.ParseARN(tr.LogGroup)
		if err != nil {
			t.Fatal(err)
		}
		fails := func(arn string, to cloud.ARN) delivery.Status {
			t.Helper()
			if err := r.Failed(t.Context(), arn, to, "AuthorizationError"); err != nil {
				t.Fatal(err)
			}
			status, err := r.Status(t.Context(), tr.ARN)
			if err != nil {
				t.Fatal(err)
			}
			return status
		}
		if s := fails(trail("nobody's").ARN, topic); s.NotifyError != "" {
			t.Errorf("another trail's failure is %+v", s)
		}
		if s := fails(tr.ARN, topic); s.NotifyError != "AuthorizationError" || s.SendError != "" {
			t.Errorf("what was given up to the topic is %+v", s)
		}
		if s := fails(tr.ARN, group); s.SendError != "AuthorizationError" {
			t.Errorf("what was given up to the log group is %+v", s)
		}
		r.found(unusual(t, "D", "eu-west-1"))
		<-time.After(time.Second)
		r.deliver()
		if s, err := r.Status(t.Context(), tr.ARN); err != nil || s.NotifyError != "" || s.SendError != "" {
			t.Errorf("after the next ones the status is %+v, %v", s, err)
		}
		for range 2 {
			<-time.After(time.Hour)
			if err := r.Digests(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if _, _, logs := r.chain("a-logs"); logs != 4 {
			t.Errorf("digests know %d files, and there are 4", logs)
		}
	})
}

// Of a trail that is deleted what was found is put, or given up with its bucket.
func TestInsightsOfATrailThatIsDeleted(t *testing.T) {
	for _, away := range []bool{false, true} {
		r := open(t, journal.Config{})
		tr := looking("a", "ApiCallRateInsight")
		r.set(tr, "StartLogging")
		r.deliver()
		r.found(unusual(t, "A", "ap-northeast-2"))
		if err := r.store.DB.Update(t.Context(), func(tx state.Tx) error { return r.Remove(t.Context(), tx, tr.ARN) }); err != nil {
			t.Fatal(err)
		}
		if again := r.found(unusual(t, "B", "ap-northeast-2")); again != nil {
			t.Errorf("a trail that was deleted takes %q", again)
		}
		want := []string{"ap-northeast-2 ", "ap-northeast-2 StartLogging"}
		if away {
			want = want[1:]
			r.buckets.fail = func(string) (before, after error) { return cloud.Errorf(cloud.NotFound, "NoSuchBucket", "gone"), nil }
		}
		r.deliver()
		r.buckets.fail = nil
		r.deliver()
		r.want("a-logs", want...)
		left := 0
		if err := r.store.View(t.Context(), func(s state.Reader) error {
			for _, err := range s.All("cloudtrail/insight-file") {
				if err != nil {
					return err
				}
				left++
			}
			return nil
		}); err != nil || left > 0 {
			t.Errorf("%d plans are left, %v", left, err)
		}
	}
}
