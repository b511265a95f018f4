package runner

import (
	"strconv"

	"golang.org/x/sys/unix"
)

func makePipe() (r, w int, err error) {
	var fds [2]int
	err = unix.Pipe2(fds[:], unix.O_CLOEXEC)
	return fds[0], fds[1], err
}

// reopenName is what opens the write end of the pipe whose read end r is.
func reopenName(r int) string { return "/proc/self/fd/" + strconv.Itoa(r) }
