package logs

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/language/insights"
	"github.com/sillok/sillok/internal/resource"
)

// scheduledQuery is a scheduled query as it is kept: as it is told, and when it runs next.
type scheduledQuery struct {
	logsapi.GetScheduledQueryOutput

	Next int64 // milliseconds since 1970; 0 for never
}

// Scheduled queries are kept by name; their runs by name, time counted down and the ID of the
// query. Which there are is kept of all accounts together.
var (
	scheduledQueries = resource.Kind[scheduledQuery]{Name: "logs/scheduledquery", Missing: errNoScheduled}
	scheduledRuns    = resource.Kind[logsapi.TriggerHistoryRecord]{Name: "logs/scheduledrun"}
	scheduledAll     = resource.Kind[cloud.Scope]{Name: "logs/scheduled"} // by account, region and name
)

const (
	validation    = "ValidationException"
	enabled       = "ENABLED"
	disabled      = "DISABLED"
	mostScheduled = 1000
	mostRuns      = 1000 // of one query that are told of
)

func errNoScheduled(...string) error {
	return errMissing("The specified scheduled query does not exist.")
}

func errValidation(format string, args ...any) error {
	return cloud.Errorf(cloud.Invalid, validation, format, args...)
}

func scheduledARN(scope cloud.Scope, name string) string {
	return resource.ARN(scope, "logs", "scheduled-query:"+name)
}

// scheduledNamed returns the name of the scheduled query of a name or an ARN.
func scheduledNamed(ctx context.Context, identifier string) (string, error) {
	if !strings.HasPrefix(identifier, "arn:") {
		return identifier, nil
	}
	of, ok := resource.Named(cloud.CallOf(ctx).Scope(), "logs", identifier)
	name, query := strings.CutPrefix(of, "scheduled-query:")
	if !ok || !query {
		return "", errNoScheduled()
	}
	return name, nil
}

// check refuses a scheduled query that could not run, and says when it runs next.
func (s *Service) check(ctx context.Context, q *scheduledQuery) error {
	if s.cfg.Scheduled == nil {
		return cloud.Errorf(cloud.Unsupported, validation, "Scheduled queries cannot be run by this server.")
	}
	schedule, err := parseSchedule(*q.ScheduleExpression, resource.Value(q.Timezone))
	if err != nil {
		return errValidation("%v", err)
	}
	for _, role := range q.roles() {
		if arn, err := cloud.ParseARN(role); err != nil || arn.Service != "iam" || !strings.HasPrefix(arn.Resource, "role/") {
			return errValidation("%s is not the ARN of a role.", role)
		}
	}
	if resource.Value(q.DestinationConfiguration) != (logsapi.DestinationConfiguration{}) {
		if key := resource.Value(q.DestinationConfiguration.S3Configuration.KmsKeyId); key != "" {
			return errValidation("Results are encrypted as their bucket says: a key of their own cannot be named here yet.")
		}
	}
	now := time.Now()
	in := q.start(now, schedule.period(now))
	if err := s.couldStart(ctx, in); err != nil {
		if e, ok := errors.AsType[*cloud.Error](err); ok && e.Code != "ResourceNotFoundException" {
			return errValidation("%s", e.Message)
		}
		return err
	}
	q.plan(schedule, now)
	return nil
}

// couldStart refuses a query that could not be started. Groups of other accounts are left to
// its runs: its role may know of them, and who makes the schedule need not.
func (s *Service) couldStart(ctx context.Context, in *logsapi.StartQueryInput) error {
	if *in.QueryLanguage == languageInsights {
		q, err := parseQuery(in)
		if err != nil {
			return err
		}
		if leadsElsewhere(cloud.CallOf(ctx).Scope(), in, q) {
			return nil
		}
	}
	_, err := s.plan(ctx, in)
	return err
}

// leadsElsewhere says whether a query may read groups of another account.
func leadsElsewhere(scope cloud.Scope, in *logsapi.StartQueryInput, q *insights.Query) bool {
	named := namedGroups(in)
	for _, source := range q.Sources() {
		if source == nil {
			continue
		}
		if slices.ContainsFunc(source.Accounts, func(account string) bool { return cloud.Account(account) != scope.Account }) {
			return true
		}
		named = append(named, source.Groups...)
	}
	return slices.ContainsFunc(named, func(id string) bool {
		at, ok := groupOf(scope, id)
		return ok && at.Account != scope.Account
	})
}

// roles returns the ARNs of the roles that the query names.
func (q *scheduledQuery) roles() []string {
	all := []string{*q.ExecutionRoleArn}
	if d := q.DestinationConfiguration; d != nil {
		all = append(all, *d.S3Configuration.RoleArn)
	}
	return all
}

