package startmode

import (
	"fmt"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// A WorkerFault is what a worker says of why it can't go on.
type WorkerFault struct{ Text string }

func (e *WorkerFault) Error() string { return e.Text }

// A Retirer is a Parent with something left to do at its end.
type Retirer interface {
	// Retire lets it do that, and then is Close.
	Retire() error
}

// ritual runs what a worker runs before its first item and after its last: a
// script for the shell, in the worker's own process group and environment,
// whose output goes to pmap's stderr.
func ritual(s Starter, option, script string) error {
	if script == "" {
		return nil
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var argv, env Strings
	for _, w := range []string{"sh", "-c", script} {
		argv.AppendString(w)
	}
	for _, kv := range os.Environ() {
		env.AppendString(kv)
	}
	pid, err := s.Start(&Spec{Path: shellPath, Argv: &argv, Env: &env, Files: [3]int{0, 2, 2}})
	if err != nil {
		return fmt.Errorf("%s: %w", option, err)
	}
	var status unix.WaitStatus
	if _, err := Wait(pid, 0, &status, nil); err != nil {
		return fmt.Errorf("%s: %w", option, err)
	}
	switch {
	case status.Signaled():
		return fmt.Errorf("%s was ended by %s: %s", option, unix.SignalName(status.Signal()), script)
	case status.ExitStatus() != 0:
		return fmt.Errorf("%s ended with %d: %s", option, status.ExitStatus(), script)
	}
	return nil
}
