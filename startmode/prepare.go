package startmode

// A Preparer is a Parent that is made ready ahead of its first process, such
// as an interpreter that reads a file.
type Preparer interface {
	Parent

	// Prepare makes it ready: spec gives the environment, the group and the
	// cell that all its processes have, and as Files those that they open by
	// their names, /proc/PID/fd/N, while the caller has them; -1: each process
	// is given its own or none. A *PrepareError, of Start too, says
	// that there is no use in trying again.
	Prepare(spec *Spec) error

	// Prompt reports whether Watch costs nothing and is needed at once, since
	// nothing else shows that a process has ended.
	Prompt() bool
}

// A PrepareError says why no process can be made. Where the server was killed
// before it was ready, it is ErrLost: another may fare better.
type PrepareError struct {
	Msg    string
	Killed bool
}

func (e *PrepareError) Error() string { return e.Msg }

func (e *PrepareError) Is(target error) bool { return e.Killed && target == ErrLost }
