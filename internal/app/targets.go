package app

import (
	"context"
	"maps"

	"github.com/sillok/sillok/internal/bus"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/service/logs"
	"github.com/sillok/sillok/internal/store/state"
)

// targets returns who takes what is delivered to an ARN, by the service in it.
// A new target is a line here.
func (a *App) targets() map[string]bus.Target {
	all := map[string]bus.Target{"cloudtrail": failedOfTrails{a}, "logs": sentToLogs{a}}
	if a.queues != nil {
		all["sqs"] = a.queues
	}
	if a.sns != nil {
		all["sns"] = a.sns
	}
	if len(a.cfg.DeliveryStreams) > 0 {
		all["firehose"] = a.firehose
	}
	maps.Copy(all, a.operated())
	maps.Copy(all, a.cfg.targets)
	if a.logs != nil {
		for service, target := range all {
			all[service] = a.logs.Counting(target)
		}
	}
	return all
}

// delivers reports whether somebody takes what is delivered to the ARN.
func (a *App) delivers(arn cloud.ARN) bool {
	if _, there := a.cfg.targets[arn.Service]; !there && arn.Service == "firehose" {
		return a.firehose.Takes(arn)
	}
	return a.targets()[arn.Service] != nil
}

// sentToLogs takes what is delivered to log groups: what trails send, logs of services,
// and what became of log events that nobody took.
type sentToLogs struct{ app *App }

// Deliver implements bus.Target.
func (l sentToLogs) Deliver(ctx context.Context, d bus.Delivery) error {
	switch {
	case logs.IsUndelivered(d):
		return l.app.logs.Undelivered(ctx, d)
	case logs.IsVended(d):
		return l.app.logs.DeliverVended(ctx, d)
	}
	return trailLogGroups(l).Deliver(ctx, d)
}

// subscribers are the targets of log events.
type subscribers struct{ app *App }

// Takes implements logs.Targets.
func (s subscribers) Takes(arn cloud.ARN) bool { return s.app.delivers(arn) }

// Try implements logs.Targets.
func (s subscribers) Try(ctx context.Context, d bus.Delivery) error {
	return s.app.targets()[d.Target.Service].Deliver(ctx, d)
}

// Probe implements logs.Targets.
func (s subscribers) Probe(ctx context.Context, d bus.Delivery) error {
	return bus.Probe(ctx, s.app.targets()[d.Target.Service], d)
}

// Deliver implements logs.Targets.
func (s subscribers) Deliver(tx state.Tx, d bus.Delivery) (id string, err error) {
	return s.app.bus.Deliver(tx, d)
}
