package runner

import (
	"runtime"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// openEnds opens the folder in which every fd of pmap has a name, or returns
// -1. The name of a pipe's read end opens its write end too.
func openEnds() int {
	fd, err := unix.Open("/proc/self/fd", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1
	}
	return fd
}

// An endName is the name of an fd in that folder, with its NUL.
type endName [16]byte

func nameOf(fd int) (n endName) {
	strconv.AppendInt(n[:0], int64(fd), 10)
	return n
}

// open opens the write end. It is unix.Openat without its allocation.
func (n *endName) open(dir int) (int, error) {
	fd, _, errno := unix.Syscall6(unix.SYS_OPENAT, uintptr(dir), uintptr(unsafe.Pointer(n)), unix.O_WRONLY|unix.O_CLOEXEC, 0, 0, 0)
	runtime.KeepAlive(n)
	if errno != 0 {
		return -1, errno
	}
	return int(fd), nil
}
