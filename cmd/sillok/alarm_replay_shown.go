package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/alarm"
	"github.com/sillok/sillok/internal/terminal"
)

// outcome is how an expectation came out.
type outcome struct {
	expectation
	failed string // empty where it holds
}

// show shows what came of replays, of which the last is the one that expectations are about.
func (p *replayer) show(runs []*replayed, expected []expectation) error {
	last := runs[len(runs)-1]
	var outcomes []outcome
	var failed expectError
	for i := range expected {
		o := outcome{expected[i], expected[i].failure(last, p.zone)}
		if failed.all++; o.failed != "" {
			failed.failed++
		}
		outcomes = append(outcomes, o)
	}
	var err error
	switch p.options.output {
	case "json":
		err = p.json(runs, outcomes)
	case "junit":
		err = p.junit(runs, outcomes)
	default:
		err = p.text(runs, outcomes)
	}
	switch {
	case err != nil:
		return err
	case failed.failed > 0:
		return failed
	}
	return nil
}

// text shows replays to a person.
func (p *replayer) text(runs []*replayed, outcomes []outcome) error {
	for i, r := range runs {
		if i > 0 {
			fmt.Fprintln(p.screen.stdout)
		}
		if err := p.one(r); err != nil {
			return err
		}
	}
	if len(runs) > 1 {
		if err := p.compared(runs); err != nil {
			return err
		}
	}
	for _, o := range outcomes {
		if o.failed == "" {
			fmt.Fprintln(p.screen.stdout, p.screen.style.Green("holds")+"  "+terminal.Printable(o.text))
		} else {
			fmt.Fprintln(p.screen.stdout, p.screen.style.Red("fails")+"  "+terminal.Printable(o.text)+": "+terminal.Printable(o.failed))
		}
	}
	return nil
}

// title says what is replayed.
func (r *replayed) title() string {
	name := r.definition.AlarmName
	if name == "" {
		name = "the alarm"
	}
	if r.name != "" {
		name += " with " + r.name
	}
	return fmt.Sprintf("%s: %s %s %s", name, r.definition.what(), r.definition.limit(), r.definition.when())
}

// one shows one replay: a chart, evaluations and what they come to.
func (p *replayer) one(r *replayed) error {
	s := p.screen
	width := s.style.Width
	if width == 0 {
		width = defaultColumns
	}
	fmt.Fprintln(s.stdout, s.style.Bold(terminal.Printable(r.title())))
	form := "2006-01-02 15:04 MST"
	fmt.Fprintln(s.stdout, s.style.Faint(r.from.In(p.zone).Format(form)+" to "+r.to.In(p.zone).Format(form)))
	plot := terminal.Plot{
		Width: width, Height: p.options.height, From: r.from, To: r.to, Zone: p.zone, Lines: r.points.drawn(), Levels: r.definition.levels(), Style: s.style,
	}
	for _, e := range r.episodes {
		plot.Spans = append(plot.Spans, terminal.Span{From: e.from, To: e.to})
	}
	fmt.Fprintln(s.stdout, strings.Join(plot.Draw(), "\n"))
	if len(plot.Lines) > 1 {
		for i := range plot.Lines {
			fmt.Fprintln(s.stdout, plot.Mark(i)+" "+terminal.Printable(plot.Lines[i].Label))
		}
	}
	if err := p.evaluations(r); err != nil {
		return err
	}
	fmt.Fprintln(s.stdout, r.summary(p.zone))
	s.notes(r.points.notes)
	return nil
}

// shown are the evaluations that are to be shown.
func (p *replayer) shown(r *replayed) (all []evaluation) {
	wantsAll := p.options.show == "all" || p.options.show == "auto" && p.options.output == "json"
	for i := range r.evaluations {
		if wantsAll || r.evaluations[i].changes() {
			all = append(all, r.evaluations[i])
		}
	}
	return all
}

// evaluations shows evaluations as a table.
func (p *replayer) evaluations(r *replayed) error {
	all := p.shown(r)
	if len(all) == 0 {
		return nil
	}
	t := p.screen.newTable(terminal.Column{Name: "evaluated"}, terminal.Column{Name: "state"}, terminal.Column{Name: "points used, newest first"}, terminal.Column{Name: "because"})
	for i := range all {
		e := &all[i]
		state := shortState(e.state)
		if e.changes() {
			state = shortState(e.was) + " → " + state
		}
		cells := []*string{new(r.clock(e.at, p.zone)), &state, new(e.used()), new(e.because())}
		paint := []func(string) string{nil, stateColor(p.screen.style, e.state), nil, nil}
		if !e.changes() {
			paint[1] = nil
		}
		if err := t.AddCells(cells, paint); err != nil {
			return err
		}
	}
	return p.screen.finish(t)
}

// because is the rule by which the state came about, in short.
func (e *evaluation) because() string {
	if e.all > 1 || e.label != "" {
		return fmt.Sprintf("%d of %d contributors in ALARM; %s: %s", e.of, e.all, e.label, e.result.Rule)
	}
	return e.result.Rule.String()
}

// shortState is a state as a table has it.
func shortState(state alarm.State) string {
	if state == alarm.InsufficientData {
		return "NO DATA"
	}
	return string(state)
}

// stateColor is the colour of a state.
func stateColor(style terminal.Style, state alarm.State) func(string) string {
	switch state {
	case alarm.Alarm:
		return style.Red
	case alarm.OK:
		return style.Green
	default:
		return style.Yellow
	}
}

// used lists the points that an evaluation used.
func (e *evaluation) used() string {
	var parts []string
	for i := range e.result.Used {
		parts = append(parts, terminal.Number(e.result.Used[i].Value))
	}
	text := strings.Join(parts, " ")
	if e.result.Filled > 0 {
		text = strings.TrimPrefix(fmt.Sprintf("%s, %d missing", text, e.result.Filled), ", ")
	}
	return text
}

