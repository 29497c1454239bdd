package cloudwatch

import (
	"time"

	"github.com/sillok/sillok/internal/alarm"
	"github.com/sillok/sillok/internal/language/alarmrule"
	"github.com/sillok/sillok/internal/resource"
)

// suppressor is what suppresses a composite alarm's actions; nil where nothing does.
func (c *keptComposite) suppressor() *alarm.Suppressor {
	if c == nil || c.Suppressor == nil {
		return nil
	}
	return &alarm.Suppressor{
		Wait: time.Duration(resource.Value(c.Wait)) * time.Second, Extension: time.Duration(resource.Value(c.Extension)) * time.Second,
	}
}

// suppress says whether actions run now that an alarm has changed its state, or wait.
func (s *Service) suppress(tx resource.Tx, k *keptAlarm, old moment) (run bool, err error) {
	by := k.Composite.suppressor()
	if by == nil {
		return true, nil
	}
	k.Waiting = nil
	above, found, err := alarms.Find(tx, alarmrule.Name(*k.Composite.Suppressor))
	if err != nil {
		return false, err
	}
	child := alarm.Child{}
	if found {
		child = above.child(tx.Scope())
	}
	k.Composite.Suppression, run = by.Transition(k.StateUpdated, child)
	if !run {
		k.Waiting = &waitingAction{Old: old}
	}
	return run, nil
}

// suppressorChanged has a composite alarm follow the one that suppresses its actions.
func (s *Service) suppressorChanged(tx resource.Tx, k *keptAlarm, suppressor alarm.Child, at time.Time) error {
	by := k.Composite.suppressor()
	if by == nil {
		return nil
	}
	now, run := by.Changed(k.Composite.Suppression, at, suppressor)
	if now == k.Composite.Suppression && !run {
		return nil
	}
	k.Composite.Suppression = now
	if run {
		return s.release(tx, k, at, at)
	}
	return s.save(tx, k)
}

// release runs the action that waited: what suppressed it ended at a time.
func (s *Service) release(tx resource.Tx, k *keptAlarm, ended, at time.Time) error {
	waiting := k.Waiting
	k.Waiting, k.StateUpdated = nil, atMilli(ended)
	if waiting != nil {
		if err := s.act(tx, k, waiting.Old, time.Time{}, at); err != nil {
			return err
		}
	}
	return s.save(tx, k)
}

// wakes is when something of the alarm ends that its actions wait for; zero for never.
func (k *keptAlarm) wakes() time.Time {
	if k.Composite != nil && !k.Composite.Suppression.Until.IsZero() {
		return k.Composite.Suppression.Until
	}
	if k.Waiting != nil && !k.Waiting.Muted.IsZero() {
		return k.Waiting.Muted
	}
	return time.Time{}
}

// wake does what is due of what the actions of an alarm wait for.
func (s *Service) wake(tx resource.Tx, k *keptAlarm, at time.Time) error {
	if by := k.Composite.suppressor(); by != nil && k.Composite.Suppression.Active() {
		until := k.Composite.Suppression.Until
		now, run := by.Ended(k.Composite.Suppression, at)
		if !run {
			return nil
		}
		k.Composite.Suppression = now
		return s.release(tx, k, until, at)
	}
	if k.Waiting == nil || k.Waiting.Muted.IsZero() {
		return nil
	}
	until, err := mutedUntil(tx, k.Name, at)
	if err != nil {
		return err
	}
	if !until.IsZero() {
		if until.Equal(k.Waiting.Muted) {
			return nil
		}
		k.Waiting.Muted = until
		return s.save(tx, k)
	}
	waiting := k.Waiting
	k.Waiting = nil
	ended := waiting.Muted
	if ended.After(at) {
		ended = at // the rule is gone, or is another one now
	}
	if err := s.actWaiting(tx, k, waiting, ended, at); err != nil {
		return err
	}
	return s.save(tx, k)
}
