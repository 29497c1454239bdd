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

// StartQueryExecution takes a query. It is durable once this returns. A
// statement about the catalog alone is done by then as well; any other runs on.
func (s *Service) StartQueryExecution(ctx context.Context, in *athenaapi.StartQueryExecutionInput) (*athenaapi.StartQueryExecutionOutput, error) {
	call := cloud.CallOf(ctx)
	var group athenaapi.WorkGroup
	id := ""
	err := s.store.View(ctx, func(r state.Reader) (err error) {
		if id, err = madeBefore(r, call.Scope(), in.ClientRequestToken, in); err != nil || id != "" {
			return err
		}
		group, err = workGroupIn(r, call.Scope(), textOr(in.WorkGroup, primary))
		return err
	})
	if err != nil || id != "" {
		return &athenaapi.StartQueryExecutionOutput{QueryExecutionId: &id}, err
	}
	x, err := s.newExecution(call, group, in)
	if err != nil {
		return nil, err
	}
	if err := s.checkResultBucket(ctx, *x.ResultConfiguration.OutputLocation); err != nil {
		return nil, err
	}
	err = s.store.Update(ctx, func(tx state.Tx) (err error) {
		if id, err = madeBefore(tx, call.Scope(), in.ClientRequestToken, in); err != nil || id != "" {
			return err
		}
		if err := remember(tx, call.Scope(), in.ClientRequestToken, in, *x.QueryExecutionId); err != nil {
			return err
		}
		return insertExecution(tx, call.Scope(), x)
	})
	if err != nil || id != "" {
		return &athenaapi.StartQueryExecutionOutput{QueryExecutionId: &id}, err
	}
	s.start(call, x)
	return &athenaapi.StartQueryExecutionOutput{QueryExecutionId: x.QueryExecutionId}, nil
}

// GetQueryExecution returns one execution.
func (s *Service) GetQueryExecution(ctx context.Context, in *athenaapi.GetQueryExecutionInput) (*athenaapi.GetQueryExecutionOutput, error) {
	x, err := s.execution(ctx, *in.QueryExecutionId)
	return &athenaapi.GetQueryExecutionOutput{QueryExecution: &x.QueryExecution}, err
}

// BatchGetQueryExecution returns those of the executions that exist, and names the others.
func (s *Service) BatchGetQueryExecution(ctx context.Context, in *athenaapi.BatchGetQueryExecutionInput) (*athenaapi.BatchGetQueryExecutionOutput, error) {
	out := &athenaapi.BatchGetQueryExecutionOutput{
		QueryExecutions:              []athenaapi.QueryExecution{},
		UnprocessedQueryExecutionIds: []athenaapi.UnprocessedQueryExecutionId{},
	}
	for _, id := range in.QueryExecutionIds {
		x, err := s.execution(ctx, id)
		if e, ok := errors.AsType[*cloud.Error](err); ok {
			out.UnprocessedQueryExecutionIds = append(out.UnprocessedQueryExecutionIds, athenaapi.UnprocessedQueryExecutionId{
				QueryExecutionId: new(id), ErrorCode: new(e.Code), ErrorMessage: new(e.Message),
			})
			continue
		}
		if err != nil {
			return nil, err
		}
		out.QueryExecutions = append(out.QueryExecutions, x.QueryExecution)
	}
	return out, nil
}

// ListQueryExecutions lists the ids of a work group's executions, newest first.
func (s *Service) ListQueryExecutions(ctx context.Context, in *athenaapi.ListQueryExecutionsInput) (*athenaapi.ListQueryExecutionsOutput, error) {
	out := &athenaapi.ListQueryExecutionsOutput{}
	var err error
	out.QueryExecutionIds, out.NextToken, err = s.idsIn(ctx, kindHistory, textOr(in.WorkGroup, primary), in.NextToken, in.MaxResults)
	return out, err
}

