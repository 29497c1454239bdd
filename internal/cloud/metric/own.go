package metric

import (
	"context"

	"github.com/sillok/sillok/internal/cloud"
)

// MostOwn is how many dimensions a metric of the server's own has at most.
const MostOwn = 4

// Own names a metric that a service emits of itself, such as NumberOfMessagesSent of a
// queue:
//
//	metric.Own{Namespace: "AWS/SQS", Name: "NumberOfMessagesSent", Unit: "Count"}.With("QueueName", name)
//
// It is compared as it is, so whoever emits one writes its dimensions in one order. AWS adds
// nothing up when metrics are read: where it has a metric by several sets of dimensions,
// each is a metric of its own and is emitted as such.
type Own struct {
	Namespace, Name string
	Unit            string // one of Units; empty for None
	Dimensions      [MostOwn]Dimension
}

// With returns the metric with one dimension more, of which MostOwn have room. A dimension
// without a value is none.
func (o Own) With(name, value string) Own {
	for i := range o.Dimensions {
		if o.Dimensions[i].Name == "" && value != "" {
			o.Dimensions[i] = Dimension{name, value}
			break
		}
	}
	return o
}

// Emitter takes what services count of themselves. It adds up in memory what comes of a
// minute, and puts that once a minute and when the server stops: what a service emits costs
// its calls next to nothing, and what came since the last minute began is lost when the
// server is killed.
type Emitter interface {
	// Emit adds a sample to a metric of an account and region, at this time. It waits for
	// nothing and cannot fail. A value is finite. A sample of 0 is a sample: a service of
	// which AWS publishes no zeroes emits none. Nothing is emitted without an account or
	// a region.
	Emit(scope cloud.Scope, m Own, value float64)
}

// Gauges is asked once a minute for what is so at that time, such as how many messages
// wait, and tells it by emit. It must end when ctx does.
type Gauges func(ctx context.Context, emit func(scope cloud.Scope, m Own, value float64)) error

// Nowhere is an Emitter that takes what nobody wants to know.
var Nowhere Emitter = nowhere{}

type nowhere struct{}

func (nowhere) Emit(cloud.Scope, Own, float64) {}
