package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/spf13/cobra"

	"github.com/sillok/sillok/internal/alarm"
	"github.com/sillok/sillok/internal/terminal"
)

// alarmTestOptions are the flags of alarm test.
type alarmTestOptions struct {
	place         watchPlace
	colors        colorFlags
	state, reason string
	wait          string
}

func alarmTestCommand(e env) *cobra.Command {
	var o alarmTestOptions
	c := &cobra.Command{
		Use:   "test NAME",
		Short: "Set an alarm's state for a moment, and see whether its actions arrive",
		Long: `Test sets the state of an alarm by SetAlarmState, so that the actions of that state run,
and reads from its history what was delivered and what was not. The next evaluation of
the alarm takes the state back: within a minute, or for a composite alarm when an alarm
below it changes. The exit code is 1 where an action failed, and 3 where one has not
ended in time.`,
		Example: `  sillok alarm test slow-cart
  sillok alarm test slow-cart --state OK --reason 'drill of November'`,
		Args: oneAlarm,
		RunE: func(c *cobra.Command, args []string) error { return testAlarm(c.Context(), e, o, args[0]) },
	}
	f := c.Flags()
	f.StringVar(&o.state, "state", string(alarm.Alarm), "`STATE` to set: ALARM, OK or INSUFFICIENT_DATA")
	f.StringVar(&o.reason, "reason", "Tested by sillok alarm test", "`TEXT` that the alarm's messages give as the reason")
	f.StringVar(&o.wait, "wait", "30s", "`TIME` that actions have to end")
	o.colors.flags(f)
	o.place.flags(f)
	completions(c, o.choices(), "data")
	completesAlarms(c, &o.place)
	return c
}

func (o *alarmTestOptions) choices() []choice {
	return []choice{{"state", o.state, stateNames}, {"color", o.colors.color, []string{"auto", "always", "never"}}}
}

func testAlarm(ctx context.Context, e env, o alarmTestOptions, name string) error {
	errs := checkChoices(o.choices())
	wait, err := lengthFlag("wait", o.wait)
	if err := errors.Join(append(errs, err)...); err != nil {
		return usageError{err}
	}
	client, err := o.place.client(ctx)
	if err != nil {
		return err
	}
	a, err := namedAlarm(ctx, client, name)
	if err != nil {
		return err
	}
	state := alarm.State(o.state)
	if a.state() == state {
		return fmt.Errorf("%s is in %s already, and so nothing would be sent; --state sets another", a.name(), state)
	}
	t := &trial{screen: newScreen(e, o.colors.when(), "never"), client: client, alarm: a, state: state, ended: map[string]string{}}
	t.arns, t.enabled = a.actions(state)
	slices.Sort(t.arns)
	t.arns = slices.Compact(t.arns)
	if err := t.last(ctx); err != nil {
		return err
	}
	_, err = client.SetAlarmState(ctx, &cloudwatch.SetAlarmStateInput{AlarmName: aws.String(a.name()), StateValue: types.StateValue(state), StateReason: &o.reason})
	if err != nil {
		return serviceRefused(err)
	}
	fmt.Fprintf(t.screen.stdout, "%s is in %s; it was in %s\n", terminal.Printable(a.name()), stateColor(t.screen.style, state)(string(state)), a.state())
	if a.composite != nil {
		fmt.Fprintln(t.screen.stderr, "It stays so until an alarm below it changes, or until it is set again.")
	} else {
		fmt.Fprintln(t.screen.stderr, "The next evaluation takes that back, within a minute where its data say otherwise.")
	}
	return t.follow(ctx, wait)
}

// trial follows what becomes of an alarm's actions.
type trial struct {
	screen  *screen
	client  *cloudwatch.Client
	alarm   *someAlarm
	state   alarm.State
	arns    []string
	enabled bool
	before  map[string]bool   // items of the history that were there before
	ended   map[string]string // why actions failed, empty where they did not, by ARN
}

// key tells an item of the history from others.
func (h *happened) key() string { return h.Time.UTC().Format(time.RFC3339Nano) + h.Type + h.data }

// actionsSince is how far back actions are read: clocks differ.
const actionsSince = 10 * time.Minute

func (t *trial) read(ctx context.Context, give func(h happened)) error {
	in := &cloudwatch.DescribeAlarmHistoryInput{
		AlarmName: aws.String(t.alarm.name()), StartDate: aws.Time(time.Now().Add(-actionsSince)), HistoryItemType: types.HistoryItemTypeAction, AlarmTypes: allTypes,
		ScanBy: types.ScanByTimestampDescending, MaxRecords: aws.Int32(100),
	}
	return historyItems(ctx, t.client, in, func(h happened) bool {
		give(h)
		return true
	})
}

// last notes which actions were there before.
func (t *trial) last(ctx context.Context) error {
	t.before = map[string]bool{}
	return t.read(ctx, func(h happened) { t.before[h.key()] = true })
}

// everyMoment is how often the history is asked.
const everyMoment = 250 * time.Millisecond

// follow waits until all actions have ended, and says how.
func (t *trial) follow(ctx context.Context, wait time.Duration) error {
	switch {
	case len(t.arns) == 0:
		fmt.Fprintf(t.screen.stdout, "it has no actions for %s: nobody is told\n", t.state)
		return nil
	case !t.enabled:
		fmt.Fprintf(t.screen.stdout, "its actions are disabled: nobody is told\n")
		return nil
	}
	timeout := time.NewTimer(wait)
	defer timeout.Stop()
	tick := time.NewTicker(everyMoment)
	defer tick.Stop()
	for len(t.ended) < len(t.arns) {
		if err := t.read(ctx, t.note); err != nil {
			return err
		}
		if len(t.ended) == len(t.arns) {
			break
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-timeout.C:
			return t.tell(wait)
		case <-tick.C:
		}
	}
	return t.tell(wait)
}

// note takes an action's end.
func (t *trial) note(h happened) {
	d := h.read()
	_, told := t.ended[d.Resource]
	if t.before[h.key()] || told || !slices.Contains(t.arns, d.Resource) {
		return
	}
	t.ended[d.Resource] = ""
	if d.ActionState == failedAction {
		t.ended[d.Resource] = "for a reason that it does not tell"
		if d.Error != nil {
			t.ended[d.Resource] = *d.Error
		}
	}
}

// tell says how the actions ended.
func (t *trial) tell(wait time.Duration) error {
	failed, open := 0, 0
	for _, arn := range t.arns {
		switch why, ended := t.ended[arn]; {
		case !ended:
			open++
			fmt.Fprintf(t.screen.stdout, "%s  %s\n", t.screen.style.Yellow("waits"), terminal.Printable(arn))
		case why != "":
			failed++
			fmt.Fprintf(t.screen.stdout, "%s  %s: %s\n", t.screen.style.Red("failed"), terminal.Printable(arn), terminal.Printable(why))
		default:
			fmt.Fprintf(t.screen.stdout, "%s  %s\n", t.screen.style.Green("delivered"), terminal.Printable(arn))
		}
	}
	switch {
	case failed > 0:
		return fmt.Errorf("%d of %s failed", failed, terminal.Counted(int64(len(t.arns)), "action"))
	case open > 0:
		return notTakenError{fmt.Sprintf("%d of %s did not end in %s", open, terminal.Counted(int64(len(t.arns)), "action"), wholeLength(wait))}
	}
	return nil
}
