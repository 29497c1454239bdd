package sns

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/sillok/sillok/internal/api/snsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
)

// subscription is a subscription as it is kept, with its topic.
type subscription struct {
	ID        string
	Protocol  string
	Endpoint  string
	Owner     cloud.Account
	Principal string // the ARN of who subscribed

	Pending bool   `json:",omitempty"`
	Token   string `json:",omitempty"` // the hash of that by which it is confirmed
	Proven  bool   `json:",omitempty"` // who confirmed it was known
	Guarded bool   `json:",omitempty"` // only who is known may unsubscribe

	Created    time.Time
	Attributes map[string]string `json:",omitempty"`
}

// What is kept of subscriptions: by topic and ID; which one a topic has of a protocol and
// endpoint; what an account subscribed to, by topic and ID, where that account is; those
// that were ended lately, by topic and ID; and what is to be forgotten, by its time.
var (
	subscriptions = resource.Kind[subscription]{Name: "sns/subscription", Missing: func(...string) error { return errMissing("Subscription") }}
	subscribed    = resource.Kind[string]{Name: "sns/subscribed"}
	owned         = resource.Kind[cloud.ARN]{Name: "sns/owned"}
	unsubscribed  = resource.Kind[subscription]{Name: "sns/unsubscribed"}
	fleeting      = resource.Kind[cloud.ARN]{Name: "sns/fleeting"}
)

// confirmable is how long a subscription waits for who confirms it, and how long one that
// was ended can be had back.
const confirmable = 3 * 24 * time.Hour

const mostFiltered = 200 // filter policies of a topic

func (s *subscription) arn(topic cloud.ARN) cloud.ARN {
	topic.Resource += ":" + s.ID
	return topic
}

// key is what tells subscriptions of a topic apart besides their IDs. Endpoints may be
// long, and are hashed.
func key(protocol, endpoint string) []string {
	sum := sha256.Sum256([]byte(endpoint))
	return []string{protocol, hex.EncodeToString(sum[:])}
}

// forget removes what is kept beside a subscription.
func (s *subscription) forget(tx resource.Tx, topic cloud.ARN) error {
	of := resource.In(tx, cloud.Scope{Account: s.Owner, Region: topic.Region})
	return errors.Join(
		owned.Discard(of, topic.String(), s.ID),
		subscribed.Discard(tx, append([]string{topic.Resource}, key(s.Protocol, s.Endpoint)...)...),
	)
}

// keep writes a subscription and what is kept beside it.
func (s *subscription) keep(tx resource.Tx, topic cloud.ARN) error {
	of := resource.In(tx, cloud.Scope{Account: s.Owner, Region: topic.Region})
	return errors.Join(
		subscriptions.Put(tx, *s, topic.Resource, s.ID),
		owned.Put(of, s.arn(topic), topic.String(), s.ID),
		subscribed.Put(tx, s.ID, append([]string{topic.Resource}, key(s.Protocol, s.Endpoint)...)...),
	)
}

// changed notes that a topic has other subscriptions than before.
func (t *topic) changed(confirmed, pending, deleted int) {
	t.Revision = rand.Text()
	t.Confirmed, t.Pending, t.Deleted = t.Confirmed+confirmed, t.Pending+pending, t.Deleted+deleted
}

