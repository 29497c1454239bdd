package s3_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/bus"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/service/s3"
	"github.com/sillok/sillok/internal/servicetest"
	"github.com/sillok/sillok/internal/store/objects"
	"github.com/sillok/sillok/internal/store/state"
)

// publishedLog keeps what is published and delivered, as soon as it is committed.
type publishedLog struct {
	facts      []bus.Fact
	deliveries []bus.Delivery
	fail       error
}

func (p *publishedLog) Publish(tx state.Tx, fact bus.Fact) error {
	tx.AfterCommit(func() { p.facts = append(p.facts, fact) })
	return p.fail
}

func (p *publishedLog) Deliver(tx state.Tx, d bus.Delivery) (string, error) {
	tx.AfterCommit(func() { p.deliveries = append(p.deliveries, d) })
	return "1", p.fail
}

func (p *publishedLog) kinds() []string {
	kinds := []string{}
	for _, f := range p.facts {
		kinds = append(kinds, f.Kind+" "+f.Subject.Resource)
	}
	return kinds
}

func notifying(tb testing.TB, c *clock, takes func(cloud.ARN) bool) (*s3.Service, *publishedLog) {
	tb.Helper()
	log := &publishedLog{}
	cfg := s3.Config{Log: slog.New(slog.DiscardHandler), Now: c.time, Delivers: takes}
	return s3.New(cfg, serveAt(tb, c).DB(), servicetest.Store(tb), log), log
}

func indented(tb testing.TB, data []byte) string {
	tb.Helper()
	var value any
	if err := json.Unmarshal(data, &value); err != nil {
		tb.Fatal(err)
	}
	out, err := json.MarshalIndent(value, "", " ")
	if err != nil {
		tb.Fatal(err)
	}
	return string(out)
}

func queueOf(id, name string, events []string, rules ...s3api.FilterRule) s3api.QueueConfiguration {
	return s3api.QueueConfiguration{
		Id: &id, QueueArn: new("arn:aws:sqs:ap-northeast-2:111122223333:" + name), Events: events,
		Filter: &s3api.NotificationConfigurationFilter{Key: &s3api.S3KeyFilter{FilterRules: rules}},
	}
}

var putChange = objects.Change{
	Number: 0x1a2b, Event: "ObjectCreated:Put", Time: time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC), Bucket: "photos", Key: "new/My café.jpg",
	Version: "0123456789abcdef0123456789abcdef", Size: 3, ETag: "900150983cd24fb0d6963f7d28e17f72",
	Account: owner, Region: home, Principal: "AIDAEXAMPLE", RequestID: "79A59DF900B949E5", SourceIP: "192.0.2.3",
}

