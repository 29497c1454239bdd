package cloudtrail

import (
	"encoding/json"

	"github.com/sillok/sillok/internal/bus"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/trail/insight"
)

// bridgeEvent is an event as EventBridge has it, without what the bus adds.
type bridgeEvent struct {
	Source     string          `json:"source"`
	DetailType string          `json:"detail-type"`
	Resources  []string        `json:"resources"`
	Detail     json.RawMessage `json:"detail"`
}

// FactOf returns the fact that an insight began or has ended, as EventBridge has it of
// CloudTrail.
func FactOf(f *insight.Found) (bus.Fact, error) {
	data, err := json.Marshal(bridgeEvent{Source: "aws.cloudtrail", DetailType: "AWS Insight via CloudTrail", Resources: []string{}, Detail: f.Event.JSON})
	return bus.Fact{
		Kind: "cloudtrail.eventbridge.event", Scope: cloud.Scope{Account: f.Scope.Account, Region: f.Scope.Region}, Time: f.Event.Time, Data: data,
	}, err
}
