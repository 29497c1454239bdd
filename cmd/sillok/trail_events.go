package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/spf13/cobra"

	"github.com/sillok/sillok/internal/terminal"
)

// eventsOptions are the flags of trail events.
type eventsOptions struct {
	place                s3Place
	question             eventsQuestion
	limit                int64
	follow               bool
	output, color, pager string
}

func trailEventsCommand(e env) *cobra.Command {
	var o eventsOptions
	c := &cobra.Command{
		Use:   "events",
		Short: "Find out who did what, to what, from where, and how it ended",
		Long: `Events finds events of CloudTrail in a server's event history: the newest first, of all
regions and of all accounts whose events you may look up. All that is asked for must hold.

It calls LookupEvents: with --data as the root user of a server's folder, else by the
usual AWS settings (AWS_PROFILE, AWS_ENDPOINT_URL and so on).

With --follow events are shown as calls are recorded, each once, also over a restart of
the server; --since shows first what was before, the last thousand at most.

A table shows the first eight characters of an event's ID, which "sillok trail event"
takes, and times of the local zone; csv and json have whole IDs and times in UTC. What was
denied is red, what failed otherwise yellow; NO_COLOR turns colours off. On a terminal,
what is longer than it is shown by $PAGER, or less. With --output json each event is a
record of CloudTrail on a line of its own.

Calls of LookupEvents, of which this command makes some, are left out unless --what is
LookupEvents or cloudtrail.`,
		Example: `  # who touched this?
  sillok trail events --resource arn:aws:s3:::my-logs

  # what changed in the last 30 minutes?
  sillok trail events --changes --since 30m

  # what was this role denied?
  sillok trail events --denied --who arn:aws:iam::111122223333:role/deployer

  # everything by this access key, for another program
  sillok trail events --who AKIA… --output json | jq .eventName

  # who may have deleted the role, in March?
  sillok trail events --what iam:DeleteRole --since 2026-03-01 --until 2026-03-31

  # what is denied, as it happens
  sillok trail events --denied --follow`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error { return trailEvents(c.Context(), e, o) },
	}
	f, q := c.Flags(), &o.question
	f.StringVar(&q.who, "who", "", "who called: the `NAME`, ARN or unique ID of a user, a role or a session; an access key; an account; a service")
	f.StringVar(&q.key, "key", "", "the access `KEY` ID of the call")
	f.StringVar(&q.what, "what", "", "what was called: an `EVENT` such as CreateRole, a service such as iam, or both: iam:CreateRole")
	f.StringVar(&q.resource, "resource", "", "`ARN` or name of something that the call touched")
	f.StringVar(&q.kind, "type", "", "`TYPE` of something that it touched, such as AWS::IAM::Role")
	f.StringVar(&q.since, "since", "", "from when: how long ago, such as 30m or 7d, or a `TIME` such as 2026-11-29 or 2026-11-29T08:00:00Z")
	f.StringVar(&q.until, "until", "", "until when: a `TIME` as of --since; of a day, its end")
	f.BoolVar(&q.changes, "changes", false, "only what is not read-only")
	f.BoolVar(&q.denied, "denied", false, "only what the caller was not allowed to do")
	f.StringVar(&q.outcome, "outcome", "any", "`HOW` it ended: any, succeeded, failed or denied")
	f.StringVar(&q.failure, "error", "", "the error `CODE` with which it failed, such as NoSuchBucket")
	f.StringVar(&q.from, "from", "", "the source `ADDRESS` of the call, or the service that made it")
	f.StringVar(&q.region, "region", "", "`REGION` in which it was recorded")
	f.StringVar(&q.account, "account", "", "`ACCOUNT` in which it was recorded")
	f.StringVar(&q.category, "category", "all", "`KIND` of events: all, management, data or insight")
	f.BoolVar(&o.follow, "follow", false, "go on with events as they are recorded")
	f.Int64Var(&o.limit, "limit", 0, "end after `N` events; 0 for no limit")
	f.BoolVar(&q.utc, "utc", false, "read and show times in UTC instead of the local zone")
	f.StringVarP(&o.output, "output", "o", "table", "`FORM`: table, vertical, csv or json")
	f.StringVar(&o.color, "color", "auto", "`WHEN` to use colours: auto, always or never")
	f.StringVar(&o.pager, "pager", "auto", "`WHEN` to use a pager: auto, always or never")
	o.place.serverFlags(f)
	completions(c, o.choices(), "data")
	return c
}

func (o *eventsOptions) choices() []choice {
	when := []string{"auto", "always", "never"}
	return []choice{
		{"output", o.output, []string{"table", "vertical", "csv", "json"}},
		{"color", o.color, when},
		{"pager", o.pager, when},
		{"category", o.question.category, []string{"all", "management", "data", "insight"}},
		{"outcome", o.question.outcome, []string{"any", "succeeded", "failed", "denied"}},
	}
}

func trailEvents(ctx context.Context, e env, o eventsOptions) error {
	errs := checkChoices(o.choices())
	in, err := o.question.input(time.Now())
	errs = append(errs, err)
	switch {
	case o.limit < 0:
		errs = append(errs, fmt.Errorf("limit: %d is less than none", o.limit))
	case o.follow && o.question.until != "":
		errs = append(errs, errors.New("until: what is followed has no end"))
	case o.follow && o.output == "vertical":
		errs = append(errs, errors.New("output: what is followed is shown as table, csv or json"))
	}
	if err := errors.Join(errs...); err != nil {
		return usageError{err}
	}
	client, err := o.place.trails(ctx)
	if err != nil {
		return err
	}
	screen := newScreen(e, o.color, "never")
	if o.follow {
		f := follower{options: &o, client: client, shown: newEventsShown(screen, o.output, o.question.zone(), true)}
		return f.run(ctx, in)
	}
	read := screen.page(e, o.pager)
	return read(o.list(ctx, client, in, screen))
}

// list shows what a question finds.
func (o *eventsOptions) list(ctx context.Context, client *cloudtrail.Client, in *cloudtrail.LookupEventsInput, screen *screen) error {
	shown := newEventsShown(screen, o.output, o.question.zone(), false)
	var left int64
	for found, err := range listed(ctx, client, in) {
		switch {
		case err != nil:
			if ctx.Err() != nil {
				err = context.Cause(ctx)
			}
			return errors.Join(shown.end(), err)
		case o.leavesOut(&found):
			left++
			continue
		}
		if err := shown.add(&found); err != nil {
			return err
		}
		if o.limit > 0 && shown.count == o.limit {
			break
		}
	}
	if err := shown.end(); err != nil {
		return err
	}
	if shown.count == 0 {
		fmt.Fprintln(screen.stderr, "no such event")
	}
	if left > 0 {
		fmt.Fprintf(screen.stderr, "left out: %s of %s; --what %s shows them\n", terminal.Counted(left, "call"), lookups, lookups)
	}
	return nil
}

// leavesOut says whether an event is a call by which events are looked up, and nobody
// asked for those: whoever follows would follow themselves.
func (o *eventsOptions) leavesOut(e *lookedUp) bool {
	return e.Name == lookups && e.Source == "cloudtrail.amazonaws.com" && !o.question.wantsLookups()
}
