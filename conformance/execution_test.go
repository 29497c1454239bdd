package conformance_test

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/athena"
	"github.com/aws/aws-sdk-go-v2/service/athena/types"
)

// start begins a statement and returns the ID of its execution.
func (a *asker) start(sql string, options ...func(*athena.StartQueryExecutionInput)) string {
	a.t.Helper()
	in := &athena.StartQueryExecutionInput{
		QueryString: &sql, ResultConfiguration: &types.ResultConfiguration{OutputLocation: aws.String("s3://" + resultsBucket + "/")},
	}
	for _, option := range options {
		option(in)
	}
	out, err := a.athena.StartQueryExecution(a.t.Context(), in)
	if err != nil {
		a.t.Fatal(err)
	}
	return *out.QueryExecutionId
}

// execution returns how an execution stands.
func (a *asker) execution(ctx context.Context, id string) (*types.QueryExecution, error) {
	out, err := a.athena.GetQueryExecution(ctx, &athena.GetQueryExecutionInput{QueryExecutionId: &id})
	if err != nil {
		return nil, err
	}
	return out.QueryExecution, nil
}

// finish waits for the end of an execution.
func (a *asker) finish(ctx context.Context, id string) (*types.QueryExecution, error) {
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	for {
		x, err := a.execution(ctx, id)
		if err != nil {
			return nil, err
		}
		switch x.Status.State {
		case types.QueryExecutionStateSucceeded, types.QueryExecutionStateFailed, types.QueryExecutionStateCancelled:
			return x, nil
		default:
		}
		select {
		case <-poll.C:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// running waits until a worker of the server has computed for a while, which
// means that the only query there is runs, and returns the worker's process.
func (a *asker) running(s *server, id string) worker {
	a.t.Helper()
	poll := time.NewTicker(10 * time.Millisecond)
	defer poll.Stop()
	for {
		for _, w := range s.workers() {
			if w.ticks >= busyTicks {
				return w
			}
		}
		x, err := a.execution(a.t.Context(), id)
		if err != nil {
			a.t.Fatal(err)
		}
		if x.Status.CompletionDateTime != nil {
			a.t.Fatalf("the query has ended: %s", aws.ToString(x.Status.StateChangeReason))
		}
		<-poll.C
	}
}
