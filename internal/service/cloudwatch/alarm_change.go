package cloudwatch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/sillok/sillok/internal/alarm"
	"github.com/sillok/sillok/internal/alarm/notification"
	"github.com/sillok/sillok/internal/bus"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/language/alarmrule"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/store/state"
)

// Carrier brings to others what becomes of alarms. The bus does.
type Carrier interface {
	// Publish states a fact as part of tx.
	Publish(tx state.Tx, f bus.Fact) error
	// Deliver accepts a delivery as part of tx.
	Deliver(tx state.Tx, d bus.Delivery) (id string, err error)
	// Takes reports whether somebody takes what is delivered to the ARN.
	Takes(arn cloud.ARN) bool
}

// The kinds of facts about alarms. Their data are EventBridge's events.
const (
	FactAlarmState         = "cloudwatch.alarm.state"
	FactAlarmConfiguration = "cloudwatch.alarm.configuration"
)

// update changes what an account and region have, for work that no call asked for.
func (s *Service) update(ctx context.Context, scope cloud.Scope, fn func(resource.Tx) error) error {
	return s.store.Update(ctx, func(tx resource.Tx) error { return fn(resource.In(tx, scope)) })
}

// become brings an alarm into another state, with all that follows: its history, the event,
// actions, and the alarms that hang on it.
func (s *Service) become(tx resource.Tx, k *keptAlarm, to moment) error {
	old := k.now()
	k.State, k.Reason, k.ReasonData, k.StateUpdated = to.State, to.Reason, to.ReasonData, to.At
	if old.State != to.State {
		k.Transitioned = to.At
	}
	if err := s.note(tx, k.stateHistory(old)); err != nil {
		return err
	}
	run, err := s.suppress(tx, k, old)
	if err != nil {
		return err
	}
	if err := s.publish(tx, k, FactAlarmState, to.At, func(id string) string {
		return notification.Event(k.told(tx.Scope()), k.change(old), id)
	}); err != nil {
		return err
	}
	if run {
		if err := s.act(tx, k, old, time.Time{}, to.At); err != nil {
			return err
		}
	}
	if err := s.save(tx, k); err != nil {
		return err
	}
	return s.follow(tx, k, to.At)
}

// save keeps an alarm, and has it evaluated from then on as it is.
func (s *Service) save(tx resource.Tx, k *keptAlarm) error {
	k.Version++
	if err := alarms.Put(tx, *k, k.Name); err != nil {
		return err
	}
	entry, err := newScheduled(tx.Scope(), k)
	if err != nil {
		return err
	}
	tx.AfterCommit(func() { s.table.set(entry) })
	return nil
}

// publish states a fact about an alarm.
func (s *Service) publish(tx resource.Tx, k *keptAlarm, kind string, at time.Time, event func(id string) string) error {
	if s.cfg.Carrier == nil {
		return nil
	}
	scope := tx.Scope()
	arn, err := cloud.ParseARN(alarmARN(scope, k.Name))
	if err != nil {
		return err
	}
	return s.cfg.Carrier.Publish(tx, bus.Fact{
		Kind: kind, Scope: scope, Time: at, Subject: arn,
		Data: json.RawMessage(event(eventID(arn.String(), kind, k.Created, k.Version, at.UnixMilli()))),
	})
}

// eventID is the ID of an event, which follows from what it is about.
func eventID(parts ...any) string {
	sum := sha256.Sum256(fmt.Append(nil, parts...))
	sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80 // a UUID whose bits are the maker's own
	text := hex.EncodeToString(sum[:16])
	return text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:]
}

// change is the change of state from an old one to that of now.
func (k *keptAlarm) change(old moment) *notification.Change {
	now := k.now()
	c := &notification.Change{Old: old.told(), New: now.told()}
	if k.Composite != nil {
		c.New.SuppressedBy, c.New.SuppressedReason = k.Composite.Suppression.By, k.Composite.Suppression.Reason
		c.Triggering = triggering(k.ReasonData)
	}
	return c
}

