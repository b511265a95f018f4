//go:build !linux

package startmode

import "golang.org/x/sys/unix"

// awaitEnd waits until a child has ended, or with stops is stopped. Here it
// can't be left a zombie.
func awaitEnd(pid int, stops bool, ru *unix.Rusage) (unix.WaitStatus, error) {
	options := 0
	if stops {
		options = unix.WUNTRACED
	}
	var status unix.WaitStatus
	_, err := Wait(pid, options, &status, ru)
	return status, err
}

// settle does nothing: the name is that of the file.
func settle() {}
