package cloudwatch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/sillok/sillok/internal/alarm"
	"github.com/sillok/sillok/internal/alarm/notification"
	"github.com/sillok/sillok/internal/api/cloudwatchapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
)

// mostContributors is how many a page has.
const mostContributors = 100

// groupFinding is what the evaluation of an alarm with contributors found.
type groupFinding struct {
	changes []contributorChange // in the order of their IDs
	state   alarm.State         // of the alarm
	reason  string              // empty where the state is what it was
}

// contributorChange is that a contributor came into ALARM, or left it.
type contributorChange struct {
	id string
	contributor
	old   moment
	state alarm.State
}

// contributorID follows from what a contributor is grouped by.
func contributorID(attributes map[string]string) string {
	h := sha256.New()
	for _, key := range slices.Sorted(maps.Keys(attributes)) {
		fmt.Fprintf(h, "%q=%q,", key, attributes[key])
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}

// regroup evaluates each group of a query by itself. Of those that the query does not
// return any more, and that are in ALARM, there are no points.
func (e *scheduled) regroup(tracks []Track, now time.Time) (finding, bool) {
	inAlarm := e.kept.Metric.Contributors
	attributes := map[string]map[string]string{}
	points := map[string][]alarm.Point{}
	for i := range tracks {
		id := contributorID(tracks[i].Group)
		attributes[id], points[id] = tracks[i].Group, trackPoints(&tracks[i])
	}
	for id, c := range inAlarm {
		if attributes[id] == nil {
			attributes[id] = c.Attributes
		}
	}
	g := &groupFinding{state: alarm.OK}
	alarming := 0
	for _, id := range slices.Sorted(maps.Keys(attributes)) {
		c := contributorChange{id: id, old: moment{State: alarm.OK}, state: alarm.OK}
		was, there := inAlarm[id]
		if there {
			c.old = moment{State: alarm.Alarm, Reason: was.Reason, At: was.Since}
		}
		v := e.evaluator.Evaluate(now, points[id], c.old.State)
		if v.State == alarm.Alarm {
			c.state = alarm.Alarm
			alarming++
		}
		if c.state == c.old.State {
			continue
		}
		c.contributor = contributor{Attributes: attributes[id], Reason: v.Reason(), Since: atMilli(now)}
		g.changes = append(g.changes, c)
	}
	switch {
	case alarming > 0:
		g.state = alarm.Alarm
	case len(tracks) == 0:
		v := e.evaluator.Evaluate(now, nil, e.state)
		g.state, g.reason = v.State, v.Reason()
	}
	if g.state != e.state && g.reason == "" {
		// AWS's sentence was not seen.
		g.reason = fmt.Sprintf("Threshold Crossed: %d of %d contributors are in ALARM.", alarming, len(attributes))
	}
	if len(g.changes) > 0 || g.state != e.state {
		return finding{of: e, groups: g}, true
	}
	return finding{of: e, groups: g}, false
}

// regroup writes down which contributors came into ALARM and which left it, and in which
// state the alarm is by that.
func (s *Service) regroup(tx resource.Tx, k *keptAlarm, g *groupFinding, at time.Time) error {
	if k.Metric.Contributors == nil {
		k.Metric.Contributors = map[string]contributor{}
	}
	for i := range g.changes {
		c := &g.changes[i]
		delete(k.Metric.Contributors, c.id)
		if c.state == alarm.Alarm {
			k.Metric.Contributors[c.id] = c.contributor
		}
		now := c.now()
		item := historyItem{
			Alarm: k.Name, Kind: k.kind(), At: at, Type: itemContributorState, Contributor: c.id, Attributes: c.Attributes,
			Summary: fmt.Sprintf("Alarm contributor updated from %s to %s", c.old.State, c.state),
			Data: alarm.JSON(struct {
				Version string       `json:"version"`
				Old     historyState `json:"oldState"`
				New     historyState `json:"newState"`
			}{"1.0", c.old.historyState(), now.historyState()}),
		}
		if err := s.note(tx, item); err != nil {
			return err
		}
		if err := s.actFor(tx, k, c, time.Time{}, at); err != nil {
			return err
		}
	}
	if g.state != k.State {
		return s.become(tx, k, moment{State: g.state, Reason: g.reason, At: at})
	}
	return s.save(tx, k)
}

func (c *contributorChange) now() moment {
	return moment{State: c.state, Reason: c.Reason, At: c.Since}
}

// actFor runs the actions of the state that a contributor is in, or has them wait where a
// rule mutes them. Muted is as act has it.
func (s *Service) actFor(tx resource.Tx, k *keptAlarm, c *contributorChange, muted, at time.Time) error {
	actions := k.actions(c.state)
	if !k.ActionsEnabled || len(actions) == 0 {
		return nil
	}
	if muted.IsZero() {
		until, err := mutedUntil(tx, k.Name, at)
		if err != nil {
			return err
		}
		if !until.IsZero() {
			k.wait(c.old, until)
			if k.Waiting.Of == nil {
				k.Waiting.Of = map[string]contributor{}
			}
			k.Waiting.Of[c.id] = c.contributor
			return nil
		}
	}
	now := c.now()
	change := &notification.Change{
		Old: c.old.told(), New: now.told(), AfterMute: !muted.IsZero(), Contributor: &notification.Contributor{ID: c.id, Attributes: c.Attributes},
	}
	for _, action := range actions {
		if arn, err := cloud.ParseARN(action); err == nil && !perContributor(arn) {
			continue
		}
		if err := s.send(tx, k, action, change, &contributing{c.id, c.Attributes}, muted, at); err != nil {
			return err
		}
	}
	return nil
}

// DescribeAlarmContributors returns the contributors of an alarm that are in ALARM, in
// pages.
func (s *Service) DescribeAlarmContributors(ctx context.Context, in *cloudwatchapi.DescribeAlarmContributorsInput) (*cloudwatchapi.DescribeAlarmContributorsOutput, error) {
	var kept keptAlarm
	err := s.store.View(ctx, func(r resource.Reader) (err error) {
		var found bool
		if kept, found, err = alarms.Find(r, *in.AlarmName); err == nil && !found {
			err = cloud.Errorf(cloud.NotFound, "ResourceNotFoundException", "")
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	var all map[string]contributor
	if kept.Metric != nil {
		all = kept.Metric.Contributors
	}
	listing := func(after string) iter.Seq2[resource.Entry[cloudwatchapi.AlarmContributor], error] {
		return func(yield func(resource.Entry[cloudwatchapi.AlarmContributor], error) bool) {
			for _, id := range slices.Sorted(maps.Keys(all)) {
				c := all[id]
				shape := cloudwatchapi.AlarmContributor{ContributorId: &id, ContributorAttributes: c.Attributes, StateReason: &c.Reason, StateTransitionedTimestamp: &c.Since}
				if id > after && !yield(resource.Entry[cloudwatchapi.AlarmContributor]{Name: id, Value: shape}, nil) {
					return
				}
			}
		}
	}
	paging := resource.TokenCode(codeToken).Page(in, in.NextToken, nil, mostContributors)
	paging.TokenText = "Invalid NextToken : " + resource.Value(in.NextToken)
	page, next, err := resource.Page(ctx, paging, listing, resource.Whole)
	if err != nil {
		return nil, err
	}
	return &cloudwatchapi.DescribeAlarmContributorsOutput{AlarmContributors: page, NextToken: next}, nil
}
