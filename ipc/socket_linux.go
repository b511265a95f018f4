package ipc

import "golang.org/x/sys/unix"

const (
	noSignal       = unix.MSG_NOSIGNAL
	receiveCloexec = unix.MSG_CMSG_CLOEXEC
)

// SocketPair makes two connected sockets, CLOEXEC and the caller's.
func SocketPair() (a, b int, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	return fds[0], fds[1], err
}
