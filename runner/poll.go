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

func init() { keepMost.Store(int32(runtime.GOMAXPROCS(0) - 1)) }

// SetProcs lets the threads of so many slots run beside what serves them.
func SetProcs(slots int) {
	procs := min(slots+2, 64)
	runtime.GOMAXPROCS(procs)
	keepMost.Store(int32(procs - 1))
}

// poll is unix.Poll for a time that isn't negative.
func poll(set []unix.PollFd, d time.Duration) (n int, err error) {
	if kept.Add(1) <= keepMost.Load() {
		n, err = pollKeeping(set, min(d, keepTime))
		if d != never {
			d -= keepTime
		}
	}
	kept.Add(-1)
	if n != 0 || err != nil || d <= 0 {
		return n, err
	}
	return unix.Poll(set, milliseconds(d))
}
