package startmode

import (
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// sysProcAttr has the process die with the thread that starts it. ForkExec
// lets it also notice that pmap had ended before that was set.
func sysProcAttr(spec *Spec) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: spec.Group, Pdeathsig: syscall.SIGKILL}
}

// emptyMask unblocks every signal for the calling thread, whose mask the
// process inherits, and keeps the goroutine there; it returns what undoes it.
func emptyMask() (restore func()) {
	runtime.LockOSThread()
	var empty, old unix.Sigset_t
	if err := unix.PthreadSigmask(unix.SIG_SETMASK, &empty, &old); err != nil {
		return runtime.UnlockOSThread
	}
	return func() {
		unix.PthreadSigmask(unix.SIG_SETMASK, &old, nil)
		runtime.UnlockOSThread()
	}
}
