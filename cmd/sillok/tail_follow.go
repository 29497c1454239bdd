package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/sillok/sillok/internal/kit/life"
)

const (
	// late is how late an event may be for being found when events are read again.
	late = 5 * time.Minute
	// tailed is how many groups a live tail has at most.
	tailed = 10
)

// tailFollower shows events as they are written. Live tails tell of them at once; what was
// before, and what a live tail may have left out, is read by FilterLogEvents.
type tailFollower struct {
	wanted wantedEvents
	shown  *tailShown
	limit  int64
	known  *knownEvents
	away   bool // the server does not answer
}

// liveUpdate is what a live tail tells.
type liveUpdate struct {
	events  []logEvent
	sampled bool  // there were more
	begun   bool  // the tail follows from now on
	err     error // it has ended
}

// run follows until ctx is done, or as many events were shown as are wanted.
func (f *tailFollower) run(ctx context.Context) error {
	from := f.wanted.since
	for !f.full() {
		began := time.Now()
		err := f.live(ctx, from)
		none, refused := errors.AsType[noLiveTailError](err)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err == nil: // the session was over
		case refused:
			fmt.Fprintf(f.shown.screen.stderr, "sillok: %s; asking each second instead\n", printable(none.Error()))
			return f.poll(ctx, from)
		case isRefused(err):
			return serviceRefused(err)
		default:
			f.tellAway(err)
			if err := pause(ctx); err != nil {
				return err
			}
		}
		from = laterOf(from, began.Add(-late))
	}
	return nil
}

