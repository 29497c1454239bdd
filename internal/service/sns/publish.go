package sns

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/sillok/sillok/internal/api/snsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/publish"
	"github.com/sillok/sillok/internal/language/filterpolicy"
	"github.com/sillok/sillok/internal/resource"
)

// published is what became of a message that was accepted.
type published struct{ ID, Sequence string }

// Publish sends a message to a topic, an app or a telephone. It and its deliveries are on
// disk once it returns.
func (s *Service) Publish(ctx context.Context, in *snsapi.PublishInput) (*snsapi.PublishOutput, error) {
	targets := 0
	for _, target := range []*string{in.TopicArn, in.TargetArn, in.PhoneNumber} {
		if resource.Value(target) != "" {
			targets++
		}
	}
	if targets != 1 {
		return nil, errParameter("TopicArn or TargetArn Reason: no value for required parameter")
	}
	m, err := newMessage(publish.Message{
		Subject: resource.Value(in.Subject), Message: resource.Value(in.Message), MessageStructure: resource.Value(in.MessageStructure),
		MessageAttributes: attributesOf(in.MessageAttributes),
		GroupID:           resource.Value(in.MessageGroupId), DeduplicationID: resource.Value(in.MessageDeduplicationId),
	})
	if err != nil {
		return nil, err
	}
	if resource.Value(in.PhoneNumber) != "" {
		return s.publishToTelephone(ctx, *in.PhoneNumber, m)
	}
	given, parameter := in.TopicArn, "TopicArn"
	if resource.Value(given) == "" {
		given, parameter = in.TargetArn, "TargetArn"
	}
	arn, err := parseARN(parameter, *given)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(arn.Resource, "endpoint/") {
		return s.publishToApp(ctx, arn, m)
	}
	if arn, err = parseTopic(ctx, given); err != nil {
		return nil, err
	}
	all, err := s.publish(ctx, arn, []*message{m})
	if err != nil {
		return nil, err
	}
	out := &snsapi.PublishOutput{MessageId: &all[0].ID}
	if all[0].Sequence != "" {
		out.SequenceNumber = &all[0].Sequence
	}
	return out, nil
}

// publish accepts messages for a topic, all of them or none.
func (s *Service) publish(ctx context.Context, arn cloud.ARN, messages []*message) ([]published, error) {
	var key string
	err := s.view(ctx, scopeOf(arn), func(r resource.Reader) error {
		t, err := topics.Get(r, arn.Resource)
		if err != nil {
			return err
		}
		key = t.Attributes["KmsMasterKeyId"]
		for _, m := range messages {
			if err := m.fits(&t); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if key != "" && s.cfg.UseKey != nil { // before the transaction, for KMS has its own
		if err := s.cfg.UseKey(ctx, key, arn.String()); err != nil {
			return nil, err
		}
	}
	var all []published
	err = s.update(ctx, scopeOf(arn), func(tx resource.Tx) error {
		all = all[:0]
		t, err := topics.Get(tx, arn.Resource)
		if err != nil {
			return err
		}
		list, err := s.lists.of(tx, arn)
		if err != nil {
			return err
		}
		for _, m := range messages {
			one, err := s.publishOne(ctx, tx, arn, &t, list, m)
			if err != nil {
				return err
			}
			all = append(all, one)
		}
		return nil
	})
	return all, err
}

// publishOne accepts a message for all subscriptions that want it.
func (s *Service) publishOne(ctx context.Context, tx resource.Tx, arn cloud.ARN, t *topic, list *list, m *message) (published, error) {
	e := envelope{
		Kind: notification, ID: uuid.NewString(), Time: time.Now().UTC(), Subject: m.Subject, Attributes: m.MessageAttributes,
		Group: m.GroupID, Duplicate: m.DeduplicationID,
	}
	group := ""
	if t.FIFO {
		group = m.GroupID
		before, found, err := m.before(tx, t)
		if err != nil || found {
			return before, err
		}
		e.Duplicate = m.duplicate()
		if e.Sequence, err = nextSequence(tx, arn.Resource); err != nil {
			return published{}, err
		}
	}
	out := published{e.ID, e.Sequence}
	if t.FIFO {
		if err := m.remember(tx, t, out); err != nil {
			return out, err
		}
	}
	tx.AfterCommit(func() {
		s.count(arn, "NumberOfMessagesPublished")
		s.measure(arn, "PublishSize", float64(m.size), "Bytes")
	})
	looked := filterpolicy.Message{Body: m.Message.Message, Attributes: filtered(m.MessageAttributes)}
	packed := map[string][]byte{} // by the text that is in it
	for i := range list.entries {
		to := &list.entries[i]
		if err := ctx.Err(); err != nil {
			return out, err
		}
		if m.variants != nil {
			looked = filterpolicy.Message{Body: m.forProtocol(to.Protocol), Attributes: looked.Attributes}
		}
		if verdict := to.filter.Match(&looked); verdict != filterpolicy.Matches {
			tx.AfterCommit(func() { s.countFiltered(arn, verdict) })
			continue
		}
		text := m.forProtocol(to.Protocol)
		payload, ok := packed[text]
		if !ok {
			var err error
			e.Message = text
			if payload, err = s.pack(e, t.Attributes["KmsMasterKeyId"] != ""); err != nil {
				return out, err
			}
			packed[text] = payload
		}
		if err := s.deliver(tx, to.arn, arn, payload, group, to.phases); err != nil {
			return out, err
		}
	}
	return out, nil
}

// filtered returns attributes as filter policies look at them.
func filtered(all map[string]publish.Attribute) map[string]filterpolicy.Attribute {
	looked := make(map[string]filterpolicy.Attribute, len(all))
	for name, a := range all {
		looked[name] = filterpolicy.Attribute{Type: a.DataType, Value: a.StringValue, Binary: a.BinaryValue}
	}
	return looked
}
