package athena

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/sillok/sillok/internal/api/athenaapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/sql/parse"
	"github.com/sillok/sillok/internal/store/state"
)

// The states of a query execution.
const (
	queued    = "QUEUED"
	running   = "RUNNING"
	succeeded = "SUCCEEDED"
	failed    = "FAILED"
	cancelled = "CANCELLED"
)

// defaultCatalog is the catalog that the Glue databases of the account are in.
const defaultCatalog = "AwsDataCatalog"

// moment is how long StartQueryExecution waits for the end of a statement about
// the catalog, which nearly always takes much less.
const moment = 2 * time.Second

// StartQueryExecution takes a query. It is durable once this returns, and waits
// for a slot of Run. A statement about the catalog is done by then as well,
// unless it takes longer than a moment.
func (s *Service) StartQueryExecution(ctx context.Context, in *athenaapi.StartQueryExecutionInput) (*athenaapi.StartQueryExecutionOutput, error) {
	request := resource.Request{In: in, Token: in.ClientRequestToken, Mismatch: errMismatch()}
	var (
		group athenaapi.WorkGroup
		id    string
		made  bool
	)
	err := s.store.View(ctx, func(r resource.Reader) (err error) {
		if id, made, err = resource.Earlier[string](r, request); err == nil && !made {
			group, err = workGroupIn(r, resource.Or(in.WorkGroup, primary))
		}
		return err
	})
	if err != nil || made {
		return &athenaapi.StartQueryExecutionOutput{QueryExecutionId: &id}, err
	}
	j, err := newJob(ctx, group, in)
	if err != nil {
		return nil, err
	}
	if err := s.checkResultBucket(ctx, *j.execution.ResultConfiguration.OutputLocation); err != nil {
		return nil, err
	}
	if id, err = s.take(ctx, request, j); err != nil {
		return nil, err
	}
	out := &athenaapi.StartQueryExecutionOutput{QueryExecutionId: &id}
	switch {
	case id != *j.execution.QueryExecutionId: // another call with the same token was faster
	case j.invalid != nil: // there is nothing to run
		s.run(s.queue.begin(context.WithoutCancel(ctx), j), j)
	case aboutCatalog(j.statement):
		s.queue.push(j)
		waitMoment(ctx, j.done)
	default:
		s.queue.push(j)
	}
	return out, nil
}

// waitMoment waits until done is closed, the caller is gone or a moment is over.
func waitMoment(ctx context.Context, done <-chan struct{}) {
	over := time.NewTimer(moment)
	defer over.Stop()
	select {
	case <-done:
	case <-over.C:
	case <-ctx.Done():
	}
}

// take writes an execution down as QUEUED, unless an equal request did, and
// returns the id of the one that is written.
func (s *Service) take(ctx context.Context, request resource.Request, j *job) (id string, err error) {
	if err := s.queue.add(j); err != nil { // before it is written, so that recovery never takes it for one of a dead server
		return "", err
	}
	err = s.store.Update(ctx, func(tx resource.Tx) (err error) {
		id, err = resource.Once(tx, request, func() (string, error) {
			if _, err := workGroupIn(tx, *j.execution.WorkGroup); err != nil {
				return "", err // it was deleted meanwhile
			}
			return *j.execution.QueryExecutionId, createExecution(tx, j.execution)
		})
		return err
	})
	if err != nil || id != *j.execution.QueryExecutionId {
		s.queue.remove(j)
	}
	return id, err
}

// GetQueryExecution returns one execution.
func (s *Service) GetQueryExecution(ctx context.Context, in *athenaapi.GetQueryExecutionInput) (*athenaapi.GetQueryExecutionOutput, error) {
	x, err := s.execution(ctx, *in.QueryExecutionId)
	return &athenaapi.GetQueryExecutionOutput{QueryExecution: &x.QueryExecution}, err
}

// BatchGetQueryExecution returns those of the executions that exist, and names the others.
func (s *Service) BatchGetQueryExecution(ctx context.Context, in *athenaapi.BatchGetQueryExecutionInput) (*athenaapi.BatchGetQueryExecutionOutput, error) {
	out := &athenaapi.BatchGetQueryExecutionOutput{UnprocessedQueryExecutionIds: []athenaapi.UnprocessedQueryExecutionId{}}
	var err error
	out.QueryExecutions, err = resource.Batch(in.QueryExecutionIds, func(id string) (athenaapi.QueryExecution, error) {
		x, err := s.execution(ctx, id)
		return x.QueryExecution, err
	}, func(id string, why *cloud.Error) {
		out.UnprocessedQueryExecutionIds = append(out.UnprocessedQueryExecutionIds, athenaapi.UnprocessedQueryExecutionId{
			QueryExecutionId: new(id), ErrorCode: new(why.Code), ErrorMessage: new(why.Message),
		})
	})
	return out, err
}