// Subscribe subscribes an endpoint to a topic. One that is not the caller's own has to
// confirm that.
func (s *Service) Subscribe(ctx context.Context, in *snsapi.SubscribeInput) (*snsapi.SubscribeOutput, error) {
	arn, err := parseTopic(ctx, in.TopicArn)
	if err != nil {
		return nil, err
	}
	call := cloud.CallOf(ctx)
	sub := subscription{
		ID: uuid.NewString(), Protocol: *in.Protocol, Endpoint: resource.Value(in.Endpoint), Owner: call.Account, Principal: call.Principal.ARN,
		Created: time.Now().UTC(), Proven: true, Attributes: map[string]string{},
	}
	err = s.view(ctx, scopeOf(arn), func(r resource.Reader) error {
		_, err := topics.Get(r, arn.Resource)
		return err
	})
	if err != nil {
		return nil, err
	}
	waits, err := s.checkEndpoint(ctx, &sub)
	if err != nil {
		return nil, err
	}
	for name, value := range in.Attributes {
		if err := s.setSubscription(ctx, &sub, name, value); err != nil {
			return nil, inAttributes(err)
		}
	}
	if err := sub.complete(); err != nil {
		return nil, inAttributes(err)
	}
	answer := sub.arn(arn).String()
	err = s.update(ctx, scopeOf(arn), func(tx resource.Tx) error {
		t, err := topics.Get(tx, arn.Resource)
		if err != nil {
			return err
		}
		if err := sub.fits(&t); err != nil {
			return err
		}
		id, found, err := subscribed.Find(tx, append([]string{arn.Resource}, key(sub.Protocol, sub.Endpoint)...)...)
		if err != nil {
			return err
		}
		if found {
			old, err := subscriptions.Get(tx, arn.Resource, id)
			if err != nil {
				return err
			}
			waits = old.Pending
			answer = old.arn(arn).String()
			if !same(old.Attributes, sub.Attributes) {
				return errParameter("Attributes Reason: Subscription already exists with different attributes")
			}
			if !old.Pending {
				return nil
			}
			return s.ask(tx, arn, &old) // once more
		}
		if err := s.room(tx, arn, &sub); err != nil {
			return err
		}
		if waits {
			sub.Pending, sub.Proven = true, false
			t.changed(0, 1, 0)
			return errors.Join(s.ask(tx, arn, &sub), topics.Put(tx, t, arn.Resource))
		}
		t.changed(1, 0, 0)
		return errors.Join(sub.keep(tx, arn), topics.Put(tx, t, arn.Resource))
	})
	if err != nil {
		return nil, err
	}
	if waits && !resource.Value(in.ReturnSubscriptionArn) {
		answer = "pending confirmation"
	}
	return &snsapi.SubscribeOutput{SubscriptionArn: &answer}, nil
}

// room refuses one filter policy more than a topic may have.
func (s *Service) room(tx resource.Tx, arn cloud.ARN, sub *subscription) error {
	if sub.Attributes["FilterPolicy"] == "" {
		return nil
	}
	all, err := s.lists.of(tx, arn)
	if err != nil {
		return err
	}
	if all.filtered >= mostFiltered {
		return cloud.Errorf(cloud.Denied, "FilterPolicyLimitExceededException", "A topic has at most %d subscriptions with filter policies.", mostFiltered)
	}
	return nil
}

// same says whether attributes that were given are those that are there. None are said not
// to matter.
func same(old, given map[string]string) bool {
	for name, value := range given {
		if cmp.Or(old[name], "false") != cmp.Or(value, "false") {
			return false
		}
	}
	return true
}

// parseSubscription reads the ARN of a subscription.
func parseSubscription(ctx context.Context, given *string) (topic cloud.ARN, id string, err error) {
	const parameter = "SubscriptionArn"
	text := resource.Value(given)
	if text == "" {
		return topic, "", errParameter("%s Reason: no value for required parameter", parameter)
	}
	arn, err := parseARN(parameter, text)
	if err != nil {
		return topic, "", err
	}
	if region := cloud.CallOf(ctx).Region; region != "" && arn.Region != region {
		return topic, "", errParameter("%s", parameter)
	}
	name, id, ok := strings.Cut(arn.Resource, ":")
	if !ok || uuid.Validate(id) != nil || name == "" {
		return topic, "", errParameter("SubscriptionId")
	}
	arn.Resource = name
	return arn, id, nil
}

// mine says whether a subscription is for the caller to see and change: who subscribed, and
// who has the topic.
func (s *subscription) mine(ctx context.Context, topic cloud.ARN) bool {
	account := cloud.CallOf(ctx).Account
	return account == s.Owner || account == topic.Account
}

// find returns a subscription of the caller's.
func (s *Service) find(ctx context.Context, given *string) (topic cloud.ARN, sub subscription, err error) {
	topic, id, err := parseSubscription(ctx, given)
	if err != nil {
		return topic, sub, err
	}
	found := false
	err = s.view(ctx, scopeOf(topic), func(r resource.Reader) (err error) {
		// Who may not know of it is refused after the same work, whether or not it is there.
		sub, found, err = subscriptions.FindOr(r, []byte("{}"), topic.Resource, id)
		return err
	})
	if mine := sub.mine(ctx, topic); err == nil && (!found || !mine) {
		err = errMissing("Subscription")
	}
	return topic, sub, err
}

