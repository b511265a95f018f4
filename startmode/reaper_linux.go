package startmode

import (
	"os"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// reaperPause is the time between two looks while there are no orphans.
const reaperPause = 250 * time.Millisecond

// The main goroutine stays on the main thread of a process 1, since it is to
// that thread that the kernel gives orphans.
func init() {
	if os.Getpid() == 1 {
		runtime.LockOSThread()
	}
}

// ReapOrphans is what the main goroutine does in process 1, for ever: it waits
// for the orphans of the process namespace. Jobs are children of the threads
// that started them, which are others, so that each keeps its one waiter.
func ReapOrphans() {
	for {
		if _, err := unix.Wait4(-1, nil, unix.WNOTHREAD|unix.WALL, nil); err == unix.ECHILD {
			time.Sleep(reaperPause)
		}
	}
}
