package ipc

import "golang.org/x/sys/unix"

// Pipe makes a pipe. Both ends are CLOEXEC from their birth, and the caller's.
func Pipe() (r, w int, err error) {
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil {
		return -1, -1, err
	}
	return fds[0], fds[1], nil
}

// Replace makes the descriptor at the same file as fd, and CLOEXEC. What it was
// is closed. Both stay the caller's.
func Replace(at, fd int) error { return unix.Dup3(fd, at, unix.O_CLOEXEC) }
