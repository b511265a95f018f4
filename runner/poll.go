package runner

import (
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// keepTime is how long a wait keeps its P, as Go's scheduler calls what a thread
// must have to run Go. It would take the P from a usual wait, and a thread that
// looks every 20 µs is how it learns of one: with short jobs that is up to a
// tenth of all that pmap and they cost.
const keepTime = 2 * time.Millisecond

// kept is the number of Ps that waits keep, of at most keepMost. One is always
// left for the other goroutines.
var kept, keepMost atomic.Int32

// SetProcs lets the threads of so many slots run beside what serves them.
func SetProcs(slots int) {
	runtime.GOMAXPROCS(min(slots+2, 64))
	countProcs()
}

// countProcs has waits know how many Ps there are.
func countProcs() { keepMost.Store(int32(runtime.GOMAXPROCS(0) - 1)) }

// poll is unix.Poll for a time that isn't negative.
func poll(set []unix.PollFd, d time.Duration) (n int, err error) {
	keep := kept.Add(1) <= keepMost.Load()
	if keep {
		n, err = pollKeeping(set, min(d, keepTime))
	}
	kept.Add(-1)
	switch {
	case !keep:
	case n != 0 || err != nil || d <= keepTime:
		return n, err
	case d != never:
		d -= keepTime
	}
	return unix.Poll(set, milliseconds(d))
}
