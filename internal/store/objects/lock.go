package objects

import "time"

// locked says whether a version may not be removed. bypass lets a retention in
// mode Governance go.
func locked(v *Version, now time.Time, bypass bool) bool {
	return v.LegalHold || v.Retention.holds(now) && (v.Retention.Mode != Governance || !bypass)
}

// holds says whether a retention keeps a version at that time.
func (r Retention) holds(now time.Time) bool { return r.Mode != "" && r.Until.After(now) }

// mayBecome says whether a retention may be replaced: by one that holds no
// shorter and no weaker, or once it has ended, or in mode Governance by those who
// may bypass it.
func (r Retention) mayBecome(next Retention, now time.Time, bypass bool) bool {
	if !r.holds(now) || r.Mode == Governance && bypass {
		return true
	}
	weaker := next.Mode == "" || r.Mode == Compliance && next.Mode != Compliance
	return !weaker && !next.Until.Before(r.Until)
}
