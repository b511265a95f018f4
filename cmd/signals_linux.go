package cmd

import (
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// sigaction is the kernel's structure: handler, flags, restorer, mask. All
// zero is SIG_DFL.
type sigaction [4]uint64

const sigSetSize = 8

// setDefault gives a signal the system's own disposition. signal.Reset gives
// it Go's: QUIT would print every goroutine's stack, PIPE would do nothing.
func setDefault(sig unix.Signal) {
	setAction(sig, &sigaction{}, nil)
}

// setAction sets a disposition and returns what it was; either may be nil.
func setAction(sig unix.Signal, action, was *sigaction) {
	unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig),
		uintptr(unsafe.Pointer(action)), uintptr(unsafe.Pointer(was)), sigSetSize, 0, 0)
}

// stopSelf stops pmap as if TSTP had never been caught and returns when it
// goes on; at once where the kernel doesn't stop it, since nobody could let
// it go on. The signal is sent to this very thread: then it has had its
// effect when the call returns.
func stopSelf() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var handler sigaction
	setAction(unix.SIGTSTP, &sigaction{}, &handler)
	unix.Tgkill(os.Getpid(), unix.Gettid(), unix.SIGTSTP)
	setAction(unix.SIGTSTP, &handler, nil)
}
