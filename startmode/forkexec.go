package startmode

import (
	"errors"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"
)

// forkExec starts processes by syscall.ForkExec, which one lock makes serial
// in the whole program, and which copies its arguments.
type forkExec struct{}

func (forkExec) Start(spec *Spec) (int, error) {
	if err := checkSpec(spec); err != nil {
		return 0, err
	}
	restore := emptyMask()
	pid, err := syscall.ForkExec(spec.Path.String(), spec.Argv.Slice(), &syscall.ProcAttr{
		Dir:   spec.Dir,
		Env:   spec.Env.Slice(),
		Files: []uintptr{uintptr(spec.Files[0]), uintptr(spec.Files[1]), uintptr(spec.Files[2])},
		Sys:   sysProcAttr(spec),
	})
	restore()
	if err != nil {
		return 0, explain(spec, err)
	}
	if spec.Cell != nil {
		atomic.StoreInt32(spec.Cell, int32(pid))
	}
	return pid, nil
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
