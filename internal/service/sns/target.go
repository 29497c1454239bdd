package sns

import (
	"cmp"
	"context"
	"encoding/json"
	"strings"

	"github.com/sillok/sillok/internal/bus"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/publish"
	"github.com/sillok/sillok/internal/resource"
)

// Deliver implements bus.Target. What comes for a topic is a publish.Message, and is
// published as the principal that sends it, where the topic's policy lets it; what comes
// for a subscription, an app or a telephone is on its last way.
func (s *Service) Deliver(ctx context.Context, d bus.Delivery) error {
	to := d.Target
	name, undelivered := strings.CutSuffix(to.Resource, lost)
	to.Resource = name
	switch {
	case strings.HasPrefix(name, telephones), strings.HasPrefix(name, "endpoint/"):
		return s.deliverElsewhere(ctx, to, d, undelivered)
	case strings.Contains(name, ":"):
		return s.deliverTo(ctx, to, d, undelivered)
	}
	return s.publishFor(ctx, d)
}

// publishFor publishes what a part of the server delivers to a topic.
func (s *Service) publishFor(ctx context.Context, d bus.Delivery) error {
	var in publish.Message
	if err := json.Unmarshal(d.Payload, &in); err != nil {
		return cloud.Errorf(cloud.Invalid, "InvalidPayload", "what is delivered to %s is no message for a topic", d.Target).Because(err)
	}
	m, err := newMessage(in)
	if err != nil {
		return err
	}
	ctx, err = s.mayPublish(ctx, d)
	if err != nil {
		return err
	}
	_, err = s.publish(ctx, d.Target, []*message{m})
	return err
}

// mayPublish says whether the principal that sends a delivery may publish to its topic, and
// returns the context of that call. Whoever sends it is asked for on behalf of its source,
// as AWS's services are.
func (s *Service) mayPublish(ctx context.Context, d bus.Delivery) (context.Context, error) {
	if d.Principal == "" {
		return ctx, cloud.Errorf(cloud.Denied, "AuthorizationErrorException", "Nobody is said to publish to %s.", d.Target)
	}
	ctx = cloud.WithCall(ctx, cloud.Call{
		Account: cmp.Or(d.SourceAccount, d.Source.Account), Region: d.Target.Region, Principal: cloud.ServiceOf(d.Principal), InvokedBy: d.Principal,
		SourceARN: source(d.Source),
	})
	return ctx, s.cfg.May(ctx, "sns:Publish", d.Target.String(), nil)
}

// Probe implements bus.Prober: whether a topic is there, and takes what the principal
// publishes.
func (s *Service) Probe(ctx context.Context, d bus.Delivery) error {
	err := s.view(ctx, scopeOf(d.Target), func(r resource.Reader) error {
		_, err := topics.Get(r, d.Target.Resource)
		return err
	})
	if err != nil {
		return err
	}
	_, err = s.mayPublish(ctx, d)
	return err
}

func source(arn cloud.ARN) string {
	if arn == (cloud.ARN{}) {
		return ""
	}
	return arn.String()
}

// parcel is a message on its last way, with all that is known of where it goes.
type parcel struct {
	*envelope

	topic cloud.ARN
	of    topic
	sub   subscription
	d     bus.Delivery
}

// deliverTo brings a message to a subscription, or deals with one that it did not take. A
// subscription that is no more gets none.
func (s *Service) deliverTo(ctx context.Context, to cloud.ARN, d bus.Delivery, undelivered bool) error {
	e, err := s.unpack(d.Payload)
	if err != nil {
		return err
	}
	p := &parcel{envelope: e, topic: to, d: d}
	name, id, _ := strings.Cut(to.Resource, ":")
	p.topic.Resource = name
	found := false
	err = s.view(ctx, scopeOf(to), func(r resource.Reader) (err error) {
		if p.of, found, err = topics.Find(r, name); err != nil || !found {
			return err
		}
		if p.sub, found, err = subscriptions.Find(r, name, id); err == nil && !found && e.Kind == cancellation {
			p.sub, found, err = unsubscribed.Find(r, name, id)
		}
		return err
	})
	if err != nil || !found || p.sub.Pending && e.Kind == notification {
		return err
	}
	if undelivered {
		return s.undelivered(ctx, p)
	}
	reply, err := s.bring(ctx, p)
	if err == nil && e.Kind == notification {
		s.count(p.topic, "NumberOfNotificationsDelivered")
		s.tell(ctx, p, reply, true)
	}
	return err
}

// reply is what an endpoint answered.
type reply struct {
	status int
	text   string
	millis int64
}

