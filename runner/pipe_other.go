//go:build !linux

package runner

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// makePipe holds the lock that keeps a start from happening before the pipe is
// marked close-on-exec.
func makePipe() (r, w int, err error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	var fds [2]int
	if err := unix.Pipe(fds[:]); err != nil {
		return -1, -1, err
	}
	unix.CloseOnExec(fds[0])
	unix.CloseOnExec(fds[1])
	return fds[0], fds[1], nil
}

// reopenName is empty: a pipe has no name here.
func reopenName(int) string { return "" }
