package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
)

// tailOptions are the flags of tail.
type tailOptions struct {
	place             logsPlace
	times             timeFlags
	colors            colorFlags
	filter, stream    string
	follow, histogram bool
	limit             int64
	output, pretty    string
	pager             string
}

func tailCommand(e env) *cobra.Command {
	var o tailOptions
	c := &cobra.Command{
		Use:   "tail GROUP...",
		Short: "Show the events of log groups, and follow them",
		Long: `Tail shows the events of log groups in the order of their times, from all of the groups
together. --filter takes CloudWatch Logs' filter patterns: see docs/filter-patterns.md.

It asks a server by the usual AWS settings (AWS_PROFILE, AWS_ENDPOINT_URL and so on), or
with --data as the root user of a server's folder. It calls FilterLogEvents, and with
--follow StartLiveTail too, which tells of events as they are written. Whatever that
leaves out, since it sends no more than 500 events a second or since the connection broke,
is read again: each event is shown once. What comes meanwhile and is more than five minutes
late is not found then. Where a live tail is not allowed, groups are asked each second.

A table shows times of the local zone; json has them in milliseconds since 1970. Errors are
red and warnings yellow, by the level that an event names; NO_COLOR turns colours off.
On a terminal events that are JSON are shown on several lines, and what is longer than it
is shown by $PAGER, or less, unless it is followed.`,
		Example: `  # what came in the last ten minutes, and then what comes
  sillok tail /shop/web --follow

  # errors of two groups in the last hour
  sillok tail /shop/web /shop/worker --filter ERROR --since 1h

  # when were there answers of 500?
  sillok tail /shop/web --filter '{ $.status = 500 }' --since 1d --histogram

  # for another program
  sillok tail /shop/web --since 1h --output json | jq .message`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError{errors.New("a log group is expected, such as /shop/web")}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return tail(c.Context(), e, o, args) },
	}
	f := c.Flags()
	f.StringVar(&o.filter, "filter", "", "filter `PATTERN` that events match")
	f.StringVar(&o.stream, "stream", "", "`PREFIX` of the names of the log streams that are meant")
	f.StringVar(&o.times.since, "since", "10m", "from when: how long ago, such as 30m or 7d, or a `TIME` such as 2026-11-29 or 2026-11-29T08:00:00Z")
	f.StringVar(&o.times.until, "until", "", "until when: a `TIME` as of --since; of a day, its end")
	f.BoolVarP(&o.follow, "follow", "f", false, "go on with events as they are written")
	f.BoolVar(&o.histogram, "histogram", false, "show how many events there were over time, in the place of the events")
	f.Int64Var(&o.limit, "limit", 0, "end after `N` events; 0 for no limit")
	f.BoolVar(&o.times.utc, "utc", false, "read and show times in UTC instead of the local zone")
	f.StringVarP(&o.output, "output", "o", "text", "`FORM`: text, raw (messages alone) or json (an object a line)")
	f.StringVar(&o.pretty, "pretty", "auto", "`WHEN` to show events that are JSON on several lines: auto, always or never")
	f.StringVar(&o.pager, "pager", "auto", "`WHEN` to use a pager: auto, always or never")
	o.colors.flags(f)
	o.place.flags(f)
	completions(c, o.choices(), "data")
	completesGroups(c, &o.place, 0, 0)
	return c
}

func (o *tailOptions) choices() []choice {
	when := []string{"auto", "always", "never"}
	return []choice{
		{"output", o.output, []string{"text", "raw", "json"}},
		{"pretty", o.pretty, when},
		{"pager", o.pager, when},
		{"color", o.colors.color, when},
	}
}

func tail(ctx context.Context, e env, o tailOptions, groups []string) error {
	errs := checkChoices(o.choices())
	since, until, err := o.times.span(time.Now())
	errs = append(errs, err)
	if o.limit < 0 {
		errs = append(errs, fmt.Errorf("limit: %d is less than none", o.limit))
	}
	if o.follow && o.times.until != "" {
		errs = append(errs, errors.New("until: what is followed has no end"))
	}
	if o.follow && o.histogram {
		errs = append(errs, errors.New("histogram: what is followed has no end; leave --follow away"))
	}
	if o.histogram && o.output == "raw" {
		errs = append(errs, errors.New("output: a histogram is shown as text or json"))
	}
	if err := errors.Join(errs...); err != nil {
		return usageError{err}
	}
	client, err := o.place.client(ctx)
	if err != nil {
		return err
	}
	screen := newScreen(e, o.colors.when(), "never")
	wanted := wantedEvents{client: client, groups: groups, filter: o.filter, stream: o.stream, since: since, until: until}
	if o.histogram {
		return histogram(ctx, screen, &o, wanted)
	}
	shown := newTailShown(screen, e, &o, len(groups))
	if o.follow {
		f := &tailFollower{wanted: wanted, shown: shown, limit: o.limit, known: newKnownEvents()}
		return f.run(ctx)
	}
	read := screen.page(e, o.pager)
	return read(shown.list(ctx, wanted))
}
