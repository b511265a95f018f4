package startmode

import (
	"errors"

	"golang.org/x/sys/unix"
)

// A Parent makes the processes of one slot, one at a time, and waits for them.
// It is pmap itself, or a server that makes them on request and is the one
// that can wait for them. Its methods are called by the slot's goroutine,
// which is locked to its thread.
type Parent interface {
	// Start is Starter.Start. An error that is ErrLost says that there is no
	// server any more.
	Start(spec *Spec) (pid int, err error)

	// Wait is startmode.Wait for the process started last, WNOHANG and
	// WUNTRACED included. It says ErrLost where the server ended first: then
	// nobody knows how the process ends.
	Wait(pid, options int, status *unix.WaitStatus, ru *unix.Rusage) (int, error)

	// Watch returns an fd that gets readable when the process has ended, as
	// Ended then tells for certain: it takes what there is to be read. Unwatch
	// lets go of the fd.
	Watch(pid int) (fd int, err error)
	Ended() bool
	Unwatch(fd int)

	// Close ends the server, if there is one. No process may be running.
	Close() error
}

// ErrLost says that the process which was to run or to start a job has ended.
var ErrLost = errors.New("the worker has ended")

// NewOwn makes pmap itself the parent of what s starts.
func NewOwn(s Starter) Parent { return own{s} }

// own is the Parent of children of this process.
type own struct{ Starter }

func (own) Wait(pid, options int, status *unix.WaitStatus, ru *unix.Rusage) (int, error) {
	return Wait(pid, options, status, ru)
}

func (own) Watch(pid int) (int, error) { return OpenPIDFD(pid) }
func (own) Ended() bool                { return true }
func (own) Unwatch(fd int)             { unix.Close(fd) }
func (own) Close() error               { return nil }