// Unsubscribe ends a subscription. One that is not there is as good as ended. Who has the
// link of a message may do it without being known, unless the subscription says otherwise.
func (s *Service) Unsubscribe(ctx context.Context, in *snsapi.UnsubscribeInput) (*snsapi.UnsubscribeOutput, error) {
	arn, id, err := parseSubscription(ctx, in.SubscriptionArn)
	if err != nil {
		return nil, err
	}
	return nil, s.update(ctx, scopeOf(arn), func(tx resource.Tx) error {
		sub, found, err := subscriptions.Find(tx, arn.Resource, id)
		if err != nil || !found {
			return err
		}
		// Others may where they have the link, that is, know the ARN.
		switch unknown := !sub.mine(ctx, arn); {
		case unknown && (sub.Guarded || sub.Pending):
			return cloud.Errorf(cloud.Denied, "AuthorizationErrorException", "The subscription can be ended by its owner alone.")
		case sub.Pending:
			return errParameter("This operation is not permitted for subscriptions that are pending confirmation")
		}
		return s.end(tx, arn, &sub)
	})
}

// end removes a subscription, and tells an endpoint of HTTP how to have it back.
func (s *Service) end(tx resource.Tx, arn cloud.ARN, sub *subscription) error {
	err := errors.Join(subscriptions.Delete(tx, arn.Resource, sub.ID), sub.forget(tx, arn), topics.Change(tx, func(t *topic) error {
		t.changed(-1, 0, 1)
		return nil
	}, arn.Resource))
	if err != nil || !strings.HasPrefix(sub.Protocol, "http") {
		return err
	}
	return s.offer(tx, arn, sub)
}

// shown returns a subscription as lists show it.
func (s *subscription) shown(topic cloud.ARN) snsapi.Subscription {
	arn := s.arn(topic).String()
	if s.Pending {
		arn = "PendingConfirmation"
	}
	return snsapi.Subscription{
		SubscriptionArn: &arn, Owner: new(string(s.Owner)), Protocol: new(s.Protocol), Endpoint: new(s.Endpoint), TopicArn: new(topic.String()),
	}
}

// ListSubscriptions lists what the account subscribed to.
func (s *Service) ListSubscriptions(ctx context.Context, in *snsapi.ListSubscriptionsInput) (*snsapi.ListSubscriptionsOutput, error) {
	out := &snsapi.ListSubscriptionsOutput{Subscriptions: []snsapi.Subscription{}}
	return out, s.store.View(ctx, func(r resource.Reader) error {
		arns, next, err := resource.Page(ctx, paging(in, in.NextToken), owned.From(r), resource.Whole)
		if err != nil {
			return err
		}
		out.NextToken = next
		for _, arn := range arns {
			name, id, _ := strings.Cut(arn.Resource, ":")
			topic := arn
			topic.Resource = name
			sub, found, err := subscriptions.Find(elsewhere{r, scopeOf(topic)}, topic.Resource, id)
			if err != nil {
				return err
			}
			if found {
				out.Subscriptions = append(out.Subscriptions, sub.shown(topic))
			}
		}
		return nil
	})
}

// elsewhere reads what another account has, for what it told the caller about.
type elsewhere struct {
	resource.Reader

	scope cloud.Scope
}

// Scope implements resource.Reader.
func (e elsewhere) Scope() cloud.Scope { return e.scope }

// ListSubscriptionsByTopic lists what is subscribed to a topic.
func (s *Service) ListSubscriptionsByTopic(ctx context.Context, in *snsapi.ListSubscriptionsByTopicInput) (*snsapi.ListSubscriptionsByTopicOutput, error) {
	arn, err := parseTopic(ctx, in.TopicArn)
	if err != nil {
		return nil, err
	}
	out := &snsapi.ListSubscriptionsByTopicOutput{}
	return out, s.view(ctx, scopeOf(arn), func(r resource.Reader) (err error) {
		if _, err := topics.Get(r, arn.Resource); err != nil {
			return err
		}
		out.Subscriptions, out.NextToken, err = resource.Page(ctx, paging(in, in.NextToken), subscriptions.From(r, arn.Resource), func(sub subscription) (snsapi.Subscription, bool, error) {
			return sub.shown(arn), true, nil
		})
		return err
	})
}
