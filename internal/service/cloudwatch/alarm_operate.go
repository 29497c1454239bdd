package cloudwatch

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/sillok/sillok/internal/alarm"
	"github.com/sillok/sillok/internal/alarm/notification"
	"github.com/sillok/sillok/internal/api/cloudwatchapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
)

// DeleteAlarms deletes alarms, all of them or none; names of none are passed over. An alarm
// that a composite one hangs on cannot go before that.
func (s *Service) DeleteAlarms(ctx context.Context, in *cloudwatchapi.DeleteAlarmsInput) (*cloudwatchapi.DeleteAlarmsOutput, error) {
	at := atMilli(time.Now())
	err := s.store.Update(ctx, func(tx resource.Tx) error {
		var composites, others []keptAlarm
		names := slices.Clone(in.AlarmNames)
		slices.Sort(names)
		for _, name := range slices.Compact(names) {
			k, found, err := alarms.Find(tx, name)
			switch {
			case err != nil:
				return err
			case !found:
			case k.Composite != nil:
				composites = append(composites, k)
			default:
				others = append(others, k)
			}
		}
		if len(composites) > 1 {
			return errValidation("No more than one composite alarm can be deleted at once.")
		}
		for _, k := range append(composites, others...) {
			if err := s.remove(tx, &k, at); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &cloudwatchapi.DeleteAlarmsOutput{}, nil
}

// remove deletes an alarm, and tells of it.
func (s *Service) remove(tx resource.Tx, k *keptAlarm, at time.Time) error {
	for _, how := range []string{asChild, asSuppressor} {
		above, err := using(tx, k.Name, how)
		if err != nil {
			return err
		}
		if len(above) > 0 {
			return errValidation("Cannot delete %s as there are composite alarm(s) depending on it.", k.Name)
		}
	}
	if k.Composite != nil {
		if err := unrelate(tx, k); err != nil {
			return err
		}
	}
	if err := unindex(tx, k); err != nil {
		return err
	}
	if err := s.tellConfigured(tx, k, wasDeleted, notification.Delete, nil, at); err != nil {
		return err
	}
	if err := tags.Delete(tx, alarmARN(tx.Scope(), k.Name)); err != nil {
		return err
	}
	key := alarmKey{tx.Scope(), k.Name}
	tx.AfterCommit(func() { s.table.remove(key) })
	return alarms.Delete(tx, k.Name)
}

// EnableAlarmActions has the actions of alarms run when these change their states; names of
// none are passed over.
func (s *Service) EnableAlarmActions(ctx context.Context, in *cloudwatchapi.EnableAlarmActionsInput) (*cloudwatchapi.EnableAlarmActionsOutput, error) {
	if err := s.enable(ctx, in.AlarmNames, true); err != nil {
		return nil, err
	}
	return &cloudwatchapi.EnableAlarmActionsOutput{}, nil
}

// DisableAlarmActions has alarms change their states without their actions.
func (s *Service) DisableAlarmActions(ctx context.Context, in *cloudwatchapi.DisableAlarmActionsInput) (*cloudwatchapi.DisableAlarmActionsOutput, error) {
	if err := s.enable(ctx, in.AlarmNames, false); err != nil {
		return nil, err
	}
	return &cloudwatchapi.DisableAlarmActionsOutput{}, nil
}

func (s *Service) enable(ctx context.Context, names []string, on bool) error {
	at := atMilli(time.Now())
	return s.store.Update(ctx, func(tx resource.Tx) error {
		for i, name := range names {
			if slices.Contains(names[:i], name) {
				continue
			}
			k, found, err := alarms.Find(tx, name)
			if err != nil {
				return err
			}
			if !found {
				continue
			}
			before := k
			k.ActionsEnabled, k.Updated = on, at
			if err := s.tellConfigured(tx, &k, wasUpdated, notification.Update, &before, at); err != nil {
				return err
			}
			if err := s.save(tx, &k); err != nil {
				return err
			}
		}
		return nil
	})
}

// SetAlarmState brings an alarm into a state until it is evaluated next, with all that
// follows from it. In the state in which it is already nothing changes.
func (s *Service) SetAlarmState(ctx context.Context, in *cloudwatchapi.SetAlarmStateInput) (*cloudwatchapi.SetAlarmStateOutput, error) {
	if in.StateReasonData != nil && !json.Valid([]byte(*in.StateReasonData)) {
		return nil, cloud.Errorf(cloud.Invalid, "InvalidFormatFault", "StateReasonData is not valid JSON.") // AWS's text was not seen
	}
	err := s.store.Update(ctx, func(tx resource.Tx) error {
		k, found, err := alarms.Find(tx, *in.AlarmName)
		switch {
		case err != nil:
			return err
		case !found:
			return cloud.Errorf(cloud.NotFound, "ResourceNotFound", "")
		case string(k.State) == *in.StateValue:
			return nil
		}
		return s.become(tx, &k, moment{alarm.State(*in.StateValue), *in.StateReason, resource.Value(in.StateReasonData), atMilli(time.Now())})
	})
	if err != nil {
		return nil, err
	}
	return &cloudwatchapi.SetAlarmStateOutput{}, nil
}
