package cloudwatch

import (
	"context"
	"slices"
	"time"

	"github.com/sillok/sillok/internal/alarm"
	"github.com/sillok/sillok/internal/alarm/notification"
	"github.com/sillok/sillok/internal/api/cloudwatchapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
)

// alarmMetrics has alarms by the namespace and the name of their metric.
var alarmMetrics = resource.Kind[struct{}]{Name: "cloudwatch/alarm-metric"}

func errOtherType(name string) error {
	return errValidation("AlarmName [%s] is already used by another alarm of a different type", name)
}

// PutMetricAlarm makes an alarm on a metric or on expressions, or replaces its whole
// configuration; its state stays then. It is evaluated within a second.
func (s *Service) PutMetricAlarm(ctx context.Context, in *cloudwatchapi.PutMetricAlarmInput) (*cloudwatchapi.PutMetricAlarmOutput, error) {
	m, err := s.metricOf(ctx, in)
	if err != nil {
		return nil, err
	}
	put := &keptAlarm{
		Name: *in.AlarmName, Description: in.AlarmDescription, ActionsEnabled: in.ActionsEnabled == nil || *in.ActionsEnabled,
		OKActions: in.OKActions, AlarmActions: in.AlarmActions, InsufficientActions: in.InsufficientDataActions, Metric: m,
	}
	if err := checkActions(put.allActions()); err != nil {
		return nil, err
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	if err := s.ensureBand(ctx, m); err != nil {
		return nil, err
	}
	err = s.store.Update(ctx, func(tx resource.Tx) error {
		before, found, err := alarms.Find(tx, put.Name)
		if err != nil {
			return err
		}
		if found && before.Metric == nil {
			return errOtherType(put.Name)
		}
		k := *put
		if found {
			if err := unindex(tx, &before); err != nil {
				return err
			}
			if slices.EqualFunc(k.Metric.Queries, before.Metric.Queries, sameQuery) {
				metric := *k.Metric
				metric.Contributors, metric.EvaluationState = before.Metric.Contributors, before.Metric.EvaluationState
				k.Metric = &metric
			}
		}
		if k.Metric.Name != nil {
			if err := alarmMetrics.Put(tx, struct{}{}, *k.Metric.Namespace, *k.Metric.Name, k.Name); err != nil {
				return err
			}
		}
		return s.configure(tx, &k, &before, found, in.Tags)
	})
	if err != nil {
		return nil, err
	}
	return &cloudwatchapi.PutMetricAlarmOutput{}, nil
}

// unindex takes an alarm out of what finds it by its metric.
func unindex(tx resource.Tx, k *keptAlarm) error {
	if k.Metric == nil || k.Metric.Name == nil {
		return nil
	}
	return alarmMetrics.Discard(tx, *k.Metric.Namespace, *k.Metric.Name, k.Name)
}

func sameQuery(a, b cloudwatchapi.MetricDataQuery) bool { return alarm.JSON(a) == alarm.JSON(b) }

// configure keeps an alarm whose configuration was put, and tells of it.
func (s *Service) configure(tx resource.Tx, k, before *keptAlarm, found bool, given []cloudwatchapi.Tag) error {
	at := atMilli(time.Now())
	k.Updated = at
	arn := alarmARN(tx.Scope(), k.Name)
	operation, event := wasUpdated, notification.Update
	if found {
		k.Created, k.Version = before.Created, before.Version
		k.State, k.Reason, k.ReasonData, k.StateUpdated, k.Transitioned = before.State, before.Reason, before.ReasonData, before.StateUpdated, before.Transitioned
		k.Repeated = before.Repeated
		if k.Waiting == nil && k.Composite == nil {
			k.Waiting = before.Waiting
		}
	} else {
		operation, event, before = wasCreated, notification.Create, nil
		k.Created = time.Now().UnixNano()
		k.State, k.Reason, k.StateUpdated, k.Transitioned = alarm.InsufficientData, alarm.InitialReason, at, at
		if err := tags.Add(tx, arn, givenTags(given)); err != nil {
			return err
		}
	}
	if err := s.tellConfigured(tx, k, operation, event, before, at); err != nil {
		return err
	}
	if err := s.save(tx, k); err != nil {
		return err
	}
	key := alarmKey{tx.Scope(), k.Name}
	tx.AfterCommit(func() { s.table.soon(key) })
	return nil
}

// tellConfigured tells the history, and others, of an operation on an alarm.
func (s *Service) tellConfigured(tx resource.Tx, k *keptAlarm, operation, event string, before *keptAlarm, at time.Time) error {
	scope := tx.Scope()
	if err := s.note(tx, k.configurationHistory(alarmARN(scope, k.Name), operation, before, at)); err != nil {
		return err
	}
	return s.publish(tx, k, FactAlarmConfiguration, at, func(id string) string {
		var was *notification.Alarm
		if before != nil {
			was = before.told(scope)
		}
		now := k.now()
		return notification.ConfigurationEvent(k.told(scope), now.told(), event, was, at, id)
	})
}

// checkActions refuses what is no ARN. Whether somebody takes the action is seen when it
// is to be taken.
func checkActions(actions []string) error {
	for _, action := range actions {
		if _, err := cloud.ParseARN(action); err != nil {
			return errValidation("Invalid arn syntax: %s", action)
		}
	}
	return nil
}
