package startmode

import "golang.org/x/sys/unix"

// A Starter makes processes. It is safe for concurrent use.
type Starter interface {
	// Start makes the process that spec describes and returns its pid. It
	// must be called on a locked OS thread that outlives the process, since
	// the process dies with that thread. The caller reaps the process. A
	// failure is a *StartError, and then there is no process and no zombie.
	Start(spec *Spec) (pid int, err error)
}

// A Spec says what to start. The Starter keeps nothing of it.
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
	// the system can do that: see Table).
	Cell *int32
}

// A StartError says which step of a start failed.
type StartError struct {
	Op   string // "fork", "dup2", "chdir", "exec"
	Path string
	Err  unix.Errno
}
