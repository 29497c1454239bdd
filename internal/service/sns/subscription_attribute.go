package sns

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"strings"

	"github.com/sillok/sillok/internal/api/snsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/language/eventpattern"
	"github.com/sillok/sillok/internal/language/filterpolicy"
	"github.com/sillok/sillok/internal/resource"
)

// setSubscription sets an attribute of a subscription. An empty value takes it away.
func (s *Service) setSubscription(ctx context.Context, sub *subscription, name, value string) error {
	var err error
	switch name {
	case "RawMessageDelivery":
		value = strings.ToLower(value)
		if value != "true" && value != "false" {
			return errParameter("RawMessageDelivery: Invalid value [%s]. Must be true or false.", value)
		}
		if value == "true" && !rawProtocol(sub.Protocol) {
			err = errParameter("RawMessageDelivery: Delivery protocol [%s] does not support raw message delivery.", sub.Protocol)
		}
	case "FilterPolicy": // which is compiled once all is known
	case "FilterPolicyScope":
		if value != string(filterpolicy.Attributes) && value != string(filterpolicy.Body) {
			err = errParameter("FilterPolicyScope: Invalid value [%s]. Please use either MessageBody or MessageAttributes", value)
		}
	case "RedrivePolicy":
		err = s.checkRedrive(value)
	case "DeliveryPolicy":
		if _, err = subscriptionPolicy(value); err == nil && value != "" && !strings.HasPrefix(sub.Protocol, "http") {
			err = errParameter("DeliveryPolicy: Delivery protocol [%s] does not have delivery policies.", sub.Protocol)
		}
	case "SubscriptionRoleArn":
		err = s.checkRole(ctx, name, value)
	case "ReplayPolicy":
		if value != "" && value != "{}" {
			return errUnsupported("Messages of topics are not archived here, and so none can be replayed.")
		}
		return nil
	default:
		return errParameter("AttributeName")
	}
	if err != nil {
		return err
	}
	if sub.Attributes[name] = value; value == "" {
		delete(sub.Attributes, name)
	}
	return nil
}

// rawProtocol says whether messages of a protocol can go without what is around them.
func rawProtocol(protocol string) bool {
	switch protocol {
	case "sqs", "http", "https", "firehose":
		return true
	}
	return false
}

// complete checks what depends on several attributes.
func (s *subscription) complete() error {
	_, err := s.filter()
	return err
}

// filter compiles a subscription's filter policy; nil for none.
func (s *subscription) filter() (*filterpolicy.Policy, error) {
	text := s.Attributes["FilterPolicy"]
	if text == "" {
		return nil, nil //nolint:nilnil // it has none
	}
	scope := filterpolicy.Attributes
	if s.Attributes["FilterPolicyScope"] == string(filterpolicy.Body) {
		scope = filterpolicy.Body
	}
	p, err := filterpolicy.Compile(text, scope)
	if err != nil {
		return nil, errParameter("FilterPolicy: %s", err.Error())
	}
	return p, nil
}

// redrivePolicy names the queue for what nobody took.
type redrivePolicy struct {
	Target string `json:"deadLetterTargetArn"`
}

// checkRedrive checks the text of a redrive policy.
func (s *Service) checkRedrive(text string) error {
	if text == "" {
		return nil
	}
	if message, line, column, ok := eventpattern.Syntax(text); !ok {
		return errParameter("RedrivePolicy: failed to parse JSON. %s\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: %d, column: %d]", message, line, column)
	}
	var p redrivePolicy
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return errParameter("RedrivePolicy: failed to parse JSON. %v", err)
	}
	arn, err := cloud.ParseARN(p.Target)
	switch {
	case err != nil || arn.Service != "sqs" || arn.Resource == "" || arn.Account == "":
		return errParameter("RedrivePolicy: deadLetterTargetArn is an invalid arn")
	case !s.cfg.Targets.Takes(arn):
		return errUnsupported("Nothing here takes what is delivered to %s.", p.Target)
	}
	return nil
}

// deadLetters returns the queue for what nobody took, and whether there is one.
func (s *subscription) deadLetters() (cloud.ARN, bool) {
	var p redrivePolicy
	if json.Unmarshal([]byte(s.Attributes["RedrivePolicy"]), &p) != nil {
		return cloud.ARN{}, false
	}
	arn, err := cloud.ParseARN(p.Target)
	return arn, err == nil
}

