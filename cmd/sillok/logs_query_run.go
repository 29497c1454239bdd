package main

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/sillok/sillok/internal/kit/life"
	"github.com/sillok/sillok/internal/terminal"
)

const (
	// askFirst is how long a query is given before it is asked for; askLast how long it is
	// given between two questions at most.
	askFirst, askLast = 20 * time.Millisecond, time.Second
	// estimateAfter is how long a query runs before it is asked how much it will read.
	estimateAfter = time.Second
	// stopWithin is how long one waits for the end of a query that is not wanted any more.
	stopWithin = 2 * time.Second
)

// runningQuery is a query that a server runs.
type runningQuery struct {
	client *cloudwatchlogs.Client
	in     *cloudwatchlogs.StartQueryInput
	screen *screen
	total  atomic.Int64 // bytes that it will read; 0 while that is not known

	rows       [][]types.ResultField
	statistics types.QueryStatistics
}

// run starts the query and waits for its end.
func (q *runningQuery) run(ctx context.Context) error {
	started, err := q.start(ctx, q.in)
	if err != nil {
		return err
	}
	id := aws.ToString(started)
	err = q.wait(ctx, id)
	if ctx.Err() != nil {
		q.stop(ctx, id)
		return context.Cause(ctx)
	}
	return err
}

// start starts a query, and waits while others have to end before.
func (q *runningQuery) start(ctx context.Context, in *cloudwatchlogs.StartQueryInput) (*string, error) {
	for told := false; ; told = true {
		out, err := q.client.StartQuery(ctx, in)
		switch {
		case err == nil:
			return out.QueryId, nil
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case !isThrottled(err):
			return nil, serviceRefused(err)
		case !told:
			fmt.Fprintf(q.screen.stderr, "sillok: %s; waiting for other queries to end\n", printable(serviceRefused(err).Error()))
		}
		if err := pause(ctx); err != nil {
			return nil, err
		}
	}
}

// stop ends a query for which nobody waits any more.
func (q *runningQuery) stop(ctx context.Context, id string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer cancel()
	if _, err := q.client.StopQuery(ctx, &cloudwatchlogs.StopQueryInput{QueryId: &id}); err != nil && !isRefused(err) { // else it has ended
		fmt.Fprintf(q.screen.stderr, "sillok: query %s may go on: %s\n", id, printable(serviceRefused(err).Error()))
	}
}

// wait asks for the query's results until it has ended, and then for all of them.
func (q *runningQuery) wait(ctx context.Context, id string) error {
	began, estimated := time.Now(), false
	q.screen.phase("asking")
	for every := askFirst; ; every = min(2*every, askLast) {
		out, err := q.client.GetQueryResults(ctx, &cloudwatchlogs.GetQueryResultsInput{QueryId: &id})
		if err != nil {
			return serviceRefused(err)
		}
		if out.Statistics != nil {
			q.statistics = *out.Statistics
		}
		switch out.Status {
		case types.QueryStatusComplete:
			return q.read(ctx, id, out)
		case types.QueryStatusScheduled, types.QueryStatusRunning:
		default:
			return fmt.Errorf("the query ended as %s, after %s of %s: the server's log says why", out.Status,
				terminal.Bytes(int64(q.statistics.BytesScanned)), terminal.Counted(int64(q.statistics.RecordsScanned), "event"))
		}
		if q.screen.bar != nil {
			if !estimated && time.Since(began) > estimateAfter {
				estimated = true
				go func() { // the query ends with or without it
					_ = life.Catch(func() error { q.estimate(ctx); return nil })
				}()
			}
			q.tell()
		}
		select {
		case <-time.After(every):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// read reads the pages of the result.
func (q *runningQuery) read(ctx context.Context, id string, out *cloudwatchlogs.GetQueryResultsOutput) error {
	q.rows = out.Results
	for out.NextToken != nil {
		var err error
		if out, err = q.client.GetQueryResults(ctx, &cloudwatchlogs.GetQueryResultsInput{QueryId: &id, NextToken: out.NextToken}); err != nil {
			return serviceRefused(err)
		}
		q.rows = append(q.rows, out.Results...)
	}
	return nil
}

// tell shows how far the query is.
func (q *runningQuery) tell() {
	s := &q.statistics
	done := int64(s.BytesScanned + s.EstimatedBytesSkipped)
	q.screen.bar.Update(terminal.Progress{
		Done: done, Total: max(q.total.Load(), 0), Facts: fmt.Sprintf("%s, %s matched", terminal.Bytes(int64(s.BytesScanned)), terminal.Counted(int64(s.RecordsMatched), "event")),
	})
}

// estimate finds out how much the query will read, by the stage that is for that.
func (q *runningQuery) estimate(ctx context.Context) {
	if q.in.QueryLanguage != types.QueryLanguageCwli {
		return
	}
	in := *q.in
	in.QueryString, in.Limit = aws.String(aws.ToString(q.in.QueryString)+" | estimate"), nil
	out, err := q.client.StartQuery(ctx, &in)
	if err != nil {
		return // no more than a bar without an end
	}
	for ctx.Err() == nil {
		result, err := q.client.GetQueryResults(ctx, &cloudwatchlogs.GetQueryResultsInput{QueryId: out.QueryId})
		if err != nil {
			return
		}
		if result.Status == types.QueryStatusComplete && result.Statistics != nil {
			q.total.Store(int64(result.Statistics.BytesScanned))
			return
		}
		if result.Status != types.QueryStatusScheduled && result.Status != types.QueryStatusRunning {
			return
		}
		if pause(ctx) != nil {
			return
		}
	}
}