// bring sends a message by the protocol of its subscription.
func (s *Service) bring(ctx context.Context, p *parcel) (reply, error) {
	switch p.sub.Protocol {
	case "http", "https":
		return s.post(ctx, p)
	case "email", "email-json":
		return reply{status: 200}, s.mail(ctx, p)
	case "sms":
		return s.telephone(ctx, p.sub.Endpoint, p.envelope)
	case "application":
		return s.pushTo(ctx, p.sub.Endpoint, p.envelope)
	}
	arn, err := cloud.ParseARN(p.sub.Endpoint)
	if err != nil {
		return reply{}, err
	}
	out, err := s.forService(ctx, p, arn)
	if err != nil {
		return reply{}, err
	}
	return reply{status: 200}, s.cfg.Targets.Try(ctx, out)
}

// forService returns a message as a delivery to a queue, function or stream.
func (s *Service) forService(ctx context.Context, p *parcel, arn cloud.ARN) (bus.Delivery, error) {
	out := bus.Delivery{ID: p.d.ID, Target: arn, Source: p.topic, Principal: Principal}
	var err error
	switch {
	case p.sub.Protocol == "lambda":
		out.Payload, err = s.forFunction(ctx, p)
	case p.raw():
		out.Payload = []byte(p.Message)
		if p.sub.Protocol == "sqs" {
			out.Attributes, out.MessageAttributes = split(p.Attributes)
		}
	default:
		out.Payload, err = s.render(ctx, p)
	}
	if p.sub.Protocol == "firehose" {
		out.Payload = append(out.Payload, '\n')
		out.Principal = p.sub.Attributes["SubscriptionRoleArn"]
	}
	out.Group = p.Group
	if strings.HasSuffix(arn.Resource, fifoEnding) {
		out.DeduplicationID = p.Duplicate
	}
	return out, err
}

// raw says whether a message goes without what is around it.
func (p *parcel) raw() bool {
	return p.Kind == notification && p.sub.Attributes["RawMessageDelivery"] == "true"
}

// split returns attributes that are plain strings, and the others.
func split(all map[string]publish.Attribute) (plain map[string]string, others map[string]publish.Attribute) {
	for name, a := range all {
		if a.DataType == "String" {
			if plain == nil {
				plain = map[string]string{}
			}
			plain[name] = a.StringValue
			continue
		}
		if others == nil {
			others = map[string]publish.Attribute{}
		}
		others[name] = a
	}
	return plain, others
}

// undelivered tells of a message that a subscription did not take, and puts it into the
// queue for dead letters that the subscription has.
func (s *Service) undelivered(ctx context.Context, p *parcel) error {
	if p.Kind != notification {
		return nil // who was asked did not answer
	}
	queue, ok := p.sub.deadLetters()
	if !ok {
		s.failed(ctx, p, "")
		return nil
	}
	out, err := s.deadLetter(ctx, p, queue)
	if err == nil {
		err = s.cfg.Targets.Try(ctx, out)
	}
	if err == nil {
		s.failed(ctx, p, "NumberOfNotificationsRedrivenToDlq")
	} else if final(err) {
		s.failed(ctx, p, "NumberOfNotificationsFailedToRedriveToDlq")
	}
	return err
}

// final says whether another try cannot help.
func final(err error) bool {
	switch cloud.KindOf(err) {
	case cloud.Invalid, cloud.Unauthenticated, cloud.Denied, cloud.NotFound, cloud.Unsupported:
		return true
	case cloud.Internal, cloud.Conflict, cloud.Throttled, cloud.Unavailable:
	}
	return false
}

// deadLetter returns a message as its subscription would have got it, for a queue.
func (s *Service) deadLetter(ctx context.Context, p *parcel, queue cloud.ARN) (bus.Delivery, error) {
	if p.sub.Protocol != "sqs" && p.sub.Protocol != "lambda" && !strings.HasPrefix(p.sub.Protocol, "http") {
		p.sub.Attributes["RawMessageDelivery"] = "false"
	}
	out := bus.Delivery{ID: p.d.ID, Target: queue, Source: p.topic, Principal: Principal, Group: p.Group, DeduplicationID: p.Duplicate}
	if out.DeduplicationID == "" && strings.HasSuffix(queue.Resource, fifoEnding) {
		out.DeduplicationID = p.ID
	}
	var err error
	if p.raw() {
		out.Payload = []byte(p.Message)
		out.Attributes, out.MessageAttributes = split(p.Attributes)
	} else {
		out.Payload, err = s.render(ctx, p)
	}
	return out, err
}

// failed counts and tells of a message that a subscription did not take.
func (s *Service) failed(ctx context.Context, p *parcel, also string) {
	s.count(p.topic, "NumberOfNotificationsFailed")
	if also != "" {
		s.count(p.topic, also)
	}
	s.tell(ctx, p, reply{text: p.d.Attributes[bus.AttributeErrorMessage]}, false)
}