func TestNotifications(t *testing.T) {
	s, log := notifying(t, &clock{at("2026-01-01 12:30:00")}, nil)
	b := made(t, s, "photos")
	set(t, s, b, "notification", s3api.NotificationConfiguration{
		QueueConfigurations: []s3api.QueueConfiguration{
			queueOf("jpg", "jpg", []string{"s3:ObjectCreated:*"}, s3api.FilterRule{Name: new("Prefix"), Value: new("new/")}, s3api.FilterRule{Name: new("Suffix"), Value: new(".jpg")}),
			queueOf("gone", "gone", []string{"s3:ObjectRemoved:Delete", "s3:LifecycleExpiration:*"}),
		},
		TopicConfigurations:          []s3api.TopicConfiguration{{Id: new("t"), TopicArn: new("arn:aws:sns:ap-northeast-2:111122223333:t"), Events: []string{"s3:ObjectRemoved:*"}}},
		LambdaFunctionConfigurations: []s3api.LambdaFunctionConfiguration{{Id: new("f"), LambdaFunctionArn: new("arn:aws:lambda:ap-northeast-2:111122223333:function:f"), Events: []string{"s3:ObjectCreated:Copy"}}},
		EventBridgeConfiguration:     &s3api.EventBridgeConfiguration{},
	})
	change := func(number uint64, event, key string) objects.Change {
		c := putChange
		c.Number, c.Event, c.Key = number, event, key
		return c
	}
	changes := []objects.Change{
		putChange,
		change(0x1a2c, "ObjectCreated:Copy", "old/a.jpg"),
		change(0x1a2d, "ObjectRemoved:Delete", "a"),
		change(0x1a2e, "LifecycleExpiration:DeleteMarkerCreated", "b"),
		change(0x1a2f, "ObjectTagging:Put", "b"),
		change(0x1a30, "ObjectLock:Put", "b"),
		change(0x1a31, "Bucket:Setting", "policy"),
		{Number: 0x1a32, Event: "Bucket:Deleted", Bucket: "other", Time: putChange.Time, Account: owner, Region: home},
	}
	for range 2 { // as after a crash
		if err := s.Notify(t.Context(), changes); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{
		"s3.object.created photos/new/My café.jpg", "s3.eventbridge.event photos/new/My café.jpg",
		"s3.object.created photos/old/a.jpg", "s3.eventbridge.event photos/old/a.jpg",
		"s3.object.deleted photos/a", "s3.eventbridge.event photos/a",
		"s3.object.deleted photos/b", "s3.eventbridge.event photos/b",
		"s3.object.tagged photos/b", "s3.eventbridge.event photos/b",
		"s3.object.changed photos/b",
		"s3.bucket.configured photos",
		"s3.bucket.deleted other",
	}, log.kinds()); diff != "" {
		t.Error(diff)
	}
	var delivered []string
	for _, d := range log.deliveries {
		delivered = append(delivered, d.Target.Resource)
	}
	if diff := cmp.Diff([]string{"jpg", "function:f", "t", "gone", "gone"}, delivered); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(`{
 "Records": [
  {
   "awsRegion": "ap-northeast-2",
   "eventName": "ObjectCreated:Put",
   "eventSource": "aws:s3",
   "eventTime": "2026-01-02T03:04:05.006Z",
   "eventVersion": "2.1",
   "requestParameters": {
    "sourceIPAddress": "192.0.2.3"
   },
   "responseElements": {
    "x-amz-id-2": "",
    "x-amz-request-id": "79A59DF900B949E5"
   },
   "s3": {
    "bucket": {
     "arn": "arn:aws:s3:::photos",
     "name": "photos",
     "ownerIdentity": {
      "principalId": "`+s3.CustomerID(owner)+`"
     }
    },
    "configurationId": "jpg",
    "object": {
     "eTag": "900150983cd24fb0d6963f7d28e17f72",
     "key": "new/My+caf%C3%A9.jpg",
     "sequencer": "0000000000001A2B",
     "size": 3,
     "versionId": "0123456789abcdef0123456789abcdef"
    },
    "s3SchemaVersion": "1.0"
   },
   "userIdentity": {
    "principalId": "AWS:AIDAEXAMPLE"
   }
  }
 ]
}`, indented(t, log.deliveries[0].Payload)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(`{
 "detail": {
  "bucket": {
   "name": "photos"
  },
  "deletion-type": "Delete Marker Created",
  "object": {
   "etag": "900150983cd24fb0d6963f7d28e17f72",
   "key": "b",
   "sequencer": "0000000000001A2E",
   "version-id": "0123456789abcdef0123456789abcdef"
  },
  "reason": "Lifecycle Expiration",
  "request-id": "79A59DF900B949E5",
  "requester": "111122223333",
  "source-ip-address": "192.0.2.3",
  "version": "0"
 },
 "detail-type": "Object Deleted",
 "resources": [
  "arn:aws:s3:::photos"
 ],
 "source": "aws.s3"
}`, indented(t, log.facts[7].Data)); diff != "" {
		t.Error(diff)
	}
}

func TestTestMessage(t *testing.T) {
	message, err := s3.TestMessage("photos", "R", putChange.Time)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"Service":"Amazon S3","Event":"s3:TestEvent","Time":"2026-01-02T03:04:05.006Z","Bucket":"photos","RequestId":"R","HostId":""}`
	if diff := cmp.Diff(want, string(message)); diff != "" {
		t.Error(diff)
	}
}

func TestNotificationsWaitWhileTheBusRefuses(t *testing.T) {
	s, log := notifying(t, &clock{at("2026-01-01 12:30:00")}, nil)
	b := made(t, s, "photos")
	if err := s.Notify(t.Context(), []objects.Change{putChange}); err != nil || len(log.facts) != 0 {
		t.Errorf("of a bucket without a configuration: %d facts, %v", len(log.facts), err)
	}
	set(t, s, b, "notification", s3api.NotificationConfiguration{
		QueueConfigurations: []s3api.QueueConfiguration{queueOf("q", "q", []string{"s3:ObjectRemoved:*"})},
	})
	log.fail = cloud.Errorf(cloud.Unavailable, "ServiceUnavailable", "full")
	if err := s.Notify(t.Context(), []objects.Change{putChange}); !errors.Is(err, log.fail) {
		t.Errorf("%v", err)
	}
	log.fail = nil
	if err := s.Notify(t.Context(), []objects.Change{putChange}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"s3.object.created photos/new/My café.jpg"}, log.kinds()); diff != "" {
		t.Error(diff)
	}
	renewed := putChange
	renewed.Number, renewed.Time = 1, putChange.Time.Add(time.Hour) // of a store that was made anew
	if err := s.Notify(t.Context(), []objects.Change{renewed}); err != nil {
		t.Fatal(err)
	}
	if len(log.facts) != 2 {
		t.Errorf("%d facts", len(log.facts))
	}
}

func TestWhatNothingTakesIsNotDelivered(t *testing.T) {
	s, log := notifying(t, &clock{at("2026-01-01 12:30:00")}, func(arn cloud.ARN) bool { return arn.Service == "sns" })
	b := made(t, s, "photos")
	set(t, s, b, "notification", s3api.NotificationConfiguration{
		QueueConfigurations: []s3api.QueueConfiguration{queueOf("q", "q", []string{"s3:ObjectCreated:*"})},
		TopicConfigurations: []s3api.TopicConfiguration{{Id: new("t"), TopicArn: new("arn:aws:sns:ap-northeast-2:111122223333:t"), Events: []string{"s3:ObjectCreated:*"}}},
	})
	if err := s.Notify(t.Context(), []objects.Change{putChange}); err != nil {
		t.Fatal(err)
	}
	if len(log.deliveries) != 1 || log.deliveries[0].Target.Service != "sns" || len(log.facts) != 1 {
		t.Errorf("%d facts, delivered %+v", len(log.facts), log.deliveries)
	}
}

// TestRunTellsTheBus goes the whole way, from a change of the store to a queue.
func TestRunTellsTheBus(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	db, err := objects.Open(t.Context(), t.TempDir(), objects.Config{Log: log, Followers: []string{s3.FollowNotifications}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	store := servicetest.Store(t)
	carrier := bus.New(bus.Config{Log: log}, store)
	s := s3.New(s3.Config{Log: log}, db, store, carrier)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 2)
	taken := make(queueTarget, 1)
	go func() { ended <- carrier.Run(ctx, nil, map[string]bus.Target{"sqs": taken}) }()
	go func() { ended <- s.Run(ctx) }()
	b := made(t, s, "photos")
	set(t, s, b, "notification", s3api.NotificationConfiguration{
		QueueConfigurations: []s3api.QueueConfiguration{queueOf("q", "q", []string{"s3:ObjectCreated:Put"})},
	})
	put(t, s, b, "a", "abc", objects.Version{})
	message := indented(t, (<-taken).Payload)
	for _, want := range []string{`"key": "a"`, `"size": 3`, `"principalId": "s3.amazonaws.com"`, `"configurationId": "q"`} {
		if !strings.Contains(message, want) {
			t.Errorf("no %s in %s", want, message)
		}
	}
	cancel()
	for range 2 {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

type queueTarget chan bus.Delivery

func (q queueTarget) Deliver(_ context.Context, d bus.Delivery) error {
	q <- d
	return nil
}
