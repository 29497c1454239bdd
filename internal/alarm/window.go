package alarm

import "time"

// Point is a point of the metric that an alarm is on.
type Point struct {
	Time    time.Time // at which its period starts
	Value   float64
	Samples float64 // how many samples it is made of; for alarms on one metric
	// Lower and Upper are the band at that time, for the operators that compare with one.
	Lower, Upper float64
}

// Window is what an evaluation looks at: periods that follow one another.
type Window struct {
	From, To time.Time // To is where the newest period ends
	Slots    int
}

// Slots returns how many periods AWS looks at for an alarm of n evaluation periods: more
// than n, so that points which are late or missing do not leave it without any. AWS
// tells no formula; this one gives what its guide and its answers show (ADR 55).
func Slots(period time.Duration, n int) int {
	return n + max(2, int((time.Minute+period-1)/period))
}

// Every returns how often the alarm is evaluated.
func (e *Evaluator) Every() time.Duration {
	if e.d.Period < time.Minute {
		return 10 * time.Second
	}
	return time.Minute
}

// Window returns what an evaluation at a time looks at. Of a metric of high resolution
// the newest ten seconds are left to arrive; an expression is not waited for.
func (e *Evaluator) Window(now time.Time) Window {
	every := e.Every()
	to := now.UTC()
	if every < time.Minute && e.d.Statistic != "" {
		to = to.Add(-every)
	}
	to = to.Truncate(every)
	return Window{From: to.Add(-time.Duration(e.slots) * e.d.Period), To: to, Slots: e.slots}
}

// slot returns in which period before w.To a time lies, the newest being 0.
func (w Window) slot(at time.Time, period time.Duration) (int, bool) {
	if at.Before(w.From) || !at.Before(w.To) {
		return 0, false
	}
	return w.Slots - 1 - int(at.Sub(w.From)/period), true
}
