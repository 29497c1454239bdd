package sns

import (
	"context"
	"crypto/rand"
	"errors"
	"maps"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/api/snsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
)

// topic is a topic as it is kept.
type topic struct {
	Name       string
	FIFO       bool              `json:",omitempty"`
	Attributes map[string]string `json:",omitempty"` // those that were set, but for the policy
	Policy     string            `json:",omitempty"` // empty for that which every topic has
	Created    time.Time

	// Revision is another one with each change of the subscriptions.
	Revision                    string
	Confirmed, Pending, Deleted int
}

var topics = resource.Kind[topic]{
	Name:    "sns/topic",
	Missing: func(...string) error { return errMissing("Topic") },
}

var tags = resource.Tags{Invalid: "InvalidParameterException", TooMany: "TagLimitExceededException", Named: taggable}

const (
	mostListed   = 100
	mostTopics   = 100_000 // standard ones, of an account in a region
	mostDisplay  = 100     // characters
	fifoEnding   = ".fifo"
	attributeFIF = "FifoTopic"
)

// tokens is of all listings.
const tokens resource.TokenCode = "InvalidParameterException"

var topicName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)

func topicARN(scope cloud.Scope, name string) cloud.ARN {
	return cloud.ARN{Partition: "aws", Service: "sns", Region: scope.Region, Account: scope.Account, Resource: name}
}

// parseTopic reads the ARN of a topic that the caller means.
func parseTopic(ctx context.Context, given *string) (cloud.ARN, error) {
	const parameter = "TopicArn"
	if resource.Value(given) == "" {
		return cloud.ARN{}, errParameter("%s Reason: no value for required parameter", parameter)
	}
	arn, err := parseARN(parameter, *given)
	if err != nil {
		return arn, err
	}
	if region := cloud.CallOf(ctx).Region; region != "" && arn.Region != region || strings.ContainsAny(arn.Resource, ":/") {
		return arn, errParameter("%s", parameter)
	}
	return arn, nil
}

// checkName says whether a topic may have a name.
func checkName(name string, fifo bool) error {
	base, ends := strings.CutSuffix(name, fifoEnding)
	if fifo != ends || !topicName.MatchString(base) || len(name) > 256 {
		return errParameter("Topic Name")
	}
	return nil
}

// CreateTopic makes a topic, or finds the one that is there already with the same
// attributes and tags.
func (s *Service) CreateTopic(ctx context.Context, in *snsapi.CreateTopicInput) (*snsapi.CreateTopicOutput, error) {
	if resource.Value(in.DataProtectionPolicy) != "" {
		return nil, errNoProtection()
	}
	fifo, err := createsFIFO(in.Attributes)
	if err != nil {
		return nil, err
	}
	if err := checkName(*in.Name, fifo); err != nil {
		return nil, err
	}
	scope := cloud.CallOf(ctx).Scope()
	arn := topicARN(scope, *in.Name)
	t := topic{Name: *in.Name, FIFO: fifo, Attributes: map[string]string{}, Created: time.Now().UTC(), Revision: rand.Text()}
	for name, value := range in.Attributes {
		if name == attributeFIF {
			continue
		}
		if err := s.setTopic(ctx, &t, name, value); err != nil {
			return nil, inAttributes(err)
		}
	}
	given := map[string]string{}
	for _, tag := range in.Tags {
		if _, twice := given[*tag.Key]; twice {
			return nil, errParameter("Duplicated keys are not allowed.")
		}
		given[*tag.Key] = *tag.Value
	}
	return &snsapi.CreateTopicOutput{TopicArn: new(arn.String())}, s.store.Update(ctx, func(tx resource.Tx) error {
		old, found, err := topics.Find(tx, t.Name)
		if err != nil {
			return err
		}
		if found {
			return sameTopic(tx, &old, &t, in, given, arn)
		}
		if err := topics.Create(tx, t, t.Name); err != nil || len(given) == 0 {
			return err
		}
		return tags.Add(tx, arn.String(), maps.All(given))
	})
}

// createsFIFO reads whether a topic is to keep an order.
func createsFIFO(attributes map[string]string) (bool, error) {
	switch value := attributes[attributeFIF]; strings.ToLower(value) {
	case "true":
		return true, nil
	case "", "false":
		return false, nil
	default:
		return false, errParameter("Attributes Reason: FifoTopic: Invalid value [%s]. Must be true or false.", value)
	}
}

// sameTopic refuses to make a topic once more that is to be another one.
func sameTopic(r resource.Reader, old, asked *topic, in *snsapi.CreateTopicInput, given map[string]string, arn cloud.ARN) error {
	for name := range in.Attributes {
		if name != attributeFIF && old.value(name, arn) != asked.value(name, arn) {
			return errParameter("Attributes Reason: Topic already exists with different attributes")
		}
	}
	if len(given) == 0 {
		return nil
	}
	kept, err := tags.Of(r, arn.String())
	if err == nil && !maps.Equal(kept, given) {
		err = errParameter("Tags Reason: Topic already exists with different tags")
	}
	return err
}

// DeleteTopic removes a topic and all that is subscribed to it. One that is not there is
// as good as removed.
func (s *Service) DeleteTopic(ctx context.Context, in *snsapi.DeleteTopicInput) (*snsapi.DeleteTopicOutput, error) {
	arn, err := parseTopic(ctx, in.TopicArn)
	if err != nil {
		return nil, err
	}
	return nil, s.update(ctx, scopeOf(arn), func(tx resource.Tx) error {
		if _, found, err := topics.Find(tx, arn.Resource); err != nil || !found {
			return err
		}
		for e, err := range subscriptions.List(tx, arn.Resource) {
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return err
			}
			if err := e.Value.forget(tx, arn); err != nil {
				return err
			}
		}
		return errors.Join(
			topics.Delete(tx, arn.Resource), subscriptions.DeleteBelow(tx, arn.Resource), subscribed.DeleteBelow(tx, arn.Resource),
			unsubscribed.DeleteBelow(tx, arn.Resource), deduplicated.DeleteBelow(tx, arn.Resource), sequences.Discard(tx, arn.Resource),
			tags.Delete(tx, arn.String()),
		)
	})
}

// ListTopics lists the topics of the account.
func (s *Service) ListTopics(ctx context.Context, in *snsapi.ListTopicsInput) (*snsapi.ListTopicsOutput, error) {
	out := &snsapi.ListTopicsOutput{}
	return out, s.store.View(ctx, func(r resource.Reader) (err error) {
		out.Topics, out.NextToken, err = resource.Page(ctx, paging(in, in.NextToken), topics.From(r), func(t topic) (snsapi.Topic, bool, error) {
			return snsapi.Topic{TopicArn: new(topicARN(r.Scope(), t.Name).String())}, true, nil
		})
		return err
	})
}

// paging is the page that an input asks for.
func paging(in any, token *string) resource.Paging {
	page := tokens.Page(in, token, nil, mostListed)
	page.TokenText = "Invalid parameter: NextToken"
	return page
}

// number returns a count as attributes tell it.
func number(n int) string { return strconv.Itoa(n) }
