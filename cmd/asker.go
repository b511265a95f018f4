package cmd

import (
	"fmt"
	"io"

	"golang.org/x/sys/unix"

	"pmap/chunker"
	"pmap/runner/template"
	"pmap/startmode"
)

// An asker asks on the terminal whether a job is to run. Where the terminal
// has no more to say, none is.
type asker struct {
	tty     *stream
	answers *chunker.Source
	display func(dst []byte, job template.Job) []byte
}

// openAsker opens the terminal.
func (r *execution) openAsker() (*asker, error) {
	fd, err := r.open(terminalFile, unix.O_RDWR|unix.O_NOCTTY)
	if err != nil {
		return nil, usage(fmt.Sprintf("-p asks on the terminal, and there is none: %v", err), "to see the commands: --dry-run")
	}
	in := chunker.NewInput(fd)
	r.closers = append(r.closers, func() { in.Close() })
	if !startmode.IgnoredAtStart(unix.SIGTTIN) {
		in.StopInBackground()
	}
	return &asker{tty: &stream{fd: fd}, answers: chunker.NewSource(in, chunker.Options{Name: "the terminal"}), display: r.display}, nil
}

// Ask takes a line that begins with y for a yes.
func (a *asker) Ask(job template.Job) (bool, error) {
	if _, err := a.tty.Write(append(a.display(nil, job), " ?..."...)); err != nil {
		return false, fmt.Errorf("cannot ask on the terminal: %w", err)
	}
	answer, err := a.answers.Next()
	if err == io.EOF {
		return false, nil
	}
	return err == nil && len(answer.Record) > 0 && (answer.Record[0] == 'y' || answer.Record[0] == 'Y'), err
}

// Interrupt ends a question.
func (a *asker) Interrupt() { a.answers.Interrupt() }
