package alarm

import "time"

// What suppresses the actions of a composite alarm: ActionsSuppressedBy.
const (
	ByAlarm     = "Alarm"
	ByWait      = "WaitPeriod"
	ByExtension = "ExtensionPeriod"
)

// Suppressor is the alarm that suppresses the actions of a composite alarm.
type Suppressor struct {
	Wait, Extension time.Duration
}

// Suppression is what suppresses actions at the moment; the zero value is nothing. An action
// that is suppressed is that of the state in which the alarm is when nothing suppresses it any more.
type Suppression struct {
	By     string
	Reason string
	Until  time.Time // when a period ends; zero for ByAlarm
}

// Active says that actions wait.
func (s Suppression) Active() bool { return s.By != "" }

// Transition returns what suppresses the actions of a composite alarm that changes its state, and
// whether they are to run now. The suppressor is as it is at that time.
func (s Suppressor) Transition(at time.Time, suppressor Child) (Suppression, bool) {
	if suppressor.State == Alarm {
		return byAlarm(suppressor), false
	}
	return s.period(ByWait, at, s.Wait)
}

// Changed returns what suppresses actions when the suppressor has changed its state, and whether
// they are to run now.
func (s Suppressor) Changed(now Suppression, at time.Time, suppressor Child) (Suppression, bool) {
	switch {
	case !now.Active():
		return now, false // the action has run: the suppressor is late
	case suppressor.State == Alarm:
		return byAlarm(suppressor), false
	case now.By == ByAlarm:
		return s.period(ByExtension, at, s.Extension)
	}
	return now, false
}

// Ended returns what suppresses actions once a period may be over, and whether they are to run now:
// then the state of the composite alarm counts as updated at now.Until, to the millisecond.
func (s Suppressor) Ended(now Suppression, at time.Time) (Suppression, bool) {
	if now.Until.IsZero() || at.Before(now.Until) {
		return now, false
	}
	return Suppression{}, true
}

// period starts one; one of no length is over.
func (s Suppressor) period(by string, at time.Time, length time.Duration) (Suppression, bool) {
	if length <= 0 {
		return Suppression{}, true
	}
	return Suppression{By: by, Reason: "Actions suppressed by " + by, Until: at.Add(length)}, false
}

func byAlarm(suppressor Child) Suppression {
	return Suppression{By: ByAlarm, Reason: "Actions suppressed by " + ChildReason(suppressor)}
}
