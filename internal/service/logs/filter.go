package logs

import (
	"bytes"
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/language/filterpattern"
	"github.com/sillok/sillok/internal/logs/events"
	"github.com/sillok/sillok/internal/resource"
)

const (
	// patience is how long a page is searched for before it is answered with what was
	// found until then, and a token.
	patience = 5 * time.Second
	// lookEvery is how many bytes are searched between two looks at the clock.
	lookEvery = 1 << 18
)

// compile compiles a filter pattern, or returns AWS's refusal with the place.
func compile(text *string) (*filterpattern.Pattern, error) {
	p, err := filterpattern.Compile(resource.Value(text))
	if refused, ok := errors.AsType[*filterpattern.Error](err); ok {
		return nil, errInvalid("%s", refused.Error())
	}
	return p, err
}

// FilterLogEvents searches a group for events that match a pattern, in the order of
// their times. A page that has no events may have a token: there is more to search.
func (s *Service) FilterLogEvents(ctx context.Context, in *logsapi.FilterLogEventsInput) (*logsapi.FilterLogEventsOutput, error) {
	name, err := identified(ctx, in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	if err := checkLimit(in.Limit); err != nil {
		return nil, err
	}
	pattern, err := compile(in.FilterPattern)
	if err != nil {
		return nil, err
	}
	k, err := s.toRead(ctx, name)
	if err != nil {
		return nil, err
	}
	q := events.Query{Group: k.group.Number, From: k.group.from(), To: math.MaxInt64, Terms: pattern.Needs()}
	masked := k.shape.protects() && !resource.Value(in.Unmask)
	if masked {
		q.Terms = unmaskedTerms(q.Terms)
	}
	if in.StartTime != nil {
		q.From = max(q.From, *in.StartTime)
	}
	if in.EndTime != nil {
		q.To = *in.EndTime
	}
	if q.Streams, err = s.among(ctx, k, in.LogStreamNames, in.LogStreamNamePrefix); err != nil {
		return nil, err
	}
	listing, err := listingOf(q.Group, in.LogStreamNames, in.LogStreamNamePrefix, in.StartTime, in.EndTime, in.FilterPattern, masked)
	if err != nil {
		return nil, err
	}
	if token := resource.Value(in.NextToken); token != "" {
		if q.After, err = parsePageToken(token, listing); err != nil {
			return nil, err
		}
	}
	release, err := s.take(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	search := search{Service: s, known: k, pattern: pattern, unmask: resource.Value(in.Unmask), most: int(resource.Or(in.Limit, mostEvents)), until: time.Now().Add(patience)}
	out := &logsapi.FilterLogEventsOutput{Events: []logsapi.FilteredLogEvent{}, SearchedLogStreams: []logsapi.SearchedLogStream{}}
	more, err := search.run(ctx, q, out)
	if err != nil {
		return nil, err
	}
	if more {
		out.NextToken = new(pageToken(listing, search.last))
	}
	return out, nil
}

// unmaskedTerms returns which of the texts that a pattern needs an event needs, too, as it
// is kept: what is masked is searched as it is shown.
func unmaskedTerms(terms [][]byte) [][]byte {
	return slices.DeleteFunc(terms, func(term []byte) bool { return bytes.IndexByte(term, '*') >= 0 })
}

// among returns the numbers of the streams that are meant; nil for all.
func (s *Service) among(ctx context.Context, k *known, names []string, prefix *string) (numbers []uint64, err error) {
	if len(names) > 0 && prefix != nil {
		return nil, errInvalid("LogStream names and LogStream name prefix are mutually exclusive parameters.")
	}
	for _, name := range names {
		number, err := s.stream(ctx, k, name)
		if err != nil {
			return nil, err
		}
		numbers = append(numbers, number)
	}
	if prefix == nil {
		return numbers, nil
	}
	numbers = []uint64{}
	return numbers, s.store.View(ctx, func(r resource.Reader) error {
		for e, err := range startingWith(streams.From(r, k.group.Name), *prefix)("") {
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return err
			}
			if strings.HasPrefix(e.Value.Name, *prefix) {
				numbers = append(numbers, e.Value.Number)
			}
		}
		return nil
	})
}

// search is one page of FilterLogEvents.
type search struct {
	*Service

	known   *known
	pattern *filterpattern.Pattern
	unmask  bool
	most    int
	until   time.Time
	last    events.Key // the last event that was looked at, and is not to be again
	size    int
}

// run searches until a page is full, or its time is over, and says whether there may
// be more.
func (p *search) run(ctx context.Context, q events.Query, out *logsapi.FilterLogEventsOutput) (more bool, err error) {
	looked, over, now := 0, false, current{Service: p.Service, known: p.known}
	q.Passed = func(at events.Key) bool {
		p.last, over = at, time.Now().After(p.until)
		return !over
	}
	for e, err := range p.events.Read(ctx, q) {
		if damaged(err) && len(out.Events) > 0 {
			return true, nil // the next page tells it
		}
		if err := p.unread(ctx, err); err != nil {
			return false, err
		}
		if !p.unmask {
			if e.Message, err = now.mask(ctx, &e); err != nil {
				return false, err
			}
		}
		if p.pattern.Match(e.Message) {
			name, err := p.streamName(ctx, p.known, e.Stream)
			if err != nil {
				return false, err
			}
			if name != "" && !p.add(out, name, &e) {
				return true, nil
			}
		}
		p.last = e.Key
		if looked += len(e.Message) + eventOverhead; looked >= lookEvery {
			if err := ctx.Err(); err != nil {
				return false, err
			}
			if looked = 0; time.Now().After(p.until) {
				return true, nil
			}
		}
	}
	return over, nil
}

// add adds an event to a page. It is false when the page is full.
func (p *search) add(out *logsapi.FilterLogEventsOutput, stream string, e *events.Event) bool {
	p.size += len(e.Message) + eventOverhead
	if n := len(out.Events); n == p.most || p.size > mostPageBytes && n > 0 {
		return false
	}
	out.Events = append(out.Events, logsapi.FilteredLogEvent{
		LogStreamName: new(stream), Timestamp: new(e.Time), IngestionTime: new(e.Ingested), Message: new(string(e.Message)), EventId: new(eventID(e.Key)),
	})
	return true
}
