package logs

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/reugn/go-quartz/quartz"
)

// schedule says when something runs.
type schedule struct {
	cron *quartz.CronTrigger // nil for every
	// every is a distance between two runs, which are counted from 1970 on.
	every time.Duration
}

// parseSchedule reads cron(minutes hours day-of-month month day-of-week year) in a zone, or
// rate(n unit).
func parseSchedule(expression, zone string) (s schedule, err error) {
	if inner, ok := within(expression, "rate("); ok {
		return rate(inner)
	}
	inner, ok := within(expression, "cron(")
	if !ok {
		return s, errors.New("the schedule is cron(minutes hours day-of-month month day-of-week year) or rate(value unit)")
	}
	fields := strings.Fields(inner)
	if len(fields) != 6 {
		return s, fmt.Errorf("cron has six fields, minutes hours day-of-month month day-of-week year, and this one has %d", len(fields))
	}
	if (fields[2] == "?") == (fields[4] == "?") {
		return s, errors.New("exactly one of day-of-month and day-of-week is ?")
	}
	in, err := time.LoadLocation(strings.TrimSpace(zone))
	if err != nil || zone == "Local" {
		return s, fmt.Errorf("%q is no time zone", zone)
	}
	if s.cron, err = quartz.NewCronTriggerWithLoc("0 "+strings.Join(fields, " "), in); err != nil {
		return s, fmt.Errorf("the schedule is no cron expression: %w", err)
	}
	if s.next(time.Now()).IsZero() {
		return s, errors.New("the schedule has no time that is to come")
	}
	return s, nil
}

func within(text, begin string) (string, bool) {
	inner, ok := strings.CutPrefix(text, begin)
	inner, closed := strings.CutSuffix(inner, ")")
	return inner, ok && closed
}

// rate reads a value and its unit, which has an s for more than one.
func rate(text string) (s schedule, err error) {
	fields := strings.Fields(text)
	if len(fields) != 2 {
		return s, errors.New("rate has a value and a unit, such as rate(5 minutes)")
	}
	n, err := strconv.Atoi(fields[0])
	unit, many := strings.CutSuffix(fields[1], "s")
	units := map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": day}
	if err != nil || n < 1 || n > 100_000 || units[unit] == 0 || many != (n > 1) {
		return s, errors.New("rate has a value and a unit: minute, hour, day, or minutes, hours, days for more than one")
	}
	return schedule{every: time.Duration(n) * units[unit]}, nil
}

// next returns the first time behind another one; zero for none.
func (s schedule) next(behind time.Time) time.Time {
	if s.cron == nil {
		return time.Unix(0, 0).Add(behind.Sub(time.Unix(0, 0)).Truncate(s.every) + s.every)
	}
	at, err := s.cron.NextFireTime(behind.UnixNano())
	if err != nil {
		return time.Time{}
	}
	return time.Unix(0, at)
}

// period returns how long it is from the first run behind a time to the one behind it.
func (s schedule) period(behind time.Time) time.Duration {
	first := s.next(behind)
	second := s.next(first)
	if first.IsZero() || second.IsZero() {
		return time.Hour
	}
	return second.Sub(first)
}
