package sqs

import (
	"context"
	"strconv"
	"time"

	"github.com/sillok/sillok/internal/api/sqsapi"
	"github.com/sillok/sillok/internal/resource"
)

// SetQueueAttributes changes attributes of a queue; the very next call is decided by them.
func (s *Service) SetQueueAttributes(ctx context.Context, in *sqsapi.SetQueueAttributesInput) (*sqsapi.SetQueueAttributesOutput, error) {
	k, err := s.own(ctx, in.QueueUrl, "sqs:setqueueattributes")
	if err != nil {
		return nil, err
	}
	bound := k.Bound
	if text, ok := in.Attributes[attributePolicy]; ok {
		if text, err = checkAttribute(attributePolicy, text, k.fifo()); err == nil {
			bound, err = s.bound(ctx, text)
		}
		if err != nil {
			return nil, err
		}
	}
	return &sqsapi.SetQueueAttributesOutput{}, s.change(ctx, k, func(tx resource.Tx, q *queue) error {
		if err := q.set(in.Attributes, false); err != nil {
			return err
		}
		if in.Attributes[attributeRedrive] != "" {
			if err := s.checkDead(tx, k.place, q); err != nil {
				return err
			}
		}
		q.Modified = time.Now().UTC()
		if _, ok := in.Attributes[attributePolicy]; ok {
			q.Bound = bound
		}
		return nil
	})
}

// The attributes that are only read.
const (
	attributeARN      = "QueueArn"
	attributeReady    = "ApproximateNumberOfMessages"
	attributeInFlight = "ApproximateNumberOfMessagesNotVisible"
	attributeDelayed  = "ApproximateNumberOfMessagesDelayed"
	attributeCreated  = "CreatedTimestamp"
	attributeModified = "LastModifiedTimestamp"
	allAttributes     = "All"
)

// GetQueueAttributes tells attributes of a queue.
func (s *Service) GetQueueAttributes(ctx context.Context, in *sqsapi.GetQueueAttributesInput) (*sqsapi.GetQueueAttributesOutput, error) {
	k, err := s.at(ctx, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	counts, err := s.store.Count(k.Number, k.retention())
	if err != nil {
		return nil, fromStore(err)
	}
	values := map[string]string{
		attributeARN: k.arn.String(), attributeReady: strconv.Itoa(counts.Ready), attributeInFlight: strconv.Itoa(counts.InFlight),
		attributeDelayed: strconv.Itoa(counts.Delayed), attributeCreated: strconv.FormatInt(k.Created.Unix(), 10),
		attributeModified: strconv.FormatInt(k.Modified.Unix(), 10),
	}
	for name := range attributesByName {
		if value := k.value(name); value != "" {
			values[name] = value
		} else if _, ok := values[name]; !ok {
			values[name] = ""
		}
	}
	out := &sqsapi.GetQueueAttributesOutput{}
	add := func(name, value string) {
		if value == "" {
			return
		}
		if out.Attributes == nil {
			out.Attributes = map[string]string{}
		}
		out.Attributes[name] = value
	}
	for _, name := range in.AttributeNames {
		value, ok := values[name]
		switch {
		case name == allAttributes:
			for name, value := range values {
				add(name, value)
			}
		case !ok:
			return nil, errAttributeName(name)
		default:
			add(name, value)
		}
	}
	return out, nil
}