// plan says when the query runs next, behind a time.
func (q *scheduledQuery) plan(schedule schedule, behind time.Time) {
	q.Next = 0
	if begin := time.UnixMilli(epochMillis(resource.Value(q.ScheduleStartTime))); begin.After(behind) {
		behind = begin.Add(-time.Millisecond)
	}
	next := schedule.next(behind)
	if end := epochMillis(resource.Value(q.ScheduleEndTime)); next.IsZero() || end > 0 && next.UnixMilli() > end {
		return
	}
	if *q.State == enabled {
		q.Next = next.UnixMilli()
	}
}

// epochMillis is a time that is told in seconds or milliseconds.
func epochMillis(n int64) int64 {
	if n < 100_000_000_000 {
		return n * 1000
	}
	return n
}

// start is the query that a run at a time starts. Without a distance it looks at what came
// since the run before.
func (q *scheduledQuery) start(at time.Time, period time.Duration) *logsapi.StartQueryInput {
	back := max(int64(period/time.Second), 1)
	if n := resource.Value(q.StartTimeOffset); n != 0 {
		back = max(n, -n)
	}
	end := at.Unix() - 1 // both seconds are in the range
	return &logsapi.StartQueryInput{
		QueryLanguage: q.QueryLanguage, QueryString: q.QueryString, LogGroupIdentifiers: q.LogGroupIdentifiers, StartTime: new(end - back + 1), EndTime: &end,
	}
}

// CreateScheduledQuery has a query run by a schedule.
func (s *Service) CreateScheduledQuery(ctx context.Context, in *logsapi.CreateScheduledQueryInput) (*logsapi.CreateScheduledQueryOutput, error) {
	scope, now := cloud.CallOf(ctx).Scope(), millis(time.Now())
	arn := scheduledARN(scope, *in.Name)
	q := scheduledQuery{GetScheduledQueryOutput: logsapi.GetScheduledQueryOutput{
		ScheduledQueryArn: &arn, Name: in.Name, Description: in.Description, QueryLanguage: in.QueryLanguage, QueryString: in.QueryString,
		LogGroupIdentifiers: in.LogGroupIdentifiers, ScheduleExpression: in.ScheduleExpression, Timezone: in.Timezone, StartTimeOffset: in.StartTimeOffset,
		DestinationConfiguration: in.DestinationConfiguration, ScheduleStartTime: in.ScheduleStartTime, ScheduleEndTime: in.ScheduleEndTime,
		ExecutionRoleArn: in.ExecutionRoleArn, State: new(resource.Or(in.State, enabled)), CreationTime: now, LastUpdatedTime: now,
	}}
	if err := s.check(ctx, &q); err != nil {
		return nil, err
	}
	return &logsapi.CreateScheduledQueryOutput{ScheduledQueryArn: &arn, State: q.State}, s.store.Update(ctx, func(tx resource.Tx) error {
		if _, found, err := scheduledQueries.Find(tx, *in.Name); err != nil || found {
			return errors.Join(err, cloud.Errorf(cloud.Conflict, "ConflictException", "There is a scheduled query %s already.", *in.Name))
		}
		n := 0
		for _, err := range scheduledQueries.List(tx) {
			if n++; err != nil {
				return err
			}
		}
		if n >= mostScheduled {
			return cloud.Errorf(cloud.Invalid, "ServiceQuotaExceededException", "There are %d scheduled queries already.", n)
		}
		return errors.Join(
			scheduledQueries.Create(tx, q, *in.Name),
			scheduledAll.Create(resource.In(tx, cloud.Scope{}), scope, string(scope.Account), string(scope.Region), *in.Name),
			tags.Add(tx, arn, maps.All(in.Tags)),
		)
	})
}

// UpdateScheduledQuery replaces a scheduled query, and says how it is then.
func (s *Service) UpdateScheduledQuery(ctx context.Context, in *logsapi.UpdateScheduledQueryInput) (*logsapi.UpdateScheduledQueryOutput, error) {
	name, err := scheduledNamed(ctx, *in.Identifier)
	if err != nil {
		return nil, err
	}
	anew := scheduledQuery{GetScheduledQueryOutput: logsapi.GetScheduledQueryOutput{
		Description: in.Description, QueryLanguage: in.QueryLanguage, QueryString: in.QueryString, LogGroupIdentifiers: in.LogGroupIdentifiers,
		ScheduleExpression: in.ScheduleExpression, Timezone: in.Timezone, StartTimeOffset: in.StartTimeOffset,
		DestinationConfiguration: in.DestinationConfiguration, ScheduleStartTime: in.ScheduleStartTime, ScheduleEndTime: in.ScheduleEndTime,
		ExecutionRoleArn: in.ExecutionRoleArn, State: new(resource.Or(in.State, enabled)), LastUpdatedTime: millis(time.Now()),
	}}
	if err := s.check(ctx, &anew); err != nil {
		return nil, err
	}
	err = s.store.Update(ctx, func(tx resource.Tx) error {
		return scheduledQueries.Change(tx, func(q *scheduledQuery) error {
			anew.ScheduledQueryArn, anew.Name, anew.CreationTime = q.ScheduledQueryArn, q.Name, q.CreationTime
			anew.LastTriggeredTime, anew.LastExecutionStatus = q.LastTriggeredTime, q.LastExecutionStatus
			*q = anew
			return nil
		}, name)
	})
	if err != nil {
		return nil, err
	}
	return new(logsapi.UpdateScheduledQueryOutput(anew.GetScheduledQueryOutput)), nil
}

