package ipc

import "golang.org/x/sys/unix"

// sharedMemory makes an unnamed file of zeros, CLOEXEC.
func sharedMemory(size int64) (fd int, err error) {
	fd, err = unix.MemfdCreate("pmap-table", unix.MFD_CLOEXEC)
	if err != nil {
		return -1, err
	}
	if err := unix.Ftruncate(fd, size); err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}
