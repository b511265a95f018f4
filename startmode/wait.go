package startmode

import "golang.org/x/sys/unix"

// Wait is wait4 for one pid, taken up again after a signal: it returns the
// pid, or 0 where options have WNOHANG and there is nothing to tell. It blocks
// its own thread alone and allocates nothing. ru may be nil.
func Wait(pid, options int, status *unix.WaitStatus, ru *unix.Rusage) (int, error) {
	for {
		got, err := unix.Wait4(pid, status, options, ru)
		if err != unix.EINTR {
			return got, err
		}
	}
}