// GetScheduledQuery returns a scheduled query.
func (s *Service) GetScheduledQuery(ctx context.Context, in *logsapi.GetScheduledQueryInput) (*logsapi.GetScheduledQueryOutput, error) {
	name, err := scheduledNamed(ctx, *in.Identifier)
	if err != nil {
		return nil, err
	}
	out := &logsapi.GetScheduledQueryOutput{}
	return out, s.store.View(ctx, func(r resource.Reader) error {
		q, err := scheduledQueries.Get(r, name)
		*out = q.GetScheduledQueryOutput
		return err
	})
}

// ListScheduledQueries lists scheduled queries by name.
func (s *Service) ListScheduledQueries(ctx context.Context, in *logsapi.ListScheduledQueriesInput) (*logsapi.ListScheduledQueriesOutput, error) {
	const most = 1000
	out := &logsapi.ListScheduledQueriesOutput{}
	return out, s.store.View(ctx, func(r resource.Reader) (err error) {
		asked := resource.TokenCode(validation).Page(in, in.NextToken, in.MaxResults, most)
		out.ScheduledQueries, out.NextToken, err = resource.Page(ctx, asked, scheduledQueries.From(r), func(q scheduledQuery) (logsapi.ScheduledQuerySummary, bool, error) {
			return logsapi.ScheduledQuerySummary{
				ScheduledQueryArn: q.ScheduledQueryArn, Name: q.Name, State: q.State, LastTriggeredTime: q.LastTriggeredTime, LastExecutionStatus: q.LastExecutionStatus,
				ScheduleExpression: q.ScheduleExpression, Timezone: q.Timezone, DestinationConfiguration: q.DestinationConfiguration,
				CreationTime: q.CreationTime, LastUpdatedTime: q.LastUpdatedTime,
			}, in.State == nil || *in.State == *q.State, nil
		})
		return err
	})
}

// DeleteScheduledQuery removes a scheduled query and what is known of its runs.
func (s *Service) DeleteScheduledQuery(ctx context.Context, in *logsapi.DeleteScheduledQueryInput) (*logsapi.DeleteScheduledQueryOutput, error) {
	name, err := scheduledNamed(ctx, *in.Identifier)
	if err != nil {
		return nil, err
	}
	scope := cloud.CallOf(ctx).Scope()
	return &logsapi.DeleteScheduledQueryOutput{}, s.store.Update(ctx, func(tx resource.Tx) error {
		return errors.Join(
			scheduledQueries.Delete(tx, name), scheduledRuns.DeleteBelow(tx, name), tags.Delete(tx, scheduledARN(scope, name)),
			scheduledAll.Discard(resource.In(tx, cloud.Scope{}), string(scope.Account), string(scope.Region), name),
		)
	})
}

// GetScheduledQueryHistory lists the runs of a scheduled query in a range of time, the
// newest first.
func (s *Service) GetScheduledQueryHistory(ctx context.Context, in *logsapi.GetScheduledQueryHistoryInput) (*logsapi.GetScheduledQueryHistoryOutput, error) {
	const most = 1000
	name, err := scheduledNamed(ctx, *in.Identifier)
	if err != nil {
		return nil, err
	}
	from, to := queryRange(*in.StartTime, *in.EndTime)
	out := &logsapi.GetScheduledQueryHistoryOutput{Name: &name, ScheduledQueryArn: new(scheduledARN(cloud.CallOf(ctx).Scope(), name))}
	return out, s.store.View(ctx, func(r resource.Reader) (err error) {
		if _, err := scheduledQueries.Get(r, name); err != nil {
			return err
		}
		asked := resource.TokenCode(validation).Page(in, in.NextToken, in.MaxResults, most)
		out.TriggerHistory, out.NextToken, err = resource.Page(ctx, asked, scheduledRuns.From(r, name), func(run logsapi.TriggerHistoryRecord) (logsapi.TriggerHistoryRecord, bool, error) {
			at := *run.TriggeredTimestamp
			return run, at >= from && at <= to && (len(in.ExecutionStatuses) == 0 || slices.Contains(in.ExecutionStatuses, *run.ExecutionStatus)), nil
		})
		return err
	})
}
