package sqs

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/sillok/sillok/internal/api/sqsapi"
	"github.com/sillok/sillok/internal/bus"
	"github.com/sillok/sillok/internal/cloud"
)

// Sending is a message that another service of ours sends.
type Sending struct {
	Queue     cloud.ARN
	Body      string
	Principal string    // who sends it: "sns.amazonaws.com", or the ARN of a role
	Source    cloud.ARN // on behalf of which of its resources, as aws:SourceArn says it
	// SourceAccount is whose Source is, where its ARN does not say that.
	SourceAccount cloud.Account

	Attributes map[string]sqsapi.MessageAttributeValue
	Group      string // of a queue that is FIFO; of others those that want fair shares
	Identity   string // keeps a queue that is FIFO from having it twice; "" is by the body, where the queue does that
}

// Put puts a message of another service into a queue, where the queue's policy allows that,
// and returns its ID once it is on disk. What cannot be put later either has an error of
// kind Invalid, Denied or NotFound.
func (s *Service) Put(ctx context.Context, m Sending) (id string, err error) {
	k := s.known.find(place{cloud.Scope{Account: m.Queue.Account, Region: m.Queue.Region}, m.Queue.Resource})
	ctx = cloud.WithCall(ctx, callOf(&m))
	if err := s.May(ctx, m); err != nil {
		return "", err
	}
	if k == nil {
		return "", errNoQueue()
	}
	in := &sqsapi.SendMessageInput{MessageBody: &m.Body, MessageAttributes: m.Attributes}
	if m.Group != "" {
		in.MessageGroupId = &m.Group
	}
	if m.Identity != "" && k.fifo() {
		in.MessageDeduplicationId = &m.Identity
	}
	d, err := draftOf(k, in)
	if err == nil {
		err = d.tooLong(k, "are invalid")
	}
	if err != nil {
		return "", err
	}
	sent, err := s.send(ctx, k, []*draft{d})
	if err != nil {
		return "", err
	}
	return sent[0].ID.String(), nil
}

// May returns nil where another service may send a message to a queue.
func (s *Service) May(ctx context.Context, m Sending) error {
	if s.cfg.May == nil {
		return nil
	}
	return s.cfg.May(cloud.WithCall(ctx, callOf(&m)), "sqs:SendMessage", m.Queue.String(), nil)
}

// callOf is the call that sending a message is.
func callOf(m *Sending) cloud.Call {
	call := cloud.Call{
		Service: "sqs", Operation: "SendMessage", Account: cmp.Or(m.SourceAccount, m.Source.Account, m.Queue.Account), Region: m.Queue.Region, RequestID: uuid.NewString(), Time: now(),
		Principal: cloud.ServiceOf(m.Principal),
	}
	if m.Source != (cloud.ARN{}) {
		call.SourceARN = m.Source.String()
	}
	if arn, err := cloud.ParseARN(m.Principal); err == nil {
		name := arn.Resource[strings.LastIndexByte(arn.Resource, '/')+1:]
		role := cloud.Principal{Type: cloud.Role, Account: arn.Account, ARN: m.Principal, Name: name}
		call.Account = arn.Account
		call.Principal = cloud.Principal{
			Type: cloud.AssumedRole, Account: arn.Account, Issuer: &role,
			ARN: cloud.ARN{Service: "sts", Account: arn.Account, Resource: "assumed-role/" + name + "/sillok"}.String(),
		}
	}
	return call
}

// Deliver implements bus.Target: the payload becomes a message. A queue that is FIFO has it
// in the group of the delivery, and once however often it is delivered.
func (s *Service) Deliver(ctx context.Context, d bus.Delivery) error {
	m := Sending{Queue: d.Target, Body: string(d.Payload), Principal: d.Principal, Source: d.Source, SourceAccount: d.SourceAccount}
	if strings.HasSuffix(d.Target.Resource, fifoSuffix) {
		m.Group, m.Identity = d.Group, cmp.Or(d.DeduplicationID, d.ID)
	}
	if len(d.MessageAttributes) > 0 {
		m.Attributes = map[string]sqsapi.MessageAttributeValue{}
	}
	for _, name := range slices.Sorted(maps.Keys(d.MessageAttributes)) {
		given := d.MessageAttributes[name]
		value := sqsapi.MessageAttributeValue{DataType: &given.DataType, BinaryValue: given.BinaryValue}
		if given.BinaryValue == nil {
			value.StringValue = &given.StringValue
		}
		m.Attributes[name] = value
	}
	for _, name := range slices.Sorted(maps.Keys(d.Attributes)) {
		if m.Attributes == nil {
			m.Attributes = map[string]sqsapi.MessageAttributeValue{}
		}
		m.Attributes[name] = sqsapi.MessageAttributeValue{DataType: new("String"), StringValue: new(d.Attributes[name])}
	}
	_, err := s.Put(ctx, m)
	return err
}
