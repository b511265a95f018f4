package cmd

import (
	"errors"

	"golang.org/x/sys/unix"

	"pmap/runner"
)

// Exit statuses of pmap. The first that applies, from the top.
const (
	exitFailure   = 1   // pmap itself failed: input, output, resources
	exitUsage     = 2   // the command line is wrong: nothing has run
	exitNotFound  = 127 // a command was not found
	exitCannotRun = 126 // or could not be run
	exitSignaled  = 125 // a job died by a signal
	exitJobFailed = 123 // a job failed
	exitTooMany   = 101 // --exit-status=count: more than 100 failed
)

// A usageError is a command line that can't be meant. Nothing has been read,
// opened or run when it is returned.
type usageError struct {
	text string
	hint string // what to type instead; may be empty
}

func (e *usageError) Error() string { return e.text }

func usage(text, hint string) error { return &usageError{text: text, hint: hint} }

// An endError ends pmap with a status of its own.
type endError struct {
	status     int
	text, hint string
}

func (e *endError) Error() string { return e.text }

// An outcome is how pmap ends: by a signal, or else with a status.
type outcome struct {
	status int
	signal unix.Signal
}

// statusOf is the exit status of a run that no signal ended. failure is
// pmap's own.
func statusOf(s runner.Summary, failure error, style string) int {
	if failure != nil {
		return exitFailure
	}
	switch style {
	case "count":
		if s.Failed > 100 {
			return exitTooMany
		}
		return int(s.Failed)
	case "first":
		if s.First == nil {
			return 0
		}
		return firstStatus(s.First.Status)
	}
	switch {
	case s.NotFound:
		return exitNotFound
	case s.CannotRun:
		return exitCannotRun
	case s.Signaled:
		return exitSignaled
	case s.Failed > 0:
		return exitJobFailed
	}
	return 0
}

// firstStatus is the failed job's own status. A job can fail with 0, where
// --ok-status leaves 0 out: then pmap fails all the same.
func firstStatus(s runner.Status) int {
	if code := s.ExitCode(); code != 0 {
		return code
	}
	return exitJobFailed
}

// statusOfError maps an error from before the run to its exit status.
func statusOfError(err error) int {
	var u *usageError
	var e *endError
	switch {
	case errors.As(err, &u):
		return exitUsage
	case errors.As(err, &e):
		return e.status
	}
	return exitFailure
}

// hintOf is the second line of an error's message, or empty.
func hintOf(err error) string {
	var u *usageError
	var e *endError
	switch {
	case errors.As(err, &u):
		return u.hint
	case errors.As(err, &e):
		return e.hint
	}
	return ""
}
