package runner

import "time"

const (
	chunkTime = 2 * time.Millisecond // of work that a message should bring
	chunkMost = 4096                 // tasks in a message
	chunkGrow = 4                    // times the last one, at most
)

// A sizer finds out how many tasks make a message worth its costs: one, where
// a task takes long, many where it takes next to nothing.
type sizer struct {
	size int           // of the last message
	per  time.Duration // a task takes, in nanoseconds; recent ones count most
}

// next is how many tasks the next message may bring; a fixed number stays as
// it is.
func (z *sizer) next(fixed int) int {
	if fixed > 0 {
		return fixed
	}
	if z.size == 0 {
		z.size = 1
	}
	return z.size
}

// add takes into account how long the tasks of a message took.
func (z *sizer) add(tasks int, took time.Duration) {
	per := took / time.Duration(tasks)
	if z.per == 0 || per > z.per {
		z.per = per // longer ones at once
	} else {
		z.per = (3*z.per + per) / 4
	}
	want := chunkMost
	if z.per > 0 {
		want = int(min(chunkTime/z.per, chunkMost))
	}
	z.size = max(1, min(want, chunkGrow*max(1, tasks)))
}

// again begins anew: nothing is known of what killed a worker.
func (z *sizer) again() { *z = sizer{} }
