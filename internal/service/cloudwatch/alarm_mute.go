package cloudwatch

import (
	"context"
	"slices"
	"time"

	"github.com/sillok/sillok/internal/api/cloudwatchapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
)

// muteRule is a rule that mutes the actions of alarms for windows of time.
type muteRule struct {
	Name        string     `json:"name"`
	Description *string    `json:"description,omitempty"`
	Expression  string     `json:"expression"`
	Duration    string     `json:"duration"`
	Timezone    *string    `json:"timezone,omitempty"`
	Alarms      []string   `json:"alarms,omitempty"`
	Targeted    bool       `json:"targeted,omitempty"`
	Start       *time.Time `json:"start,omitempty"`
	Expire      *time.Time `json:"expire,omitempty"`
	Updated     time.Time  `json:"updated"`
}

var (
	muteRules = resource.Kind[muteRule]{Name: "cloudwatch/alarm-mute-rule", Missing: errNoMuteRule}
	// muted has rules by the alarms that they mute.
	muted = resource.Kind[struct{}]{Name: "cloudwatch/alarm-muted"}
)

func errNoMuteRule(...string) error {
	return cloud.Errorf(cloud.NotFound, "ResourceNotFoundException", "")
}

const (
	muteResource  = "alarm-mute-rule:"
	mostMuteRules = 100 // of a page

	muteScheduled = "SCHEDULED"
	muteActive    = "ACTIVE"
	muteExpired   = "EXPIRED"
)

func muteARN(scope cloud.Scope, name string) string {
	return resource.ARN(scope, "cloudwatch", muteResource+name)
}

