package sqs

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"github.com/sillok/sillok/internal/api/sqsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
)

// task moves the messages of a queue of dead letters.
type task struct {
	ID          string
	Source      string // ARN
	Destination string `json:",omitempty"` // ARN; empty for where each message came from
	Rate        int32  `json:",omitempty"` // messages a second; 0 for as many as can be
	Status      string
	Moved       int64
	ToMove      int64
	Reason      string `json:",omitempty"`
	Started     int64  // milliseconds since 1970
}

// The statuses of a task.
const (
	taskRunning   = "RUNNING"
	taskCompleted = "COMPLETED"
	taskCancelled = "CANCELLED"
	taskFailed    = "FAILED"
)

// tasks are kept by the name of their queue and their ID.
var tasks = resource.Kind[task]{Name: "sqs/move task", Missing: func(...string) error { return errNoTask() }}

func errNoTask() error {
	return cloud.Errorf(cloud.NotFound, "ResourceNotFoundException", "Task does not exist.")
}

func errNoResource(parameter string) error {
	return cloud.Errorf(cloud.NotFound, "ResourceNotFoundException", "The resource that you specified for the %s parameter doesn't exist.", parameter)
}

const (
	mostRate  = 500
	mostTasks = 10 // that are listed, and of those that have ended as many are kept
)

// byARN returns the queue that a parameter names.
func (s *Service) byARN(ctx context.Context, arn, parameter string) (*known, error) {
	p, ok := placeOf(arn)
	if !ok {
		return nil, errValue(arn, parameter, "It must be the ARN of a queue.")
	}
	k := s.known.find(p)
	if k == nil || p.scope.Region != cloud.CallOf(ctx).Region {
		return nil, errNoResource(parameter)
	}
	return k, nil
}

// StartMessageMoveTask begins to move the messages of a queue of dead letters.
func (s *Service) StartMessageMoveTask(ctx context.Context, in *sqsapi.StartMessageMoveTaskInput) (*sqsapi.StartMessageMoveTaskOutput, error) {
	source, err := s.byARN(ctx, *in.SourceArn, "SourceArn")
	if err != nil {
		return nil, err
	}
	if err := ofOwner(ctx, source, "sqs:startmessagemovetask"); err != nil {
		return nil, err
	}
	if n := in.MaxNumberOfMessagesPerSecond; n != nil && (*n < 1 || *n > mostRate) {
		return nil, errValue(strconv.Itoa(int(*n)), "MaxNumberOfMessagesPerSecond", fmt.Sprintf("Must be between 1 and %d, if provided.", mostRate))
	}
	from := s.sources(source.place)
	if len(from) == 0 {
		return nil, errParameter("Source queue must be configured as a Dead Letter Queue.")
	}
	if in.DestinationArn != nil {
		to, err := s.byARN(ctx, *in.DestinationArn, "DestinationArn")
		switch {
		case err != nil:
			return nil, err
		case to.place == source.place:
			return nil, errValue(*in.DestinationArn, "DestinationArn", "Source and destination must be different queues.")
		case to.fifo() != source.fifo():
			return nil, errValue(*in.DestinationArn, "DestinationArn", "Source and destination queues must be of the same type.")
		}
		from = []*known{to}
	}
	if err := s.mayMove(ctx, source, from); err != nil {
		return nil, err
	}
	counts, err := s.store.Count(source.Number, source.retention())
	if err != nil {
		return nil, fromStore(err)
	}
	t := task{
		ID: uuid.NewString(), Source: source.arn.String(), Destination: resource.Value(in.DestinationArn), Rate: resource.Value(in.MaxNumberOfMessagesPerSecond),
		Status: taskRunning, ToMove: int64(counts.Ready), Started: now().UnixMilli(),
	}
	err = s.update(ctx, source.place.scope, func(tx resource.Tx) error {
		all, err := tasksOf(tx, source.place.name)
		if err != nil {
			return err
		}
		for i := range all {
			if all[i].Status == taskRunning {
				return errParameter("There is already a task running. Only one active task is allowed for a source queue arn at a given time.")
			}
			if i >= mostTasks-1 {
				if err := tasks.Delete(tx, source.place.name, all[i].ID); err != nil {
					return err
				}
			}
		}
		tx.AfterCommit(func() { s.moves.add(source.place, t) })
		return tasks.Create(tx, t, source.place.name, t.ID)
	})
	return &sqsapi.StartMessageMoveTaskOutput{TaskHandle: new(handle{t.ID, t.Source}.String())}, err
}

