package ipc

import "golang.org/x/sys/unix"

// WriteAll writes all of p, whatever the descriptor's flags are: one that
// somebody made non-blocking is waited for. It returns how much was written,
// which is less only with an error, and that is the system's own.
func WriteAll(fd int, p []byte) (int, error) {
	done := 0
	for done < len(p) {
		n, err := unix.Write(fd, p[done:])
		switch err {
		case nil:
			done += n
		case unix.EINTR:
		case unix.EAGAIN:
			unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}, -1)
		default:
			return done, err
		}
	}
	return done, nil
}
