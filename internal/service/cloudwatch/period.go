package cloudwatch

import (
	"time"

	"github.com/sillok/sillok/internal/cloud"
)

const day = 24 * time.Hour

// checkPeriod refuses a period that CloudWatch has not, at a place of the input.
func checkPeriod(code, at string, seconds int32) error {
	switch {
	case seconds == 1 || seconds == 5 || seconds == 10 || seconds == 20 || seconds == 30, seconds > 0 && seconds%60 == 0:
		return nil
	case seconds < 60:
		return cloud.Errorf(cloud.Invalid, code, "The parameter %s must be a value in the set [1, 5, 10, 20, 30].", at)
	}
	return cloud.Errorf(cloud.Invalid, code, "The parameter %s must be a multiple of 60.", at)
}

// window is the time that a query reads: from a start, which is rounded down as AWS does,
// until an end, which is not included.
type window struct {
	from, to time.Time
	period   time.Duration
}

// windowOf returns the window of a query. Its periods begin at its start, wherever that
// is on the clock. A minute that has only begun at the end is not a part of it, unless
// it is all that there is.
func windowOf(start, end time.Time, period int32, now time.Time) window {
	w := window{period: time.Duration(period) * time.Second}
	step := time.Minute
	switch age := now.Sub(start); {
	case w.period < time.Minute:
		step = w.period
	case age >= 63*day:
		step = time.Hour
	case age >= 15*day:
		step = 5 * time.Minute
	}
	w.from, w.to = start.UTC().Truncate(step), end.UTC().Truncate(min(step, time.Minute))
	if !w.to.After(w.from) {
		w.to = w.from.Add(min(step, time.Minute))
	}
	return w
}