// StopQueryExecution cancels an execution that is not done yet.
func (s *Service) StopQueryExecution(ctx context.Context, in *athenaapi.StopQueryExecutionInput) (*athenaapi.StopQueryExecutionOutput, error) {
	scope := cloud.CallOf(ctx).Scope()
	if _, err := s.execution(ctx, *in.QueryExecutionId); err != nil {
		return nil, err
	}
	s.mu.Lock()
	cancel := s.running[runningKey(scope, *in.QueryExecutionId)]
	s.mu.Unlock()
	if cancel != nil {
		cancel(errCancelled)
	}
	return &athenaapi.StopQueryExecutionOutput{}, nil
}

// execution is a query execution and what of it Athena does not show.
type execution struct {
	athenaapi.QueryExecution
	ScanLimit int64 `json:",omitempty"`
}

// execution reads one execution of the caller's.
func (s *Service) execution(ctx context.Context, id string) (execution, error) {
	scope := cloud.CallOf(ctx).Scope()
	var x execution
	err := s.store.View(ctx, func(r state.Reader) error {
		kept, found, err := state.Find[execution](r, key(scope, kindExecution, id))
		if err == nil && !found {
			err = errRequest("QueryExecution %s was not found", id)
		}
		x = kept
		return err
	})
	return x, err
}

func (s *Service) newExecution(call cloud.Call, group athenaapi.WorkGroup, in *athenaapi.StartQueryExecutionInput) (execution, error) {
	if text(group.State) == "DISABLED" {
		return execution{}, errRequest("WorkGroup %s is disabled.", *group.Name)
	}
	results, err := resultConfiguration(call, group, in)
	if err != nil {
		return execution{}, err
	}
	id := uuid.NewString()
	kind := classify(text(in.QueryString))
	results.OutputLocation = new(strings.TrimSuffix(*results.OutputLocation, "/") + "/" + id + kind.extension)
	where := athenaapi.QueryExecutionContext{}
	if in.QueryExecutionContext != nil {
		where = *in.QueryExecutionContext
	}
	x := execution{QueryExecution: athenaapi.QueryExecution{
		QueryExecutionId:      new(id),
		Query:                 in.QueryString,
		StatementType:         new(kind.statement),
		SubstatementType:      new(kind.substatement),
		ResultConfiguration:   &results,
		QueryExecutionContext: &where,
		WorkGroup:             group.Name,
		EngineVersion:         group.Configuration.EngineVersion,
		ExecutionParameters:   in.ExecutionParameters,
		// No result is ever reused, which the statistics say as well.
		ResultReuseConfiguration: &athenaapi.ResultReuseConfiguration{
			ResultReuseByAgeConfiguration: &athenaapi.ResultReuseByAgeConfiguration{Enabled: new(false)},
		},
		Status:     &athenaapi.QueryExecutionStatus{State: new(queued), SubmissionDateTime: new(call.Time.UTC().Truncate(time.Millisecond))},
		Statistics: &athenaapi.QueryExecutionStatistics{},
	}}
	if call.Time.IsZero() {
		x.Status.SubmissionDateTime = s.clock()
	}
	if limit := group.Configuration.BytesScannedCutoffPerQuery; limit != nil {
		x.ScanLimit = *limit
	}
	return x, nil
}

// resultConfiguration says where the results go: to the work group's place when
// it enforces that, else to the request's, else to the work group's.
func resultConfiguration(call cloud.Call, group athenaapi.WorkGroup, in *athenaapi.StartQueryExecutionInput) (athenaapi.ResultConfiguration, error) {
	results := athenaapi.ResultConfiguration{}
	if own := group.Configuration.ResultConfiguration; own != nil {
		results = *own
	}
	enforced := flag(group.Configuration.EnforceWorkGroupConfiguration) && results.OutputLocation != nil
	if asked := in.ResultConfiguration; asked != nil && !enforced {
		set(&results.OutputLocation, asked.OutputLocation)
		set(&results.EncryptionConfiguration, asked.EncryptionConfiguration)
		set(&results.ExpectedBucketOwner, asked.ExpectedBucketOwner)
		set(&results.AclConfiguration, asked.AclConfiguration)
	}
	if results.OutputLocation == nil {
		return results, errRequest("No output location provided. An output location is required either through the Workgroup result configuration setting or as an API input.")
	}
	if owner := results.ExpectedBucketOwner; owner != nil && cloud.Account(*owner) != call.Account {
		return results, errRequest("The bucket of %s does not belong to account %s.", *results.OutputLocation, *owner)
	}
	if e := results.EncryptionConfiguration; e != nil && text(e.EncryptionOption) != "SSE_S3" {
		unsupported := errRequest("Results cannot be encrypted with %s by this version of Sillok: choose SSE_S3, or no encryption.", text(e.EncryptionOption))
		unsupported.Kind = cloud.Unsupported
		return results, unsupported
	}
	return results, checkLocation(*results.OutputLocation)
}

