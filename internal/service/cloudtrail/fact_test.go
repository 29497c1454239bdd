package cloudtrail_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/bus"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/service/cloudtrail"
	"github.com/sillok/sillok/internal/servicetest"
	"github.com/sillok/sillok/internal/trail/event"
	"github.com/sillok/sillok/internal/trail/insight"
)

func TestAnInsightIsAFactOfEventBridge(t *testing.T) {
	e, err := event.Parse([]byte(`{"eventID":"1","eventTime":"2026-03-01T08:00:00Z","insightDetails":{"eventName":"A","eventSource":"ec2.amazonaws.com"}}`))
	if err != nil {
		t.Fatal(err)
	}
	got, err := cloudtrail.FactOf(&insight.Found{Scope: insight.Scope{Account: "111122223333", Region: "eu-west-1"}, Event: e})
	if err != nil {
		t.Fatal(err)
	}
	servicetest.Diff(t, bus.Fact{
		Kind: "cloudtrail.eventbridge.event", Scope: cloud.Scope{Account: "111122223333", Region: "eu-west-1"}, Time: time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC),
		Data: json.RawMessage(`{"source":"aws.cloudtrail","detail-type":"AWS Insight via CloudTrail","resources":[],"detail":` + string(e.JSON) + `}`),
	}, got)
}
