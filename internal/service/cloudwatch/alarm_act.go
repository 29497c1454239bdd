package cloudwatch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/alarm"
	"github.com/sillok/sillok/internal/alarm/notification"
	"github.com/sillok/sillok/internal/api/cloudwatchapi"
	"github.com/sillok/sillok/internal/bus"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/publish"
	"github.com/sillok/sillok/internal/resource"
)

// Who asks a target to take an action.
const (
	alarmsPrincipal       = "cloudwatch.amazonaws.com"
	alarmsLambdaPrincipal = "lambda.alarms.cloudwatch.amazonaws.com"
)

const (
	actionTried   = time.Hour   // how long an action is tried again
	actionRepeats = time.Minute // how often one of Auto Scaling is sent
)

// sentAction is an action on its way. It is kept until it is known how it ended, and goes
// with the delivery.
type sentAction struct {
	ID          string            `json:"id"`
	Account     cloud.Account     `json:"account"`
	Region      cloud.Region      `json:"region"`
	Alarm       string            `json:"alarm"`
	Kind        string            `json:"kind"`
	Action      string            `json:"action"`
	Updated     int64             `json:"updated"` // when the state was, in milliseconds
	MuteEnd     int64             `json:"mute_end,omitempty"`
	Contributor string            `json:"contributor,omitempty"`
	Attributes  map[string]string `json:"attributes,omitempty"`
}

var sentActions = resource.Kind[sentAction]{Name: "cloudwatch/alarm-action"}

// perContributor says that an action is taken for each contributor of an alarm, and not
// for the alarm.
func perContributor(arn cloud.ARN) bool {
	switch arn.Service {
	case "autoscaling", "ssm-incidents", "aiops":
		return false
	}
	return true
}

// act runs the actions of an alarm's state, or has them wait where a rule mutes them. Muted
// is when a window ended that they waited for; zero where they did not.
func (s *Service) act(tx resource.Tx, k *keptAlarm, old moment, muted, at time.Time) error {
	actions := k.actions(k.State)
	if !k.ActionsEnabled || len(actions) == 0 {
		k.Waiting = nil
		return nil
	}
	if muted.IsZero() {
		until, err := mutedUntil(tx, k.Name, at)
		if err != nil {
			return err
		}
		if !until.IsZero() {
			k.wait(old, until)
			k.Waiting.Whole = true
			return nil
		}
	}
	if k.Waiting != nil {
		k.Waiting.Whole = false
	}
	change := k.change(old)
	change.AfterMute = !muted.IsZero()
	for _, action := range actions {
		if arn, err := cloud.ParseARN(action); err == nil && k.groups() && perContributor(arn) {
			continue
		}
		if err := s.send(tx, k, action, change, nil, muted, at); err != nil {
			return err
		}
	}
	k.Repeated = at
	return nil
}

// wait has actions wait for the end of a mute rule's window.
func (k *keptAlarm) wait(old moment, until time.Time) {
	if k.Waiting == nil || k.Waiting.Muted.IsZero() {
		k.Waiting = &waitingAction{}
	}
	k.Waiting.Old, k.Waiting.Muted = old, until
}

// actWaiting runs the actions that waited for a window's end.
func (s *Service) actWaiting(tx resource.Tx, k *keptAlarm, waiting *waitingAction, ended, at time.Time) error {
	if waiting.Whole {
		if err := s.act(tx, k, waiting.Old, ended, at); err != nil {
			return err
		}
	}
	for _, id := range slices.Sorted(maps.Keys(waiting.Of)) {
		c := contributorChange{id: id, contributor: waiting.Of[id], old: waiting.Old, state: alarm.OK}
		if one, there := k.Metric.Contributors[id]; there {
			c.contributor, c.state = one, alarm.Alarm
		}
		if err := s.actFor(tx, k, &c, ended, at); err != nil {
			return err
		}
	}
	return nil
}

// repeats says whether some action of the state is sent each minute.
func (k *keptAlarm) repeats() bool {
	return k.ActionsEnabled && slices.ContainsFunc(k.actions(k.State), repeated)
}

func repeated(action string) bool {
	arn, err := cloud.ParseARN(action)
	return err == nil && arn.Service == "autoscaling"
}

// repeat sends the actions again that are sent each minute, unless a rule mutes them.
func (s *Service) repeat(tx resource.Tx, k *keptAlarm, at time.Time) error {
	until, err := mutedUntil(tx, k.Name, at)
	if err != nil || !until.IsZero() {
		return err
	}
	now := k.now()
	for _, action := range k.actions(k.State) {
		if repeated(action) {
			if err := s.send(tx, k, action, k.change(now), nil, time.Time{}, at); err != nil {
				return err
			}
		}
	}
	k.Repeated = at
	return s.save(tx, k)
}

