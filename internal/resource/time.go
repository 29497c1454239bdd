package resource

import "time"

// Now returns the time, cut to the precision in which a service tells its
// times, so that what is kept and what is answered are the same.
func Now(precision time.Duration) *time.Time {
	return new(time.Now().UTC().Truncate(precision))
}
