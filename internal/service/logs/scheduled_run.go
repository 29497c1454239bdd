package logs

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/life"
	"github.com/sillok/sillok/internal/language/insights"
	"github.com/sillok/sillok/internal/resource"
)

// Scheduled is what scheduled queries need of the rest of the server. It acts for
// CloudWatch Logs.
type Scheduled interface {
	// As returns the context of calls in a role, which has to trust CloudWatch Logs.
	As(ctx context.Context, call cloud.Call, role, session string) (context.Context, error)
	// StartQuery starts a query as the context's role, which has to be allowed to.
	StartQuery(ctx context.Context, in *logsapi.StartQueryInput) (*logsapi.StartQueryOutput, error)
	// PutObject writes an object as the context's role. owner is whose the bucket has to
	// be, where that is said.
	PutObject(ctx context.Context, bucket, key, owner string, body []byte) error
}

const (
	scheduledEvery   = 5 * time.Second
	scheduledSession = "ScheduledQuery"
	mostDelivered    = 64 << 20 // bytes of a result in S3
)

// runScheduled begins the runs of scheduled queries that are due. One whose time came while
// no server ran is begun once, late.
func (s *Service) runScheduled(ctx context.Context, g *life.Group) error {
	if s.cfg.Scheduled == nil {
		return nil
	}
	now := time.Now()
	all := map[string]cloud.Scope{}
	err := s.store.View(nobody(ctx), func(r resource.Reader) error {
		for e, err := range scheduledAll.List(r) {
			if err != nil {
				return err
			}
			all[e.Name] = e.Value
		}
		return nil
	})
	for key, scope := range all {
		name := resource.Names(key)[2]
		due, q, begun := false, scheduledQuery{}, now
		err = errors.Join(err, s.store.View(in(ctx, scope), func(r resource.Reader) (err error) {
			q, due, err = scheduledQueries.Find(r, name)
			due = due && q.Next > 0 && q.Next <= now.UnixMilli()
			return err
		}))
		if !due {
			continue
		}
		run := logsapi.TriggerHistoryRecord{ExecutionStatus: new("Running"), TriggeredTimestamp: millis(begun)}
		written := s.store.Update(in(ctx, scope), func(tx resource.Tx) error {
			return errors.Join(
				scheduledQueries.Change(tx, func(q *scheduledQuery) error {
					schedule, err := parseSchedule(*q.ScheduleExpression, resource.Value(q.Timezone))
					if err != nil {
						return err
					}
					q.plan(schedule, begun)
					q.LastTriggeredTime, q.LastExecutionStatus = run.TriggeredTimestamp, run.ExecutionStatus
					return nil
				}, name),
				scheduledRuns.Put(tx, run, name, countedDown(begun.UnixMilli())),
			)
		})
		if err = errors.Join(err, written); written != nil {
			continue
		}
		g.Go(ctx, "a scheduled query", func(ctx context.Context) error {
			s.runOne(in(ctx, scope), &q, run, time.UnixMilli(q.Next))
			return nil
		})
	}
	return err
}

// runOne takes a run of a scheduled query to its end.
func (s *Service) runOne(ctx context.Context, q *scheduledQuery, run logsapi.TriggerHistoryRecord, at time.Time) {
	ended, err := s.executed(ctx, q, at)
	run.ExecutionStatus = new("Failed")
	if ended.ID != "" {
		run.QueryId = &ended.ID
	}
	e, told := errors.AsType[*cloud.Error](err)
	switch {
	case told && e.Code == insights.Code:
		run.ExecutionStatus, run.ErrorMessage = new("InvalidQuery"), &e.Message
	case told:
		run.ErrorMessage = &e.Message
	case err != nil:
		s.cfg.Log.ErrorContext(ctx, "a scheduled query failed", "name", *q.Name, "error", err)
		run.ErrorMessage = new("The query failed inside the server, whose log says why.")
	case ended.Status == queryComplete || ended.Status == queryTimeout:
		run.ExecutionStatus = &ended.Status
	default:
		run.ErrorMessage = new("The query was " + strings.ToLower(ended.Status) + ". " + ended.Failure)
	}
	if err == nil && ended.Status == queryComplete && q.DestinationConfiguration != nil {
		run.Destinations = []logsapi.ScheduledQueryDestination{s.delivered(ctx, q, &ended, at)}
	}
	// The end is written also where the server stops.
	err = s.store.Update(context.WithoutCancel(ctx), func(tx resource.Tx) error {
		if _, found, err := scheduledQueries.Find(tx, *q.Name); err != nil || !found {
			return err // it was deleted
		}
		n := 0
		for e, err := range scheduledRuns.List(tx, *q.Name) {
			if err != nil {
				return err
			}
			if n++; n > mostRuns {
				if err := scheduledRuns.Discard(tx, resource.Names(e.Name)...); err != nil {
					return err
				}
			}
		}
		return errors.Join(
			scheduledRuns.Put(tx, run, *q.Name, countedDown(*run.TriggeredTimestamp)),
			scheduledQueries.Change(tx, func(q *scheduledQuery) error {
				if resource.Value(q.LastTriggeredTime) == *run.TriggeredTimestamp {
					q.LastExecutionStatus = run.ExecutionStatus
				}
				return nil
			}, *q.Name),
		)
	})
	if err != nil {
		s.cfg.Log.ErrorContext(ctx, "write the end of a scheduled query", "name", *q.Name, "error", err)
	}
}

