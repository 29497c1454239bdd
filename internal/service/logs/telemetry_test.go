package logs_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/servicetest"
)

// What an exporter sends may be more than a batch, and is there once and in order; what is
// not taken is told by its places among all.
func TestTelemetryMayBeMoreThanABatch(t *testing.T) {
	const day = 24 * hour
	d := open(t)
	d.group("g", "s")
	d.must("PutRetentionPolicy", `{"LogGroupName": "g", "RetentionInDays": 3}`)
	now := time.Now()
	ages := []time.Duration{15 * day, 4 * day}
	for i := range 7 {
		ages = append(ages, hour-time.Duration(i)*time.Minute)
	}
	ages = append(ages, -3*hour)
	events := lines(now, ages...)
	for i := range events {
		*events[i].Message += " " + strings.Repeat("x", 400_000)
	}
	out, err := d.PutOpenTelemetryLogs(d.ctx, &logsapi.PutLogEventsInput{LogGroupName: new("g"), LogStreamName: new("s"), LogEvents: events})
	if err != nil {
		t.Fatal(err)
	}
	want := &logsapi.PutLogEventsOutput{RejectedLogEventsInfo: &logsapi.RejectedLogEventsInfo{
		TooOldLogEventEndIndex: new(int32(1)), ExpiredLogEventEndIndex: new(int32(2)), TooNewLogEventStartIndex: new(int32(9)),
	}}
	if diff := cmp.Diff(want, out); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var got []string
	for token, first := (*string)(nil), true; first || token != nil; first = false {
		page, err := d.FilterLogEvents(d.ctx, &logsapi.FilterLogEventsInput{LogGroupName: new("g"), NextToken: token})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Events {
			got = append(got, strings.SplitN(*e.Message, " x", 2)[0])
		}
		token = page.NextToken
	}
	var kept []string
	for i := range 7 {
		kept = append(kept, fmt.Sprint("event ", i+2))
	}
	if diff := cmp.Diff(kept, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestTelemetryIsRefusedAsABatchIs(t *testing.T) {
	d := open(t)
	d.group("g", "s")
	put := func(group, stream string, ages ...time.Duration) error {
		_, err := d.PutOpenTelemetryLogs(d.ctx, &logsapi.PutLogEventsInput{LogGroupName: &group, LogStreamName: &stream, LogEvents: lines(time.Now(), ages...)})
		return err
	}
	servicetest.WantCode(t, put("none", "s", 0), "ResourceNotFoundException", "The specified log group does not exist.")
	servicetest.WantCode(t, put("g", "none"), "ResourceNotFoundException", "The specified log stream does not exist.")
	servicetest.WantCode(t, put("g", "s", 25*hour, 0), "InvalidParameterException", "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.")
	if err := put("g", "s"); err != nil {
		t.Errorf("nothing at all: %v", err)
	}
}
