package runner

import (
	"runtime"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// pollKeeping polls without a word to Go's scheduler. The collector and others
// that must stop all threads interrupt it by a signal.
func pollKeeping(set []unix.PollFd, d time.Duration) (int, error) {
	ts := unix.NsecToTimespec(int64(d))
	n, _, errno := unix.RawSyscall6(unix.SYS_PPOLL, uintptr(unsafe.Pointer(unsafe.SliceData(set))), uintptr(len(set)),
		uintptr(unsafe.Pointer(&ts)), 0, 0, 0)
	runtime.KeepAlive(set)
	if errno != 0 {
		return -1, errno
	}
	return int(n), nil
}
