package runner

import (
	"os"

	"golang.org/x/sys/unix"
)

// openUnlinked opens a file under dir that has no name, so that it is gone
// when pmap is, however pmap ends.
func openUnlinked(dir string) (*os.File, error) {
	fd, err := unix.Open(dir, unix.O_TMPFILE|unix.O_RDWR|unix.O_CLOEXEC, 0o600)
	if err == nil {
		return os.NewFile(uintptr(fd), dir), nil
	}
	return createUnlinked(dir)
}

// openNameless opens a file under dir that can be given a name later.
func openNameless(dir string) (int, error) {
	return unix.Open(dir, unix.O_TMPFILE|unix.O_WRONLY|unix.O_CLOEXEC, 0o666)
}
