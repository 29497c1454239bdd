package sqs

import (
	"context"
	"iter"
	"strconv"

	"github.com/sillok/sillok/internal/api/sqsapi"
	"github.com/sillok/sillok/internal/resource"
)

// sources returns the queues whose dead letters go to a queue, in the order of their names.
func (s *Service) sources(p place) (some []*known) {
	for _, k := range s.known.in(p.scope) {
		if k.dead != nil && k.dead.place == p {
			some = append(some, k)
		}
	}
	return some
}

// ListDeadLetterSourceQueues lists the queues whose dead letters go to a queue.
func (s *Service) ListDeadLetterSourceQueues(ctx context.Context, in *sqsapi.ListDeadLetterSourceQueuesInput) (*sqsapi.ListDeadLetterSourceQueuesOutput, error) {
	k, err := s.at(ctx, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	if n := in.MaxResults; n != nil && (*n < 1 || *n > mostListed) {
		return nil, errValue(strconv.Itoa(int(*n)), "MaxResults", "MaxResults must be an integer between 1 and 1000.")
	}
	listing := func(after string) iter.Seq2[resource.Entry[*known], error] {
		return func(yield func(resource.Entry[*known], error) bool) {
			for _, source := range s.sources(k.place) {
				if source.place.name > after && !yield(resource.Entry[*known]{Name: source.place.name, Value: source}, nil) {
					return
				}
			}
		}
	}
	urls, token, err := resource.Page(ctx, tokens.Page(in, in.NextToken, in.MaxResults, mostListed), listing, func(k *known) (string, bool, error) {
		return urlOf(ctx, k.place), true, nil
	})
	out := &sqsapi.ListDeadLetterSourceQueuesOutput{QueueUrls: urls}
	if len(urls) == 0 {
		out.QueueUrls = nil // then it is not there at all
	}
	if in.MaxResults != nil {
		out.NextToken = token
	}
	return out, err
}
