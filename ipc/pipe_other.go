//go:build !linux

package ipc

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// Pipe makes a pipe. Both ends are CLOEXEC, and the caller's. Starts, which
// here are all by ForkExec, are held off until they are.
func Pipe() (r, w int, err error) {
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

// Replace makes the descriptor at the same file as fd, and CLOEXEC. What it was
// is closed. Both stay the caller's.
func Replace(at, fd int) error {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := unix.Dup2(fd, at); err != nil {
		return err
	}
	unix.CloseOnExec(at)
	return nil
}