// checkResultBucket refuses a query whose result could not be written, before
// it changes anything.
func (s *Service) checkResultBucket(ctx context.Context, location string) error {
	bucket, _, err := splitLocation(location)
	if err != nil {
		return err
	}
	exists, err := s.objects.BucketExists(ctx, bucket)
	if err == nil && !exists {
		err = errRequest("Unable to verify/create output bucket %s", bucket)
	}
	return err
}

func insertExecution(tx state.Tx, scope cloud.Scope, x execution) error {
	id := *x.QueryExecutionId
	if err := state.Insert(tx, key(scope, kindExecution, id), x); err != nil {
		return err
	}
	if err := state.Insert(tx, key(scope, kindActive, id), id); err != nil {
		return err
	}
	// Counting the time down makes the newest the first by name.
	countdown := fmt.Sprintf("%019d", int64(1<<62)-x.Status.SubmissionDateTime.UnixNano())
	return state.Insert(tx, key(scope, kindHistory, *x.WorkGroup, countdown, id), id)
}

// finish writes the last state of an execution, and the result where there is
// one; an execution that was deleted meanwhile stays so.
func finish(tx state.Tx, scope cloud.Scope, x execution, result *storedResult) error {
	id := *x.QueryExecutionId
	if err := tx.Delete(key(scope, kindActive, id)); err != nil && cloud.KindOf(err) != cloud.NotFound {
		return err
	}
	if _, found, err := state.Find[execution](tx, key(scope, kindExecution, id)); err != nil || !found {
		return err
	}
	if result != nil {
		if err := state.Put(tx, key(scope, kindResult, id), result); err != nil {
			return err
		}
	}
	return state.Put(tx, key(scope, kindExecution, id), x)
}

// recover marks as FAILED the executions that were not done when the last
// server ended: what they had read is lost, and running them again unasked
// could write results that nobody waits for.
func (s *Service) recover(ctx context.Context) error {
	return s.store.Update(ctx, func(tx state.Tx) error {
		for entry, err := range state.All[string](tx, kindActive) {
			if err != nil {
				return err
			}
			x, err := state.Get[execution](tx, key(entry.Key.Scope, kindExecution, entry.Value))
			if err != nil {
				return err
			}
			x.Status.State = new(failed)
			x.Status.StateChangeReason = new(internalError + ": the server stopped before the query was done; start it again")
			x.Status.CompletionDateTime = s.clock()
			x.Status.AthenaError = &athenaapi.AthenaError{
				ErrorCategory: new(int32(categorySystem)), ErrorType: new(int32(errorInternal)), Retryable: new(true), ErrorMessage: x.Status.StateChangeReason,
			}
			if err := finish(tx, entry.Key.Scope, x, nil); err != nil {
				return err
			}
		}
		return nil
	})
}

func textOr(s *string, otherwise string) string {
	if s == nil || *s == "" {
		return otherwise
	}
	return *s
}

// clock returns the time in the precision of the wire.
func (s *Service) clock() *time.Time {
	return new(s.cfg.Now().UTC().Truncate(time.Millisecond))
}

func runningKey(scope cloud.Scope, id string) string {
	return string(scope.Account) + separator + string(scope.Region) + separator + id
}
