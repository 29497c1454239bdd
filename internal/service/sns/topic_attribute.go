package sns

import (
	"context"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/sillok/sillok/internal/api/snsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/policy"
	"github.com/sillok/sillok/internal/resource"
)

// feedback are the attributes that say where it is written what became of deliveries.
var feedback = regexp.MustCompile(`^(HTTP|Application|Lambda|SQS|Firehose)(SuccessFeedbackRoleArn|FailureFeedbackRoleArn|SuccessFeedbackSampleRate)$`)

// inAttributes adds to an error that it is about a map of attributes.
func inAttributes(err error) error {
	e, ok := errors.AsType[*cloud.Error](err)
	rest, is := "", false
	if ok {
		rest, is = strings.CutPrefix(e.Message, "Invalid parameter: ")
	}
	if !is || strings.HasPrefix(rest, "Attributes Reason: ") {
		return err
	}
	changed := *e
	changed.Message = "Invalid parameter: Attributes Reason: " + rest
	return &changed
}

func errNoProtection() error {
	return errUnsupported("Data protection policies are not followed here: messages are not looked into for personal data.")
}

// setTopic sets an attribute of a topic. An empty value takes it away.
func (s *Service) setTopic(ctx context.Context, t *topic, name, value string) error {
	var err error
	switch name {
	case "Policy":
		if err = checkPolicy(value); err == nil {
			t.Policy = value
		}
		return err
	case "DisplayName":
		if utf8.RuneCountInString(value) > mostDisplay {
			err = errParameter("DisplayName")
		}
	case "DeliveryPolicy":
		if value != "" {
			_, err = topicPolicy(value)
		}
	case "KmsMasterKeyId": // which is looked at when something is published
	case "SignatureVersion":
		err = oneOf(name, value, "1", "2")
	case "TracingConfig":
		err = oneOf(name, value, "PassThrough", "Active")
	case "ContentBasedDeduplication":
		if !t.FIFO {
			return errParameter("ContentBasedDeduplication Reason: Content-based deduplication can only be set for FIFO topics")
		}
		value = strings.ToLower(value)
		err = truth(name, value)
	case "FifoThroughputScope":
		if !t.FIFO {
			return errParameter("FifoThroughputScope Reason: it can only be set for FIFO topics")
		}
		err = oneOf(name, value, "Topic", "MessageGroup")
	case attributeFIF:
		return errParameter("AttributeName")
	case "ArchivePolicy":
		if value != "" && value != "{}" {
			return errUnsupported("Messages of topics are not archived here, and so none can be replayed.")
		}
		return nil
	case "DataProtectionPolicy":
		return errNoProtection()
	default:
		if !feedback.MatchString(name) {
			return errParameter("AttributeName")
		}
		err = s.checkFeedback(ctx, name, value)
	}
	if err != nil {
		return err
	}
	if t.Attributes == nil {
		t.Attributes = map[string]string{}
	}
	if t.Attributes[name] = value; value == "" {
		delete(t.Attributes, name)
	}
	return nil
}

func oneOf(name, value string, words ...string) error {
	if slices.Contains(words, value) {
		return nil
	}
	return errParameter("%s: Invalid value [%s]. Must be %s.", name, value, strings.Join(words, " or "))
}

func truth(name, value string) error {
	if value != "true" && value != "false" {
		return errParameter("%s: Invalid value [%s]. Must be true or false.", name, value)
	}
	return nil
}

// checkFeedback checks a rate, or a role that writes into log groups.
func (s *Service) checkFeedback(ctx context.Context, name, value string) error {
	if value == "" {
		return nil
	}
	if strings.HasSuffix(name, "SampleRate") {
		if rate, err := strconv.Atoi(value); err != nil || rate < 0 || rate > 100 {
			return errParameter("%s: Invalid value [%s]. Must be between 0 and 100.", name, value)
		}
		return nil
	}
	return s.checkRole(ctx, name, value)
}

