//go:build !linux

package chunker

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// openFlags wait for a fifo's first writer: not every system's poll(2) tells a
// fifo that has had no writer yet from one that has ended.
const openFlags = unix.O_RDONLY | unix.O_CLOEXEC | unix.O_NOCTTY

// A bell wakes a poll(2): a pipe that is readable once it has been rung.
type bell struct{ r, w int }

// newBell takes the lock that keeps a fork away until the flags are set, for
// systems that can't make a pipe with its flags.
func newBell() (*bell, error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	var p [2]int
	if err := unix.Pipe(p[:]); err != nil {
		return nil, err
	}
	for _, fd := range p {
		unix.CloseOnExec(fd)
		unix.SetNonblock(fd, true)
	}
	return &bell{p[0], p[1]}, nil
}

func (b *bell) fd() int { return b.r }

// ring can only fail where the pipe is full, and then the bell rings.
func (b *bell) ring() { unix.Write(b.w, []byte{0}) }

func (b *bell) close() {
	unix.Close(b.r)
	unix.Close(b.w)
}
