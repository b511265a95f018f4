package runner

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"pmap/runner/template"
	"pmap/startmode"
)

// programs finds a slot's programs. A program that the template fixes is
// looked up by whoever compiled it; one that comes from the item is looked up
// for each job, unless it is the last one again.
type programs struct {
	fixed   bool
	environ []string
	moved   bool // jobs run elsewhere, where a relative path begins
	name    string
	path    startmode.Path
}

func (ps *programs) init(t *template.Template, environ []string) {
	ps.environ = environ
	if program := t.Program(); program != "" {
		ps.fixed = true
		ps.path = startmode.MakePath(program)
	}
}

func (ps *programs) lookup(argv *startmode.Strings) (startmode.Path, error) {
	if ps.fixed {
		return ps.path, nil
	}
	if ps.moved && template.Relative(string(argv.At(0))) {
		return startmode.MakePath(string(argv.At(0))), nil
	}
	if name := argv.At(0); ps.name == "" || string(name) != ps.name {
		path, err := template.LookPath(string(name), ps.environ)
		if err != nil {
			return startmode.Path{}, err
		}
		ps.name, ps.path = string(name), startmode.MakePath(path)
	}
	return ps.path, nil
}

// notFound is the status of a job whose program could not be looked up.
func notFound(err error) Status {
	st := Status{Kind: NotStarted, Code: 127}
	var pe *template.ProgramError
	if errors.As(err, &pe) {
		st.Code = pe.Status
	}
	return st
}

// cannotStart is the status of a job whose program the system did not run.
func cannotStart(err error) Status {
	if errors.Is(err, unix.ENOENT) {
		return Status{Kind: NotStarted, Code: 127}
	}
	return Status{Kind: NotStarted, Code: 126}
}

// lengthReason explains to the user why the system didn't take a command for
// its length.
func lengthReason(err error, argv *startmode.Strings) string {
	longest := 0
	for i := range argv.Len() {
		longest = max(longest, len(argv.At(i)))
	}
	return fmt.Sprintf("%v: the arguments have %d bytes with their pointers, the longest %d; the system takes %d in one argument and %d in all, with the environment",
		err, argv.Size(), longest, startmode.MaxArg()-1, startmode.ArgMax())
}
