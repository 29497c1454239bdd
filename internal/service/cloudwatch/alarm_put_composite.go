package cloudwatch

import (
	"context"
	"errors"
	"strings"

	"github.com/sillok/sillok/internal/alarm"
	"github.com/sillok/sillok/internal/api/cloudwatchapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/language/alarmrule"
	"github.com/sillok/sillok/internal/resource"
)

const mostParents = 150 // composite alarms that hang on one alarm

// PutCompositeAlarm makes an alarm on other alarms, or replaces its whole configuration. It
// is evaluated at once.
func (s *Service) PutCompositeAlarm(ctx context.Context, in *cloudwatchapi.PutCompositeAlarmInput) (*cloudwatchapi.PutCompositeAlarmOutput, error) {
	rule, err := alarmrule.Parse(*in.AlarmRule)
	if err != nil {
		return nil, errRule(err)
	}
	put := &keptAlarm{
		Name: *in.AlarmName, Description: in.AlarmDescription, ActionsEnabled: in.ActionsEnabled == nil || *in.ActionsEnabled,
		OKActions: in.OKActions, AlarmActions: in.AlarmActions, InsufficientActions: in.InsufficientDataActions,
		Composite: &keptComposite{Rule: *in.AlarmRule, Suppressor: in.ActionsSuppressor, Wait: in.ActionsSuppressorWaitPeriod, Extension: in.ActionsSuppressorExtensionPeriod},
	}
	if err := checkCompositeActions(put.allActions()); err != nil {
		return nil, err
	}
	if err := checkSuppressor(put.Composite); err != nil {
		return nil, err
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	err = s.store.Update(ctx, func(tx resource.Tx) error {
		before, found, err := alarms.Find(tx, put.Name)
		if err != nil {
			return err
		}
		if found && before.Composite == nil {
			return errOtherType(put.Name)
		}
		k, composite := *put, *put.Composite
		k.Composite = &composite
		if err := relate(tx, &k, rule, &before, found); err != nil {
			return err
		}
		if found && sameSuppressor(&before, &k) {
			k.Composite.Suppression, k.Waiting = before.Composite.Suppression, before.Waiting
		}
		if err := s.configure(tx, &k, &before, found, in.Tags); err != nil {
			return err
		}
		arn := alarmARN(tx.Scope(), k.Name)
		reason := alarm.CreatedReason
		if found {
			reason = alarm.UpdatedReason
		}
		return s.evaluateNew(tx, &k, rule, func(to alarm.State) string { return reason(arn, to) })
	})
	if err != nil {
		return nil, err
	}
	return &cloudwatchapi.PutCompositeAlarmOutput{}, nil
}

// evaluateNew evaluates a composite alarm whose rule is new.
func (s *Service) evaluateNew(tx resource.Tx, k *keptAlarm, rule *alarmrule.Rule, reason func(alarm.State) string) error {
	var failed error
	result := rule.Evaluate(func(name string) string {
		child, _, err := alarms.Find(tx, name)
		failed = errors.Join(failed, err)
		return string(child.State)
	})
	if failed != nil {
		return failed
	}
	return s.evaluateComposite(tx, k, reason(alarm.State(result.State)), k.Updated)
}

// errRule is a refusal of a rule as the caller sees it.
func errRule(err error) error {
	if e, ok := errors.AsType[*alarmrule.Error](err); ok {
		return errValidation("%s", e.Message)
	}
	return err
}

// checkCompositeActions refuses actions that composite alarms do not take.
func checkCompositeActions(actions []string) error {
	if err := checkActions(actions); err != nil {
		return err
	}
	for _, action := range actions {
		arn, err := cloud.ParseARN(action)
		if err != nil {
			return err
		}
		switch arn.Service {
		case "automate", "swf", "autoscaling":
			return errValidation("Composite alarms do not take actions of EC2 and Auto Scaling: %s", action)
		}
	}
	return nil
}

// checkSuppressor refuses a suppressor without its periods, and periods without one.
func checkSuppressor(c *keptComposite) error {
	both := c.Wait != nil && c.Extension != nil
	switch {
	case c.Suppressor != nil && !both:
		return errValidation("ActionsSuppressorWaitPeriod and ActionsSuppressorExtensionPeriod must be set if ActionsSuppressor is set.")
	case c.Suppressor == nil && (c.Wait != nil || c.Extension != nil):
		return errValidation("ActionsSuppressor must be set if ActionsSuppressorWaitPeriod or ActionsSuppressorExtensionPeriod is set.")
	case both && (*c.Wait < 0 || *c.Extension < 0):
		return errValidation("ActionsSuppressorWaitPeriod and ActionsSuppressorExtensionPeriod must not be negative.")
	}
	return nil
}

func sameSuppressor(a, b *keptAlarm) bool {
	return a.Composite.Suppressor != nil && b.Composite.Suppressor != nil && alarmrule.Name(*a.Composite.Suppressor) == alarmrule.Name(*b.Composite.Suppressor)
}

// relate checks which alarms a composite one hangs on, and has them know of it.
func relate(tx resource.Tx, k *keptAlarm, rule *alarmrule.Rule, before *keptAlarm, found bool) error {
	var failed error
	exists := func(name string) bool {
		_, there, err := alarms.Find(tx, name)
		failed = errors.Join(failed, err)
		return there
	}
	scope := tx.Scope()
	owner := alarmrule.Owner{Partition: "aws", Region: string(scope.Region), Account: string(scope.Account), Name: k.Name}
	children, err := rule.Resolve(owner, exists)
	if err = errors.Join(failed, err); err != nil {
		return errRule(err)
	}
	if found {
		if err := unrelate(tx, before); err != nil {
			return err
		}
	}
	for _, name := range children {
		above, err := using(tx, name, asChild)
		if err != nil {
			return err
		}
		if len(above) >= mostParents {
			return cloud.Errorf(cloud.Conflict, "LimitExceededFault", "No more than %d composite alarms can hang on the alarm %s.", mostParents, name)
		}
		if err := parents.Put(tx, struct{}{}, name, asChild, k.Name); err != nil {
			return err
		}
	}
	if k.Composite.Suppressor == nil {
		return nil
	}
	// The suppressor is told of in the words of a child.
	by, err := alarmrule.Parse(`ALARM("` + quoted(*k.Composite.Suppressor) + `")`)
	if err != nil {
		return errRule(err)
	}
	names, err := by.Resolve(owner, exists)
	if err = errors.Join(failed, err); err != nil {
		return errSuppressor(*k.Composite.Suppressor, err)
	}
	return parents.Put(tx, struct{}{}, names[0], asSuppressor, k.Name)
}

func errSuppressor(name string, err error) error {
	if _, ok := errors.AsType[*alarmrule.Error](err); !ok {
		return err
	}
	// AWS's texts were not seen.
	return errValidation("Could not save the composite alarm: the alarm %s cannot be its ActionsSuppressor. It must be another alarm of the same account and Region, and exist.", name)
}

// unrelate has the alarms that a composite one hangs on know of it no more.
func unrelate(tx resource.Tx, k *keptAlarm) error {
	rule, err := alarmrule.Parse(k.Composite.Rule)
	if err != nil {
		return err
	}
	for _, child := range rule.Children() {
		if err := parents.Discard(tx, alarmrule.Name(child), asChild, k.Name); err != nil {
			return err
		}
	}
	if k.Composite.Suppressor == nil {
		return nil
	}
	return parents.Discard(tx, alarmrule.Name(*k.Composite.Suppressor), asSuppressor, k.Name)
}

// quoted is an alarm's name as it stands in quotes in a rule.
func quoted(name string) string { return strings.ReplaceAll(name, `"`, `\"`) }
