package runner

import "sync/atomic"

// A budget bounds the memory of output that waits: its bytes, and the
// bookkeeping of the jobs that it belongs to.
type budget struct {
	limit  int64
	data   atomic.Int64
	ledger atomic.Int64 // bookkeeping
}

// take counts n bytes of output, and reports false, counting nothing, where
// they don't fit.
func (b *budget) take(n int64) bool {
	if b.data.Add(n)+b.ledger.Load() <= b.limit {
		return true
	}
	b.data.Add(-n)
	return false
}

// fits reports whether n bytes of output would fit now.
func (b *budget) fits(n int64) bool {
	return b.data.Load()+b.ledger.Load()+n <= b.limit
}

// crowded reports whether the bookkeeping alone has used up so much that no
// new job may start.
func (b *budget) crowded() bool { return b.ledger.Load() > b.limit/2 }
