package runner

import "golang.org/x/sys/unix"

// pass moves bytes from a file into the pipe: up to size of them, from off on.
func (f *feed) pass(s *slot, fd int, off, size int64) (int, error) {
	n, err := unix.Splice(fd, &off, f.w, nil, int(min(size, 1<<30)), unix.SPLICE_F_NONBLOCK|unix.SPLICE_F_MOVE)
	if err == unix.EINVAL || err == unix.ENOSYS {
		return f.copy(s, fd, off, size) // not every file system can
	}
	return int(n), err
}

// enlargePipe makes a pipe hold so many bytes, where the user may have that.
func enlargePipe(fd, size int) { unix.FcntlInt(uintptr(fd), unix.F_SETPIPE_SZ, size) }
