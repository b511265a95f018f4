package startmode

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// A Starter makes processes. It is safe for concurrent use.
type Starter interface {
	// Start makes the process that spec describes and returns its pid. It
	// must be called on a locked OS thread that outlives the process, since
	// the process dies with that thread. The caller reaps the process. A
	// failure is a *StartError, and then there is no process and no zombie.
	Start(spec *Spec) (pid int, err error)
}

// A Spec says what to start. The Starter keeps nothing of it, but its Strings
// belong to the Starter until Start returns: two starts at once need lists of
// their own.
type Spec struct {
	Path Path     // the program, already looked up
	Argv *Strings // argv[0] included
	Env  *Strings // NAME=VALUE
	Dir  string   // working directory; empty is pmap's own

	// Files become the process's fds 0, 1 and 2. They stay the caller's.
	Files [3]int

	// Group puts the process into a process group of its own, named by its
	// pid. Without it the process stays in pmap's group.
	Group bool

	// Cell, where not nil, gets the pid before the process can run (as far as
	// the system can do that: see ipc.Table). A failed start leaves it 0.
	Cell *int32

	// PIDFD, where not nil, gets a pidfd of the process: CLOEXEC, and the
	// caller's to close. It gets -1 where the system has none, and from a
	// failed start.
	PIDFD *int32
}

// A StartError says which step of a start failed.
type StartError struct {
	Op   string // "fork", "dup2", "chdir", "exec"
	Path string // the program; the directory where Op is "chdir"
	Err  unix.Errno
}

func (e *StartError) Error() string {
	switch e.Op {
	case "fork":
		return fmt.Sprintf("cannot make a process for %q: %v", e.Path, e.Err)
	case "dup2":
		return fmt.Sprintf("cannot give %q its files: %v", e.Path, e.Err)
	case "chdir":
		return fmt.Sprintf("cannot enter directory %q: %v", e.Path, e.Err)
	}
	return fmt.Sprintf("cannot run %q: %v", e.Path, e.Err)
}

// Unwrap is the errno.
func (e *StartError) Unwrap() error { return e.Err }

// Temporary reports that the system refused a process for now: there were too
// many of them, or too little memory, or no fd was left. The same start can
// succeed once something has ended.
func (e *StartError) Temporary() bool {
	switch e.Err {
	case unix.EAGAIN, unix.ENOMEM, unix.EMFILE, unix.ENFILE:
		return e.Op == "fork"
	}
	return false
}
