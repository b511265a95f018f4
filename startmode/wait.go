package startmode

import (
	"errors"

	"golang.org/x/sys/unix"
)

// ErrRunning is what Wait with WNOHANG returns of a process that has not
// ended.
var ErrRunning = errors.New("the process has not ended")

// Wait is wait4 for one pid, taken up again after a signal. It blocks only its
// own thread, and allocates nothing. ru may be nil.
func Wait(pid, options int, ru *unix.Rusage) (unix.WaitStatus, error) {
	for {
		var status unix.WaitStatus
		got, err := unix.Wait4(pid, &status, options, ru)
		if err == unix.EINTR {
			continue
		}
		if err == nil && got == 0 {
			err = ErrRunning
		}
		return status, err
	}
}
