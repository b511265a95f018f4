//go:build !linux

package startmode

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// sharedMemory makes an unlinked file of zeros, CLOEXEC.
func sharedMemory(size int64) (fd int, err error) {
	f, err := os.CreateTemp("", "pmap-table")
	if err != nil {
		return -1, err
	}
	defer f.Close()
	if err := os.Remove(f.Name()); err != nil {
		return -1, err
	}
	if err := f.Truncate(size); err != nil {
		return -1, err
	}
	return unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 3)
}

// alivePipe makes a pipe, CLOEXEC. Starts, which here are all ForkExec's, are
// held off until it is.
func alivePipe() (r, w int, err error) {
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
