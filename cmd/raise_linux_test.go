package cmd

import (
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// raise returns once the signal has been caught, by this very thread.
func raise(sig unix.Signal) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	unix.Tgkill(os.Getpid(), unix.Gettid(), sig)
}
