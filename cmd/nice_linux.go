package cmd

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// setNiceness sets that of every thread, since each has its own. One that is
// made later has its maker's.
func setNiceness(n int) error {
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return unix.Setpriority(unix.PRIO_PROCESS, 0, n)
	}
	for _, t := range threads {
		tid, _ := strconv.Atoi(t.Name())
		if err := unix.Setpriority(unix.PRIO_PROCESS, tid, n); err != nil && err != unix.ESRCH {
			return err
		}
	}
	return nil
}
