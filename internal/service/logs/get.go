package logs

import (
	"context"
	"errors"
	"math"
	"slices"

	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/logs/events"
	"github.com/sillok/sillok/internal/resource"
)

// What a page of events has at most.
const (
	mostEvents    = 10_000
	mostPageBytes = 1 << 20
)

// GetLogEvents reads a page of a stream. Without a token it is the newest one, unless
// the stream is read from its head; inside a page the oldest event is the first. A
// token that leads to no more events is answered with itself.
func (s *Service) GetLogEvents(ctx context.Context, in *logsapi.GetLogEventsInput) (*logsapi.GetLogEventsOutput, error) {
	name, err := identified(ctx, in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	if err := checkLimit(in.Limit); err != nil {
		return nil, err
	}
	k, err := s.toRead(ctx, name)
	if err != nil {
		return nil, err
	}
	number, err := s.stream(ctx, k, *in.LogStreamName)
	if err != nil {
		return nil, err
	}
	q := events.Query{Group: k.group.Number, Streams: []uint64{number}, From: k.group.from(), To: math.MaxInt64, Backward: !resource.Value(in.StartFromHead)}
	if in.StartTime != nil {
		q.From = max(q.From, *in.StartTime)
	}
	if in.EndTime != nil {
		q.To = *in.EndTime - 1
	}
	edge := boundary{}
	if token := resource.Value(in.NextToken); token != "" {
		forward, b, err := parseStreamToken(token, q.Group, number)
		if err != nil {
			return nil, err
		}
		edge, q.Backward = b, !forward
		if q.After = b.forward(); q.Backward {
			q.After = b.backward()
		}
	}
	found, err := s.page(ctx, q, int(resource.Or(in.Limit, mostEvents)))
	if err != nil {
		return nil, err
	}
	for i, now := 0, (&current{Service: s, known: k}); i < len(found) && !resource.Value(in.Unmask); i++ {
		if found[i].Message, err = now.mask(ctx, &found[i]); err != nil {
			return nil, err
		}
	}
	first, last := edge, edge
	if n := len(found); n > 0 {
		first, last = boundary(found[0].Key), behind(found[n-1].Key)
	}
	out := &logsapi.GetLogEventsOutput{
		Events:           []logsapi.OutputLogEvent{},
		NextForwardToken: new(streamToken("f", last, q.Group, number)), NextBackwardToken: new(streamToken("b", first, q.Group, number)),
	}
	for i := range found {
		e := &found[i]
		out.Events = append(out.Events, logsapi.OutputLogEvent{Timestamp: new(e.Time), IngestionTime: new(e.Ingested), Message: new(string(e.Message))})
	}
	return out, nil
}

func checkLimit(limit *int32) error {
	if limit != nil && *limit > mostEvents {
		return errInvalid("1 validation error detected: Value '%d' at 'limit' failed to satisfy constraint: Member must have value less than or equal to %d", *limit, mostEvents)
	}
	return nil
}

// page returns the events that a query finds first, the oldest first.
func (s *Service) page(ctx context.Context, q events.Query, most int) (found []events.Event, err error) {
	size := 0
	for e, err := range s.events.Read(ctx, q) {
		if damaged(err) && len(found) > 0 {
			break // the next page tells it
		}
		if err := s.unread(ctx, err); err != nil {
			return nil, err
		}
		size += len(e.Message) + eventOverhead
		if len(found) == most || size > mostPageBytes && len(found) > 0 {
			break
		}
		found = append(found, e)
	}
	if q.Backward {
		slices.Reverse(found)
	}
	return found, nil
}

// damaged says whether an error of reading is in the place of what is lost.
func damaged(err error) bool {
	_, ok := errors.AsType[*events.DamageError](err)
	return ok
}

// unread is what becomes of an error of reading: what is damaged is told, and no page
// pretends that it was not there.
func (s *Service) unread(ctx context.Context, err error) error {
	if damage, ok := errors.AsType[*events.DamageError](err); ok {
		s.cfg.Log.ErrorContext(ctx, "log events cannot be read", "error", damage)
		return cloud.Errorf(cloud.Unavailable, "ServiceUnavailableException",
			"%d log events between %d and %d cannot be read: their file is damaged. Ask for a time before or behind them.", damage.Events, damage.From, damage.To).Because(err)
	}
	return err
}
