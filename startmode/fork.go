package startmode

import (
	"errors"

	"golang.org/x/sys/unix"
)

// ForkOptions adjust NewFork.
type ForkOptions struct {
	// NoClone3 leaves out the fast path.
	NoClone3 bool
}

// NewFork makes the Starter of the fork method: pmap itself starts the job,
// straight from the slot. Where the kernel's clone3 can be had it is used,
// otherwise syscall.ForkExec; a job sees no difference. From now on pmap may
// not be told by SIGCHLD that a process has ended: wait for it, or poll its
// pidfd.
func NewFork(opts ForkOptions) Starter {
	return &scriptRunner{newForker(opts)}
}

// A scriptRunner runs what the kernel cannot execute, a script without a #!
// line, by /bin/sh, as execvp does.
type scriptRunner struct {
	Starter
}

const shell = "/bin/sh"

var shellPath = MakePath(shell)

func (r *scriptRunner) Start(spec *Spec) (int, error) {
	pid, err := r.Starter.Start(spec)
	if err == nil || !errors.Is(err, unix.ENOEXEC) {
		return pid, err
	}
	script := *spec
	script.Path = shellPath
	script.Argv = shellArgv(spec)
	return r.Starter.Start(&script)
}

// shellArgv is the argv under which the shell runs spec's program with spec's
// arguments.
func shellArgv(spec *Spec) *Strings {
	argv := new(Strings)
	argv.AppendString(shell)
	argv.AppendString(spec.Path.asOperand())
	for i := 1; i < spec.Argv.Len(); i++ {
		argv.Append(spec.Argv.At(i))
	}
	return argv
}
