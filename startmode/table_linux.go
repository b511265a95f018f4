package startmode

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

// alivePipe makes a pipe, CLOEXEC.
func alivePipe() (r, w int, err error) {
	var fds [2]int
	err = unix.Pipe2(fds[:], unix.O_CLOEXEC)
	return fds[0], fds[1], err
}
