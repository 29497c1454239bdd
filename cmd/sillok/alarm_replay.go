package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/spf13/cobra"

	"github.com/sillok/sillok/internal/alarm"
	"github.com/sillok/sillok/internal/terminal"
)

// replayOptions are the flags of alarm replay.
type replayOptions struct {
	place        watchPlace
	colors       colorFlags
	times        spanFlags
	definition   string
	sets         []string
	expects      []string
	state        string
	show, output string
	height       int
}

func alarmReplayCommand(e env) *cobra.Command {
	var o replayOptions
	c := &cobra.Command{
		Use:   "replay [NAME]",
		Short: "Walk stored metrics through an alarm, and see when it would have fired",
		Long: `Replay evaluates an alarm at each minute of a time that is over, as CloudWatch would
have, and says when it would have been in ALARM, for how long, and why. The alarm is one
that is there, or one of a file in the form that "aws cloudwatch put-metric-alarm" takes
(--generate-cli-skeleton) or "aws cloudwatch describe-alarms" gives. Nothing is changed.

--set changes a member of the definition, and compares what comes of it with the alarm
as it is. --expect is for tests: where an expectation does not hold the exit code is 1.
It is about the alarm as --set has it: "ALARM at 10:05..10:10" that it comes into ALARM
then, "OK during 12:00..13:00" that it is OK all that time, "no ALARM" that it never is.

It calls DescribeAlarms and GetMetricData. Points are as they are stored now: what came
too late for the alarm then is there. Actions, mute rules and suppression play no part.

--output json has an object for each evaluation and a summary on a line each; junit has
a test case for each expectation and each change of state.`,
		Example: `  # what did it do yesterday, and what would it have done with another threshold?
  sillok alarm replay slow-cart --from 2026-11-28 --to 2026-11-28 --set Threshold=400

  # an alarm that is not there yet
  aws cloudwatch put-metric-alarm --generate-cli-skeleton >alarm.json
  sillok alarm replay --definition alarm.json --since 14d

  # in CI
  sillok alarm replay --definition alarm.json --utc \
    --from 2026-11-28T10:00 --to 2026-11-28T11:00 \
    --expect 'ALARM at 10:05..10:10' --expect 'OK at 10:20..10:40' --output junit`,
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case len(args) > 1:
				return usageError{fmt.Errorf("one alarm is expected, but %d arguments were given", len(args))}
			case len(args) == 0 && o.definition == "":
				return usageError{errors.New("the name of an alarm, or a --definition, is expected")}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return replayAlarm(c.Context(), e, o, args) },
	}
	f := c.Flags()
	f.StringVar(&o.definition, "definition", "", "`FILE` with the alarm in JSON, in the place of one that is there; - is standard input")
	o.times.flags(f, "1d")
	f.StringArrayVar(&o.sets, "set", nil, "`MEMBER=VALUE` of the definition that is another, such as Threshold=90; may be repeated")
	f.StringArrayVar(&o.expects, "expect", nil, "what the alarm is to do, such as \"ALARM at 10:05..10:10\"; may be repeated")
	f.StringVar(&o.state, "state", string(alarm.InsufficientData), "`STATE` that the alarm is in at first")
	f.StringVar(&o.show, "show", "auto", "`WHICH` evaluations to show: changes of state, all, or auto: all in json, else changes")
	f.StringVarP(&o.output, "output", "o", "text", "`FORM`: text, json (an object a line) or junit")
	f.IntVar(&o.height, "height", chartLines, "`LINES` that a chart has")
	o.colors.flags(f)
	o.place.flags(f)
	completions(c, o.choices(), "data")
	_ = c.MarkFlagFilename("definition", "json") // both are there
	_ = c.RegisterFlagCompletionFunc("set", completesSets)
	completesAlarms(c, &o.place)
	return c
}

