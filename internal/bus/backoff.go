package bus

import (
	"math/rand/v2"
	"time"
)

// backoff returns how long to wait after the n-th failure in a row: a random
// part of a pause that begins with first and doubles up to longest, so that
// those who failed together do not come back together.
func backoff(first, longest time.Duration, n int) time.Duration {
	whole := first
	for ; n > 1 && whole < longest; n-- {
		whole *= 2
	}
	return rand.N(min(whole, longest)) //nolint:gosec // it has to spread, not to be secret
}
