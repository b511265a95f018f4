package runner

import (
	"math"
	"sync"
	"time"
)

const (
	medianBuckets = 2048
	medianScale   = 64 // buckets per doubling: about 1 % wide
	medianNeeds   = 3  // durations before there is a median
)

// median follows the median of durations in constant memory: a histogram with
// logarithmic buckets over 1 µs to about an hour and a bit (longer ones count
// into the last).
type median struct {
	mu      sync.Mutex
	count   int
	buckets [medianBuckets]int32
}

func (m *median) add(d time.Duration) {
	b := 0
	if us := float64(d) / float64(time.Microsecond); us > 1 {
		b = min(int(math.Log2(us)*medianScale), medianBuckets-1)
	}
	m.mu.Lock()
	m.buckets[b]++
	m.count++
	m.mu.Unlock()
}

// value is the median, and false before there are enough durations.
func (m *median) value() (time.Duration, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.count < medianNeeds {
		return 0, false
	}
	seen := 0
	for b, n := range m.buckets {
		seen += int(n)
		if seen*2 > m.count {
			us := math.Exp2((float64(b) + 0.5) / medianScale)
			return time.Duration(us * float64(time.Microsecond)), true
		}
	}
	panic("internal error: median of an empty histogram")
}
