package main

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
)

// wantedEvents says which events are meant.
type wantedEvents struct {
	client         *cloudwatchlogs.Client
	groups         []string
	filter, stream string
	since          time.Time
	until          *time.Time // nil for no end
}

// logEvent is an event of a log group.
type logEvent struct {
	ID             string
	Group, Stream  string
	Time, Ingested int64 // milliseconds since 1970
	Message        string
}

// read yields the events of all groups, in the order of their times. Each page of each
// group is read when it is needed.
func (w *wantedEvents) read(ctx context.Context) iter.Seq2[logEvent, error] {
	return func(yield func(logEvent, error) bool) {
		type head struct {
			event logEvent
			next  func() (logEvent, error, bool)
		}
		var heads []*head
		for _, group := range w.groups {
			next, stop := iter.Pull2(w.of(ctx, group))
			defer stop()
			h := &head{next: next}
			event, err, ok := next()
			if err != nil {
				yield(logEvent{}, err)
				return
			}
			if h.event = event; ok {
				heads = append(heads, h)
			}
		}
		for len(heads) > 0 {
			first := 0
			for i := range heads {
				if heads[i].event.Time < heads[first].event.Time {
					first = i
				}
			}
			if !yield(heads[first].event, nil) {
				return
			}
			event, err, ok := heads[first].next()
			if err != nil {
				yield(logEvent{}, err)
				return
			}
			if heads[first].event = event; !ok {
				heads = append(heads[:first], heads[first+1:]...)
			}
		}
	}
}

// of yields the events of one group.
func (w *wantedEvents) of(ctx context.Context, group string) iter.Seq2[logEvent, error] {
	in := &cloudwatchlogs.FilterLogEventsInput{StartTime: aws.Int64(w.since.UnixMilli())}
	if strings.HasPrefix(group, "arn:") {
		in.LogGroupIdentifier = aws.String(strings.TrimSuffix(group, ":*"))
	} else {
		in.LogGroupName = &group
	}
	if w.filter != "" {
		in.FilterPattern = &w.filter
	}
	if w.stream != "" {
		in.LogStreamNamePrefix = &w.stream
	}
	if w.until != nil {
		in.EndTime = aws.Int64(w.until.UnixMilli())
	}
	return func(yield func(logEvent, error) bool) {
		for {
			page, err := w.client.FilterLogEvents(ctx, in)
			if err != nil {
				if ctx.Err() != nil {
					err = context.Cause(ctx)
				}
				yield(logEvent{}, fmt.Errorf("read %s: %w", group, serviceRefused(err)))
				return
			}
			for i := range page.Events {
				e := &page.Events[i]
				if !yield(logEvent{
					ID: aws.ToString(e.EventId), Group: groupName(group), Stream: aws.ToString(e.LogStreamName), Time: aws.ToInt64(e.Timestamp),
					Ingested: aws.ToInt64(e.IngestionTime), Message: aws.ToString(e.Message),
				}, nil) {
					return
				}
			}
			if in.NextToken = page.NextToken; page.NextToken == nil {
				return
			}
		}
	}
}

// groupName returns the name of a log group of which the name or an ARN is known.
func groupName(group string) string {
	if !strings.HasPrefix(group, "arn:") {
		return group
	}
	_, name, found := strings.Cut(group, ":log-group:")
	if !found {
		return group
	}
	return cmp.Or(strings.TrimSuffix(name, ":*"), group)
}
