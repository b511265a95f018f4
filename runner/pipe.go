package runner

import (
	"strconv"

	"golang.org/x/sys/unix"
)

// A pipe carries one stream of a slot's jobs. Its read end is kept from job to
// job as long as every job has let go of the write end.
type pipe struct {
	r    int // -1: none
	name string
}

// open makes the write end for a job; it is the caller's to close.
func (p *pipe) open() (w int, err error) {
	if p.r >= 0 {
		return unix.Open(p.name, unix.O_WRONLY|unix.O_CLOEXEC, 0)
	}
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil {
		return -1, err
	}
	p.r = fds[0]
	p.name = "/proc/self/fd/" + strconv.Itoa(p.r)
	return fds[1], nil
}

// close lets go of the read end: somebody who still holds the other gets
// EPIPE.
func (p *pipe) close() {
	if p.r >= 0 {
		unix.Close(p.r)
		p.r = -1
	}
}
