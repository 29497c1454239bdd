package subscription_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/logs/subscription"
)

func unzip(tb testing.TB, b []byte) string {
	tb.Helper()
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		tb.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		tb.Fatal(err)
	}
	return string(text)
}

func TestMessages(t *testing.T) {
	one := subscription.Event{ID: strings.Repeat("3", 56), Timestamp: 1754000000123, Message: "a <b> & \"c\"\n\u2028é"}
	with := one
	with.Extracted = map[string]string{"ip": "192.0.2.1"}
	for name, tt := range map[string]struct {
		message subscription.Message
		want    string
	}{
		"of events": {
			subscription.Data("111122223333", "g", "s", "f", "", []subscription.Event{one}),
			`{"messageType":"DATA_MESSAGE","owner":"111122223333","logGroup":"g","logStream":"s","subscriptionFilters":["f"],` +
				`"logEvents":[{"id":"33333333333333333333333333333333333333333333333333333333","timestamp":1754000000123,"message":"a <b> & \"c\"\n\u2028é"}]}`,
		},
		"of an account's policy, with fields": {
			subscription.Data("111122223333", "g", "s", "p", subscription.AccountLevel, []subscription.Event{with}),
			`{"messageType":"DATA_MESSAGE","owner":"111122223333","logGroup":"g","logStream":"s","subscriptionFilters":["p"],` +
				`"logEvents":[{"id":"33333333333333333333333333333333333333333333333333333333","timestamp":1754000000123,"message":"a <b> & \"c\"\n\u2028é","extractedFields":{"ip":"192.0.2.1"}}],` +
				`"policyLevel":"ACCOUNT_LEVEL_POLICY"}`,
		},
		"to see whether a target takes any": {
			subscription.Control("Firehose", time.UnixMilli(1423592387000)),
			`{"messageType":"CONTROL_MESSAGE","owner":"CloudwatchLogs","logGroup":"","logStream":"","subscriptionFilters":[],` +
				`"logEvents":[{"id":"","timestamp":1423592387000,"message":"CWL CONTROL MESSAGE: Checking health of destination Firehose."}]}`,
		},
	} {
		encoded, err := tt.message.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, unzip(t, encoded)); diff != "" {
			t.Errorf("a message %s (-want +got):\n%s", name, diff)
		}
		if got := subscription.Envelope("kinesis", encoded); !bytes.Equal(got, encoded) {
			t.Errorf("a message %s is wrapped for Kinesis", name)
		}
		var wrapped struct {
			AWSLogs struct{ Data string } `json:"awslogs"`
		}
		if err := json.Unmarshal(subscription.Envelope("lambda", encoded), &wrapped); err != nil {
			t.Fatal(err)
		}
		if b, err := base64.StdEncoding.DecodeString(wrapped.AWSLogs.Data); err != nil || !bytes.Equal(b, encoded) {
			t.Errorf("a message %s for Lambda: %v", name, err)
		}
	}
}

func TestHowManyEventsGoIntoAMessage(t *testing.T) {
	of := func(n, size int) []subscription.Event {
		events := make([]subscription.Event, n)
		for i := range events {
			events[i].Message = strings.Repeat("x", size)
		}
		return events
	}
	for name, tt := range map[string]struct {
		events []subscription.Event
		want   int
	}{
		"one":                    {of(1, 10), 1},
		"one of a megabyte":      {of(1, 1<<20), 1},
		"two of a megabyte":      {of(2, 1<<20), 1},
		"small ones":             {of(500, 100), 500},
		"kilobytes":              {of(2000, 1000), 935},
		"very many":              {of(10_001, 0), 8729},
		"with fields":            {append(of(1, 10), subscription.Event{Extracted: map[string]string{"a": strings.Repeat("x", 1<<20)}}), 1},
		"few behind a large one": {append(of(1, 1<<20-2000), of(3, 100)...), 4},
	} {
		if got := subscription.Split(tt.events); got != tt.want {
			t.Errorf("%s: %d of %d", name, got, len(tt.events))
		}
	}
}
