package main

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/alarm"
)

// expectation is what --expect says that an alarm does.
type expectation struct {
	text     string
	state    alarm.State
	never    bool      // it does not
	changes  bool      // it comes into the state then; else it is in it
	whole    bool      // all the time
	from, to time.Time // both included
}

var expectPattern = regexp.MustCompile(`^(?:(no)\s+)?(OK|ALARM|INSUFFICIENT_DATA)(?:\s+(at|during)\s+(\S.*))?$`)

const expectForms = `such as "ALARM at 10:05..10:10", "OK during 12:00..13:00", "no ALARM" or "no ALARM at 03:00..04:00"`

// parseExpectation reads an expectation. A time without a day is the first such time from the begin on.
func parseExpectation(text string, from, to time.Time, zone *time.Location) (x expectation, err error) {
	match := expectPattern.FindStringSubmatch(strings.Join(strings.Fields(text), " "))
	if match == nil {
		return x, fmt.Errorf("expect: %q is not understood: write it %s", text, expectForms)
	}
	x = expectation{text: text, state: alarm.State(match[2]), never: match[1] == "no", changes: match[3] == "at", whole: match[3] == "during", from: from, to: to}
	if x.never {
		x.whole = false // at no time, rather than not all the time
	}
	if match[3] == "" {
		return x, nil
	}
	first, last, isSpan := strings.Cut(match[4], "..")
	if x.from, _, err = expectedTime(first, from, zone); err != nil {
		return x, err
	}
	if !isSpan {
		last = first
	}
	var length time.Duration
	if x.to, length, err = expectedTime(last, from, zone); err != nil {
		return x, err
	}
	if !isSpan {
		x.to = x.to.Add(length - time.Nanosecond)
	}
	if x.to.Before(x.from) {
		return x, fmt.Errorf("expect: %q ends before it begins", text)
	}
	return x, nil
}

// expectedTime reads a time of an expectation, and how long what it names is: a minute, or a second.
func expectedTime(text string, from time.Time, zone *time.Location) (at time.Time, length time.Duration, err error) {
	text = strings.TrimSpace(text)
	for _, form := range []struct {
		layout string
		length time.Duration
	}{{"15:04", time.Minute}, {"15:04:05", time.Second}} {
		clock, err := time.Parse(form.layout, text)
		if err != nil {
			continue
		}
		day := from.In(zone)
		at = time.Date(day.Year(), day.Month(), day.Day(), clock.Hour(), clock.Minute(), clock.Second(), 0, zone)
		if at.Add(form.length).Before(from) || at.Add(form.length).Equal(from) {
			at = time.Date(day.Year(), day.Month(), day.Day()+1, clock.Hour(), clock.Minute(), clock.Second(), 0, zone)
		}
		return at, form.length, nil
	}
	at, isDay, err := moment("expect", text, from, zone)
	if err != nil || isDay || isAgo(text) {
		return at, 0, fmt.Errorf("expect: %q is not a time, such as 10:05 or 2026-11-29T10:05", text)
	}
	return at, time.Minute, nil
}

// failure says why an expectation does not hold; it is empty where it does.
func (x *expectation) failure(r *replayed, zone *time.Location) string {
	seen, held, outside := 0, 0, true
	var first *evaluation
	var changed []string
	for i := range r.evaluations {
		e := &r.evaluations[i]
		if e.changes() {
			changed = append(changed, fmt.Sprintf("%s at %s", e.state, r.clock(e.at, zone)))
		}
		if e.at.Before(x.from) || e.at.After(x.to) {
			continue
		}
		outside = false
		seen++
		is := e.state == x.state && (!x.changes || e.changes())
		if is {
			held++
		}
		if first == nil && is == (x.never || !x.whole) {
			first = e
		}
	}
	came := "it never changes its state"
	if len(changed) > 0 {
		came = "it comes into " + strings.Join(changed[:min(len(changed), 10)], ", into ")
		if len(changed) > 10 {
			came += fmt.Sprintf(" and %d more", len(changed)-10)
		}
	}
	switch {
	case outside:
		return "no evaluation is in that time"
	case x.never && held > 0:
		return fmt.Sprintf("it is in %s at %s: %s", x.state, r.clock(first.at, zone), first.why())
	case x.never:
		return ""
	case x.whole && held < seen:
		return fmt.Sprintf("it is in %s at %s; %s", first.state, r.clock(first.at, zone), came)
	case held == 0:
		return came
	}
	return ""
}

// clock is a time as a replay shows it: of the day where all of it is in one.
func (r *replayed) clock(at time.Time, zone *time.Location) string {
	layout := "15:04"
	if r.every < time.Minute {
		layout = time.TimeOnly
	}
	if r.from.In(zone).Format(time.DateOnly) != r.to.In(zone).Format(time.DateOnly) {
		layout = time.DateOnly + " " + layout
	}
	return at.In(zone).Format(layout)
}
