package logs

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/logs/events"
	"github.com/sillok/sillok/internal/resource"
)

var streams = resource.Kind[stream]{
	Name: "logs/stream", Missing: errNoStream, // by the names of its group and its own
	Taken: func(...string) error { return errExists("The specified log stream already exists") },
}

// stream is a log stream as it is kept.
type stream struct {
	Number  uint64
	Name    string
	Created int64
}

// CreateLogStream makes a log stream.
func (s *Service) CreateLogStream(ctx context.Context, in *logsapi.CreateLogStreamInput) (*logsapi.CreateLogStreamOutput, error) {
	if err := checkName(*in.LogStreamName); err != nil {
		return nil, err
	}
	if err := checkName(*in.LogGroupName); err != nil {
		return nil, err
	}
	if strings.ContainsRune(*in.LogStreamName, 0) {
		return nil, errInvalid("A log stream name cannot have a character of code 0.")
	}
	return &logsapi.CreateLogStreamOutput{}, s.makeStream(ctx, *in.LogGroupName, *in.LogStreamName)
}

// makeStream makes a stream of a group.
func (s *Service) makeStream(ctx context.Context, group, name string) error {
	return s.store.Update(ctx, func(tx resource.Tx) error {
		g, err := groups.Get(tx, group)
		if err != nil {
			return err
		}
		if _, found, err := streams.Find(tx, g.Name, name); err != nil || found {
			return errors.Join(err, streams.Taken())
		}
		all := resource.In(tx, cloud.Scope{})
		number, err := s.next(all)
		if err != nil {
			return err
		}
		return errors.Join(
			streams.Create(tx, stream{Number: number, Name: name, Created: time.Now().UnixMilli()}, g.Name, name),
			ofStreams.Put(all, name, digits(g.Number), digits(number)),
		)
	})
}

// DeleteLogStream removes a log stream with all its events.
func (s *Service) DeleteLogStream(ctx context.Context, in *logsapi.DeleteLogStreamInput) (*logsapi.DeleteLogStreamOutput, error) {
	var g group
	err := s.change(ctx, *in.LogGroupName, func(tx resource.Tx) (err error) {
		if g, err = groups.Get(tx, *in.LogGroupName); err != nil {
			return err
		}
		st, err := streams.Get(tx, g.Name, *in.LogStreamName)
		if err != nil {
			return err
		}
		if g.Protected {
			return errProtected(g.Name)
		}
		return errors.Join(
			streams.Delete(tx, g.Name, st.Name), ofStreams.Discard(resource.In(tx, cloud.Scope{}), digits(g.Number), digits(st.Number)))
	})
	if err == nil {
		s.events.Forget(g.Number)
	}
	return &logsapi.DeleteLogStreamOutput{}, err
}

const mostStreamsListed = 50

// DescribeLogStreams lists the streams of a group, by name or by the time of their
// newest event.
func (s *Service) DescribeLogStreams(ctx context.Context, in *logsapi.DescribeLogStreamsInput) (*logsapi.DescribeLogStreamsOutput, error) {
	name, err := identified(ctx, in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	byTime := resource.Value(in.OrderBy) == "LastEventTime"
	prefix := resource.Value(in.LogStreamNamePrefix)
	if byTime && prefix != "" {
		return nil, errInvalid("Cannot order by LastEventTime with a logStreamNamePrefix.")
	}
	k, err := s.group(ctx, name)
	if err != nil {
		return nil, err
	}
	stats, err := s.events.Streams(ctx, k.group.Number)
	if damaged(err) && !byTime {
		s.cfg.Log.ErrorContext(ctx, "the times of log streams leave out events that cannot be read", "group", name, "error", err)
		err = nil
	}
	if err := s.unread(ctx, err); err != nil {
		return nil, err
	}
	out := &logsapi.DescribeLogStreamsOutput{}
	return out, s.store.View(ctx, func(r resource.Reader) (err error) {
		from := streams.From(r, name)
		switch {
		case byTime || resource.Value(in.Descending):
			// All of them have to be looked at, to tell which come first.
			from, err = ordered(ctx, from, func(st stream) string {
				if byTime {
					return timeKey(stats[st.Number].Last) + st.Name
				}
				return st.Name
			}, resource.Value(in.Descending))
		case prefix != "":
			from = startingWith(from, prefix)
		}
		if err != nil {
			return err
		}
		out.LogStreams, out.NextToken, err = resource.Page(ctx, paging(in, in.NextToken, in.Limit, mostStreamsListed), from, func(st stream) (logsapi.LogStream, bool, error) {
			return described(r.Scope(), &k.group, st, stats[st.Number]), strings.HasPrefix(st.Name, prefix), nil
		})
		return err
	})
}

func described(scope cloud.Scope, g *group, st stream, stats events.Stats) logsapi.LogStream {
	l := logsapi.LogStream{
		LogStreamName: new(st.Name), CreationTime: new(st.Created), StoredBytes: new(int64(0)), // always, as AWS says since 2019
		Arn: new(groupARN(scope, g.Name) + ":log-stream:" + st.Name),
	}
	if stats.Events > 0 {
		l.FirstEventTimestamp, l.LastEventTimestamp, l.LastIngestionTime = new(max(stats.First, g.from())), new(stats.Last), new(stats.Ingested)
		l.UploadSequenceToken = new(sequenceToken(uint64(stats.Ingested))) //nolint:gosec // a time since 1970
	}
	return l
}

// timeKey is a time as text in the order of times.
func timeKey(t int64) string {
	text := digits(uint64(max(t, 0)))
	return strings.Repeat("0", 20-len(text)) + text + "/"
}

// startingWith is a listing by name of what begins with a prefix: it ends where
// nothing can any more.
func startingWith[T any](from resource.Listing[T], prefix string) resource.Listing[T] {
	return func(after string) iter.Seq2[resource.Entry[T], error] {
		return func(yield func(resource.Entry[T], error) bool) {
			for e, err := range from(max(after, before(prefix))) {
				if err == nil && !strings.HasPrefix(e.Name, prefix) && e.Name > prefix {
					return
				}
				if !yield(e, err) {
					return
				}
			}
		}
	}
}

// before returns a name that comes before all that begin with prefix, and behind most
// that do not.
func before(prefix string) string {
	if prefix == "" {
		return ""
	}
	last := prefix[len(prefix)-1]
	if last == 0 {
		return prefix[:len(prefix)-1]
	}
	return prefix[:len(prefix)-1] + string([]byte{last - 1}) + "\xff"
}

// ordered is a listing in the order of a key that each entry has.
func ordered[T any](ctx context.Context, from resource.Listing[T], key func(T) string, descending bool) (resource.Listing[T], error) {
	var all []resource.Entry[T]
	for e, err := range from("") {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return nil, err
		}
		all = append(all, resource.Entry[T]{Name: key(e.Value), Value: e.Value})
	}
	slices.SortFunc(all, func(a, b resource.Entry[T]) int {
		if descending {
			a, b = b, a
		}
		return cmp.Compare(a.Name, b.Name)
	})
	return func(after string) iter.Seq2[resource.Entry[T], error] {
		return func(yield func(resource.Entry[T], error) bool) {
			for _, e := range all {
				behind := e.Name > after
				if descending {
					behind = e.Name < after
				}
				if (after == "" || behind) && !yield(e, nil) {
					return
				}
			}
		}
	}, nil
}
