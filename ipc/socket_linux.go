package ipc

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	noSignal       = unix.MSG_NOSIGNAL
	receiveCloexec = unix.MSG_CMSG_CLOEXEC
)

// SocketPair makes two connected sockets, CLOEXEC and the caller's.
func SocketPair() (a, b int, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	return fds[0], fds[1], err
}

// sendNow sends what there is room for. That there is none is no error.
func sendNow(socket int, data []byte) (int, error) {
	if len(data) == 0 {
		return 0, nil
	}
	n, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(socket), uintptr(unsafe.Pointer(&data[0])), uintptr(len(data)),
		noSignal|unix.MSG_DONTWAIT, 0, 0)
	switch errno {
	case 0:
		return int(n), nil
	case unix.EAGAIN, unix.EINTR:
		return 0, nil
	}
	return 0, errno
}