// triggering are the children that StateReasonData of a composite alarm names.
func triggering(data string) (children []alarm.Child) {
	var read struct {
		Triggering []struct {
			ARN   string
			State struct {
				Value     alarm.State
				Timestamp string
			}
		} `json:"triggeringAlarms"`
	}
	if json.Unmarshal([]byte(data), &read) != nil {
		return nil // SetAlarmState may say anything
	}
	for _, one := range read.Triggering {
		since, err := time.Parse("2006-01-02T15:04:05.000-0700", one.State.Timestamp)
		if err != nil {
			continue
		}
		children = append(children, alarm.Child{ARN: one.ARN, State: one.State.Value, Since: since.UTC()})
	}
	return children
}

// using returns the composite alarms that use an alarm in a way.
func using(r resource.Reader, name, how string) (names []string, err error) {
	for entry, err := range parents.List(r, name, how) {
		if err != nil {
			return nil, err
		}
		names = append(names, entry.Name)
	}
	return names, nil
}

// child is the alarm as one that others hang on.
func (k *keptAlarm) child(scope cloud.Scope) alarm.Child {
	return alarm.Child{ARN: alarmARN(scope, k.Name), State: k.State, Since: k.Transitioned}
}

// follow has the composite alarms follow that hang on an alarm which has changed its state.
func (s *Service) follow(tx resource.Tx, k *keptAlarm, at time.Time) error {
	above, err := using(tx, k.Name, asChild)
	if err != nil {
		return err
	}
	child := k.child(tx.Scope())
	for _, name := range above {
		parent, found, err := alarms.Find(tx, name)
		if err != nil {
			return err
		}
		if !found || parent.Composite == nil {
			continue
		}
		if err := s.evaluateComposite(tx, &parent, alarm.ChildReason(child), at); err != nil {
			return err
		}
	}
	suppressed, err := using(tx, k.Name, asSuppressor)
	if err != nil {
		return err
	}
	for _, name := range suppressed {
		parent, found, err := alarms.Find(tx, name)
		if err != nil {
			return err
		}
		if !found || parent.Composite == nil {
			continue
		}
		if err := s.suppressorChanged(tx, &parent, child, at); err != nil {
			return err
		}
	}
	return nil
}

// evaluateComposite brings a composite alarm into the state that its rule comes to, for a
// reason.
func (s *Service) evaluateComposite(tx resource.Tx, k *keptAlarm, reason string, at time.Time) error {
	rule, err := alarmrule.Parse(k.Composite.Rule)
	if err != nil {
		return err
	}
	circular, err := inCycle(tx, k.Name, rule)
	if err != nil || circular {
		return err
	}
	var failed error
	known := map[string]*keptAlarm{}
	result := rule.Evaluate(func(name string) string {
		child, found, err := alarms.Find(tx, name)
		if err != nil || !found {
			failed = err
			return ""
		}
		known[name] = &child
		return string(child.State)
	})
	if failed != nil || alarm.State(result.State) == k.State {
		return failed
	}
	deciding := []alarm.Child{}
	for _, name := range result.Deciding {
		if child := known[name]; child != nil {
			deciding = append(deciding, child.child(tx.Scope()))
		}
	}
	return s.become(tx, k, moment{alarm.State(result.State), reason, alarm.ChildrenData(deciding), at})
}

// inCycle says that a composite alarm hangs on itself by way of others: AWS does not
// evaluate such ones.
func inCycle(r resource.Reader, name string, rule *alarmrule.Rule) (bool, error) {
	seen := map[string]bool{}
	next := rule.Children()
	for len(next) > 0 {
		one := alarmrule.Name(next[0])
		next = next[1:]
		if one == name {
			return true, nil
		}
		if seen[one] {
			continue
		}
		seen[one] = true
		child, found, err := alarms.Find(r, one)
		if err != nil {
			return false, err
		}
		if !found || child.Composite == nil {
			continue
		}
		below, err := alarmrule.Parse(child.Composite.Rule)
		if err != nil {
			return false, err
		}
		next = append(next, below.Children()...)
	}
	return false, nil
}