// summary says how often and for how long the alarm was in ALARM.
func (r *replayed) summary(zone *time.Location) string {
	evaluated := terminal.Counted(int64(len(r.evaluations)), "evaluation")
	if len(r.episodes) == 0 {
		return fmt.Sprintf("It would not have fired, in %s.", evaluated)
	}
	lines := []string{fmt.Sprintf("It would have fired %s, for %s in all, in %s:", terminal.Counted(int64(len(r.episodes)), "time"), inWords(r.inAlarm()), evaluated)}
	for i, e := range r.episodes {
		if i == mostEpisodes {
			lines = append(lines, fmt.Sprintf("  … and %s more", terminal.Counted(int64(len(r.episodes)-mostEpisodes), "time")))
			break
		}
		line := fmt.Sprintf("  %s to %s, for %s", r.clock(e.from, zone), r.clock(e.to, zone), inWords(e.length()))
		if e.open {
			line += ", and goes on"
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// mostEpisodes is how many times in ALARM are listed.
const mostEpisodes = 20

// inWords is a length as a person says it: 1 day 2 hours, 35 minutes.
func inWords(d time.Duration) string {
	d = d.Round(time.Second)
	var parts []string
	for _, unit := range []struct {
		of   time.Duration
		name string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}, {time.Second, "second"}} {
		if n := d / unit.of; n > 0 {
			parts = append(parts, terminal.Counted(int64(n), unit.name))
			d %= unit.of
		}
	}
	if len(parts) == 0 {
		return "no time"
	}
	return strings.Join(parts[:min(2, len(parts))], " ")
}

// compared shows what differs between the alarm as it is and as --set has it.
func (p *replayer) compared(runs []*replayed) error {
	t := p.screen.newTable(terminal.Column{Name: "alarm"}, terminal.Column{Name: "fires", Right: true}, terminal.Column{Name: "in ALARM"}, terminal.Column{Name: "first"})
	for _, r := range runs {
		name := "as it is"
		if r.name != "" {
			name = "with " + r.name
		}
		first := "never"
		if len(r.episodes) > 0 {
			first = r.clock(r.episodes[0].from, p.zone)
		}
		if err := t.Add([]*string{&name, new(terminal.Grouped(int64(len(r.episodes)))), new(inWords(r.inAlarm())), &first}); err != nil {
			return err
		}
	}
	return p.screen.finish(t)
}

// replayedPoint is a point as --output json has it.
type replayedPoint struct {
	Time    time.Time `json:"timestamp"`
	Value   float64   `json:"value"`
	Samples *float64  `json:"sampleCount,omitempty"`
	Lower   *float64  `json:"lower,omitempty"`
	Upper   *float64  `json:"upper,omitempty"`
}

// replayedLine is a line of --output json.
type replayedLine struct {
	Kind  string `json:"kind"` // evaluation, summary, expectation
	Alarm string `json:"alarm,omitempty"`
	Set   string `json:"set,omitempty"`

	Time        *time.Time      `json:"timestamp,omitempty"`
	Was         alarm.State     `json:"previousState,omitempty"`
	State       alarm.State     `json:"state,omitempty"`
	Contributor string          `json:"contributor,omitempty"`
	Rule        string          `json:"rule,omitempty"`
	Reason      string          `json:"reason,omitempty"`
	Points      []replayedPoint `json:"points,omitempty"`
	Missing     *int            `json:"missing,omitempty"`

	Evaluations *int              `json:"evaluations,omitempty"`
	Fired       *int              `json:"fired,omitempty"`
	Seconds     *int64            `json:"secondsInAlarm,omitempty"`
	Episodes    []replayedEpisode `json:"inAlarm,omitempty"`

	Expectation string `json:"expectation,omitempty"`
	Holds       *bool  `json:"holds,omitempty"`
}

type replayedEpisode struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	Open bool      `json:"goesOn,omitempty"`
}

func (p *replayer) json(runs []*replayed, outcomes []outcome) error {
	var lines []replayedLine
	for _, r := range runs {
		for _, e := range p.shown(r) {
			lines = append(lines, r.line(&e))
		}
		summary := replayedLine{
			Kind: "summary", Alarm: r.definition.AlarmName, Set: r.name, Evaluations: new(len(r.evaluations)), Fired: new(len(r.episodes)),
			Seconds: new(int64(r.inAlarm() / time.Second)),
		}
		for _, one := range r.episodes {
			summary.Episodes = append(summary.Episodes, replayedEpisode{one.from.UTC(), one.to.UTC(), one.open})
		}
		lines = append(lines, summary)
		p.screen.notes(r.points.notes)
	}
	for _, o := range outcomes {
		lines = append(lines, replayedLine{Kind: "expectation", Expectation: o.text, Holds: new(o.failed == ""), Reason: o.failed})
	}
	return writeJSON(p.screen.stdout, lines)
}

func (r *replayed) line(e *evaluation) replayedLine {
	line := replayedLine{
		Kind: "evaluation", Alarm: r.definition.AlarmName, Set: r.name, Time: new(e.at.UTC()), Was: e.was, State: e.state, Contributor: e.label,
		Rule: e.result.Rule.String(), Reason: e.result.Reason(), Missing: new(e.result.Filled),
	}
	for _, point := range slices.Clone(e.result.Used) {
		one := replayedPoint{Time: point.Time.UTC(), Value: point.Value}
		if r.definition.statistic() != "" {
			one.Samples = new(point.Samples)
		}
		if r.definition.ThresholdMetricID != "" {
			one.Lower, one.Upper = new(point.Lower), new(point.Upper)
		}
		line.Points = append(line.Points, one)
	}
	return line
}