// GetSubscriptionAttributes tells all that is known of a subscription.
func (s *Service) GetSubscriptionAttributes(ctx context.Context, in *snsapi.GetSubscriptionAttributesInput) (*snsapi.GetSubscriptionAttributesOutput, error) {
	arn, sub, err := s.find(ctx, in.SubscriptionArn)
	if err != nil {
		return nil, err
	}
	told := map[string]string{
		"ConfirmationWasAuthenticated": truthOf(sub.Proven && !sub.Pending), "Endpoint": sub.Endpoint, "Owner": string(sub.Owner),
		"PendingConfirmation": truthOf(sub.Pending), "Protocol": sub.Protocol, "RawMessageDelivery": "false",
		"SubscriptionArn": sub.arn(arn).String(), "SubscriptionPrincipal": sub.Principal, "TopicArn": arn.String(),
	}
	maps.Copy(told, sub.Attributes)
	if sub.Attributes["FilterPolicy"] == "" {
		delete(told, "FilterPolicyScope")
	} else if sub.Attributes["FilterPolicyScope"] == "" {
		told["FilterPolicyScope"] = string(filterpolicy.Attributes)
	}
	if strings.HasPrefix(sub.Protocol, "http") {
		if told["EffectiveDeliveryPolicy"], err = s.effectiveOf(ctx, arn, &sub); err != nil {
			return nil, err
		}
	}
	return &snsapi.GetSubscriptionAttributesOutput{Attributes: told}, nil
}

// effectiveOf is the policy of a subscription as its attributes tell it.
func (s *Service) effectiveOf(ctx context.Context, arn cloud.ARN, sub *subscription) (string, error) {
	var t topic
	err := s.view(ctx, scopeOf(arn), func(r resource.Reader) (err error) {
		t, err = topics.Get(r, arn.Resource)
		return err
	})
	if err != nil {
		return "", err
	}
	p := t.http(sub)
	return written(ownPolicy{Retry: &p.Retry, Throttle: p.Throttle, Request: &p.Request}), nil
}

// http is the policy by which a subscription of the topic is delivered to.
func (t *topic) http(sub *subscription) httpPolicy {
	ofTopic, err := topicPolicy(t.Attributes["DeliveryPolicy"])
	if err != nil {
		ofTopic = usual()
	}
	own, err := subscriptionPolicy(sub.Attributes["DeliveryPolicy"])
	if err != nil {
		own = ownPolicy{}
	}
	return effective(ofTopic, own)
}

func truthOf(b bool) string {
	if b {
		return "true"
	}
	return "false"
}

// SetSubscriptionAttributes sets one attribute.
func (s *Service) SetSubscriptionAttributes(ctx context.Context, in *snsapi.SetSubscriptionAttributesInput) (*snsapi.SetSubscriptionAttributesOutput, error) {
	arn, sub, err := s.find(ctx, in.SubscriptionArn)
	if err != nil {
		return nil, err
	}
	name, value := *in.AttributeName, resource.Value(in.AttributeValue)
	if sub.Attributes == nil {
		sub.Attributes = map[string]string{}
	}
	filtered := sub.Attributes["FilterPolicy"] != ""
	if err := s.setSubscription(ctx, &sub, name, value); err != nil {
		return nil, err
	}
	if err := sub.complete(); err != nil {
		return nil, err
	}
	return nil, s.update(ctx, scopeOf(arn), func(tx resource.Tx) error {
		if !filtered {
			if err := s.room(tx, arn, &sub); err != nil {
				return err
			}
		}
		return errors.Join(
			subscriptions.Change(tx, func(kept *subscription) error {
				if kept.Attributes == nil {
					kept.Attributes = map[string]string{}
				}
				set, ok := sub.Attributes[name]
				if kept.Attributes[name] = set; !ok {
					delete(kept.Attributes, name)
				}
				return kept.complete()
			}, arn.Resource, sub.ID),
			topics.Change(tx, func(t *topic) error {
				t.changed(0, 0, 0)
				return nil
			}, arn.Resource),
		)
	})
}
