package startmode

import (
	"errors"
	"os"
	"strconv"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"
)

// forkExec starts processes by syscall.ForkExec, which one lock makes serial
// in the whole program, and which copies its arguments.
type forkExec struct {
	highest int // the highest fd that pmap was given and that another can be above
}

// newForkExec leaves out what the limit of open files keeps from having any
// above it: pmap was given that before the limit was lowered.
func newForkExec() forkExec {
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) != nil {
		limit.Cur = unix.RLIM_INFINITY
	}
	highest := 2
	for _, fd := range foreignFDs() {
		if uint64(fd)+1 < limit.Cur {
			highest = max(highest, fd)
		}
	}
	return forkExec{highest}
}

func (f forkExec) Start(spec *Spec) (int, error) {
	if err := checkSpec(spec); err != nil {
		return 0, err
	}
	files, spare, err := f.files(spec.Files)
	if err != nil {
		return 0, &StartError{Op: "dup2", Path: spec.Path.String(), Err: err.(unix.Errno)}
	}
	restore := emptyMask()
	pid, err := syscall.ForkExec(spec.Path.String(), spec.Argv.Slice(), &syscall.ProcAttr{
		Dir:   spec.Dir,
		Env:   spec.Env.Slice(),
		Files: files,
		Sys:   sysProcAttr(spec),
	})
	restore()
	if spare >= 0 {
		unix.Close(spare)
	}
	if spec.PIDFD != nil {
		*spec.PIDFD = -1
	}
	if err != nil {
		return 0, explain(spec, err)
	}
	if spec.Cell != nil {
		atomic.StoreInt32(spec.Cell, int32(pid))
	}
	if spec.PIDFD != nil {
		if fd, err := OpenPIDFD(pid); err == nil {
			*spec.PIDFD = int32(fd)
		}
	}
	return pid, nil
}

// files is what ForkExec is given to make the fds of. Its child uses the
// numbers above the highest of these for itself, whatever is open there; so
// where pmap was given a higher one for its jobs, a spare duplicate above that
// takes the place of the first. The caller closes it.
func (f forkExec) files(fds [3]int) (files []uintptr, spare int, err error) {
	spare = -1
	if f.highest > max(2, fds[0], fds[1], fds[2]) {
		spare, err = unix.FcntlInt(uintptr(fds[0]), unix.F_DUPFD_CLOEXEC, f.highest+1)
		if err != nil {
			return nil, -1, err
		}
		fds[0] = spare
	}
	return []uintptr{uintptr(fds[0]), uintptr(fds[1]), uintptr(fds[2])}, spare, nil
}

// foreignFDs are the fds above 2 that somebody else opened and meant pmap to
// have: they lack CLOEXEC, which all of pmap's own have.
func foreignFDs() (fds []int) {
	entries, _ := os.ReadDir("/dev/fd")
	for _, e := range entries {
		fd, err := strconv.Atoi(e.Name())
		if err != nil || fd <= 2 {
			continue
		}
		flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
		if err == nil && flags&unix.FD_CLOEXEC == 0 {
			fds = append(fds, fd)
		}
	}
	return fds
}

// checkSpec refuses what must not reach the system calls.
func checkSpec(spec *Spec) error {
	for _, fd := range spec.Files {
		if fd < 0 {
			return &StartError{Op: "dup2", Path: spec.Path.String(), Err: unix.EBADF}
		}
	}
	return spec.Path.check()
}

// explain finds out which step of a ForkExec failed, since all it tells is the
// errno.
func explain(spec *Spec, err error) *StartError {
	e := &StartError{Op: "exec", Path: spec.Path.String(), Err: unix.EINVAL}
	errors.As(err, &e.Err)
	switch e.Err {
	case unix.EAGAIN, unix.ENOMEM, unix.EMFILE, unix.ENFILE:
		e.Op = "fork"
	case unix.EBADF:
		e.Op = "dup2"
	default:
		if !enterable(spec.Dir) {
			e.Op, e.Path = "chdir", spec.Dir
		}
	}
	return e
}

// enterable reports whether dir could be a process's working directory.
func enterable(dir string) bool {
	if dir == "" {
		return true
	}
	var st unix.Stat_t
	if err := unix.Stat(dir, &st); err != nil {
		return false
	}
	return st.Mode&unix.S_IFMT == unix.S_IFDIR && unix.Access(dir, unix.X_OK) == nil
}