// contributing is whose action it is, of an alarm that has contributors.
type contributing struct {
	id         string
	attributes map[string]string
}

// send has an action taken. How that ends is told by the alarm's history.
func (s *Service) send(tx resource.Tx, k *keptAlarm, action string, change *notification.Change, of *contributing, muted, at time.Time) error {
	scope := tx.Scope()
	sent := sentAction{
		Account: scope.Account, Region: scope.Region, Alarm: k.Name, Kind: k.kind(), Action: action, Updated: change.New.At.UnixMilli(),
	}
	if !muted.IsZero() {
		sent.MuteEnd = muted.UnixMilli()
	}
	if of != nil {
		sent.Contributor, sent.Attributes = of.id, of.attributes
	}
	sum := sha256.Sum256(fmt.Append(nil, scope, k.Name, k.Created, k.Version, action, sent.Updated, sent.Contributor, at.UnixMilli()))
	sent.ID = hex.EncodeToString(sum[:16])
	arn, err := cloud.ParseARN(action)
	if err != nil {
		return s.note(tx, sent.ended(false, nil, err.Error(), at))
	}
	if why := s.untaken(k, change.New.State, arn); why != "" {
		return s.note(tx, sent.ended(false, nil, why, at))
	}
	own, err := cloud.ParseARN(alarmARN(scope, k.Name))
	if err != nil {
		return err
	}
	if err := sentActions.Put(tx, sent, sent.ID); err != nil {
		return err
	}
	told := k.told(scope)
	d := bus.Delivery{
		Target: arn, Source: own, Principal: alarmsPrincipal, Group: own.String(), MaxAge: actionTried, Payload: []byte(notification.Payload(told, change)),
		// What nobody takes comes back, and is told by the history.
		DeadLetter: bus.DeadLetter{Target: own, Payload: []byte(alarm.JSON(sent))},
	}
	switch arn.Service {
	case "sns":
		m := publish.Message{Subject: notification.Subject(told, change), Message: notification.Published(told, change), MessageStructure: "json"}
		if strings.HasSuffix(arn.Resource, ".fifo") {
			group := sha256.Sum256([]byte(own.String()))
			m.GroupID, m.DeduplicationID = hex.EncodeToString(group[:]), sent.ID
		}
		d.Payload = []byte(alarm.JSON(m))
	case "lambda":
		d.Principal = alarmsLambdaPrincipal
	case "autoscaling":
		d.MaxAge = actionRepeats // it is sent again anyway
	}
	_, err = s.cfg.Carrier.Deliver(tx, d)
	return err
}

// untaken says why an action is not even tried; empty where it is.
func (s *Service) untaken(k *keptAlarm, state alarm.State, arn cloud.ARN) string {
	switch arn.Service {
	case "ssm", "ssm-incidents", "aiops":
		if state != alarm.Alarm {
			return fmt.Sprintf("The action %s is taken for the state ALARM alone, and this is %s", arn, state)
		}
	case "automate", "swf":
		if k.Metric == nil || len(k.Metric.Queries) > 0 || !slices.ContainsFunc(k.Metric.Dimensions, func(d cloudwatchapi.Dimension) bool { return *d.Name == "InstanceId" }) {
			return fmt.Sprintf("The action %s is about an instance of EC2, and the alarm's metric has no dimension InstanceId", arn)
		}
	}
	if s.cfg.Carrier == nil || arn.Service == "cloudwatch" || !s.cfg.Carrier.Takes(arn) {
		return fmt.Sprintf("Nothing on this server takes actions of %s: %s", arn.Service, arn)
	}
	return ""
}

// ended is the item of how an action ended.
func (a *sentAction) ended(well bool, published *string, why string, at time.Time) historyItem {
	data := struct {
		State     string  `json:"actionState"`
		Updated   int64   `json:"stateUpdateTimestamp"`
		Resource  string  `json:"notificationResource"`
		Published *string `json:"publishedMessage"`
		Error     *string `json:"error"`
		MuteEnd   *int64  `json:"muteWindowEndTimestamp"`
	}{State: "Succeeded", Updated: a.Updated, Resource: a.Action, Published: published}
	item := historyItem{
		Alarm: a.Alarm, Kind: a.Kind, At: atMilli(at), Type: itemAction, Summary: "Successfully executed action " + a.Action,
		Contributor: a.Contributor, Attributes: a.Attributes,
	}
	if a.Contributor != "" {
		item.Type = itemContributorAction
	}
	if !well {
		data.State, data.Published, data.Error = "Failed", nil, &why
		item.Summary = "Failed to execute action " + a.Action
	}
	if a.MuteEnd != 0 {
		data.MuteEnd = &a.MuteEnd
	}
	item.Summary, item.Data = shortened(item.Summary), alarm.JSON(data)
	return item
}

