package cloudwatch

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/reugn/go-quartz/quartz"
)

const (
	leastMuted  = time.Minute
	mostMuted   = 15 * day
	mostWindows = 2000 // that begin before one ends, which are looked at
)

// windows is when a rule mutes.
type windows struct {
	once     time.Time // for at(…)
	cron     *quartz.CronTrigger
	duration time.Duration
	from, to *time.Time // between which windows begin; nil for no bound
}

var (
	durationPattern = regexp.MustCompile(`^P(?:(\d{1,3})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,6})M)?)?$`)
	weekdayPattern  = regexp.MustCompile(`(^|[,-])([0-7])`)
)

// schedule reads when a rule mutes.
func (m *muteRule) schedule() (w windows, err error) {
	w.from, w.to = m.Start, m.Expire
	if w.duration, err = muteDuration(m.Duration); err != nil {
		return w, err
	}
	zone := "UTC"
	if m.Timezone != nil {
		zone = *m.Timezone
	}
	in, err := time.LoadLocation(zone)
	if err != nil || zone == "Local" {
		return w, fmt.Errorf("the time zone %q is none", zone)
	}
	if inner, ok := inside(m.Expression, "at("); ok {
		if w.once, err = time.ParseInLocation("2006-01-02T15:04", inner, in); err != nil {
			return w, errors.New("the schedule at(…) has a time such as at(2026-12-24T18:00)")
		}
		return w, nil
	}
	inner, ok := inside(m.Expression, "cron(")
	if !ok {
		return w, errors.New("the schedule is cron(minutes hours day-of-month month day-of-week) or at(yyyy-MM-ddThh:mm)")
	}
	fields := strings.Fields(inner)
	if len(fields) != 5 {
		return w, fmt.Errorf("cron has five fields, minutes hours day-of-month month day-of-week, and this one has %d", len(fields))
	}
	switch {
	case fields[4] == "*" || fields[4] == "?":
		fields[4] = "?"
		if fields[2] == "?" {
			fields[2] = "*"
		}
	case fields[2] == "*" || fields[2] == "?":
		fields[2] = "?"
	default:
		return w, errors.New("cron cannot have both a day-of-month and a day-of-week")
	}
	// Days of the week count from 0, which is Sunday; the library counts from 1.
	fields[4] = weekdayPattern.ReplaceAllStringFunc(fields[4], func(text string) string {
		n := text[len(text)-1] - '0'
		return text[:len(text)-1] + []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"}[n]
	})
	if w.cron, err = quartz.NewCronTriggerWithLoc("0 "+strings.Join(fields, " "), in); err != nil {
		return w, fmt.Errorf("the schedule is no cron expression: %w", err)
	}
	return w, nil
}

func inside(text, begin string) (string, bool) {
	inner, ok := strings.CutPrefix(text, begin)
	inner, closed := strings.CutSuffix(inner, ")")
	return inner, ok && closed
}

// muteDuration reads a duration such as PT2H30M.
func muteDuration(text string) (time.Duration, error) {
	parts := durationPattern.FindStringSubmatch(text)
	if parts == nil {
		return 0, fmt.Errorf("%q is no duration such as PT2H", text)
	}
	var d time.Duration
	for i, unit := range []time.Duration{day, time.Hour, time.Minute} {
		n, _ := strconv.Atoi("0" + parts[i+1])
		d += time.Duration(n) * unit
	}
	if d < leastMuted || d > mostMuted {
		return 0, fmt.Errorf("the duration must be between PT1M and P15D, and %q is not", text)
	}
	return d, nil
}

// next returns the first begin of a window behind a time; zero for none.
func (w *windows) next(behind time.Time) time.Time {
	if w.from != nil && behind.Before(*w.from) {
		behind = w.from.Add(-time.Nanosecond)
	}
	var at time.Time
	if w.cron == nil {
		if at = w.once; !at.After(behind) {
			return time.Time{}
		}
	} else {
		nano, err := w.cron.NextFireTime(behind.UnixNano())
		if err != nil {
			return time.Time{}
		}
		at = time.Unix(0, nano)
	}
	if w.to != nil && at.After(*w.to) {
		return time.Time{}
	}
	return at.UTC()
}

// until returns when the window ends that a time is in, the last one of several; zero for
// none.
func (w *windows) until(at time.Time) (end time.Time) {
	behind := at.Add(-w.duration)
	for range mostWindows {
		begin := w.next(behind)
		if begin.IsZero() || begin.After(at) {
			return end
		}
		end, behind = begin.Add(w.duration), begin
	}
	return end
}

// status is what a rule does at a time.
func (w *windows) status(at time.Time) string {
	switch {
	case !w.until(at).IsZero():
		return muteActive
	case w.next(at).IsZero():
		return muteExpired
	}
	return muteScheduled
}

// muteType says whether a rule has one window or many.
func (w *windows) muteType() string {
	if w.cron == nil {
		return "ONE_TIME"
	}
	return "RECURRING"
}