// PutAlarmMuteRule makes a rule that mutes the actions of alarms, or replaces it.
func (s *Service) PutAlarmMuteRule(ctx context.Context, in *cloudwatchapi.PutAlarmMuteRuleInput) (*cloudwatchapi.PutAlarmMuteRuleOutput, error) {
	rule := muteRule{
		Name: *in.Name, Description: in.Description, Expression: *in.Rule.Schedule.Expression, Duration: *in.Rule.Schedule.Duration,
		Timezone: in.Rule.Schedule.Timezone, Start: in.StartDate, Expire: in.ExpireDate, Updated: atMilli(time.Now()),
	}
	if in.MuteTargets != nil {
		rule.Targeted = true
		for _, name := range in.MuteTargets.AlarmNames {
			if !slices.Contains(rule.Alarms, name) {
				rule.Alarms = append(rule.Alarms, name)
			}
		}
	}
	if _, err := rule.schedule(); err != nil {
		return nil, errValidation("%s", err.Error())
	}
	if rule.Start != nil && rule.Expire != nil && !rule.Start.Before(*rule.Expire) {
		return nil, errValidation("StartDate must be before ExpireDate.")
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	err := s.store.Update(ctx, func(tx resource.Tx) error {
		before, found, err := muteRules.Find(tx, rule.Name)
		if err != nil {
			return err
		}
		if err := s.unmute(tx, &before); err != nil {
			return err
		}
		for _, name := range rule.Alarms {
			if err := muted.Put(tx, struct{}{}, name, rule.Name); err != nil {
				return err
			}
		}
		s.rouse(tx, rule.Alarms)
		if !found {
			if err := tags.Add(tx, muteARN(tx.Scope(), rule.Name), givenTags(in.Tags)); err != nil {
				return err
			}
		}
		return muteRules.Put(tx, rule, rule.Name)
	})
	if err != nil {
		return nil, err
	}
	return &cloudwatchapi.PutAlarmMuteRuleOutput{}, nil
}

// unmute has alarms know no more of a rule.
func (s *Service) unmute(tx resource.Tx, rule *muteRule) error {
	for _, name := range rule.Alarms {
		if err := muted.Discard(tx, name, rule.Name); err != nil {
			return err
		}
	}
	s.rouse(tx, rule.Alarms)
	return nil
}

// rouse has it looked whether actions of alarms wait that wait for nothing any more.
func (s *Service) rouse(tx resource.Tx, names []string) {
	scope := tx.Scope()
	tx.AfterCommit(func() {
		for _, name := range names {
			s.table.rouse(alarmKey{scope, name})
		}
	})
}

// GetAlarmMuteRule returns a rule.
func (s *Service) GetAlarmMuteRule(ctx context.Context, in *cloudwatchapi.GetAlarmMuteRuleInput) (*cloudwatchapi.GetAlarmMuteRuleOutput, error) {
	out := &cloudwatchapi.GetAlarmMuteRuleOutput{}
	err := s.store.View(ctx, func(r resource.Reader) error {
		rule, err := muteRules.Get(r, *in.AlarmMuteRuleName)
		if err != nil {
			return err
		}
		schedule, err := rule.schedule()
		if err != nil {
			return err
		}
		*out = cloudwatchapi.GetAlarmMuteRuleOutput{
			Name: &rule.Name, AlarmMuteRuleArn: new(muteARN(r.Scope(), rule.Name)), Description: rule.Description,
			Rule:      &cloudwatchapi.Rule{Schedule: &cloudwatchapi.Schedule{Expression: &rule.Expression, Duration: &rule.Duration, Timezone: rule.Timezone}},
			StartDate: rule.Start, ExpireDate: rule.Expire, Status: new(schedule.status(time.Now())), LastUpdatedTimestamp: &rule.Updated, MuteType: new(schedule.muteType()),
		}
		if rule.Targeted {
			out.MuteTargets = &cloudwatchapi.MuteTargets{AlarmNames: told(rule.Alarms)}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// ListAlarmMuteRules returns rules in the order of their names, in pages: all, or those of
// an alarm, and those of some statuses.
func (s *Service) ListAlarmMuteRules(ctx context.Context, in *cloudwatchapi.ListAlarmMuteRulesInput) (*cloudwatchapi.ListAlarmMuteRulesOutput, error) {
	now := time.Now()
	out := &cloudwatchapi.ListAlarmMuteRulesOutput{}
	paging := resource.TokenCode(codeToken).Page(in, in.NextToken, in.MaxRecords, mostMuteRules)
	paging.TokenText = "Invalid NextToken : " + resource.Value(in.NextToken)
	err := s.store.View(ctx, func(r resource.Reader) (err error) {
		out.AlarmMuteRuleSummaries, out.NextToken, err = resource.Page(ctx, paging, muteRules.From(r), func(rule muteRule) (one cloudwatchapi.AlarmMuteRuleSummary, keep bool, err error) {
			if in.AlarmName != nil && !slices.Contains(rule.Alarms, *in.AlarmName) {
				return one, false, nil
			}
			schedule, err := rule.schedule()
			if err != nil {
				return one, false, err
			}
			status := schedule.status(now)
			return cloudwatchapi.AlarmMuteRuleSummary{
				AlarmMuteRuleArn: new(muteARN(r.Scope(), rule.Name)), ExpireDate: rule.Expire, Status: &status, MuteType: new(schedule.muteType()),
				LastUpdatedTimestamp: &rule.Updated,
			}, len(in.Statuses) == 0 || slices.Contains(in.Statuses, status), nil
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// DeleteAlarmMuteRule deletes a rule. The actions that waited for its window run then,
// unless another rule mutes them. A rule that is not there is deleted already.
func (s *Service) DeleteAlarmMuteRule(ctx context.Context, in *cloudwatchapi.DeleteAlarmMuteRuleInput) (*cloudwatchapi.DeleteAlarmMuteRuleOutput, error) {
	err := s.store.Update(ctx, func(tx resource.Tx) error {
		rule, found, err := muteRules.Find(tx, *in.AlarmMuteRuleName)
		if err != nil || !found {
			return err
		}
		if err := s.unmute(tx, &rule); err != nil {
			return err
		}
		if err := tags.Delete(tx, muteARN(tx.Scope(), rule.Name)); err != nil {
			return err
		}
		return muteRules.Delete(tx, rule.Name)
	})
	if err != nil {
		return nil, err
	}
	return &cloudwatchapi.DeleteAlarmMuteRuleOutput{}, nil
}

// mutedUntil returns until when rules mute the actions of an alarm; zero where none does.
func mutedUntil(r resource.Reader, name string, at time.Time) (until time.Time, err error) {
	for entry, err := range muted.List(r, name) {
		if err != nil {
			return until, err
		}
		rule, found, err := muteRules.Find(r, entry.Name)
		if err != nil {
			return until, err
		}
		if !found {
			continue
		}
		schedule, err := rule.schedule()
		if err != nil {
			return until, err
		}
		if end := schedule.until(at); end.After(until) {
			until = end
		}
	}
	return until, nil
}