// failure is why a target did not take an action, in AWS's words where those are known.
func failure(target cloud.ARN, code, message string) string {
	if strings.Contains(code, "AccessDenied") || strings.HasPrefix(code, "Authorization") {
		action := map[string]string{"sns": "SNS:Publish", "lambda": "lambda:InvokeFunction"}[target.Service]
		if action != "" {
			return fmt.Sprintf("CloudWatch Alarms is not authorized to perform: %s on resource:%s", action, target)
		}
	}
	return message
}

// Telling returns targets that take what the given ones do, with an alarm's history told of
// each attempt to take one of its actions.
func (s *Service) Telling(targets map[string]bus.Target) map[string]bus.Target {
	all := map[string]bus.Target{}
	for service, target := range targets {
		all[service] = telling{s, target}
	}
	all["cloudwatch"] = untakenActions{s}
	return all
}

// telling tells the history of an alarm what became of its actions.
type telling struct {
	s  *Service
	to bus.Target
}

// actionOf is the action that a delivery is; false for one that is none.
func actionOf(d *bus.Delivery) (a sentAction, ok bool) {
	if d.Source.Service != "cloudwatch" || !strings.HasPrefix(d.Source.Resource, alarmResource) {
		return a, false
	}
	return a, json.Unmarshal(d.DeadLetter.Payload, &a) == nil && a.ID != ""
}

// Deliver implements bus.Target.
func (t telling) Deliver(ctx context.Context, d bus.Delivery) error {
	a, ok := actionOf(&d)
	if !ok {
		return t.to.Deliver(ctx, d)
	}
	taken, err := t.s.isTaken(ctx, &a)
	if err != nil || taken {
		return err
	}
	if err := t.to.Deliver(ctx, d); err != nil {
		e := cloud.Errorf(cloud.KindOf(err), "InternalFailure", "the target failed inside; the server's log has more")
		if own, ok := errors.AsType[*cloud.Error](err); ok {
			e = own
		}
		if triedAgain(e.Kind) { // what is final comes back as the dead letter
			if told := t.s.tell(ctx, &a, false, a.ended(false, nil, failure(d.Target, e.Code, e.Message), time.Now())); told != nil {
				return told
			}
		}
		return err
	}
	var published *string
	if d.Target.Service == "sns" {
		var m publish.Message
		if json.Unmarshal(d.Payload, &m) == nil {
			published = &m.Message
		}
	}
	// What the target took is not lost for it if this fails: it is asked again, by the same ID.
	return t.s.tell(ctx, &a, true, a.ended(true, published, "", time.Now()))
}

// triedAgain says that a delivery which failed in this way is tried again.
func triedAgain(kind cloud.Kind) bool {
	return slices.Contains([]cloud.Kind{cloud.Internal, cloud.Conflict, cloud.Throttled, cloud.Unavailable}, kind)
}

// isTaken says that it is known how an action ended.
func (s *Service) isTaken(ctx context.Context, a *sentAction) (taken bool, err error) {
	return taken, s.view(ctx, cloud.Scope{Account: a.Account, Region: a.Region}, func(r resource.Reader) error {
		_, found, err := sentActions.Find(r, a.ID)
		taken = !found
		return err
	})
}

// tell writes an item, if it is one, about an action that is still on its way, and with
// final that it is no more.
func (s *Service) tell(ctx context.Context, a *sentAction, final bool, item historyItem) error {
	return s.update(ctx, cloud.Scope{Account: a.Account, Region: a.Region}, func(tx resource.Tx) error {
		_, found, err := sentActions.Find(tx, a.ID)
		if err != nil || !found {
			return err
		}
		if final {
			if err := sentActions.Delete(tx, a.ID); err != nil {
				return err
			}
		}
		if item.Type == "" {
			return nil
		}
		return s.note(tx, item)
	})
}

// untakenActions takes back what nobody took.
type untakenActions struct{ s *Service }

// Deliver implements bus.Target.
func (u untakenActions) Deliver(ctx context.Context, d bus.Delivery) error {
	var a sentAction
	if json.Unmarshal(d.Payload, &a) != nil || a.ID == "" {
		return cloud.Errorf(cloud.Unsupported, "UnsupportedTarget", "nothing can be delivered to %s", d.Target)
	}
	target, err := cloud.ParseARN(a.Action)
	if err != nil {
		return err
	}
	item := historyItem{}
	if d.Attributes[bus.AttributeExhausted] == "" { // otherwise the last attempt was told already
		item = a.ended(false, nil, failure(target, d.Attributes[bus.AttributeErrorCode], d.Attributes[bus.AttributeErrorMessage]), time.Now())
	}
	return u.s.tell(ctx, &a, true, item)
}