func laterOf(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func (f *tailFollower) full() bool { return f.limit > 0 && f.shown.count >= f.limit }

func (f *tailFollower) tellAway(err error) {
	if !f.away {
		fmt.Fprintf(f.shown.screen.stderr, "sillok: %s; trying again\n", printable(serviceRefused(err).Error()))
	}
	f.away = true
}

func (f *tailFollower) tellBack() {
	if f.away {
		fmt.Fprintln(f.shown.screen.stderr, "sillok: the server is there again")
	}
	f.away = false
}

// noLiveTailError is why groups cannot be followed by live tails.
type noLiveTailError struct{ cause error }

func (e noLiveTailError) Error() string { return e.cause.Error() }
func (e noLiveTailError) Unwrap() error { return e.cause }

// live follows by live tails until one of them ends. What is there already is read once
// all of them follow, so that nothing falls between the two.
func (f *tailFollower) live(ctx context.Context, from time.Time) error {
	requests, err := f.requests(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	work, ctx := life.New(ctx, slog.New(slog.DiscardHandler))
	updates := make(chan liveUpdate)
	for _, in := range requests {
		work.Go(ctx, "live tail", func(ctx context.Context) error {
			err := f.session(ctx, in, updates)
			send(ctx, updates, liveUpdate{err: cmp.Or(err, errSessionOver)})
			return nil
		})
	}
	err = f.told(ctx, updates, len(requests), from)
	cancel()
	return errors.Join(err, work.Wait())
}

var errSessionOver = errors.New("the live tail is over")

// told shows what live tails tell, until one of them ends.
func (f *tailFollower) told(ctx context.Context, updates <-chan liveUpdate, tails int, from time.Time) error {
	f.known.begin()
	begun := 0
	for {
		var u liveUpdate
		select {
		case u = <-updates:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		switch {
		case errors.Is(u.err, errSessionOver):
			return nil
		case u.err != nil:
			return u.err
		case u.begun:
			if begun++; begun == tails {
				f.tellBack()
				if err := f.read(ctx, from); err != nil || f.full() {
					return err
				}
			}
		}
		for _, e := range u.events {
			if !f.known.told(&e) {
				continue
			}
			if err := f.shown.add(&e); err != nil || f.full() {
				return err
			}
		}
		if u.sampled {
			oldest := time.Now()
			for _, e := range u.events {
				oldest = time.UnixMilli(min(oldest.UnixMilli(), e.Time))
			}
			if err := f.read(ctx, oldest.Add(-late)); err != nil || f.full() {
				return err
			}
		}
	}
}

// read shows the events from a time on that were not shown.
func (f *tailFollower) read(ctx context.Context, from time.Time) error {
	w := f.wanted
	w.since = laterOf(w.since, from)
	f.known.reread()
	for e, err := range w.read(ctx) {
		if err != nil {
			return err
		}
		if !f.known.read(&e) {
			continue
		}
		if err := f.shown.add(&e); err != nil || f.full() {
			return err
		}
	}
	return nil
}

// poll asks each second, where there are no live tails.
func (f *tailFollower) poll(ctx context.Context, from time.Time) error {
	for !f.full() {
		began := time.Now()
		err := f.read(ctx, from)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err == nil:
			f.tellBack()
			from = laterOf(from, began.Add(-late))
		case isRefused(err):
			return err
		default:
			f.tellAway(err)
		}
		if f.full() {
			break
		}
		if err := pause(ctx); err != nil {
			return err
		}
	}
	return nil
}

// requests returns what live tails are asked: streams can be named of one group alone.
func (f *tailFollower) requests(ctx context.Context) (all []*cloudwatchlogs.StartLiveTailInput, err error) {
	arns := make([]string, len(f.wanted.groups))
	for i, group := range f.wanted.groups {
		if arns[i], err = groupARN(ctx, f.wanted.client, group); err != nil {
			if hasCode(err, "AccessDeniedException") {
				return nil, noLiveTailError{err}
			}
			return nil, err
		}
	}
	most := tailed
	if f.wanted.stream != "" {
		most = 1
	}
	for some := range slices.Chunk(arns, most) {
		in := &cloudwatchlogs.StartLiveTailInput{LogGroupIdentifiers: some}
		if f.wanted.filter != "" {
			in.LogEventFilterPattern = &f.wanted.filter
		}
		if f.wanted.stream != "" {
			in.LogStreamNamePrefixes = []string{f.wanted.stream}
		}
		all = append(all, in)
	}
	return all, nil
}

// session is one live tail. It ends with nil when its time is over.
func (f *tailFollower) session(ctx context.Context, in *cloudwatchlogs.StartLiveTailInput, updates chan<- liveUpdate) (err error) {
	out, err := f.wanted.client.StartLiveTail(ctx, in)
	if err != nil {
		if isRefused(err) || hasCode(err, "LimitExceededException") {
			return noLiveTailError{serviceRefused(err)}
		}
		return err
	}
	stream := out.GetStream()
	defer func() { err = cmp.Or(err, stream.Close()) }()
	names := map[string]string{}
	for _, arn := range in.LogGroupIdentifiers {
		names[arn] = groupName(arn)
	}
	for {
		var (
			e  types.StartLiveTailResponseStream
			ok bool
		)
		select {
		case e, ok = <-stream.Events():
		case <-ctx.Done():
			return ctx.Err()
		}
		if !ok {
			if _, over := errors.AsType[*types.SessionTimeoutException](stream.Err()); over {
				return nil
			}
			return cmp.Or(stream.Err(), errBroken)
		}
		var u liveUpdate
		switch e := e.(type) {
		case *types.StartLiveTailResponseStreamMemberSessionStart:
			u.begun = true
		case *types.StartLiveTailResponseStreamMemberSessionUpdate:
			u.sampled = e.Value.SessionMetadata != nil && e.Value.SessionMetadata.Sampled
			for i := range e.Value.SessionResults {
				r := &e.Value.SessionResults[i]
				u.events = append(u.events, logEvent{
					Group: cmp.Or(names[aws.ToString(r.LogGroupIdentifier)], nameOfIdentifier(aws.ToString(r.LogGroupIdentifier))), Stream: aws.ToString(r.LogStreamName),
					Time: aws.ToInt64(r.Timestamp), Ingested: aws.ToInt64(r.IngestionTime), Message: aws.ToString(r.Message),
				})
			}
		default:
			continue
		}
		if !u.begun && !u.sampled && len(u.events) == 0 {
			continue
		}
		if !send(ctx, updates, u) {
			return ctx.Err()
		}
	}
}

var errBroken = errors.New("the connection of the live tail broke")

// nameOfIdentifier returns the name of a group from what AWS tells of an event: an account
// and a name, or an ARN.
func nameOfIdentifier(id string) string {
	if strings.HasPrefix(id, "arn:") {
		return groupName(id)
	}
	if account, name, found := strings.Cut(id, ":"); found && len(account) == 12 {
		return name
	}
	return id
}

func send(ctx context.Context, updates chan<- liveUpdate, u liveUpdate) bool {
	select {
	case updates <- u:
		return true
	case <-ctx.Done():
		return false
	}
}
