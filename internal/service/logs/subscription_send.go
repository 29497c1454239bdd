package logs

import (
	"context"
	"encoding/hex"
	"maps"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/sillok/sillok/internal/bus"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/language/filterpattern"
	"github.com/sillok/sillok/internal/logs/events"
	"github.com/sillok/sillok/internal/logs/subscription"
	"github.com/sillok/sillok/internal/resource"
)

// subscriber is a subscription filter, of a group or of the account, as events are
// matched against it.
type subscriber struct {
	name, level string
	pattern     *filterpattern.Pattern
	target      cloud.ARN
	role        string
	random      bool
	system      map[string]string // fields that go with each event
	since       uint64            // the first batch that it is sent
}

func newSubscriber(k *known, of *subscriptionFilter, p *filterpattern.Pattern) (subscriber, error) {
	target, err := cloud.ParseARN(*of.DestinationArn)
	return subscriber{
		name: *of.FilterName, pattern: p, target: target, role: resource.Value(of.RoleArn), random: resource.Value(of.Distribution) == random && target.Service != "lambda" && target.Service != "firehose",
		system: k.systemFields(of.EmitSystemFields), since: of.Since,
	}, err
}

// sendingKey is what goes into one message.
type sendingKey struct {
	group               uint64
	stream, name, level string
}

// sending is the events of a stream that go to a subscriber, in their order.
type sending struct {
	known  *known
	sub    *subscriber
	stream string
	events []subscription.Event
}

// send adds an event to what goes to a subscriber.
func (r *round) send(k *known, sub *subscriber, stream string, e *events.Event, message []byte) {
	at := sendingKey{k.group.Number, stream, sub.name, sub.level}
	to := r.sends[at]
	if to == nil {
		to = &sending{known: k, sub: sub, stream: stream}
		r.sends[at], r.groups = to, append(r.groups, to)
	}
	to.events = append(to.events, subscription.Event{ID: eventID(e.Key), Timestamp: e.Time, Message: string(message), Extracted: sub.extract(message)})
}

// extract returns the fields that go with an event: those of a line, by the names that
// the pattern gives them, and where the event is from.
func (sub *subscriber) extract(message []byte) map[string]string {
	if sub.pattern.Kind() != filterpattern.Delimited || sub.target.Service != "lambda" {
		return sub.system
	}
	fields := map[string]string{}
	for name, value := range sub.pattern.Extract(message) {
		fields[strings.TrimPrefix(name, "$")] = value
	}
	maps.Copy(fields, sub.system)
	return fields
}

// deliveries makes the round's messages to subscribers. What cannot be sent any more is
// told and counted.
func (r *round) deliveries(ctx context.Context) (all []bus.Delivery, err error) {
	for _, of := range r.groups {
		target, role, lost := of.sub.target, of.sub.role, ""
		if target.Service == "logs" {
			found, err := r.throughDestination(ctx, target, func(to cloud.ARN, as string) error {
				target, role = to, as
				return nil
			})
			if err != nil {
				return nil, err
			}
			if !found {
				lost = "the destination is gone"
			}
		}
		if lost == "" && (r.cfg.Targets == nil || !r.cfg.Targets.Takes(target)) {
			lost = "no service takes log events at its ARN"
		}
		if lost != "" {
			r.lose(ctx, of, target, lost)
			continue
		}
		if all, err = of.messages(all, target, role); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// lose tells of events that cannot be sent.
func (r *round) lose(ctx context.Context, of *sending, target cloud.ARN, why string) {
	r.cfg.Log.ErrorContext(ctx, "log events of a subscription cannot be sent", "arn", target.String(), "group", of.known.group.Name, "filter", of.sub.name,
		"events", len(of.events), "reason", why)
	d := bus.Delivery{Source: of.known.source(), Attributes: of.attributes(len(of.events), 0)}
	r.forwarded("DeliveryErrors", "None", float64(len(of.events)), target.Service, &d)
}

func (of *sending) attributes(events, bytes int) map[string]string {
	return map[string]string{
		attributeGroup: of.known.group.Name, attributeFilter: of.sub.name, attributeEvents: strconv.Itoa(events), attributeBytes: strconv.Itoa(bytes),
	}
}

// messages appends the deliveries of the events: those of a stream keep their order,
// where they are not to be spread.
func (of *sending) messages(to []bus.Delivery, target cloud.ARN, role string) ([]bus.Delivery, error) {
	source := of.known.source()
	for left := of.events; len(left) > 0; {
		n := subscription.Split(left)
		message := subscription.Data(string(of.known.at.Account), of.known.group.Name, of.stream, of.sub.name, of.sub.level, left[:n])
		left = left[n:]
		encoded, err := message.Encode()
		if err != nil {
			return nil, err
		}
		d := bus.Delivery{
			Target: target, Payload: subscription.Envelope(target.Service, encoded), Source: source, Principal: principalOf(role),
			Attributes: of.attributes(n, len(encoded)),
			DeadLetter: bus.DeadLetter{Target: source, Payload: []byte("{}")},
		}
		if of.sub.random {
			d.Attributes[AttributePartition] = hex.EncodeToString([]byte(strconv.FormatUint(rand.Uint64(), 36))) //nolint:gosec // it has to spread, not to be secret
		} else {
			d.Attributes[AttributePartition] = of.stream
			d.Group = source.String() + " " + of.sub.level + of.sub.name + " " + of.stream
		}
		to = append(to, d)
	}
	return to, nil
}
