package app

import (
	"github.com/sillok/sillok/internal/bus"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/state"
)

// alarmCarrier brings to others what becomes of alarms.
type alarmCarrier struct{ app *App }

// Publish implements cloudwatch.Carrier.
func (c alarmCarrier) Publish(tx state.Tx, f bus.Fact) error { return c.app.bus.Publish(tx, f) }

// Deliver implements cloudwatch.Carrier.
func (c alarmCarrier) Deliver(tx state.Tx, d bus.Delivery) (id string, err error) {
	return c.app.bus.Deliver(tx, d)
}

// Takes implements cloudwatch.Carrier.
func (c alarmCarrier) Takes(arn cloud.ARN) bool { return c.app.delivers(arn) }

// told returns the targets of the bus, which tell the histories of alarms what became of
// their actions.
func (a *App) told() map[string]bus.Target { return a.metrics.Telling(a.targets()) }
