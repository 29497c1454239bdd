package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/spf13/cobra"

	"github.com/sillok/sillok/internal/alarm"
)

// alarmCommand holds what is done with alarms.
func alarmCommand(e env) *cobra.Command {
	c := &cobra.Command{
		Use:   "alarm",
		Short: "See alarms and why they are as they are, test and replay them",
		Long: `Alarm lists the alarms of CloudWatch and shows one in plain words, with its history. It
tests whether actions arrive, and replays an alarm over stored metrics: when would it
have fired?`,
		Example: `  sillok alarm list --state ALARM
  sillok alarm show slow-cart
  sillok alarm history slow-cart --since 7d
  sillok alarm replay slow-cart --since 7d --set Threshold=400`,
	}
	group(c)
	c.AddCommand(alarmListCommand(e), alarmShowCommand(e), alarmHistoryCommand(e), alarmTestCommand(e), alarmReplayCommand(e))
	return c
}

// someAlarm is a metric alarm or a composite one; the other is nil.
type someAlarm struct {
	metric    *types.MetricAlarm
	composite *types.CompositeAlarm
}

func (a *someAlarm) name() string {
	if a.composite != nil {
		return aws.ToString(a.composite.AlarmName)
	}
	return aws.ToString(a.metric.AlarmName)
}

func (a *someAlarm) state() alarm.State {
	if a.composite != nil {
		return alarm.State(a.composite.StateValue)
	}
	return alarm.State(a.metric.StateValue)
}

// since is when the alarm came into its state.
func (a *someAlarm) since() time.Time {
	if a.composite != nil {
		return aws.ToTime(cmp.Or(a.composite.StateTransitionedTimestamp, a.composite.StateUpdatedTimestamp))
	}
	return aws.ToTime(cmp.Or(a.metric.StateTransitionedTimestamp, a.metric.StateUpdatedTimestamp))
}

// condition says when the alarm is in ALARM, in short.
func (a *someAlarm) condition() string {
	if a.composite != nil {
		return aws.ToString(a.composite.AlarmRule)
	}
	d := definitionOf(a.metric)
	return fmt.Sprintf("%s %s %s", d.what(), d.limit(), d.when())
}

// actions are those of a state, and whether they are enabled.
func (a *someAlarm) actions(state alarm.State) (arns []string, enabled bool) {
	if a.composite != nil {
		all := map[alarm.State][]string{alarm.OK: a.composite.OKActions, alarm.Alarm: a.composite.AlarmActions, alarm.InsufficientData: a.composite.InsufficientDataActions}
		return all[state], aws.ToBool(a.composite.ActionsEnabled)
	}
	all := map[alarm.State][]string{alarm.OK: a.metric.OKActions, alarm.Alarm: a.metric.AlarmActions, alarm.InsufficientData: a.metric.InsufficientDataActions}
	return all[state], aws.ToBool(a.metric.ActionsEnabled)
}

var allTypes = []types.AlarmType{types.AlarmTypeMetricAlarm, types.AlarmTypeCompositeAlarm}

// readAlarms asks for alarms of both kinds.
func readAlarms(ctx context.Context, client *cloudwatch.Client, in *cloudwatch.DescribeAlarmsInput) (all []someAlarm, err error) {
	pages := cloudwatch.NewDescribeAlarmsPaginator(client, in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, serviceRefused(err)
		}
		for i := range page.CompositeAlarms {
			all = append(all, someAlarm{composite: &page.CompositeAlarms[i]})
		}
		for i := range page.MetricAlarms {
			all = append(all, someAlarm{metric: &page.MetricAlarms[i]})
		}
	}
	return all, nil
}

// namedAlarm returns an alarm by its name or ARN.
func namedAlarm(ctx context.Context, client *cloudwatch.Client, name string) (*someAlarm, error) {
	if _, after, found := strings.Cut(name, ":alarm:"); found && strings.HasPrefix(name, "arn:") {
		name = after
	}
	all, err := readAlarms(ctx, client, &cloudwatch.DescribeAlarmsInput{AlarmNames: []string{name}, AlarmTypes: allTypes})
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("there is no alarm %s", name)
	}
	return &all[0], nil
}

// namedDefinition is the definition of an alarm on a metric.
func namedDefinition(ctx context.Context, client *cloudwatch.Client, name string) (*alarmDefinition, error) {
	a, err := namedAlarm(ctx, client, name)
	switch {
	case err != nil:
		return nil, err
	case a.composite != nil:
		return nil, fmt.Errorf("%s is a composite alarm, which has no metric of its own: replay the alarms that its rule names: %s", name, aws.ToString(a.composite.AlarmRule))
	}
	if _, wall := a.metric.EvaluationWindow.(*types.EvaluationWindowMemberWallClockWindow); wall {
		return nil, fmt.Errorf("%s: only alarms with a sliding window are replayed", name)
	}
	if a.metric.EvaluationCriteria != nil {
		return nil, fmt.Errorf("%s: alarms in PromQL are not replayed", name)
	}
	return definitionOf(a.metric), nil
}

// oneAlarm takes the name of an alarm.
func oneAlarm(_ *cobra.Command, args []string) error {
	if len(args) != 1 {
		return usageError{errors.New("the name of an alarm is expected")}
	}
	return nil
}

// completesAlarms has a shell complete the names of alarms, where a server answers at once.
func completesAlarms(c *cobra.Command, place *watchPlace) {
	c.ValidArgsFunction = func(_ *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		client, err := place.client(ctx)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		in := &cloudwatch.DescribeAlarmsInput{AlarmTypes: allTypes, MaxRecords: aws.Int32(100)}
		if begun != "" {
			in.AlarmNamePrefix = &begun
		}
		page, err := client.DescribeAlarms(ctx, in)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var names []string
		for i := range page.MetricAlarms {
			names = append(names, aws.ToString(page.MetricAlarms[i].AlarmName))
		}
		for i := range page.CompositeAlarms {
			names = append(names, aws.ToString(page.CompositeAlarms[i].AlarmName))
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}

// stateNames are the states of alarms, as flags have them.
var stateNames = []string{string(alarm.OK), string(alarm.Alarm), string(alarm.InsufficientData)}