// ListQueryExecutions lists the ids of a work group's executions, newest first.
func (s *Service) ListQueryExecutions(ctx context.Context, in *athenaapi.ListQueryExecutionsInput) (*athenaapi.ListQueryExecutionsOutput, error) {
	group := resource.Or(in.WorkGroup, primary)
	out := &athenaapi.ListQueryExecutionsOutput{}
	err := s.store.View(ctx, func(r resource.Reader) (err error) {
		if _, err := workGroupIn(r, group); err != nil {
			return err
		}
		out.QueryExecutionIds, out.NextToken, err = resource.Page(ctx, tokens.Page(in, in.NextToken, in.MaxResults, 50), history.From(r, group), resource.Whole)
		return err
	})
	return out, err
}

// StopQueryExecution cancels an execution that is not done yet.
func (s *Service) StopQueryExecution(ctx context.Context, in *athenaapi.StopQueryExecutionInput) (*athenaapi.StopQueryExecutionOutput, error) {
	if _, err := s.execution(ctx, *in.QueryExecutionId); err != nil {
		return nil, err
	}
	if waited := s.queue.stop(cloud.CallOf(ctx).Scope(), *in.QueryExecutionId, errCancelled); waited != nil {
		s.conclude(ctx, waited, outcome{}, errCancelled)
	}
	return &athenaapi.StopQueryExecutionOutput{}, nil
}

// execution is a query execution with the part of it that Athena does not show.
type execution struct {
	athenaapi.QueryExecution
	ScanLimit int64 `json:",omitempty"`
}

// execution reads one execution of the caller's.
func (s *Service) execution(ctx context.Context, id string) (x execution, err error) {
	// Asked before the store, or one that ends in between would be QUEUED again.
	begun := s.queue.isRunning(cloud.CallOf(ctx).Scope(), id)
	err = s.store.View(ctx, func(r resource.Reader) (err error) {
		x, err = executions.Get(r, id)
		return err
	})
	if err == nil && begun && *x.Status.State == queued {
		x.Status.State = new(running)
	}
	return x, err
}

// newJob returns the execution that a request asks for, as it is when it is taken.
func newJob(ctx context.Context, group athenaapi.WorkGroup, in *athenaapi.StartQueryExecutionInput) (*job, error) {
	call := cloud.CallOf(ctx)
	if resource.Value(group.State) == "DISABLED" {
		return nil, errRequest("WorkGroup %s is disabled.", *group.Name)
	}
	location, err := resultConfiguration(call, group, in)
	if err != nil {
		return nil, err
	}
	id := uuid.NewString()
	statement, invalid := parse.Statement(*in.QueryString)
	kind := classify(*in.QueryString, statement)
	location.OutputLocation = new(strings.TrimSuffix(*location.OutputLocation, "/") + "/" + id + kind.extension)
	x := execution{ScanLimit: resource.Value(group.Configuration.BytesScannedCutoffPerQuery), QueryExecution: athenaapi.QueryExecution{
		QueryExecutionId:         new(id),
		Query:                    in.QueryString,
		StatementType:            new(kind.statement),
		SubstatementType:         new(kind.substatement),
		ResultConfiguration:      &location,
		QueryExecutionContext:    contextOf(in),
		WorkGroup:                group.Name,
		EngineVersion:            group.Configuration.EngineVersion,
		ExecutionParameters:      in.ExecutionParameters,
		ResultReuseConfiguration: reuseOf(in),
		Status:                   &athenaapi.QueryExecutionStatus{State: new(queued), SubmissionDateTime: resource.Now(precision)},
		Statistics:               &athenaapi.QueryExecutionStatistics{},
	}}
	call.SourceARN = workGroupARN(call.Scope(), *group.Name) // of what is asked of Glue and S3 for it
	return &job{
		call: call, execution: x, statement: statement, invalid: invalid, lane: laneOf(statement),
		submitted: time.Now(), done: make(chan struct{}), publishes: resource.Value(group.Configuration.PublishCloudWatchMetricsEnabled),
	}, nil
}

