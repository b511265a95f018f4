//go:build amd64 || arm64

package inherited

import "unsafe"

const (
	rlimitNoFile = 7
	sigIgn       = 1
)

// left are the signals that the runtime leaves alone where they are ignored:
// HUP INT CONT TSTP TTIN TTOU, and those that a libc keeps for itself: glibc has
// 32 ignored in what its posix_spawn starts, and so does make.
var left = [...]uintptr{1, 2, 18, 20, 21, 22, 32, 33, 34}

// A sigaction begins with its handler on every architecture; what follows
// fits.
type sigaction struct {
	handler uintptr
	_       [56]byte
}

// call makes a system call that cannot block, and returns what the kernel
// does: a result, or a negative errno.
func call(nr, a, b, c, d uintptr) uintptr

func init() {
	var limit Limit
	if call(sysPrlimit64, 0, rlimitNoFile, 0, uintptr(unsafe.Pointer(&limit))) == 0 {
		NoFile = limit
	}
	for _, sig := range left {
		var act sigaction
		r := call(sysRtSigaction, sig, 0, uintptr(unsafe.Pointer(&act)), 8)
		if r == 0 && act.handler == sigIgn {
			Ignored |= 1 << (sig - 1)
		}
	}
}
