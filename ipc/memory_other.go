//go:build !linux

package ipc

import (
	"os"

	"golang.org/x/sys/unix"
)

// sharedMemory makes an unlinked file of zeros, CLOEXEC.
func sharedMemory(size int64) (fd int, err error) {
	f, err := os.CreateTemp("", "pmap-table")
	if err != nil {
		return -1, err
	}
	defer f.Close()
	if err := os.Remove(f.Name()); err != nil {
		return -1, err
	}
	if err := f.Truncate(size); err != nil {
		return -1, err
	}
	return unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 3)
}
