package sqs

import (
	"context"
	"errors"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/api/sqsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/policy"
	"github.com/sillok/sillok/internal/resource"
)

const (
	maxName    = 80
	fifoSuffix = ".fifo"
)

// checkName refuses what is no name of a queue.
func checkName(name string) error {
	plain := strings.TrimSuffix(name, fifoSuffix)
	if len(name) > maxName || plain == "" || !named(plain) {
		return errParameter("Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length")
	}
	return nil
}

func named(name string) bool {
	for _, c := range []byte(name) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_':
		default:
			return false
		}
	}
	return true
}

// lastNumber is the number of the queue that was made last, of all accounts.
var lastNumber = resource.Kind[uint64]{Name: "sqs/number"}

// CreateQueue makes a queue. One that is there is answered, where it has the attributes
// that are given.
func (s *Service) CreateQueue(ctx context.Context, in *sqsapi.CreateQueueInput) (*sqsapi.CreateQueueOutput, error) {
	name := *in.QueueName
	fifo := strings.EqualFold(in.Attributes[attributeFIFO], "true")
	if fifo && !strings.HasSuffix(name, fifoSuffix) {
		return nil, errParameter("The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length.")
	}
	if !fifo && strings.HasSuffix(name, fifoSuffix) {
		return nil, errParameter("Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length")
	}
	if err := checkName(name); err != nil {
		return nil, err
	}
	scope := cloud.CallOf(ctx).Scope()
	p := place{scope, name}
	out := &sqsapi.CreateQueueOutput{QueueUrl: new(urlOf(ctx, p))}
	now := time.Now().UTC()
	q := queue{Created: now, Modified: now}
	if err := q.set(in.Attributes, true); err != nil {
		return nil, err
	}
	bound, err := s.bound(ctx, q.Attributes[attributePolicy])
	if err != nil {
		return nil, err
	}
	q.Bound = bound
	return out, s.update(ctx, scope, func(tx resource.Tx) error {
		have, there, err := kinds.Find(tx, name)
		if err != nil {
			return err
		}
		if there {
			return have.same(in.Attributes, &q)
		}
		if err := s.checkDead(tx, p, &q); err != nil {
			return err
		}
		if q.Number, err = next(tx); err != nil {
			return err
		}
		if err := addTags(tx, p, in.Tags); err != nil {
			return err
		}
		return s.keep(tx, name, q)
	})
}

// next returns a number that no queue ever had.
func next(tx resource.Tx) (uint64, error) {
	all := resource.In(tx, cloud.Scope{})
	n, _, err := lastNumber.Find(all)
	return n + 1, errors.Join(err, lastNumber.Put(all, n+1))
}

// same refuses to make a queue again with other attributes.
func (q *queue) same(given map[string]string, as *queue) error {
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if q.value(name) != as.value(name) {
			return cloud.Errorf(cloud.Conflict, "QueueNameExists", "A queue already exists with the same name and a different value for attribute %s", name)
		}
	}
	return nil
}

// bound returns whom a policy means: whoever takes the name of one who is gone does not
// get what that one had.
func (s *Service) bound(ctx context.Context, text string) (map[string]string, error) {
	if text == "" || s.cfg.Identities == nil {
		return nil, nil //nolint:nilnil // it means nobody
	}
	document, err := policy.Parse(text, policy.Resource)
	if err != nil {
		return nil, err
	}
	named := policy.Identities(document)
	if s.cfg.Unknown != nil {
		nobody, err := s.cfg.Unknown(ctx, named)
		if err != nil {
			return nil, err
		}
		if len(nobody) > 0 {
			return nil, errAttributeValue(attributePolicy, "")
		}
	}
	return s.cfg.Identities(ctx, named)
}

// GetQueueUrl tells the URL of a queue.
func (s *Service) GetQueueUrl(ctx context.Context, in *sqsapi.GetQueueUrlInput) (*sqsapi.GetQueueUrlOutput, error) { //nolint:revive,staticcheck // AWS calls it so
	scope := cloud.CallOf(ctx).Scope()
	if owner := resource.Value(in.QueueOwnerAWSAccountId); owner != "" {
		scope.Account = cloud.Account(owner)
	}
	p := place{scope, *in.QueueName}
	if s.known.find(p) == nil {
		return nil, errNoQueue()
	}
	return &sqsapi.GetQueueUrlOutput{QueueUrl: new(urlOf(ctx, p))}, nil
}

// mostListed is how many queues one answer lists.
const mostListed = 1000