func completesSets(_ *cobra.Command, _ []string, _ string) (all []string, _ cobra.ShellCompDirective) {
	for _, member := range settable() {
		all = append(all, member+"=")
	}
	return all, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

func (o *replayOptions) choices() []choice {
	return []choice{
		{"state", o.state, []string{string(alarm.OK), string(alarm.Alarm), string(alarm.InsufficientData)}},
		{"show", o.show, []string{"auto", "changes", "all"}},
		{"output", o.output, []string{"text", "json", "junit"}},
		{"color", o.colors.color, []string{"auto", "always", "never"}},
	}
}

func replayAlarm(ctx context.Context, e env, o replayOptions, args []string) error {
	now := e.now()
	from, to, err := o.times.span(now)
	errs := append(checkChoices(o.choices()), err)
	if o.height < 4 || o.height > 500 {
		errs = append(errs, fmt.Errorf("height: %d is not from 4 to 500", o.height))
	}
	if to.After(now) {
		to = now
	}
	if err == nil && !from.Before(to) {
		errs = append(errs, errors.New("from: what is to come cannot be replayed"))
	}
	var expected []expectation
	for _, text := range o.expects {
		x, err := parseExpectation(text, from, to, o.times.zone())
		expected, errs = append(expected, x), append(errs, err)
	}
	name := strings.Join(args, "")
	definition, err := o.fromFile(e, name)
	errs = append(errs, err)
	if err := errors.Join(errs...); err != nil {
		return usageError{err}
	}
	client, err := o.place.client(ctx)
	if err != nil {
		return err
	}
	if definition == nil {
		if definition, err = namedDefinition(ctx, client, name); err != nil {
			return err
		}
	}
	p := &replayer{screen: newScreen(e, o.colors.when(), "auto"), options: &o, zone: o.times.zone(), client: client, from: from, to: to, now: now}
	defer p.screen.close()
	runs, err := p.run(ctx, definition)
	if err != nil {
		return err
	}
	return p.show(runs, expected)
}

// fromFile is the definition of --definition; nil without one.
func (o *replayOptions) fromFile(e env, name string) (*alarmDefinition, error) {
	if o.definition == "" {
		return nil, nil //nolint:nilnil // there is none
	}
	text, err := readNamed(e, o.definition)
	if err != nil {
		return nil, fmt.Errorf("definition: %w", err)
	}
	d, err := readDefinition(text, name)
	if err != nil {
		return nil, fmt.Errorf("definition: %s: %w", o.definition, err)
	}
	return d, nil
}

// mostEvaluations is how many evaluations are replayed at once: a minute each, of more than four months.
const mostEvaluations = 200_000

// replayer replays an alarm.
type replayer struct {
	screen   *screen
	options  *replayOptions
	zone     *time.Location
	client   *cloudwatch.Client
	from, to time.Time
	now      time.Time
}

// run replays the alarm as it is, and as --set has it.
func (p *replayer) run(ctx context.Context, d *alarmDefinition) ([]*replayed, error) {
	all := []*replayed{{definition: d}}
	if len(p.options.sets) > 0 {
		changed := *d
		var errs []error
		for _, text := range p.options.sets {
			errs = append(errs, changed.set(text))
		}
		if err := errors.Join(errs...); err != nil {
			return nil, usageError{err}
		}
		all = append(all, &replayed{definition: &changed, name: strings.Join(p.options.sets, " ")})
	}
	for _, r := range all {
		if err := p.replay(ctx, r); err != nil {
			if r.name != "" {
				return nil, fmt.Errorf("with %s: %w", r.name, err)
			}
			return nil, err
		}
	}
	return all, nil
}

func (p *replayer) replay(ctx context.Context, r *replayed) error {
	evaluator, err := r.definition.evaluator()
	if err != nil {
		return fmt.Errorf("the definition: %w", err)
	}
	r.every, err = fits(r.definition.period(), evaluator.Window(p.from).From, p.now)
	if err != nil {
		return err
	}
	times := evaluationTimes(p.from, p.to, r.every)
	if len(times) > mostEvaluations {
		return fmt.Errorf("from: these are %s evaluations, more than %s; choose a shorter time", terminal.Grouped(int64(len(times))), terminal.Grouped(mostEvaluations))
	}
	r.from, r.to = p.from, p.to
	r.points = &replayPoints{client: p.client, definition: r.definition, evaluator: evaluator, progress: func(done, total int) {
		if p.screen.bar != nil {
			p.screen.bar.Update(terminal.Progress{Done: int64(done), Total: int64(total), Facts: fmt.Sprintf("%d of %d questions", done, total)})
		}
	}}
	p.screen.phase("reading")
	err = r.points.read(ctx, times)
	if p.screen.bar != nil {
		p.screen.bar.Clear()
	}
	if err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return err
	}
	if r.every > evaluator.Every() {
		r.points.notes = append(r.points.notes, fmt.Sprintf("data of that age are kept by %s: the alarm is evaluated as often", wholeLength(r.every)))
	}
	r.run(times, alarm.State(p.options.state))
	return nil
}

// expectError is that expectations do not hold.
type expectError struct{ failed, all int }

func (e expectError) Error() string {
	return fmt.Sprintf("%d of %s failed", e.failed, terminal.Counted(int64(e.all), "expectation"))
}
