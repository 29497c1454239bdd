package main

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/sillok/sillok/internal/alarm"
)

// replayed is what an alarm would have done.
type replayed struct {
	name        string // empty for the alarm as it is, else what is set
	definition  *alarmDefinition
	points      *replayPoints
	from, to    time.Time
	every       time.Duration
	evaluations []evaluation
	episodes    []episode
}

// evaluation is one evaluation.
type evaluation struct {
	at     time.Time
	was    alarm.State
	state  alarm.State
	label  string // of the contributor whose verdict it is, which is one that decides
	of     int    // contributors in ALARM
	all    int    // contributors
	result alarm.Verdict
}

// changes says whether the evaluation changes the state.
func (e *evaluation) changes() bool { return e.was != e.state }

// why is the reason of the state, or why it stays.
func (e *evaluation) why() string {
	text := e.result.Reason()
	if text == "" {
		text = "Nothing changes: " + e.result.Rule.String() + "."
	}
	if e.all > 1 || e.label != "" {
		text = fmt.Sprintf("%d of %d contributors are in ALARM; %s: %s", e.of, e.all, e.label, text)
	}
	return text
}

// episode is a time in ALARM. One that has no end goes on at the end of the replay.
type episode struct {
	from, to time.Time
	open     bool
}

func (e episode) length() time.Duration { return e.to.Sub(e.from) }

// evaluationTimes are when an alarm is evaluated from a time to another, both included.
func evaluationTimes(from, to time.Time, every time.Duration) (times []time.Time) {
	at := from.UTC().Truncate(every)
	if at.Before(from) {
		at = at.Add(every)
	}
	for ; !at.After(to); at = at.Add(every) {
		times = append(times, at)
	}
	return times
}

// run walks the points through the alarm, which is in a state at first.
func (r *replayed) run(times []time.Time, state alarm.State) {
	inAlarm := map[string]bool{} // contributors
	for _, at := range times {
		e := r.evaluate(at, state, inAlarm)
		if e.changes() || len(r.evaluations) == 0 {
			r.turn(&e)
		}
		state = e.state
		r.evaluations = append(r.evaluations, e)
	}
	if n := len(r.episodes); n > 0 && r.episodes[n-1].open {
		r.episodes[n-1].to = r.to
	}
}

// turn begins or ends a time in ALARM.
func (r *replayed) turn(e *evaluation) {
	n := len(r.episodes)
	switch {
	case e.state == alarm.Alarm && (n == 0 || !r.episodes[n-1].open):
		r.episodes = append(r.episodes, episode{from: e.at, open: true})
	case e.state != alarm.Alarm && n > 0 && r.episodes[n-1].open:
		r.episodes[n-1].to, r.episodes[n-1].open = e.at, false
	}
}

func (r *replayed) evaluate(at time.Time, was alarm.State, inAlarm map[string]bool) evaluation {
	evaluator := r.points.evaluator
	lines := r.points.seen(at)
	if !r.points.contributors() {
		v := evaluator.Evaluate(at, lines[""], was)
		return evaluation{at: at, was: was, state: v.State, result: v}
	}
	// As in the server: a contributor is OK or in ALARM, and the alarm is in ALARM if one is.
	labels := map[string]bool{}
	for label := range inAlarm {
		labels[label] = true
	}
	for label, points := range lines {
		if len(points) > 0 {
			labels[label] = true
		}
	}
	e := evaluation{at: at, was: was, state: alarm.OK, all: len(labels)}
	if len(labels) == 0 {
		e.result = evaluator.Evaluate(at, nil, was)
		e.state = e.result.State
		return e
	}
	for n, label := range slices.Sorted(maps.Keys(labels)) {
		before := alarm.OK
		if inAlarm[label] {
			before = alarm.Alarm
		}
		v := evaluator.Evaluate(at, lines[label], before)
		alarming := v.State == alarm.Alarm
		if n == 0 || alarming && e.of == 0 {
			e.label, e.result = label, v
		}
		if delete(inAlarm, label); alarming {
			inAlarm[label] = true
			e.of++
		}
	}
	if e.of > 0 {
		e.state = alarm.Alarm
	}
	return e
}

// inAlarm is for how long the alarm was in ALARM.
func (r *replayed) inAlarm() (whole time.Duration) {
	for _, e := range r.episodes {
		whole += e.length()
	}
	return whole
}