const tokens resource.TokenCode = "InvalidParameterValueException"

// ListQueues lists the caller's queues.
func (s *Service) ListQueues(ctx context.Context, in *sqsapi.ListQueuesInput) (*sqsapi.ListQueuesOutput, error) {
	if n := in.MaxResults; n != nil && (*n < 1 || *n > mostListed) {
		return nil, errValue(strconv.Itoa(int(*n)), "MaxResults", "MaxResults must be an integer between 1 and 1000.")
	}
	urls, token, err := resource.Page(ctx, tokens.Page(in, in.NextToken, in.MaxResults, mostListed), s.listing(cloud.CallOf(ctx).Scope()), func(k *known) (string, bool, error) {
		return urlOf(ctx, k.place), strings.HasPrefix(k.place.name, resource.Value(in.QueueNamePrefix)), nil
	})
	out := &sqsapi.ListQueuesOutput{QueueUrls: urls}
	if len(urls) == 0 {
		out.QueueUrls = nil // then it is not there at all
	}
	if in.MaxResults != nil {
		out.NextToken = token // without MaxResults there is none, and what is beyond is not listed
	}
	return out, err
}

// listing yields the queues of an account and region.
func (s *Service) listing(scope cloud.Scope) resource.Listing[*known] {
	return func(after string) iter.Seq2[resource.Entry[*known], error] {
		return func(yield func(resource.Entry[*known], error) bool) {
			for _, k := range s.known.in(scope) {
				if k.place.name > after && !yield(resource.Entry[*known]{Name: k.place.name, Value: k}, nil) {
					return
				}
			}
		}
	}
}

// DeleteQueue deletes a queue with its messages.
func (s *Service) DeleteQueue(ctx context.Context, in *sqsapi.DeleteQueueInput) (*sqsapi.DeleteQueueOutput, error) {
	k, err := s.own(ctx, in.QueueUrl, "sqs:deletequeue")
	if err != nil {
		return nil, err
	}
	err = s.update(ctx, k.place.scope, func(tx resource.Tx) error {
		q, err := kinds.Get(tx, k.place.name)
		if err != nil {
			return err
		}
		if q.Number != k.Number {
			return errNoQueue()
		}
		tx.AfterCommit(func() { s.known.remove(k.place) })
		return errors.Join(kinds.Delete(tx, k.place.name), tags.Delete(tx, k.arn.String()))
	})
	if err != nil {
		return nil, err
	}
	s.cfg.Waits.Wake(k.wakes) // who waits for messages is told that there will be none
	return &sqsapi.DeleteQueueOutput{}, s.store.Drop(k.Number)
}

// purgeEvery is how often a queue may be purged.
const purgeEvery = time.Minute

// PurgeQueue deletes all messages of a queue.
func (s *Service) PurgeQueue(ctx context.Context, in *sqsapi.PurgeQueueInput) (*sqsapi.PurgeQueueOutput, error) {
	k, err := s.at(ctx, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	now := time.Now().UTC()
	err = s.change(ctx, k, func(_ resource.Tx, q *queue) error {
		if now.Sub(q.Purged) < purgeEvery {
			return cloud.Errorf(cloud.Throttled, "PurgeQueueInProgress", "Only one PurgeQueue operation on %s is allowed every 60 seconds.", k.place.name)
		}
		q.Purged = now
		return nil
	})
	if err != nil {
		return nil, err
	}
	_, err = s.store.Purge(ctx, k.Number)
	return &sqsapi.PurgeQueueOutput{}, fromStore(err)
}

// checkDead refuses dead letters that cannot go where they should.
func (s *Service) checkDead(r resource.Reader, p place, q *queue) error {
	text := q.Attributes[attributeRedrive]
	if text == "" {
		return nil
	}
	d, err := parseRedrive(text)
	if err != nil {
		return err
	}
	bad := func(reason string) error { return errValue(text, attributeRedrive, reason) }
	if d.place.scope != p.scope || d.place == p {
		return bad("Dead letter target does not exist.")
	}
	target, there, err := kinds.Find(r, d.place.name)
	switch {
	case err != nil:
		return err
	case !there:
		return bad("Dead letter target does not exist.")
	case target.fifo() != q.fifo():
		return bad("Dead-letter queue must be same type of queue as the source.")
	case !target.allows(p.arn().String()):
		return bad("Queue does not have permission to use the dead-letter queue: its redrive allow policy does not name it.")
	}
	return nil
}