// checkRole says whether a role may be used for a topic.
func (s *Service) checkRole(ctx context.Context, name, value string) error {
	role, err := cloud.ParseARN(value)
	if err != nil || role.Service != "iam" || !strings.HasPrefix(role.Resource, "role/") {
		return errParameter("%s: Invalid value [%s]. Must be the ARN of a role.", name, value)
	}
	return s.cfg.May(ctx, "iam:PassRole", value, map[string][]string{"iam:PassedToService": {Principal}})
}

// value returns an attribute of a topic as GetTopicAttributes tells it; empty where it
// tells none.
func (t *topic) value(name string, arn cloud.ARN) string {
	switch name {
	case "Policy":
		return t.policy(arn)
	case attributeFIF:
		if t.FIFO {
			return "true"
		}
	case "ContentBasedDeduplication":
		if t.FIFO && t.Attributes[name] == "" {
			return "false"
		}
	case "FifoThroughputScope":
		if t.FIFO && t.Attributes[name] == "" {
			return "Topic"
		}
	}
	return t.Attributes[name]
}

// GetTopicAttributes tells all that is known of a topic.
func (s *Service) GetTopicAttributes(ctx context.Context, in *snsapi.GetTopicAttributesInput) (*snsapi.GetTopicAttributesOutput, error) {
	arn, err := parseTopic(ctx, in.TopicArn)
	if err != nil {
		return nil, err
	}
	var t topic
	err = s.view(ctx, scopeOf(arn), func(r resource.Reader) (err error) {
		t, err = topics.Get(r, arn.Resource)
		return err
	})
	if err != nil {
		return nil, err
	}
	told := map[string]string{
		"TopicArn": arn.String(), "Owner": string(arn.Account), "DisplayName": "", "Policy": t.policy(arn),
		"SubscriptionsConfirmed": number(t.Confirmed), "SubscriptionsPending": number(t.Pending), "SubscriptionsDeleted": number(t.Deleted),
		"EffectiveDeliveryPolicy": effectivePolicy(t.Attributes["DeliveryPolicy"]),
	}
	maps.Copy(told, t.Attributes)
	for _, name := range []string{attributeFIF, "ContentBasedDeduplication", "FifoThroughputScope"} {
		if value := t.value(name, arn); value != "" {
			told[name] = value
		}
	}
	return &snsapi.GetTopicAttributesOutput{Attributes: told}, nil
}

// SetTopicAttributes sets one attribute.
func (s *Service) SetTopicAttributes(ctx context.Context, in *snsapi.SetTopicAttributesInput) (*snsapi.SetTopicAttributesOutput, error) {
	arn, err := parseTopic(ctx, in.TopicArn)
	if err != nil {
		return nil, err
	}
	name, value := *in.AttributeName, resource.Value(in.AttributeValue)
	var t topic
	err = s.view(ctx, scopeOf(arn), func(r resource.Reader) (err error) {
		t, err = topics.Get(r, arn.Resource)
		return err
	})
	if err != nil {
		return nil, err
	}
	// What it asks of others it asks before the transaction, for they have their own.
	if err := s.setTopic(ctx, &t, name, value); err != nil {
		return nil, err
	}
	return nil, s.update(ctx, scopeOf(arn), func(tx resource.Tx) error {
		return topics.Change(tx, func(kept *topic) error {
			if name == "Policy" {
				kept.Policy = t.Policy
				return nil
			}
			if kept.Attributes == nil {
				kept.Attributes = map[string]string{}
			}
			set, ok := t.Attributes[name]
			if kept.Attributes[name] = set; !ok {
				delete(kept.Attributes, name)
			}
			kept.changed(0, 0, 0) // what is known of it by heart is of before
			return nil
		}, arn.Resource)
	})
}

// checkPolicy says whether a text can be the policy of a topic.
func checkPolicy(text string) error {
	if text == "" {
		return nil
	}
	if _, err := policy.Parse(text, policy.Resource); err != nil {
		if malformed, ok := errors.AsType[*policy.Malformed](err); ok {
			return errParameter("Policy Error: %s", malformed.Message)
		}
		return errParameter("Policy Error: null")
	}
	return nil
}
