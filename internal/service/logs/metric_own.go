package logs

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/bus"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/logs/events"
)

// ownNamespace is that of what CloudWatch Logs counts of its groups.
const ownNamespace = "AWS/Logs"

// own adds a value to one of the service's own metrics of a group. Nothing is added for
// 0.
func (r *round) own(scope cloud.Scope, name, unit, group string, at time.Time, value float64) {
	if value != 0 {
		ownOf(r.data, scope, name, unit, at, value, map[string]string{"LogGroupName": group})
	}
}

func ownOf(to *tally, scope cloud.Scope, name, unit string, at time.Time, value float64, dimensions ...map[string]string) {
	for _, set := range dimensions {
		to.add(scope, &Datum{Namespace: ownNamespace, Name: name, Unit: unit, Dimensions: set, Resolution: minuteOf, Time: begin(at, minuteOf)}, value)
	}
}

// arrived counts a batch that came: in its group, and in all of the account.
func (r *round) arrived(k *known, ingested int64, count, bytes int) {
	at, group := time.UnixMilli(ingested), map[string]string{"LogGroupName": k.group.Name}
	ownOf(r.data, k.at.scope(), "IncomingLogEvents", "None", at, float64(count), group, nil)
	ownOf(r.data, k.at.scope(), "IncomingBytes", "Bytes", at, float64(bytes), group, nil)
}

// transformed counts what a transformer made of an event, or that it could not.
func (r *round) transformed(k *known, e *events.Event, message []byte, failure string) {
	at := time.UnixMilli(e.Ingested)
	switch {
	case failure != "":
		r.own(k.at.scope(), "TransformationErrors", "Count", k.group.Name, at, 1)
	case message != nil:
		r.own(k.at.scope(), "TransformedLogEvents", "None", k.group.Name, at, 1)
		r.own(k.at.scope(), "TransformedBytes", "Bytes", k.group.Name, at, float64(len(message)+eventOverhead))
	}
}

// Attributes of a delivery to a subscriber, by which is told what became of it. A
// target that has partitions takes AttributePartition as the key of one.
const (
	AttributePartition = "PartitionKey"
	attributeGroup     = "LogGroupName"
	attributeFilter    = "FilterName"
	attributeEvents    = "LogEvents"
	attributeBytes     = "LogBytes" // compressed
)

// destinationTypes are the words of metrics for the services of targets.
var destinationTypes = map[string]string{"lambda": "Lambda", "kinesis": "Kinesis", "firehose": "Firehose"}

// Counting returns a target that delivers what another one does, and counts what became
// of log events that were sent to subscribers.
func (s *Service) Counting(target bus.Target) bus.Target { return counting{s, target} }

type counting struct {
	service *Service
	target  bus.Target
}

// Deliver implements bus.Target.
func (c counting) Deliver(ctx context.Context, d bus.Delivery) error {
	err := c.target.Deliver(ctx, d)
	if d.Attributes[attributeFilter] == "" || ctx.Err() != nil {
		return err
	}
	switch {
	case err == nil:
		c.service.forwarded("ForwardedBytes", "Bytes", number(&d, attributeBytes), d.Target.Service, &d)
		c.service.forwarded("ForwardedLogEvents", "None", number(&d, attributeEvents), d.Target.Service, &d)
	case cloud.KindOf(err) == cloud.Throttled:
		c.service.forwarded("DeliveryThrottling", "None", number(&d, attributeEvents), d.Target.Service, &d)
	default:
		c.service.forwarded("DeliveryErrors", "None", number(&d, attributeEvents), d.Target.Service, &d)
	}
	return err
}

// Probe implements bus.Prober.
func (c counting) Probe(ctx context.Context, d bus.Delivery) error {
	return bus.Probe(ctx, c.target, d)
}

func number(d *bus.Delivery, attribute string) float64 {
	n, _ := strconv.ParseFloat(d.Attributes[attribute], 64)
	return n
}

// forwarded counts what became of a delivery to a subscriber.
func (s *Service) forwarded(name, unit string, value float64, service string, d *bus.Delivery) {
	group := d.Attributes[attributeGroup]
	of := map[string]string{"LogGroupName": group, "FilterName": d.Attributes[attributeFilter], "DestinationType": destinationTypes[service]}
	s.passer.count(func(to *tally) {
		ownOf(to, cloud.Scope{Account: d.Source.Account, Region: d.Source.Region}, name, unit, time.Now(), value, of, map[string]string{"LogGroupName": group})
	})
}

// Undelivered tells of log events that no subscriber took: it is what the bus delivers
// in their place. Attempts were counted when they failed; what was never tried, since
// too much waited for the target already, is counted here.
func (s *Service) Undelivered(ctx context.Context, d bus.Delivery) error {
	target, err := cloud.ParseARN(d.Attributes[bus.AttributeTargetARN])
	if err != nil {
		return cloud.Errorf(cloud.Invalid, "InvalidArn", "%q is not the ARN of what log events are sent to", d.Attributes[bus.AttributeTargetARN])
	}
	if d.Attributes[bus.AttributeRetries] == "0" && strings.HasSuffix(d.Attributes[bus.AttributeErrorCode], "BacklogFull") {
		s.forwarded("DeliveryErrors", "None", number(&d, attributeEvents), target.Service, &d)
	}
	s.cfg.Log.ErrorContext(ctx, "log events of a subscription are not delivered any more", "arn", target.String(), "group", d.Attributes[attributeGroup],
		"filter", d.Attributes[attributeFilter], "events", d.Attributes[attributeEvents], "code", d.Attributes[bus.AttributeErrorCode],
		"message", d.Attributes[bus.AttributeErrorMessage])
	return nil
}

// IsUndelivered says whether a delivery to CloudWatch Logs is one that Undelivered takes.
func IsUndelivered(d bus.Delivery) bool { return d.Attributes[attributeFilter] != "" }
