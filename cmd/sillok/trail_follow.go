package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
)

const (
	followEvery = time.Second
	// followedPast is how many events that were before are shown at most: they come
	// newest first, and are shown oldest first.
	followedPast = 1000
)

// follower shows events as they are recorded.
type follower struct {
	options *eventsOptions
	client  *cloudtrail.Client
	shown   *eventsShown
	past    map[string]bool // the IDs of what was listed and may come again
	away    bool            // the server does not answer
}

// run shows what was, where that is asked for, and then what comes. The place from
// which on it follows is taken before what was is listed, so that nothing falls between
// the two; what is in both is shown once.
func (f *follower) run(ctx context.Context, in *cloudtrail.LookupEventsInput) error {
	follow := *in
	follow.StartTime, follow.MaxResults = nil, aws.Int32(laterPage)
	follow.LookupAttributes = append(slices.Clone(in.LookupAttributes), types.LookupAttribute{AttributeKey: "Order", AttributeValue: aws.String("recorded")})
	begin, err := lookUp(ctx, f.client, &follow)
	if err != nil {
		return err
	}
	follow.NextToken = begin.NextToken
	if in.StartTime != nil {
		if err := f.before(ctx, in); err != nil {
			return err
		}
	}
	for !f.full() {
		page, err := f.next(ctx, &follow)
		if err != nil {
			return err
		}
		follow.NextToken = page.NextToken
		for i := range page.Events {
			found, err := read(&page.Events[i])
			if err != nil {
				return err
			}
			if err := f.show(&found); err != nil || f.full() {
				return err
			}
		}
		if len(page.Events) == laterPage {
			continue
		}
		f.past = nil
		if err := pause(ctx); err != nil {
			return err
		}
	}
	return nil
}

// before shows what was.
func (f *follower) before(ctx context.Context, in *cloudtrail.LookupEventsInput) error {
	var all []lookedUp
	f.past = map[string]bool{}
	for found, err := range listed(ctx, f.client, in) {
		if err != nil {
			return err
		}
		if f.options.leavesOut(&found) {
			continue
		}
		if len(all) == followedPast {
			fmt.Fprintf(f.shown.screen.stderr, "events before %s are not shown; without --follow they are\n", all[len(all)-1].Time.In(f.shown.zone).Format(time.DateTime))
			break
		}
		all = append(all, found)
	}
	for _, found := range slices.Backward(all) {
		if f.full() {
			break
		}
		if err := f.show(&found); err != nil {
			return err
		}
		f.past[found.ID] = true
	}
	return nil
}

// show shows an event, unless it was shown or is left out.
func (f *follower) show(e *lookedUp) error {
	if f.options.leavesOut(e) || f.past[e.ID] {
		return nil
	}
	return f.shown.add(e)
}

func (f *follower) full() bool { return f.options.limit > 0 && f.shown.count >= f.options.limit }

// next asks for what was recorded since, and again while the server is away: the place
// from which on it follows holds over a restart.
func (f *follower) next(ctx context.Context, in *cloudtrail.LookupEventsInput) (*cloudtrail.LookupEventsOutput, error) {
	for {
		page, err := lookUp(ctx, f.client, in)
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if isRefused(err) {
			return nil, err
		}
		if err == nil {
			if f.away {
				fmt.Fprintln(f.shown.screen.stderr, "sillok: the server is there again")
			}
			f.away = false
			return page, nil
		}
		if !f.away {
			fmt.Fprintf(f.shown.screen.stderr, "sillok: %s; trying again\n", printable(err.Error()))
		}
		f.away = true
		if err := pause(ctx); err != nil {
			return nil, err
		}
	}
}

// pause waits until it is time to ask again.
func pause(ctx context.Context) error {
	select {
	case <-time.After(followEvery):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
