package runner

import (
	"math/rand/v2"
	"time"
)

// backoff is how long to wait before a task's next try, when tries of them
// have failed: exponential with full jitter, uniform in [0, cap) where the cap
// starts at first and doubles up to limit (Brooker, "Exponential Backoff And
// Jitter", 2015).
func backoff(first, limit time.Duration, tries int) time.Duration {
	if first <= 0 {
		return 0
	}
	ceiling := first
	for i := 1; i < tries && ceiling < limit; i++ {
		ceiling *= 2
	}
	if limit > 0 && ceiling > limit {
		ceiling = limit
	}
	return rand.N(ceiling)
}