// executed runs a scheduled query in its role, and returns it when it has ended.
func (s *Service) executed(ctx context.Context, q *scheduledQuery, at time.Time) (ended loggedQuery, err error) {
	call := cloud.CallOf(ctx)
	call.SourceARN = *q.ScheduledQueryArn
	as, err := s.cfg.Scheduled.As(ctx, call, *q.ExecutionRoleArn, scheduledSession)
	if err != nil {
		return ended, err
	}
	schedule, err := parseSchedule(*q.ScheduleExpression, resource.Value(q.Timezone))
	if err != nil {
		return ended, err
	}
	out, err := s.cfg.Scheduled.StartQuery(as, q.start(at, schedule.period(at)))
	if err != nil {
		return ended, err
	}
	if j, _ := s.queries.Find(call.Scope(), *out.QueryId); j != nil {
		select {
		case <-j.Ended():
		case <-ctx.Done():
		}
	}
	ended, _, err = s.queryOf(context.WithoutCancel(ctx), *out.QueryId)
	return ended, err
}

// delivered writes the result of a run to S3, and says how that went.
func (s *Service) delivered(ctx context.Context, q *scheduledQuery, ended *loggedQuery, at time.Time) logsapi.ScheduledQueryDestination {
	to := q.DestinationConfiguration.S3Configuration
	told := logsapi.ScheduledQueryDestination{DestinationType: new("S3"), DestinationIdentifier: to.DestinationIdentifier, Status: new("COMPLETE")}
	bucket, prefix, _ := strings.Cut(strings.TrimPrefix(*to.DestinationIdentifier, "s3://"), "/")
	if prefix != "" && !strings.HasSuffix(prefix, "/") {
		prefix += "/"
	}
	key := fmt.Sprintf("%s%s/%s/%s.json", prefix, strings.Trim(*q.Name, "/"), at.UTC().Format("2006/01/02/15-04"), ended.ID)
	body, err := s.whole(ctx, ended)
	if err == nil {
		call := cloud.CallOf(ctx)
		call.SourceARN = *q.ScheduledQueryArn
		var as context.Context
		if as, err = s.cfg.Scheduled.As(ctx, call, *to.RoleArn, scheduledSession); err == nil {
			err = s.cfg.Scheduled.PutObject(as, bucket, key, resource.Value(to.OwnerAccountId), body)
		}
	}
	if err == nil {
		told.ProcessedIdentifier = new("s3://" + bucket + "/" + key)
		return told
	}
	told.Status, told.ErrorMessage = new("FAILED"), new("The result could not be written: the server's log says why.")
	if e, ok := errors.AsType[*cloud.Error](err); ok {
		told.Status, told.ErrorMessage = new("CLIENT_ERROR"), &e.Message
	}
	s.cfg.Log.WarnContext(ctx, "the result of a scheduled query could not be written", "name", *q.Name, "error", err)
	return told
}

// whole returns the whole result of a query as GetQueryResults tells it.
func (s *Service) whole(ctx context.Context, q *loggedQuery) ([]byte, error) {
	type cell struct {
		Field string `json:"field"`
		Value string `json:"value"`
	}
	var body bytes.Buffer
	fmt.Fprintf(&body, `{"queryId":%q,"queryLanguage":%q,"status":%q,"statistics":{"recordsMatched":%g,"recordsScanned":%g,"bytesScanned":%g},"results":[`,
		q.ID, q.Language, q.Status, q.Matched, q.Scanned, q.Bytes)
	for at, first := int64(0), true; ; {
		page, next, err := s.results().Page(ctx, q.ID, q.Length, at, mostResults, mostResultBytes)
		if err != nil {
			return nil, err
		}
		for _, row := range page {
			cells := make([]cell, len(row))
			for i, c := range row {
				cells[i] = cell(c)
			}
			b, err := json.Marshal(cells)
			if err != nil {
				return nil, err
			}
			if !first {
				body.WriteByte(',')
			}
			first = false
			body.Write(b)
			if body.Len() > mostDelivered {
				return nil, cloud.Errorf(cloud.Invalid, validation, "The result has more than %d bytes: have the query return less.", mostDelivered)
			}
		}
		if at = next; next == 0 {
			body.WriteString("]}")
			return body.Bytes(), nil
		}
	}
}

// endRuns marks the runs as failed that had not ended when the last server did.
func (s *Service) endRuns(ctx context.Context) error {
	all := map[string]cloud.Scope{}
	err := s.store.View(nobody(ctx), func(r resource.Reader) error {
		for e, err := range scheduledAll.List(r) {
			if err != nil {
				return err
			}
			all[e.Name] = e.Value
		}
		return nil
	})
	for key, scope := range all {
		name := resource.Names(key)[2]
		err = errors.Join(err, s.store.Update(in(ctx, scope), func(tx resource.Tx) error {
			for e, err := range scheduledRuns.List(tx, name) {
				if err != nil {
					return err
				}
				if run := e.Value; *run.ExecutionStatus == "Running" {
					run.ExecutionStatus, run.ErrorMessage = new("Failed"), new(stoppedServer)
					if err := scheduledRuns.Put(tx, run, resource.Names(e.Name)...); err != nil {
						return err
					}
				}
			}
			return scheduledQueries.Change(tx, func(q *scheduledQuery) error {
				if resource.Value(q.LastExecutionStatus) == "Running" {
					q.LastExecutionStatus = new("Failed")
				}
				return nil
			}, name)
		}))
	}
	return err
}
