package cmd

import (
	"os"
	"os/signal"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// sigaction is the kernel's structure: handler, flags, restorer, mask. All
// zero is SIG_DFL.
type sigaction [4]uint64

const (
	sigIgnore  = 1 // as handler
	sigSetSize = 8
)

// setDefault gives a signal the system's own disposition. signal.Reset gives
// it Go's: QUIT would print every goroutine's stack, PIPE would do nothing.
func setDefault(sig unix.Signal) {
	var action sigaction
	unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig), uintptr(unsafe.Pointer(&action)), 0, sigSetSize, 0, 0)
}

// startedIgnoring reports whether a signal that Go leaves alone until somebody
// asks for it was ignored when pmap started.
func startedIgnoring(sig unix.Signal) bool {
	var action sigaction
	unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig), 0, uintptr(unsafe.Pointer(&action)), sigSetSize, 0, 0)
	return action[0] == sigIgnore
}

// stopSelf stops pmap as if TSTP had never been caught and returns when it
// goes on; at once where the kernel doesn't stop it, since nobody could let
// it go on. The signal is sent to this very thread: then it has had its
// effect when the call returns.
func stopSelf() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	signal.Reset(unix.SIGTSTP)
	unix.Tgkill(os.Getpid(), unix.Gettid(), unix.SIGTSTP)
}
