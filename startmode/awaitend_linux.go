package startmode

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// awaitEnd waits until a child has ended, or with stops is stopped, and leaves
// it a zombie. ru gets what it has used.
func awaitEnd(pid int, stops bool, ru *unix.Rusage) (unix.WaitStatus, error) {
	options := unix.WEXITED | unix.WNOWAIT
	if stops {
		options |= unix.WSTOPPED
	}
	for {
		var info childInfo
		err := unix.Waitid(unix.P_PID, pid, (*unix.Siginfo)(unsafe.Pointer(&info)), options, ru)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return 0, err
		}
		if info.code == cldStopped {
			takeStop(pid)
		}
		return info.waitStatus(), nil
	}
}

// takeStop takes the news that the child is stopped, so that they are not told
// again.
func takeStop(pid int) {
	var info childInfo
	unix.Waitid(unix.P_PID, pid, (*unix.Siginfo)(unsafe.Pointer(&info)), unix.WSTOPPED|unix.WNOHANG, nil)
}

// A childInfo is siginfo_t as SIGCHLD has it, on 64-bit systems.
type childInfo struct {
	signo, errno, code int32
	_                  int32
	pid, uid, status   int32
	_                  [100]byte
}

// Values of si_code.
const (
	cldExited  = 1
	cldKilled  = 2
	cldDumped  = 3
	cldStopped = 5
)

// waitStatus is the same as wait4 has it.
func (c *childInfo) waitStatus() unix.WaitStatus {
	s := unix.WaitStatus(c.status)
	switch c.code {
	case cldExited:
		return s << 8
	case cldDumped:
		return s | 0x80
	case cldStopped:
		return s<<8 | 0x7f
	}
	return s
}

// settle sets the command name, which would be "exe", and has this process
// outlive the thread that started it: the end of its connection tells it that
// pmap is gone, and it has processes to end then.
func settle() {
	os.WriteFile("/proc/self/comm", []byte(workerName), 0)
	unix.Prctl(unix.PR_SET_PDEATHSIG, 0, 0, 0, 0)
}
