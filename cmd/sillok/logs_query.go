package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/spf13/cobra"

	"github.com/sillok/sillok/internal/terminal"
)

// logsQueryOptions are the flags of logs query.
type logsQueryOptions struct {
	place                             logsPlace
	times                             timeFlags
	colors                            colorFlags
	language, output, pager, progress string
	limit                             int32
}

func logsQueryCommand(e env) *cobra.Command {
	var o logsQueryOptions
	c := &cobra.Command{
		Use:   "query QUERY [GROUP...]",
		Short: "Ask log groups in Logs Insights' language, or in SQL",
		Long: `Query runs a query of Logs Insights over log groups and shows what it finds. The language
is in docs/logs-insights.md. With --language SQL the text is SQL, in which groups stand as
tables in backticks, and no groups are named beside it.

It calls StartQuery and GetQueryResults, and StopQuery when you press Ctrl-C: with --data as
the root user of a server's folder, else by the usual AWS settings (AWS_PROFILE,
AWS_ENDPOINT_URL and so on).

A table shows times of the local zone, and below it a line of columns for each number of a
result by bin(…); csv and json have times in UTC, json @ptr too. On a terminal, what is
longer than it is shown by $PAGER, or less.`,
		Example: `  # what went wrong lately?
  sillok logs query 'filter @message like /ERROR/ | limit 20' /shop/web

  # how much, and how fast?
  sillok logs query 'stats count(*), avg(took) by bin(5m)' /shop/web /shop/worker --since 3h

  # for another program
  sillok logs query 'fields status, path' /shop/web --output json | jq -r .path

  # in SQL
  sillok logs query 'SELECT ` + "`@logStream`, count(*) FROM `/shop/web`" + ` GROUP BY 1' --language SQL`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError{errors.New("a query is expected, in quotes, and log groups")}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return logsQuery(c.Context(), e, o, args[0], args[1:]) },
	}
	f := c.Flags()
	f.StringVar(&o.times.since, "since", "1h", "from when: how long ago, such as 30m or 7d, or a `TIME` such as 2026-11-29 or 2026-11-29T08:00:00Z")
	f.StringVar(&o.times.since, "from", "1h", "`TIME`: the same as --since")
	f.StringVar(&o.times.until, "until", "", "until when: a `TIME` as of --since; of a day, its end")
	f.StringVar(&o.times.until, "to", "", "`TIME`: the same as --until")
	c.MarkFlagsMutuallyExclusive("since", "from")
	c.MarkFlagsMutuallyExclusive("until", "to")
	f.StringVar(&o.language, "language", "CWLI", "`LANGUAGE` of the query: CWLI (Logs Insights') or SQL")
	f.Int32Var(&o.limit, "limit", 0, "at most `N` rows; 0 for as many as the server gives unasked")
	f.BoolVar(&o.times.utc, "utc", false, "read and show times in UTC instead of the local zone")
	f.StringVarP(&o.output, "output", "o", "table", "`FORM`: table, vertical, csv or json (an object a line)")
	f.StringVar(&o.progress, "progress", "auto", "`WHEN` to show a progress bar: auto, always or never")
	f.StringVar(&o.pager, "pager", "auto", "`WHEN` to use a pager: auto, always or never")
	o.colors.flags(f)
	o.place.flags(f)
	completions(c, o.choices(), "data")
	completesGroups(c, &o.place, 1, 0)
	return c
}

func (o *logsQueryOptions) choices() []choice {
	when := []string{"auto", "always", "never"}
	return []choice{
		{"output", o.output, []string{"table", "vertical", "csv", "json"}},
		{"language", o.language, []string{"CWLI", "SQL"}},
		{"progress", o.progress, when},
		{"pager", o.pager, when},
		{"color", o.colors.color, when},
	}
}

func logsQuery(ctx context.Context, e env, o logsQueryOptions, text string, groups []string) error {
	errs := checkChoices(o.choices())
	since, until, err := o.times.span(time.Now())
	errs = append(errs, err)
	if o.limit < 0 {
		errs = append(errs, fmt.Errorf("limit: %d is less than none", o.limit))
	}
	if err := errors.Join(errs...); err != nil {
		return usageError{err}
	}
	client, err := o.place.client(ctx)
	if err != nil {
		return err
	}
	end := time.Now()
	if until != nil {
		end = *until
	}
	in := &cloudwatchlogs.StartQueryInput{
		QueryString: &text, StartTime: aws.Int64(since.Unix()), EndTime: aws.Int64(end.Unix()), QueryLanguage: types.QueryLanguage(o.language),
	}
	if len(groups) > 0 {
		in.LogGroupIdentifiers = groups
	}
	if o.limit > 0 {
		in.Limit = &o.limit
	}
	screen := newScreen(e, o.colors.when(), o.progress)
	defer screen.close()
	q := &runningQuery{client: client, in: in, screen: screen}
	began := time.Now()
	if err := q.run(ctx); err != nil {
		return err
	}
	screen.decoded()
	read := screen.page(e, o.pager)
	shown := newFound(q.rows)
	if err := read(shown.show(screen, &o)); err != nil {
		return err
	}
	s := q.statistics
	fmt.Fprintf(screen.stderr, "%s in %s; %s of %s matched, %s read\n", terminal.Counted(int64(len(q.rows)), "row"), terminal.Duration(time.Since(began)),
		terminal.Grouped(int64(s.RecordsMatched)), terminal.Counted(int64(s.RecordsScanned), "event"), terminal.Bytes(int64(s.BytesScanned)))
	return nil
}