// mayMove asks for the rights that moving takes besides its own.
func (s *Service) mayMove(ctx context.Context, source *known, to []*known) error {
	if s.cfg.May == nil {
		return nil
	}
	for _, action := range []string{"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"} {
		if err := s.cfg.May(ctx, action, source.arn.String(), nil); err != nil {
			return err
		}
	}
	for _, k := range to {
		if err := s.cfg.May(ctx, "sqs:SendMessage", k.arn.String(), nil); err != nil {
			return err
		}
	}
	return nil
}

// tasksOf returns the tasks of a queue, the newest first.
func tasksOf(r resource.Reader, name string) (all []task, err error) {
	for entry, err := range tasks.List(r, name) {
		if err != nil {
			return nil, err
		}
		all = append(all, entry.Value)
	}
	slices.SortFunc(all, func(a, b task) int { return cmp.Or(-cmp.Compare(a.Started, b.Started), cmp.Compare(a.ID, b.ID)) })
	return all, nil
}

// ListMessageMoveTasks tells of the tasks of a queue, the newest first.
func (s *Service) ListMessageMoveTasks(ctx context.Context, in *sqsapi.ListMessageMoveTasksInput) (*sqsapi.ListMessageMoveTasksOutput, error) {
	source, err := s.byARN(ctx, *in.SourceArn, "SourceArn")
	if err != nil {
		return nil, err
	}
	if err := ofOwner(ctx, source, "sqs:listmessagemovetasks"); err != nil {
		return nil, err
	}
	most := 1
	if n := in.MaxResults; n != nil {
		if most = int(*n); most < 1 || most > mostTasks {
			return nil, errValue(strconv.Itoa(most), "MaxResults", "Must be between 1 and 10, if provided.")
		}
	}
	out := &sqsapi.ListMessageMoveTasksOutput{}
	return out, s.view(ctx, source.place.scope, func(r resource.Reader) error {
		all, err := tasksOf(r, source.place.name)
		for _, t := range all[:min(most, len(all))] {
			e := sqsapi.ListMessageMoveTasksResultEntry{
				Status: &t.Status, SourceArn: &t.Source, ApproximateNumberOfMessagesMoved: &t.Moved, ApproximateNumberOfMessagesToMove: &t.ToMove,
				StartedTimestamp: &t.Started,
			}
			if t.Status == taskRunning {
				e.TaskHandle = new(handle{t.ID, t.Source}.String())
			}
			if t.Destination != "" {
				e.DestinationArn = &t.Destination
			}
			if t.Rate > 0 {
				e.MaxNumberOfMessagesPerSecond = &t.Rate
			}
			if t.Reason != "" {
				e.FailureReason = &t.Reason
			}
			out.Results = append(out.Results, e)
		}
		return err
	})
}

// CancelMessageMoveTask ends a task. What it has moved stays where it is.
func (s *Service) CancelMessageMoveTask(ctx context.Context, in *sqsapi.CancelMessageMoveTaskInput) (*sqsapi.CancelMessageMoveTaskOutput, error) {
	h, ok := readHandle(*in.TaskHandle)
	if !ok {
		return nil, errParameter("Value for parameter TaskHandle is invalid.")
	}
	source, err := s.byARN(ctx, h.Source, "SourceArn")
	if err != nil {
		return nil, err
	}
	if err := ofOwner(ctx, source, "sqs:cancelmessagemovetask"); err != nil {
		return nil, err
	}
	out := &sqsapi.CancelMessageMoveTaskOutput{}
	return out, s.update(ctx, source.place.scope, func(tx resource.Tx) error {
		t, err := tasks.Get(tx, source.place.name, h.Task)
		if err != nil {
			return err
		}
		if t.Status != taskRunning {
			return errParameter("Only active tasks can be cancelled.")
		}
		t.Status = taskCancelled
		out.ApproximateNumberOfMessagesMoved = &t.Moved
		tx.AfterCommit(func() { s.moves.remove(t.ID) })
		return tasks.Put(tx, t, source.place.name, t.ID)
	})
}
