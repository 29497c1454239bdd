package follow

import "time"

// SetClock has now tell the time.
func (f *Follower) SetClock(now func() time.Time) { f.clock = now }