// resultConfiguration says where the results go: to the work group's place when
// it enforces that, else to the request's, else to the work group's.
func resultConfiguration(call cloud.Call, group athenaapi.WorkGroup, in *athenaapi.StartQueryExecutionInput) (athenaapi.ResultConfiguration, error) {
	location := athenaapi.ResultConfiguration{}
	if own := group.Configuration.ResultConfiguration; own != nil {
		location = *own
	}
	enforced := resource.Value(group.Configuration.EnforceWorkGroupConfiguration) && location.OutputLocation != nil
	if asked := in.ResultConfiguration; asked != nil && !enforced {
		resource.Set(&location.OutputLocation, asked.OutputLocation)
		resource.Set(&location.EncryptionConfiguration, asked.EncryptionConfiguration)
		resource.Set(&location.ExpectedBucketOwner, asked.ExpectedBucketOwner)
		resource.Set(&location.AclConfiguration, asked.AclConfiguration)
	}
	if location.OutputLocation == nil {
		return location, errRequest("No output location provided. An output location is required either through the Workgroup result configuration setting or as an API input.")
	}
	if owner := location.ExpectedBucketOwner; owner != nil && cloud.Account(*owner) != call.Account {
		return location, errRequest("The bucket of %s does not belong to account %s.", *location.OutputLocation, *owner)
	}
	if e := location.EncryptionConfiguration; e != nil && resource.Value(e.EncryptionOption) != "SSE_S3" {
		return location, errUnsupported("Results cannot be encrypted with %s by this version of Sillok: choose SSE_S3, or no encryption.", resource.Value(e.EncryptionOption))
	}
	_, err := parseLocation(*location.OutputLocation)
	return location, err
}

// checkResultBucket refuses a query whose result could not be written, before
// it changes anything.
func (s *Service) checkResultBucket(ctx context.Context, location string) error {
	at, err := parseLocation(location)
	if err != nil {
		return err
	}
	exists, err := s.objects.BucketExists(ctx, at.Bucket)
	if err == nil && !exists {
		err = errRequest("Unable to verify/create output bucket %s", at.Bucket)
	}
	return err
}

func createExecution(tx resource.Tx, x execution) error {
	id := *x.QueryExecutionId
	// Counting the time down makes the newest the first by name.
	countdown := fmt.Sprintf("%019d", int64(1<<62)-x.Status.SubmissionDateTime.UnixNano())
	return errors.Join(executions.Create(tx, x, id), unfinished.Create(tx, id, id), history.Create(tx, id, *x.WorkGroup, countdown, id))
}

// finish writes the last state of an execution, and the result where there is
// one; an execution that was deleted meanwhile stays so.
func finish(tx resource.Tx, x execution, result *storedResult) error {
	id := *x.QueryExecutionId
	if err := unfinished.Discard(tx, id); err != nil {
		return err
	}
	if _, found, err := executions.Find(tx, id); err != nil || !found {
		return err
	}
	if result != nil {
		if err := results.Put(tx, *result, id); err != nil {
			return err
		}
		if err := offer(tx, x, *result); err != nil {
			return err
		}
	}
	return executions.Put(tx, x, id)
}

// recover marks as FAILED the executions that were not done when the last
// server ended: what they had read is lost, and running them again unasked
// could write results that nobody waits for.
func (s *Service) recover(ctx context.Context) error {
	var left []state.Entry[string]
	err := s.store.View(ctx, func(r resource.Reader) error {
		for entry, err := range state.All[string](r, unfinished.Name) {
			if err != nil {
				return err
			}
			if !s.queue.has(entry.Key.Scope, entry.Value) { // not one that came before Run
				left = append(left, entry)
			}
		}
		return nil
	})
	if err != nil || len(left) == 0 {
		return err
	}
	return s.store.Update(ctx, func(tx resource.Tx) error {
		for _, entry := range left {
			if err := fail(resource.In(tx, entry.Key.Scope), entry.Value); err != nil {
				return err
			}
		}
		return nil
	})
}

// fail writes the end of an execution whose server has ended, unless it was
// deleted meanwhile.
func fail(tx resource.Tx, id string) error {
	x, found, err := executions.Find(tx, id)
	if err != nil || !found {
		return err
	}
	x.Status.State = new(failed)
	x.Status.StateChangeReason = new(internalError + ": the server stopped before the query was done; start it again")
	x.Status.CompletionDateTime = resource.Now(precision)
	x.Status.AthenaError = &athenaapi.AthenaError{
		ErrorCategory: new(int32(categorySystem)), ErrorType: new(int32(errorInternal)), Retryable: new(true), ErrorMessage: x.Status.StateChangeReason,
	}
	return finish(tx, x, nil)
}
