// Package leaktest holds that the tests of a package leave nothing behind: no
// goroutine, file descriptor or child. What is about to end is waited for.
package leaktest

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"
)

// patience is how long something may take to end once the tests are over. Nothing
// that is left behind ends by itself so soon.
const patience = time.Minute

// Run runs the tests of a package, and looks for what they leave behind, or what
// also finds, if they pass. It says on stderr what is left, and returns the exit
// status of the test program.
func Run(m interface{ Run() int }, also ...func() error) (status int) {
	before := FDs()
	if status = m.Run(); status != 0 {
		return status
	}
	checks := []func() error{goroutines, func() error { return NewFDs(before) }, Children}
	for _, check := range append(checks, also...) { // in this order: goroutines close and reap
		if err := eventually(check); err != nil {
			fmt.Fprintln(os.Stderr, "the tests leave something behind:", err)
			return 1
		}
	}
	return 0
}

func eventually(check func() error) (err error) {
	for end := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		err = check()
		if errors.As(err, new(zombie)) || err == nil || time.Now().After(end) {
			return err
		}
	}
}

func goroutines() error { return goleak.Find() }

// FDs is where every open file descriptor leads to, where the system tells, but
// for what the Go runtime opens when it first needs it.
func FDs() map[string]string {
	fds := make(map[string]string)
	entries, _ := os.ReadDir("/proc/self/fd")
	for _, e := range entries {
		to, err := os.Readlink("/proc/self/fd/" + e.Name())
		if err == nil && !strings.HasPrefix(to, "anon_inode:[event") {
			fds[e.Name()] = to
		}
	}
	return fds
}

// NewFDs complains of file descriptors that weren't open before.
func NewFDs(before map[string]string) error {
	for fd, to := range FDs() {
		if before[fd] == "" {
			return fmt.Errorf("fd %s is open: %s", fd, to)
		}
	}
	return nil
}

// A zombie is a child that has ended, and that nobody has waited for.
type zombie struct{ pid int }

func (z zombie) Error() string {
	return fmt.Sprintf("child %d has ended, and nobody has waited for it", z.pid)
}

// Children complains of any child, a zombie too, which it takes away.
func Children() error {
	pid, err := unix.Wait4(-1, nil, unix.WNOHANG, nil)
	switch {
	case err == unix.ECHILD:
		return nil
	case err != nil:
		return fmt.Errorf("cannot look for children: %w", err)
	case pid > 0:
		return zombie{pid}
	}
	return errors.New("there is a child")
}
