package sqs

import (
	"context"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/sillok/sillok/internal/api/sqsapi"
	"github.com/sillok/sillok/internal/resource"
)

// mostTags is how many tags a queue has at most.
const mostTags = 50

// addTags gives a queue tags.
func addTags(tx resource.Tx, p place, added map[string]string) error {
	if len(added) == 0 {
		return nil
	}
	have, err := tags.Of(tx, p.arn().String())
	if err != nil {
		return err
	}
	maps.Copy(have, added)
	if len(have) > mostTags {
		return errParameter("Too many tags added for queue %s.", p.name)
	}
	return tags.Add(tx, p.arn().String(), maps.All(added))
}

// TagQueue gives a queue tags.
func (s *Service) TagQueue(ctx context.Context, in *sqsapi.TagQueueInput) (*sqsapi.TagQueueOutput, error) {
	k, err := s.own(ctx, in.QueueUrl, "sqs:tagqueue")
	if err != nil {
		return nil, err
	}
	if len(in.Tags) == 0 {
		return nil, errMissing("Tags")
	}
	return &sqsapi.TagQueueOutput{}, s.change(ctx, k, func(tx resource.Tx, _ *queue) error {
		return addTags(tx, k.place, in.Tags)
	})
}

// UntagQueue takes tags from a queue.
func (s *Service) UntagQueue(ctx context.Context, in *sqsapi.UntagQueueInput) (*sqsapi.UntagQueueOutput, error) {
	k, err := s.own(ctx, in.QueueUrl, "sqs:untagqueue")
	if err != nil {
		return nil, err
	}
	if len(in.TagKeys) == 0 {
		return nil, errParameter("Tag keys must be between 1 and 128 characters in length.")
	}
	for _, key := range in.TagKeys {
		if n := utf8.RuneCountInString(key); n < 1 || n > 128 {
			return nil, errParameter("Tag keys must be between 1 and 128 characters in length.")
		}
	}
	return &sqsapi.UntagQueueOutput{}, s.change(ctx, k, func(tx resource.Tx, _ *queue) error {
		have, err := tags.Of(tx, k.arn.String())
		if err != nil {
			return err
		}
		for key := range have {
			if slices.Contains(in.TagKeys, key) {
				delete(have, key)
			}
		}
		return tags.Replace(tx, k.arn.String(), maps.All(have))
	})
}

// ListQueueTags tells the tags of a queue.
func (s *Service) ListQueueTags(ctx context.Context, in *sqsapi.ListQueueTagsInput) (*sqsapi.ListQueueTagsOutput, error) {
	k, err := s.own(ctx, in.QueueUrl, "sqs:listqueuetags")
	if err != nil {
		return nil, err
	}
	out := &sqsapi.ListQueueTagsOutput{}
	if len(k.tags) > 0 {
		out.Tags = maps.Clone(k.tags)
	}
	return out, nil
}
